"""SQL over run folders: finished, still writing, damaged; what is written; what cannot be done."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

import text2sql as t2s
from tests.conftest import ROOT
from text2sql.config import load
from text2sql.errors import RunError, UsageError
from text2sql.outcome import Runs
from text2sql.queries import query, write_query, write_tables
from text2sql.runner import run
from text2sql.views import TABLES

METRICS = ["execution_accuracy", "pass_at_n", "valid_sql"]
AVERAGES = "select configuration, metric, avg(score) from verdicts group by all"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """The runs of the tiny experiment; tests only read them."""
    return run(load(ROOT / "experiments/tiny.toml"), out=tmp_path_factory.mktemp("out"), workers=1, progress=False)


@pytest.fixture(scope="module")
def root(runs: Runs) -> Path:
    return runs["majority of 5"].run.folder.parent


def copied(runs: Runs, to: Path) -> Path:
    """A copy of one run's folder, to be changed."""
    return shutil.copytree(runs["majority of 5"].run.folder, to / "majority", ignore=shutil.ignore_patterns("run.lock"))


def writing(runs: Runs, to: Path, *, lines: int = 60, torn: bytes = b"", **changes: object) -> Path:
    """The same run when its journal had so many lines, and a kill or a reader may have torn the next."""
    folder = copied(runs, to)
    for name in ("candidates.jsonl", "predictions.jsonl", "verdicts.jsonl", "predicted.sql"):
        (folder / name).unlink()
    journal = (folder / "journal.jsonl").read_bytes().split(b"\n")
    (folder / "journal.jsonl").write_bytes(b"".join(line + b"\n" for line in journal[:lines]) + torn)
    change(folder, questions=None, metrics=None, unanswered=None, **changes)
    return folder


def change(folder: Path, **changes: object) -> None:
    """Rewrite keys of a manifest; None takes one away."""
    manifest = json.loads((folder / "run.json").read_bytes()) | changes
    manifest = {key: value for key, value in manifest.items() if value is not None}
    (folder / "run.json").write_text(json.dumps(manifest), encoding="utf-8")


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


# --- finished runs -----------------------------------------------------------------------------------------


def test_averages_are_those_of_the_table(runs: Runs, root: Path) -> None:
    told = {(name, metric): average for name, metric, average in query(AVERAGES, root).rows}
    assert told == {
        (name, metric): pytest.approx(run.scores(metric)["all"], abs=1e-12)
        for name, run in runs.items()
        for metric in METRICS
    }
    by_level = query("select configuration, hardness, avg(score) from verdicts where metric = ? group by all".replace(
        "?", "'execution_accuracy'"), root)  # fmt: skip
    assert {(name, level): average for name, level, average in by_level.rows} == {
        (name, level): pytest.approx(average, abs=1e-12)
        for name, run in runs.items()
        for level, average in run.scores("execution_accuracy").items()
        if level != "all"
    }


def test_columns_and_rows_of_every_table(runs: Runs, root: Path) -> None:
    run = runs["majority of 5"].run
    where = "where configuration = 'majority of 5'"
    head = {"run": run.folder.name, "configuration": "majority of 5"}
    (told,) = query(f"from runs {where}", root).records()
    assert json.loads(told.pop("identity")) == run.manifest["identity"]
    assert told == head | {
        "experiment": "tiny",
        "title": "Self-consistency over recorded samples",
        "data": "tiny",
        "split": "dev",
        "questions_file": None,
        "checksum": run.manifest["data"]["checksum"],
        "seed": 0,
        "digest": run.digest,
        "votes_on": None,
        "final": True,
        "questions": 30,
        "unanswered": 0,
        "metrics": METRICS,
        "versions": run.manifest["versions"],
        "commit": run.manifest["commit"],
        "folder": str(run.folder),
    }
    question = head | {"question": "dev-0005"}
    record, line = run.records["dev-0005"], json.loads((run.folder / "predictions.jsonl").read_text().splitlines()[5])
    elected = record["elected"]
    assert query(f"from predictions {where} and question = 'dev-0005'", root).records() == [
        question
        | {"db_id": line["db_id"], "hardness": "medium", "text": line["question"], "sql": line["sql"]}
        | {"elected": elected, "unanswered": None}
    ]
    results = [candidate["result"] for candidate in record["candidates"]]
    assert query(f"from candidates {where} and question = 'dev-0005' order by position", root).records() == [
        question
        | {"db_id": line["db_id"], "position": i, "sql": candidate["sql"], "problem": None}
        | {"error": results[i].get("error"), "row_count": results[i].get("row_count")}
        | {"elected": i == elected, "examples": []}
        for i, candidate in enumerate(record["candidates"])
    ]
    verdicts = run.verdicts["dev-0005"]
    assert query(f"from verdicts {where} and question = 'dev-0005' order by metric", root).records() == [
        question
        | {"db_id": line["db_id"], "hardness": "medium", "metric": metric}
        | {"score": verdicts[metric].score, "reason": verdicts[metric].reason}
        for metric in METRICS
    ]
    stored = [json.loads(line) for line in (run.folder / "calls.jsonl").read_text().splitlines()]
    empty = dict.fromkeys(query("from calls limit 0", root).columns)
    assert query(f"from calls {where}", root).records() == [{**empty, **head, **call} for call in stored]


