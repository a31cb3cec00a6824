"""plug_value: its candidates against sqlparse, and the verdicts that they change (EVALUATOR.md 1.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlparse
from sqlparse.tokens import String, Whitespace

from tests.small import HARBOUR, plain, write_database
from tests.test_metrics import TRICKY, published
from text2sql.errors import ConfigError
from text2sql.executor import Execute, Executor
from text2sql.metrics._plug_value import _taken_apart, plugged
from text2sql.metrics.execution_accuracy import execution_accuracy
from text2sql.sandbox import OFFICIAL, Limits
from text2sql.types import Candidate, Example, Prediction, Question, Schema, Verdict

SLOT = "VALUERARE"


def tokens(sql: str) -> list[tuple[object, str]]:
    return [(t.ttype, t.value) for t in sqlparse.parse(sql)[0].flatten()]  # type: ignore[no-untyped-call]


def taken_apart(sql: str) -> tuple[list[str], list[str]]:
    """Tokens with slots, and values, as the official parse.py finds them with sqlparse."""
    sql = " ".join(value for kind, value in tokens(re.sub("[;\t]", "", sql.strip())) if kind is not Whitespace)
    for star in ("t1.*", "t2.*", "t3.*"):
        sql = sql.replace(star, "*").replace(star.upper(), "*")
    sql = re.sub(r"(T\d+\.)\s", r"\1", sqlparse.format(sql, reindent=False, keyword_case="upper"))
    values = [value for kind, value in tokens(sql) if kind in (String.Single, String.Symbol)]
    for value in values:
        sql = sql.replace(value.strip(), SLOT)
    found = sql.split()
    for pattern in (r"[-+]?\d*\.\d+", r"[^tT]\d+"):
        numbers = [number.strip() for number in re.findall(pattern, " ".join(found))]
        values += [token for token in found if token in numbers]
        found = [SLOT if token in numbers else token for token in found]
    parts: list[str] = []
    for token in found:
        parts += token.replace(".", " . ").split() if re.findall(r"[Tt]\d+\.", token) else [token]
    return [part.lower() for part in parts], values


MORE = [
    "SELECT T1.a , T2.b FROM t AS T1 WHERE T1.c = 'T1.* of T2.x' AND T1.d >= -2.50 OR e=.5",
    "SELECT count ( * ) FROM t WHERE a='it''s' AND b=\"5 o'clock\" AND c LIKE '%a;b%'",
    "SELECT a-1, a - 1, a -1, -a, 1-1, 2*-3, 1e5, 1.5E-3, 0x1F, 12a, 12.5a, x1, t1, T12, a1 FROM t",
    "SELECT a FROM t WHERE b = 'x' OR c = 'x ' OR d = 'xx' OR e = '' OR f = '''' LIMIT 5",
    "SELECT `a b`, [c d], a[1], ´e f´ FROM t WHERE x <> 1 AND y!=2 AND z||'w' <= 3",
    "SELECT a FROM t WHERE b = 'back\\'slash' AND c = 7",
    "SELECT a FROM t WHERE b = 'open AND c = 3",
    "SELECT a FROM t -- c 5\n WHERE b = 2 # d 6\n AND c = /* 7 */ 8",
    "SELECT `T1.a` FROM t WHERE year = 2005 AND day = '2005-06-07' AND other = 2005-06-07",
    "SELECT a FROM t WHERE b BETWEEN 1 AND 10 GROUP  BY c ORDER\tBY count(*) DESC LIMIT 1",
    "SELECT a FROM t WHERE b = valuerare AND c = VALUERARE",
    "SELECT a FROM t WHERE b = ?1 AND c = :name AND d = $x AND e = @y AND f::int > 3 AND g = %s",
    "SELECT json(a)->>'$.x', b->'y' FROM t WHERE c & 1 | 2 ^ 3 = 4 % 5",
    "SELECT a FROM t WHERE b NOT  LIKE '%x%' AND c IS NOT NULL LEFT  OUTER JOIN u UNION  ALL SELECT 1",
    "SELECT été FROM t WHERE déjà = 'Ünï' AND a.b.c = 1.",
]


@pytest.mark.parametrize("sql", [*TRICKY, *MORE])
def test_values_and_slots_are_found_as_with_sqlparse(sql: str) -> None:
    if sql.replace(";", "").strip():  # else the official code raises an error
        assert _taken_apart(sql) == taken_apart(sql)


def test_values_and_slots_are_found_as_with_sqlparse_in_published_sql(shared: Path) -> None:
    sqls = published(shared)[::60]
    assert len(sqls) > 400
    assert [sql for sql in sqls if _taken_apart(sql) != taken_apart(sql)] == []


@pytest.mark.slow
def test_values_and_slots_are_found_as_with_sqlparse_in_all_published_sql(shared: Path) -> None:
    assert [sql for sql in published(shared) if _taken_apart(sql) != taken_apart(sql)] == []


def test_the_order_of_candidates() -> None:
    count, found = plugged(
        "SELECT a FROM t WHERE b = 'X' AND c > 2 OR b = 'X'", 'SELECT A FROM t WHERE b = "y" LIMIT 7'
    )
    assert count == 4
    assert list(found) == [
        "select a from t where b = 'X' limit 'X'",
        "select a from t where b = 'X' limit 2",
        "select a from t where b = 2 limit 'X'",
        "select a from t where b = 2 limit 2",
    ]


@pytest.mark.parametrize(
    ("gold", "predicted", "candidates"),
    [
        ("SELECT a FROM t", "SELECT A  FROM t ;", ["select a from t"]),
        ("SELECT a FROM t LIMIT 1", "SELECT a FROM t", ["select a from t"]),
        ("SELECT a FROM t", "SELECT a FROM t LIMIT 1", []),
        ("SELECT 1.5, -2, 't'", "SELECT x = 1", ["select x = 't'", "select x = 1.5", "select x = -2"]),
    ],
)
def test_candidates(gold: str, predicted: str, candidates: list[str]) -> None:
    count, found = plugged(gold, predicted)
    assert (count, list(found)) == (len(candidates), candidates)


# --- verdicts

QUESTION = Question("dev-0000", "harbour", "Which boats?")


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Execute]:
    database = write_database(tmp_path_factory.mktemp("harbour") / "harbour.sqlite", HARBOUR)
    with Executor(workers=1) as executor:
        yield Execute(executor, {"harbour": database}, OFFICIAL)


def judged(execute: Execute, gold: str, sql: str, *, plug_cap: int = 50, keep_distinct: bool = False) -> Verdict:
    score = execution_accuracy(execute, plug_value=True, plug_cap=plug_cap, keep_distinct=keep_distinct)
    found = score(Example(QUESTION, gold), Prediction(QUESTION, Schema("harbour", ()), (), (Candidate(sql),), 0))
    return replace(found, reason=plain(found.reason))


NAMES = "SELECT boat_id FROM boat WHERE name = 'Dunlin' OR name = 'Plover'"


@pytest.mark.parametrize(
    ("gold", "sql", "reason"),
    [
        (NAMES, "SELECT boat_id FROM boat WHERE name = 'Dunlin' OR name = 'Plover'", ""),
        (NAMES, "SELECT boat_id FROM boat WHERE name = 'x' OR name = 'y'", ""),  # wrong values are mended
        (NAMES, "SELECT boat_id FROM boat WHERE name = 'value' OR name = value", ""),  # missing ones are filled in
        (NAMES, "SELECT boat_id FROM boat WHERE name = 'x'", "wrong_result"),
        (NAMES, "SELECT boats FROM boat WHERE name = 'x'", "no_such_column"),
        ("SELECT boat_id FROM boat", "SELECT boat_id FROM boat LIMIT 1", "wrong_result"),
        ("SELECT length FROM boat WHERE length > 6", "SELECT length FROM boat WHERE length > 9", ""),
        ("SELECT boats FROM boat", "SELECT 1", "gold_error"),
        # gold's own year is no value until it is run
        ("SELECT YEAR(CURDATE())", "SELECT 7", "wrong_result"),
    ],
)
def test_execution_accuracy_with_values_of_gold(execute: Execute, gold: str, sql: str, reason: str) -> None:
    assert judged(execute, gold, sql) == Verdict("execution_accuracy", 0.0 if reason else 1.0, reason)


def test_the_cap_is_named_where_it_cuts(execute: Execute) -> None:
    sql = (
        "SELECT boat_id FROM boat WHERE name = 'x' OR name = 'y'"  # the right one of its four candidates is the second
    )
    capped = Verdict("execution_accuracy", 0.0, "wrong_result, plug_cap")
    assert [judged(execute, NAMES, sql, plug_cap=cap) for cap in (1, 2)] == [capped, Verdict("execution_accuracy", 1.0)]
    wrong = "SELECT length FROM boat WHERE name = 'x' OR name = 'y'"
    uncut = Verdict("execution_accuracy", 0.0, "wrong_result")
    assert [judged(execute, NAMES, wrong, plug_cap=cap) for cap in (3, 4)] == [capped, uncut]
    many = "SELECT length FROM boat WHERE " + " OR ".join(["name = 'x'"] * 300)  # 2 ** 300 candidates
    assert judged(execute, NAMES, many) == capped


def test_distinct_is_kept_in_candidates(execute: Execute) -> None:
    gold, sql = "SELECT DISTINCT length FROM boat WHERE length < 6", "SELECT length FROM boat WHERE length < 1"
    assert judged(execute, gold, sql).score == 1.0
    assert judged(execute, gold, sql, keep_distinct=True).reason == "wrong_result"
    assert judged(execute, gold, f"{sql} GROUP BY length", keep_distinct=True).score == 1.0


def test_a_candidate_out_of_time_makes_the_verdict_one_of_time(tmp_path: Path) -> None:
    gold = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 99) SELECT 3000000000"
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5) SELECT count(*) FROM n"
    database = write_database(tmp_path / "harbour.sqlite", HARBOUR)
    with Executor(workers=1) as executor:
        verdict = judged(Execute(executor, {"harbour": database}, Limits(seconds=0.3)), gold, sql)
    assert verdict == Verdict("execution_accuracy", 0.0, "timeout")


def test_the_regime_names_flag_and_cap(execute: Execute) -> None:
    metrics = [
        execution_accuracy(execute),
        execution_accuracy(execute, plug_value=True),
        execution_accuracy(execute, plug_value=True, plug_cap=7, keep_distinct=True),
    ]
    rules = "EX by the test-suite code's rules on one database per schema"
    assert [getattr(metric, "regime", "") for metric in metrics] == [
        f"{rules}, no plug_value",
        f"{rules}, plug_value, at most 50 candidates",
        f"{rules}, keep_distinct, plug_value, at most 7 candidates",
    ]


def test_a_cap_of_none_is_refused(execute: Execute) -> None:
    with pytest.raises(ConfigError, match=r"^plug_cap is the number of candidates to try, at least 1, not 0$"):
        execution_accuracy(execute, plug_value=True, plug_cap=0)
