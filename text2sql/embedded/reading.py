"""SQL into the parser's form of a query, with a schema (numbers are its columns) or without (any numbers)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlglot import errors, exp

from text2sql.embedded.catalog import Catalog
from text2sql.embedded.query import STAR, Condition, Query, Sketched, Term, Value, sketched
from text2sql.sql import parsed

_COMPARISONS: dict[type[exp.Expression], str] = {
    exp.EQ: "=", exp.NEQ: "!=", exp.GT: ">", exp.LT: "<", exp.GTE: ">=", exp.LTE: "<=", exp.Like: "like",
}  # fmt: skip
_AGGREGATES: dict[type[exp.Expression], str] = {
    exp.Count: "count", exp.Sum: "sum", exp.Avg: "avg", exp.Min: "min", exp.Max: "max",
}  # fmt: skip
_ARITHMETIC: dict[type[exp.Expression], str] = {exp.Sub: "-", exp.Add: "+", exp.Mul: "*", exp.Div: "/"}
_COMPOUNDS: dict[type[exp.Expression], str] = {
    exp.Union: "union", exp.Intersect: "intersect", exp.Except: "except",
}  # fmt: skip


class Unreadable(Exception):
    """The SQL says something that the parser's form of a query cannot."""


def read(sql: str, catalog: Catalog | None = None) -> Query | None:
    """The query, or None where this form cannot hold it (self joins, subqueries in FROM, CASE, ...)."""
    tree = parsed(sql)
    try:
        return _Reader(catalog).query(tree) if isinstance(tree, exp.Expression) else None
    except (Unreadable, errors.SqlglotError, ValueError, RecursionError, AttributeError, IndexError):
        return None


@lru_cache(maxsize=1 << 15)
def sketch_of(sql: str) -> Sketched | None:
    """The sketch of an SQL whose schema is not known; its columns and tables are meaningless numbers."""
    query = read(sql)
    return None if query is None else sketched(query)


@dataclass
class _Scope:
    """The tables of one FROM by alias, and which of them its columns have used."""

    tables: dict[str, str]
    joined: Counter[str]
    used: set[str] = field(default_factory=set)
    vague: bool = False


