"""Configurations compared: `text2sql compare`, the differences below a run's table, and plots."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from text2sql import contrast as contrasting
from text2sql.cli import main
from text2sql.comparison import paired
from text2sql.config import load
from text2sql.contrast import Contrast, compare
from text2sql.contrast_report import contrast_json, contrast_latex, contrast_text
from text2sql.errors import RunError, UsageError
from text2sql.outcome import Runs
from text2sql.plots import draw, drawings
from text2sql.report import differences, runs_json
from text2sql.runner import run
from text2sql.sampling import curves

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def runs(out: Path) -> Runs:
    return run(load(ROOT / "experiments/tiny.toml"), out=out, workers=2, progress=False)


@pytest.fixture(scope="module")
def found(runs: Runs) -> Contrast:
    return compare(*[one.run.folder for one in runs.values()], steps=True)


@pytest.fixture
def told(out: Path, runs: Runs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Exit status, output and errors of ``text2sql compare``."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["text2sql", "compare", *map(str, arguments), "--out", str(out)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return call


def of(found: Contrast, first: str, second: str) -> contrasting.Pair:
    (pair,) = [pair for pair in found.pairs if (pair.first.name, pair.second.name) == (first, second)]
    return pair


def test_sides_and_pairs(found: Contrast, runs: Runs) -> None:
    names = ["first of 5", "majority of 5", "a stronger system", "a weaker system"]
    assert [side.name for side in found.sides] == names
    assert [side.score for side in found.sides] == [17 / 30, 23 / 30, 24 / 30, 15 / 30]
    assert [(pair.first.name, pair.second.name) for pair in found.pairs] == [
        *((names[0], name) for name in names[1:]), (names[1], names[2]), (names[2], names[3]),
    ]  # fmt: skip
    assert len(found.ids) == 30 and found.metric == "execution_accuracy" and found.notes == ()


def test_a_pair_is_that_of_the_verdicts(found: Contrast, runs: Runs) -> None:
    verdicts = [runs[name].judged.verdicts["execution_accuracy"] for name in ("first of 5", "majority of 5")]
    scores = [[verdicts[side][id].score for id in found.ids] for side in (0, 1)]
    databases = {e.question.id: e.question.db_id for e in found.dataset.examples}
    pair = of(found, "first of 5", "majority of 5")
    assert pair.statistics == paired(scores[0], scores[1], [databases[id] for id in found.ids])
    assert (pair.statistics.gained, pair.statistics.lost) == (8, 2)
    assert pair.statistics.mcnemar == pytest.approx(2 * (1 + 10 + 45) / 2**10)
    # Five comparisons in all: Holm makes none of them more certain.
    assert all(pair.statistics.p <= pair.adjusted <= 1 for pair in found.pairs)


def test_flips_and_groups_add_up(found: Contrast) -> None:
    for pair in found.pairs:
        gained = [flip for flip in pair.flips if flip.gained]
        assert (len(gained), len(pair.flips) - len(gained)) == (pair.statistics.gained, pair.statistics.lost)
        for kind in ("hardness", "database"):
            groups = pair.groups[kind]
            assert sum(group.n for group in groups) == 30
            assert sum(group.gained for group in groups) == len(gained)
            assert sum(group.n * group.second for group in groups) == pytest.approx(30 * pair.second.score)
        assert max(group.n for group in pair.groups["construct"]) <= 30
    assert [group.name for group in found.pairs[0].groups["hardness"]] == ["easy", "medium", "hard", "extra"]


def test_a_flip_says_what_is_wrong(found: Contrast) -> None:
    for flip in of(found, "first of 5", "majority of 5").flips:
        assert flip.first != flip.second
        assert flip.classes, flip.example.question.id
        assert flip.changes, flip.example.question.id


def test_classes_are_counted_by_side(found: Contrast) -> None:
    assert list(found.classes) == [side.name for side in found.sides]
    for side in found.sides:
        wrong = sum(1 for score in side.scores.values() if score < 1)
        assert 0 < max(found.classes[side.name].values()) <= wrong <= sum(found.classes[side.name].values())
        by_construct = found.classes_by_construct[side.name]
        assert by_construct["all"] == found.classes[side.name]
        assert all(
            count <= by_construct["all"][name] for counts in by_construct.values() for name, count in counts.items()
        )
        joined = [e.sql for e in found.dataset.examples if side.scores[e.question.id] < 1 and "JOIN" in e.sql]
        assert ("join" in by_construct) is bool(joined)


def test_text(found: Contrast) -> None:
    lines = contrast_text(found, flips=1).splitlines()
    assert lines[0] == "tiny dev, 30 questions in 2 databases"
    (row,) = [line for line in lines if line.startswith("majority of 5  ") and "59.1" in line]
    assert row.split()[3:6] == ["1", "76.7", "59.1–88.2"]
    (row,) = [line for line in lines if line.startswith("first of 5 → majority of 5  ")]
    assert row.split()[7] == "+20.0" and row.split()[-3:-1] == ["8", "2"]
    assert "first of 5 → majority of 5: 1 of 10 questions that changed" in lines
    assert contrast_text(found, markdown=True).count("| --") >= 5


def test_json(found: Contrast) -> None:
    told = contrast_json(found)
    assert json.loads(json.dumps(told)) == told
    assert (told["n"], told["databases"], told["metric"], told["split"]) == (30, 2, "execution_accuracy", "dev")
    pair = told["pairs"][0]
    assert (pair["first"], pair["second"], pair["difference"]) == ("first of 5", "majority of 5", pytest.approx(0.2))
    assert [flip["gained"] for flip in pair["flips"]].count(True) == 8 and len(pair["flips"]) == 10


def test_latex(found: Contrast) -> None:
    text = contrast_latex(found)
    assert text.splitlines()[:3] == [r"\begin{table}", r"\centering", r"\begin{tabular}{lrrrrr}"]
    (row,) = [line for line in text.splitlines() if line.startswith("majority of 5")]
    assert row.startswith(r"majority of 5 & 76.7 & [59.1, 88.2] & $+20.0$ & $[")
    assert row.count("&") == 5 and r"execution\_accuracy" in text


def test_seeds_are_pooled_by_question(runs: Runs, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for seed, (name, folder) in enumerate((("first of 5", first), ("majority of 5", second))):
        shutil.copytree(runs[name].run.folder, folder)
        told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        told |= {"configuration": "five", "identity": runs["first of 5"].run.manifest["identity"] | {"seed": seed}}
        (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    strong = runs["a stronger system"]
    found = compare(first, second, strong)
    assert [(side.name, len(side.runs)) for side in found.sides] == [("five", 2), ("a stronger system", 1)]
    assert found.sides[0].score == pytest.approx((17 + 23) / 60)
    (pair,) = found.pairs
    halves = [score for score in found.sides[0].scores.values() if score == 0.5]
    assert len(halves) == 10 and pair.statistics.mcnemar is None


def test_equal_names_of_different_runs_are_told_apart(runs: Runs, tmp_path: Path) -> None:
    """As before and after a strategy was edited."""
    edited = tmp_path / "edited"
    shutil.copytree(runs["majority of 5"].run.folder, edited)
    told = json.loads((edited / "run.json").read_text(encoding="utf-8"))
    (edited / "run.json").write_text(json.dumps(told | {"configuration": "first of 5"}), encoding="utf-8")
    found = compare(runs["first of 5"], edited)
    digests = [runs[name].run.digest[:8] for name in ("first of 5", "majority of 5")]
    assert [side.name for side in found.sides] == [f"first of 5 ({digest})" for digest in digests]
    assert [side.score for side in found.sides] == [17 / 30, 23 / 30]


def test_incomplete_runs(out: Path, runs: Runs, tmp_path: Path) -> None:
    whole, part = runs["first of 5"].run.folder, tmp_path / "part"
    shutil.copytree(runs["majority of 5"].run.folder, part)
    lines = (part / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (part / "journal.jsonl").write_text("".join(lines[:20]) + lines[20][:9], encoding="utf-8")  # torn: still written
    with pytest.raises(
        RunError, match=r"did not answer the same questions \(first-of-5-\w+ 30, part 10; 10 in common\)"
    ):
        compare(whole, part)
    found = compare(whole, part, common=True)
    assert len(found.ids) == 10
    assert found.notes == ("Over the 10 questions that all of them answered, of 30.",)


def test_a_damaged_run_is_used_as_far_as_it_goes(runs: Runs, tmp_path: Path) -> None:
    part = tmp_path / "part"
    shutil.copytree(runs["majority of 5"].run.folder, part)
    for name, number in (("journal.jsonl", 4), ("calls.jsonl", 2)):
        lines = (part / name).read_text(encoding="utf-8").splitlines(keepends=True)
        lines[number - 1] = lines[number - 1][:7] + "\n"
        (part / name).write_text("".join(lines), encoding="utf-8")
    found = compare(runs["first of 5"], part, common=True)
    assert len(found.ids) == 29
    assert found.notes == (
        f"{part / 'journal.jsonl'}, line 4: damaged, and left out",
        "Over the 29 questions that all of them answered, of 30.",
        f"{part / 'calls.jsonl'}, line 2: damaged, and left out",
    )


def test_runs_of_different_data(runs: Runs, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "spider_data/tiny", tmp_path / "own")
    records = json.loads((tmp_path / "own/dev.json").read_text(encoding="utf-8"))
    records[0]["question"] += " Please."
    (tmp_path / "own/dev.json").write_text(json.dumps(records), encoding="utf-8")
    experiment = load(ROOT / "experiments/tiny.toml", data=tmp_path / "own").only(["majority of 5"])
    other = run(experiment, out=tmp_path / "out", workers=1, progress=False)["majority of 5"].run.folder
    whole = runs["first of 5"].run.folder
    with pytest.raises(RunError, match=r"are of different data \(first-of-5-\w+ on tiny dev, .* on own dev\); "):
        compare(whole, other)
    found = compare(whole, other, different_data=True)
    assert found.ids[0] == "dev-0001" and len(found.ids) == 29
    assert found.notes == ("Runs of different data, over the 29 questions that they share.",)


def test_one_run_and_an_unknown_metric(runs: Runs) -> None:
    folder = runs["first of 5"].run.folder
    with pytest.raises(RunError, match=r"give two runs or more to compare, not .*first-of-5-\w+ alone"):
        compare(folder, folder)
    with pytest.raises(RunError, match="not every run has the metric 'pass_at'; did you mean 'pass_at_n'"):
        compare(folder, runs["majority of 5"].run.folder, metric="pass_at")


# --- the command


def test_the_command(told: Told) -> None:
    status, printed, errors = told("first-of-5", "majority-of-5", "--flips", "0")
    assert (status, errors) == (0, "")
    assert printed.startswith("tiny dev, 30 questions in 2 databases\n")
    status, printed, errors = told("first-of-5", "majority-of-5", "--json", "--curves")
    both = json.loads(printed)
    assert [side["name"] for side in both["configurations"]] == ["first of 5", "majority of 5"]
    assert [curve["name"] for curve in both["curves"]] == ["first of 5", "majority of 5"]


def test_one_run_is_enough_for_its_curves(told: Told) -> None:
    status, printed, _ = told("majority-of-5", "--curves")
    assert status == 0
    assert [line.split()[3:5] for line in printed.splitlines()[-5:]][-1] == ["5", "76.7"]
    assert told("majority-of-5")[0] == 2


def test_a_folder_stands_for_its_runs(told: Told, out: Path) -> None:
    status, printed, _ = told(out / "tiny", "--json")
    assert status == 0 and len(json.loads(printed)["configurations"]) == 4


def test_fail_if_worse(told: Told) -> None:
    assert told("a-weaker-system", "a-stronger-system", "--flips", "0", "--fail-if-worse")[0] == 0
    assert told("majority-of-5", "first-of-5", "--flips", "0", "--fail-if-worse")[0] == 0, "maybe by chance"
    status, _, errors = told("a-stronger-system", "a-weaker-system", "--flips", "0", "--fail-if-worse")
    assert (status, errors) == (1, "text2sql: worse than a stronger system: a weaker system (-30.0)\n")


def test_a_run_that_is_not_there(told: Told) -> None:
    status, _, errors = told("first-of-5", "majority-of-6")
    assert status == 2 and "no run 'majority-of-6'" in errors and "did you mean 'majority-of-5-" in errors


# --- curves and plots


def test_curves_end_where_the_run_is(found: Contrast, runs: Runs) -> None:
    drawn = {curve.name: curve for curve in curves(found)}
    assert list(drawn) == ["first of 5", "majority of 5"]
    curve = drawn["majority of 5"]
    assert [point.n for point in curve.points] == [1, 2, 3, 4, 5]
    assert curve.points[-1].voted == pytest.approx(23 / 30)
    assert curve.points[-1].passed == pytest.approx(27 / 30)
    assert curve.points[0].voted == curve.points[0].passed
    assert [point.passed for point in curve.points] == sorted(point.passed for point in curve.points)
    assert curves(found)[1] == curve, "by seed"


@pytest.mark.parametrize("kind", ["steps", "n", "seconds"])
@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_plots(kind: str, suffix: str, found: Contrast, tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.{suffix}" for name in ("first", "second")]
    assert drawings(files, [kind, kind]) == [(file, kind) for file in files]
    for file in files:
        draw(found, file, kind)
    first, second = (file.read_bytes() for file in files)
    assert first == second, "equal comparisons are equal files"
    assert first.startswith(b"\x89PNG" if suffix == "png" else b"<?xml")
    if (kind, suffix) == ("steps", "svg"):
        assert all(f"<!-- {side.name} -->" in first.decode() for side in found.sides)


def test_plots_that_cannot_be(found: Contrast, tmp_path: Path) -> None:
    for file, kind, message in (
        ("a.gif", "steps", "a plot is a file that ends in .svg or .png"),
        ("a.svg", "step", "--against step: no such plot; did you mean 'steps'"),
        ("no/a.svg", "steps", "no such folder"),
    ):
        with pytest.raises(UsageError, match=message):
            drawings([tmp_path / file], [kind])
    with pytest.raises(UsageError, match="1 --plot for 2 --against"):
        drawings([tmp_path / "a.svg"], ["n", "cost"])
    for kind, message in (("train", "end in the number of train examples"), ("cost", "no run knows its cost")):
        with pytest.raises(UsageError, match=message):
            draw(found, tmp_path / "a.svg", kind)


# --- below a run's table


def test_differences_below_the_table(runs: Runs, found: Contrast) -> None:
    steps = differences(runs)
    assert list(steps) == ["majority of 5", "a stronger system", "a weaker system"]
    assert steps["majority of 5"]["step"] == of(found, "first of 5", "majority of 5").statistics
    assert steps["a weaker system"]["step"] == of(found, "a stronger system", "a weaker system").statistics
    assert steps["a weaker system"]["first"] == of(found, "first of 5", "a weaker system").statistics
    (told,) = [c for c in runs_json("tiny", runs)["configurations"] if c["name"] == "majority of 5"]
    assert told["differences"]["first"]["difference"] == pytest.approx(0.2)
