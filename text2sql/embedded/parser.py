"""The parser: question, schema and examples in, ranked candidates out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from text2sql.embedded.catalog import compiled
from text2sql.embedded.cues import cues
from text2sql.embedded.encoding import Vector, encode, weighted
from text2sql.embedded.features import features
from text2sql.embedded.filling import Filled, SlotScores, fill
from text2sql.embedded.network import log_softmax
from text2sql.embedded.proposing import Asked, Proposal, Shown, propose, shown
from text2sql.embedded.query import Query
from text2sql.embedded.question import QuestionView, view
from text2sql.embedded.weights import Weights
from text2sql.types import Example, Schema

Floats = npt.NDArray[np.float32]

# Chosen on train databases held out: more of each costs time and brings nothing.
SKETCHES, FILLINGS, CANDIDATES = 24, 8, 60


@dataclass(frozen=True)
class Considered:
    """All that the parser weighed for one question, candidates in order of their score before ranking."""

    view: QuestionView
    vector: Vector
    proposals: tuple[Proposal, ...]
    candidates: tuple[tuple[Proposal, Filled], ...]
    rows: Floats


def consider(text: str, schema: Schema, examples: Sequence[Example], weights: Weights) -> Considered:
    """Propose sketches, fill them, prune, and describe what is left."""
    seen = view(text, compiled(schema))
    vector = weighted(encode(seen.masked, weights.places), weights.idf)
    return considered(seen, vector, shown(examples, weights.idf), weights)


def considered(seen: QuestionView, vector: Vector, examples: Sequence[Shown], weights: Weights) -> Considered:
    """The same, of parts that are ready."""
    proposals = propose(Asked(vector, cues(seen)), examples, weights, keep=SKETCHES)
    scores = SlotScores(
        (seen.columns @ weights.roles.T).T.astype(np.float32), log_softmax((seen.tables @ weights.tables.T).T)
    )
    found: list[tuple[float, Proposal, Filled, int]] = []
    for proposal in proposals:
        for rank, filling in enumerate(fill(proposal.sketch, seen, scores, keep=FILLINGS)):
            found.append((proposal.score + filling.score, proposal, filling, rank))
    found.sort(key=lambda item: -item[0])
    distinct: dict[Query, tuple[float, Proposal, Filled, int]] = {}
    for item in found:
        distinct.setdefault(item[2].query, item)
        if len(distinct) == CANDIDATES:
            break
    kept = list(distinct.values())
    candidates = tuple((proposal, filling) for _, proposal, filling, _ in kept)
    rows = features(candidates, seen, [rank for *_, rank in kept])
    return Considered(seen, vector, tuple(proposals), candidates, rows)


def log_probabilities(considered: Considered, weights: Weights) -> Floats:
    """Log-probabilities of the candidates, by the mean of the rankers."""
    if not weights.rankers:
        return log_softmax(np.array([p.score + f.score for p, f in considered.candidates], np.float32))
    scores = np.mean([ranker.scores(considered.rows) for ranker in weights.rankers], axis=0)
    return log_softmax(scores.astype(np.float32))


def finished(query: Query, vector: Vector, weights: Weights) -> Query:
    """The query with DISTINCT where such questions mostly ask for it."""
    plain = not query.group and query.other is None and not query.limit
    plain = plain and all(not term.aggregate for term in query.select)
    score = float(vector.weights @ weights.distinct[vector.places]) + float(weights.distinct[-1])
    return replace(query, distinct=True) if plain and score > 0 else query
