"""The normal form of a query: what makes no difference is folded away.

Aliases become tables and what they stand for, names lower case; IN lists and BETWEEN become plain comparisons, NOT goes
to the operators, equal columns of two tables in WHERE become a join. Two queries with one normal form ask the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from text2sql.sql import parsed
from text2sql.terms import NULL, ROWS, Query, Term, negation, of, parts, text, value
from text2sql.types import Schema

Node: TypeAlias = Any  # of sqlglot's trees; what it calls the class of them all differs between versions
Names: TypeAlias = tuple[tuple[str, frozenset[str], frozenset[str]], ...]
"""What of a schema matters here: each table's name, columns and primary key, in lower case."""

_SYMBOLS = {
    "EQ": "=", "NEQ": "<>", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<=", "IS": "=", "NULLSAFEEQ": "=",
    "NULLSAFENEQ": "<>", "ADD": "+", "SUB": "-", "MUL": "*", "DIV": "/", "MOD": "%", "DPIPE": "||",
}  # fmt: skip
_ARITHMETIC = ("add", "sub", "mul", "div", "mod")
_TRUE = value("1")  # as sqlglot writes ON where a JOIN has none
_SMALL = 60  # characters: what is longer is not put in place of its alias, as it could grow from alias to alias
_Outputs: TypeAlias = Mapping[str, Term]  # what the columns of a query stand for, by name


def names(schema: Schema | None) -> Names:
    """What ``normal_form`` needs of a schema; nothing of none."""
    return tuple(
        (
            table.name.lower(),
            frozenset(column.name.lower() for column in table.columns),
            frozenset(name.lower() for name in table.primary_key),
        )
        for table in (schema.tables if schema else ())
    )


@lru_cache(maxsize=1 << 14)
def normal_form(sql: str, known: Names = (), backwards: bool = False) -> Query | None:
    """The normal form; None where sqlglot reads no query, or one too deep to walk through.

    ``known``: the ``names`` of a schema tell which table a bare column is of, and texts in double quotes from columns.
    A table that is read twice is numbered in the order of FROM, or ``backwards``: which is which has no meaning.
    """
    tree = read(sql)
    if tree is None:
        return None
    try:
        return _Reader(known, backwards).query(tree, None)[0]
    except (
        RecursionError,
        ValueError,
        AttributeError,
        IndexError,
        KeyError,
        TypeError,
    ):  # sqlglot's trees may have holes
        return None


@lru_cache(maxsize=1 << 10)  # parsing takes half of the time, and gold is asked for many times
def read(sql: str) -> Node | None:
    """sqlglot's tree of a query, not to be changed; None of what is none.

    Operators may be split, as the official evaluator takes them.
    """
    from sqlglot import exp

    tree = parsed(sql.replace("> =", ">=").replace("< =", "<=").replace("! =", "!="))
    if tree and tree.key == "block" and all(isinstance(part, exp.Semicolon) for part in tree.expressions[1:]):
        tree = tree.expressions[0]  # a comment after the semicolon
    return tree if isinstance(tree, exp.Query) else None


@dataclass
class _Source:
    """One entry of FROM: a table and its columns, where known; or a sub-query and what its columns stand for."""

    name: str
    table: str = ""
    columns: frozenset[str] | None = None
    outputs: _Outputs = field(default_factory=dict)

    def has(self, column: str) -> bool:
        return column in self.outputs or column in (self.columns or ())

    def column(self, name: str, prefix: str = "") -> Term:
        return self.outputs.get(name) or Term("column", name, self.name and prefix + self.name)


@dataclass
class _Scope:
    """What names mean within one SELECT."""

    outer: _Scope | None
    sources: dict[str, _Source] = field(default_factory=dict)
    aliases: dict[str, Node] = field(default_factory=dict)
    never_null: set[Term] = field(default_factory=set)


