"""Runs: journal and final files, resume after any end, one writer at a time, unanswered questions."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.small import DEV, questions, write_json, write_release
from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.errors import DataError, PredictionsError, RunError
from text2sql.experiment import Experiment
from text2sql.manifest import run_folder, runs_root, slug
from text2sql.outcome import Runs
from text2sql.parallel import in_parallel
from text2sql.report import table
from text2sql.runner import run, sample
from text2sql.store import FILES, find_run, open_run, write_run
from text2sql.types import Example, Verdict

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")

SLOW = """
title = "slow"
[data]
use = "tiny"
[[configuration]]
name = "slow samples"
model = { use = "tests.strategies:slow", file = "{data}/recorded/samples.jsonl", seconds = 0.04 }
prompt = "question"
generator = { use = "direct", n = 5 }
voter = "majority"
metrics = ["execution_accuracy", "pass_at_n"]
"""


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    file = tmp_path / "slow.toml"
    file.write_text(SLOW, encoding="utf-8")
    return file


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "text2sql", *map(str, arguments)]


def start(*arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (*FILES, "run.json")}


def the_run(out: Path) -> Path:
    (manifest,) = out.glob("**/run.json")
    return manifest.parent


def tiny_run(out: Path, *overrides: str, limit: int | None = None) -> Runs:
    experiment = load(ROOT / "experiments/tiny.toml", overrides=overrides)
    return run(experiment.only(["majority of 5"]), limit=limit, out=out, workers=1, progress=False)


# --- what is stored --------------------------------------------------------------------------------------


def test_final_files_are_in_data_set_order_and_agree(tmp_path: Path, tiny: Dataset) -> None:
    folder = tiny_run(tmp_path)["majority of 5"].run.folder
    lines = {name: (folder / name).read_text(encoding="utf-8").splitlines() for name in FILES}
    ids = [example.question.id for example in tiny.examples]
    for name in ("candidates.jsonl", "predictions.jsonl", "verdicts.jsonl"):
        assert [json.loads(line)["id"] for line in lines[name]] == ids
    predicted = [json.loads(line)["sql"] for line in lines["predictions.jsonl"]]
    assert lines["predicted.sql"] == predicted
    verdict = json.loads(lines["verdicts.jsonl"][0])
    assert verdict == {
        "id": "dev-0000",
        "db_id": tiny.examples[0].question.db_id,
        "hardness": "easy",
        "execution_accuracy": {"score": 1.0, "reason": ""},
        "pass_at_n": {"score": 1.0, "reason": ""},
        "valid_sql": {"score": 1.0, "reason": ""},
    }


def test_a_finished_run_is_only_read(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path)["majority of 5"].run.folder
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    again = tiny_run(tmp_path)["majority of 5"]
    assert again.scores("execution_accuracy")["all"] == 23 / 30
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_sample_goes_on_to_the_whole(tmp_path: Path) -> None:
    part = tiny_run(tmp_path / "a", limit=7)["majority of 5"]
    assert len(part.ids) == 7 and len(part.run.records) == 7
    whole = tiny_run(tmp_path / "a")["majority of 5"]
    assert whole.run.folder == part.run.folder
    assert contents(whole.run.folder) == contents(tiny_run(tmp_path / "b")["majority of 5"].run.folder)
    shown_again = tiny_run(tmp_path / "a", limit=7)["majority of 5"]
    assert shown_again.ids == part.ids and len(shown_again.judged.verdicts["execution_accuracy"]) == 7


def test_another_metric_judges_the_stored_candidates(tmp_path: Path) -> None:
    first = tiny_run(tmp_path)["majority of 5"]
    calls = (first.run.folder / "calls.jsonl").read_bytes()
    second = tiny_run(tmp_path, 'metrics=["execution_accuracy", "pass_at_n(n=1)"]')["majority of 5"]
    assert second.run.folder == first.run.folder
    assert second.scores("pass_at_n(n=1)")["all"] == 17 / 30
    assert (first.run.folder / "calls.jsonl").read_bytes() == calls
    assert "valid_sql" not in (first.run.folder / "verdicts.jsonl").read_text(encoding="utf-8")


def test_a_damaged_last_line_is_cut_off_and_asked_again(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path)["majority of 5"].run.folder
    expected = contents(folder)
    journal = (folder / "journal.jsonl").read_bytes()
    for cut in (1, 40, len(journal) // 2):
        (folder / "journal.jsonl").write_bytes(journal[:-cut])
        assert tiny_run(tmp_path)["majority of 5"].run.folder == folder
        assert contents(folder) == expected


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path)["majority of 5"].run.folder
    journal = folder / "journal.jsonl"
    lines = journal.read_bytes().split(b"\n")
    journal.write_bytes(b"\n".join([*lines[:4], b'{"id": "dev-00', *lines[5:]]))
    with pytest.raises(RunError, match=r"journal.jsonl, line 5: damaged"):
        open_run(folder)


def test_final_files_that_lag_behind_are_written_again(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path)["majority of 5"].run.folder
    expected = contents(folder)
    with pytest.raises(ZeroDivisionError), write_run(folder, {}) as writer:
        writer.judge("dev-0000", {"execution_accuracy": Verdict("execution_accuracy", 1.0)})
        raise ZeroDivisionError  # as a kill would: nothing after this line is done
    (folder / "predicted.sql").write_text("stale", encoding="utf-8")
    tiny_run(tmp_path)
    assert contents(folder) == expected


def test_serial_and_parallel_runs_are_equal(tmp_path: Path, slow: Path) -> None:
    folders = [
        run(load(slow, overrides=["model.seconds=0"]), workers=workers, out=tmp_path / str(workers), progress=False)
        for workers in (1, 8)
    ]
    serial, parallel = (runs["slow samples"].run.folder for runs in folders)
    assert contents(serial) == contents(parallel)


# --- how it may end ----------------------------------------------------------------------------------------


@posix
def test_killed_ten_times_ends_byte_identical(tmp_path: Path, slow: Path) -> None:
    def arguments(out: str, workers: int) -> list[str | Path]:
        # Six seconds of answers in all: ten attempts of about a second do not finish them.
        slower = ["--set", "model.seconds=0.2", "--quiet", "--workers", str(workers)]
        return ["run", slow, "--out", tmp_path / out, *slower]

    random_moments = random.Random(2)
    for _ in range(10):
        process = start(*arguments("killed", workers=1))
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=random_moments.uniform(0.2, 1.2))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    for out in ("killed", "whole"):
        subprocess.run(command(*arguments(out, workers=16)), cwd=ROOT, check=True, capture_output=True)
    whole, killed = the_run(tmp_path / "whole"), the_run(tmp_path / "killed")
    assert killed.name == whole.name
    assert contents(killed) == contents(whole)
    asked = [call.question for call in open_run(killed).calls() if call.stage == "generate"]
    assert 30 <= len(asked) <= 40, "at most the question in flight is asked again"


@posix
def test_an_interrupt_stores_and_says_how_to_go_on(tmp_path: Path, slow: Path) -> None:
    out = tmp_path / "out"
    process = start("run", slow, "--out", out, "--quiet", "--set", "model.stuck_from=3", "--workers", "2")
    journal = _wait_for_journal(out)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)  # the calls in flight would take ten minutes
    assert process.returncode == 130
    done = len(open_run(journal.parent).records)
    assert 1 <= done <= 3
    line = f"text2sql: interrupted: {done} of 30 questions of 'slow samples' are done and stored; "
    assert errors == f"{line}the same command goes on from there\n"
    assert len((journal.parent / "predicted.sql").read_text().splitlines()) == done


@posix
def test_a_second_writer_is_told_who_writes(tmp_path: Path, slow: Path) -> None:
    out = tmp_path / "out"
    first = start("run", slow, "--out", out, "--quiet", "--set", "model.seconds=0.3")
    try:
        folder = _wait_for_journal(out).parent
        second = subprocess.run(
            command("run", slow, "--out", out, "--quiet", "--set", "model.seconds=0.3"),
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert second.returncode == 2
        assert second.stderr.startswith(f"text2sql: {folder}: process {first.pid} on ")
        assert second.stderr.endswith(" is writing this run; wait for it, or end it\n")
    finally:
        first.kill()
        first.communicate()


def _wait_for_journal(out: Path) -> Path:
    for _ in range(200):
        for journal in out.glob("**/journal.jsonl"):
            if journal.stat().st_size:
                return journal
        time.sleep(0.05)
    raise AssertionError("the run did not start")


# --- unanswered -----------------------------------------------------------------------------------------------


def failing(tmp_path: Path) -> Experiment:
    file = tmp_path / "failing.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[[configuration]]\nname = "down"\nmodel = { use = "tests.strategies:failing" }\n',
        encoding="utf-8",
    )
    return load(file)


def test_a_provider_that_is_down_leaves_questions_unanswered(tmp_path: Path) -> None:
    found = run(failing(tmp_path), workers=1, progress=False)["down"]
    assert len(found.unanswered) == 10
    verdicts = found.judged.verdicts["execution_accuracy"]
    assert len(verdicts) == 30, "the denominator is never shortened"
    assert verdicts["dev-0003"].reason == "unanswered"
    assert found.run.manifest["unanswered"] == 10
    calls = (found.run.folder / "calls.jsonl").read_bytes()
    assert len(run(failing(tmp_path), workers=1, progress=False)["down"].unanswered) == 10
    assert (found.run.folder / "calls.jsonl").read_bytes() == calls, "asked again only by retry"
    run(failing(tmp_path), workers=1, progress=False, retry=True)
    errors = [call for call in open_run(found.run.folder).calls() if call.error]
    assert [call.error for call in errors] == ["ProviderError: the provider is down"] * 20


# --- parts -----------------------------------------------------------------------------------------------------


def test_sample_takes_databases_in_turn_and_only_grows(tiny: Dataset) -> None:
    def ids(limit: int) -> list[str]:
        return [example.question.id for example in sample(tiny.examples, limit)]

    four = sample(tiny.examples, 4)
    assert sorted(example.question.db_id for example in four) == ["bell_towers"] * 2 + ["seed_library"] * 2
    assert ids(30) == [example.question.id for example in tiny.examples]
    for smaller in range(1, 30):
        assert set(ids(smaller)) < set(ids(smaller + 1))
        assert ids(smaller) == sorted(ids(smaller))


def test_in_parallel_hands_on_errors() -> None:
    def work(item: int) -> int:
        if item == 7:
            raise ValueError("seven")
        return item

    assert sorted(in_parallel(work, list(range(5)), 4)) == list(range(5))
    with pytest.raises(ValueError, match="seven"):
        list(in_parallel(work, list(range(100)), 4))
    for workers in (1, 4):  # an error that is returned is an outcome like any other
        assert sorted(map(repr, in_parallel(ValueError, [1, 2, 3], workers))) == [f"ValueError({n})" for n in (1, 2, 3)]


def test_find_run_by_path_name_and_digest(tmp_path: Path) -> None:
    folder = tiny_run(tmp_path)["majority of 5"].run.folder
    digest8 = folder.name.rpartition("-")[2]
    for name in (str(folder), folder.name, "majority-of-5", digest8[:4], digest8):
        assert find_run(name, [tmp_path]) == folder
    with pytest.raises(RunError, match=f"no run 'majorty-of-5' under .*; did you mean '{folder.name}'"):
        find_run("majorty-of-5", [tmp_path])


def test_where_runs_go(tmp_path: Path) -> None:
    assert runs_root(Path("a/b/x.toml"), None) == Path("a/b/runs")
    assert runs_root(Path("a/b/x.toml"), tmp_path) == tmp_path
    assert slug("HyDE · retriever.k=3") == "hyde-retriever.k=3"
    assert slug("···") == "configuration"


def test_seeds_are_runs_of_their_own(tmp_path: Path, slow: Path) -> None:
    runs = run(load(slow, overrides=["seeds=[0, 1]", "model.seconds=0"]), out=tmp_path, workers=1, progress=False)
    assert list(runs) == ["slow samples (seed 0)", "slow samples (seed 1)"]
    assert len({found.run.folder for found in runs.values()}) == 2


def test_examples_are_not_shared_between_splits(tiny: Dataset) -> None:
    assert isinstance(tiny.pool[0], Example)
    assert {e.question.db_id for e in tiny.pool} & {e.question.db_id for e in tiny.examples} == set()


# --- before anything is asked -----------------------------------------------------------------------------------


def test_gold_that_does_not_run_is_refused_up_front(tmp_path: Path) -> None:
    broken = (*DEV, ("harbour", "Who owns the boats?", "SELECT owner FROM boat"))
    folder = write_release(tmp_path / "data")
    write_json(folder / "dev.json", questions(broken))
    file = tmp_path / "x.toml"
    model = 'model = { use = "tests.strategies:says", text = "SELECT 3" }'
    file.write_text(f'[data]\nuse = "./data"\n[[configuration]]\nname = "three"\n{model}\n', encoding="utf-8")
    with pytest.raises(DataError) as refused:
        run(load(file), workers=1, progress=False)
    assert str(refused.value) == (
        f"{folder / 'dev.json'}, record 3 (dev-0003): the gold query does not run (no_such_column: no such column: "
        "owner); 'text2sql data check' lists them, --allow-gold-errors scores them as wrong"
    )
    assert not (tmp_path / "runs").exists(), "nothing was begun"
    found = run(load(file), workers=1, progress=False, allow_gold_errors=True)["three"]
    verdicts = found.judged.verdicts["execution_accuracy"].values()
    assert [(verdict.score, verdict.reason) for verdict in verdicts] == [
        (1.0, ""), (0.0, "wrong_rows"), (0.0, "wrong_rows"), (0.0, "gold_error"),
    ]  # fmt: skip


def test_a_wrong_file_is_refused_before_the_first_configuration_runs(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("SELECT 1\n", encoding="utf-8")
    good, bad = '{ use = "tests.strategies:says" }', '{ use = "recorded", file = "short.txt" }'
    file = tmp_path / "x.toml"
    file.write_text(
        f'[data]\nuse = "tiny"\n[[configuration]]\nname = "good"\nmodel = {good}\n'
        f'[[configuration]]\nname = "bad"\nmodel = {bad}\n',
        encoding="utf-8",
    )
    with pytest.raises(PredictionsError, match="1 predictions for the 30 questions of dev"):
        run(load(file), workers=1, progress=False)
    assert not (tmp_path / "runs").exists()


def test_time_limits_are_settings_of_the_experiment(tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    file = tmp_path / "x.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[limits]\ncandidate = 0.2\nofficial = 0.3\n[[configuration]]\nname = "endless"\n'
        f'model = {{ use = "tests.strategies:says", text = "{endless}" }}\n',
        encoding="utf-8",
    )
    found = run(load(file), limit=1, workers=1, progress=False)["endless"]
    (record,) = found.run.records.values()
    assert record["candidates"][0]["result"] == {"error": "timeout", "message": "no end after 0.2 s"}
    assert [v.reason for v in found.judged.verdicts["execution_accuracy"].values()] == ["timeout"]
    assert table([found]).splitlines()[-3] == (
        "Questions with a candidate or a verdict that ran into its time limit: endless (1)."
    )
    other = load(file, overrides=["limits.candidate=5"])
    assert run_folder(other, other.configurations[0], None) != found.run.folder
