"""Schemas: from Spider's tables.json records, from databases, and as text for prompts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from text2sql.errors import DatabaseError
from text2sql.sandbox import open_database
from text2sql.types import Cell, Column, ForeignKey, Schema, Table

SAMPLE_ROWS, SAMPLE_VALUES = 3, 50
"""What a schema holds of its database: rows of each table, distinct short texts of each column."""

_VALUE_LENGTH, _SCANNED = 60, 2000


def from_record(record: Mapping[str, Any]) -> Schema:
    """The schema of one entry of a tables.json. Raises KeyError, IndexError, TypeError where it is malformed."""
    names: list[tuple[int, str]] = [(table, name) for table, name in record["column_names_original"]]
    labels = [label for _, label in record.get("column_names", names)]
    keys = {index for entry in record["primary_keys"] for index in (entry if isinstance(entry, list) else [entry])}
    table_names: list[str] = record["table_names_original"]
    table_labels: list[str] = record.get("table_names", table_names)

    def columns(table: int) -> list[int]:
        return [index for index, (owner, _) in enumerate(names) if owner == table]

    return Schema(
        db_id=record["db_id"],
        tables=tuple(
            Table(
                name=name,
                label=table_labels[table],
                columns=tuple(
                    Column(names[index][1], record["column_types"][index], labels[index]) for index in columns(table)
                ),
                primary_key=tuple(names[index][1] for index in columns(table) if index in keys),
            )
            for table, name in enumerate(table_names)
        ),
        foreign_keys=tuple(
            ForeignKey(table_names[names[a][0]], names[a][1], table_names[names[b][0]], names[b][1])
            for a, b in record["foreign_keys"]
        ),
    )


# --- as text, for prompts ---------------------------------------------------------------------------------


def shown(
    schema: Schema, *, foreign_keys: bool, rows: int, values: int, labels: bool = False, names_only: bool = False
) -> Schema:
    """What of a schema a prompt shows; both texts below show exactly this, no more and no less.

    ``rows``: of each table; ``values``: of each column that holds texts; ``labels``: those that say more than the
    names; ``names_only``: no types, no primary keys. Long cells are cut, blobs become their length, and values with a
    line break are passed over, so that the text is the same as the schema that a model may read in its place.
    """
    names = {table.name for table in schema.tables}
    keys = tuple(key for key in schema.foreign_keys if key.table in names) if foreign_keys else ()
    tables = (_shown_table(table, rows, values, labels, names_only) for table in schema.tables)
    return Schema(schema.db_id, tuple(tables), keys)


def _shown_table(table: Table, rows: int, values: int, labels: bool, names_only: bool) -> Table:
    columns = tuple(
        Column(
            column.name,
            "" if names_only else column.type,
            _telling(column.name, column.label) if labels else "",
            values=tuple(islice((value for value in column.values if "".join(value.splitlines()) == value), values)),
        )
        for column in table.columns
    )
    cells = tuple(tuple(map(_shown_cell, row)) for row in table.rows[:rows])
    label = _telling(table.name, table.label) if labels else ""
    return Table(table.name, columns, () if names_only else table.primary_key, label, cells)


def _telling(name: str, label: str) -> str:
    """The label, where it says more than the name."""
    return label if re.sub(r"\W|_", "", label).lower() != re.sub(r"\W|_", "", name).lower() else ""


def _shown_cell(cell: Cell) -> Cell:
    if isinstance(cell, bytes):
        return f"<{len(cell)} bytes>"
    if isinstance(cell, str):
        line = " ".join(cell.splitlines())
        return line if len(line) <= _VALUE_LENGTH else line[:_VALUE_LENGTH] + "…"
    return cell


def create_table_text(schema: Schema) -> str:
    """A schema as ``shown`` leaves it, as CREATE TABLE statements, one paragraph a table; content as comments."""
    return "\n\n".join(_create_table(schema, table) for table in schema.tables)


def _create_table(schema: Schema, table: Table) -> str:
    lines = [(f"{quote(column.name)} {column.type}".rstrip(), _comment(column)) for column in table.columns]
    if table.primary_key:
        lines.append((f"PRIMARY KEY ({', '.join(map(quote, table.primary_key))})", ""))
    lines += [
        (f"FOREIGN KEY ({quote(key.column)}) REFERENCES {quote(key.to_table)} ({quote(key.to_column)})", "")
        for key in schema.foreign_keys
        if key.table == table.name
    ]
    text = f"CREATE TABLE {quote(table.name)} ({f' -- {table.label}' if table.label else ''}\n"
    for position, (line, comment) in enumerate(lines, 1):
        comma = "," if position < len(lines) else ""
        text += f"  {line}{comma}{' -- ' if comment else ''}{comment}\n"
    rows = "".join(f"\n-- ({_literals(row)})" for row in table.rows)
    return f"{text});" + (f"\n-- Sample rows:{rows}" if rows else "")


def _comment(column: Column) -> str:
    return ": ".join(filter(None, (column.label, _literals(column.values))))


def compact_text(schema: Schema) -> str:
    """The same as ``table ( column, column )``, one line a table; content indented below, keys in the last line."""
    lines = []
    for table in schema.tables:
        lines.append(f"{quote(table.name)} ( {', '.join(quote(column.name) for column in table.columns)} )")
        lines[-1] += f" -- {table.label}" if table.label else ""
        lines += [f"  {quote(c.name)}: {_comment(c)}" for c in table.columns if c.label or c.values]
        lines += [f"  ({_literals(row)})" for row in table.rows]
    keys = [
        f"{quote(key.table)}.{quote(key.column)} = {quote(key.to_table)}.{quote(key.to_column)}"
        for key in schema.foreign_keys
    ]
    return "\n".join([*lines, *([f"Foreign keys: {', '.join(keys)}"] if keys else [])])


def _literals(cells: Sequence[Cell]) -> str:
    """As SQL writes them."""
    return ", ".join(
        "NULL"
        if cell is None
        else str(cell)
        if isinstance(cell, int | float)
        else "'" + str(cell).replace("'", "''") + "'"
        for cell in cells
    )


def quote(name: str) -> str:
    """An identifier as SQLite reads it: bare where that is safe.

    >>> quote("age"), quote("Hours per week")
    ('age', '"Hours per week"')
    """
    if name.isidentifier() and name.isascii() and name.upper() not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


_RESERVED = """
    ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN BY CASE CAST CHECK COLLATE COLUMN COMMIT CONSTRAINT CREATE CROSS
    CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE END ESCAPE EXCEPT EXISTS
    FOREIGN FROM FULL GROUP HAVING IF IN INDEX INNER INSERT INTERSECT INTO IS ISNULL JOIN LEFT LIKE LIMIT NATURAL NOT
    NOTHING NOTNULL NULL OFFSET ON OR ORDER OUTER PRIMARY RAISE REFERENCES RETURNING RIGHT SELECT SET TABLE THEN TO
    TRANSACTION UNION UNIQUE UPDATE USING VALUES VIEW WHEN WHERE WITH
