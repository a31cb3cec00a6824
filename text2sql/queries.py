"""SQL over run folders: DuckDB answers, behind a door that lets nothing else be read and nothing written."""

from __future__ import annotations

import math
import re
import tempfile
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from text2sql.artifacts import write_atomically
from text2sql.errors import UsageError, nearest
from text2sql.run_files import Complain, collect, run_folders
from text2sql.tables import grid
from text2sql.views import TABLES, load_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Places: TypeAlias = str | Path | Sequence[str | Path]

_FORMATS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet", ".json": "FORMAT json, ARRAY true"}
_UNKNOWN = re.compile(
    r'(?:Table with name "?(?P<table>[^"]+?)"? does not exist|Referenced table "(?P<alias>[^"]+)" not found'
    r'|(?:Referenced column|does not have a column named) "(?P<column>[^"]+)")'
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a query returned: the names of its columns, and its rows as Python values."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Every row by column name, as JSON values."""
        return [dict(zip(self.columns, map(_json_value, row), strict=True)) for row in self.rows]

    def table(self, *, markdown: bool = False) -> str:
        """The rows as an aligned table; figures to four decimals."""
        cells = [[_cell(value, markdown) for value in row] for row in self.rows]
        return grid([list(self.columns), *cells], markdown)


def query(sql: str, runs: Places = "experiments/runs", *, complain: Complain = warnings.warn) -> Selection:
    """Query run folders by DuckDB's SQL: ``runs``, ``predictions``, ``candidates``, ``verdicts`` and ``calls``.

    ``runs``: a run's folder, one with runs below it, or several; a run may still be writing. ``complain`` is told of
    lines that are damaged, and so left out. Nothing but these runs can be read, and nothing written.
    Raises RunError where there is no run, UsageError where the query cannot be answered.
    """
    with _selected(sql, runs, complain) as (connection, _):
        found = connection.execute("FROM outcome.selected")
        return Selection(tuple(column[0] for column in found.description or ()), found.fetchall())


def write_query(
    file: str | Path, sql: str, runs: Places = "experiments/runs", *, complain: Complain = warnings.warn
) -> int:
    """Write what ``query`` returns to a .csv, .parquet or .json file, and return the number of rows.

    The file appears whole or not at all. Raises as ``query`` does, and OSError.
    """
    file = Path(file)
    _check_target(file, runs)
    with _selected(sql, runs, complain) as (connection, scratch):
        return _copy(connection, "outcome.selected", file, scratch)


def write_tables(
    folder: str | Path, runs: Places = "experiments/runs", *, suffix: str = ".parquet",
    complain: Complain = warnings.warn,
) -> dict[Path, int]:  # fmt: skip
    """Write every one of the ``TABLES`` to a file of its own in a folder; how many rows each has, by file.

    Rows are sorted by their columns from the left, so equal runs write equal files.
    ``suffix``: ".parquet", ".csv" or ".json". Raises RunError where there is no run, UsageError, OSError.
    """
    files = {name: Path(folder) / f"{name}{suffix}" for name in TABLES}
    run_folders(_listed(runs))  # before a folder is made for nothing
    Path(folder).mkdir(parents=True, exist_ok=True)
    for file in files.values():
        _check_target(file, runs)
    with _tables(runs, TABLES, complain) as (connection, scratch):
        return {file: _copy(connection, f"{name} ORDER BY ALL", file, scratch) for name, file in files.items()}


# --- within ---------------------------------------------------------------------------------------------------


@contextmanager
def _tables(runs: Places, names: Collection[str], complain: Complain) -> Iterator[tuple[DuckDBPyConnection, Path]]:
    """A connection with the tables of runs and no way to the files of anyone, but for a folder that is returned."""
    import duckdb

    folders = run_folders(_listed(runs))
    with tempfile.TemporaryDirectory(prefix="text2sql-") as scratch, duckdb.connect(":memory:") as connection:
        out = Path(scratch) / "out"
        out.mkdir()
        connection.execute(f"SET temp_directory = {_literal(Path(scratch) / 'spilled')}")
        # A name that is no table must not become a variable of ours, nor a download.
        for setting in ("python_enable_replacements", "autoinstall_known_extensions", "autoload_known_extensions"):
            connection.execute(f"SET {setting} = false")
        found = collect(folders, Path(scratch), complain, journals=set(names) - {"calls"} != set())
        load_tables(connection, found, names, Path(scratch), complain)
        connection.execute(f"SET allowed_directories = [{_literal(out)}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection, out


@contextmanager
def _selected(sql: str, runs: Places, complain: Complain) -> Iterator[tuple[DuckDBPyConnection, Path]]:
    """As ``_tables``, with the rows of a query as one more table, "outcome.selected"."""
    import duckdb

    # A word of the query may be something else than a table's name: then one is filled for nothing.
    names = {name for name in TABLES if re.search(rf"\b{name}\b", sql, re.IGNORECASE)}
    with _tables(runs, names, complain) as (connection, out):
        try:
            statements = connection.extract_statements(sql)
            # To DuckDB a PIVOT is MULTI, or the making of a type and then a query.
            queries = [one for one in statements if one.type.name in ("SELECT", "MULTI")]
            if len(queries) != 1 or statements[-1:] != queries:
                raise UsageError("one query is expected, as in: SELECT metric, avg(score) FROM verdicts GROUP BY ALL")
            connection.execute("CREATE SCHEMA outcome")  # where SHOW TABLES does not show it
            connection.sql(sql).create("outcome.selected")
        except duckdb.Error as error:
            raise UsageError(_explained(str(error), connection)) from None
        yield connection, out


def _explained(error: str, connection: DuckDBPyConnection) -> str:
    """DuckDB's message in one line, with the nearest of our own names where it does not know one."""
    first, *more = [line.strip() for line in error.splitlines() if line.strip()]
    if unknown := _UNKNOWN.search(first):
        known = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
        column = unknown["column"]
        return f"{first.rstrip('!')}{nearest(column or unknown[1] or unknown[2], {row[bool(column)] for row in known})}"
    return " ".join([first, *(line for line in more if line.startswith("Did you mean"))])


def _copy(connection: DuckDBPyConnection, rows: str, file: Path, scratch: Path) -> int:
    """Write a table, which may be followed by an ORDER BY, to a file; the number of its rows."""
    copy, options = scratch / "copy", _FORMATS[file.suffix.lower()]
    copied = connection.execute(f"COPY (FROM {rows}) TO {_literal(copy)} ({options}, USE_TMP_FILE false)").fetchone()
    write_atomically(file, copy.read_bytes())
    return int(copied[0]) if copied else 0


def _check_target(file: Path, runs: Places) -> None:
    if file.suffix.lower() not in _FORMATS:
        raise UsageError(f"{file}: a name that ends in {', '.join(_FORMATS)} is expected")
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file}: {'a folder' if file.is_dir() else 'no such folder'}; a file is expected")
    if file.resolve().parent in {folder.resolve() for folder in run_folders(_listed(runs))}:
        raise UsageError(f"{file}: a run's folder is only read; write elsewhere")


def _listed(runs: Places) -> list[str | Path]:
    return [runs] if isinstance(runs, str | Path) else list(runs)


def _literal(path: Path) -> str:
    return "'{}'".format(str(path).replace("'", "''"))


def _json_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(inner) for inner in value]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)


def _cell(value: Any, markdown: bool) -> str:
    if value is None:
        return "–"
    text = f"{value:.4f}" if isinstance(value, float | Decimal) else str(value)
    line = " ".join(text.splitlines())
    return line.replace("|", "\\|") if markdown else line