class _Reader:
    """Reads one tree; common table expressions are known from where they are defined."""

    def __init__(self, known: Names, backwards: bool) -> None:
        self._columns = {name: columns for name, columns, _ in known}
        self._keys = {name: key for name, _, key in known}
        self._backwards = backwards
        self._ctes: dict[str, Node] = {}

    def query(self, node: Node, outer: _Scope | None) -> tuple[Query, _Outputs]:
        from sqlglot import exp

        while isinstance(node, exp.Subquery | exp.Paren):
            node = node.this
        for cte in (node.args.get("with_") or node.args.get("with") or exp.With()).expressions:
            self._ctes[cte.alias.lower()] = cte.this
        return self._set(node, outer) if isinstance(node, exp.SetOperation) else self._select(node, outer)

    def _set(self, node: Node, outer: _Scope | None) -> tuple[Query, _Outputs]:
        (left, outputs), (right, _) = self.query(node.this, outer), self.query(node.expression, outer)
        distinct = node.args.get("distinct") is not False
        if distinct:
            left, right = _as_set(left), _as_set(right)
        scope = _Scope(outer, {"": _Source("", outputs=outputs)})
        order, limit = self._order(node, scope, left.select), self._limit(node, scope)
        return Query(node.key.upper(), (left, right), distinct, order=order, limit=limit), outputs

    def _select(self, node: Node, outer: _Scope | None) -> tuple[Query, _Outputs]:
        from sqlglot import exp

        scope = _Scope(outer, aliases={e.alias.lower(): e.this for e in node.expressions if isinstance(e, exp.Alias)})
        tables, derived, joins, conditions = self._from(node, scope)
        where: list[Term] = []
        for condition in conditions:
            for term in parts("AND", self._term(condition, scope)):
                (joins if _are_columns(term) else where).append(term)
        for term in self._conditions(node, "where", scope):
            (joins if _is_join(term, scope) else where).append(term)
        if any(term.op == "OUTER" for term in joins):
            scope.never_null.clear()
        else:
            scope.never_null |= {column for term in joins if term.op == "=" for column in term.args}
        select = tuple(self._term(e, scope, "SELECT") for e in node.expressions)
        group = (node.args.get("group") or exp.Group()).expressions
        query = Query(
            distinct=bool(node.args.get("distinct")),
            select=select,
            tables=tuple(sorted(tables)),
            derived=tuple(derived),
            joins=tuple(dict.fromkeys(joins)),
            where=tuple(dict.fromkeys(term for term in where if term != _TRUE)),
            group=self._determining([self._by(e, scope, select, "GROUP BY") for e in group], scope, joins),
            having=self._conditions(node, "having", scope),
            order=self._order(node, scope, select),
            limit=self._limit(node, scope),
        )
        if derived and query == Query(select=(ROWS,), derived=query.derived[:1]):
            (source,) = scope.sources.values()
            return query.derived[0].query or query, source.outputs  # all of a query is that query
        outputs = {
            e.alias_or_name.lower(): term
            for e, term in zip(node.expressions, select, strict=True)
            if term.name != "*" and len(text(term)) <= _SMALL
        }
        return query, outputs

    def _determining(self, group: Sequence[Term], scope: _Scope, joins: Sequence[Term]) -> tuple[Term, ...]:
        """The columns of GROUP BY without those that a primary key among them, or a column equal to it, determines."""
        equal = {*group, *(c for join in joins if {*join.args} & {*group} for c in join.args)}
        determined = {
            source.name: keys
            for source in scope.sources.values()
            if (keys := {source.column(name) for name in self._keys.get(source.table, ())}) and keys <= equal
        }
        return tuple(c for c in group if c in determined.get(c.table, {c}) or c.op != "column")

    def _from(self, node: Node, scope: _Scope) -> tuple[list[str], list[Term], list[Term], list[Node]]:
        """Tables, sub-queries, joins, and the conditions of ON; the scope learns its sources."""
        from sqlglot import exp

        found = list(_sources([node.args.get("from_") or node.args.get("from"), *(node.args.get("joins") or ())]))
        bodies = {
            # A common table expression is read where it is first used; used again, it is as good as a table.
            place: body
            for place, (source, _) in enumerate(found)
            if (body := source if isinstance(source, exp.Subquery) else self._ctes.pop(source.name.lower(), None))
        }
        tables = {place: source.name.lower() for place, (source, _) in enumerate(found) if place not in bodies}
        instances = _numbered(tables, self._backwards)
        derived: list[Term] = []
        joins: list[Term] = []
        conditions: list[Node] = []
        for place, (source, join) in enumerate(found):
            if place in bodies:
                query, outputs = self.query(bodies[place], scope.outer)
                derived.append(Term("query", query=query))
                new = _Source("", outputs=outputs)
            else:
                new = _Source(instances[place], tables[place], self._columns.get(tables[place]))
                scope.never_null |= {new.column(name) for name in self._keys.get(tables[place], ())}
            if join:
                if join.side:
                    joins.append(Term("OUTER", f"{join.side} JOIN {new.name or source.alias}"))
                if join.args.get("on"):
                    conditions.append(join.args["on"])
                joins += self._shared(join, new, list(scope.sources.values()))
            scope.sources[source.alias_or_name.lower() or f" {place}"] = new
        return list(tables.values()), derived, joins, conditions

    def _shared(self, join: Node, new: _Source, earlier: Sequence[_Source]) -> list[Term]:
        """The equal columns of USING and of NATURAL JOIN."""
        shared = [column.name.lower() for column in join.args.get("using") or ()]
        if join.method == "NATURAL":
            shared = sorted(name for name in new.columns or () if any(old.has(name) for old in earlier))
        owners = {name: next((old for old in earlier if old.has(name)), earlier[-1]) for name in shared}
        return [of("=", old.column(name), new.column(name)) for name, old in owners.items()]

    def _conditions(self, node: Node, clause: str, scope: _Scope) -> tuple[Term, ...]:
        found = node.args.get(clause)
        return parts("AND", self._term(found.this, scope, clause.upper())) if found else ()

    def _order(self, node: Node, scope: _Scope, select: Sequence[Term]) -> tuple[Term, ...]:
        return tuple(
            of("DESC" if e.args.get("desc") else "ASC", self._by(e.this, scope, select, "ORDER BY"))
            for e in (node.args["order"].expressions if node.args.get("order") else ())
        )

    def _by(self, node: Node, scope: _Scope, select: Sequence[Term], clause: str) -> Term:
        """A term of ORDER BY or GROUP BY; a number is that column of the result."""
        term = self._term(node, scope, clause)
        place = int(term.name) if term.op == "value" and term.name.isdecimal() else 0
        return select[place - 1] if 0 < place <= len(select) else term

    def _limit(self, node: Node, scope: _Scope) -> str:
        limit, offset = (
            text(self._term(node.args[name].expression, scope)) if node.args.get(name) else ""
            for name in ("limit", "offset")
        )
        return f"{limit} OFFSET {offset}" if offset and offset != "0" else limit

    def _term(self, node: Node, scope: _Scope, clause: str = "") -> Term:
        """Any expression; ``clause`` says where it stands, as the names of SELECT hold in some clauses only."""
        from sqlglot import exp

        if isinstance(node, exp.Column):
            return self._column(node, scope, clause)
        if isinstance(node, exp.Literal):
            # In arithmetic 2.0 is not 2: it divides otherwise.
            return Term("value", node.this) if node.parent and node.parent.key in _ARITHMETIC else value(node.this)
        if isinstance(node, exp.Alias | exp.Paren):
            return self._term(node.this, scope, clause)
        if isinstance(node, exp.Query):
            return Term("query", query=self.query(node, scope)[0])
        if isinstance(node, exp.And | exp.Or):
            return of(node.key.upper(), *(self._term(part, scope, clause) for part in node.flatten()))
        own = list(node.iter_expressions())
        args = [self._term(part, scope, clause) for part in own]
        if isinstance(node, exp.Predicate) and not self._columns:
            # What stands in double quotes on the right of a comparison is hardly ever a column.
            args[1:] = [value(e.name) if _is_quoted(e) else arg for e, arg in zip(own[1:], args[1:], strict=True)]
        if isinstance(node, exp.Count) and (not args or args[0].op == "value" or args[0] in scope.never_null):
            args = [ROWS]  # counting what is never NULL is counting rows
        if isinstance(node, exp.Count) and len(scope.sources) == 1 and args[0].op == "DISTINCT":
            (source,) = scope.sources.values()
            key = {source.column(name) for name in self._keys.get(source.table, ())}
            args = [ROWS] if {*args[0].args} >= key and key else args
        return _operation(node, args)

    def _column(self, node: Node, scope: _Scope, clause: str) -> Term:
        from sqlglot import exp

        name, table = node.name.lower(), node.table.lower()
        if isinstance(node.this, exp.Star):
            own = scope.sources.get(table)
            return Term("column", "*", own.name if own and len(scope.sources) > 1 else "")
        # In SELECT and ON a name is a column, in ORDER BY first of all one of SELECT, elsewhere where no table has it.
        alias = scope.aliases.get(name) if clause not in ("", "SELECT") and not table else None
        if alias and clause == "ORDER BY":
            return self._term(alias, scope)
        level, prefix = scope, ""
        while level:
            sources = list(level.sources.values())
            if table:
                owners = [level.sources[table]] if table in level.sources else []
            else:
                owners = [source for source in sources if source.has(name)]
                only_one = len(sources) == 1 and sources[0].name and sources[0].columns is None
                owners = sources if only_one and not alias else owners
            if owners:
                return owners[0].column(name, prefix) if len(owners) == 1 else Term("column", name)
            if not level.outer:
                break
            level, prefix = level.outer, "outer "
        if alias:
            return self._term(alias, scope)
        if self._columns and _is_quoted(node):
            return value(node.name)  # as SQLite reads a name that nothing has
        return Term("column", name, table)


