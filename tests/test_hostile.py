"""Evaluation survives hostile SQL: each statement has its outcome, and leaves nothing behind.

In the sandbox, as a prediction and as gold of the whole judge, and in all that reads SQL as text.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile import HOSTILE, TABLES, VIRTUAL_TABLES
from tests.small import questions, tables_entry, write_database, write_json
from text2sql.dataset import load_dataset
from text2sql.embedded.reading import sketch_of
from text2sql.errors import ParseError
from text2sql.executor import Executor
from text2sql.failures import FAILURES
from text2sql.linking import masked
from text2sql.metrics._official import prepare
from text2sql.metrics.exact_set_match import exact_set_match
from text2sql.parallel import in_parallel
from text2sql.rescore import evaluate_files
from text2sql.sandbox import CANDIDATE
from text2sql.skeleton import constructs, skeleton
from text2sql.spider_sql import hardness, parse
from text2sql.sql import extract, is_ordered, one_line
from text2sql.ties import ranking
from text2sql.types import Candidate, Column, Completion, Example, Prediction, Question, Result, Schema, Table
from text2sql.voters.majority import majority

SECONDS = 1.0
METRICS = ["execution_accuracy", "execution_accuracy(keep_distinct=true)", "exact_set_match", "pass_at_n", "valid_sql"]
REASONS = {*FAILURES, "", "unparsed", "gold_unparsed", "different", "no_candidate_right"}
GOLD = "SELECT a, b FROM t WHERE a > 1"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a database; afterwards its bytes are the same, and nothing else is there or where processes write.

    Statements and workers find an empty working directory and an empty temporary folder.
    """
    database = write_database(tmp_path / "data/database/x/x.sqlite", TABLES)
    for script in VIRTUAL_TABLES:
        with contextlib.suppress(sqlite3.OperationalError):
            write_database(database, script)
    for name in ("working", "temporary"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "working")
    for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path / "temporary"))
    before = hashlib.sha256(database.read_bytes()).hexdigest()
    yield tmp_path / "data"
    assert hashlib.sha256(database.read_bytes()).hexdigest() == before
    assert (os.listdir(database.parent), os.listdir("."), os.listdir(tmp_path / "temporary")) == (["x.sqlite"], [], [])


RESOURCES = {"timeout", "too_big"}


def admitted(name: str) -> set[str]:
    """The outcomes of a statement; which of the limits it meets first depends on the machine."""
    told = set(HOSTILE[name][0].split())
    return told | RESOURCES if told & RESOURCES else told


@pytest.mark.slow
def test_every_statement_has_its_outcome(folder: Path) -> None:
    database = folder / "database/x/x.sqlite"
    limits, start = replace(CANDIDATE, seconds=SECONDS), time.monotonic()
    peak = 0
    with Executor(workers=2) as executor:

        def work(name: str) -> tuple[str, Result]:
            return name, executor.execute(database, HOSTILE[name][1], limits)

        found = {}
        for name, result in in_parallel(work, list(HOSTILE), 2):
            found[name] = result.error or "ok"
            peak = max(peak, *(memory(worker._process.pid) for worker in list(executor._started)))
            assert len(result.rows) <= 20 and len(result.message) < 600, name
        # Workers are alive, or replaced by the next statement.
        counts = in_parallel(lambda n: executor.execute(database, f"SELECT count(*) + {n} FROM t").rows, range(8), 2)
        assert sorted(counts) == [((1000 + n,),) for n in range(8)]
    assert {name: error for name, error in found.items() if error not in admitted(name)} == {}
    assert len(HOSTILE) >= 180 and "crashed" not in found.values()
    assert time.monotonic() - start < len(HOSTILE) * (SECONDS + 3)
    assert peak < 3 << 19  # KiB
    print(f"\n{len(found)} statements, {time.monotonic() - start:.0f} s, {peak >> 10} MiB, {Counter(found.values())}")


def memory(pid: int) -> int:
    """The most memory that a process has had, in KiB; 0 where the system does not say."""
    with contextlib.suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return 0


# --- the whole judge


def judged(folder: Path, golds: Mapping[str, str], sqls: Mapping[str, str]) -> dict[str, dict[str, tuple[float, str]]]:
    """Score and reason of each metric for pairs of gold and predicted SQL by name."""
    write_json(folder / "dev.json", questions([("x", name, gold) for name, gold in golds.items()]))
    entry = tables_entry("x", "CREATE TABLE t (a INTEGER, b TEXT, c REAL)")
    write_json(folder / "tables.json", [entry])
    write_json(folder / "train.json", [])
    lines = [f'{{"sql": {json.dumps(sqls[name])}}}' for name in golds]
    (folder / "hostile.jsonl").write_text("\n".join(lines), encoding="ascii")
    data = load_dataset(folder)
    (found,) = evaluate_files(
        [folder / "hostile.jsonl"],
        data,
        metrics=METRICS,
        allow_missing=True,
        allow_gold_errors=True,
        seconds=SECONDS,
        workers=2,
        progress=False,
    )
    verdicts = found.judged.verdicts
    by_name = {example.question.text: example.question.id for example in data.examples}
    return {name: {m: (verdicts[m][id].score, verdicts[m][id].reason) for m in METRICS} for name, id in by_name.items()}


