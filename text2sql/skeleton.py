"""The skeleton of a query: what is left of it when tables, columns and values are taken away.

Defined once, for retrieval, reranking and their measures (EVALUATOR.md of the design calls it so): joins and
aliases are folded away; DISTINCT, aggregates, operators, nesting, set operations, ordering and LIMIT stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from text2sql.artifacts import cache_folder, digest, file_digest, kept
from text2sql.sql import parsed

_TOKEN = re.compile(r"\w+|[<>=!]+|\S")


@lru_cache(maxsize=1 << 16)
def skeleton(sql: str) -> str:
    """The skeleton in one line, ``_`` for names and ``?`` for values; empty where sqlglot cannot read the SQL.

    >>> skeleton("SELECT T1.name FROM a AS T1 JOIN b AS T2 ON T1.id = T2.a_id WHERE T2.x > 3 ORDER BY T1.y LIMIT 1")
    'SELECT _ FROM _ WHERE _ > ? ORDER BY _ LIMIT ?'
    """
    query = parsed(sql)
    if query is None:
        return ""
    from sqlglot import errors

    try:
        for node in list(query.walk()):
            _fold(node)
        return " ".join(_TOKEN.findall(query.sql(dialect="sqlite")))
    except (errors.SqlglotError, ValueError, RecursionError, AttributeError):
        return ""


def skeletons(sqls: Sequence[str]) -> Mapping[str, str]:
    """The skeletons of many queries by their SQL, kept in the cache folder: to parse a pool takes seconds.

    Raises OSError where the cache cannot be written.
    """

    def build(folder: Path) -> None:
        (folder / "skeletons.json").write_text(json.dumps([skeleton(sql) for sql in sqls]), encoding="utf-8")

    # What sqlglot writes may change with its version, what is folded away with this file.
    name = digest(version("sqlglot"), file_digest(Path(__file__)), *sqls)
    folder = kept(cache_folder() / "skeletons" / name, build)
    return dict(zip(sqls, json.loads((folder / "skeletons.json").read_bytes()), strict=True))


def _fold(node: Any) -> None:
    from sqlglot import exp

    if isinstance(node, exp.Select):
        node.set("joins", None)
    elif isinstance(node, exp.Alias):
        node.replace(node.this)
    elif isinstance(node, exp.Subquery | exp.CTE):
        node.set("alias", None)
    elif isinstance(node, exp.Table):
        node.replace(exp.Table(this=exp.to_identifier("_")))
    elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
        node.replace(exp.Star())
    elif isinstance(node, exp.Column):
        # In double quotes there is as often a text as a name.
        quoted = node.this.args.get("quoted") and not node.table
        node.replace(exp.Placeholder() if quoted else exp.column("_"))
    elif isinstance(node, exp.Ordered) and not node.args.get("desc"):
        node.set("desc", None)  # ASC says nothing
    elif isinstance(node, exp.Literal | exp.Null | exp.Boolean) and not isinstance(node.parent, exp.Is):
        node.replace(exp.Placeholder())


def similarity(one: str, other: str) -> float:
    """Jaccard similarity of two skeletons' token bigrams, from 0 to 1.

    >>> similarity("SELECT _ FROM _", "SELECT _ FROM _"), similarity("SELECT _ FROM _", "")
    (1.0, 0.0)
    """
    left, right = _bigrams(one), _bigrams(other)
    return len(left & right) / len(left | right) if left and right else 0.0


@lru_cache(maxsize=1 << 16)
def _bigrams(text: str) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(text.split()))


_CLAUSES = ("WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "DISTINCT", "INTERSECT", "UNION", "EXCEPT")
_AGGREGATES = ("COUNT", "MAX", "MIN", "SUM", "AVG")


def constructs(sql: str) -> frozenset[str]:
    """The constructs of a query: clauses, set operations, aggregates, joins, nesting.

    >>> sorted(constructs("SELECT max(a) FROM t JOIN u ON t.b = u.b WHERE c IN (SELECT d FROM e)"))
    ['JOIN', 'MAX', 'SELECT', 'WHERE', 'nested']
    """
    text = skeleton(sql)
    found = {name for name in (*_CLAUSES, *_AGGREGATES) if f" {name} " in f" {text} "}
    found |= {"SELECT"} if text else set()
    found |= {"nested"} if "( SELECT" in text else set()
    return frozenset(found | ({"JOIN"} if re.search(r"\bJOIN\b", sql, re.IGNORECASE) else set()))