class _Reader:
    def __init__(self, catalog: Catalog | None) -> None:
        self.catalog = catalog
        self.columns: dict[tuple[str, str], int] = {}
        self.tables: dict[str, int] = {}

    def query(self, node: exp.Expression) -> Query:
        while isinstance(node, exp.Subquery | exp.Paren):
            node = node.this
        for kind, name in _COMPOUNDS.items():
            if isinstance(node, kind):
                first, other = self.query(node.this), self.query(node.expression)
                if first.other is not None:
                    raise Unreadable
                if node.args.get("order") or node.args.get("limit"):  # of both sides together
                    raise Unreadable
                every = "" if node.args.get("distinct", True) else " all"
                return replace(first, compound=name + every, other=other)
        if not isinstance(node, exp.Select) or node.args.get("with_"):
            raise Unreadable
        return self._select(node)

    def _select(self, node: exp.Select) -> Query:
        scope = self._scope(node)
        where, group, having = node.args.get("where"), node.args.get("group"), node.args.get("having")
        query = Query(
            select=tuple(self._term(item.unalias(), scope) for item in node.expressions),
            distinct=node.args.get("distinct") is not None,
            where=tuple(self._conditions(where.this, scope)) if where else (),
            group=tuple(self._column(item, scope) for item in group.expressions) if group else (),
            having=tuple(self._conditions(having.this, scope)) if having else (),
            order=self._order(node, scope),
            limit=_limit(node),
        )
        leaves = [t for a, t in scope.tables.items() if t not in scope.used and scope.joined[a] < 2]
        if scope.vague:  # unknown owners of columns: extras are only certain for COUNT(*) of one table
            leaves = []
        extras = tuple(sorted({self._table(table) for table in leaves}))
        return replace(query, extras=extras)

    def _scope(self, node: exp.Select) -> _Scope:
        source = node.args.get("from_") or node.args.get("from")
        if source is None:
            raise Unreadable
        joins = node.args.get("joins") or []
        scope = _Scope({}, Counter())
        for table in (source.this, *(join.this for join in joins)):
            if not isinstance(table, exp.Table) or table.name.lower() in scope.tables.values():
                raise Unreadable
            scope.tables[table.alias_or_name.lower()] = table.name.lower()
        if any(join.side or join.args.get("kind") == "CROSS" for join in joins):
            raise Unreadable
        keys = [on for join in joins if (on := join.args.get("on")) is not None]
        linked = [column for on in keys for column in on.find_all(exp.Column)]
        # A table on the way between two others is named in two keys; a leaf in one.
        for pair in zip(linked[::2], linked[1::2], strict=False):
            scope.joined.update({column.table.lower() for column in pair})
        return scope

    def _table(self, name: str) -> int:
        if self.catalog is None:
            return self.tables.setdefault(name, len(self.tables))
        if name not in self.catalog.tables:
            raise Unreadable
        return self.catalog.tables[name]

    def _column(self, node: exp.Expression, scope: _Scope) -> int:
        if not isinstance(node, exp.Column):
            raise Unreadable
        if isinstance(node.this, exp.Star):
            return STAR
        name, alias = node.name.lower(), node.table.lower()
        if alias and alias not in scope.tables:
            raise Unreadable  # a correlated subquery
        owners = [scope.tables[alias]] if alias else list(scope.tables.values())
        if self.catalog is None:
            owner = owners[0] if len(owners) == 1 else ""
            scope.vague = scope.vague or not owner
            scope.used.add(owner)
            return self.columns.setdefault((owner, name), len(self.columns))
        for owner in owners:
            if (owner, name) in self.catalog.numbers:
                scope.used.add(owner)
                return self.catalog.numbers[owner, name]
        raise Unreadable

    def _term(self, node: exp.Expression, scope: _Scope) -> Term:
        while isinstance(node, exp.Paren):
            node = node.this
        for kind, name in _AGGREGATES.items():
            if isinstance(node, kind):
                distinct = isinstance(node.this, exp.Distinct)
                inner = node.this.expressions[0] if distinct else node.this
                if isinstance(inner, exp.Star):
                    return Term(STAR, name)
                term = self._term(inner, scope)
                if term.aggregate:
                    raise Unreadable
                return Term(term.column, name, distinct, term.operator, term.second)
        for kind, name in _ARITHMETIC.items():
            if isinstance(node, kind):
                return Term(self._column(node.this, scope), "", False, name, self._column(node.expression, scope))
        if isinstance(node, exp.Star):
            return Term(STAR)
        return Term(self._column(node, scope))

    def _order(self, node: exp.Expression, scope: _Scope) -> tuple[tuple[Term, bool], ...]:
        order = node.args.get("order")
        if not order:
            return ()
        return tuple((self._term(item.this, scope), bool(item.args.get("desc"))) for item in order.expressions)

    def _conditions(self, node: exp.Expression, scope: _Scope, either: bool = False) -> Iterator[Condition]:
        if isinstance(node, exp.And | exp.Or):
            yield from self._conditions(node.this, scope, either)
            yield from self._conditions(node.expression, scope, isinstance(node, exp.Or))
        elif isinstance(node, exp.Paren):
            yield from self._conditions(node.this, scope, either)
        else:
            yield self._condition(node, scope, either)

    def _condition(self, node: exp.Expression, scope: _Scope, either: bool) -> Condition:
        negated = isinstance(node, exp.Not)
        inner = node.this if negated else node
        prefix = "not " if negated else ""
        if isinstance(inner, exp.In):
            source = inner.args.get("query")
            if source is None:
                raise Unreadable
            return Condition(self._term(inner.this, scope), prefix + "in", self.query(source), either)
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            return Condition(self._term(inner.this, scope), f"is {prefix}null", (), either)
        if isinstance(inner, exp.Between) and not negated:
            values = (_value(inner.args["low"]), _value(inner.args["high"]))
            return Condition(self._term(inner.this, scope), "between", values, either)
        operator = _COMPARISONS.get(type(inner))
        if operator is None or (negated and operator != "like"):
            raise Unreadable
        return Condition(self._term(inner.this, scope), prefix + operator, self._right(inner, scope), either)

    def _right(self, node: exp.Expression, scope: _Scope) -> tuple[Value, ...] | Term | Query:
        right = node.expression
        if isinstance(right, exp.Subquery):
            return self.query(right)
        if isinstance(right, exp.Column) and (right.table or not right.this.args.get("quoted")):
            return self._term(right, scope)
        value = _value(right)
        return (Value("pattern", value.text) if isinstance(node, exp.Like) else value,)


def _value(node: exp.Expression) -> Value:
    if isinstance(node, exp.Neg):
        return Value("number", "-" + _value(node.this).text)
    if isinstance(node, exp.Literal):
        return Value("text" if node.is_string else "number", str(node.this))
    if isinstance(node, exp.Column) and not node.table:  # a text in double quotes
        return Value("text", node.name)
    raise Unreadable


def _limit(node: exp.Expression) -> Value | None:
    limit = node.args.get("limit")
    if node.args.get("offset"):
        raise Unreadable
    if limit is None:
        return None
    value = _value(limit.expression)
    return Value("one", "1") if value.text == "1" else value
