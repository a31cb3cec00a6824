"""Forgetting: four configurations with verdicts written by hand, found, counted and told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.small import ORCHARD, QUARRY, questions, tables_entry, write_database, write_json
from text2sql.cli import main
from text2sql.comparison import paired, tango
from text2sql.config import load
from text2sql.errors import ConfigError, ProviderError, RunError, UsageError
from text2sql.experiment import Experiment
from text2sql.forgetting import Forgetting, Quadruple, interaction, measure_forgetting, quadruples
from text2sql.forgetting_report import forgetting_json, forgetting_text
from text2sql.protocols import Model, Tuner
from text2sql.types import Completion, Completions, Job, Prompt, TuningData

# A word is a question, a line a database: right (1) or wrong (0) of the untuned model without and with examples, then
# of the tuned one likewise.
VERDICTS = """\
0111 0111 0011
0101 1111
0111 0011 0001 1111
0111 0010 0110
0100 1111
0111 0000 0111 0101
1111 0111 0111
0111 1010
0111 0011 1111 0111
0110 0111 0000
1111 0111
0011 0101 0111 0110
"""
LINES = [[[int(mark) for mark in word] for word in line.split()] for line in VERDICTS.splitlines()]
SCORES = [[verdict[side] for line in LINES for verdict in line] for side in range(4)]
CLUSTERS = [number for number, line in enumerate(LINES) for _ in line]
GAINS = [[after - before for before, after in zip(*SCORES[at : at + 2], strict=True)] for at in (0, 2)]

EXPERIMENT = """
[data]
use = "{data}"
[defaults]
model = {{ use = "tests.test_forgetting:answering", file = "untuned.json" }}
[[configuration]]
name = "zero-shot"
[[configuration]]
name = "one example"
retriever = {{ use = "random", k = 1 }}
[[configuration]]
name = "two examples"
retriever = {{ use = "random", k = 2 }}
[[configuration]]
name = "tuned"
model = {{ tuned = "small" }}
[[configuration]]
name = "tuned, one example"
model = {{ tuned = "small" }}
retriever = {{ use = "random", k = 1 }}
[tuner.small]
use = "tests.test_forgetting:copying"
file = "tuned.json"
"""
FOUR = Quadruple(("zero-shot", "one example"), ("tuned", "tuned, one example"))


@dataclass(frozen=True)
class _Answering:
    answers: dict[str, list[str]]

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        if prompt.question.text not in self.answers:
            raise ProviderError("the provider is down")
        return [Completion(self.answers[prompt.question.text][bool(prompt.examples)])] * n


def answering(*, file: Path) -> Model:
    """A model that says what its file has: one answer without examples, one with some."""
    return _Answering(json.loads(file.read_bytes()))


@dataclass(frozen=True)
class _Copying:
    folder: Path
    file: Path
    free: bool = True

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        (self.folder / "answers.json").write_bytes(self.file.read_bytes())
        return Job("1", "succeeded", {"use": "tests.test_forgetting:answering", "file": "answers.json"})

    def poll(self, job: Job) -> Job:
        return job

    def cancel(self, job: Job) -> Job:
        return job


def copying(folder: Path, *, file: Path) -> Tuner:
    """A tuner whose model says what a file has."""
    return _Copying(folder, file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with a database for each line, what the models say on it, and the experiment."""
    folder = tmp_path_factory.mktemp("forgetting")
    data = folder / "data"
    scripts = {f"orchard{number}": ORCHARD for number in range(len(LINES))} | {"quarry": QUARRY}
    asked = [
        (f"orchard{number}", f"{number}.{at}: how many trees?", "SELECT count(*) FROM tree")
        for number, line in enumerate(LINES)
        for at in range(len(line))
    ]
    train = [("quarry", "Which kinds are there?", "SELECT kind FROM stone"), ("quarry", "How many?", "SELECT 1")]
    write_json(data / "dev.json", questions(asked))
    write_json(data / "train_spider.json", questions(train))
    write_json(data / "tables.json", [tables_entry(db_id, script) for db_id, script in scripts.items()])
    for db_id, script in scripts.items():
        write_database(data / "database" / db_id / f"{db_id}.sqlite", script)
    sqls = {1: "SELECT count(*) FROM tree", 0: "SELECT count(*) + 1 FROM tree"}
    for name, sides in (("untuned", SCORES[:2]), ("tuned", SCORES[2:])):
        said = {question: [sqls[one] for one in marks] for (_, question, _), *marks in zip(asked, *sides, strict=True)}
        write_json(folder / f"{name}.json", said)
    (folder / "x.toml").write_text(EXPERIMENT.format(data=data.as_posix()), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def experiment(folder: Path) -> Experiment:
    return load(folder / "x.toml")


@pytest.fixture(scope="module")
def found(experiment: Experiment, folder: Path) -> Forgetting:
    (one,) = measure_forgetting(experiment, out=folder / "runs", workers=2, progress=False)
    return one


def test_what_is_run_may_cost_no_more_than_is_said(experiment: Experiment, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="max_cost is 0 or more"):
        measure_forgetting(experiment, out=tmp_path, max_cost=-1.0, progress=False)


def test_the_four_belong_together(experiment: Experiment) -> None:
    """Those with two examples have no tuned counterpart."""
    assert quadruples(experiment) == [FOUR]


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("tuner.small.file=untuned.json", [FOUR]),
        ("seeds=[0, 1]", [FOUR]),
        ("draft.model=tests.strategies:says", [FOUR]),
        ("defaults.prompt=question", [FOUR]),
        ("retriever.k=1", [FOUR, Quadruple(("zero-shot", "two examples"), FOUR.tuned)]),
        ("retriever.use=none", []),
    ],
)
def test_what_belongs_together_is_equal_but_for_model_and_examples(
    override: str, expected: list[Quadruple], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert quadruples(load(folder / "x.toml", overrides=[override])) == expected


@pytest.mark.parametrize(
    "key", ['prompt = "openai_demo"', 'voter = "majority"', 'metrics = ["valid_sql"]', 'embedder = "lexical"']
)
def test_what_differs_in_more_does_not_belong_to_them(key: str, folder: Path, experiment: Experiment) -> None:
    text = experiment.path.read_text(encoding="utf-8").replace("[tuner.small]", f"{key}\n[tuner.small]")
    file = folder / "other.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        measure_forgetting(load(file), progress=False)
    assert str(raised.value) == (
        f"{file}: no four configurations that differ in the model (tuned or not) and in the examples (a retriever or "
        "none) alone"
    )


def test_the_statistics_are_those_of_the_verdicts(found: Forgetting) -> None:
    b0, b1, t0, t1 = SCORES
    assert (found.of, found.metric, len(found.ids), found.unanswered) == (FOUR, "execution_accuracy", 36, 0)
    databases = [f"orchard{number}" for number in CLUSTERS]
    assert found.untuned == paired(b0, b1, databases)
    assert found.tuned == paired(t0, t1, databases)
    assert found.without == paired(b0, t0, databases)
    assert found.with_examples == paired(b1, t1, databases)
    assert found.interaction == interaction(GAINS[0], GAINS[1], databases)


def test_the_interaction_is_a_cluster_robust_regression_on_a_constant() -> None:
    import numpy as np
    import statsmodels.api as sm

    values = np.array(GAINS[1]) - np.array(GAINS[0])
    fitted = sm.OLS(values, np.ones(len(values))).fit(
        cov_type="cluster", cov_kwds={"groups": np.array(CLUSTERS)}, use_t=True
    )
    made = interaction(GAINS[0], GAINS[1], CLUSTERS)
    low, high = fitted.conf_int()[0]
    assert (made.difference, made.error, made.p) == pytest.approx((fitted.params[0], fitted.bse[0], fitted.pvalues[0]))
    assert (made.interval.low, made.interval.high) == pytest.approx((low, high))
    assert made.interval.method == "clustered by database"


def test_the_interaction_reaches_from_minus_two_to_two() -> None:
    clusters = [str(number) for number in range(12)]
    made = interaction([1] * 12, [-1] * 11 + [1], clusters)
    assert (made.first, made.difference, made.gained, made.lost) == pytest.approx((1, -22 / 12, 0, 11))
    assert -2 <= made.interval.low < made.difference < made.interval.high <= 2
    same = interaction([0] * 12, [0] * 12, clusters)  # no answer changed, and yet it is not certain
    half = tango(0, 0, 12).high
    assert (same.difference, same.interval.low, same.interval.high) == pytest.approx((0, -2 * half, 2 * half))


def changed(found: Forgetting, tuned: list[int]) -> Forgetting:
    """With another tuned model, which answers as the untuned one without examples."""
    databases = [str(number) for number in CLUSTERS]
    b0, b1, *_ = SCORES
    gains = [[after - before for before, after in zip(b0, b, strict=True)] for b in (b1, tuned)]
    return replace(found, tuned=paired(b0, tuned, databases), interaction=interaction(gains[0], gains[1], databases))


def test_the_answer_is_by_the_intervals(found: Forgetting) -> None:
    b0, b1, *_ = SCORES
    assert found.answer == "no longer profits"  # it gains less, and nothing that can be told from 0
    assert changed(found, b1).answer == "still profits"
    few = [after if number % 2 else before for number, (before, after) in enumerate(zip(b0, b1, strict=True))]
    assert changed(found, few).answer == "still profits"
    assert changed(found, [0] * 36).answer == "no longer profits"  # they harm it
    none = replace(found, interaction=replace(found.interaction, interval=found.tuned.interval))
    assert none.answer == "undecided"


TEXT = """\
Does the tuned model still profit from examples in the prompt?
data dev; EX by the test-suite code's rules on one database per schema, no plug_value; in %, differences in points, \
paired by question

zero-shot → one example; tuned → tuned, one example: 36 questions in 12 databases

model            without examples  with examples  gain   95 %                 p  mended  broken
---------------  ----------------  -------------  -----  --------------  ------  ------  ------
untuned                      19.4           75.0  +55.6  [+42.1, +69.1]  <0.001      21       1
tuned                        80.6           77.8  -2.8   [-22.0, +16.4]   0.756       4       5
tuned - untuned             +61.1           +2.8  -58.3  [-82.5, -34.2]  <0.001       –       –

The tuned model no longer profits from examples: its gain -2.8 [-22.0, +16.4], tuned minus untuned gain -58.3 \
[-82.5, -34.2].
95 % intervals and p: clustered by database."""


def test_the_table(found: Forgetting) -> None:
    assert forgetting_text([found]) == TEXT
    marked = forgetting_text([found], markdown=True).splitlines()
    assert marked[5:7] == [
        "| model           | without examples | with examples | gain  | 95 %           |      p | mended | broken |",
        "| --------------- | ---------------: | ------------: | ----- | -------------- | -----: | -----: | -----: |",
    ]
    assert len(forgetting_text([found, found]).splitlines()) == 2 * len(TEXT.splitlines()) - 2


def test_json(found: Forgetting) -> None:
    told = forgetting_json("x", [found])
    assert json.loads(json.dumps(told)) == told
    assert {key: told[key] for key in ("experiment", "data", "split", "metric")} == {
        "experiment": "x", "data": "data", "split": "dev", "metric": "execution_accuracy",
    }  # fmt: skip
    (one,) = told["quadruples"]
    assert {key: one[key] for key in ("n", "databases", "unanswered", "answer")} == {
        "n": 36, "databases": 12, "unanswered": 0, "answer": "no longer profits",
    }  # fmt: skip
    assert {key: value for key, value in one["untuned"].items() if key != "gain"} == {
        "without_examples": {"name": "zero-shot", "score": 7 / 36},
        "with_examples": {"name": "one example", "score": 27 / 36},
        "mended": 21,
        "broken": 1,
    }
    interval = found.interaction.interval
    assert one["interaction"] == {
        "difference": found.interaction.difference,
        "error": found.interaction.error,
        "interval": {"low": interval.low, "high": interval.high, "method": "clustered by database"},
        "p": found.interaction.p,
    }


def test_questions_without_an_answer_are_left_out(folder: Path, tmp_path: Path) -> None:
    said = json.loads((folder / "untuned.json").read_bytes())
    for left_out in (range(0, 36, 9), range(36)):
        some = {text: sqls for number, (text, sqls) in enumerate(said.items()) if number not in left_out}
        file = write_json(tmp_path / "some.json", some)
        experiment = load(folder / "x.toml", overrides=[f"model.file={file}"])
        if some:
            (one,) = measure_forgetting(experiment, out=tmp_path, workers=1, progress=False)
            assert (len(one.ids), one.unanswered) == (32, 4)
            assert forgetting_text([one]).splitlines()[-1] == "Left out, since not all four answered: 4."
        else:
            with pytest.raises(RunError, match=r"^no question that 'zero-shot', .* all answered$"):
                measure_forgetting(experiment, out=tmp_path, workers=1, progress=False)


def test_the_command(
    found: Forgetting, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*arguments: str) -> tuple[int, str, str]:
        command = ["text2sql", "finetune", "forgetting", str(folder / "x.toml"), "--out", str(folder / "runs")]
        monkeypatch.setattr(sys, "argv", [*command, "--quiet", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out.rstrip("\n"), captured.err

    assert told() == (0, TEXT, "")
    assert told("--markdown") == (0, forgetting_text([found], markdown=True), "")
    assert json.loads(told("--json")[1]) == forgetting_json("x", [found])
    status, output, error = told("--set", "retriever.use=none")
    assert (status, output, len(error.splitlines())) == (2, "", 1)
    assert "no four configurations that differ in the model" in error
