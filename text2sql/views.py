"""Run folders as five DuckDB tables: what of their files each is made of."""

from __future__ import annotations

import glob
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import RunError
from text2sql.run_files import Complain, RunFiles, write_lines

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# What is read of each line, as views of the schema "stored"; hardness and verdicts stand in one file.
_LINES = {
    "runs": {
        "run": "VARCHAR", "configuration": "VARCHAR", "experiment": "VARCHAR", "title": "VARCHAR", "data": "VARCHAR",
        "split": "VARCHAR", "questions_file": "VARCHAR", "checksum": "VARCHAR", "seed": "BIGINT", "digest": "VARCHAR",
        "votes_on": "VARCHAR", "final": "BOOLEAN", "questions": "INTEGER", "unanswered": "INTEGER",
        "metrics": "VARCHAR[]", "versions": "MAP(VARCHAR, VARCHAR)", "commit": "VARCHAR", "identity": "JSON",
        "folder": "VARCHAR",
    },
    "predictions": {
        "id": "VARCHAR", "db_id": "VARCHAR", "question": "VARCHAR", "sql": "VARCHAR", "elected": "INTEGER",
        "unanswered": "VARCHAR",
    },
    "candidates": {
        "id": "VARCHAR", "db_id": "VARCHAR", "examples": "VARCHAR[]",
        "candidates": "STRUCT(sql VARCHAR, problem VARCHAR, result STRUCT(error VARCHAR, row_count BIGINT))[]",
    },
    "hardness": {"id": "VARCHAR", "hardness": "VARCHAR"},
    "verdicts": {"line": "MAP(VARCHAR, JSON)"},  # id, db_id, hardness, then a key for every metric
    "calls": {
        "question": "VARCHAR", "stage": "VARCHAR", "model": "VARCHAR", "n": "INTEGER", "seconds": "DOUBLE",
        "prompt_tokens": "BIGINT", "completion_tokens": "BIGINT", "cost": "DOUBLE", "paid": "DOUBLE",
        "cached": "INTEGER", "retries": "INTEGER", "requests": "VARCHAR[]", "error": "VARCHAR",
    },
}  # fmt: skip

TABLES: Mapping[str, str] = {
    "runs": "SELECT * FROM stored.runs",
    "predictions": """
        SELECT run, configuration, id AS question, db_id, hardness, question AS text, sql, elected, unanswered
        FROM stored.predictions LEFT JOIN (SELECT run, id, hardness FROM stored.hardness) USING (run, id)""",
    "candidates": """
        SELECT run, configuration, id AS question, db_id, (nth - 1)::INTEGER AS position, candidate.sql,
            candidate.problem, candidate.result.error, candidate.result.row_count, nth - 1 = chosen AS elected, examples
        FROM (SELECT *, unnest(candidates) AS candidate, generate_subscripts(candidates, 1) AS nth
            FROM stored.candidates)
        LEFT JOIN (SELECT run, id, elected AS chosen FROM stored.predictions) USING (run, id)""",
    "verdicts": """
        SELECT run, configuration, line['id'] ->> '$' AS question, line['db_id'] ->> '$' AS db_id,
            line['hardness'] ->> '$' AS hardness, entry.key AS metric, (entry.value ->> 'score')::DOUBLE AS score,
            entry.value ->> 'reason' AS reason
        FROM (SELECT *, unnest(
                CASE WHEN final AND cardinality(line) = 3 THEN list_transform(
                    metrics, lambda metric: {'key': metric, 'value': '{"score": 0, "reason": "unanswered"}'::JSON}
                ) ELSE map_entries(line)[4:] END
            ) AS entry
            FROM stored.verdicts JOIN (SELECT run, final, metrics FROM stored.runs) USING (run))""",
    "calls": "SELECT * FROM stored.calls",
}
"""The tables, each as the query over the stored lines that fills it; all begin with ``run`` and ``configuration``.

``run`` is a folder's name, ``question`` a question's id; ``final``: the run's final files are written, so no process
is at it. An unanswered question has a verdict of 0 by every metric, as in all tables of scores.
"""


def load_tables(
    connection: DuckDBPyConnection, runs: Sequence[RunFiles], names: Collection[str], scratch: Path, complain: Complain
) -> None:
    """Make all ``TABLES`` and fill those of the given names; the others have columns alone.

    A file that DuckDB cannot read is repaired first, and ``complain`` told of its damage; ``scratch``: a folder for
    files. Raises RunError where that does not help.
    """
    import duckdb

    # DuckDB cannot know how long files are; what stands right of a join is the smaller side, and is to be hashed.
    connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    _show(connection, runs, scratch)
    for name, rows in TABLES.items():
        statement = f"CREATE TABLE {name} AS {rows} {'' if name in names else 'WITH NO DATA'}"
        while True:
            try:
                connection.execute(statement)
                break
            except duckdb.Error as error:
                _repair(runs, str(error), complain)
                _show(connection, runs, scratch)
    connection.execute("DROP SCHEMA stored CASCADE")
    connection.execute("RESET disabled_optimizers")


def _show(connection: DuckDBPyConnection, runs: Sequence[RunFiles], scratch: Path) -> None:
    """Make the views of the schema "stored" over the files as they are now."""
    files = [(run, kind, path) for run in runs for kind, path in run.files.items() if path.is_file()]
    connection.execute("DROP SCHEMA IF EXISTS stored CASCADE")
    connection.execute("CREATE SCHEMA stored")
    connection.execute(
        "CREATE TABLE stored.files AS SELECT unnest($1) AS file, unnest($2) AS run, unnest($3) AS configuration",
        [
            [str(path) for _, _, path in files],
            [run.row["run"] for run, _, _ in files],
            [run.row["configuration"] for run, _, _ in files],
        ],
    )
    nothing = write_lines(scratch / "nothing.jsonl", [])  # a list of no files at all is refused
    for view, columns in _LINES.items():
        wanted = "verdicts" if view == "hardness" else view
        paths = [path for _, kind, path in files if kind == wanted] or [nothing]
        if view == "runs":
            rows = _read([write_lines(scratch / "runs.jsonl", [run.row for run in runs])], columns)
            connection.execute(f"CREATE VIEW stored.runs AS SELECT * EXCLUDE filename FROM {rows}")
        else:
            connection.execute(
                f"CREATE VIEW stored.{view} AS SELECT run, configuration, lines.* EXCLUDE filename "
                f"FROM {_read(paths, columns)} AS lines JOIN stored.files ON filename = file"
            )


def _read(paths: Sequence[Path], columns: Mapping[str, str]) -> str:
    # Folder names like k=3 are no partitions, and a bracket in one is no pattern.
    listed = ", ".join("'{}'".format(glob.escape(str(path)).replace("'", "''")) for path in paths)
    records = ", records = false" if "line" in columns else ""
    return (
        f"read_json([{listed}], format = 'newline_delimited', hive_partitioning = false, filename = true, "
        f"columns = {dict(columns)}{records})"
    )


def _repair(runs: Sequence[RunFiles], error: str, complain: Complain) -> None:
    """Repair the file that an error of DuckDB's names; raises RunError where it names none, or a repaired one."""
    for run in runs:
        for kind, path in run.files.items():
            if f'"{path}"' in error and path.parent != run.scratch:
                return run.repair(kind, complain)
    raise RunError(f"the runs cannot be read: {error.splitlines()[0]}")
