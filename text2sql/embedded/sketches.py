"""Sketches: their clauses as classes, what each slot is used for, and new ones composed of known clauses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from text2sql.embedded.query import STAR, Condition, Query, Term, scopes, uses, values_of

HEADS = ("whole", "select", "where", "group", "order", "nesting", "slots", "extras")
ROLES = (
    "any", "select", "select:count", "select:sum", "select:extreme", "inner", "outer", "where:text", "where:number",
    "where:like", "where:compare", "where:column", "group", "having", "having:sum", "order:asc", "order:desc",
    "order:asc:sum", "order:desc:sum", "first", "second", "nested",
)  # fmt: skip
_ROLE_NUMBER = {role: number for number, role in enumerate(ROLES)}


@dataclass(frozen=True)
class Slots:
    """What each slot of a sketch is for: its role numbers and the SELECTs that use it; pairs joined by IN."""

    roles: tuple[tuple[int, ...], ...]
    scopes: tuple[tuple[int, ...], ...]
    partners: tuple[int, ...]
    extras: tuple[int, ...]
    values: int
    shape: str


def clauses(sketch: Query) -> tuple[str, ...]:
    """The class of each head but ``whole``, as a readable text.

    >>> clauses(Query(select=(Term(0), Term(STAR, "count")), group=(0,)))
    ('c, count(*)', '', 'c', '', '', '1', '0')
    """
    order = ", ".join(_term(term) + (" desc" if down else "") for term, down in sketch.order)
    limit = "" if sketch.limit is None else f" limit {sketch.limit.kind}"
    nested = [f"{c.operator} ({_shape(c.right)})" for c in sketch.where if isinstance(c.right, Query)]
    other = "" if sketch.other is None else f"{sketch.compound} {_shape(sketch.other)}"
    columns = {use.column for use in uses(sketch)}
    return (
        ", ".join(map(_term, sketch.select)),
        _conditions(sketch.where),
        ", ".join("c" for _ in sketch.group) + (" having " + _conditions(sketch.having) if sketch.having else ""),
        order + limit,
        " ".join([*nested, other]).strip(),
        str(min(6, len(columns))),
        str(sum(len(scope.extras) for scope in scopes(sketch))),
    )


def _term(term: Term) -> str:
    text = "*" if term.column == STAR else "c" + (f" {term.operator} c" if term.operator else "")
    return f"{term.aggregate}({'distinct ' * term.distinct}{text})" if term.aggregate else text


def _conditions(conditions: tuple[Condition, ...]) -> str:
    texts = []
    for condition in conditions:
        right = condition.right
        if isinstance(right, Query | Term):
            kind = "()" if isinstance(right, Query) else "c"
        else:
            kind = "".join(value.kind[0] for value in right)
        texts.append(f"{'or ' * condition.either}{_term(condition.term)} {condition.operator} {kind}")
    return ", ".join(texts)


def _shape(query: Query) -> str:
    parts = [", ".join(map(_term, query.select)), _conditions(query.where), "group " * bool(query.group)]
    return " ".join([*parts, _conditions(query.having), "order " * bool(query.order)]).strip()


@lru_cache(maxsize=1 << 14)
def slots_of(sketch: Query) -> Slots:
    """The slots of a sketch."""
    found = uses(sketch)
    count = 1 + max((use.column for use in found), default=-1)
    roles: list[set[str]] = [{"any"} for _ in range(count)]
    places: list[set[int]] = [set() for _ in range(count)]
    for use in found:
        roles[use.column].add(use.role)
        places[use.column].add(use.scope)
        if use.scope:
            roles[use.column].add("nested")
    plain = [term.column for term in sketch.select if term.column != STAR]
    if len(plain) > 1:
        roles[plain[0]].add("first")
        for column in plain[1:]:
            roles[column].add("second")
    partners = [-1] * count
    extras = []
    for number, scope in enumerate(scopes(sketch)):
        extras += [number] * len(scope.extras)
        for condition in scope.where:
            if isinstance(condition.right, Query) and condition.operator in ("in", "not in"):
                inner = condition.right.select[0].column
                if inner not in (STAR, condition.term.column):
                    partners[inner], partners[condition.term.column] = condition.term.column, inner
    return Slots(
        roles=tuple(tuple(sorted(_ROLE_NUMBER.get(role, 0) for role in names)) for names in roles),
        scopes=tuple(tuple(sorted(numbers)) for numbers in places),
        partners=tuple(partners),
        extras=tuple(extras),
        values=sum(1 for _ in values_of(sketch)),
        shape=" | ".join(clauses(sketch)),
    )
