"""Question words and what they link to in a small schema, and the masked question."""

from __future__ import annotations

import pytest

from text2sql.linking import link, masked
from text2sql.types import Column, Schema, Table

SCHEMA = Schema(
    "harbour",
    (
        Table(
            "boat",
            (
                Column("boat_id", "number", "boat id"),
                Column("name", "text", "name", ("Merganser", "Grey Plover")),
                Column("hull_length", "number", "hull length"),
                Column("built", "number", "year built"),
            ),
            ("boat_id",),
            "boat",
        ),
        Table("trip", (Column("boat_id", "number", "boat id"), Column("day", "text", "day")), (), "trip"),
    ),
)


def links(text: str) -> list[tuple[str, str, str, str]]:
    """Words, kind, item and value of each link."""
    found = link(text, SCHEMA)
    return [
        (
            " ".join(token.text for token in found.tokens[item.start : item.end]),
            item.kind,
            ".".join(part for part in (item.table, item.column) if part),
            item.value,
        )
        for item in found.links
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Name every boat", [("Name", "exact", "boat.name", ""), ("boat", "exact", "boat", ""),
                             ("boat", "part", "boat.boat_id", ""), ("boat", "part", "trip.boat_id", "")]),
        ("hull lengths", [("hull lengths", "stem", "boat.hull_length", "")]),
        ("the length", [("length", "part", "boat.hull_length", "")]),
        ("Which is the oldest?", []),
        ("How old is it?", [("old", "synonym", "boat.built", "")]),
        ("day of the Grey Plover", [("day", "exact", "trip.day", ""),
                                    ("Grey Plover", "value", "boat.name", "Grey Plover")]),
        ("named 'Old Tern'", [("named", "stem", "boat.name", ""), ("' Old Tern '", "quoted", "", "Old Tern")]),
        ("before 2021-05-01", [("2021-05-01", "date", "", "2021-05-01")]),
        ("more than 1,200 or two", [("1,200", "number", "", "1200"), ("two", "number", "", "2")]),
        ("seen near Port Askaig today", [("Port Askaig", "name", "", "Port Askaig")]),
        ("", []),
    ],
)  # fmt: skip
def test_links(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert links(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many boats are there?", "how many <table> are there ?"),
        ("Hull lengths of boats built after 2001", "<column> of <table> <column> after <value>"),
        ("Which day did Merganser go out?", "which <column> did <value> go out ?"),
        ("", ""),
    ],
)
def test_masked(text: str, expected: str) -> None:
    assert masked(text, SCHEMA) == expected


def test_a_schema_without_tables_links_no_items() -> None:
    assert masked("How many boats?", Schema("", ())) == "how many boats ?"
