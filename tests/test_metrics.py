"""Metrics: execution accuracy by the official rules (EVALUATOR.md 1.2), pass@n, valid SQL."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlparse

from tests.small import write_database
from text2sql.executor import Execute, Executor
from text2sql.failures import FAILURES
from text2sql.metrics._official import _without_distinct, official_verdict, prepare
from text2sql.metrics.execution_accuracy import execution_accuracy
from text2sql.metrics.pass_at_n import pass_at_n
from text2sql.metrics.valid_sql import valid_sql
from text2sql.protocols import Databases
from text2sql.sandbox import OFFICIAL
from text2sql.types import Candidate, Example, Prediction, Question, Result, Schema, Verdict

MARKET = """
CREATE TABLE stall (stall_id INTEGER, good TEXT, value INTEGER);
INSERT INTO stall VALUES (1, 'plums', 3), (2, 'pears', 3), (3, 'plums', 1), (4, 'value', 2), (5, 'distinct', 2);
"""
QUESTION = Question("dev-0000", "market", "What is for sale?")


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Execute]:
    database = write_database(tmp_path_factory.mktemp("market") / "market.sqlite", MARKET)
    with Executor(workers=1) as executor:
        yield Execute(executor, {"market": database}, OFFICIAL)


def predicted(*candidates: Candidate | str, elected: int = 0) -> Prediction:
    given = tuple(c if isinstance(c, Candidate) else Candidate(c) for c in candidates)
    return Prediction(QUESTION, Schema("market", ()), candidates=given, elected=elected)


RIGHT = ""
PAIRS = [
    # the same, and not the same
    ("SELECT good FROM stall", "SELECT good FROM stall", RIGHT),
    ("SELECT good FROM stall", "SELECT value FROM stall", "wrong_rows"),
    ("SELECT good, stall_id FROM stall", "SELECT stall_id, good FROM stall", RIGHT),
    ("SELECT count(*) FROM stall", "SELECT 5.0", RIGHT),
    ("SELECT good FROM stall WHERE stall_id > 9", "SELECT stall_id, good FROM stall WHERE stall_id > 8", RIGHT),
    # `value` is 1, in predictions alone
    ("SELECT value FROM stall", "SELECT value FROM stall", "wrong_rows"),
    ("SELECT value FROM stall", "SELECT VALUE FROM stall", RIGHT),
    ("SELECT value, good FROM stall WHERE good = 'value'", "SELECT 2, 'v' || 'alue'", RIGHT),
    (
        "SELECT stall_id FROM stall WHERE good = 'value'",
        "SELECT stall_id FROM stall WHERE good = 'value'",
        "empty",
    ),
    ("SELECT good FROM stall WHERE stall_id = 1", "SELECT good FROM stall WHERE stall_id = value", RIGHT),
    # operators with a blank inside
    ("SELECT good FROM stall WHERE stall_id > = 2", "SELECT good FROM stall WHERE stall_id >= 2", RIGHT),
    ("SELECT good FROM stall WHERE stall_id < = 2", "SELECT good FROM stall WHERE stall_id < = 2", RIGHT),
    ("SELECT good FROM stall WHERE stall_id != 2", "SELECT good FROM stall WHERE stall_id ! = 2", RIGHT),
    ("SELECT good FROM stall WHERE stall_id != 2", "SELECT good FROM stall WHERE stall_id < > 2", "syntax"),
    # DISTINCT
    ("SELECT DISTINCT good FROM stall", "SELECT good FROM stall", RIGHT),
    ("SELECT good FROM stall", "SELECT distinct good FROM stall", RIGHT),
    ("SELECT COUNT(DISTINCT good) FROM stall", "SELECT 5", RIGHT),
    ("SELECT COUNT(DISTINCT good) FROM stall", "SELECT 4", "wrong_rows"),
    ("SELECT DISTINCT good FROM stall", "SELECT good FROM stall GROUP BY good", "wrong_rows"),
    ("SELECT stall_id FROM stall WHERE good = 'distinct'", "SELECT 5", RIGHT),
    ('SELECT stall_id FROM stall WHERE good = "distinct"', "SELECT stall_id FROM stall WHERE good = 'distinct'", RIGHT),
    # the first statement alone
    ("SELECT count(*) FROM stall", "SELECT count(*) FROM stall; SELECT 1", RIGHT),
    ("SELECT count(*) FROM stall;", "SELECT count(*) FROM stall ; -- five", RIGHT),
    ("SELECT good FROM stall", "SELECT good FROM stall WHERE good != ';'; DROP TABLE stall", RIGHT),
    # order counts where gold has the words
    (
        "SELECT stall_id FROM stall ORDER BY stall_id",
        "SELECT stall_id FROM stall ORDER BY stall_id DESC",
        "wrong_order",
    ),
    ("SELECT stall_id FROM stall", "SELECT stall_id FROM stall ORDER BY stall_id DESC", RIGHT),
    ("SELECT stall_id FROM stall ORDER  BY stall_id", "SELECT stall_id FROM stall ORDER BY stall_id DESC", RIGHT),
    ("SELECT stall_id FROM stall order\nby stall_id", "SELECT stall_id FROM stall ORDER BY stall_id DESC", RIGHT),
    (
        "SELECT stall_id FROM stall WHERE stall_id IN (SELECT stall_id FROM stall ORDER BY 1 LIMIT 2)",
        "SELECT stall_id FROM stall WHERE stall_id < 3 ORDER BY 1 DESC",
        "wrong_order",
    ),
    (
        "SELECT stall_id FROM stall WHERE good != 'order by'",
        "SELECT stall_id FROM stall ORDER BY 1 DESC",
        "wrong_order",
    ),
    # the year
    ("SELECT YEAR(CURDATE()) - 20", "SELECT 2000", RIGHT),
    ("SELECT 2020", "SELECT year ( curdate( ) )", RIGHT),
    ("SELECT 1", "SELECT 1 WHERE YEAR(CURDATE()) AND 1", "syntax"),
    # writes return nothing, as gold may
    ("SELECT good FROM stall WHERE stall_id = 9", "DELETE FROM stall", RIGHT),
    ("SELECT good FROM stall WHERE stall_id = 9", "PRAGMA journal_mode = WAL", RIGHT),
    ("SELECT good FROM stall", "DELETE FROM stall", "not_a_query"),
    # how results differ
    ("SELECT good FROM stall", "SELECT good FROM stall WHERE stall_id = 9", "empty"),
    ("SELECT good FROM stall", "SELECT good, stall_id FROM stall WHERE stall_id = 9", "empty"),
    ("SELECT good FROM stall", "SELECT good, stall_id FROM stall", "wrong_column_count"),
    ("SELECT good FROM stall", "SELECT good FROM stall LIMIT 2", "wrong_rows"),
    ("SELECT good FROM stall WHERE stall_id = 9", "SELECT good FROM stall", "wrong_rows"),
    ("SELECT good, stall_id FROM stall ORDER BY 2", "SELECT stall_id, good FROM stall ORDER BY 1 DESC", "wrong_order"),
    ("SELECT stall_id FROM stall ORDER BY 1", "SELECT stall_id + 1 FROM stall ORDER BY 1", "wrong_rows"),
    # what does not run
    ("SELECT good FROM stall", "SELECT goods FROM stall", "no_such_column"),
    ("SELECT good FROM stall WHERE stall_id = 9", "SELECT goods FROM stall", "no_such_column"),
    ("SELECT good FROM stall", "", "not_a_query"),
    ("SELECT good FROM stall", "SELECT", "syntax"),
    ("SELECT goods FROM stall", "SELECT good FROM stall", "gold_error"),
    ("SELECT goods FROM stall", "SELECT goods FROM stall", "gold_error"),
]


@pytest.mark.parametrize(("gold", "sql", "reason"), PAIRS)
def test_execution_accuracy(execute: Execute, gold: str, sql: str, reason: str) -> None:
    verdict = execution_accuracy(execute)(Example(QUESTION, gold), predicted(sql))
    assert verdict == Verdict("execution_accuracy", 0.0 if reason else 1.0, reason)


@pytest.mark.parametrize(
    ("gold", "sql", "reason"),
    [
        ("SELECT DISTINCT good FROM stall", "SELECT good FROM stall", "wrong_rows"),
        ("SELECT DISTINCT good FROM stall", "SELECT good FROM stall GROUP BY good", RIGHT),
        ("SELECT COUNT(DISTINCT good) FROM stall", "SELECT 4", RIGHT),
        ("SELECT count(*) FROM stall", "SELECT count(*) FROM stall; SELECT 1", "multi_statement"),
        ("SELECT stall_id FROM stall WHERE stall_id > = 2", "SELECT stall_id FROM stall WHERE stall_id > = 2", RIGHT),
        ("SELECT value FROM stall", "SELECT value FROM stall", "wrong_rows"),
    ],
)
def test_execution_accuracy_that_keeps_distinct(execute: Execute, gold: str, sql: str, reason: str) -> None:
    verdict = execution_accuracy(execute, keep_distinct=True)(Example(QUESTION, gold), predicted(sql))
    assert verdict == Verdict("execution_accuracy", 0.0 if reason else 1.0, reason)


def test_reasons_are_classes_that_are_explained() -> None:
    assert {reason for _, _, reason in PAIRS if reason} <= FAILURES.keys()


def test_execution_accuracy_of_no_candidate(execute: Execute) -> None:
    verdict = execution_accuracy(execute)(Example(QUESTION, "SELECT 1 WHERE 0"), predicted(elected=-1))
    assert verdict == Verdict("execution_accuracy", 0.0, "no_sql")


def test_execution_accuracy_of_the_elected_candidate(execute: Execute) -> None:
    score, example = execution_accuracy(execute), Example(QUESTION, "SELECT 1")
    assert [score(example, predicted("SELECT 1", "SELECT 2", elected=n)).score for n in range(2)] == [1.0, 0.0]


def test_the_regime_is_named(execute: Execute) -> None:
    names = [getattr(execution_accuracy(execute, keep_distinct=keep), "regime", "") for keep in (False, True)]
    assert "keep_distinct" not in names[0] and "keep_distinct" in names[1]


class OutOfTime:
    """Executes, but has no time to compare."""

    def __init__(self, execute: Execute) -> None:
        self._execute = execute

    def __call__(self, db_id: str, sql: str) -> Result:
        return self._execute(db_id, sql)

    def compare(self, db_id: str, gold: tuple[str, Result], predicted: tuple[str, Result], by: str) -> float | None:
        return None

    def time(self, db_id: str, statements: Sequence[str], repeats: int) -> list[list[float]] | None:
        return None

    def on(self, databases: Databases) -> OutOfTime:
        return self


def test_a_comparison_without_end_is_a_timeout(execute: Execute) -> None:
    verdict = official_verdict(OutOfTime(execute), "market", "SELECT 1", "SELECT 1.0", keep_distinct=False)
    assert verdict == "timeout"


def test_pass_at_n(execute: Execute) -> None:
    example = Example(QUESTION, "SELECT DISTINCT good FROM stall")
    prediction = predicted(
        "SELECT 1", Candidate("SELECT good FROM stall", problem="refused"), "SELECT x", "SELECT good FROM stall"
    )

    def score(prediction: Prediction, n: int | None = None, keep_distinct: bool = False) -> Verdict:
        return pass_at_n(execute, n=n, keep_distinct=keep_distinct)(example, prediction)

    right, wrong = Verdict("pass_at_n", 1.0), Verdict("pass_at_n", 0.0, "no_candidate_right")
    assert [score(prediction, n) for n in (1, 2, 3, 4, 9, None)] == [wrong, wrong, wrong, right, right, right]
    assert score(prediction, keep_distinct=True) == wrong
    assert score(predicted(elected=-1)) == wrong


def test_valid_sql(execute: Execute) -> None:
    score, example = valid_sql(execute), Example(QUESTION, "SELECT 1")
    assert score(example, predicted("SELECT 2")) == Verdict("valid_sql", 1.0)
    assert score(example, predicted("SELECT x")) == Verdict("valid_sql", 0.0, "no_such_column")
    assert score(example, predicted("DELETE FROM stall")) == Verdict("valid_sql", 0.0, "not_a_query")
    assert score(example, predicted(elected=-1)) == Verdict("valid_sql", 0.0, "no_sql")
    known = Candidate("SELECT x", result=Result(error="timeout", message="no end"))
    assert score(example, predicted(known)) == Verdict("valid_sql", 0.0, "timeout")


# --- what is run in place of a statement


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t WHERE a > = 1 AND b < = 2 AND c ! = 3", "SELECT a FROM t WHERE a >= 1 AND b <= 2 AND c != 3"),
        ("SELECT 'a > = b'", "SELECT 'a >= b'"),
        ("SELECT a FROM t WHERE b =YEAR (CURDATE ( )) ", "SELECT a FROM t WHERE b =2020"),
        ("SELECT DISTINCT t.distinct FROM t", "SELECT  t. FROM t"),
    ],
)
def test_prepare(sql: str, expected: str) -> None:
    assert prepare(sql, keep_distinct=False) == expected


def without_distinct(sql: str) -> str:
    """As remove_distinct of the official parse.py does it."""
    tokens = sqlparse.parse(sql)[0].flatten()  # type: ignore[no-untyped-call]
    return "".join(token.value for token in tokens if token.value.lower() != "distinct")


TRICKY = [
    "SELECT DISTINCT a FROM t",
    "select count(distinct a), count ( DISTINCT b ) FROM t",
    "SELECT count(DISTINCT(a)) FROM t WHERE b IN (SELECT DISTINCT c FROM u)",
    "SELECT 'distinct', \"DISTINCT\", `Distinct` FROM t -- distinct",
    "SELECT 'it''s distinct' FROM t /* distinct; */ WHERE a = 'x;distinct'",
    "SELECT distinct_id, xdistinct, t.distinct, distinct.a FROM t",
    "SELECT DISTINCT\n  a\r\nFROM t;\nSELECT DISTINCT b",
    "SELECT a FROM t; SELECT b FROM t",
    "SELECT a FROM t ;  \t-- why not\n  -- indeed\n SELECT b",
    "SELECT a FROM t;-- c",
    "SELECT a FROM t;/* c */ SELECT 1",
    "SELECT a FROM (SELECT b; SELECT c) FROM t; SELECT d",
    "SELECT a) FROM t; SELECT d",
    ";",
    ";; SELECT 1",
    " ; SELECT DISTINCT 1",
    "\n\tSELECT DISTINCT a",
    "SELECT DISTINCT 'unterminated; x",
    'SELECT DISTINCT "unterminated; x',
    "SELECT CASE WHEN a THEN DISTINCT ELSE b END; SELECT 1",
    "SELECT a FROM t WHERE b = 1;distinct",
    "SELECT déjà, DISTINCT été FROM t",
    "SELECT DISTINCT a$distinct, 1distinct, 1.5distinct",
    "SELECT group_concat(DISTINCT a || ';') FROM t; DROP TABLE t",
    "DISTINCT",
    "SELECT a AS 'distinct' FROM t GROUP BY DISTINCT HAVING DISTINCT",
]


@pytest.mark.parametrize("sql", TRICKY)
def test_distinct_is_removed_as_sqlparse_does_it(sql: str) -> None:
    assert _without_distinct(sql) == without_distinct(sql)


def test_distinct_is_removed_as_sqlparse_does_it_from_any_mixture() -> None:
    chance = random.Random(3)
    pieces = [piece for sql in TRICKY for piece in sql.split(" ") if "$" not in piece and "/*" not in piece]
    pieces = [piece for piece in pieces if piece.upper() not in ("CASE", "END", "END;")]
    for _ in range(1500):
        sql = chance.choice(["", " "]).join(chance.choices(pieces, k=chance.randint(1, 9)))
        if sql.strip() and not set("'\"`") & set(sql.replace("''", "")):
            assert _without_distinct(sql) == without_distinct(sql), sql


def published(shared: Path) -> list[str]:
    """All different golds, published predictions, candidates and conformance pairs that are not trivial."""
    found: set[str] = set()
    for file in [*shared.glob("spider/*_gold.sql"), *shared.glob("predictions/*.txt")]:
        if not file.name.endswith(".components.txt"):
            found.update(line.split("\t")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    for line in (shared / "conformance/pairs.jsonl").read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        found |= {pair["gold"], pair["predicted"]}
    for file in shared.glob("samples/*.jsonl"):
        for line in file.read_text(encoding="utf-8").splitlines():
            found.update(json.loads(line)["candidates"])
    return sorted(sql for sql in found if sql.strip())


def test_distinct_is_removed_as_sqlparse_does_it_from_published_sql(shared: Path) -> None:
    sqls = [sql for sql in published(shared) if "distinct" in sql.lower() or ";" in sql]
    assert len(sqls) > 6000
    sample = sqls[::25] + [sql for sql in sqls if not sql.endswith(";") and ";" in sql]
    assert [sql for sql in sample if _without_distinct(sql) != without_distinct(sql)] == []


@pytest.mark.slow
def test_distinct_is_removed_as_sqlparse_does_it_from_all_published_sql(shared: Path) -> None:
    sqls = published(shared)
    assert len(sqls) > 25_000
    assert [sql for sql in sqls if _without_distinct(sql) != without_distinct(sql)] == []
