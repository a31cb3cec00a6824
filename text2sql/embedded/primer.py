"""The plainest questions there are, asked of three schemas made up here: benchmarks hardly ask them, people do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from text2sql.types import Column, Example, ForeignKey, Question, Schema, Table

# Each schema: an entity with a text and a number, and something that refers to it.
_WORLDS = (
    ("lighthouses", "lighthouse", "region", "height", "inspection", "Fair Isle"),
    ("greenhouses", "seedling", "soil", "weight", "watering", "Clay"),
    ("bakeries", "loaf", "flour", "price", "order", "Rye"),
)
_ASKED = (
    ("How many {thing}s are there?", "SELECT count(*) FROM {thing}"),
    ("Count the number of {thing}s.", "SELECT count(*) FROM {thing}"),
    ("What is the total number of {thing}s?", "SELECT count(*) FROM {thing}"),
    ("How many {part}s do we have?", 'SELECT count(*) FROM "{part}"'),
    ("How many different {text}s are there?", "SELECT count(DISTINCT {text}) FROM {thing}"),
    ("List the names of all {thing}s.", "SELECT name FROM {thing}"),
    ("Show all information about {thing}s.", "SELECT * FROM {thing}"),
    ("What are the names and {text}s of all {thing}s?", "SELECT name, {text} FROM {thing}"),
    ("What is the average {number} of {thing}s?", "SELECT avg({number}) FROM {thing}"),
    ("Find the maximum and minimum {number} of all {thing}s.", "SELECT max({number}), min({number}) FROM {thing}"),
    ("How many {thing}s have the {text} '{value}'?", "SELECT count(*) FROM {thing} WHERE {text} = '{value}'"),
    ("What are the names of {thing}s with {number} greater than 20?", "SELECT name FROM {thing} WHERE {number} > 20"),
    ("List the names of {thing}s in descending order of {number}.", "SELECT name FROM {thing} ORDER BY {number} DESC"),
    ("List all {text}s in alphabetical order.", "SELECT {text} FROM {thing} ORDER BY {text}"),
    ("What is the name of the {thing} with the highest {number}?",
     "SELECT name FROM {thing} ORDER BY {number} DESC LIMIT 1"),
    ("Show each {text} and the number of {thing}s.", "SELECT {text}, count(*) FROM {thing} GROUP BY {text}"),
    ("Which {text}s have at least 2 {thing}s?", "SELECT {text} FROM {thing} GROUP BY {text} HAVING count(*) >= 2"),
    ("What is the most common {text}?", "SELECT {text} FROM {thing} GROUP BY {text} ORDER BY count(*) DESC LIMIT 1"),
    ("How many {part}s does each {thing} have? List the name of the {thing} and the number.",
     'SELECT T1.name, count(*) FROM {thing} AS T1 JOIN "{part}" AS T2 ON T1.{thing}_id = T2.{thing}_id '
     "GROUP BY T1.{thing}_id"),
    ("Which {thing}s do not have any {part}s? List their names.",
     'SELECT name FROM {thing} WHERE {thing}_id NOT IN (SELECT {thing}_id FROM "{part}")'),
)  # fmt: skip


def schemas() -> Mapping[str, Schema]:
    """The schemas by db_id."""
    return {world[0]: _schema(*world) for world in _WORLDS}


def examples() -> Iterator[Example]:
    """The questions with their SQL."""
    for db_id, thing, text, number, part, value in _WORLDS:
        words = {"thing": thing, "text": text, "number": number, "part": part, "value": value}
        for position, (question, sql) in enumerate(_ASKED):
            asked = Question(f"primer-{position:04d}", db_id, question.format_map(words))
            yield Example(asked, sql.format_map(words))


def _schema(db_id: str, thing: str, text: str, number: str, part: str, value: str) -> Schema:
    key = Column(f"{thing}_id", "number", f"{thing} id")
    columns = (
        key,
        Column("name", "text", "name"),
        Column(text, "text", text, (value,)),
        Column(number, "number", number),
    )
    referring = (Column(f"{part}_id", "number", f"{part} id"), key, Column("day", "time", "day"))
    return Schema(
        db_id,
        (Table(thing, columns, (key.name,), thing), Table(part, referring, (f"{part}_id",), part)),
        (ForeignKey(part, key.name, thing, key.name),),
    )