def test_all_tables_are_there_and_may_be_joined(root: Path) -> None:
    assert query("show tables", root).rows == [(name,) for name in sorted(TABLES)]
    joined = "select count(*), avg(score) from candidates join verdicts using (run, configuration, question)"
    assert query(f"{joined} where candidates.elected and metric = 'pass_at_n'", root).rows == [(120, 93 / 120)]
    pivoted = query("pivot verdicts on metric using sum(score) group by configuration order by all", root)
    assert pivoted.columns == ("configuration", *METRICS)
    assert pivoted.rows[2:] == [("first of 5", 17.0, 27.0, 28.0), ("majority of 5", 23.0, 27.0, 30.0)]


def test_several_folders_and_runs_of_one_name(runs: Runs, root: Path, tmp_path: Path) -> None:
    copies = [copied(runs, tmp_path / name) for name in ("a", "b k=3 [x]'s")]
    names = query("select run, count(*) from verdicts group by all order by all", [root, *copies, tmp_path / "a"])
    assert names.rows == sorted(
        [(run.run.folder.name, 90) for run in runs.values()] + [("a/majority", 90), ("b k=3 [x]'s/majority", 90)]
    )
    assert query("select count(*) from runs", str(copies[0])).rows == [(1,)]


# --- unanswered, still writing, damaged -----------------------------------------------------------------------


def test_an_unanswered_question_has_a_verdict_of_zero(tmp_path: Path) -> None:
    file = tmp_path / "down.toml"
    model = 'model = { use = "tests.strategies:failing" }\nmetrics = ["execution_accuracy", "valid_sql"]'
    file.write_text(f'[data]\nuse = "tiny"\n[[configuration]]\nname = "down"\n{model}\n', encoding="utf-8")
    down = run(load(file), workers=1, progress=False)["down"]

    def told() -> list[tuple[Any, ...]]:
        rows = query("from verdicts where question = 'dev-0003' order by metric", tmp_path).rows
        averages = query("select metric, avg(score), count(*) from verdicts group by all order by all", tmp_path).rows
        return rows + averages + query("select questions, unanswered from runs", tmp_path).rows

    head = (down.run.folder.name, "down", "dev-0003", "seed_library", "easy")
    assert told() == [
        (*head, "execution_accuracy", 0.0, "unanswered"),
        (*head, "valid_sql", 0.0, "unanswered"),
        ("execution_accuracy", down.scores("execution_accuracy")["all"], 30),
        ("valid_sql", 2 / 3, 30),
        (30, 10),
    ]
    finished = told()
    change(down.run.folder, questions=None)
    assert told() == finished, "the journal says the same"
    unanswered = query("select unanswered from predictions where unanswered is not null", tmp_path)
    assert unanswered.rows == [("the provider is down",)] * 10


def test_the_whole_journal_says_what_the_final_files_say(runs: Runs, tmp_path: Path) -> None:
    finished, journal = copied(runs, tmp_path / "a"), writing(runs, tmp_path / "b")
    for table in ("predictions", "candidates", "verdicts", "calls"):
        rows = f"from {table} order by all"
        assert query(rows, finished).rows == query(rows, journal).rows
    assert query("select final, questions, unanswered, metrics from runs", journal).rows == [(False, 30, 0, METRICS)]


def test_a_run_still_writing_gives_what_is_there(runs: Runs, tmp_path: Path) -> None:
    folder = writing(runs, tmp_path, lines=11, torn=b'{"id":"dev-0005","verd')
    (folder / "calls.jsonl").write_bytes(b'{"question":"dev-0000","stage":"generate","n":5}\n{"question":"de')
    assert query("select count(*), count(distinct question), sum(position) from candidates", folder).rows == [
        (30, 6, 60)
    ]
    assert query("select distinct question, hardness from verdicts order by all", folder).rows == [
        (f"dev-000{i}", "easy") for i in range(5)
    ]
    assert query("select question from predictions where hardness = 'medium'", folder).rows == [("dev-0005",)]
    assert query("select question, n from calls", folder).rows == [("dev-0000", 5)]
    assert query("select questions, final from runs", folder).rows == [(6, False)]


