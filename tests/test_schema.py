"""Schemas from tables.json entries and from databases, and as text that SQLite accepts."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.small import HARBOUR, write_database
from text2sql.dataset import Dataset
from text2sql.errors import DatabaseError
from text2sql.schema import compact_text, create_table_text, from_record, quote, read_schema, shown, with_content
from text2sql.types import Column, ForeignKey, Schema, Table

RECORD: dict[str, Any] = {
    "db_id": "ferries",
    "table_names_original": ["Line", "Stop"],
    "table_names": ["ferry line", "stop"],
    "column_names_original": [[-1, "*"], [0, "ID"], [0, "Name"], [1, "Line_ID"], [1, "Nr"], [1, "Quay (m)"]],
    "column_names": [[-1, "*"], [0, "id"], [0, "name"], [1, "line id"], [1, "number"], [1, "quay"]],
    "column_types": ["text", "number", "text", "number", "number", "others"],
    "primary_keys": [1, [3, 4]],
    "foreign_keys": [[3, 1]],
}
FERRIES = Schema(
    "ferries",
    (
        Table("Line", (Column("ID", "number", "id"), Column("Name", "text", "name")), ("ID",), "ferry line"),
        Table(
            "Stop",
            (
                Column("Line_ID", "number", "line id"),
                Column("Nr", "number", "number"),
                Column("Quay (m)", "others", "quay"),
            ),
            ("Line_ID", "Nr"),
            "stop",
        ),
    ),
    (ForeignKey("Stop", "Line_ID", "Line", "ID"),),
)
# https://sqlite.org/lang_keywords.html
KEYWORDS = """
ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE
CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP
DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE
EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE
IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH
MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA
PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT
ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE
UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT
"""


def test_an_entry_of_tables_json() -> None:
    assert from_record(RECORD) == FERRIES
    assert FERRIES.columns_by_table == {"Line": ("ID", "Name"), "Stop": ("Line_ID", "Nr", "Quay (m)")}


def test_an_entry_without_plain_words_takes_the_original_names() -> None:
    record = {key: value for key, value in RECORD.items() if key not in ("table_names", "column_names")}
    schema = from_record(record)
    assert [table.label for table in schema.tables] == ["Line", "Stop"]
    assert [column.label for column in schema.tables[1].columns] == ["Line_ID", "Nr", "Quay (m)"]


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [("foreign_keys", [[3, 99]], IndexError), ("column_types", ["text"], IndexError), ("primary_keys", 3, TypeError)],
)
def test_a_malformed_entry(key: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        from_record(RECORD | {key: value})


def test_the_schema_as_text() -> None:
    assert create_table_text(shown(FERRIES, foreign_keys=True, rows=0, values=0)) == (
        "CREATE TABLE Line (\n  ID number,\n  Name text,\n  PRIMARY KEY (ID)\n);\n\n"
        'CREATE TABLE Stop (\n  Line_ID number,\n  Nr number,\n  "Quay (m)" others,\n  PRIMARY KEY (Line_ID, Nr),\n'
        "  FOREIGN KEY (Line_ID) REFERENCES Line (ID)\n);"
    )
    without = shown(FERRIES, foreign_keys=False, rows=0, values=0)
    assert "FOREIGN" not in create_table_text(without)
    assert compact_text(shown(FERRIES, foreign_keys=True, rows=0, values=0)) == (
        'Line ( ID, Name )\nStop ( Line_ID, Nr, "Quay (m)" )\nForeign keys: Stop.Line_ID = Line.ID'
    )
    assert compact_text(without) == 'Line ( ID, Name )\nStop ( Line_ID, Nr, "Quay (m)" )'


ISLANDS = Schema(
    "islands",
    (
        Table(
            "isle",
            (
                Column("id", "number", "isle number"),
                Column("nm", "text", "name", ("Rømø", "two\nlines", "end\n", "O'Hara")),
            ),
            ("id",),
            "island",
            ((1, "x" * 61), (2.5, None), (b"\xff\x00", "two\r\nlines")),
        ),
    ),
    (ForeignKey("isle", "id", "sea", "id"), ForeignKey("sea", "id", "isle", "id")),
)


def test_what_is_shown_of_a_schema() -> None:
    isle = Table("isle", (Column("id", "number"), Column("nm", "text")), ("id",))
    assert shown(ISLANDS, foreign_keys=False, rows=0, values=0) == Schema("islands", (isle,))
    bare = Table("isle", (Column("id"), Column("nm")))
    assert shown(ISLANDS, foreign_keys=False, rows=0, values=0, names_only=True) == Schema("islands", (bare,))
    # A key of a table that is not here has no line to stand in; one to such a table has.
    with_keys = shown(ISLANDS, foreign_keys=True, rows=0, values=0)
    assert with_keys == Schema("islands", (isle,), ISLANDS.foreign_keys[:1])
    with_content = shown(ISLANDS, foreign_keys=True, rows=3, values=2).tables[0]
    assert with_content.columns[1].values == ("Rømø", "O'Hara")
    assert with_content.rows == ((1, "x" * 60 + "…"), (2.5, None), ("<2 bytes>", "two lines"))
    assert shown(ISLANDS, foreign_keys=True, rows=1, values=1).tables[0].rows == with_content.rows[:1]


def test_content_as_comments() -> None:
    schema = shown(ISLANDS, foreign_keys=True, rows=2, values=2)
    assert create_table_text(schema) == (
        "CREATE TABLE isle (\n  id number,\n  nm text, -- 'Rømø', 'O''Hara'\n  PRIMARY KEY (id),\n"
        "  FOREIGN KEY (id) REFERENCES sea (id)\n);\n"
        f"-- Sample rows:\n-- (1, '{'x' * 60}…')\n-- (2.5, NULL)"
    )
    assert compact_text(schema) == (
        f"isle ( id, nm )\n  nm: 'Rømø', 'O''Hara'\n  (1, '{'x' * 60}…')\n  (2.5, NULL)\nForeign keys: isle.id = sea.id"
    )


def test_the_text_makes_the_schema_again(tmp_path: Path) -> None:
    stop = FERRIES.tables[1]
    columns = (*stop.columns[:2], Column("Quay (m)", "others", values=("); DROP TABLE Stop; --", "it's")))
    # Content stands in comments, after the comma of its line.
    full = replace(FERRIES, tables=(FERRIES.tables[0], replace(stop, columns=columns, rows=((1, 2, "a\nb"),))))
    text = create_table_text(shown(full, foreign_keys=True, rows=3, values=3))
    file = write_database(tmp_path / "ferries.sqlite", text)
    again = read_schema("ferries", file)
    assert again.columns_by_table == FERRIES.columns_by_table
    assert again.foreign_keys == FERRIES.foreign_keys
    assert [table.primary_key for table in again.tables] == [table.primary_key for table in FERRIES.tables]


@pytest.mark.parametrize("name", [*KEYWORDS.split(), "true", "a b", 'quo"te', "straße", "1st", "x$", "name"])
def test_quoted_names_are_what_sqlite_reads(name: str) -> None:
    quoted = quote(name)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE {quoted} ({quoted} TEXT)")
        connection.execute(f"INSERT INTO {quoted} ({quoted}) VALUES ('here')")
        rows = connection.execute(f"SELECT {quoted} FROM {quoted} WHERE {quoted} = 'here' ORDER BY {quoted}")
        assert rows.fetchall() == [("here",)]
        joined = f"SELECT T1.{quoted} FROM {quoted} AS T1 JOIN {quoted} AS T2 ON T1.{quoted} = T2.{quoted}"
        assert connection.execute(joined).fetchall() == [("here",)]


def test_a_schema_read_from_a_database(tmp_path: Path) -> None:
    script = """
    CREATE TABLE Crew_Member (crew_id INTEGER PRIMARY KEY AUTOINCREMENT, "Full Name" VARCHAR(20), boss INT
        REFERENCES crew_member);
    CREATE TABLE "duty list" (day DATE, crew_id INTEGER, task, PRIMARY KEY (crew_id, day),
        FOREIGN KEY (crew_id) REFERENCES Crew_Member (crew_id));
    CREATE VIEW names AS SELECT "Full Name" FROM Crew_Member;
    """
    assert read_schema("crews", write_database(tmp_path / "x.sqlite", script)) == Schema(
        "crews",
        (
            Table(
                "Crew_Member",
                (
                    Column("crew_id", "integer", "crew id"),
                    Column("Full Name", "varchar(20)", "full name"),
                    Column("boss", "int", "boss"),
                ),
                ("crew_id",),
                "crew member",
            ),
            Table(
                "duty list",
                (Column("day", "date", "day"), Column("crew_id", "integer", "crew id"), Column("task", "", "task")),
                ("crew_id", "day"),
                "duty list",
            ),
        ),
        (
            ForeignKey("Crew_Member", "boss", "crew_member", "crew_id"),
            ForeignKey("duty list", "crew_id", "Crew_Member", "crew_id"),
        ),
    )


def test_content_is_a_few_rows_and_distinct_short_texts(tmp_path: Path) -> None:
    rows = "".join(f"INSERT INTO boat VALUES ({number}, 'No. {number % 3}', 4.0);" for number in range(10, 20))
    long = f"INSERT INTO boat VALUES (20, '{'x' * 61}', NULL);"
    file = write_database(tmp_path / "harbour.sqlite", HARBOUR + rows + long)
    boat = with_content(read_schema("harbour", file), file).tables[0]
    assert boat.rows == ((1, "Merganser", 7.5), (2, "Dunlin", 5.0), (3, "Plover", 5.0))
    values = ("Merganser", "Dunlin", "Plover", "No. 1", "No. 2", "No. 0")
    assert [column.values for column in boat.columns] == [(), values, ()]


def test_tables_that_the_database_does_not_have_stay_bare(tmp_path: Path) -> None:
    file = write_database(
        tmp_path / "ferries.sqlite", "CREATE TABLE Stop (Line_ID, Nr); INSERT INTO Stop VALUES (1, 2)"
    )
    # SQLite would read "Quay (m)", a column that is not there, as a text.
    assert with_content(FERRIES, file) == FERRIES


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    with pytest.raises(DatabaseError) as raised:
        read_schema("x", file)
    assert str(raised.value) == f"{file}: no such database"
    file.write_text("SELECT 1")
    with pytest.raises(DatabaseError) as raised:
        read_schema("x", file)
    assert str(raised.value) == f"{file}: not an SQLite database"
    write_database(tmp_path / "y.sqlite", HARBOUR)
    damaged = tmp_path / "y.sqlite"
    damaged.write_bytes(damaged.read_bytes()[:100] + b"\xab" * 8000)
    with pytest.raises(DatabaseError, match=r"y\.sqlite: .*malformed"):
        read_schema("y", damaged)


def test_the_schemas_of_spider_have_foreign_keys_and_content(spider: Dataset) -> None:
    schema = spider.schemas["concert_singer"]
    assert [table.name for table in schema.tables] == ["stadium", "singer", "concert", "singer_in_concert"]
    assert ForeignKey("concert", "Stadium_ID", "stadium", "Stadium_ID") in schema.foreign_keys
    assert all(table.rows for table in schema.tables)
