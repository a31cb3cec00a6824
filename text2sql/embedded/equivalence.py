"""When two queries say the same, as far as can be told without running them: the targets that the ranker learns."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeAlias

from text2sql.embedded.catalog import Catalog
from text2sql.embedded.query import STAR, Condition, Query, Term
from text2sql.embedded.writing import tables_of

Form: TypeAlias = Hashable


def form(query: Query, catalog: Catalog, *, distinct: bool) -> Form:
    """Equal for queries that differ only in the order of columns or conditions, in the side of a join that a key is
    taken from, or in the key that stands for a selected row in GROUP BY; without ``distinct`` also in DISTINCT."""
    tables = tables_of(query, catalog)
    reached = frozenset(tables) | {edge.other for edge in catalog.join(tables) or ()}
    plain = {term.column for term in query.select if not term.aggregate and term.column != STAR}
    return (
        tuple(sorted(map(str, (_term(term, catalog, distinct) for term in query.select)))),
        frozenset(_condition(c, catalog, distinct) for c in query.where),
        frozenset(_group(column, plain, catalog) for column in query.group),
        frozenset(_condition(c, catalog, distinct) for c in query.having),
        tuple((_term(term, catalog, distinct), down) for term, down in query.order),
        query.limit.text if query.limit else "",
        reached,
        query.compound,
        form(query.other, catalog, distinct=distinct) if query.other else None,
    )


def _term(term: Term, catalog: Catalog, distinct: bool) -> Form:
    if term.aggregate == "count" and not (term.distinct and distinct):
        return "count", ""
    column = term.column if term.column == STAR else catalog.roots[term.column]
    second = term.second if term.second == STAR else catalog.roots[term.second]
    return term.aggregate, column, term.distinct and distinct, term.operator, second


def _group(column: int, selected: set[int], catalog: Catalog) -> Form:
    key = catalog.primary[column] or catalog.foreign[column]
    root = catalog.roots[column]
    owners = {catalog.owner[column], *(catalog.owner[c] for c, r in enumerate(catalog.roots) if r == root)}
    if column in selected or (key and any(catalog.owner[c] in owners for c in selected)):
        return "selected"
    return root


def _condition(condition: Condition, catalog: Catalog, distinct: bool) -> Form:
    right = condition.right
    if isinstance(right, Query):
        value: Form = form(right, catalog, distinct=distinct)
    elif isinstance(right, Term):
        value = _term(right, catalog, distinct)
    else:
        value = tuple(item.text.lower() for item in right)
    # "more than 2" and "at least 3" are the same of a count.
    return _term(condition.term, catalog, distinct), condition.operator, value, condition.either
