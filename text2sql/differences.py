"""Why a query is wrong: how its structure differs from gold's, and what a query is made of.

Two queries are compared in their normal form, clause by clause and sub-query by sub-query; columns that a join makes
equal count as one. Nothing is executed: a difference named here need not change the result on the database at hand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence, Set
from functools import lru_cache, partial
from typing import NamedTuple, TypeAlias

from text2sql.normal_form import Names, Node, names, normal_form, read
from text2sql.sql import one_line
from text2sql.terms import (
    AGGREGATES,
    COMPARISONS,
    Query,
    Term,
    all_queries,
    clauses,
    inner,
    of,
    operator,
    parts,
    query_text,
    text,
)
from text2sql.types import Schema

CLASSES = {
    "wrong_table": "another table is read",
    "wrong_column": "another column or expression is selected, also inside an aggregate; a column is missing or extra",
    "missing_join": "a table that gold reads is not joined",
    "extra_join": "a table is joined that gold does not read",
    "wrong_aggregate": "another aggregate function, or one against none",
    "wrong_condition": "a condition on another column or by another operator, missing or extra; other joins",
    "wrong_value": "the same condition or expression with another literal",
    "wrong_order_or_limit": "ORDER BY or LIMIT differs, is missing or extra",
    "wrong_nesting": "a sub-query against none, a set operation against none or another",
    "wrong_distinct": "DISTINCT is missing or extra, also inside an aggregate; UNION against UNION ALL",
    "wrong_grouping": "GROUP BY or HAVING differs, is missing or extra",
    "unreadable": "one of the two is not a query that sqlglot reads",
    "same_structure": "no difference in structure: the failure lies elsewhere, as in the order of columns",
}
"""The classes of difference of a wrong query to gold, and what each means."""


class Change(NamedTuple):
    """What gold has in one clause and the prediction lacks (``missing``), and the reverse (``extra``), as SQL.

    ``clause``: SELECT, FROM, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT or SET, or SQL where one is unreadable;
    ``kind``: the class. Names are in lower case, aliases replaced; a sub-query's changes are its own.
    """

    clause: str
    kind: str
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    def __str__(self) -> str:
        sides = [f"{sign} {', '.join(side)}" for sign, side in (("-", self.missing), ("+", self.extra)) if side]
        return f"{self.clause}: {'; '.join(sides)}"


def classes(gold: str, predicted: str, schema: Schema | None = None) -> tuple[str, ...]:
    """Every class of difference that applies, in the order of ``CLASSES``; none where the texts are the same.

    ``schema`` tells which table a column without one is of; without it such a column equals any of its name. COUNT of
    a primary key, or of a column of an inner join, is COUNT(*), as neither is ever NULL; of another it is wrong_column.

    >>> classes("SELECT name FROM t WHERE age > 20", "SELECT T1.name FROM t AS T1 WHERE 30 < T1.age")
    ('wrong_value',)
    """
    found = {change.kind for change in changes(gold, predicted, schema)}
    if not found and gold != predicted:
        return ("same_structure",)
    return tuple(name for name in CLASSES if name in found)


def changes(gold: str, predicted: str, schema: Schema | None = None) -> tuple[Change, ...]:
    """What gold has and the prediction lacks, and the reverse, clause by clause; none where the structure is the same.

    >>> [str(change) for change in changes("SELECT name FROM t WHERE age > 20", "SELECT name FROM t WHERE age > 30")]
    ['WHERE: - age > 20; + age > 30']
    """
    return () if gold == predicted else _changes(gold, predicted, names(schema))


@lru_cache(maxsize=1 << 14)
def _changes(gold: str, predicted: str, known: Names) -> tuple[Change, ...]:
    wanted, given = normal_form(gold, known), normal_form(predicted, known)
    try:
        if wanted and given:
            # Which of two readings of one table is the first has no meaning: the one nearer to gold counts.
            others = [normal_form(predicted, known, backwards=True)] if _reads_twice(given) else []
            found = [_compared(wanted, other) for other in (given, *others) if other]
            return tuple(dict.fromkeys(min(found, key=_size)))
    except RecursionError:  # too deep to walk through
        pass
    return (Change("SQL", "unreadable", *((one_line(sql).rstrip("; "),) for sql in (gold, predicted))),)


def _size(found: Iterable[Change]) -> int:
    return sum(len(change.missing) + len(change.extra) for change in found)


def _reads_twice(query: Query) -> bool:
    return any(len(set(part.tables)) < len(part.tables) for part in all_queries(query))


# --- columns that mean the same

_OfColumn: TypeAlias = Callable[[Term], Term]


def _compared(gold: Query, predicted: Query) -> list[Change]:
    """The changes, after columns that are equal by a join of either query have become one."""
    if gold == predicted:
        return []
    queries = [*all_queries(gold), *all_queries(predicted)]
    named = list(dict.fromkeys(column for query in queries for column in _columns(_outside_joins(query))))
    joined = {column for query in queries for column in _columns(query.joins)}
    bare = {column.name for column in {*named, *joined} if not column.table}
    single = len({table for query in queries for table in query.tables} | {column.table for column in named}) == 1

    def plain(column: Term) -> Term:
        return column._replace(table="") if single or column.name in bare else column

    groups: dict[Term, set[Term]] = {}
    for left, right in (map(plain, pair.args) for query in queries for pair in _equalities(query)):
        merged = groups.setdefault(left, {left}) | groups.setdefault(right, {right})
        # Two columns of one table, as the two ends of a flight, stay two where both refer to the same column.
        if len({column.table for column in merged}) == len(merged):
            groups.update(dict.fromkeys(merged, merged))
    # The one that gold names first, outside its joins, stands for all.
    places = {column: place for place, column in reversed(list(enumerate(map(plain, named))))}
    chosen = {column: min(group, key=lambda c: (places.get(c, len(places)), c)) for column, group in groups.items()}

    def known(column: Term) -> Term:
        return chosen.get(plain(column), plain(column))

    return _differences(_mapped(gold, known, plain), _mapped(predicted, known, plain), _NOTHING, _NOTHING)


def _outside_joins(query: Query) -> Iterator[Term]:
    return (term for terms in clauses(query).values() for term in terms)


def _columns(terms: Iterable[Term]) -> Iterator[Term]:
    """The columns of terms, not those of their sub-queries."""
    return (part for term in terms for part in _with_op(term, {"column"}) if part.name != "*")


def _equalities(query: Query) -> Iterator[Term]:
    """Pairs of columns that a query makes equal: by a join, or by what a sub-query selects."""
    if not any(term.op == "OUTER" for term in query.joins):
        yield from (term for term in query.joins if term.op == "=")
    for term in query.where:
        if term.op in ("=", "IN", "NOT IN") and term.args[1].query:
            pair = (term.args[0], *term.args[1].query.select)
            if len(pair) == 2 and all(side.op == "column" and side.name != "*" for side in pair):
                yield Term("=", args=pair)


def _mapped(query: Query, known: _OfColumn, in_joins: _OfColumn) -> Query:
    """The query with other columns in place of its own; joins keep to what they say."""

    def mapped(terms: Iterable[Term]) -> Iterator[Term]:
        return (_replaced(term, known, lambda part: _mapped(part, known, in_joins)) for term in terms)

    return query._replace(
        branches=tuple(_mapped(branch, known, in_joins) for branch in query.branches),
        select=tuple(mapped(query.select)),
        derived=tuple(mapped(query.derived)),
        joins=tuple(_replaced(term, in_joins) for term in query.joins),
        where=tuple(dict.fromkeys(mapped(query.where))),
        group=tuple(mapped(query.group)),
        having=tuple(dict.fromkeys(mapped(query.having))),
        order=tuple(mapped(query.order)),
    )


def _replaced(term: Term, known: _OfColumn, of_query: Callable[[Query], Query] = lambda query: query) -> Term:
    if term.op == "column":
        return term if term.name == "*" else known(term)
    if term.query:
        return term._replace(query=of_query(term.query))
    return of(term.op, *(_replaced(arg, known, of_query) for arg in term.args)) if term.args else term


# --- query against query

_Held: TypeAlias = frozenset[Term]
"""What the sub-queries of one query hold that have no counterpart: what the other has elsewhere, it may have there."""

_NOTHING: _Held = frozenset()


def _differences(gold: Query, predicted: Query, in_gold: _Held, in_predicted: _Held) -> list[Change]:
    if gold == predicted:
        return []
    if gold.operator and predicted.operator:
        return _of_sets(gold, predicted, in_gold, in_predicted)
    found = []
    if gold.operator:
        for main, rest in _mains(gold, predicted):
            other = _part(predicted, main, rest) if gold.operator == "UNION" else predicted
            change = Change("SET", "wrong_nesting", (f"{operator(gold)} {query_text(rest)}",), ())
            found.append([change, *_differences(main, other, in_gold | _held(rest), in_predicted)])
    elif predicted.operator:
        for main, rest in _mains(predicted, gold):
            other = _part(gold, main, rest) if predicted.operator == "UNION" else gold
            change = Change("SET", "wrong_nesting", (), (f"{operator(predicted)} {query_text(rest)}",))
            found.append([change, *_differences(other, main, in_gold, in_predicted | _held(rest))])
    else:
        return _of_selects(gold, predicted, in_gold, in_predicted)
    return min(found, key=_size)


def _mains(query: Query, other: Query) -> Iterator[tuple[Query, Query]]:
    """A branch to compare with another query that has none, and the rest; of branches DISTINCT says nothing."""
    left, right = query.branches
    # Of a longer chain the first: to try each of them takes long.
    one = query.operator == "EXCEPT" or left.operator or right.operator
    for main, rest in [(left, right), (right, left)][: 1 if one else 2]:
        distinct = main.distinct if main.operator or not query.distinct else other.distinct
        yield main._replace(distinct=distinct, order=main.order or query.order, limit=main.limit or query.limit), rest


def _part(query: Query, main: Query, rest: Query) -> Query:
    """What of a query stands against one branch of a UNION: a condition under OR may be one branch's or the other's."""

    held = {*main.where, *rest.where}

    def part(term: Term) -> Term:
        branches = sorted(parts("OR", term), key=lambda branch: branch not in held)
        for ops in (set(), {"value"}):  # with another value, if need be
            known = {_hidden(branch, ops): branch for branch in branches}
            if known.keys() <= {_hidden(other, ops) for other in held}:
                return next((known[own] for other in main.where if (own := _hidden(other, ops)) in known), term)
        return term

    return query._replace(where=tuple(map(part, query.where)))


def _held(query: Query, *, selected: bool = False) -> _Held:
    """All that a query holds, conditions under OR one by one; ``selected``: also what it selects."""
    terms = [term for clause, terms in clauses(query).items() if selected or clause != "SELECT" for term in terms]
    own = {*terms, *(part for term in terms if term.op == "OR" for part in term.args), Term("limit", query.limit)}
    own |= {Term("table", table) for table in query.tables}
    nested = [*query.branches, *(part for terms in clauses(query).values() for term in terms for part in inner(term))]
    return frozenset(own).union(*(_held(part, selected=selected) for part in nested))


def _of_sets(gold: Query, predicted: Query, in_gold: _Held, in_predicted: _Held) -> list[Change]:
    found = []
    if operator(gold) != operator(predicted):
        kind = "wrong_nesting" if gold.operator != predicted.operator else "wrong_distinct"
        found = [Change("SET", kind, (operator(gold),), (operator(predicted),))]

    def branches(one: Query, other: Query) -> list[Change]:
        pairs = zip(gold.branches, (one, other), strict=True)
        return [change for pair in pairs for change in _differences(*pair, in_gold, in_predicted)]

    best = branches(*predicted.branches)
    if best and "EXCEPT" not in (gold.operator, predicted.operator):
        best = min(best, branches(*reversed(predicted.branches)), key=_size)
    return [*found, *best, *_of_order(gold, predicted, in_gold, in_predicted)]


def _of_selects(gold: Query, predicted: Query, in_gold: _Held, in_predicted: _Held) -> list[Change]:
    if bool(gold.group) != bool(predicted.group):
        gold, predicted = _ungrouped(gold), _ungrouped(predicted)
    found: list[Change] = []
    plain: dict[str, tuple[list[Term], list[Term]]] = {}
    for (clause, wanted), given in zip(clauses(gold).items(), clauses(predicted).values(), strict=True):
        if clause == "ORDER BY" or wanted == given:
            continue
        pairs, missing, extra = _paired(filter(inner, wanted), filter(inner, given), [lambda t: t, _outside, _nesting])
        for one, other in pairs:
            for part, its in zip(inner(one), inner(other), strict=True):
                found += _differences(part, its, _NOTHING, _NOTHING)
        missing_here, extra_here = _unshared(
            [*(t for t in wanted if not inner(t)), *(_outside(one) for one, _ in pairs)],
            [*(t for t in given if not inner(t)), *(_outside(other) for _, other in pairs)],
        )
        for term in missing:
            found.append(Change(clause, "wrong_nesting", (text(term),), _instead(term, extra_here)))
            in_gold |= _held(Query(where=(term,)), selected=clause in ("SELECT", "FROM"))
        for term in extra:
            found.append(Change(clause, "wrong_nesting", _instead(term, missing_here), (text(term),)))
            in_predicted |= _held(Query(where=(term,)), selected=clause in ("SELECT", "FROM"))
        plain[clause] = missing_here, extra_here
    if gold.distinct != predicted.distinct:
        found.append(
            Change("SELECT", "wrong_distinct", ("DISTINCT",) * gold.distinct, ("DISTINCT",) * predicted.distinct)
        )
    of_tables, instead_of = _of_tables(gold, predicted, in_gold, in_predicted)
    found += of_tables
    if (gold.tables, len(gold.derived)) == (predicted.tables, len(predicted.derived)):
        found += _of_joins(gold, predicted)

    ours = set(_columns(_outside_joins(gold)))

    def renamed(column: Term) -> Term:
        """Under the right table's name a wrong table's column, where gold has it: it is not wrong once more."""
        other = column._replace(table=instead_of.get(column.table, column.table))
        return other if other in ours else column

    for clause, (missing, extra) in plain.items():
        missing, extra = _unshared(missing, [_replaced(term, renamed) for term in extra], in_gold, in_predicted)
        if clause in ("WHERE", "HAVING"):  # the same with another value may stand in a sub-query
            hidden = _alike(extra, missing, in_gold), _alike(missing, extra, in_predicted)
            missing, extra = [*missing, *hidden[0]], [*extra, *hidden[1]]
        found += _attributed(clause, missing, extra)
    predicted = predicted._replace(order=tuple(_replaced(term, renamed) for term in predicted.order))
    return [*found, *_of_order(gold, predicted, in_gold, in_predicted)]


def _ungrouped(query: Query) -> Query:
    """A query that groups by all that it selects, with DISTINCT instead: that leaves the same rows."""
    aggregates = [part for term in (*query.having, *query.order) for part in _with_op(term, AGGREGATES)]
    same = set(query.group) == set(query.select) and not aggregates
    return query._replace(distinct=True, group=()) if same and query.group else query


def _outside(term: Term) -> Term:
    """The term without what is in its sub-queries."""
    if term.op == "query":
        return Term("query")
    return term._replace(args=tuple(map(_outside, term.args)))


def _nesting(term: Term) -> Hashable:
    """Terms that nest alike may be compared: as many sub-queries, where something is larger or smaller or not."""
    return len(inner(term)), term.op in COMPARISONS - {"=", "<>"}


def _instead(nested: Term, others: list[Term]) -> tuple[str, ...]:
    """What stands in the place of a term with a sub-query, as its text; it is taken from the others."""
    for other in others:
        shared = {*nested.args[:1]} & {*other.args[:1]} if nested.op != "OR" else {*nested.args} & {*other.args}
        if other.op == nested.op and shared:
            others.remove(other)
            if nested.op == "OR":
                others += [part for part in other.args if part not in shared]
            return (text(other),)
    return ()


def _unshared(
    ours: Iterable[Term], theirs: Iterable[Term], in_gold: _Held = _NOTHING, in_predicted: _Held = _NOTHING
) -> tuple[list[Term], list[Term]]:
    """What gold has and the prediction lacks, and the reverse, however often."""
    missing, extra = Counter(ours), Counter(theirs)
    return (
        [term for term in (missing - extra).elements() if term not in in_predicted],
        [term for term in (extra - missing).elements() if term not in in_gold],
    )


def _alike(terms: Iterable[Term], others: Iterable[Term], held: _Held) -> list[Term]:
    """Of what sub-queries hold, what differs from the terms in its values alone; others that do so come first."""
    wanted = Counter(_hidden(term, {"value"}) for term in terms) - Counter(_hidden(term, {"value"}) for term in others)
    found = {_hidden(term, {"value"}): term for term in sorted(held, key=text)} if wanted else {}
    return [found[term] for term in wanted if term in found]


def _paired(
    missing: Iterable[Term], extra: Iterable[Term], keys: Sequence[Callable[[Term], Hashable]]
) -> tuple[list[tuple[Term, Term]], list[Term], list[Term]]:
    """Terms that are alike by the first key, else by the second, and so on; and what is left on either side."""
    pairs, ours, theirs = [], list(missing), list(extra)
    for key in keys:
        alike: defaultdict[Hashable, list[Term]] = defaultdict(list)
        for term in reversed(theirs):
            alike[key(term)].append(term)
        found = [(term, alike[key(term)].pop()) for term in ours if alike[key(term)]]
        pairs += found
        ours = list((Counter(ours) - Counter(one for one, _ in found)).elements())
        theirs = list((Counter(theirs) - Counter(other for _, other in found)).elements())
    return pairs, ours, theirs


def _of_tables(
    gold: Query, predicted: Query, in_gold: _Held, in_predicted: _Held
) -> tuple[list[Change], dict[str, str]]:
    """The changes of tables, and which of gold's stands in the place of each wrong one."""
    ours, theirs = ([Term("table", name) for name in query.tables] for query in (gold, predicted))
    missing, extra = ([term.name for term in side] for side in _unshared(ours, theirs, in_gold, in_predicted))
    none_read = not (gold.tables or gold.derived) or not (predicted.tables or predicted.derived)
    apart = bool(gold.tables and predicted.tables) and not {*gold.tables} & {*predicted.tables}
    swapped = max(len(missing), len(extra)) if none_read else max(min(len(missing), len(extra)), apart)
    found = [
        Change("FROM", "wrong_table", tuple(missing[:swapped]), tuple(extra[:swapped])),
        Change("FROM", "missing_join", tuple(missing[swapped:]), ()),
        Change("FROM", "extra_join", (), tuple(extra[swapped:])),
    ]
    return [change for change in found if change.missing or change.extra], dict(zip(extra, missing, strict=False))


