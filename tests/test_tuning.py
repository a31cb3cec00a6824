"""Tuned models: made once, kept, put in place of their names; with a tuner of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FuturesTimeout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest

from tests.conftest import Command
from tests.small import DEV, questions, write_json, write_release
from text2sql.artifacts import cache_folder
from text2sql.caches import clear_cache
from text2sql.config import load
from text2sql.errors import ConfigError, TuningFailed, UsageError
from text2sql.experiment import Experiment
from text2sql.protocols import Model, Tuner
from text2sql.runner import run
from text2sql.tune import start_tuning
from text2sql.tuned import ready
from text2sql.tuning import Tuning, tuning_of
from text2sql.tuning_report import line
from text2sql.types import Completion, Completions, Job, Loss, Prompt, TuningData, TuningEstimate

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
def experiment(tmp_path: Path, cache: Path) -> Callable[..., Experiment]:
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
    (folder,) = (cache_folder() / "tuned").iterdir()
    assert (folder / "starts").read_text() == "started\n"
    model = ready(experiment(), progress=False).configurations[0].stages["model"][0]
    assert (model.use, model.label) == ("tests.test_tuning:saying", "tuned small")
    assert model.options == {"weights": folder / "weights.json", "loud": True}


def test_a_configuration_may_set_options_of_its_tuned_model(experiment: Callable[..., Experiment]) -> None:
    one = experiment()
    one.path.write_text(one.path.read_text().replace('tuned = "small"', 'tuned = "small", loud = false'))
    (model,) = ready(load(one.path), progress=False).configurations[0].stages["model"]
    assert (model.options["loud"], model.tuned) == (False, "small")
    one.path.write_text(one.path.read_text().replace("loud = false", "lout = false"))
    with pytest.raises(ConfigError) as raised:
        ready(load(one.path), progress=False)
    where = f"{one.path}: the tuned model 'small'"
    assert str(raised.value) == f"{where}: 'tests.test_tuning:saying' has no option 'lout'; did you mean 'loud'?"


def test_another_option_is_another_model_and_another_run(experiment: Callable[..., Experiment], tmp_path: Path) -> None:
    run(experiment(), out=tmp_path / "runs", progress=False)
    run(experiment('word = "two"'), out=tmp_path / "runs", progress=False)
    assert len(list((cache_folder() / "tuned").iterdir())) == 2
    assert len(list((tmp_path / "runs" / "x").iterdir())) == 2


def test_a_model_that_costs_something_is_not_started_by_a_run(experiment: Callable[..., Experiment]) -> None:
    with pytest.raises(ConfigError) as raised:
        run(experiment("free = false"), progress=False)
    path = experiment().path
    command = f"text2sql finetune start {path} --tuner small"
    assert str(raised.value) == f"{path}: the tuned model 'small' does not exist yet; '{command}' makes it"
    folder = experiment("free = false").dataset.folder
    changed = load(path, data=str(folder), overrides=["tuner.small.word=two words"])
    command += f" --data {folder} --set 'tuner.small.word=two words'"
    with pytest.raises(ConfigError) as raised:
        run(changed, progress=False)
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
    for place in (one.folder, one.folder / "earlier-1"):
        assert (place / "starts").read_text() == "started\n"
        assert (place / "job.json").is_file()
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


# --- jobs elsewhere ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Far:
    """A job at a provider, which a file moves on: one word a look."""

    folder: Path
    price: float | None
    free: bool = False

    def estimate(self, data: TuningData) -> TuningEstimate:
        return TuningEstimate(1000, 3, self.price)

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        with (self.folder / "begun").open("a") as file:
            file.write("begun\n")
        return Job("far-1", "running", events=("queued",))

    def poll(self, job: Job) -> Job:
        script = (self.folder / "script").read_text().split()
        word = script.pop(0)
        (self.folder / "script").write_text(" ".join(script))
        if word == "lost":
            raise TuningFailed("far-1: the provider does not know this job (any more)")
        if word == "step":
            losses = (*job.losses, Loss(len(job.losses) + 1, 2.0 / (len(job.losses) + 1), None))
            return replace(job, done=job.done + 0.25, losses=losses, events=(*job.events, "a step"))
        if word == "done":
            model: dict[str, str | int | float | bool] = {"use": "openai", "name": "ft:far"}
            losses = (*job.losses, Loss(6, 0.1, 0.2))
            return replace(
                job, status="succeeded", model=model, done=1.0, losses=losses, tokens=3000, cost=0.5, serve="serve it"
            )
        assert word in ("failed", "interrupted")
        ended: Literal["failed", "interrupted"] = "failed" if word == "failed" else "interrupted"
        return replace(job, status=ended, message="expired" if word == "failed" else "")

    def cancel(self, job: Job) -> Job:
        return replace(job, status="cancelled")


def far(folder: Path, *, price: float | None = 0.2) -> Tuner:
    """A tuner of this test."""
    return _Far(folder, price)


@dataclass(frozen=True)
class Far:
    """The commands on an experiment whose tuner is far away."""

    file: Path
    tuning: Tuning
    call: Command

    def script(self, words: str) -> None:
        (self.tuning.folder / "script").write_text(words)

    def __call__(self, command: str, *options: object) -> tuple[int, str]:
        status, out, err = self.call("finetune", command, self.file, *options)
        return status, out + err


@pytest.fixture
def far_away(experiment: Callable[..., Experiment], text2sql: Command) -> Far:
    text = experiment().path.read_text().replace("test_tuning:counting", "test_tuning:far")
    file = experiment().path.with_name("far.toml")
    file.write_text(text)
    return Far(file, tuning_of(load(file)), text2sql)


def test_a_job_elsewhere_is_begun_looked_at_and_waited_for(far_away: Far, tmp_path: Path) -> None:
    run_it = f"'text2sql finetune {{}} {far_away.file} --tuner small'"
    assert far_away("status") == (0, "small: not made yet\n")
    assert far_away("wait") == (
        2,
        f"text2sql: small: it was not begun; {run_it.format('start')} begins it\n",
    )
    assert far_away("start", "--quiet") == (0, "small: running, 0 %\n")
    far_away.script("step step step step step done")
    assert far_away("status") == (
        0,
        "small: running, 25 %\n"
        "  step  train loss  validation loss\n"
        "  ----  ----------  ---------------\n"
        "  1         2.0000  –\n"
        "  queued\n"
        "  a step\n",
    )
    assert far_away("start", "--quiet")[1].splitlines()[0] == "small: running, 50 %"
    with pytest.raises(ConfigError) as raised:
        ready(load(far_away.file), progress=False)
    waiting = f"the tuned model 'small' is still being made; {run_it.format('wait')} waits for it"
    assert str(raised.value) == f"{far_away.file}: {waiting}"
    status, printed = far_away("wait", "--quiet", "--every", 0.05, "--tuner", "small")
    assert (status, printed.splitlines()[0]) == (0, "small: succeeded, openai ft:far, 3,000 tokens, $0.50")
    assert printed.splitlines()[-1] == "  serve it by: serve it"
    assert [line.split() for line in printed.splitlines()[3:9]] == [
        ["1", "2.0000", "–"],
        ["2", "1.0000", "–"],
        ["3", "0.6667", "–"],
        ["4", "0.5000", "–"],
        ["5", "0.4000", "–"],
        ["6", "0.1000", "0.2000"],
    ]
    (model,) = ready(load(far_away.file), progress=False).configurations[0].stages["model"]
    assert (model.use, model.options["name"]) == ("openai", "ft:far")
    assert (far_away.tuning.folder / "begun").read_text() == "begun\n"
    record = json.loads(far_away("status", "--json")[1])[0]
    assert (record["job"]["cost"], record["job"]["losses"][0]) == (0.5, {"step": 1, "train": 2.0, "validation": None})
    far_away("status", "--plot", tmp_path / "loss.svg")
    assert "<svg" in (tmp_path / "loss.svg").read_text()
    assert far_away("status", "--plot", tmp_path / "loss.txt")[0] == 2


def test_a_job_that_ends_badly_is_one_line_and_can_be_begun_again(far_away: Far) -> None:
    far_away("start", "--quiet")
    far_away.script("lost failed")
    gone = "text2sql: far-1: the provider does not know this job (any more)\n"
    assert far_away("status") == (2, gone)
    assert far_away("wait", "--quiet") == (1, "small: failed (expired)\n  queued\n")
    with pytest.raises(ConfigError) as raised:
        run(load(far_away.file), progress=False)
    command = f"'text2sql finetune start {far_away.file} --tuner small'"
    assert str(raised.value) == (
        f"{far_away.file}: the tuned model 'small' could not be made: expired; {command} tries again"
    )
    assert far_away("start", "--quiet")[0] == 0
    far_away.script("step interrupted")
    assert far_away("cancel") == (0, "small: cancelled\n")
    assert far_away("cancel") == (0, "small: cancelled\n")
    far_away("start", "--quiet")
    far_away.script("interrupted interrupted interrupted")
    cut_off = f"text2sql: small: it was cut off; {command} goes on with it\n"
    assert far_away("wait", "--quiet") == (2, cut_off)
    assert far_away("start", "--quiet") == (0, "small: running, 0 %\n")
    assert (far_away.tuning.folder / "begun").read_text() == "begun\n" * 4
    far_away.script("step step")
    assert far_away("start", "--again", "--quiet") == (
        2,
        f"text2sql: small: it is still running; {command.replace('start', 'cancel')} ends it\n",
    )


def test_nothing_is_begun_that_costs_too_much(far_away: Far) -> None:
    assert far_away("start", "--quiet", "--max-cost", 0.4) == (
        2,
        "text2sql: small: 1 demonstrations cost about $0.60: not begun\n",
    )
    unknown = far_away.file.read_text().replace("[tuner.small]", "[tuner.small]\nprice = 0.1")
    far_away.file.write_text(unknown)
    assert far_away("start", "--quiet", "--max-cost", 0.4)[0] == 0
    told = far_away("start", "--dry-run", "--quiet")[1].splitlines()
    assert told[-1] == "1,000 tokens an epoch, 3 epochs: about $0.30"


def test_a_model_is_not_asked_about_databases_that_it_was_tuned_on(experiment: Callable[..., Experiment]) -> None:
    one = experiment()
    file = one.dataset.folder / "train_spider.json"
    write_json(file, [*json.loads(file.read_text()), *questions(DEV)])
    with pytest.raises(ConfigError) as raised:
        run(experiment(), progress=False)
    assert str(raised.value) == (
        "[tuner.small]: the database 'harbour' is in train and in dev of release: "
        "a model tuned on it has seen the answers; data.cross_database = true allows it"
    )
    allowed = one.path.read_text().replace("[data]", "[data]\ncross_database = true")
    one.path.write_text(allowed)
    assert run(load(one.path), progress=False)["tuned"].unanswered == []


# --- what goes wrong on the way ------------------------------------------------------------------------------


def test_two_processes_make_it_once(experiment: Callable[..., Experiment], tmp_path: Path) -> None:
    """The second one waits for the first, and takes what that made; meanwhile the cache cannot be cleared of it."""
    one, heard = tuning_of(experiment()), list[str]()
    with ThreadPoolExecutor(1) as second, one.alone(lambda stage, share: None):
        with pytest.raises(UsageError) as raised:
            clear_cache("tuned")
        assert str(raised.value) == f"{one.folder} is being made: clear the cache when that has ended"
        waiting = second.submit(start_tuning, one, progress=False)
        with pytest.raises(FuturesTimeout):
            waiting.result(timeout=0.3)
        made = one.start(lambda stage, share: heard.append(stage))
    assert waiting.result(timeout=60) == made
    assert (one.folder / "starts").read_text() == "started\n"
    clear_cache("tuned")
    assert one.job is None


def test_a_record_that_cannot_be_read_and_a_model_that_is_gone_are_one_line(
    experiment: Callable[..., Experiment],
) -> None:
    one = tuning_of(experiment())
    start_tuning(one, progress=False)
    command = f"text2sql finetune start {one.experiment} --tuner small"
    gone = one.folder / "weights.json"
    gone.unlink()
    with pytest.raises(TuningFailed) as lost:
        ready(experiment(), progress=False)
    assert str(lost.value) == f"{gone}: the tuned model 'small' is gone; '{command} --again' makes it again"
    assert start_tuning(one, again=True, progress=False).status == "succeeded"
    ready(experiment(), progress=False)
    for content in ("", "[]", '{"ids": 1}'):
        (one.folder / "job.json").write_text(content)
        with pytest.raises(TuningFailed) as raised:
            one.poll()
        told = str(raised.value)
        assert told.startswith(f"{one.folder / 'job.json'}: not the record of a tuning (")
        assert told.endswith(f"); remove it, and '{command}' goes on")


def test_shared_databases_are_refused_before_anything_is_spent(experiment: Callable[..., Experiment]) -> None:
    one = experiment("free = false")
    write_json(one.dataset.train[0], questions(DEV[:1]))
    with pytest.raises(ConfigError, match=r"^\[tuner.small\]: the database 'harbour' is in train and in dev of"):
        start_tuning(tuning_of(experiment("free = false")), progress=False)
    assert not (tuning_of(experiment("free = false")).folder / "starts").exists()
    one.path.write_text(one.path.read_text().replace("[[configuration]]", "cross_database = true\n[[configuration]]"))
    assert start_tuning(tuning_of(load(one.path)), progress=False).status == "succeeded"
