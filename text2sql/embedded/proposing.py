"""Which sketches a question may have: known ones, those of the prompt's examples, and composed ones, scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from text2sql.embedded.cues import CUES, disagreement, flags
from text2sql.embedded.encoding import Vector, cosine, encode, weighted
from text2sql.embedded.query import Query
from text2sql.embedded.reading import sketch_of
from text2sql.embedded.sketches import HEADS
from text2sql.embedded.weights import Weights
from text2sql.linking import masked
from text2sql.types import Column, Example, Schema, Table

Floats = npt.NDArray[np.float32]

_UNSEEN = len(HEADS)
_SHOWN = _UNSEEN + 2
_CUES = _SHOWN + 4
SKETCH_FEATURES = _CUES + 2 * CUES
_FLOOR = -12.0


@dataclass(frozen=True)
class Proposal:
    """A sketch with its features and its log-probability among all that were considered."""

    sketch: Query
    features: Floats
    score: float


@dataclass(frozen=True)
class Shown:
    """An example of the prompt as the parser sees it."""

    vector: Vector
    sketch: Query

    def weighted(self, idf: Floats) -> Shown:
        """The same, its vector times idf."""
        return replace(self, vector=weighted(self.vector, idf))


def shown(examples: Sequence[Example], idf: Floats) -> list[Shown]:
    """The examples whose SQL can be read; their questions masked by the names and texts of their own SQL."""
    read = (read_example(example.question.text, example.sql, len(idf)) for example in examples)
    return [example.weighted(idf) for example in read if example is not None]


@lru_cache(maxsize=1 << 13)
def read_example(text: str, sql: str, places: int) -> Shown | None:
    """An example, its vector not weighted yet; None where its SQL cannot be read."""
    # Kept, because a good example stands in many prompts.
    read = sketch_of(sql)
    return None if read is None else Shown(encode(masked(text, schema_of_sql(sql)), places), read.sketch)


def schema_of_sql(sql: str) -> Schema:
    """The little of a schema that one statement shows: its tables, all its columns, its texts."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, read="sqlite")
    texts = tuple(dict.fromkeys(str(node.this) for node in tree.find_all(exp.Literal) if node.is_string))
    names = dict.fromkeys(node.name for node in tree.find_all(exp.Column) if node.name)
    columns = tuple(Column(name, label=name.replace("_", " "), values=texts) for name in names)
    tables = [name for name in dict.fromkeys(node.name for node in tree.find_all(exp.Table)) if name]
    return Schema(
        "",
        tuple(
            Table(name, columns if position == 0 else (), label=name.replace("_", " "))
            for position, name in enumerate(tables)
        ),
    )


@dataclass(frozen=True)
class Asked:
    """A question as proposals need it: its words as a vector, and its cues."""

    vector: Vector
    cues: Floats


def propose(asked: Asked, examples: Sequence[Shown], weights: Weights, *, keep: int) -> list[Proposal]:
    """The most probable sketches, best first."""
    inventory = weights.inventory
    new = list(dict.fromkeys(e.sketch for e in examples if e.sketch not in inventory.numbers))
    known = [*inventory.sketches, *new]
    labels, have = inventory.labels, inventory.flags
    if new:
        labels = np.concatenate([labels, np.array([inventory.label(sketch) for sketch in new], np.int32)])
        have = np.concatenate([have, np.array([flags(sketch) for sketch in new], np.float32)])
    rows = _features(asked, labels, have, weights)
    numbers = {sketch: number for number, sketch in enumerate(new, len(inventory.sketches))}
    for rank, example in enumerate(examples):
        row = rows[numbers.get(example.sketch, inventory.numbers.get(example.sketch, 0))]
        row[_SHOWN] = max(row[_SHOWN], cosine(asked.vector, example.vector))
        row[_SHOWN + 1] += 1 / len(examples)
        row[_SHOWN + 2] = max(row[_SHOWN + 2], 1 / (1 + rank))
    rows[:, _SHOWN + 3] = bool(examples)
    scores = rows @ weights.combiner
    scores -= scores.max() + np.log(np.exp(scores - scores.max()).sum())
    order = np.argsort(-scores, kind="stable")[:keep].tolist()
    return [Proposal(known[number], rows[number], float(scores[number])) for number in order]


def _features(asked: Asked, labels: npt.NDArray[np.int32], have: Floats, weights: Weights) -> Floats:
    rows = np.zeros((len(labels), SKETCH_FEATURES), np.float32)
    heads = weights.clauses.heads(asked.vector)
    for head, logs in enumerate(heads):
        rows[:, head] = np.maximum(logs[labels[:, head]], _FLOOR)
    # A sketch that no example showed has no class of its own: said apart, not by a low probability.
    unseen = labels[:, 0] == 0
    rows[unseen, 0] = 0
    rows[:, _UNSEEN] = unseen
    counts = np.zeros(len(labels), np.float32)
    counts[: len(weights.inventory.counts)] = weights.inventory.counts
    rows[:, _UNSEEN + 1] = np.log1p(counts)
    rows[:, _CUES:] = disagreement(asked.cues, have)
    return rows
