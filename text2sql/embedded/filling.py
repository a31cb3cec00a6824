"""Filling a sketch's slots: columns by a beam over slot scores and join costs, then tables, then values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from text2sql.embedded.catalog import Catalog
from text2sql.embedded.query import STAR, Condition, Query, Value, filled, values_of
from text2sql.embedded.question import QuestionView
from text2sql.embedded.sketches import Slots, slots_of
from text2sql.linking import Link

Floats = npt.NDArray[np.float32]

_OPTIONS, _BEAM, _TABLES = 7, 10, 3
_JOIN_COST = 1.0
_STARTS, _ENDS = {"start", "starts", "starting", "begin", "begins", "beginning", "prefix"}, {"end", "ends", "ending"}


@dataclass(frozen=True)
class SlotScores:
    """Log-scores of a question's columns by role (roles, columns), and of its tables as
    extras, alone in FROM or joined (2, tables)."""

    roles: Floats
    tables: Floats


@dataclass(frozen=True)
class Filled:
    """A query, and how its parts were scored: columns, joins, extra tables, values."""

    query: Query
    columns: tuple[int, ...]
    tables: tuple[int, ...]
    used: tuple[Link, ...]
    slot_scores: tuple[float, ...]
    joins: float
    table_score: float
    value_score: float
    missing: int

    @property
    def score(self) -> float:
        """All parts together, for pruning."""
        return sum(self.slot_scores) - _JOIN_COST * self.joins + self.table_score + 0.5 * self.value_score


@dataclass(frozen=True)
class _State:
    columns: tuple[int, ...]
    scores: tuple[float, ...]
    total: float


def fill(sketch: Query, view: QuestionView, scores: SlotScores, *, keep: int) -> list[Filled]:
    """The best fillings of a sketch, best first; none where the schema has no room for it."""
    slots, catalog = slots_of(sketch), view.catalog
    states = [_State((), (), 0.0)]
    for slot in range(len(slots.roles)):
        states = _extended(states, slot, slots, catalog, scores)
        if not states:
            return []
    found = []
    for state in states:
        for tables, table_score in _extra_tables(state, slots, catalog, scores):
            joins = _joins(state.columns, tables, slots, catalog)
            if joins is not None:
                found.append(_with_values(sketch, state, tables, table_score, joins, view))
    found.sort(key=lambda candidate: -candidate.score)
    return found[:keep]


def slot_logits(slots: Slots, slot: int, scores: SlotScores) -> Floats:
    """Log-probabilities of the columns for one slot."""
    logits = scores.roles[list(slots.roles[slot])].sum(0)
    shifted = logits - logits.max()
    result: Floats = shifted - np.log(np.exp(shifted).sum())
    return result


def _extended(states: Sequence[_State], slot: int, slots: Slots, catalog: Catalog, scores: SlotScores) -> list[_State]:
    logits = slot_logits(slots, slot, scores)
    order = np.argsort(-logits, kind="stable").tolist()
    values = logits.tolist()
    extended: list[_State] = []
    for state in states:
        taken = 0
        for column in _allowed(order, state, slot, slots, catalog):
            if column in state.columns:
                continue
            cost = _new_tables(state, column, slot, slots, catalog)
            if cost is None:
                continue
            total = state.total + values[column] - _JOIN_COST * cost
            extended.append(_State((*state.columns, column), (*state.scores, values[column]), total))
            taken += 1
            if taken == _OPTIONS:
                break
    extended.sort(key=lambda state: -state.total)
    return extended[:_BEAM]


def _allowed(order: list[int], state: _State, slot: int, slots: Slots, catalog: Catalog) -> Iterator[int]:
    """Columns by score; of two joined by IN the second is a column that a foreign key makes equal to the first."""
    partner = slots.partners[slot]
    if partner < 0:
        yield from order
        return
    roots = catalog.roots
    if partner < slot:
        first = state.columns[partner]
        yield from (c for c in order if roots[c] == roots[first] and catalog.owner[c] != catalog.owner[first])
        return
    yield from (c for c in order if roots.count(roots[c]) > 1)


def _new_tables(state: _State, column: int, slot: int, slots: Slots, catalog: Catalog) -> float | None:
    """How many more tables the SELECTs of this slot need with the column, at most; None: no join leads there."""
    worst = 0.0
    for scope in slots.scopes[slot]:
        here = {catalog.owner[c] for s, c in enumerate(state.columns) if scope in slots.scopes[s]}
        if here and catalog.owner[column] not in here:
            before, after = catalog.join(here), catalog.join({*here, catalog.owner[column]})
            if before is None or after is None:
                return None
            worst = max(worst, float(len(after) - len(before)))
    return worst


def _extra_tables(
    state: _State, slots: Slots, catalog: Catalog, scores: SlotScores
) -> list[tuple[tuple[int, ...], float]]:
    """Choices of tables for the sketch's extra slots."""
    choices: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for scope in slots.extras:
        here = {catalog.owner[c] for s, c in enumerate(state.columns) if scope in slots.scopes[s]}
        covered = here | {edge.other for edge in catalog.join(here) or ()}
        own = scores.tables[int(bool(here))]
        options = [t for t in np.argsort(-own, kind="stable").tolist() if t not in covered]
        joined = [t for t in options if not here or catalog.join({*here, t}) is not None]
        choices = [
            ((*tables, table), score + float(own[table]))
            for tables, score in choices
            for table in [t for t in joined if t not in tables or len(set(slots.extras)) > 1][:_TABLES]
        ]
    return choices