def test_final_files_that_lag_behind_tell_databases_and_hardness(runs: Runs, tmp_path: Path) -> None:
    folder, missing = copied(runs, tmp_path), str(tmp_path / "gone")
    change(folder, questions=None, data={"folder": missing, "split": "dev", "train": [], "questions": None})
    question = "select distinct question, db_id, hardness, text from predictions join verdicts using (question, db_id, "
    question += "hardness) order by all limit 1"
    (row,) = query(question, folder).rows
    assert row == ("dev-0000", "seed_library", "easy", "How many members live in Kilfenora?")
    (folder / "verdicts.jsonl").write_bytes(b"")
    (folder / "predictions.jsonl").write_bytes(b"")
    told: list[str] = []
    (row,) = query("select distinct question, db_id, hardness from verdicts order by all limit 1", folder,
                   complain=told.append).rows  # fmt: skip
    assert row == ("dev-0000", None, None)
    (line,) = told
    assert line.startswith(f"{folder}: without its data set, databases and hardness are unknown as yet: {missing}")


def test_damage_is_named_and_the_rest_counts(runs: Runs, tmp_path: Path) -> None:
    told: list[str] = []
    journal = writing(runs, tmp_path / "a") / "journal.jsonl"
    finished = copied(runs, tmp_path / "b")
    for file in (journal, finished / "candidates.jsonl"):
        lines = file.read_bytes().split(b"\n")
        file.write_bytes(b"\n".join([*lines[:4], lines[4][:40], *lines[5:]]))
    (finished / "calls.jsonl").write_bytes(
        '{"question":"dev-0000","stage":"\ud800"}\n'.encode("utf-8", "surrogatepass")
    )
    (copied(runs, tmp_path / "c") / "run.json").write_text("{", encoding="utf-8")
    counts = "select run, count(distinct question) from candidates group by all order by all"
    assert query(counts, tmp_path, complain=told.append).rows == [("a/majority", 29), ("b/majority", 29)]
    assert [re.sub(r": Expecting .*?;", ";", line) for line in told] == [
        f"{journal}, line 5: damaged, and left out",
        f"{tmp_path / 'c/majority/run.json'}: damaged; left out",
        f"{finished / 'candidates.jsonl'}, line 5: damaged, and left out",
    ]
    assert query("select stage from calls", finished).rows == [("?",)]
    with pytest.warns(UserWarning, match=r"candidates.jsonl, line 5: damaged"):
        query("from candidates", finished)
    with pytest.raises(RunError, match="none of the runs can be read"):
        query("from runs", tmp_path / "c", complain=told.append)


# --- what is written --------------------------------------------------------------------------------------------


def read_back(file: Path) -> list[tuple[Any, ...]]:
    return duckdb.execute(f"from '{file}'").fetchall()


def test_out_round_trips(root: Path, tmp_path: Path) -> None:
    sql = "select question, sql, row_count, elected, 0.1::double as d from candidates order by all"
    wanted = query(sql, root)
    for name in ("x.csv", "x.parquet", "x.JSON"):
        assert write_query(tmp_path / name, sql, root) == len(wanted.rows) == 360
        if name != "x.JSON":
            assert read_back(tmp_path / name) == wanted.rows
    assert json.loads((tmp_path / "x.JSON").read_bytes()) == wanted.records()
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == list(wanted.columns)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.JSON", "x.csv", "x.parquet"]


def test_every_table_is_exported(root: Path, tmp_path: Path) -> None:
    for suffix in (".parquet", ".csv"):
        counts = write_tables(tmp_path / suffix, root, suffix=suffix)
        assert {file.name: count for file, count in counts.items()} == {
            f"runs{suffix}": 4, f"predictions{suffix}": 120, f"candidates{suffix}": 360, f"verdicts{suffix}": 360,
            f"calls{suffix}": 240,
        }  # fmt: skip
        assert {file: len(read_back(file)) for file in counts} == counts
    for name in TABLES:
        assert read_back(tmp_path / ".parquet" / f"{name}.parquet") == query(f"from {name} order by all", root).rows


