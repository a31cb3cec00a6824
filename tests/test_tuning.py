"""Tuned models: made once, kept, put in place of their names; with a tuner of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.small import write_json, write_release
from text2sql import artifacts, tuning
from text2sql.config import load
from text2sql.errors import ConfigError
from text2sql.experiment import Experiment
from text2sql.protocols import Model, Tuner
from text2sql.runner import run
from text2sql.tuning import ready, start_tuning, tuning_of
from text2sql.tuning_report import line
from text2sql.types import Completion, Completions, Job, Prompt, TuningData

EXPERIMENT = """
[data]
use = "{data}"
[[configuration]]
name = "tuned"
model = {{ tuned = "small" }}
voter = {{ use = "first" }}
[tuner.small]
use = "tests.test_tuning:counting"
{options}
"""


@dataclass(frozen=True)
class _Counting:
    """Writes down how many examples it saw, each time it is started."""

    folder: Path
    word: str
    free: bool
    fails: bool

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        tell("counting", 0.5)
        if self.fails:
            return Job("1", "failed", message="out of luck")
        with (self.folder / "starts").open("a") as file:
            file.write("started\n")
        write_json(self.folder / "weights.json", {"word": self.word, "n": len(data.train)})
        return Job("1", "succeeded", {"use": "tests.test_tuning:saying", "weights": "weights.json", "loud": True})

    def poll(self, job: Job) -> Job:
        return job

    def cancel(self, job: Job) -> Job:
        return replace(job, status="cancelled")


def counting(folder: Path, seed: int, *, word: str = "one", free: bool = True, fails: bool = False) -> Tuner:
    """A tuner for this test."""
    return _Counting(folder, word, free, fails)


@dataclass(frozen=True)
class _Saying:
    said: str

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        return [Completion(f"SELECT '{self.said}'")] * n


def saying(*, weights: Path, loud: bool = False) -> Model:
    """The model that it makes."""
    made = json.loads(weights.read_text())
    return _Saying(f"{made['word']} {made['n']}{'!' if loud else ''}")


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Experiment]:
    for module in (artifacts, tuning):
        monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    folder = write_release(tmp_path / "release")

    def make(options: str = "") -> Experiment:
        (tmp_path / "x.toml").write_text(EXPERIMENT.format(data=folder.as_posix(), options=options))
        return load(tmp_path / "x.toml")

    return make


def test_a_run_makes_the_model_that_costs_nothing_once(experiment: Callable[..., Experiment], tmp_path: Path) -> None:
    first = run(experiment(), out=tmp_path / "runs", progress=False)
    pool = len(experiment().dataset.pool)
    (record, *_) = first["tuned"].run.records.values()
    assert record["candidates"][0]["sql"] == f"SELECT 'one {pool}!'"
    run(experiment(), out=tmp_path / "elsewhere", progress=False)
    (folder,) = (tmp_path / "cache" / "tuned").iterdir()
    assert (folder / "starts").read_text() == "started\n"
    model = ready(experiment(), progress=False).configurations[0].stages["model"][0]
    assert (model.use, model.label) == ("tests.test_tuning:saying", "tuned small")
    assert model.options == {"weights": folder / "weights.json", "loud": True}


def test_another_option_is_another_model_and_another_run(experiment: Callable[..., Experiment], tmp_path: Path) -> None:
    run(experiment(), out=tmp_path / "runs", progress=False)
    run(experiment('word = "two"'), out=tmp_path / "runs", progress=False)
    assert len(list((tmp_path / "cache" / "tuned").iterdir())) == 2
    assert len(list((tmp_path / "runs" / "x").iterdir())) == 2


def test_a_model_that_costs_something_is_not_started_by_a_run(experiment: Callable[..., Experiment]) -> None:
    with pytest.raises(ConfigError) as raised:
        run(experiment("free = false"), progress=False)
    path = experiment().path
    command = f"text2sql finetune start {path} --tuner small"
    assert str(raised.value) == f"{path}: the tuned model 'small' does not exist yet; '{command}' makes it"
    assert start_tuning(tuning_of(experiment("free = false")), progress=False).status == "succeeded"
    run(experiment("free = false"), progress=False)


def test_how_tunings_stand(experiment: Callable[..., Experiment], tmp_path: Path) -> None:
    def told(options: str = "", again: bool = False) -> str:
        tuning = tuning_of(experiment(options))
        return line(tuning, start_tuning(tuning, again=again, progress=False))

    one = tuning_of(experiment())
    assert line(one, one.poll()) == "small: not made yet"
    made = f"small: succeeded, tests.test_tuning:saying in {one.folder}"
    assert told() == made
    assert line(one, one.poll()) == made
    assert told() == made
    assert (one.folder / "starts").read_text() == "started\n"
    told(again=True)
    assert (one.folder / "starts").read_text() == "started\nstarted\n"
    assert sorted(file.name for file in one.folder.glob("job*")) == ["job-1.json", "job.json"]
    assert told("fails = true") == "small: failed (out of luck)"
    with pytest.raises(ConfigError, match=r"the tuned model 'small' could not be made: out of luck$"):
        ready(experiment("fails = true"), progress=False)


def test_tuners_that_are_not_there(experiment: Callable[..., Experiment], tmp_path: Path) -> None:
    one = experiment()
    with pytest.raises(ConfigError) as raised:
        tuning_of(one, "smal")
    assert str(raised.value) == f"{one.path}: no [tuner.smal]; did you mean 'small'?"
    with pytest.raises(ConfigError) as raised:
        tuning_of(replace(one, recipes={}))
    assert str(raised.value) == f"{one.path}: it has no [tuner.NAME]"
    for file in one.dataset.folder.glob("train*.json"):
        file.unlink()
    with pytest.raises(ConfigError) as raised:
        run(experiment(), progress=False)
    assert str(raised.value) == "[tuner.small]: release has no train examples"