"""
_KEYWORDS = frozenset(_RESERVED.split())


# --- from databases -------------------------------------------------------------------------------------


def read_schema(db_id: str, database: Path) -> Schema:
    """The schema of an SQLite file. Raises DatabaseError."""
    with closing(open_database(database)) as connection:
        try:
            names = [
                name
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                if not name.startswith("sqlite_")
            ]
            tables = tuple(_read_table(connection, name) for name in names)
            primary = {table.name.lower(): table.primary_key for table in tables}
            keys = tuple(
                # A reference without a column means the other table's primary key.
                ForeignKey(name, column, other, to or next(iter(primary.get(other.lower(), ())), column))
                for name in names
                for _, _, other, column, to, *_ in connection.execute(f"PRAGMA foreign_key_list({quote(name)})")
            )
        except sqlite3.Error as error:
            raise DatabaseError(f"{database}: {error}") from None
    return Schema(db_id, tables, keys)


def _read_table(connection: sqlite3.Connection, name: str) -> Table:
    columns = connection.execute(f"PRAGMA table_info({quote(name)})").fetchall()
    return Table(
        name=name,
        label=plain_words(name),
        columns=tuple(Column(column, type.lower(), plain_words(column)) for _, column, type, *_ in columns),
        primary_key=tuple(column for _, column, *_, key in sorted(columns, key=lambda c: c[5]) if key),
    )


def plain_words(name: str) -> str:
    return name.replace("_", " ").lower()


def with_content(schema: Schema, database: Path) -> Schema:
    """The schema with first rows and some distinct short texts; tables that cannot be read stay bare."""
    with closing(open_database(database)) as connection:
        return Schema(schema.db_id, tuple(_table_content(connection, t) for t in schema.tables), schema.foreign_keys)


def _table_content(connection: sqlite3.Connection, table: Table) -> Table:
    # Qualified: SQLite would take a lone quoted name that the table does not have for a text.
    names = [f"{quote(table.name)}.{quote(column.name)}" for column in table.columns]
    try:
        rows = connection.execute(f"SELECT {', '.join(names)} FROM {quote(table.name)} LIMIT {_SCANNED}").fetchall()
    except sqlite3.Error:  # tables.json and the database disagree: `data check` says so
        return table
    columns = tuple(
        Column(column.name, column.type, column.label, _texts(row[i] for row in rows))
        for i, column in enumerate(table.columns)
    )
    return Table(table.name, columns, table.primary_key, table.label, tuple(rows[:SAMPLE_ROWS]))


def _texts(cells: Iterator[object]) -> tuple[str, ...]:
    texts = dict.fromkeys(cell for cell in cells if isinstance(cell, str) and len(cell) <= _VALUE_LENGTH)
    return tuple(texts)[:SAMPLE_VALUES]
