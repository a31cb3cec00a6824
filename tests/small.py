"""A small Spider-format data set of its own content, made on the spot: for tests that change or break it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

HARBOUR = """
CREATE TABLE boat (boat_id INTEGER PRIMARY KEY, name TEXT, length REAL);
CREATE TABLE trip (trip_id INTEGER PRIMARY KEY, boat_id INTEGER REFERENCES boat (boat_id), day TEXT);
INSERT INTO boat VALUES (1, 'Merganser', 7.5), (2, 'Dunlin', 5.0), (3, 'Plover', 5.0);
INSERT INTO trip VALUES (1, 1, '2021-05-01'), (2, 1, '2021-05-03'), (3, 2, '2021-05-03');
"""
ORCHARD = """
CREATE TABLE tree (tree_id INTEGER PRIMARY KEY, variety TEXT, planted INTEGER);
INSERT INTO tree VALUES (1, 'Codlin', 1998), (2, 'Bramley', 2004);
"""
QUARRY = """
CREATE TABLE stone (stone_id INTEGER PRIMARY KEY, kind TEXT);
INSERT INTO stone VALUES (1, 'slate');
"""
SCRIPTS = {"harbour": HARBOUR, "orchard": ORCHARD, "quarry": QUARRY}

DEV = (
    ("harbour", "How many boats are there?", "SELECT count(*) FROM boat"),
    ("harbour", "Which boat is the longest?", "SELECT name FROM boat ORDER BY length DESC LIMIT 1"),
    ("harbour", "Which boats went out?", "SELECT T1.name FROM boat AS T1 JOIN trip AS T2 ON T1.boat_id = T2.boat_id"),
)
TRAIN = (("orchard", "List all varieties.", "SELECT variety FROM tree"),)
OTHERS = (("quarry", "Which kinds of stone are there?", "SELECT kind FROM stone"),)


def write_json(file: Path, value: Any) -> Path:
    """Write a value as JSON, one entry of a list a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(entry) for entry in value) if isinstance(value, list) else json.dumps(value)
    file.write_text(f"[\n{lines}\n]" if isinstance(value, list) else lines, encoding="utf-8")
    return file


def questions(triples: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Records of a question file."""
    return [{"db_id": db_id, "question": question, "query": query} for db_id, question, query in triples]


def write_database(file: Path, script: str) -> Path:
    """Make an SQLite file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"PRAGMA synchronous = OFF; {script}")
    return file


def tables_entry(db_id: str, script: str) -> dict[str, Any]:
    """The entry of a tables.json for the database that a script makes."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns: list[tuple[int, str]] = [(-1, "*")]
        types, primary, foreign = ["text"], [], []
        for position, table in enumerate(tables):
            for _, name, kind, _, _, key in connection.execute(f"PRAGMA table_info('{table}')"):
                primary += [len(columns)] if key else []
                columns.append((position, name))
                types.append("text" if kind == "TEXT" else "number")
        for position, table in enumerate(tables):
            for _, _, other, own, to, *_ in connection.execute(f"PRAGMA foreign_key_list('{table}')"):
                foreign.append([columns.index((position, own)), columns.index((tables.index(other), to))])
    return {
        "db_id": db_id,
        "table_names_original": tables,
        "table_names": tables,
        "column_names_original": columns,
        "column_names": [(table, name.replace("_", " ")) for table, name in columns],
        "column_types": types,
        "primary_keys": primary,
        "foreign_keys": foreign,
    }


def write_release(folder: Path, *, year: int = 2018) -> Path:
    """A data set as the release of a year unzips: 2018 without, 2024 with the test split."""
    entries = [tables_entry(db_id, script) for db_id, script in SCRIPTS.items()]
    write_json(folder / "dev.json", questions(DEV))
    write_json(folder / "train_spider.json", questions(TRAIN))
    write_json(folder / "train_others.json", questions(OTHERS))
    write_json(folder / "tables.json", entries)
    for db_id, script in SCRIPTS.items():
        write_database(folder / "database" / db_id / f"{db_id}.sqlite", script)
    if year == 2024:
        test = [("quarry", "How many stones?", "SELECT count(*) FROM stone")]
        write_json(folder / "test.json", questions(test))
        write_json(folder / "test_tables.json", [tables_entry("quarry", QUARRY)])
        write_database(folder / "test_database" / "quarry" / "quarry.sqlite", QUARRY)
    return folder


def plain(reason: str) -> str:
    """A reason without the class of a result unlike gold's: ``wrong_result``, in whatever way it is."""
    first, *rest = reason.split(", ")
    shapes = {"empty", "wrong_column_count", "wrong_order", "wrong_rows"}
    return ", ".join(["wrong_result" if first in shapes else first, *rest])
