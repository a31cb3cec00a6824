"""Classes of difference between two queries, changes as text, and constructs."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.hostile import HOSTILE
from text2sql.dataset import Dataset, load_dataset
from text2sql.differences import CLASSES, CONSTRUCTS, Change, changes, classes, constructs
from text2sql.types import Schema

FIXTURES = ROOT / "tests/fixtures/differences.toml"
PAIRS: list[dict[str, Any]] = tomllib.loads(FIXTURES.read_text(encoding="utf-8"))["pair"]
REVERSED = {"missing_join": "extra_join", "extra_join": "missing_join"}


def schema_of(pair: dict[str, Any], tiny: Dataset) -> Schema | None:
    db_id = pair.get("db", "bell_towers")
    return tiny.schemas[db_id] if db_id else None


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["about"] for pair in PAIRS])
def test_a_pair(pair: dict[str, Any], tiny: Dataset) -> None:
    schema = schema_of(pair, tiny)
    found = changes(pair["gold"], pair["predicted"], schema)
    assert list(classes(pair["gold"], pair["predicted"], schema)) == pair["classes"], [str(change) for change in found]
    if "changes" in pair:
        assert sorted(map(str, found)) == sorted(pair["changes"])


def test_every_class_has_a_pair() -> None:
    assert {name for pair in PAIRS for name in pair["classes"]} == set(CLASSES)
    assert len({pair["about"] for pair in PAIRS}) == len(PAIRS)


@pytest.mark.parametrize("pair", PAIRS, ids=[pair["about"] for pair in PAIRS])
def test_the_reverse_is_of_the_reversed_classes(pair: dict[str, Any], tiny: Dataset) -> None:
    schema = schema_of(pair, tiny)
    there, back = changes(pair["gold"], pair["predicted"], schema), changes(pair["predicted"], pair["gold"], schema)
    assert {change.kind for change in there} == {REVERSED.get(change.kind, change.kind) for change in back}


def test_a_change_as_a_line() -> None:
    assert str(Change("WHERE", "wrong_condition", ("a = 1", "b = 2"), ())) == "WHERE: - a = 1, b = 2"
    assert str(Change("SELECT", "wrong_column", ("a",), ("b", "c"))) == "SELECT: - a; + b, c"


def test_a_class_for_each_change_and_no_other(tiny: Dataset) -> None:
    gold = [example.sql for example in tiny.examples if example.question.db_id == "bell_towers"]
    schema = tiny.schemas["bell_towers"]
    for one in gold:
        for other in gold:
            kinds = {change.kind for change in changes(one, other, schema)}
            assert set(classes(one, other, schema)) - {"same_structure"} == kinds
            assert not kinds or classes(one, other, schema) != ("same_structure",)


CASES = [
    ("SELECT name FROM tower", {"single table"}),
    ("SELECT DISTINCT a FROM t, u WHERE t.x = u.x OR a LIKE 'x%'", {"join", "distinct", "where", "or", "like"}),
    (
        "SELECT count(*) FROM t AS T1 JOIN u ON T1.x = u.x LEFT JOIN v ON u.y = v.y GROUP BY T1.a HAVING sum(b) > 2",
        {"join", "two or more joins", "outer join", "aggregate", "group by", "having"},
    ),
    ("SELECT a - b FROM t WHERE a BETWEEN 1 AND 2", {"single table", "arithmetic", "where", "between"}),
    ("SELECT a FROM t ORDER BY b LIMIT 1", {"single table", "order by", "limit"}),
    ("SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)", {"where", "in or not in", "sub-query"}),
    ("SELECT a FROM t WHERE b IN (1, 2)", {"single table", "where", "in or not in"}),
    ("SELECT count(DISTINCT a) FROM t", {"single table", "aggregate", "distinct"}),
    ("(SELECT a FROM t) UNION SELECT b FROM u", {"set operation"}),
    ("SELECT a FROM (SELECT b FROM t INTERSECT SELECT b FROM u)", {"sub-query", "set operation"}),
    ("WITH x AS (SELECT a FROM t) SELECT * FROM x", {"sub-query"}),
    ("SELECT (", {"unreadable"}),
    ("", {"unreadable"}),
]


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_constructs(sql: str, expected: set[str]) -> None:
    assert constructs(sql) == expected


def test_every_construct_has_a_case() -> None:
    assert {name for _, expected in CASES for name in expected} == set(CONSTRUCTS)


# --- whatever comes

DEEP = [
    "SELECT a FROM t WHERE " + " AND ".join(f"a = {n}" for n in range(900)),
    "SELECT " + "(" * 200 + "a" + ")" * 200 + " FROM t",
    "SELECT a FROM t WHERE b IN " + "(SELECT a FROM t WHERE b IN " * 60 + "(1)" + ")" * 60,
    " UNION ".join(f"SELECT a FROM t WHERE b = {n}" for n in range(30)),
    "SELECT a + a AS a FROM (" * 60 + "SELECT a FROM t" + ")" * 60,
    "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT * FROM x, x AS y",
    "SELECT count() FROM t GROUP BY 9 ORDER BY 0 LIMIT NULL OFFSET -1",
    "SELECT * FROM t JOIN u USING (nothing) NATURAL JOIN v, (VALUES (1, 2)) AS w",
    "SELECT -a, +a, ~a, a || b, a -> b, CASE a WHEN 1 THEN 2 END, CAST(a AS INT) FROM t WHERE a IS NOT b",
    "SELECT sum(a) OVER (PARTITION BY b), x'00', ?1, :b, @c FROM json_each('[]') WHERE (a COLLATE NOCASE, b) IN (1, 2)",
]


@pytest.mark.slow
def test_nothing_is_raised(tiny: Dataset) -> None:
    schema = tiny.schemas["bell_towers"]
    for sql in (*(sql for _, sql in HOSTILE.values()), *DEEP):
        for other in ("SELECT name FROM tower", DEEP[3]):
            assert set(classes(other, sql, schema)) <= set(CLASSES)
            assert all(str(change) for change in changes(sql, other))
        assert classes(sql, sql, schema) == ()
        assert constructs(sql) <= set(CONSTRUCTS)


def test_deep_and_odd_sql_is_no_trouble() -> None:
    for sql in DEEP:
        assert set(classes("SELECT name FROM tower", sql)) <= set(CLASSES)
        assert constructs(sql) <= set(CONSTRUCTS)


def test_halves_of_queries_are_no_trouble() -> None:
    chance = random.Random(3)
    words = [word for pair in PAIRS for sql in (pair["gold"], pair["predicted"]) for word in sql.split()]
    for _ in range(1000):
        one, other = (" ".join(["SELECT", *chance.choices(words, k=chance.randint(1, 12))]) for _ in range(2))
        assert set(classes(one, other)) <= set(CLASSES)
        assert constructs(one) <= set(CONSTRUCTS)


# --- what models have written

LEFT_ALONE = {"semi", "swap", "quote", "fmt", "alias"}
ALWAYS = {"limit": "wrong_order_or_limit", "order_flip": "wrong_order_or_limit", "union": "wrong_nesting"}


@pytest.mark.slow
def test_mutations_of_real_queries(shared: Path, spider: Dataset) -> None:
    """Ways to write the same are no difference, others are the one that was made."""
    for line in (shared / "conformance/pairs.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        gold, predicted, mutation = pair["gold"], pair["predicted"], pair["mutation"]
        for schema in (spider.schemas[pair["db_id"]], None):
            found = classes(gold, predicted, schema)
            if gold == predicted:
                assert found == ()
            elif mutation in LEFT_ALONE:
                assert found in (("same_structure",), ("unreadable",)), pair
            elif mutation in ALWAYS:
                # SELECT * FROM (gold) is called a union, too.
                assert ALWAYS[mutation] in found or found in (("same_structure",), ("unreadable",)), pair
        assert constructs(gold) <= set(CONSTRUCTS) - {"unreadable"}


@pytest.mark.slow
def test_published_predictions(shared: Path, spider: Dataset) -> None:
    for file in sorted((shared / "predictions").glob("*.txt")):
        if file.stem.endswith(".components"):
            continue
        predictions = file.read_text(encoding="utf-8").split("\n")
        for example, predicted in zip(spider.examples, predictions, strict=False):
            schema = spider.schemas[example.question.db_id]
            found = classes(example.sql, predicted, schema)
            kinds = {change.kind for change in changes(example.sql, predicted, schema)}
            assert set(found) == (kinds or ({"same_structure"} if example.sql != predicted else set()))
            assert classes(predicted, predicted, schema) == ()


@pytest.mark.slow
def test_gold_written_otherwise_has_the_same_structure() -> None:
    """sqlglot writes a query in its own way."""
    import sqlglot

    data = load_dataset("spiderling")
    for example in data.examples:
        written = sqlglot.transpile(example.sql, read="sqlite", write="sqlite", pretty=True)[0]
        found = classes(example.sql, written, data.schemas[example.question.db_id])
        assert found in ((), ("same_structure",)), written
