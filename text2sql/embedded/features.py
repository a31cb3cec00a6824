"""A whole candidate as a row of numbers for the ranker: its scores so far, and what of the question it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from text2sql.embedded.filling import Filled
from text2sql.embedded.proposing import SKETCH_FEATURES, Proposal
from text2sql.embedded.query import STAR, Use, scopes, uses
from text2sql.embedded.question import QuestionView
from text2sql.embedded.sketches import slots_of
from text2sql.embedded.writing import tables_of
from text2sql.linking import Link
from text2sql.vocabulary import STOP_WORDS

Floats = npt.NDArray[np.float32]

_GROUPS = ("select", "where", "group", "having", "order", "inner", "outer")
_SCORES = (
    "sketch", "slots", "least slot", "mean slot", "joins", "tables", "values", "missing values", "rank",
    "behind sketch", "behind all", "slot count",
)  # fmt: skip
_COVERED = (
    "spans", "missed spans", "unmentioned columns", "missed tables", "tables", "idle tables", "missed quoted",
    "missed numbers", "missed dates", "missed names", "missed samples", "words", "missed words", "joined",
    "unmentioned owners", "tables between",
)  # fmt: skip
_SHAPES = (
    "inversions", "selected", "aggregates", "selected condition", "late selection", "keys", "references",
    "text in order", "spare values", "values", "spare slots", "doubled mentions", "selected tables", "descending",
    "grouped own", "grouped key", "length", "keys compared",
)  # fmt: skip
_NAMES = (
    *(f"score: {name}" for name in _SCORES),
    *(f"cover: {name}" for name in _COVERED),
    *(f"{role}: {what}" for role in _GROUPS for what in ("least", "mentioned", "count")),
    *(f"shape: {name}" for name in _SHAPES),
)
FEATURES = SKETCH_FEATURES + len(_NAMES)
# Weights set by hand, for where there are too few examples to learn them all.
_BY_HAND: Mapping[str, float] = {
    "score: sketch": 0.7, "score: slots": 1.0, "score: joins": -1.0, "score: tables": 0.5, "score: values": 0.5,
    "score: missing values": -1.5, "cover: spans": 2.0, "cover: missed spans": -0.7, "cover: unmentioned columns": -0.7,
    "cover: missed tables": -1.0, "cover: tables": 1.0, "cover: idle tables": -0.7, "cover: missed quoted": -2.0,
    "cover: missed numbers": -1.0, "cover: missed dates": -1.0, "cover: missed names": -1.0,
    "cover: missed samples": -0.7, "cover: words": 3.0, "cover: missed words": -0.2, "cover: tables between": -0.3,
    "shape: inversions": -0.3, "shape: selected condition": -1.0,
}  # fmt: skip


def by_hand() -> Floats:
    """A weight for every feature, set by hand."""
    return np.array([*([0.0] * SKETCH_FEATURES), *(_BY_HAND.get(name, 0.0) for name in _NAMES)], np.float32)


@dataclass(frozen=True)
class Aspects:
    """What all candidates of a question share: its content words, its mentions of items and values."""

    view: QuestionView
    content: frozenset[int]
    whole: tuple[Link, ...]
    named_tables: tuple[Link, ...]
    values: tuple[tuple[str, Link], ...]
    column_numbers: tuple[int, ...]


def aspects(view: QuestionView) -> Aspects:
    """Gather them."""
    links = view.linking.links
    full = [f for f in links if f.kind in ("exact", "stem")]
    linked = {position for f in links for position in range(f.start, f.end)}
    words = view.words
    content = {p for p, word in enumerate(words) if word[0].isalnum() and (word not in STOP_WORDS or p in linked)}
    columns = [f for f in full if f.column]
    longest = [
        f
        for f in columns
        if not any(o.start <= f.start and f.end <= o.end and o.end - o.start > f.end - f.start for o in full)
    ]
    values: list[tuple[str, Link]] = []
    for f in links:
        if f.kind in ("quoted", "number", "date", "name"):
            values.append((f.kind, f))
        elif f.kind == "value" and view.linking.tokens[f.start].text[:1].isupper() and f.start > 0:
            values.append(("sample", f))
    numbers = view.catalog.numbers
    return Aspects(
        view,
        frozenset(content),
        tuple(longest),
        tuple(f for f in full if not f.column),
        tuple(values),
        tuple(numbers[f.table.lower(), f.column.lower()] for f in longest),
    )


def features(candidates: Sequence[tuple[Proposal, Filled]], view: QuestionView, ranks: Sequence[int]) -> Floats:
    """One row a candidate; ``ranks``: the place of each filling among those of its sketch."""
    shared = aspects(view)
    rows = np.zeros((len(candidates), FEATURES), np.float32)
    best_total = max((p.score + f.score for p, f in candidates), default=0.0)
    best_fill: dict[int, float] = {}
    for proposal, filling in candidates:
        key = id(proposal)
        best_fill[key] = max(best_fill.get(key, -1e9), filling.score)
    sketches = {id(proposal): proposal.sketch for proposal, _ in candidates}
    used = {key: uses(sketch) for key, sketch in sketches.items()}
    roles = {key: _grouped(uses) for key, uses in used.items()}
    for row, (proposal, filling), rank in zip(rows, candidates, ranks, strict=True):
        start = SKETCH_FEATURES
        row[:start] = proposal.features
        slots = filling.slot_scores
        row[start : start + 12] = (
            proposal.score,
            sum(slots),
            min(slots, default=0.0),
            sum(slots) / max(1, len(slots)),
            filling.joins,
            filling.table_score,
            filling.value_score,
            filling.missing,
            rank,
            best_fill[id(proposal)] - filling.score,
            best_total - proposal.score - filling.score,
            len(slots),
        )
        start += 12
        row[start : start + 16] = _coverage(filling, shared)
        start += 16
        row[start : start + 3 * len(_GROUPS)] = _by_role(roles[id(proposal)], filling, view)
        start += 3 * len(_GROUPS)
        row[start:] = _shape(proposal, used[id(proposal)], filling, shared)
    return rows


def _coverage(filling: Filled, shared: Aspects) -> tuple[float, ...]:
    view = shared.view
    catalog = view.catalog
    columns = set(filling.columns)
    tables = {table for scope in scopes(filling.query) for table in tables_of(scope, catalog)}
    joined = tables | {
        edge.other for scope in scopes(filling.query) for edge in catalog.join(tables_of(scope, catalog)) or ()
    }
    covered: set[int] = set()
    by_span: dict[tuple[int, int], bool] = {}
    for found, number in zip(shared.whole, shared.column_numbers, strict=True):
        hit = number in columns
        by_span[found.start, found.end] = by_span.get((found.start, found.end), False) or hit
        if hit:
            covered.update(range(found.start, found.end))
    tables_missed = 0
    for found in shared.named_tables:
        if catalog.tables[found.table.lower()] in joined:
            covered.update(range(found.start, found.end))
        elif not by_span.get((found.start, found.end)):
            tables_missed += 1
    parts = 0.0
    for column in columns:
        mention = view.mentions[column]
        if mention is None:
            parts += 1
        else:
            covered.update(range(mention.start, mention.end))
    taken = {position for found in filling.used for position in range(found.start, found.end)}
    covered |= taken
    missed = dict.fromkeys(("quoted", "number", "date", "name", "sample"), 0)
    spans: set[tuple[int, int]] = set()
    for kind, found in shared.values:
        span = range(found.start, found.end)
        if (found.start, found.end) not in spans and covered.isdisjoint(span):
            missed[kind] += 1
        spans.add((found.start, found.end))
    named = {catalog.tables[f.table.lower()] for f in shared.named_tables}
    unmentioned = {catalog.owner[c] for c in columns if view.mentions[c] is None}
    idle = sum(
        t not in named and not any(catalog.owner[c] == t and view.mentions[c] is not None for c in columns)
        for t in tables
    )
    spans_hit = sum(by_span.values())
    return (
        spans_hit / max(1, len(by_span)),
        len(by_span) - spans_hit,
        parts,
        tables_missed,
        len(named & joined) / max(1, len(named)),
        idle,
        missed["quoted"],
        missed["number"],
        missed["date"],
        missed["name"],
        missed["sample"],
        len(covered & shared.content) / max(1, len(shared.content)),
        len(shared.content - covered),
        len(joined),
        len(unmentioned - named),
        len(joined - tables - named),
    )


def _grouped(used: Sequence[Use]) -> list[list[int]]:
    """For each group of roles the slots that have one of them."""
    return [sorted({use.column for use in used if use.role.split(":")[0] == group}) for group in _GROUPS]


def _by_role(roles: Sequence[Sequence[int]], filling: Filled, view: QuestionView) -> list[float]:
    """For each group of roles: the least slot score, the least feature of being mentioned whole, how many."""
    found: list[float] = []
    for slots in roles:
        if slots:
            columns = [filling.columns[slot] for slot in slots]
            found += [min(filling.slot_scores[slot] for slot in slots), min(view.whole[c] for c in columns), len(slots)]
        else:
            found += [0.0, 1.0, 0]
    return found


def _shape(proposal: Proposal, used: Sequence[Use], filling: Filled, shared: Aspects) -> tuple[float, ...]:
    view, query = shared.view, filling.query
    catalog = view.catalog
    selected = [term.column for term in query.select if term.column != STAR]
    starts = [m.start for c in selected if (m := view.mentions[c]) is not None]
    inversions = sum(a > b for i, a in enumerate(starts) for b in starts[i + 1 :])
    wheres = [filling.columns[u.column] for u in used if u.role.startswith("where") and not u.scope]
    late = [m.start for c in wheres if (m := view.mentions[c]) is not None]
    slots = slots_of(proposal.sketch)
    ordered = [filling.columns[u.column] for u in used if u.role.startswith("order")]
    values = sum(kind in ("quoted", "number", "date", "sample") for kind, _ in shared.values)
    spans = len({(f.start, f.end) for f in shared.whole})
    by_mention: dict[tuple[int, int], int] = {}
    for column in dict.fromkeys(filling.columns):
        if (m := view.mentions[column]) is not None:
            by_mention[m.start, m.end] = by_mention.get((m.start, m.end), 0) + 1
    order = [bool(down) for _, down in query.order]
    return (
        inversions,
        len(selected),
        sum(bool(term.aggregate) for term in query.select),
        any(c in selected for c in wheres),
        any(a > b for a in starts for b in late),
        sum(catalog.primary[c] for c in selected),
        sum(catalog.foreign[c] for c in selected),
        any(not view.columns[c, 22] and not view.columns[c, 24] for c in ordered),
        slots.values - values,
        slots.values,
        len(slots.roles) - spans,
        sum(count > 1 for count in by_mention.values()),
        len({catalog.owner[c] for c in selected}),
        bool(order) and order[0],
        any(catalog.owner[c] == catalog.owner[g] for g in query.group for c in selected) if query.group else 0,
        sum(catalog.primary[g] for g in query.group),
        len(view.words) / 20,
        any(catalog.primary[c] or catalog.foreign[c] for c in ordered + wheres),
    )
