"""Filling a sketch's slots: columns by a beam over slot scores and join costs, then tables, then values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from text2sql.embedded.catalog import Catalog
from text2sql.embedded.network import log_softmax
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
    _known: dict[tuple[int, ...], tuple[list[float], list[int]]] = field(default_factory=dict)

    def columns(self, roles: tuple[int, ...]) -> tuple[list[float], list[int]]:
        """For a slot of these roles the log-probability of every column, and the columns, best first."""
        if roles not in self._known:
            logs = log_softmax(self.roles[list(roles)].sum(0))
            self._known[roles] = logs.tolist(), np.argsort(-logs, kind="stable").tolist()
        return self._known[roles]


@dataclass(frozen=True)
class Filled:
    """A sketch with what fills it, and how its parts were scored: columns, joins, extra tables, values."""

    sketch: Query
    columns: tuple[int, ...]
    tables: tuple[int, ...]
    values: tuple[Value, ...]
    used: tuple[Link, ...]
    slot_scores: tuple[float, ...]
    joins: float
    table_score: float
    value_score: float
    missing: int

    @cached_property
    def query(self) -> Query:
        """The query; built when asked for, since most fillings are dropped by their score."""
        return filled(self.sketch, self.columns, self.tables, self.values)

    @cached_property
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


def _extended(states: Sequence[_State], slot: int, slots: Slots, catalog: Catalog, scores: SlotScores) -> list[_State]:
    values, order = scores.columns(slots.roles[slot])
    extended: list[tuple[float, int, int]] = []
    for number, state in enumerate(states):
        taken, cost_of = 0, _NewTables(state, slot, slots, catalog)
        for column in _allowed(order, state, slot, slots, catalog):
            if column in state.columns:
                continue
            cost = cost_of[catalog.owner[column]]
            if cost is None:
                continue
            extended.append((state.total + values[column] - _JOIN_COST * cost, number, column))
            taken += 1
            if taken == _OPTIONS:
                break
    extended.sort(key=lambda item: -item[0])
    return [
        _State((*states[number].columns, column), (*states[number].scores, values[column]), total)
        for total, number, column in extended[:_BEAM]
    ]


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


class _NewTables(dict[int, float | None]):
    """How many more tables the SELECTs of a slot need for a column of some table, at most; None: no join leads there.

    Worked out once a table: a beam asks for the columns of few tables again and again.
    """

    def __init__(self, state: _State, slot: int, slots: Slots, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog
        self._reached = [here for s in slots.scopes[slot] if (here := _reached(state, s, slots, catalog))]

    def __missing__(self, table: int) -> float | None:
        costs = [self._catalog.detour(here, table) for here in self._reached if table not in here]
        worst = None if None in costs else max((float(cost) for cost in costs if cost), default=0.0)
        self[table] = worst
        return worst


def _reached(state: _State, scope: int, slots: Slots, catalog: Catalog) -> frozenset[int]:
    """The tables of the columns that one SELECT has so far."""
    return frozenset(
        catalog.owner[column] for column, places in zip(state.columns, slots.scopes, strict=False) if scope in places
    )


def _extra_tables(
    state: _State, slots: Slots, catalog: Catalog, scores: SlotScores
) -> list[tuple[tuple[int, ...], float]]:
    """Choices of tables for the sketch's extra slots."""
    choices: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    for scope in slots.extras:
        here = _reached(state, scope, slots, catalog)
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
    filling = (sketch, state.columns, tables, tuple(values), tuple(used))
    return Filled(*filling, state.scores, float(joins), table_score, total, missing)


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
