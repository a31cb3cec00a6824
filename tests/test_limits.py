"""A limit on rows or bytes never turns a verdict: what it leaves open is said to be too big, never right or wrong.

Against ``result_eq`` of the official evaluator, by brute force on all rows, fetched without any limit.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.small import plain, write_database
from text2sql.executor import Execute, Executor
from text2sql.metrics._official import official_verdict
from text2sql.sandbox import Limits
from text2sql.types import Row

TABLES = 30


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(1)
    cells = ("0", "1", "1.0", "1.5", "2", "5000000000", "NULL", "'a'", "'1'", "x'61'")
    script = []
    for table in range(TABLES):
        script.append(f"CREATE TABLE t{table} (a, b, c);")
        known = chance.sample(cells, chance.choice((1, 2, 4)))
        for _ in range(chance.choice((0, 1, 2, 3, 5, 12))):
            script.append(f"INSERT INTO t{table} VALUES ({', '.join(chance.choices(known, k=3))});")
    return write_database(tmp_path_factory.mktemp("limits") / "x.sqlite", "".join(script))


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(workers=1) as executor:
        yield executor


def query(chance: random.Random, table: int) -> str:
    columns = ", ".join(chance.sample(("a", "b", "c"), chance.choice((1, 2, 2, 3))))
    sql = f"SELECT {columns} FROM t{table}"
    if chance.random() < 0.2:
        sql += f" WHERE {chance.choice('abc')} {chance.choice(('>', '=', '<'))} {chance.choice((0, 1, 2))}"
    if chance.random() < 0.2:
        sql = f"{sql} UNION ALL {sql}"
    if chance.random() < 0.3:
        sql += f" ORDER BY 1{chance.choice(('', ' DESC'))}"
    if chance.random() < 0.2:
        sql += f" LIMIT {chance.choice((0, 1, 2, 5, 9))}"
    return sql


def pairs() -> Iterator[tuple[str, str]]:
    """Gold and predicted SQL: unrelated, equal, or one made from the other."""
    chance = random.Random(2)
    for _ in range(600):
        table = chance.randrange(TABLES)
        gold, predicted = query(chance, table), query(chance, table)
        near = (
            gold,
            f"{gold} ",
            f"SELECT * FROM ({gold})",
            f"SELECT * FROM ({gold}) ORDER BY 1 DESC",
            f"SELECT * FROM ({gold}) LIMIT {chance.randrange(12)}",
            gold.replace("SELECT a", "SELECT a * 1.0"),
            gold.replace("SELECT b", "SELECT 1.0 * b"),
            gold.replace("SELECT a, b", "SELECT b, a"),
            f"SELECT * FROM ({gold}) UNION ALL SELECT * FROM ({gold})",
        )
        yield gold, chance.choice((predicted, *near))


def result_eq(gold: Sequence[Row], predicted: Sequence[Row], ordered: bool) -> bool:
    if not gold and not predicted:
        return True
    if len(gold) != len(predicted) or len(gold[0]) != len(predicted[0]):
        return False
    one, other = ([tuple(sorted(row, key=lambda c: str(c) + str(type(c)))) for row in r] for r in (gold, predicted))
    if (one != other) if ordered else (set(one) != set(other)):
        return False
    for order in itertools.permutations(range(len(gold[0]))):
        permuted = [tuple(row[i] for i in order) for row in predicted]
        if permuted == list(gold) if ordered else Counter(permuted) == Counter(gold):
            return True
    return False


def verdicts(executor: Executor, database: Path, limits: Limits) -> Counter[tuple[str, bool, bool]]:
    """How often each reason came, with what the reference says and whether a limit cut a result."""
    execute = Execute(executor, {"x": database}, limits)
    found: Counter[tuple[str, bool, bool]] = Counter()
    with closing(sqlite3.connect(database)) as connection:
        for gold, predicted in pairs():
            reason = plain(official_verdict(execute, "x", gold, predicted, keep_distinct=True))
            rows = [connection.execute(sql).fetchall() for sql in (gold, predicted)]
            equal = result_eq(rows[0], rows[1], "order by" in gold.lower())
            cut = any(execute("x", sql).truncated for sql in (gold, predicted))
            found[reason, equal, cut] += 1
            assert (reason, equal) in {("", True), ("wrong_result", False), ("too_big", True), ("too_big", False)}, (
                limits,
                gold,
                predicted,
            )
            assert reason != "too_big" or (cut and gold != predicted), (limits, gold, predicted)
    return found


def test_without_a_cut_verdicts_are_those_of_the_reference(executor: Executor, database: Path) -> None:
    found = verdicts(executor, database, Limits())
    assert found.keys() == {("", True, False), ("wrong_result", False, False)}
    assert min(found.values()) > 100


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_rows(executor: Executor, database: Path, rows: int) -> None:
    found = verdicts(executor, database, Limits(rows=rows))
    assert found["wrong_result", False, True] and found["too_big", True, True] and found["", True, True]


@pytest.mark.parametrize("size", [40, 100, 180, 300])
def test_bytes(executor: Executor, database: Path, size: int) -> None:
    found = verdicts(executor, database, Limits(bytes=size))
    assert found["wrong_result", False, True] and found["too_big", True, True] and found["", True, True]


def test_integers_and_floats_of_other_sizes(executor: Executor, tmp_path: Path) -> None:
    """The same values as floats take more bytes: one result is cut, the other is not, and both are equal."""
    database = write_database(tmp_path / "x.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (3), (4), (5), (6);")
    execute = Execute(executor, {"x": database}, Limits(bytes=4 * 43))
    assert official_verdict(execute, "x", "SELECT a FROM t", "SELECT a * 1.0 FROM t", keep_distinct=True) == "too_big"
