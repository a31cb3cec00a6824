"""Sketches written by hand, as products of clauses, so that common ones are known that no example showed."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

from text2sql.embedded.query import Query
from text2sql.embedded.reading import sketch_of

_PLAIN = ("a", "a, b", "a, b, c", "*")
_COUNTED = ("count(*)", "count(DISTINCT a)", "avg(a)", "sum(a)", "max(a)", "min(a)", "avg(a), max(a)",
            "max(a), min(a)", "avg(a), max(a), min(a)", "avg(a), avg(b)", "a, max(b)", "a, min(b)")  # fmt: skip
_WHERES = ("", "d = 'x'", "d = 1", "d > 1", "d < 1", "d >= 1", "d <= 1", "d != 'x'", "d LIKE '%x%'",
           "d BETWEEN 1 AND 2", "d = 'x' AND e = 'x'", "d = 'x' AND e > 1", "d = 'x' OR d = 'x'", "d = 'x' AND e = 1",
           "d > 'x'", "d < 'x'", "d = 'x' AND e < 1", "d > 1 OR e > 1", "d IS NULL")  # fmt: skip
_ORDERS = ("", "ORDER BY f", "ORDER BY f DESC", "ORDER BY f DESC LIMIT 1", "ORDER BY f LIMIT 1",
           "ORDER BY f DESC LIMIT 3", "ORDER BY f LIMIT 3", "ORDER BY a", "ORDER BY a DESC")  # fmt: skip
_GROUPED = ("a, count(*)", "count(*), a", "a, avg(b)", "avg(b), a", "a, sum(b)", "a, max(b)", "a, min(b)",
            "a, max(b), min(b)", "a, count(DISTINCT b)", "a, b, count(*)")  # fmt: skip
_GROUP_TAILS = ("", "ORDER BY count(*) DESC", "ORDER BY count(*)", "ORDER BY count(*) DESC LIMIT 1",
                "ORDER BY count(*) LIMIT 1", "HAVING count(*) > 1", "HAVING count(*) >= 2")  # fmt: skip
_RANKED_TAILS = ("ORDER BY count(*) DESC LIMIT 1", "ORDER BY count(*) LIMIT 1", "ORDER BY count(*) DESC LIMIT 3",
                 "HAVING count(*) > 1", "HAVING count(*) >= 1", "HAVING count(*) < 1", "HAVING count(*) <= 1",
                 "HAVING count(*) = 1", "ORDER BY count(*) DESC", "ORDER BY avg(f) DESC LIMIT 1",
                 "ORDER BY sum(f) DESC LIMIT 1", "ORDER BY avg(f) LIMIT 1", "HAVING avg(f) > 1")  # fmt: skip
_PAIRS = (("d = 'x'", "d = 'x'"), ("d > 1", "d < 1"), ("d < 1", "d > 1"), ("d = 'x'", "e = 'x'"))
_SOURCES = ("t", "t JOIN u ON t.i = u.j")


@lru_cache(maxsize=1)
def grammar() -> tuple[Query, ...]:
    """All of them, each once."""
    sqls = [
        f"SELECT {select} FROM t{_where(where)} {order}"
        for select, where, order in product(_PLAIN, _WHERES, _ORDERS)
        if order in ("", *_ORDERS[3:5]) or where in _WHERES[:5]
    ]
    sqls += [f"SELECT {select} FROM t{_where(where)}" for select, where in product(_COUNTED, _WHERES)]
    sqls += [
        _qualified(f"SELECT {select} FROM {source}{_where(where)} GROUP BY a {tail}", source)
        for select, where, tail, source in product(_GROUPED, _WHERES[:4], _GROUP_TAILS, _SOURCES)
    ]
    sqls += [
        _qualified(f"SELECT {select} FROM {source}{_where(where)} GROUP BY a {tail}", source)
        for select, where, tail, source in product(("a", "a, b"), _WHERES[:4], _RANKED_TAILS, _SOURCES)
    ]
    sqls += list(_nested())
    found = [read.sketch for sql in sqls if (read := sketch_of(sql)) is not None]
    return tuple(dict.fromkeys(found))


def _where(where: str) -> str:
    return f" WHERE {where}" if where else ""


def _qualified(sql: str, source: str) -> str:
    """The columns of a joined source given to its first table, so that the second stays an extra one."""
    if source == "t":
        return sql
    words = sql.replace("(", "( ").replace(",", " ,").replace(")", " )").split(" ")
    return " ".join(f"t.{word}" if word in ("a", "b", "d", "e", "f") else word for word in words)


def _nested() -> list[str]:
    inner = ("SELECT j FROM u", "SELECT j FROM u WHERE e = 'x'", "SELECT j FROM u GROUP BY j HAVING count(*) > 1")
    sqls = [
        f"SELECT {select} FROM t WHERE i {operator} ({nested})"
        for select, operator, nested in product(("a", "a, b", "count(*)"), ("IN", "NOT IN"), inner)
    ]
    sqls += [
        f"SELECT {select} FROM t WHERE d {operator} (SELECT {value}(d) FROM t)"
        for select, operator, value in product(("a", "a, b", "count(*)"), ("=", ">", "<"), ("avg", "max", "min"))
    ]
    for word in ("INTERSECT", "UNION", "EXCEPT"):
        sqls += [
            f"SELECT {select} FROM t WHERE {first} {word} SELECT {select} FROM t WHERE {second}"
            for select in ("a", "a, b")
            for first, second in _PAIRS
        ]
    sqls += [
        f"SELECT a FROM t EXCEPT SELECT {inner}"
        for inner in ("b FROM u", "t.a FROM t JOIN u ON t.i = u.j", "a FROM t WHERE d = 'x'")
    ]
    return sqls
