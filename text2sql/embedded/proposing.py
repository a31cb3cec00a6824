"""Which sketches a question may have: known ones, those of the prompt's examples, and composed ones, scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from text2sql.embedded.encoding import Vector, cosine, encode, weighted
from text2sql.embedded.query import Query
from text2sql.embedded.reading import sketch_of
from text2sql.embedded.sketches import HEADS, is_flat, with_where
from text2sql.embedded.weights import Weights
from text2sql.linking import masked
from text2sql.types import Column, Example, Schema, Table

Floats = npt.NDArray[np.float32]

SKETCH_FEATURES = len(HEADS) + 8
_NEIGHBOURS, _FLOOR = 10, -12.0
_CORES, _WHERES = 8, 5
_NEW = 1.0  # what a sketch that nobody has written costs


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


def shown(examples: Sequence[Example], weights: Weights) -> list[Shown]:
    """The examples whose SQL can be read; their questions masked by the names and texts of their own SQL."""
    found = []
    for example in examples:
        read = sketch_of(example.sql)
        if read is not None:
            text = masked(example.question.text, schema_of_sql(example.sql))
            found.append(Shown(weighted(encode(text, weights.places), weights.idf), read.sketch))
    return found


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


def propose(vector: Vector, examples: Sequence[Shown], weights: Weights, *, keep: int, compose: int) -> list[Proposal]:
    """The most probable sketches, best first; ``compose``: how many new ones may be among them."""
    inventory = weights.inventory
    fresh = [e.sketch for e in examples if e.sketch not in inventory.numbers]
    known = [*inventory.sketches, *dict.fromkeys(fresh)]
    numbers = {sketch: number for number, sketch in enumerate(known)}
    labels = inventory.labels
    if len(known) > len(labels):
        new = np.array([inventory.label(sketch) for sketch in known[len(labels) :]], np.int32)
        labels = np.concatenate([labels, new])
    heads = weights.clauses.heads(vector)
    rows = _features(vector, heads, labels, weights)
    for rank, example in enumerate(examples):
        row = rows[numbers[example.sketch]]
        similarity = cosine(vector, example.vector)
        row[-5] = max(row[-5], similarity)
        row[-4] += 1 / len(examples)
        row[-3] = max(row[-3], 1 / (1 + rank))
    rows[:, -2] = bool(examples)
    scores = rows @ weights.combiner
    total = float(scores.max() + np.log(np.exp(scores - scores.max()).sum()))
    scores -= total
    order = np.argsort(-scores, kind="stable")[:keep].tolist()
    found = [Proposal(known[number], rows[number], float(scores[number])) for number in order]
    return found + _composed(found, heads, set(numbers), weights, keep=compose, total=total)


def _features(vector: Vector, heads: Sequence[Floats], labels: npt.NDArray[np.int32], weights: Weights) -> Floats:
    rows = np.zeros((len(labels), SKETCH_FEATURES), np.float32)
    for head, logs in enumerate(heads):
        rows[:, head] = np.maximum(logs[labels[:, head]], _FLOOR)
    width = len(HEADS)
    counts = np.zeros(len(labels), np.float32)
    counts[: len(weights.inventory.counts)] = weights.inventory.counts
    rows[:, width] = np.log1p(counts)
    similar = weights.neighbours.similarities(vector)
    if len(similar):
        np.maximum.at(rows[:, width + 1], weights.neighbour_sketch, similar)
        nearest = np.argsort(-similar, kind="stable")[:_NEIGHBOURS]
        power = similar[nearest] ** 3 + 1e-6
        np.add.at(rows[:, width + 2], weights.neighbour_sketch[nearest], power / power.sum())
    return rows


def _composed(
    best: Sequence[Proposal],
    heads: Sequence[Floats],
    known: set[Query],
    weights: Weights,
    *,
    keep: int,
    total: float,
) -> list[Proposal]:
    """Flat sketches with the conditions of others among the best."""
    if not keep:
        return []
    flat = [proposal.sketch for proposal in best if is_flat(proposal.sketch)]
    wheres = list(dict.fromkeys(sketch.where for sketch in flat))[:_WHERES]
    made = dict.fromkeys(with_where(core, where) for core in flat[:_CORES] for where in wheres)
    new = [sketch for sketch in made if sketch not in known]
    if not new:
        return []
    labels = np.array([weights.inventory.label(sketch) for sketch in new], np.int32)
    added = np.zeros((len(new), SKETCH_FEATURES), np.float32)
    for head, logs in enumerate(heads):
        added[:, head] = np.maximum(logs[labels[:, head]], _FLOOR)
    added[:, -2] = best[0].features[-2]
    added[:, -1] = 1
    scores = added @ weights.combiner
    order = np.argsort(-scores, kind="stable")[:keep].tolist()
    return [Proposal(new[number], added[number], float(scores[number]) - total - _NEW) for number in order]
