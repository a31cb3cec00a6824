"""Demonstrations made ready to learn from: questions and schemas as their prompts show them, gold and examples read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from text2sql.embedded.catalog import Catalog, compiled
from text2sql.embedded.encoding import Vector, encode, idf, weighted
from text2sql.embedded.network import Floats
from text2sql.embedded.proposing import Shown, read_example
from text2sql.embedded.query import Query, Sketched, sketched
from text2sql.embedded.question import QuestionView, view, wording
from text2sql.embedded.reading import read
from text2sql.embedded.writing import joinable
from text2sql.processes import spread
from text2sql.types import Demonstration, Example, Prompt, Question, Schema

_TOGETHER = 200  # examples that a worker reads at a time


@dataclass(frozen=True)
class Lesson:
    """One demonstration, ready to learn from; ``shown``: the examples of its prompt."""

    example: Example
    view: QuestionView
    vector: Vector
    gold: Query
    cut: Sketched
    shown: tuple[Shown, ...]


def lessons(
    taught: Sequence[Demonstration], *, places: int, tell: Callable[[float], None]
) -> tuple[list[Lesson], Floats]:
    """The demonstrations that can be read, in their order, and idf over their questions.

    What a prompt does not show of its schema cannot be learned: gold that needs it is passed over.
    """
    found = _readable(taught, places, tell)
    order = sorted(found)
    scale = idf([found[n].raw for n in order], places)
    known = _examples([taught[n].prompt for n in order], scale)
    made = []
    for n in order:
        one = found[n]
        given = (known[example.question.text, example.sql] for example in taught[n].prompt.examples)
        shown = tuple(example for example in given if example is not None)
        vector = weighted(one.raw, scale)
        made.append(Lesson(taught[n].example, one.view, vector, one.gold, sketched(one.gold), shown))
    return made, scale


@dataclass(frozen=True)
class _Readable:
    """A question seen through its schema, its words as the schema masks them, and what is to be answered."""

    view: QuestionView
    gold: Query
    raw: Vector


def _readable(taught: Sequence[Demonstration], places: int, tell: Callable[[float], None]) -> dict[int, _Readable]:
    """Those that can be read, by their position."""
    by_database: dict[str, list[int]] = {}
    for position, one in enumerate(taught):
        by_database.setdefault(one.example.question.db_id, []).append(position)
    jobs = [
        ([(taught[n].prompt.question, taught[n].prompt.schema, taught[n].example.sql) for n in members], places)
        for members in by_database.values()
    ]
    found: dict[int, _Readable] = {}
    for members, made in zip(by_database.values(), spread(_read, jobs), strict=True):
        found |= {n: one for n, one in zip(members, made, strict=True) if one is not None}
        tell(members[-1] / len(taught))
    return found


def _read(job: tuple[Sequence[tuple[Question, Schema, str]], int]) -> list[_Readable | None]:
    asked, places = job
    # By identity, for the hash of a schema takes long; the job keeps them alive.
    catalogs: dict[int, Catalog] = {}
    found: list[_Readable | None] = []
    for question, schema, sql in asked:
        catalog = catalogs.get(id(schema)) or catalogs.setdefault(id(schema), compiled(schema))
        gold = read(sql, catalog)
        if gold is None or not joinable(gold, catalog):
            found.append(None)
            continue
        seen = view(wording(question), catalog)
        found.append(_Readable(seen, gold, encode(seen.masked, places)))
    return found


def _examples(prompts: Sequence[Prompt], scale: Floats) -> dict[tuple[str, str], Shown | None]:
    """The examples of all prompts by question and SQL, each read once; None where the parser cannot."""
    every = list(dict.fromkeys((e.question.text, e.sql) for prompt in prompts for e in prompt.examples))
    jobs = [(every[at : at + _TOGETHER], len(scale)) for at in range(0, len(every), _TOGETHER)]
    read = [one for made in spread(_read_examples, jobs) for one in made]
    return {key: one and one.weighted(scale) for key, one in zip(every, read, strict=True)}


def _read_examples(job: tuple[Sequence[tuple[str, str]], int]) -> list[Shown | None]:
    examples, places = job
    return [read_example(text, sql, places) for text, sql in examples]


def folds(db_ids: Sequence[str], count: int) -> list[int]:
    """A fold for every lesson, equal within a database, about equally large."""
    sizes = Counter(db_ids)
    order = sorted(sizes, key=lambda db_id: (-sizes[db_id], db_id))
    loads, fold_of = [0] * count, {}
    for db_id in order:
        fold_of[db_id] = int(np.argmin(loads))
        loads[fold_of[db_id]] += sizes[db_id]
    return [fold_of[db_id] for db_id in db_ids]
