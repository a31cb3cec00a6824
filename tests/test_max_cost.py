"""Runs that pay: --max-cost is never passed, nothing is asked twice, and the tables say what was paid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.endpoint import Endpoint, Reply, chat, choice, failure, serving
from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.errors import Halted
from text2sql.experiment import Experiment
from text2sql.queries import query
from text2sql.report import runs_json, table
from text2sql.runner import run
from text2sql.store import FILES, open_run

FILE = """
[data]
use = "tiny"
[[configuration]]
name = "asked"
model = {{ use = "openai", name = "m", base_url = "{url}", max_tokens = 50, retries = 0 }}
prompt = "question"
generator = {{ use = "direct", n = 2, temperature = 0.7 }}
"""
PRICES = '["*".m]\ninput = 1\noutput = 10\n'
CALL = (100 + 10 * 40) / 1e6  # dollars


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys of the machine, and a response cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


class Till:
    """A server that adds up what it is owed: ``CALL`` for each answer of two completions."""

    def __init__(self, endpoint: Endpoint, tiny: Dataset) -> None:
        self.endpoint, self.owed, self.lock = endpoint, 0.0, threading.Lock()
        self.gold = {example.question.text: example.sql for example in tiny.examples}
        endpoint.answers = self.answer

    def answer(self, body: Any) -> Reply:
        text = body["messages"][-1]["content"]
        sql = next(sql for question, sql in self.gold.items() if question in text)
        time.sleep(0.01)
        with self.lock:
            self.owed += CALL
        return Reply(chat(choice(sql), choice(sql), usage=(100, 40)))

    @property
    def questions(self) -> list[str]:
        return [body["messages"][-1]["content"] for body in self.endpoint.bodies]


@pytest.fixture
def till(tiny: Dataset) -> Iterator[Till]:
    with serving() as endpoint:
        yield Till(endpoint, tiny)


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "prices.toml"
    file.write_text(PRICES, encoding="utf-8")
    return file


@pytest.fixture
def experiment(tmp_path: Path, till: Till) -> Experiment:
    file = tmp_path / "asked.toml"
    file.write_text(FILE.format(url=till.endpoint.url), encoding="utf-8")
    return load(file)


def test_it_stops_before_it_is_passed_and_goes_on_with_more(
    tmp_path: Path, till: Till, prices: Path, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"workers": 4, "prices": [prices], "progress": False}
    stopped = r"^--max-cost: \$0\.\d{4} of \$0\.0050 are spent, and the next call may cost \$0\.00\d\d: "
    with pytest.raises(Halted, match=stopped) as caught:
        run(experiment, max_cost=0.005, **options)
    folder = next(tmp_path.glob("**/run.json")).parent
    stored = open_run(folder)
    asked = len(till.questions)
    assert 0 < till.owed <= 0.005 < till.owed + 3 * CALL
    assert len(stored.records) == asked, "what was in flight is stored"
    assert str(caught.value).endswith(
        f": {asked} of 30 questions of 'asked' are done and stored; the same command goes on from there"
    )
    assert len((folder / "predictions.jsonl").read_text(encoding="utf-8").splitlines()) == asked
    runs = run(experiment, max_cost=1.0, **options)
    assert len(till.questions) == len(set(till.questions)) == 30
    (row,) = runs_json("asked", runs)["configurations"]
    assert row["cost"] == {"alone": pytest.approx(30 * CALL), "paid": pytest.approx(30 * CALL)}
    assert row["cost"]["paid"] == pytest.approx(till.owed)
    assert (row["answered"], row["tokens"]) == (30, 30 * 140)
    # All of it once more, elsewhere: for nothing, and the same to the byte.
    again = run(experiment, out=tmp_path / "again", max_cost=0.0, **options)
    assert len(till.questions) == 30
    for name in FILES:
        assert (again["asked"].run.folder / name).read_bytes() == (folder / name).read_bytes()


def test_calls_of_a_run_that_halted_are_paid_once(till: Till, prices: Path, experiment: Experiment) -> None:
    """Where n is refused a question has several calls, and may be halted between them."""
    answer = till.answer

    def one_by_one(body: Any) -> Reply:
        if "n" in body:
            return Reply(failure("n is not supported", param="n"), 400)
        reply: Any = answer(body)
        reply.body["choices"].pop()
        return Reply(reply.body)

    till.endpoint.answers = one_by_one
    options: dict[str, Any] = {"workers": 3, "prices": [prices], "progress": False}
    for limit in (0.002, 0.004, 0.003):
        before = till.owed
        with pytest.raises(Halted):
            run(experiment, max_cost=limit, **options)
        assert till.owed - before <= limit
    runs = run(experiment, **options)
    (row,) = runs_json("asked", runs)["configurations"]
    assert till.owed == pytest.approx(60 * CALL)
    assert row["cost"] == {"alone": pytest.approx(60 * CALL), "paid": pytest.approx(60 * CALL)}
    host = till.endpoint.host
    assert runs["asked"].run.manifest["endpoints"] == {f"m at {host}": ["n"]}
    assert f"\nm at {host} was asked without n, which it does not take.\n" in table(runs)


def test_the_command_ends_with_status_3_and_one_line(
    tmp_path: Path, till: Till, prices: Path, experiment: Experiment
) -> None:
    command = [sys.executable, "-m", "text2sql", "run", str(experiment.path), "--prices", str(prices), "--quiet"]

    def started(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *more], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
        )

    done = started("--max-cost", "0.002")
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("text2sql: --max-cost: $0.00") and line.endswith("the same command goes on from there")
    assert till.owed <= 0.002
    done = started("--max-cost", "1", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["configurations"][0]["answered"] == 30
    assert len(till.questions) == 30


def test_another_metric_keeps_what_is_known_of_endpoints(
    till: Till, prices: Path, experiment: Experiment, tmp_path: Path
) -> None:
    answer = till.answer
    till.endpoint.answers = lambda body: Reply(failure("unknown field: seed"), 400) if "seed" in body else answer(body)
    run(experiment, limit=4, progress=False)
    more = load(experiment.path, overrides=['metrics=["execution_accuracy", "exact_set_match"]'])
    asked = len(till.questions)
    runs = run(more, limit=4, progress=False)
    assert len(till.questions) == asked
    assert runs["asked"].run.manifest["endpoints"] == {f"m at {till.endpoint.host}": ["seed"]}


def test_calls_as_a_table(till: Till, prices: Path, experiment: Experiment, tmp_path: Path) -> None:
    run(experiment, limit=2, workers=1, prices=[prices], progress=False)
    columns = "stage, n, cached, retries, len(requests), cost, paid"
    rows = query(f"select {columns} from calls order by stage, question", tmp_path / "runs").rows
    assert rows == [("generate", 2, 0, 0, 1, CALL, CALL)] * 2 + [("question", 0, 0, 0, None, None, None)] * 2
    run(experiment, limit=2, workers=1, prices=[prices], progress=False, out=tmp_path / "again")
    # Another run of the same digest paid for them.
    rows = query("select cached, cost, paid, typeof(requests) from calls where n > 0", tmp_path / "again").rows
    assert rows == [(2, CALL, 0.0, "VARCHAR[]")] * 2
