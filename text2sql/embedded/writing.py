"""The parser's form of a query as SQL: the joins added, aliases given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from text2sql.embedded.catalog import Catalog, Edge
from text2sql.embedded.query import STAR, Condition, Query, Term, Value, scopes
from text2sql.schema import quote

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def tables_of(scope: Query, catalog: Catalog) -> tuple[int, ...]:
    """The tables that one SELECT needs, those of its columns first; nested SELECTs have their own."""
    terms = [*scope.select, *(c.term for c in (*scope.where, *scope.having)), *(term for term, _ in scope.order)]
    terms += [c.right for c in (*scope.where, *scope.having) if isinstance(c.right, Term)]
    columns = [column for term in terms for column in (term.column, term.second) if column != STAR]
    return tuple(dict.fromkeys([*(catalog.owner[column] for column in (*columns, *scope.group)), *scope.extras]))


def joinable(query: Query, catalog: Catalog) -> bool:
    """Whether every SELECT has a table, and its tables can be joined."""
    needed = [tables_of(scope, catalog) for scope in scopes(query)]
    return all(tables and catalog.join(tables) is not None for tables in needed)


def write(query: Query, catalog: Catalog) -> str:
    """The SQL. The query must be joinable."""
    tables = tables_of(query, catalog)
    edges = catalog.join(tables) or ()
    reached = [edges[0].table, *(edge.other for edge in edges)] if edges else list(tables[:1])
    aliases = {table: f"T{number}" for number, table in enumerate(reached, 1)} if edges else {}
    writer = _Writer(catalog, aliases)
    clauses = [
        "SELECT " + ("DISTINCT " if query.distinct else "") + ", ".join(map(writer.term, query.select)),
        "FROM " + writer.source(reached, edges),
        "WHERE " + writer.conditions(query.where) if query.where else "",
        "GROUP BY " + ", ".join(map(writer.column, query.group)) if query.group else "",
        "HAVING " + writer.conditions(query.having) if query.having else "",
        "ORDER BY " + ", ".join(writer.term(term) + (" DESC" if down else "") for term, down in query.order)
        if query.order
        else "",
        f"LIMIT {_count(query.limit)}" if query.limit else "",
        f"{query.compound.upper()} {write(query.other, catalog)}" if query.other else "",
    ]
    return " ".join(clause for clause in clauses if clause)


@dataclass(frozen=True)
class _Writer:
    catalog: Catalog
    aliases: dict[int, str]

    def column(self, number: int) -> str:
        name = quote(self.catalog.columns[number].name)
        alias = self.aliases.get(self.catalog.owner[number])
        return f"{alias}.{name}" if alias else name

    def term(self, term: Term) -> str:
        text = "*" if term.column == STAR else self.column(term.column)
        if term.operator:
            text += f" {term.operator} {self.column(term.second)}"
        distinct = "DISTINCT " if term.distinct else ""
        return f"{term.aggregate}({distinct}{text})" if term.aggregate else text

    def source(self, reached: Sequence[int], edges: Sequence[Edge]) -> str:
        names = [quote(self.catalog.schema.tables[table].name) for table in reached]
        if not edges:
            return names[0]
        text = f"{names[0]} AS {self.aliases[reached[0]]}"
        for name, edge in zip(names[1:], edges, strict=True):
            on = f"{self.column(edge.column)} = {self.column(edge.other_column)}"
            text += f" JOIN {name} AS {self.aliases[edge.other]} ON {on}"
        return text

    def conditions(self, conditions: Sequence[Condition]) -> str:
        texts = [self._condition(condition) for condition in conditions]
        joined = texts[0]
        for condition, text in zip(conditions[1:], texts[1:], strict=True):
            joined += (" OR " if condition.either else " AND ") + text
        return joined

    def _condition(self, condition: Condition) -> str:
        left, right = self.term(condition.term), condition.right
        operator = condition.operator.upper()
        if isinstance(right, Query):
            return f"{left} {operator} ({write(right, self.catalog)})"
        if isinstance(right, Term):
            return f"{left} {operator} {self.term(right)}"
        return " ".join([left, operator, " AND ".join(map(_literal, right))]).strip()


def _count(limit: Value) -> str:
    return limit.text if limit.text.isascii() and limit.text.isdecimal() else "1"


def _literal(value: Value) -> str:
    if value.kind in ("number", "one") and _NUMBER.fullmatch(value.text):
        return value.text
    return "'" + value.text.replace("'", "''") + "'"