# --- what cannot be done ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select hardnes from verdicts", r"Binder Error: .*column \"hardnes\" not found.*; did you mean 'hardness'\?"),
        ("select v.scor from verdicts v", r"Binder Error: .*column named \"scor\".*; did you mean 'score'\?"),
        ("from verdict", r"Catalog Error: Table with name verdict does not exist; did you mean 'verdicts'\?"),
        ("from nope", r"Catalog Error: .* nope .*; known: calls, candidates, predictions, runs, verdicts"),
        ("select x.sql from calls c", r"Binder Error: Referenced table \"x\" not found.*"),
        ("selec 1", r"Parser Error: syntax error at or near \"selec\""),
        ("select avgg(score) from verdicts", r"Catalog Error: .* avgg .* Did you mean \"avg\"\?"),
        ("select score + run from verdicts", r"Binder Error: No function matches .*"),
        ("select run::int from verdicts", r"Conversion Error: .*"),
        ("from runs; from calls", "one query is expected, as in: .*"),
        ("", "one query is expected, as in: .*"),
        ("drop table runs", "one query is expected, as in: .*"),
        ("set memory_limit = '1GB'", "one query is expected, as in: .*"),
        ("copy runs to '{folder}/x.csv'", "one query is expected, as in: .*"),
        ("from read_text('{folder}/secret.csv')", "Permission Error: .*"),
        ("from '{folder}/secret.csv'", ".*Error: .*"),
        ("from glob('{folder}/*')", "Permission Error: .*"),
        ("from query", "Catalog Error: .*"),  # a variable where the query runs
    ],
)
def test_what_cannot_be_answered_is_one_line(sql: str, message: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    before = contents(root)
    with pytest.raises(UsageError) as refused:
        query(sql.replace("{folder}", str(tmp_path)), root)
    assert re.fullmatch(message, str(refused.value))
    assert contents(root) == before and [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_place_without_runs_is_one_line(tmp_path: Path, root: Path) -> None:
    with pytest.raises(RunError, match=r"x: no such folder; a run's is expected, or one with runs below it"):
        query("from runs", [root, tmp_path / "x"])
    with pytest.raises(RunError, match=rf"no run under {tmp_path}; 'text2sql run' makes one"):
        write_tables(tmp_path / "out", tmp_path)
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_where_it_should_not_be(runs: Runs, tmp_path: Path) -> None:
    folder = copied(runs, tmp_path)
    before = contents(tmp_path)
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: write_query(folder / "run.json", "from runs", tmp_path), "a run's folder is only read"),
        (lambda: write_tables(folder, tmp_path), "a run's folder is only read"),
        (lambda: write_query(tmp_path / "x.txt", "from runs", tmp_path), r"ends in .csv, .parquet, .json is expected"),
        (lambda: write_query(tmp_path / "no/x.csv", "from runs", tmp_path), "no such folder; a file is expected"),
        (lambda: write_query(tmp_path / "x.csv", "from nope", tmp_path), "nope does not exist"),
    ]
    for call, message in cases:
        with pytest.raises(UsageError, match=message):
            call()
    assert contents(tmp_path) == before


# --- the command ----------------------------------------------------------------------------------------------------


def command(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "text2sql", "query", *map(str, arguments)],
        cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


def test_the_command_prints_tables_and_json(runs: Runs, tmp_path: Path) -> None:
    places = tmp_path / "experiments/runs"
    folder = writing(runs, places, lines=6, torn=b"{")
    sql = "select metric, avg(score), min(sql || chr(10) || 'x') as sql, null as none from verdicts join predictions "
    sql += "using (question) where metric = 'valid_sql' group by all"
    done = command(sql, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "metric     avg(score)  sql                                                         none",
        "---------  ----------  ----------------------------------------------------------  ----",
        "valid_sql      1.0000  SELECT COUNT(*) FROM Members WHERE Village = 'Kilfenora' x  –",
    ]
    assert json.loads(command("select 1 as a, [1.5, null] as b", "--json", folder=tmp_path).stdout) == [
        {"a": 1, "b": [1.5, None]}
    ]
    assert command("select 'a|b' as a", "--markdown", folder=tmp_path).stdout == "| a    |\n| ---- |\n| a\\|b |\n"
    (folder / "journal.jsonl").write_bytes(b"x\n" + (folder / "journal.jsonl").read_bytes())
    done = command("from verdicts", "--out", "x.csv", "--runs", folder, folder=tmp_path)
    assert (done.stdout, done.stderr) == (
        "x.csv: 9 rows\n", f"text2sql: {folder / 'journal.jsonl'}, line 1: damaged, and left out\n"
    )  # fmt: skip
    done = command("--export", "tables", "--csv", folder=tmp_path)
    assert done.stdout.splitlines()[0] == f"{Path('tables/runs.csv')}: 1 rows"
    refused = command(folder=tmp_path)
    assert (refused.returncode, refused.stderr) == (2, "text2sql: query needs SQL, or --export FOLDER\n")


def test_it_is_exported(root: Path) -> None:
    assert t2s.query("select count(*) as n from runs", runs=root).records() == [{"n": 4}]