def _of_joins(gold: Query, predicted: Query) -> list[Change]:
    """The changes of how the same tables are joined; what follows from other joins is no change."""
    missing = tuple(text(term) for term in gold.joins if not _follows(term, predicted.joins))
    extra = tuple(text(term) for term in predicted.joins if not _follows(term, gold.joins))
    return [Change("FROM", "wrong_condition", missing, extra)] if missing or extra else []


def _follows(term: Term, joins: Sequence[Term]) -> bool:
    if term in joins or term.op != "=":
        return term in joins
    equal = {term.args[0]}
    for _ in joins:
        equal.update(column for join in joins if join.op == "=" and equal & {*join.args} for column in join.args)
    return term.args[1] in equal


def _of_order(gold: Query, predicted: Query, in_gold: _Held, in_predicted: _Held) -> list[Change]:
    kind = "wrong_order_or_limit"
    found = _attributed("ORDER BY", *_unshared(gold.order, predicted.order, in_gold, in_predicted))
    if gold.order != predicted.order and Counter(gold.order) == Counter(predicted.order):
        found = [Change("ORDER BY", kind, tuple(map(text, gold.order)), tuple(map(text, predicted.order)))]
    ours, theirs = ([Term("limit", query.limit)] if query.limit else [] for query in (gold, predicted))
    missing, extra = (tuple(t.name for t in side) for side in _unshared(ours, theirs, in_gold, in_predicted))
    return [*found, *([Change("LIMIT", kind, missing, extra)] if missing or extra else [])]


