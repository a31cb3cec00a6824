"""Test-suite accuracy: on variants of small databases, made on the spot by changing rows."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.small import HARBOUR, ORCHARD, plain, write_database, write_release
from text2sql.config import load
from text2sql.dataset import load_dataset
from text2sql.errors import ConfigError, DatabaseError, DataError
from text2sql.evaluation_report import evaluation_table
from text2sql.executor import Execute, Executor
from text2sql.metrics import test_suite_accuracy as _module
from text2sql.metrics.execution_accuracy import execution_accuracy
from text2sql.report import table
from text2sql.rescore import evaluate_files
from text2sql.runner import run
from text2sql.sandbox import OFFICIAL
from text2sql.types import Candidate, Example, Prediction, Question, Result, Schema, Verdict

suite_accuracy = _module.test_suite_accuracy  # under its own name pytest would call it
QUESTION = Question("dev-0000", "harbour", "Which boats?")

CHANGES = {
    "a.sqlite": "",
    "b.sqlite": "UPDATE boat SET length = 9.0 WHERE boat_id = 3; INSERT INTO boat VALUES (4, 'Knot', 4.0)",
    "c.sqlite": "DELETE FROM trip; UPDATE boat SET name = 'Smew' WHERE boat_id = 1",
}


def variant(file: Path, script: str, change: str) -> Path:
    """A database with some of its rows changed."""
    write_database(file, script)
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(change)
    return file


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    for name, change in CHANGES.items():
        variant(tmp_path / "suites/harbour" / name, HARBOUR, change)
    write_database(tmp_path / "suites/orchard/orchard.sqlite", ORCHARD)
    return tmp_path / "suites"


@pytest.fixture
def execute(tmp_path: Path) -> Iterator[Execute]:
    original = write_database(tmp_path / "database/harbour.sqlite", HARBOUR)
    with Executor(workers=1) as executor:
        yield Execute(executor, {"harbour": original}, OFFICIAL)


def predicted(sql: str) -> Prediction:
    return Prediction(QUESTION, Schema("harbour", ()), (), (Candidate(sql),), 0)


Judged = Callable[..., str]


@pytest.fixture
def reason(execute: Execute, suites: Path) -> Judged:
    """The reason of a pair's verdict; empty where it is right."""

    def judge(gold: str, sql: str, *, keep_distinct: bool = False, plug_value: bool = False, plug_cap: int = 50) -> str:
        score = suite_accuracy(
            execute, suites=suites, keep_distinct=keep_distinct, plug_value=plug_value, plug_cap=plug_cap
        )
        verdict = score(Example(QUESTION, gold), predicted(sql))
        assert verdict == Verdict("test_suite_accuracy", 0.0 if verdict.reason else 1.0, verdict.reason)
        return plain(verdict.reason)

    return judge


def test_all_databases_must_agree(execute: Execute, reason: Judged) -> None:
    longest = "SELECT name FROM boat ORDER BY length DESC LIMIT 1"
    assert reason(longest, "SELECT name FROM boat WHERE length = (SELECT max(length) FROM boat)") == ""
    by_chance = "SELECT name FROM boat WHERE boat_id = 1"
    example = Example(QUESTION, longest)
    assert execution_accuracy(execute)(example, predicted(by_chance)).score == 1.0
    assert reason(longest, by_chance) == "wrong_result"
    assert reason(longest, "SELECT nam FROM boat") == "no_such_column"


def test_the_original_counts_only_where_it_lies_in_the_folder(reason: Judged, suites: Path) -> None:
    gold, sql = "SELECT count(*) FROM trip", "SELECT 0"
    assert reason(gold, sql) == "wrong_result"
    for name in ("a.sqlite", "b.sqlite"):
        (suites / "harbour" / name).unlink()
    assert reason(gold, sql) == ""


def test_no_candidate_is_wrong(execute: Execute, suites: Path) -> None:
    nothing = Prediction(QUESTION, Schema("harbour", ()))
    verdict = suite_accuracy(execute, suites=suites)(Example(QUESTION, "SELECT 1"), nothing)
    assert verdict == Verdict("test_suite_accuracy", 0.0, "no_sql")


