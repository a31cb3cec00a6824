"""Where LIMIT cuts a tie: a query's rows ranked by its ORDER BY, so that rows which tie are known by their rank."""

from __future__ import annotations

from dataclasses import dataclass

from text2sql.sql import parsed


@dataclass(frozen=True, slots=True)
class Ranking:
    """Two queries whose last column says on which place, from 1, the first row that ties with this one stands.

    Places count behind the OFFSET. ``rows``: all rows, without the LIMIT; ``boundary``: only the last row before
    the LIMIT and the first behind it.
    """

    rows: str
    boundary: str


def ranking(sql: str) -> Ranking | None:
    """The ranking of a query that ends in ORDER BY ... LIMIT.

    None where there is no such LIMIT, or the keys cannot be told: DISTINCT, set operations.
    """
    if "limit" not in sql.lower() or "order" not in sql.lower() or (query := parsed(sql)) is None:
        return None
    from sqlglot import errors, exp

    try:
        order, limit, offset = (query.args.get(name) for name in ("order", "limit", "offset"))
        if not isinstance(query, exp.Select) or order is None or limit is None or query.args.get("distinct"):
            return None
        length, skipped = (_number(part.expression) if part else 0 for part in (limit, offset))
        if length < 1:
            return None
        # A sort key may be the number of a column, or its alias.
        named = {item.alias.lower(): item.this for item in query.selects if isinstance(item, exp.Alias)}
        keys = []
        for ordered in order.expressions:
            key = ordered.this
            if isinstance(key, exp.Literal) and key.is_int:
                key = query.selects[int(key.name) - 1].unalias()
            elif isinstance(key, exp.Column) and not key.table:
                key = named.get(key.name.lower(), key)
            keys.append(exp.Ordered(**{**ordered.args, "this": key.copy()}))
        rank = exp.Window(this=exp.Anonymous(this="RANK"), order=exp.Order(expressions=keys))
        ranked = query.select(exp.Sub(this=rank, expression=exp.Literal.number(skipped)), append=True)
        boundary = ranked.limit(2).offset(skipped + length - 1)
        ranked.set("limit", None)
        ranked.set("offset", None)
        return Ranking(ranked.sql(dialect="sqlite"), boundary.sql(dialect="sqlite"))
    except (errors.SqlglotError, ValueError, IndexError, RecursionError):
        return None


def _number(literal: object) -> int:
    from sqlglot import exp

    if not isinstance(literal, exp.Literal):
        raise ValueError("not a number")
    return int(literal.name)