# --- term against term


def _attributed(clause: str, missing: Sequence[Term], extra: Sequence[Term]) -> list[Change]:
    """The changes of one clause: like terms are compared part by part, all others are of the clause's own class."""
    if not missing and not extra:
        return []
    _, missing, extra = _paired(missing, extra, [_of_counts])
    alike = [partial(_hidden, ops=hidden) for hidden in _HIDDEN[: None if clause == "SELECT" else 2]]
    pairs, ours, theirs = _paired(missing, extra, alike if clause != "GROUP BY" else [])
    if clause == "SELECT":
        pairs += zip(ours, theirs, strict=False)
        ours, theirs = ours[len(theirs) :], theirs[len(ours) :]
    sides: defaultdict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for one, other in pairs:
        compared = {kind: _unshared(part(one), part(other)) for kind, part in _PARTS.items()}
        differing = {kind: both for kind, both in compared.items() if any(both)}
        if len({*map(len, differing.get("wrong_value", ()))}) == 2:
            del differing["wrong_value"]  # a literal more makes another expression
        if len(differing) < 2:  # the whole says more
            differing = dict.fromkeys(differing or [_OWN[clause]], ([one], [other]))
        for kind, both in differing.items():
            for side, terms in zip(sides[kind], both, strict=True):
                side += map(text, terms)
    for place, terms in enumerate((ours, theirs)):
        for term in terms:
            kind = "wrong_aggregate" if clause == "SELECT" and [*_with_op(term, AGGREGATES)] else _OWN[clause]
            sides[kind][place].append(text(term))
    return [Change(clause, kind, tuple(sides[kind][0]), tuple(sides[kind][1])) for kind in CLASSES if kind in sides]


