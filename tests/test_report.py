"""Tables and JSON of runs and evaluations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ROOT
from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.evaluation_report import evaluation_table, evaluations_json
from text2sql.outcome import Runs
from text2sql.report import runs_json, table
from text2sql.rescore import evaluate, evaluate_files
from text2sql.revote import vote
from text2sql.runner import run
from text2sql.show import show
from text2sql.store import find_run, open_run
from text2sql.stored import dataset_of

LEVELS = ["all", "easy", "medium", "hard", "extra"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return run(load(ROOT / "experiments/tiny.toml"), out=tmp_path_factory.mktemp("out"), workers=2, progress=False)


def test_json_of_a_run(runs: Runs) -> None:
    told = runs_json("tiny", runs)
    assert json.loads(json.dumps(told)) == told
    assert {key: told[key] for key in ("experiment", "data", "split")} == {
        "experiment": "tiny", "data": "tiny", "split": "dev",
    }  # fmt: skip
    first = told["configurations"][0]
    assert (first["name"], first["n"], first["answered"], first["errors"]) == ("first of 5", 30, 30, 2)
    assert list(first["metrics"]["execution_accuracy"]) == LEVELS
    assert first["metrics"]["execution_accuracy"]["all"] == 17 / 30
    assert [round(end, 3) for end in first["interval"]] == [0.392, 0.726]
    assert (first["tokens"], first["cost"]) == (None, {"alone": None, "paid": None})
    assert open_run(Path(first["run"])).name == "first of 5"


def test_tokens_cost_and_seconds_come_from_the_calls(tmp_path: Path) -> None:
    file = tmp_path / "paid.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[defaults]\nprompt = "question"\n[[configuration]]\nname = "paid"\n'
        'model = { use = "tests.strategies:slow", file = "{data}/recorded/samples.jsonl", seconds = 0.01 }\n'
        'generator = { use = "direct", n = 2 }\npublished = { execution_accuracy = 50, source = "nobody" }\n',
        encoding="utf-8",
    )
    paid = run(load(file), workers=1, progress=False)
    told = runs_json("paid", paid)["configurations"][0]
    assert told["tokens"] == 30 * 2 * 15
    assert told["cost"] == {"alone": pytest.approx(0.6), "paid": pytest.approx(0.6)}
    assert told["seconds"] >= 0.3
    assert told["published"] == [{"column": "published", "source": "nobody", "metrics": {"execution_accuracy": 0.5}}]
    header, row = table(paid).splitlines()[3], table(paid).splitlines()[5]
    assert header.endswith("published") and row.endswith("50.0") and "900  $0.60  $0.60" in row


def test_a_column_for_every_source_of_reference_figures(tmp_path: Path) -> None:
    file = tmp_path / "told.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[defaults]\nmodel = { use = "tests.strategies:says" }\nprompt = "question"\n'
        '[[configuration]]\nname = "A"\n'
        'published = { execution_accuracy = 69, source = "a talk", column = "as told" }\n'
        '[[configuration]]\nname = "B"\npublished = [\n  { execution_accuracy = 80.2, source = "a paper" },\n'
        '  { execution_accuracy = 80, source = "a second talk", column = "as told" },\n]\n'
        '[[configuration]]\nname = "C"\n',
        encoding="utf-8",
    )
    found = run(load(file), limit=2, workers=1, progress=False)
    for markdown in (False, True):
        lines = [line.strip("| ") for line in table(found, markdown=markdown).splitlines()]
        head = next(line for line in lines if line.startswith("configuration"))
        assert head.replace("|", " ").split()[-3:] == ["as", "told", "published"]
        ends = [line.replace("|", " ").split()[-2:] for line in lines if line[:2] in ("A ", "B ", "C ")][:3]
        assert ends == [["69.0", "–"], ["80.0", "80.2"], ["–", "–"]]
        assert lines[lines.index("as told: a talk; a second talk") + 1] == "published: a paper"
    assert [one["published"] for one in runs_json("told", found)["configurations"]] == [
        [{"column": "as told", "source": "a talk", "metrics": {"execution_accuracy": 0.69}}],
        [
            {"column": "published", "source": "a paper", "metrics": {"execution_accuracy": 0.802}},
            {"column": "as told", "source": "a second talk", "metrics": {"execution_accuracy": 0.8}},
        ],
        [],
    ]


def test_a_sample_of_a_longer_run_shows_its_own_tokens(tmp_path: Path) -> None:
    file = tmp_path / "paid.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[[configuration]]\nname = "paid"\nmodel = { use = "tests.strategies:says" }\n',
        encoding="utf-8",
    )
    tokens = [
        runs_json("paid", run(load(file), limit=limit, workers=1, progress=False))["configurations"][0]["tokens"]
        for limit in (None, 4)
    ]
    assert tokens == [60, 8]


def test_a_sample_and_unanswered_questions_are_named(tmp_path: Path) -> None:
    file = tmp_path / "down.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[[configuration]]\nname = "down"\nmodel = { use = "tests.strategies:failing" }\n',
        encoding="utf-8",
    )
    text = table(run(load(file), limit=10, workers=1, progress=False))
    assert text.splitlines()[0] == "tiny dev, sample of 10 of 30 questions"
    assert text.splitlines()[-4].startswith("Incomplete, unanswered counts as wrong, so these are lower bounds: down (")
    assert text.splitlines()[-3].startswith("All (") and text.splitlines()[-3].endswith("): the provider is down")


def test_markdown_has_the_same_cells(runs: Runs) -> None:
    plain, markdown = (table(runs, markdown=markdown).splitlines()[3:] for markdown in (False, True))
    assert markdown[1].startswith("| ---") and markdown[1].endswith("-: |")
    for line, marked in zip((plain[0], *plain[2:]), (markdown[0], *markdown[2:]), strict=True):
        if not line.startswith("---"):  # the second table's rule
            assert line.split() == marked.replace("|", " ").split()


def test_several_seeds_give_mean_and_spread(tmp_path: Path) -> None:
    experiment = load(ROOT / "experiments/tiny.toml", overrides=["seeds=[0, 1]"]).only(["majority of 5"])
    lines = table(run(experiment, out=tmp_path, workers=1, progress=False)).splitlines()
    assert "95 % interval: spread over seeds" in lines[1]
    assert len(lines) == 8 and "± 0.0" in lines[5]


def test_evaluations(tiny: Dataset) -> None:
    files = [tiny.folder / f"recorded/{name}" for name in ("strong.txt", "weak.txt", "samples.jsonl")]
    found = evaluate_files(files, tiny, metrics=["execution_accuracy", "pass_at_n"], workers=2, progress=False)
    assert [e.judged.scores("execution_accuracy")["all"] for e in found] == [24 / 30, 15 / 30, 17 / 30]
    assert found[2].judged.scores("pass_at_n")["all"] == 27 / 30
    told = evaluations_json(found)[0]
    assert {key: told[key] for key in ("file", "n")} == {"file": str(files[0]), "n": 30}
    assert list(told["metrics"]["execution_accuracy"]) == LEVELS
    assert told["failures"]["pass_at_n"] == {"no_candidate_right": 6}
    lines = evaluation_table(found).splitlines()
    assert len(lines) == 3 + 2 + 6 + 2 + 3
    assert lines[-4:-2] == [
        "Wrong by execution_accuracy, by class of failure:",
        "strong.txt: 6 (wrong_rows 3, no_such_column 1, syntax 1, wrong_order 1)",
    ]
    assert evaluate(files[0], data="tiny").scores("execution_accuracy")["all"] == 0.8


def test_evaluate_serially_gives_the_same(tiny: Dataset) -> None:
    file = tiny.folder / "recorded/weak.txt"
    serial, parallel = (evaluate(file, data="tiny", workers=workers) for workers in (1, 4))
    assert serial.verdicts == parallel.verdicts


def test_vote_again(runs: Runs) -> None:
    base = runs["first of 5"].run
    old, new = vote(base.folder, "majority", n=3)
    assert (old.scores("execution_accuracy")["all"], new.scores("execution_accuracy")["all"]) == (17 / 30, 22 / 30)
    assert new.scores("pass_at_n")["all"] == 26 / 30
    assert new.run.folder.parent == base.folder.parent
    journal = (new.run.folder / "journal.jsonl").read_bytes()
    assert vote(base.folder, "majority", n=3)[1].judged.verdicts == new.judged.verdicts
    assert (new.run.folder / "journal.jsonl").read_bytes() == journal, "what was voted on is not voted on again"
    stored = open_run(new.run.folder)
    assert stored.name == "first of 5 · majority n=3" and stored.manifest["votes_on"] == base.digest
    assert {len(record["candidates"]) for record in stored.records.values()} == {3}
    assert vote(base.folder, "majority")[1].scores("execution_accuracy") == runs["majority of 5"].scores(
        "execution_accuracy"
    )


def test_the_latest_run_of_a_name_is_found(tmp_path: Path) -> None:
    def made(out: Path, n: int) -> Path:
        experiment = load(ROOT / "experiments/tiny.toml", overrides=[f"generator.n={n}"]).only(["majority of 5"])
        return run(experiment, limit=1, out=out, workers=1, progress=False)["majority of 5"].run.folder

    older, newer, elsewhere = made(tmp_path / "a", 2), made(tmp_path / "a", 3), made(tmp_path / "b", 4)
    assert find_run("majority-of-5", [tmp_path / "a", tmp_path / "b"]) == newer
    assert find_run("majority-of-5", [tmp_path / "b", tmp_path / "a"]) == elsewhere
    assert find_run(older.name, [tmp_path / "a"]) == older


def test_show_a_question_from_prompt_to_verdict(runs: Runs) -> None:
    stored = open_run(runs["majority of 5"].run.folder)
    text = show(stored, dataset_of(stored), "dev-0017")
    parts = ["dev-0017 · ", "Question: ", "Prompt:\n  [user] ", "Candidate 0", " ← elected:", "Gold:\n", "→ 0 rows"]
    assert [part for part in [*parts, "Verdict: "] if part not in text] == []
