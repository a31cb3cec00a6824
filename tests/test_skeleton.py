"""Skeletons, their similarity, and the constructs of a query."""

from __future__ import annotations

import pytest

from text2sql.skeleton import constructs, similarity, skeleton

PAIRS = [
    ("SELECT T1.name FROM a AS T1 JOIN b AS T2 ON T1.id = T2.a WHERE T2.x = 'y'", "SELECT _ FROM _ WHERE _ = ?"),
    ("select name , age from a where age >= 3 or age < 1", "SELECT _ , _ FROM _ WHERE _ >= ? OR _ < ?"),
    ("SELECT count(*) , count(DISTINCT a) FROM t", "SELECT COUNT ( * ) , COUNT ( DISTINCT _ ) FROM _"),
    ("SELECT DISTINCT t.* FROM t", "SELECT DISTINCT * FROM _"),
    ('SELECT a FROM t WHERE b = "x"', "SELECT _ FROM _ WHERE _ = ?"),
    ("SELECT a - b FROM t ORDER BY a - b DESC LIMIT 3", "SELECT _ - _ FROM _ ORDER BY _ - _ DESC LIMIT ?"),
    ("SELECT a FROM t ORDER BY b ASC", "SELECT _ FROM _ ORDER BY _"),
    ("SELECT a FROM t GROUP BY a HAVING count(*) > 2", "SELECT _ FROM _ GROUP BY _ HAVING COUNT ( * ) > ?"),
    (
        "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u JOIN v ON u.x = v.x)",
        "SELECT _ FROM _ WHERE NOT _ IN ( SELECT _ FROM _ )",
    ),
    ("SELECT a FROM t UNION SELECT b FROM u", "SELECT _ FROM _ UNION SELECT _ FROM _"),
    ("SELECT count(*) FROM (SELECT a AS x FROM t) AS y", "SELECT COUNT ( * ) FROM ( SELECT _ FROM _ )"),
    ("SELECT a FROM t WHERE b IS NULL", "SELECT _ FROM _ WHERE _ IS NULL"),
    ("SELECT a FROM t WHERE b BETWEEN 1 AND 2 AND c LIKE '%x'", "SELECT _ FROM _ WHERE _ BETWEEN ? AND ? AND _ LIKE ?"),
    ("not a query at all (", ""),
    ("", ""),
]


@pytest.mark.parametrize(("sql", "expected"), PAIRS)
def test_a_skeleton(sql: str, expected: str) -> None:
    assert skeleton(sql) == expected


def test_similarity_counts_pairs_of_neighbours() -> None:
    one, other = "SELECT _ FROM _", "SELECT _ FROM _ WHERE _ = ?"
    assert similarity(one, one) == 1.0
    assert similarity(one, other) == similarity(other, one) == 3 / 7
    assert similarity("", "") == similarity(one, "") == 0.0


def test_constructs() -> None:
    sql = "SELECT DISTINCT a FROM t WHERE b > (SELECT avg(b) FROM t) INTERSECT SELECT a FROM u ORDER BY a LIMIT 1"
    assert constructs(sql) == {"SELECT", "DISTINCT", "WHERE", "AVG", "nested", "INTERSECT", "ORDER BY", "LIMIT"}
    assert constructs("SELECT T1.a FROM t AS T1 JOIN u AS T2 ON T1.b = T2.b GROUP BY T1.a") == {
        "SELECT", "JOIN", "GROUP BY",
    }  # fmt: skip
    assert constructs("broken (") == set()