_OWN = {
    "SELECT": "wrong_column",
    "FROM": "wrong_nesting",
    "WHERE": "wrong_condition",
    "GROUP BY": "wrong_grouping",
    "HAVING": "wrong_grouping",
    "ORDER BY": "wrong_order_or_limit",
}


_PARTS: dict[str, Callable[[Term], Iterator[Term]]] = {
    "wrong_column": lambda term: _with_op(term, {"column"}),
    "wrong_aggregate": lambda term: (Term("function", part.op) for part in _with_op(term, AGGREGATES)),
    "wrong_value": lambda term: _with_op(term, {"value"}),
    "wrong_distinct": lambda term: (Term("function", part.op) for part in _with_op(term, {"DISTINCT"})),
}
"""The parts of a term by the class of their differences."""

_HIDDEN = ({"value", "DISTINCT"}, {"value", "DISTINCT", *AGGREGATES}, {"value", "DISTINCT", "column"})
"""Terms that are the same without these are alike; columns may differ in SELECT alone."""


def _with_op(term: Term, ops: Set[str]) -> Iterator[Term]:
    if term.op in ops:
        yield term
    for arg in term.args:
        yield from _with_op(arg, ops)


def _hidden(term: Term, ops: Set[str]) -> Term:
    """The term without some of its parts; of a function, what it is applied to is left."""
    if term.op in ops:
        return _hidden(term.args[0], ops) if term.args else Term(term.op)
    args = [_hidden(arg, ops) for arg in term.args]
    return term._replace(args=tuple(sorted(args) if term.op in ("AND", "OR") else args))


