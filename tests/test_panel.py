"""The panel of metrics (EVALUATOR.md 3): strict, BIRD, non-empty and tie-robust EX, soft F1, valid efficiency."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.small import plain, write_database
from text2sql import matching
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError
from text2sql.evaluation_report import evaluation_table
from text2sql.evaluator import Judge, Judged
from text2sql.executor import Execute, Executor
from text2sql.matching import could_return
from text2sql.metrics.bird_execution_accuracy import bird_execution_accuracy
from text2sql.metrics.execution_accuracy import execution_accuracy
from text2sql.metrics.nonempty_execution_accuracy import nonempty_execution_accuracy
from text2sql.metrics.soft_f1 import soft_f1
from text2sql.metrics.strict_execution_accuracy import strict_execution_accuracy
from text2sql.metrics.tie_robust_execution_accuracy import tie_robust_execution_accuracy
from text2sql.metrics.valid_efficiency import valid_efficiency
from text2sql.protocols import Metric
from text2sql.results import COMPARISONS, all_null, fingerprint
from text2sql.sandbox import OFFICIAL
from text2sql.ties import Ranking, ranking
from text2sql.types import Candidate, Cell, Example, Prediction, Question, Result, Row, Schema, Verdict
from text2sql.verdicts import Evaluation

# Waits of 5 minutes at three piers: a tie of three behind one.
FERRIES = """
CREATE TABLE pier (pier_id INTEGER PRIMARY KEY, name TEXT, wait REAL, depth INTEGER);
INSERT INTO pier VALUES (1, 'Ash', 9.5, 4), (2, 'Birch', 5.0, 5), (3, 'Cedar', 5.0, 6), (4, 'Elm', 5.0, 7);
INSERT INTO pier VALUES (5, 'Fir', 2.0, NULL), (6, 'Fir', 2.0, NULL);
CREATE TABLE boat (name TEXT COLLATE NOCASE);
INSERT INTO boat VALUES ('tern'), ('Tern'), ('skua');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)
INSERT INTO boat SELECT 'boat ' || i FROM n;
"""
QUESTION = Question("dev-0000", "ferries", "Which piers?")


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Execute]:
    database = write_database(tmp_path_factory.mktemp("ferries") / "ferries.sqlite", FERRIES)
    with Executor(workers=1) as executor:
        yield Execute(executor, {"ferries": database}, OFFICIAL)


def judged(metric: Metric, gold: str, predicted: str | None) -> tuple[float, str]:
    """Score and reason of one pair; None: no candidate was elected."""
    candidates = (Candidate(predicted or ""),)
    prediction = Prediction(QUESTION, Schema("ferries", ()), (), candidates, -1 if predicted is None else 0)
    verdict = metric(Example(QUESTION, gold), prediction)
    return verdict.score, plain(verdict.reason)


RIGHT, WRONG = (1.0, ""), (0.0, "wrong_result")
EMPTY = "SELECT name FROM pier WHERE pier_id > 9"

CLASSES = [
    ("SELECT name FROM pier", "SELECT name, wait FROM pier", "wrong_column_count"),
    ("SELECT name FROM pier", "SELECT name FROM pier WHERE wait > 10", "empty"),
    ("SELECT name FROM pier", "SELECT wait FROM pier", "wrong_rows"),
    ("SELECT name FROM pier", "SELECT nam FROM pier", "no_such_column"),
]


@pytest.mark.parametrize(
    "metric",
    [
        strict_execution_accuracy,
        bird_execution_accuracy,
        nonempty_execution_accuracy,
        tie_robust_execution_accuracy,
        soft_f1,
    ],
)
def test_reasons_are_classes_of_failure(metric: Callable[[Execute], Metric], execute: Execute) -> None:
    for gold, predicted, expected in CLASSES:
        prediction = Prediction(QUESTION, Schema("ferries", ()), (), (Candidate(predicted),), 0)
        assert metric(execute)(Example(QUESTION, gold), prediction).reason == expected, predicted


FAILING = [
    ("SELECT names FROM pier", "SELECT name FROM pier", (0.0, "gold_error")),
    ("SELECT name FROM pier", "SELECT names FROM pier", (0.0, "no_such_column")),
    ("SELECT name FROM pier", "", (0.0, "not_a_query")),
    ("SELECT name FROM pier", None, (0.0, "no_sql")),
]
REFUSED = ("SELECT name FROM pier", "DROP TABLE pier", (0.0, "not_a_query"))
EMPTIED = ("SELECT name FROM pier", "DROP TABLE pier", (0.0, "not_a_query"))
STRICT = [
    *FAILING,
    REFUSED,
    ("SELECT name, wait FROM pier", "SELECT name, wait FROM pier", RIGHT),
    ("SELECT name, wait FROM pier", "SELECT wait, name FROM pier", WRONG),
    ("SELECT name, wait FROM pier", "SELECT name, wait FROM pier ORDER BY name DESC, wait", RIGHT),
    ("SELECT name FROM pier ORDER BY name", "SELECT name FROM pier ORDER BY name DESC", WRONG),
    ("SELECT name FROM pier ORDER BY name", "SELECT name FROM pier ORDER BY name", RIGHT),
    ("SELECT name FROM pier", "SELECT name FROM pier GROUP BY name", WRONG),  # Fir twice
    ("SELECT DISTINCT name FROM pier", "SELECT name FROM pier", RIGHT),  # the official preparation
    ("SELECT 1", "SELECT value", RIGHT),
    ("SELECT depth FROM pier WHERE name = 'Fir'", "SELECT NULL UNION ALL SELECT NULL", RIGHT),
    ("SELECT wait FROM pier WHERE name = 'Cedar'", "SELECT 5", RIGHT),
    ("SELECT 5, 6.0", "SELECT 5.0, 6", RIGHT),
    ("SELECT 1, 1.5", "SELECT 1.0, 1.5", WRONG),  # the official quick rejection
    ("SELECT 0.3", "SELECT 0.1 + 0.2", WRONG),
    (EMPTY, "SELECT name, wait FROM pier WHERE pier_id > 8", RIGHT),
    (EMPTY, "DELETE FROM pier", (0.0, "not_a_query")),
]
BIRD = [
    *FAILING,
    REFUSED,
    ("SELECT name, wait FROM pier", "SELECT wait, name FROM pier", WRONG),
    ("SELECT name FROM pier ORDER BY name", "SELECT name FROM pier ORDER BY name DESC", RIGHT),
    ("SELECT name FROM pier", "SELECT DISTINCT name FROM pier", RIGHT),
    ("SELECT count(DISTINCT name) FROM pier", "SELECT count(name) FROM pier", WRONG),
    ("SELECT 1", "SELECT value", (0.0, "no_such_column")),
    ("SELECT depth FROM pier WHERE name = 'Fir'", "SELECT NULL", RIGHT),
    ("SELECT 1, 1.5", "SELECT 1.0, 1.5", RIGHT),
    ("SELECT 5", "SELECT 5, 5", WRONG),
    ("SELECT name FROM boat", "SELECT name FROM boat UNION SELECT name FROM boat", WRONG),  # NOCASE drops one
    ("SELECT name FROM boat", "SELECT name FROM boat UNION ALL SELECT name FROM boat", RIGHT),
    (EMPTY, "SELECT name, wait FROM pier WHERE pier_id > 8", RIGHT),
    (EMPTY, "SELECT name FROM pier", WRONG),
    (EMPTY, "DELETE FROM pier", (0.0, "not_a_query")),
]
LEFT_OUT = (0.0, "empty_gold")
NONEMPTY = [
    *FAILING,
    EMPTIED,
    ("SELECT name, wait FROM pier", "SELECT wait, name FROM pier", RIGHT),
    ("SELECT name FROM pier", "SELECT wait FROM pier", WRONG),
    (EMPTY, EMPTY, LEFT_OUT),
    (EMPTY, None, LEFT_OUT),
    (EMPTY, "SELECT names FROM pier", LEFT_OUT),
    ("SELECT depth, depth FROM pier WHERE name = 'Fir'", "SELECT 1", LEFT_OUT),
    ("SELECT max(depth) FROM pier WHERE name = 'Fir'", "SELECT NULL", LEFT_OUT),
    ("SELECT NULL FROM boat", "SELECT NULL FROM boat", LEFT_OUT),  # more rows than a result keeps
    ("SELECT iif(name = 'boat 300', 1, NULL) FROM boat", "SELECT 1", WRONG),
    ("SELECT depth FROM pier", "SELECT depth FROM pier", RIGHT),
]
MIDDLE = "SELECT name, wait FROM pier ORDER BY wait DESC LIMIT 3"  # Ash, and two of Birch, Cedar and Elm
TIES = [
    *FAILING,
    EMPTIED,
    (MIDDLE, MIDDLE, RIGHT),
    (MIDDLE, "SELECT name, wait FROM pier WHERE name IN ('Ash', 'Cedar', 'Elm')", RIGHT),
    (MIDDLE, "SELECT wait, name FROM pier WHERE name IN ('Ash', 'Birch', 'Elm')", RIGHT),
    (MIDDLE, "SELECT wait, name FROM pier WHERE name IN ('Ash', 'Birch', 'Elm') ORDER BY name = 'Elm' DESC", WRONG),
    (MIDDLE, "SELECT name, wait FROM pier WHERE name IN ('Birch', 'Cedar', 'Elm')", WRONG),
    (MIDDLE, "SELECT name, wait FROM pier WHERE name IN ('Ash', 'Elm') OR pier_id = 5", WRONG),
    (MIDDLE, "SELECT name, wait FROM pier WHERE name IN ('Ash', 'Elm')", WRONG),
    (MIDDLE, "SELECT name FROM pier WHERE name IN ('Ash', 'Cedar', 'Elm')", WRONG),
    (MIDDLE, "SELECT 'Ash', 9.5 UNION ALL SELECT 'Elm', 5 UNION ALL SELECT 'Elm', 5", WRONG),  # there is one Elm
    (MIDDLE, "SELECT 'Ash', 9.5 UNION ALL SELECT 5, 'Elm' UNION ALL SELECT 'Cedar', 5", WRONG),  # two column maps
    ("SELECT name FROM pier ORDER BY wait LIMIT 1", "SELECT name FROM pier WHERE pier_id = 6", RIGHT),
    ("SELECT pier_id FROM pier ORDER BY wait LIMIT 1", "SELECT 6", RIGHT),
    ("SELECT pier_id FROM pier ORDER BY wait LIMIT 1", "SELECT 4", WRONG),
    ("SELECT pier_id FROM pier ORDER BY depth LIMIT 1", "SELECT 6", RIGHT),  # NULL ties with NULL
    ("SELECT DISTINCT pier_id FROM pier ORDER BY wait LIMIT 1", "SELECT 6", RIGHT),  # without DISTINCT, as in EX
    ("SELECT name FROM boat ORDER BY name DESC LIMIT 1", "SELECT 'tern'", RIGHT),  # as the column collates
    ("SELECT name FROM boat ORDER BY name DESC LIMIT 1", "SELECT 'Tern'", RIGHT),
    ("SELECT wait, count(*) AS n FROM pier GROUP BY wait ORDER BY n LIMIT 1", "SELECT 9.5, 1", RIGHT),
    ("SELECT depth / 10, count(*) FROM pier GROUP BY name ORDER BY 2 LIMIT 1", "SELECT 1, 0", RIGHT),
    ("SELECT pier_id FROM pier ORDER BY wait LIMIT 2 OFFSET 1", "SELECT 5 UNION ALL SELECT 4", RIGHT),
    ("SELECT pier_id FROM pier ORDER BY wait LIMIT 2 OFFSET 1", "SELECT 5 UNION ALL SELECT 6", WRONG),
    # one whole tie, and more rows than a result keeps
    ("SELECT pier_id FROM pier ORDER BY wait DESC LIMIT 4", "SELECT 1 UNION ALL VALUES (4), (3), (2)", RIGHT),
    ("SELECT name FROM boat ORDER BY 'x' LIMIT 99", "SELECT name FROM boat ORDER BY rowid DESC LIMIT 99", RIGHT),
    ("SELECT name FROM boat ORDER BY rowid LIMIT 99", "SELECT name FROM boat ORDER BY rowid DESC LIMIT 99", WRONG),
    # no such LIMIT: as EX
    ("SELECT pier_id FROM pier ORDER BY wait", "SELECT pier_id FROM pier ORDER BY wait, pier_id DESC", WRONG),
    ("SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 1", "SELECT 2", WRONG),
    ("SELECT wait AS n FROM pier ORDER BY n + 1 LIMIT 1", "SELECT 9.5", WRONG),
    (EMPTY, "DELETE FROM pier", RIGHT),
]
PARTLY = "wrong_result"
SOFT = [
    *FAILING,
    REFUSED,
    ("SELECT name, wait FROM pier", "SELECT wait, name FROM pier ORDER BY depth", RIGHT),
    ("SELECT DISTINCT name FROM pier", "SELECT name FROM pier", RIGHT),
    ("SELECT name, wait FROM pier WHERE pier_id < 3", "SELECT name FROM pier WHERE pier_id < 3", (2 / 3, PARTLY)),
    ("SELECT name FROM pier WHERE pier_id < 3", "SELECT name FROM pier WHERE pier_id < 4", (0.8, PARTLY)),
    ("SELECT name FROM pier WHERE pier_id < 3", "SELECT name FROM pier WHERE pier_id > 3", (0.0, PARTLY)),
    ("SELECT name FROM pier WHERE name = 'Fir'", "SELECT 'Fir'", (2 / 3, PARTLY)),  # a duplicate missing
    ("SELECT depth FROM pier WHERE name = 'Fir'", "SELECT NULL UNION ALL SELECT 1", (0.5, PARTLY)),
    ("SELECT 5, 5, 6.0", "SELECT 5.0, 6, 7", (2 / 3, PARTLY)),
    # Greedily (1, 2) would take (1, 2, 3, 9) from the row that has nothing else.
    ("VALUES (1, 2, 3), (1, 2, 8)", "VALUES (1, 2, 9), (1, 5, 8), (7, 7, 7)", (2 * 4 / 15, PARTLY)),
    ("SELECT name FROM boat", "SELECT name, 1 FROM boat ORDER BY rowid DESC", (2 / 3, PARTLY)),
    (EMPTY, "SELECT name, wait FROM pier WHERE pier_id > 8", RIGHT),
    (EMPTY, "SELECT 1", (0.0, PARTLY)),
    (EMPTY, "DELETE FROM pier", (0.0, "not_a_query")),
]


@pytest.mark.parametrize(("gold", "predicted", "expected"), STRICT)
def test_strict(execute: Execute, gold: str, predicted: str | None, expected: tuple[float, str]) -> None:
    assert judged(strict_execution_accuracy(execute), gold, predicted) == expected
    assert expected[0] <= judged(execution_accuracy(execute), gold, predicted)[0]


@pytest.mark.parametrize(("gold", "predicted", "expected"), BIRD)
def test_bird(execute: Execute, gold: str, predicted: str | None, expected: tuple[float, str]) -> None:
    assert judged(bird_execution_accuracy(execute), gold, predicted) == expected


@pytest.mark.parametrize(("gold", "predicted", "expected"), NONEMPTY)
def test_nonempty(execute: Execute, gold: str, predicted: str | None, expected: tuple[float, str]) -> None:
    assert judged(nonempty_execution_accuracy(execute), gold, predicted) == expected


@pytest.mark.parametrize(("gold", "predicted", "expected"), TIES)
def test_tie_robust(execute: Execute, gold: str, predicted: str | None, expected: tuple[float, str]) -> None:
    assert judged(tie_robust_execution_accuracy(execute), gold, predicted) == expected
    assert expected[0] >= judged(execution_accuracy(execute), gold, predicted)[0]


@pytest.mark.parametrize(("gold", "predicted", "expected"), SOFT)
def test_soft_f1(execute: Execute, gold: str, predicted: str | None, expected: tuple[float, str]) -> None:
    score, reason = judged(soft_f1(execute), gold, predicted)
    assert score == pytest.approx(expected[0]) and reason == expected[1]


@pytest.mark.parametrize(
    "factory",
    [
        strict_execution_accuracy,
        bird_execution_accuracy,
        nonempty_execution_accuracy,
        tie_robust_execution_accuracy,
        soft_f1,
        valid_efficiency,
    ],
)
def test_the_regime_is_named(execute: Execute, factory: object) -> None:
    assert callable(factory)
    assert any(word in Judge({"label": factory(execute)}).regime() for word in ("EX", "VES"))


# --- the mean leaves out what does not count


def test_empty_gold_has_no_part_in_the_mean(execute: Execute, tiny: Dataset, tmp_path: Path) -> None:
    metric = nonempty_execution_accuracy(execute)
    judge, name = Judge({"nonempty": metric}), "nonempty"
    right, wrong, out = Verdict(name, 1.0), Verdict(name, 0.0, "wrong_result"), Verdict(name, 0.0, "empty_gold")
    assert judge.total(name, [right, out, wrong, out, right, wrong, wrong, wrong]) == 1 / 3
    assert judge.total(name, [out, out]) is None
    ids = [example.question.id for example in tiny.examples]
    levels = {id: "hard" if i else "easy" for i, id in enumerate(ids)}
    some = Judged(judge, levels, {name: {id: right if i else out for i, id in enumerate(ids)}})
    assert some.scores(name) == {"all": 1.0, "easy": None, "medium": None, "hard": 1.0, "extra": None}
    none = Judged(judge, levels, {name: dict.fromkeys(ids, out)})
    lines = evaluation_table([Evaluation(tmp_path / "a", tiny, {}, each) for each in (some, none)]).splitlines()
    # 29 that count: Wilson's interval of 29 of 29.
    assert [line.split() for line in [line for line in lines if line.startswith("a  ")]] == [
        ["a", name, "100.0", "–", "–", "100.0", "–", "88.3–100.0"],
        ["a", name, "–", "–", "–", "–", "–", "–"],
    ]


def test_all_null() -> None:
    def result(*rows: Row, kept: int = 20) -> Result:
        names = tuple("ab")[: len(rows[0])] if rows else ("a",)
        return Result(names, len(rows), rows[:kept], fingerprint(rows))

    nulls: list[Row] = [(None, None)] * 30
    assert (
        all_null(result())
        and all_null(result((None,)))
        and all_null(result(*nulls))
        and all_null(result(*nulls, kept=0))
    )
    assert (
        not all_null(result((None, 0)))
        and not all_null(result(*nulls, (None, "")))
        and not all_null(result((b"",), kept=0))
    )


# --- soft F1 against brute force


def by_hand(gold: Sequence[Row], predicted: Sequence[Row]) -> float:
    """Soft F1 by trying out every matching of rows."""
    if not gold and not predicted:
        return 1.0
    few, many = sorted((gold, predicted), key=len)

    def equal(one: Row, other: Row) -> int:
        return sum((Counter(one) & Counter(other)).values())

    best = max(sum(map(equal, few, chosen)) for chosen in itertools.permutations(many, len(few)))
    cells, correct = [sum(map(len, rows)) for rows in (gold, predicted)], best
    precision, recall = (correct / n if n else 0.0 for n in reversed(cells))
    return 2 * precision * recall / (precision + recall) if correct else 0.0


CELLS: Sequence[Cell] = (None, 0, 1, 1.0, 2.5, "1", "a", b"a", "")


def some_rows(chance: random.Random, cells: Sequence[Cell]) -> list[Row]:
    width = chance.randint(1, 4)
    return [tuple(chance.choice(cells) for _ in range(width)) for _ in range(chance.randint(0, 5))]


def test_soft_f1_as_brute_force() -> None:
    chance, partly = random.Random(3), 0
    for _ in range(600):
        cells = chance.sample(CELLS, chance.randint(2, len(CELLS)))
        gold, predicted = some_rows(chance, cells), some_rows(chance, cells)
        found = matching.soft_f1(gold, predicted)
        assert found == pytest.approx(by_hand(gold, predicted)), (gold, predicted)
        assert found == matching.soft_f1(predicted, gold)
        assert (found == 1) == (Counter(map(bag, gold)) == Counter(map(bag, predicted)))
        partly += 0 < found < 1
    assert partly > 300


def bag(row: Row) -> frozenset[tuple[Cell, int]]:
    return frozenset(Counter(row).items())


def test_soft_f1_of_many_rows_is_a_lower_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(4)
    pairs = [(some_rows(chance, CELLS), some_rows(chance, CELLS)) for _ in range(300)]
    exact = [matching.soft_f1(*pair) for pair in pairs]
    monkeypatch.setattr(matching, "_EXACT", 0)
    greedy = [matching.soft_f1(*pair) for pair in pairs]
    assert all(0 <= low <= high for low, high in zip(greedy, exact, strict=True))
    assert sum(greedy) > 0.95 * sum(exact)
    monkeypatch.undo()
    gold: list[Row] = [(i, i % 7, "x") for i in range(5000)]
    predicted: list[Row] = [(i % 7, i, "y") for i in reversed(range(5000))]
    assert matching.soft_f1(gold, predicted) == pytest.approx(2 / 3)


# --- what gold could return, against SQLite with its ties broken at random


RANKED: list[Row] = [("a", 1, 1), ("b", 2, 2), ("c", 2, 2), ("d", 2, 2), ("e", 3, 5)]


@pytest.mark.parametrize(
    ("predicted", "right"),
    [
        ([("a", 1)], True),
        ([(1, "a"), (2, "c")], True),
        ([("a", 1), ("d", 2), ("b", 2)], True),
        ([("a", 1), ("b", 2), ("b", 2)], False),
        ([("b", 2)], False),
        ([("a", 1), ("b", 2), ("c", 2), ("d", 2), ("e", 3)], True),
        ([("a", 1), ("b", 2), ("c", 2), ("d", 2), ("e", 3), ("f", 4)], False),
        ([("a", 1), ("b", 2), ("c", 2), ("e", 3)], False),
        ([("a", 1, 1)], False),
        ([("a",)], False),
        ([], True),
    ],
)
def test_could_return(predicted: list[Row], right: bool) -> None:
    assert could_return(RANKED, predicted) is right


def test_could_return_as_brute_force() -> None:
    chance, found = random.Random(5), Counter[bool]()
    for _ in range(800):
        width, size = chance.randint(1, 3), chance.randint(1, 5)
        keys = sorted(chance.randint(0, 2) for _ in range(size))
        rows = [tuple(chance.randint(0, 1) for _ in range(width)) for _ in keys]
        skipped = chance.randint(0, size - 1)
        ranked: list[Row] = [(*row, keys.index(key) + 1 - skipped) for row, key in zip(rows, keys, strict=True)]
        length = chance.randint(1, size - skipped)
        predicted = [tuple(chance.randint(0, 1) for _ in range(width)) for _ in range(length)]
        outputs = {
            tuple(rows[i] for i in order[skipped : skipped + length])
            for order in itertools.permutations(range(size))
            if [keys[i] for i in order] == keys
        }
        maps = list(itertools.permutations(range(width)))
        expected = any(tuple(tuple(row[i] for i in order) for row in predicted) in outputs for order in maps)
        assert could_return(ranked, predicted) is expected, (ranked, predicted)
        found[expected] += 1
    assert min(found.values()) > 100


def test_could_return_of_many_columns_ends_quickly() -> None:
    ranked: list[Row] = [(*((i,) * 500), 1) for i in range(50)]
    assert could_return(ranked, [(i,) * 500 for i in range(20)])
    assert not could_return(ranked, [(*((i,) * 499), i + 1) for i in range(20)])


def test_ranking() -> None:
    assert ranking("SELECT a, count(*) AS n FROM t GROUP BY a ORDER BY n DESC, 1 LIMIT 2, 3") == Ranking(
        "SELECT a, COUNT(*) AS n, RANK() OVER (ORDER BY COUNT(*) DESC, a) - 2 FROM t GROUP BY a ORDER BY n DESC, 1",
        "SELECT a, COUNT(*) AS n, RANK() OVER (ORDER BY COUNT(*) DESC, a) - 2 FROM t GROUP BY a ORDER BY n DESC, 1 "
        "LIMIT 2 OFFSET 4",
    )
    for sql in (
        "SELECT a FROM t ORDER BY a LIMIT -1",
        "SELECT a FROM t ORDER BY a LIMIT 1 + 1",
        "SELECT a ORDER LIMIT",
    ):
        assert ranking(sql) is None


# --- comparisons settle only what they would decide


def test_what_is_settled_is_what_is_decided() -> None:
    chance, settled = random.Random(6), Counter[str]()
    for _ in range(1000):
        cells = chance.choice([(0, 1), (1, 1.0, 1.5), CELLS])
        gold = some_rows(chance, cells)
        predicted = chance.sample(gold, len(gold)) if chance.random() < 0.5 else some_rows(chance, cells)
        results = [
            Result(tuple("abcd"[: len(rows[0]) if rows else 1]), len(rows), tuple(rows), fingerprint(rows))
            for rows in (gold, predicted)
        ]
        for name in ("strict_in_order", "strict_any_order", "as_sets", "soft_f1"):
            found, decided = COMPARISONS[name].settle(*results), COMPARISONS[name].decide(gold, predicted)
            assert found is None or found == decided, (name, gold, predicted)
            settled[name] += found is not None
        for order in ("in_order", "any_order"):
            strict, official = (COMPARISONS[name].decide(gold, predicted) for name in (f"strict_{order}", order))
            assert strict <= official <= COMPARISONS["soft_f1"].decide(gold, predicted)
    assert min(settled.values()) > 200


# --- valid efficiency

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000) SELECT max(i) > 0 FROM n"


def test_valid_efficiency(execute: Execute) -> None:
    metric = valid_efficiency(execute)
    fast, slow = judged(metric, SLOW, "SELECT 1"), judged(metric, "SELECT 1", SLOW)
    assert fast[0] > 3 and 0 < slow[0] < 1 / 3
    for score, reason in (fast, slow):
        word, *rounds = reason.split()
        assert word == "rounds" and len(rounds) == 5
        assert min(map(float, rounds)) - 0.001 <= score <= max(map(float, rounds)) + 0.001
    assert len(judged(valid_efficiency(execute, repeats=7), "SELECT 1", "SELECT 1")[1].split()) == 8
    for gold, predicted, expected in [*FAILING, EMPTIED]:
        assert judged(metric, gold, predicted) == expected
    assert judged(metric, EMPTY, "DELETE FROM pier") == (0.0, "not_a_query")
    with pytest.raises(ConfigError, match="repeats = 4; 5 or more"):
        valid_efficiency(execute, repeats=4)


def test_the_times_are_of_real_runs(execute: Execute) -> None:
    executor, database = execute.executor, execute.databases["ferries"]
    executor.execute(database, SLOW, OFFICIAL)
    cached = executor._cache._one("SELECT count(*) FROM results")
    times = execute.time("ferries", [SLOW, "SELECT 'never run before'"], 5)
    assert times is not None and [len(each) for each in times] == [5, 5]
    assert min(times[0]) > 10 * min(times[1]) > 0
    assert executor._cache._one("SELECT count(*) FROM results") == cached
    assert execute.time("ferries", ["SELECT 1", "SELECT x"], 5) is None


def test_the_spread_of_valid_efficiency_is_printed(execute: Execute, tiny: Dataset, tmp_path: Path) -> None:
    judge = Judge({"ves": valid_efficiency(execute)})
    ids = [example.question.id for example in tiny.examples]
    fast, wrong = Verdict("ves", 1.5, "rounds 1.0 1.5 2.0 1.5 1.5"), Verdict("ves", 0.0, "wrong_result")
    found = Judged(
        judge, dict.fromkeys(ids, "easy"), {"ves": {id: wrong if i % 2 else fast for i, id in enumerate(ids)}}
    )
    lines = evaluation_table([Evaluation(tmp_path / "a", tiny, {}, found)]).splitlines()
    row, note = (next(line for line in lines if line.startswith(start)) for start in ("a  ", "a: valid"))
    # Wilson's interval of 15 of 30, times the greatest score.
    assert row.split() == ["a", "ves", "75.0", "75.0", "–", "–", "–", "49.7–100.3"]
    assert note == "a: valid efficiency by single rounds, pauses and all: 50.0–100.0"
    assert Judged(judge, {}, {"ves": {}}).notes() == []