def _sources(steps: Sequence[Node | None]) -> Iterator[tuple[Node, Node | None]]:
    """Tables and sub-queries of FROM, each with the join that brings it in."""
    from sqlglot import exp

    for step in filter(None, steps):
        source = step.this
        while isinstance(source, exp.Subquery | exp.Paren) and isinstance(source.this, exp.Table):  # FROM (a JOIN b)
            source = source.this
        yield source, step if isinstance(step, exp.Join) else None
        if isinstance(source, exp.Table):
            yield from _sources(source.args.get("joins") or ())


def _numbered(tables: Mapping[int, str], backwards: bool) -> dict[int, str]:
    """``t``, ``t#2``: names of their own for tables that are read more than once."""
    seen: Counter[str] = Counter()
    instances = {}
    for place in sorted(tables, reverse=backwards):
        seen[tables[place]] += 1
        instances[place] = tables[place] + (f"#{seen[tables[place]]}" if seen[tables[place]] > 1 else "")
    return instances


def _operation(node: Node, args: list[Term]) -> Term:
    """An operator or function on its arguments."""
    from sqlglot import exp

    if isinstance(node, exp.Star):
        return ROWS
    if isinstance(node, exp.Null):
        return NULL
    if isinstance(node, exp.Boolean):
        return value(str(int(node.this)))
    if isinstance(node, exp.Not):
        return negation(args[0])
    if isinstance(node, exp.Neg) and args[0].op == "value":
        return value(f"-{args[0].name}")
    if isinstance(node, exp.Is) and args[1] == NULL:
        return of("IS NULL", args[0])
    if isinstance(node, exp.Between):
        return of("AND", of(">=", args[0], args[1]), of("<=", args[0], args[2]))
    if isinstance(node, exp.In) and args[1].query:
        return of("IN", args[0], Term("query", query=_as_set(args[1].query)))
    if isinstance(node, exp.In):
        return of("OR", *(of("=", args[0], arg) for arg in args[1:]))
    if isinstance(node, exp.Like) and args[1].op == "value":
        args[1] = value(args[1].name.lower())  # it takes a for A
    if isinstance(node, exp.Like):
        return of("NOT LIKE" if node.args.get("negate") else "LIKE", *args)
    if isinstance(node, exp.Min | exp.Max) and args[0].op == "DISTINCT":
        return of(node.key.upper(), *args[0].args)
    if isinstance(node, exp.DataType):
        return Term("TYPE", node.sql())
    if node.key.upper() in _SYMBOLS:
        return of(_SYMBOLS[node.key.upper()], *args)
    if isinstance(node, exp.Anonymous):
        return of(node.name.upper(), *args)
    if isinstance(node, exp.Func):
        return of(node.sql_name(), *args)
    return of(node.key.upper(), *args) if args else Term(node.key.upper(), node.name)


def _is_quoted(node: Node) -> bool:
    return node.key == "column" and bool(node.this.args.get("quoted")) and not node.table


def _are_columns(term: Term) -> bool:
    """Whether a condition says that columns are equal, these or those."""
    if term.op == "OR":
        return all(map(_are_columns, term.args))
    return term.op == "=" and all(arg.op == "column" for arg in term.args)


def _is_join(term: Term, scope: _Scope) -> bool:
    """Whether a condition of WHERE says that columns of two tables are equal."""
    own = {source.name for source in scope.sources.values()}
    return term.op == "=" and _are_columns(term) and len({arg.table for arg in term.args} & own) == 2


def _as_set(query: Query) -> Query:
    """A query of which only the set of rows matters."""
    return query if query.limit else query._replace(order=(), distinct=bool(query.operator))