def _of_counts(term: Term) -> Term:
    """A comparison of a count, in one of two ways to say it: counts are whole, at least 2 is more than 1."""
    if term.op in (">=", "<=") and term.args[0].op == "COUNT" and term.args[1].name.isdecimal():
        number = int(term.args[1].name) + (1 if term.op == "<=" else -1)
        return of(term.op[0], term.args[0], Term("value", str(number)))
    return term


# --- what a query is made of

CONSTRUCTS = {
    "single table": "one table is read, once",
    "join": "tables are joined, by JOIN or by a comma",
    "two or more joins": "three or more tables are joined in one FROM",
    "outer join": "LEFT, RIGHT or FULL JOIN",
    "where": "WHERE",
    "or": "conditions joined by OR",
    "in or not in": "IN, with values or a sub-query",
    "like": "LIKE",
    "between": "BETWEEN",
    "aggregate": "COUNT, SUM, AVG, MIN, MAX, ...",
    "group by": "GROUP BY",
    "having": "HAVING",
    "order by": "ORDER BY",
    "limit": "LIMIT",
    "distinct": "DISTINCT, also inside an aggregate",
    "sub-query": "a query within a query, also by WITH",
    "set operation": "UNION, INTERSECT or EXCEPT",
    "arithmetic": "+, -, *, / or %",
    "unreadable": "not a query that sqlglot reads",
}
"""What a query may use, and what each means: for counting by construct."""


