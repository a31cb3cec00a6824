"""The parser's form of a query: columns are numbers, joins are left out (they follow from the tables).

The same classes hold a concrete query (numbers are columns of a catalog) and a sketch (numbers are slots, equal where
the columns are equal; values are blank). What they cannot say (self joins, subqueries in FROM) is not parsed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

STAR = -1
ValueKind: TypeAlias = Literal["number", "text", "pattern", "one"]


@dataclass(frozen=True, slots=True)
class Value:
    """A literal; ``one`` is the 1 of LIMIT 1, which stays in a sketch."""

    kind: ValueKind
    text: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A column or ``*``, maybe aggregated, maybe in arithmetic with a second column."""

    column: int
    aggregate: str = ""
    distinct: bool = False
    operator: str = ""
    second: int = STAR


@dataclass(frozen=True, slots=True)
class Condition:
    """``term operator right``; ``either``: joined by OR to the condition before it."""

    term: Term
    operator: str
    right: tuple[Value, ...] | Term | Query
    either: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT and what it is combined with; ``extras`` are tables of FROM that no column stands for."""

    select: tuple[Term, ...]
    distinct: bool = False
    where: tuple[Condition, ...] = ()
    group: tuple[int, ...] = ()
    having: tuple[Condition, ...] = ()
    order: tuple[tuple[Term, bool], ...] = ()
    limit: Value | None = None
    extras: tuple[int, ...] = ()
    compound: str = ""
    other: Query | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What to put in the place of columns, extra tables and values."""

    column: Callable[[int], int]
    table: Callable[[int], int]
    value: Callable[[Value], Value]

    def query(self, query: Query) -> Query:
        """The query changed, in the order select, where, group, having, order, limit, extras, other."""
        return Query(
            select=tuple(self._term(term) for term in query.select),
            distinct=query.distinct,
            where=tuple(self._condition(condition) for condition in query.where),
            group=tuple(self.column(column) for column in query.group),
            having=tuple(self._condition(condition) for condition in query.having),
            order=tuple((self._term(term), descending) for term, descending in query.order),
            limit=None if query.limit is None else self._limit(query.limit),
            extras=tuple(sorted(self.table(table) for table in query.extras)),
            compound=query.compound,
            other=None if query.other is None else self.query(query.other),
        )

    def _term(self, term: Term) -> Term:
        column = term.column if term.column == STAR else self.column(term.column)
        second = term.second if term.second == STAR else self.column(term.second)
        return Term(column, term.aggregate, term.distinct, term.operator, second)

    def _condition(self, condition: Condition) -> Condition:
        term, right = self._term(condition.term), condition.right
        changed: tuple[Value, ...] | Term | Query
        if isinstance(right, Query):
            changed = self.query(right)
        elif isinstance(right, Term):
            changed = self._term(right)
        else:
            changed = tuple(self.value(value) for value in right)
        return Condition(term, condition.operator, changed, condition.either)

    def _limit(self, limit: Value) -> Value:
        return limit if limit.kind == "one" else self.value(limit)


@dataclass(frozen=True, slots=True)
class Sketched:
    """A query cut into its sketch and what filled it: columns by slot, tables by slot, values in order."""

    sketch: Query
    columns: tuple[int, ...]
    tables: tuple[int, ...]
    values: tuple[Value, ...]


def sketched(query: Query) -> Sketched:
    """The sketch of a query. DISTINCT of the select list is dropped: it is decided apart."""
    columns: dict[int, int] = {}
    tables: dict[int, int] = {}
    values: list[Value] = []

    def blank(value: Value) -> Value:
        values.append(value)
        return Value(value.kind)

    change = Change(
        lambda column: columns.setdefault(column, len(columns)),
        lambda table: tables.setdefault(table, len(tables)),
        blank,
    )
    return Sketched(without_distinct(change.query(query)), tuple(columns), tuple(tables), tuple(values))


def without_distinct(query: Query) -> Query:
    """The query with no DISTINCT in its select lists."""
    other = None if query.other is None else without_distinct(query.other)
    return replace(query, distinct=False, other=other)


def filled(sketch: Query, columns: tuple[int, ...], tables: tuple[int, ...], values: tuple[Value, ...]) -> Query:
    """A sketch with its slots filled; the inverse of ``sketched``."""
    rest = iter(values)
    return Change(columns.__getitem__, tables.__getitem__, lambda value: next(rest)).query(sketch)


# --- walking ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a column stands: its ``scope`` (number of the SELECT), role, and aggregate."""

    column: int
    scope: int
    role: str


def scopes(query: Query) -> Iterator[Query]:
    """Every SELECT: the outermost first, each nested one where its condition stands, then the other side."""
    yield query
    for condition in (*query.where, *query.having):
        if isinstance(condition.right, Query):
            yield from scopes(condition.right)
    if query.other is not None:
        yield from scopes(query.other)


def uses(query: Query) -> list[Use]:
    """Every use of a column, by scope."""
    found: list[Use] = []
    numbers = {id(scope): number for number, scope in enumerate(scopes(query))}
    inner = {id(c.right) for scope in scopes(query) for c in scope.where if isinstance(c.right, Query)}
    for scope in scopes(query):
        number = numbers[id(scope)]
        found += [Use(column, number, role) for column, role in _scope_uses(scope, id(scope) in inner)]
    return found


def _scope_uses(scope: Query, inner: bool) -> Iterator[tuple[int, str]]:
    for term in scope.select:
        role = "inner" if inner and not term.aggregate else "select"
        yield from _term_uses(term, role)
    for condition in scope.where:
        yield from _term_uses(condition.term, _where_role(condition))
        if isinstance(condition.right, Term):
            yield from _term_uses(condition.right, "where:column")
    for column in scope.group:
        yield column, "group"
    for condition in scope.having:
        yield from _term_uses(condition.term, "having")
    for term, descending in scope.order:
        yield from _term_uses(term, "order:desc" if descending else "order:asc")


def _term_uses(term: Term, role: str) -> Iterator[tuple[int, str]]:
    if term.column != STAR:
        kind = {"": "", "min": "extreme", "max": "extreme", "count": "count"}.get(term.aggregate, "sum")
        yield term.column, f"{role}:{kind}" if kind and role == "select" else role if not kind else f"{role}:sum"
    if term.second != STAR:
        yield term.second, role


def _where_role(condition: Condition) -> str:
    if isinstance(condition.right, Query):
        return "outer" if condition.operator in ("in", "not in") else "where:compare"
    if isinstance(condition.right, Term):
        return "where:column"
    if condition.operator in ("=", "!="):
        return f"where:{condition.right[0].kind}" if condition.right else "where:text"
    return {"like": "where:like", "not like": "where:like"}.get(condition.operator, "where:compare")


def values_of(query: Query) -> Iterator[tuple[Condition | None, Value]]:
    """Every value slot in order, with its condition (None: of LIMIT)."""
    for condition in query.where:
        yield from _condition_values(condition)
    for condition in query.having:
        yield from _condition_values(condition)
    if query.limit is not None and query.limit.kind != "one":
        yield None, query.limit
    if query.other is not None:
        yield from values_of(query.other)


def _condition_values(condition: Condition) -> Iterator[tuple[Condition, Value]]:
    if isinstance(condition.right, Query):
        for inner, value in values_of(condition.right):
            yield inner or condition, value
    elif isinstance(condition.right, tuple):
        for value in condition.right:
            yield condition, value