def _joins(columns: Sequence[int], tables: Sequence[int], slots: Slots, catalog: Catalog) -> int | None:
    """The number of joins in all SELECTs; None where a SELECT has no table or cannot be joined."""
    total = 0
    for scope in range(1 + max((s for places in (*slots.scopes, slots.extras) for s in places), default=0)):
        needed = {catalog.owner[c] for s, c in enumerate(columns) if scope in slots.scopes[s]}
        needed |= {table for table, place in zip(tables, slots.extras, strict=True) if place == scope}
        edges = catalog.join(needed)
        if not needed or edges is None:
            return None
        total += len(edges)
    return total


# --- values ---------------------------------------------------------------------------------------------------


def _with_values(
    sketch: Query, state: _State, tables: tuple[int, ...], table_score: float, joins: int, view: QuestionView
) -> Filled:
    values: list[Value] = []
    used: list[Link] = []
    total, missing = 0.0, 0
    for condition, blank in values_of(sketch):
        column = STAR if condition is None or condition.term.column == STAR else state.columns[condition.term.column]
        best, best_score = None, -4.0
        for found in view.values:
            if any(found.start < other.end and other.start < found.end for other in used):
                continue
            score = _fit(found, blank, condition, column, view)
            if score > best_score:
                best, best_score = found, score
        total += best_score
        if best is None:
            missing += 1
            values.append(Value(blank.kind, "1" if blank.kind == "number" else _sample(view.catalog, column, blank)))
        else:
            used.append(best)
            values.append(_value(best, blank, view))
    query = filled(sketch, state.columns, tables, tuple(values))
    return Filled(
        query, state.columns, tables, tuple(used), state.scores, float(joins), table_score, total, missing
    )  # fmt: skip


def _fit(found: Link, blank: Value, condition: Condition | None, column: int, view: QuestionView) -> float:
    """How well a linked value suits a value slot of a column."""
    catalog = view.catalog
    counted = condition is None or condition.term.aggregate == "count" or column == STAR
    if counted:
        return 2.0 - 0.3 * (len(found.value) > 2) - 1.5 * (len(found.value) > 3) if found.kind == "number" else -5.0
    own = (
        found.table.lower() == catalog.schema.tables[catalog.owner[column]].name.lower()
        and found.column.lower() == catalog.columns[column].name.lower()
    )
    if blank.kind == "number":
        score = {"number": 2.0, "date": 0.5}.get(found.kind, -5.0)
        if found.kind == "value" and own and found.value.replace(".", "").isdigit():
            score = 2.5
        year = "year" in catalog.stems[column]
        score += 0.7 * (year == (len(found.value) == 4))
    elif blank.kind == "pattern":
        score = {"quoted": 2.0, "name": 1.0, "value": 0.3, "date": 0.3, "number": 0.0}[found.kind]
    else:
        score = {"quoted": 2.0, "name": 1.0, "value": -0.5, "date": 2.0, "number": -0.8}[found.kind]
        if found.kind == "value" and own:
            text = view.linking.tokens[found.start].text
            score = 2.4 + 0.4 * (found.end - found.start) + 0.4 * text[:1].isupper() + 0.3 * (text == found.value)
    mention = view.mentions[column]
    if mention is not None:
        gap = found.start - mention.end
        score += 0.8 / (1 + gap) if gap >= 0 else 0.3 / (1 - gap)
    return score


def _value(found: Link, blank: Value, view: QuestionView) -> Value:
    if blank.kind != "pattern":
        return Value(blank.kind, found.value)
    before = set(view.words[max(0, found.start - 5) : found.start])
    text = found.value.strip("%")
    if before & _STARTS:
        return Value("pattern", f"{text}%")
    return Value("pattern", f"%{text}" if before & _ENDS else f"%{text}%")


def _sample(catalog: Catalog, column: int, blank: Value) -> str:
    values = catalog.columns[column].values if column != STAR else ()
    return values[0] if values else "%" if blank.kind == "pattern" else ""
