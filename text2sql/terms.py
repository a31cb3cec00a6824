"""SQL as terms: columns, values, operators and functions, their arguments in a fixed order where it has no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Term(NamedTuple):
    """A column, a value, a sub-query (``op`` column, value, query), or an operator or function with its arguments."""

    op: str
    name: str = ""
    table: str = ""
    args: tuple[Term, ...] = ()
    query: Query | None = None


class Query(NamedTuple):
    """A SELECT, or a set operation (``operator``) of two branches; without DISTINCT, UNION is UNION ALL.

    ``tables`` as often as they are read, ``derived``: sub-queries in FROM, ``joins``: equal columns of two tables,
    maybe under OR, and OUTER joins, ``where`` and ``having``: AND-ed conditions, ``order``: terms ASC or DESC,
    ``limit``: as text.
    """

    operator: str = ""
    branches: tuple[Query, ...] = ()
    distinct: bool = False
    select: tuple[Term, ...] = ()
    tables: tuple[str, ...] = ()
    derived: tuple[Term, ...] = ()
    joins: tuple[Term, ...] = ()
    where: tuple[Term, ...] = ()
    group: tuple[Term, ...] = ()
    having: tuple[Term, ...] = ()
    order: tuple[Term, ...] = ()
    limit: str = ""


ROWS = Term("column", "*")
NULL = Term("value", "NULL")
AGGREGATES = frozenset({"COUNT", "SUM", "AVG", "MIN", "MAX", "TOTAL", "GROUP_CONCAT"})
COMPARISONS = frozenset({"=", "<>", ">", ">=", "<", "<="})
_TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_OPPOSITE = {"=": "<>", ">": "<=", "<": ">="} | {op: f"NOT {op}" for op in ("IN", "LIKE", "GLOB", "EXISTS", "IS NULL")}
_NEGATED = _OPPOSITE | {negated: op for op, negated in _OPPOSITE.items()}
_INFIX = COMPARISONS | {"+", "-", "*", "/", "%", "||", "AND", "OR"}
_INFIX |= {op for pair in _NEGATED.items() for op in pair if op.split()[-1] in ("IN", "LIKE", "GLOB")}
_NUMBER = re.compile(r"-?(0|[1-9]\d*|(?=\.\d))(\.\d+)?")


def value(written: str) -> Term:
    """A literal: a number in its shortest form, whether or not it stands in quotes; any other text as it is.

    >>> value("3.50").name, value("007").name
    ('3.5', '007')
    """
    if "." in written and _NUMBER.fullmatch(written):
        written = re.sub(r"^(-?)\.", r"\g<1>0.", written).rstrip("0").rstrip(".")
    return Term("value", written)


def of(op: str, *args: Term) -> Term:
    """An operator or function on arguments.

    AND and OR are flat and hold each condition once. A comparison has a value on its right, a column on its left.
    """
    if op in ("AND", "OR"):
        flat = dict.fromkeys(part for arg in args for part in parts(op, arg))
        return next(iter(flat)) if len(flat) == 1 else Term(op, args=tuple(sorted(flat, key=text)))
    if op in COMPARISONS:
        return _compared(op, *args)
    return Term(op, args=tuple(sorted(args, key=text)) if op in ("+", "*") else args)


def _compared(op: str, left: Term, right: Term) -> Term:
    one, other = ({"value": 2, "query": 1}.get(side.op, 0) for side in (left, right))
    if one > other or (one == other and text(left) > text(right)):
        op, left, right = _TURNED.get(op, op), right, left
    return Term(op, args=(left, right))


def negation(term: Term) -> Term:
    """What holds where a condition does not."""
    if term.op in ("AND", "OR"):
        return of("AND" if term.op == "OR" else "OR", *map(negation, term.args))
    if term.op == "NOT":
        return term.args[0]
    return of(_NEGATED[term.op], *term.args) if term.op in _NEGATED else of("NOT", term)


def parts(op: str, term: Term) -> tuple[Term, ...]:
    """The arguments of AND or OR; a term without it alone."""
    return term.args if term.op == op else (term,)


def inner(term: Term) -> list[Query]:
    """The sub-queries of a term, but not those in them."""
    return [term.query] if term.query else [query for arg in term.args for query in inner(arg)]


def clauses(query: Query) -> dict[str, tuple[Term, ...]]:
    """The terms of a query, by clause; FROM holds its sub-queries alone."""
    return {
        "SELECT": query.select,
        "FROM": query.derived,
        "WHERE": query.where,
        "GROUP BY": query.group,
        "HAVING": query.having,
        "ORDER BY": query.order,
    }


def all_queries(query: Query) -> Iterator[Query]:
    """A query, its branches and its sub-queries, at any depth."""
    yield query
    nested = [part for terms in clauses(query).values() for term in terms for part in inner(term)]
    for part in (*query.branches, *nested):
        yield from all_queries(part)


def text(term: Term) -> str:
    """A term as SQL, for people to read."""
    if term.op == "column":
        return f"{term.table}.{term.name}" if term.table else term.name
    if term.op == "value":
        plain = term == NULL or _NUMBER.fullmatch(term.name)
        return term.name if plain else "'" + term.name.replace("'", "''") + "'"
    if term.op == "query":
        return f"({query_text(term.query)})" if term.query else "(...)"
    args = [f"({text(arg)})" if arg.op in ("AND", "OR") else text(arg) for arg in term.args]
    if term.op in _INFIX and len(args) > 1:
        return f" {term.op} ".join(args)
    if term.op in ("ASC", "DESC", "IS NULL", "NOT IS NULL"):
        return args[0] + {"ASC": "", "NOT IS NULL": " IS NOT NULL"}.get(term.op, f" {term.op}")
    if term.op in ("DISTINCT", "NOT", "EXISTS", "NOT EXISTS"):
        return f"{term.op} {', '.join(args)}"
    return f"{term.op}({', '.join(args)})" if args or not term.name else term.name


def query_text(query: Query) -> str:
    """A query as SQL, for people to read."""
    if query.operator:
        shown = f" {operator(query)} ".join(map(query_text, query.branches))
    else:
        shown = f"SELECT {'DISTINCT ' if query.distinct else ''}{', '.join(map(text, query.select))}"
        sources = [*query.tables, *map(text, query.derived)]
        shown += f" FROM {' JOIN '.join(sources)}" if sources else ""
        equal = [text(term) for term in query.joins if term.args]
        shown += f" ON {' AND '.join(equal)}" if equal else ""
    for clause, terms in clauses(query).items():
        if clause in ("WHERE", "HAVING") and terms:
            shown += f" {clause} {text(of('AND', *terms))}"
        elif clause not in ("SELECT", "FROM") and terms:
            shown += f" {clause} {', '.join(map(text, terms))}"
    return shown + (f" LIMIT {query.limit}" if query.limit else "")


def operator(query: Query) -> str:
    """The set operation as SQL names it."""
    return query.operator if query.distinct else f"{query.operator} ALL"
