"""Examples made ready to learn from: questions seen through their schemas, gold read, what a prompt would show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from text2sql.embedded.catalog import compiled
from text2sql.embedded.encoding import Vector, encode, idf, neighbours, weighted
from text2sql.embedded.network import Floats
from text2sql.embedded.proposing import Shown, schema_of_sql
from text2sql.embedded.query import Query, Sketched, sketched
from text2sql.embedded.question import QuestionView, view
from text2sql.embedded.reading import read
from text2sql.embedded.writing import joinable
from text2sql.linking import masked
from text2sql.processes import spread
from text2sql.types import Example, Schema


@dataclass(frozen=True)
class Lesson:
    """One example, ready to learn from; ``as_shown``: how it looks in another question's prompt."""

    db_id: str
    view: QuestionView
    vector: Vector
    gold: Query
    cut: Sketched
    as_shown: Shown


def lessons(
    examples: Sequence[Example], schemas: Mapping[str, Schema], *, places: int, tell: Callable[[float], None]
) -> tuple[list[Lesson], Floats]:
    """The examples that can be read, in their order, and idf over their questions."""
    by_database: dict[str, list[int]] = {}
    for position, example in enumerate(examples):
        by_database.setdefault(example.question.db_id, []).append(position)
    jobs = [(schemas[db_id], [examples[n] for n in members], places) for db_id, members in by_database.items()]
    readable: dict[int, _Readable] = {}
    for members, found in zip(by_database.values(), spread(_readable, jobs), strict=True):
        readable |= {n: one for n, one in zip(members, found, strict=True) if one is not None}
        tell(members[-1] / len(examples))
    scale = idf([readable[n].raw for n in sorted(readable)], places)
    made = []
    for n in sorted(readable):
        one = readable[n]
        cut = sketched(one.gold)
        as_shown = Shown(weighted(one.by_sql, scale), cut.sketch)
        made.append(Lesson(examples[n].question.db_id, one.view, weighted(one.raw, scale), one.gold, cut, as_shown))
    return made, scale


@dataclass(frozen=True)
class _Readable:
    """An example seen through its schema; its words as the schema masks them, and as its own SQL does."""

    view: QuestionView
    gold: Query
    raw: Vector
    by_sql: Vector


def _readable(job: tuple[Schema, Sequence[Example], int]) -> list[_Readable | None]:
    schema, examples, places = job
    catalog = compiled(schema)
    found: list[_Readable | None] = []
    for example in examples:
        gold = read(example.sql, catalog)
        if gold is None or not joinable(gold, catalog):
            found.append(None)
            continue
        seen = view(example.question.text, catalog)
        by_sql = encode(masked(example.question.text, schema_of_sql(example.sql)), places)
        found.append(_Readable(seen, gold, encode(seen.masked, places), by_sql))
    return found


def folds(db_ids: Sequence[str], count: int) -> list[int]:
    """A fold for every lesson, equal within a database, about equally large."""
    sizes = Counter(db_ids)
    order = sorted(sizes, key=lambda db_id: (-sizes[db_id], db_id))
    loads, fold_of = [0] * count, {}
    for db_id in order:
        fold_of[db_id] = int(np.argmin(loads))
        loads[fold_of[db_id]] += sizes[db_id]
    return [fold_of[db_id] for db_id in db_ids]


def prompts(found: Sequence[Lesson], *, places: int, shown: int, seed: int) -> list[list[Shown]]:
    """For every other lesson its nearest ones of other databases, best first; none for the rest."""
    random = np.random.default_rng(seed)
    index = neighbours([lesson.vector for lesson in found], places)
    numbers = {db_id: number for number, db_id in enumerate(dict.fromkeys(lesson.db_id for lesson in found))}
    owners = np.array([numbers[lesson.db_id] for lesson in found])
    made: list[list[Shown]] = []
    for lesson, with_examples in zip(found, random.random(len(found)) < 0.5, strict=True):
        similar = index.similarities(lesson.vector)
        similar[owners == numbers[lesson.db_id]] = -1
        nearest = np.argsort(-similar, kind="stable")[:shown].tolist()
        made.append([found[n].as_shown for n in nearest] if with_examples else [])
    return made