def test_gold_that_fails_on_a_variant(reason: Judged, suites: Path) -> None:
    variant(suites / "harbour/b.sqlite", "", "ALTER TABLE boat RENAME COLUMN name TO called")
    assert reason("SELECT name FROM boat", "SELECT name FROM boat") == "gold_error"
    assert reason("SELECT name FROM boat", "SELECT length FROM boat") == "wrong_result"  # ends at the first


def test_keep_distinct(reason: Judged) -> None:
    gold, sql = "SELECT DISTINCT length FROM boat", "SELECT length FROM boat GROUP BY length"
    assert (reason(gold, sql), reason(gold, sql, keep_distinct=True)) == ("wrong_result", "")


def test_one_candidate_must_pass_on_all_databases(reason: Judged) -> None:
    gold = "SELECT name FROM boat WHERE boat_id = 1 OR length = 9.0 AND boat_id < 4"
    sql = "SELECT name FROM boat WHERE boat_id = 7 OR length = 8.0 AND boat_id < 5"
    assert (reason(gold, sql), reason(gold, sql, plug_value=True)) == ("wrong_result", "")
    assert reason(gold, sql, plug_value=True, plug_cap=1) == "wrong_result, plug_cap"
    # 0 is right on the first database and 1 on the second, and neither on both
    gold = "SELECT count(*) FROM boat WHERE length > 8 AND 0 < 1"
    assert reason(gold, "SELECT 7", plug_value=True) == "wrong_result"


class Counting:
    """Executes, and tells on which databases."""

    def __init__(self, execute: Execute, told: list[str]) -> None:
        self._execute, self._told = execute, told

    def __call__(self, db_id: str, sql: str) -> Result:
        self._told.append(f"{self._execute.databases[db_id].name}: {sql}")
        return self._execute(db_id, sql)

    def compare(self, db_id: str, gold: tuple[str, Result], predicted: tuple[str, Result], by: str) -> float | None:
        return self._execute.compare(db_id, gold, predicted, by)

    def on(self, databases: dict[str, Path]) -> Counting:
        return Counting(self._execute.on(databases), self._told)


def test_variants_are_run_in_the_order_of_names_up_to_the_first_failure(execute: Execute, suites: Path) -> None:
    for name in ("a.sqlite-journal", "b.sqlite.bak", "c.db"):
        (suites / "harbour" / name).write_text("no database")
    gold, told = "SELECT count(*) FROM boat", list[str]()
    score = suite_accuracy(Counting(execute, told), suites=suites, plug_value=True)  # type: ignore[arg-type]
    score(Example(QUESTION, gold), predicted("SELECT 3"))
    assert told == [
        f"a.sqlite: {gold}", "a.sqlite: SELECT 3", f"b.sqlite: {gold}", "b.sqlite: SELECT 3",
    ]  # fmt: skip
    told.clear()
    score(Example(QUESTION, "SELECT 3"), predicted("SELECT 4"))
    assert list(dict.fromkeys(told)) == ["a.sqlite: SELECT 3", "a.sqlite: SELECT 4", "a.sqlite: select 3"] + [
        f"{name}.sqlite: {sql} 3" for name in "bc" for sql in ("SELECT", "select")
    ]


# --- with a data set


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return write_release(tmp_path / "release")


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    file = tmp_path / "answers.txt"
    file.write_text(
        "SELECT count(*) FROM boat\nSELECT name FROM boat WHERE boat_id = 1\n"
        "SELECT name FROM boat JOIN trip ON boat.boat_id = trip.boat_id\n",
        encoding="utf-8",
    )
    return file