RIGHT = {metric: (1.0, "") for metric in METRICS}


@pytest.mark.slow
def test_hostile_predictions(folder: Path) -> None:
    sqls = {name: sql for name, (_, sql) in HOSTILE.items()} | {"gold": GOLD}
    found = judged(folder, dict.fromkeys(sqls, GOLD), sqls)
    assert found.pop("gold") == RIGHT
    assert {reason for verdicts in found.values() for _, reason in verdicts.values()} <= REASONS
    assert {name for name, verdicts in found.items() if any(verdicts[metric][0] for metric in METRICS[:4])} == set()
    outcomes = {name: verdicts["valid_sql"][1] or "ok" for name, verdicts in found.items()}
    assert {name: error for name, error in outcomes.items() if error not in admitted(name)} == {}


@pytest.mark.slow
def test_hostile_gold(folder: Path) -> None:
    golds = {name: sql for name, (_, sql) in HOSTILE.items()} | {"gold": GOLD}
    found = judged(folder, golds, dict.fromkeys(golds, GOLD))
    assert found.pop("gold") == RIGHT
    assert {reason for verdicts in found.values() for _, reason in verdicts.values()} <= REASONS
    assert {name for name, verdicts in found.items() if any(verdicts[metric][0] for metric in METRICS[:4])} == set()
    for name, verdicts in found.items():
        if "ok" not in (classes := HOSTILE[name][0].split()) and "not_a_query" not in classes:
            # The first of several statements, without DISTINCT, may run.
            assert verdicts[METRICS[1]][1] == "gold_error", name


# --- what reads SQL as text

SCHEMA = Schema(
    "x",
    (Table("t", (Column("a", label="a"), Column("b", label="b", values=("name 1", "x y")), Column("c")), label="t"),),
)


def read_exactly(sql: str) -> None:
    """Structure and hardness by the official grammar."""
    with contextlib.suppress(ParseError):
        hardness(parse(sql, SCHEMA.columns_by_table))


def extracted(sql: str) -> None:
    """A completion's SQL: handed over, said, fenced, quoted, after a thought."""
    assert extract(Completion("", sql=sql)) == (sql, "")
    for text in (sql, f"```sql\n{sql}\n```", f"Use `{sql}`.", f"<think>{sql}</think>{sql}", f"SQL: {sql}"):
        found, problem = extract(Completion(text))
        assert bool(found) != bool(problem)


def elected(sql: str) -> None:
    """A vote among results of the SQL."""
    schema, question = SCHEMA, Question("", "x", sql)
    candidates = [Candidate(sql, result=Result(("a",), 1, ((n,),))) for n in range(2)]
    assert majority()(question, schema, [Candidate(sql, result=Result(error="timeout")), *candidates]) == 1


READERS: dict[str, Callable[[str], object]] = {
    "extract": extracted,
    "one_line": one_line,
    "is_ordered": is_ordered,
    "skeleton": skeleton,
    "constructs": constructs,
    "linking": lambda sql: masked(sql, SCHEMA),
    "voting": elected,
    "official text": lambda sql: prepare(sql, False),
    "official grammar": read_exactly,
    "ties": ranking,
    "embedded parser": sketch_of,
}


@pytest.mark.parametrize("reader", READERS)
def test_what_reads_sql_survives_it(reader: str) -> None:
    for _, sql in HOSTILE.values():
        if len(sql) < 20_000:
            READERS[reader](sql)


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_what_reads_sql_survives_it_at_any_length(reader: str) -> None:
    for _, sql in HOSTILE.values():
        READERS[reader](sql)


def test_exact_set_match_survives_it(tmp_path: Path) -> None:
    database = write_database(tmp_path / "x.sqlite", TABLES)
    metric = exact_set_match({"x": SCHEMA}, {"x": database})
    question = Question("", "x", "")
    for name, (_, sql) in HOSTILE.items():
        for gold, predicted in ((GOLD, sql), (sql, GOLD)):
            prediction = Prediction(question, SCHEMA, (), (Candidate(predicted),), 0)
            assert metric(Example(question, gold), prediction).reason in REASONS, name