@lru_cache(maxsize=1 << 14)
def constructs(sql: str) -> frozenset[str]:
    """What a query uses, at any depth: keys of ``CONSTRUCTS``, ``unreadable`` alone where it cannot be read.

    >>> sorted(constructs("SELECT max(a) FROM t WHERE b IN (SELECT c FROM u)"))
    ['aggregate', 'in or not in', 'sub-query', 'where']
    """
    tree = read(sql)
    if tree is None:
        return frozenset({"unreadable"})
    from sqlglot import exp

    kinds = {
        "where": exp.Where, "or": exp.Or, "in or not in": exp.In, "like": exp.Like, "between": exp.Between,
        "aggregate": exp.AggFunc, "group by": exp.Group, "having": exp.Having, "order by": exp.Order,
        "limit": exp.Limit, "distinct": exp.Distinct, "set operation": exp.SetOperation,
        "arithmetic": exp.Add | exp.Sub | exp.Mul | exp.Div | exp.Mod,
    }  # fmt: skip
    nodes = list(tree.walk())
    found = {name for name, kind in kinds.items() if any(isinstance(node, kind) for node in nodes)}
    joins = [node.args.get("joins") or () for node in nodes]
    found |= {"join"} if any(joins) else set()
    found |= {"two or more joins"} if any(len(several) > 1 for several in joins) else set()
    found |= {"outer join"} if any(join.side for several in joins for join in several) else set()
    found |= {"single table"} if sum(isinstance(node, exp.Table) for node in nodes) == 1 else set()
    found |= {"sub-query"} if any(isinstance(node, exp.Select) and _is_nested(node) for node in nodes) else set()
    return frozenset(found)


def _is_nested(query: Node) -> bool:
    """Whether a query stands in another, and not as a branch of the outermost."""
    from sqlglot import exp

    outer = query.parent
    while isinstance(outer, exp.SetOperation | exp.Subquery | exp.Paren):
        outer = outer.parent
    return outer is not None