def test_evaluate(release: Path, answers: Path, suites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics = ["execution_accuracy", f"test_suite_accuracy(suites={json.dumps(str(suites))})"]
    dataset = load_dataset(release)
    found = evaluate_files([answers], dataset, metrics=metrics, workers=1, progress=False)
    assert [found[0].judged.scores(metric)["all"] for metric in metrics] == [1.0, 2 / 3]
    assert evaluation_table(found).splitlines()[-1] == (
        f"{metrics[1]}: test-suite accuracy on 4 databases of 2 schemas in suites, by the test-suite code's rules, "
        "no plug_value"
    )

    def refuse(*_: object) -> None:
        raise AssertionError("what ran once is not run again")  # run ahead, statements that nobody needed may be

    monkeypatch.setattr(Executor, "_ask", refuse)
    again = evaluate_files([answers], dataset, metrics=metrics, workers=1, progress=False)
    assert again[0].judged.verdicts == found[0].judged.verdicts


def test_the_table_counts_what_the_cap_cut(release: Path, answers: Path) -> None:
    answers.write_text("SELECT 1\nSELECT 'a', 'b'\nSELECT 'a', 'b', 2\n", encoding="utf-8")
    gold = json.loads((release / "dev.json").read_text(encoding="utf-8"))
    for record in gold:
        record["query"] += " LIMIT 2" if "LIMIT" not in record["query"] else ", 2"
    (release / "dev.json").write_text(json.dumps(gold), encoding="utf-8")
    found = evaluate_files(
        [answers], load_dataset(release), metrics=["execution_accuracy(plug_value=true, plug_cap=1)"], progress=False
    )
    lines = evaluation_table(found).splitlines()
    assert lines[1].startswith("EX by the test-suite code's rules on one database per schema, plug_value, at most 1 ")
    assert lines[-1] == "Wrong verdicts for which plug_cap left candidates untried: answers.txt (1)."


def test_in_an_experiment(release: Path, suites: Path, tmp_path: Path) -> None:
    (tmp_path / "experiment.toml").write_text(
        '[data]\nuse = "release"\n[[configuration]]\nname = "says"\nmodel = "tests.strategies:says"\n'
        'metrics = [{ use = "test_suite_accuracy", suites = "suites" }, "execution_accuracy"]\n',
        encoding="utf-8",
    )
    experiment = load(tmp_path / "experiment.toml", data=release)
    told = table(run(experiment, workers=1, progress=False))
    assert told.splitlines()[1].startswith("test-suite accuracy on 4 databases of 2 schemas in suites, by the ")
    assert "\nexecution_accuracy: EX by the test-suite code's rules on one database per schema, no plug_value\n" in told
    with pytest.raises(ConfigError, match=r"'test_suite_accuracy' needs the option 'suites'$"):
        load(tmp_path / "experiment.toml", data=release, overrides=['metrics=["test_suite_accuracy"]'])


def refusal(release: Path, answers: Path, suites: Path) -> str:
    """What evaluating on this test suite is refused with, before a statement of the data set is run."""
    metric = f"test_suite_accuracy(suites={json.dumps(str(suites))})"
    with pytest.raises((DataError, DatabaseError)) as error, pytest.MonkeyPatch.context() as patch:
        patch.setattr("text2sql.rescore.broken_gold", lambda *_: pytest.fail("not up front"))
        evaluate_files([answers], load_dataset(release), metrics=[metric], workers=1, progress=False)
    return str(error.value).replace(str(suites), "SUITES")


def test_what_is_missing_is_said_up_front(release: Path, answers: Path, suites: Path, tmp_path: Path) -> None:
    expected = "SUITES: no such folder; a test suite is a folder with one folder of databases per db_id"
    assert refusal(release, answers, tmp_path / "nowhere") == expected
    (tmp_path / "empty/harbour").mkdir(parents=True)
    expected = "SUITES: no databases; DB_ID/NAME.sqlite is expected in a test suite"
    assert refusal(release, answers, tmp_path / "empty") == expected
    (suites / "harbour").rename(suites / "harbor")
    expected = "SUITES/harbour: no databases in this test suite; did you mean 'harbor'?"
    assert refusal(release, answers, suites) == expected


def test_a_damaged_variant_is_said_up_front(release: Path, answers: Path, suites: Path) -> None:
    damaged = suites / "harbour/c.sqlite"
    whole = damaged.read_bytes()
    damaged.write_bytes(b"")
    assert refusal(release, answers, suites) == "SUITES/harbour/c.sqlite: an empty file"
    damaged.write_bytes(b"hello" * 100)
    assert refusal(release, answers, suites) == "SUITES/harbour/c.sqlite: not an SQLite database"
    damaged.write_bytes(whole[:100] + b"\xff" * 1000)
    assert refusal(release, answers, suites).startswith("SUITES/harbour/c.sqlite: ")
