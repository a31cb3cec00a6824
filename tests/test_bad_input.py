"""Bad input at the command line: one line that names what is wrong, exit status 2, and no traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.small import write_database
from text2sql.cli import main

TINY = ROOT / "spider_data" / "tiny"
STRONG = TINY / "recorded" / "strong.txt"
SQLS = STRONG.read_text(encoding="utf-8").splitlines()
EXPERIMENT = """\
[data]
use = "tiny"
[[configuration]]
name = "one"
model = { use = "recorded", file = "{data}/recorded/strong.txt" }
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder that commands are given in, with an experiment and predictions."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "x.toml").write_text(EXPERIMENT, encoding="utf-8")
    (folder / "good.txt").write_text("\n".join(SQLS) + "\n", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return folder


Told = Callable[..., str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """What a command that cannot be done prints, behind the program's name."""

    def told(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["text2sql", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert (printed.out, ended.value.code) == ("", 2)
        (line,) = printed.err.splitlines()
        assert line.startswith("text2sql: ") and printed.err.endswith("\n")
        return line.removeprefix("text2sql: ")

    return told


# --- run ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["y.toml"], "y.toml: no such experiment file; did you mean 'x.toml'?"),
        (["x.toml", "--split", "dve"], "no split 'dve'; did you mean 'dev'?"),
        (["x.toml", "--split", "test"], f"{TINY}: split 'test' needs test.json; splits here: dev, train"),
        (["x.toml", "--split", "train"], f"{STRONG}: 30 predictions for the 20 questions of train"),
        (["x.toml", "--data", "tinny"], "no data set and no folder 'tinny'; did you mean 'tiny'?"),
        (["x.toml", "--data", "./nowhere"], "./nowhere: no such folder"),
        (["x.toml", "--data", "x.toml"], "x.toml: a Spider-format folder is expected, not a file"),
        (["x.toml", "--only", "on"], "x.toml: no configuration 'on'; did you mean 'one'?"),
        (["x.toml", "--set", "voter"], "--set 'voter': key=value is expected, as in model.use=openai"),
        (["x.toml", "--set", "vote=first"], "--set 'vote=first': unknown key 'vote'; did you mean 'voter'?"),
        (
            ["x.toml", "--set", "voter.use=majorty"],
            "x.toml: configuration 'one': voter: no voter 'majorty'; did you mean 'majority'?",
        ),
        (
            ["x.toml", "--set", "voter.exectable=true"],
            "x.toml: configuration 'one': voter: 'first' has no option 'exectable'; did you mean 'executable'?",
        ),
        (
            ["x.toml", "--set", "voter.executable=1"],
            "x.toml: configuration 'one': voter.executable: bool is expected, not 1",
        ),
        (
            ["x.toml", "--set", "voter=none_such:f"],
            "x.toml: configuration 'one': voter: 'none_such:f': No module named 'none_such'; "
            "is it installed, or in the folder you start from?",
        ),
        (
            ["x.toml", "--set", "model.file=none.txt"],
            "x.toml: configuration 'one': model.file: no such file: none.txt",
        ),
        (
            ["x.toml", "--set", "model.pick=1"],
            f"{STRONG}: no question has a candidate 1 (they count from 0)",
        ),
        (
            ["x.toml", "--set", "model.file=x.toml"],
            "x.toml: 5 predictions for the 30 questions of dev, dev-0005 has none; "
            "allow_missing = true leaves it unanswered",
        ),
    ],
)
def test_run(arguments: list[str], message: str, told: Told) -> None:
    assert told("run", *arguments, "--quiet") == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("voters = 'first'", "line 6: configuration 'one': unknown key 'voters'; did you mean 'voter'?"),
        ("voter = first", "line 6: not TOML: Invalid value"),
        ("[defalts]", "line 6: unknown key 'defalts'; did you mean 'defaults'?"),
    ],
)
def test_run_of_a_file_that_is_wrong(line: str, message: str, told: Told, here: Path) -> None:
    (here / "x.toml").write_text(EXPERIMENT + line)
    assert told("run", "x.toml") == f"x.toml, {message}"


# --- evaluate -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.txt"], "none.txt: no such file"),
        (["good.txt", "none.txt"], "none.txt: no such file"),
        (["good.txt", "--split", "train"], "good.txt: 30 predictions for the 20 questions of train"),
        (["good.txt", "--split", "dve"], "no split 'dve'; did you mean 'dev'?"),
        (["good.txt", "--questions", "q.json"], f"{TINY / 'q.json'}: no such file"),
        (["good.txt", "--metric", "valid_sqll"], "no metric 'valid_sqll'; did you mean 'valid_sql'?"),
        (
            ["good.txt", "--metric", "pass_at_n(n=x)"],
            "'pass_at_n(n=x)': options read option=value, separated by commas",
        ),
        (["good.txt", "--metric", "pass_at_n(k=1)"], "metric: 'pass_at_n' has no option 'k'; known: keep_distinct, n"),
    ],
)
def test_evaluate(arguments: list[str], message: str, told: Told) -> None:
    assert told("evaluate", *arguments, "--data", "tiny", "--quiet") == message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "evaluate needs prediction files, --gold or --pairs FILE"),
        (["good.txt", "--pairs", "p.jsonl"], "evaluate needs prediction files, --gold or --pairs FILE, not both"),
        (
            ["--pairs", "p.jsonl", "--questions", "q.json"],
            "--questions does not go with --pairs, which have their own gold",
        ),
        (["--pairs", "none.jsonl"], "none.jsonl: no such file"),
        (["good.txt", "--verdicts", "none/out.jsonl"], "none/out.jsonl: no such folder; a file is expected"),
        (["good.txt", "--verdicts", "."], ".: a folder; a file is expected"),
        (["good.txt", "--verdicts", "./good.txt"], "good.txt: the verdicts would replace the file that is judged"),
    ],
)
def test_evaluate_what_cannot_be(arguments: list[str], message: str, told: Told) -> None:
    assert told("evaluate", *arguments, "--data", "tiny", "--quiet") == message


PAIR = {"db_id": "seed_library", "gold": "SELECT 1", "predicted": "SELECT 2"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "not JSON: blank"),
        ("{'db_id': 1}", "not JSON: Expecting property name enclosed in double quotes"),
        ('["SELECT 1"]', "no text in db_id, gold, predicted; an object with db_id, gold, predicted is expected"),
        (
            json.dumps(PAIR | {"predicted": None}),
            "no text in predicted; an object with db_id, gold, predicted is expected",
        ),
        (json.dumps(PAIR | {"db_id": "seed_libary"}), "no database 'seed_libary'; did you mean 'seed_library'?"),
        (json.dumps(PAIR | {"gold": " "}), "the gold is blank"),
        (json.dumps(PAIR | {"predicted": ""}), "the prediction is blank; --allow-missing scores it as wrong"),
        (
            json.dumps(PAIR | {"gold": "SELECT one"}),
            "the gold query does not run (no_such_column: no such column: one), nor that of 1 more; "
            "--allow-gold-errors scores such gold as wrong, --only-runnable leaves it out",
        ),
    ],
)
def test_evaluate_pairs_of_which_one_is_wrong(line: str, message: str, told: Told, here: Path) -> None:
    last = json.dumps(PAIR | {"gold": "SELECT two"})
    (here / "p.jsonl").write_text("\n".join([json.dumps(PAIR), line, last]) + "\n", encoding="utf-8")
    told_pairs = told("evaluate", "--pairs", "p.jsonl", "--data", "tiny", "--quiet", "--verdicts", "out.jsonl")
    assert told_pairs == f"p.jsonl, line 2: {message}"
    assert not (here / "out.jsonl").exists()


def test_pairs_keep_their_places_where_some_are_left_out(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [PAIR, PAIR | {"gold": "SELECT one"}, PAIR]
    (here / "p.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    arguments = ["evaluate", "--pairs", "p.jsonl", "--data", "tiny", "--only-runnable", "--verdicts", "out.jsonl"]
    monkeypatch.setattr(sys, "argv", ["text2sql", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert capsys.readouterr().out.startswith("tiny, 2 of 3 pairs; left out: 1 whose gold does not run\n")
    records = [json.loads(line) for line in (here / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(record["index"], record["id"]) for record in records] == [(0, "p-0000"), (2, "p-0002")]


def test_evaluate_without_spider(told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("text2sql.dataset.download_folder", lambda name: tmp_path / name)
    message = "Spider is not here yet: 'text2sql data download spider' fetches it, or give its folder"
    assert told("evaluate", "good.txt", "--data", "spider") == message


JSONL = [json.dumps({"sql": sql}) for sql in SQLS]
BROKEN = {
    "missing": (
        SQLS[:-2],
        ": 28 predictions for the 30 questions of dev, dev-0028 has none; --allow-missing scores it as wrong",
    ),
    "extra": ([*SQLS, "SELECT 1"], ": 31 predictions for the 30 questions of dev"),
    "blank": (
        [*SQLS[:4], "", *SQLS[5:]],
        ", line 5: blank: dev-0004 has no prediction; --allow-missing scores it as wrong",
    ),
    "blank at the end": ([*SQLS, "", ""], ": 32 predictions for the 30 questions of dev"),
    "malformed.jsonl": (
        [*JSONL[:2], "{'sql': 'SELECT 1'}", *JSONL[3:]],
        ", line 3: not JSON, an object with 'candidates' or 'sql' is expected: "
        "Expecting property name enclosed in double quotes",
    ),
    "other.jsonl": (
        [*JSONL[:2], '{"query": "SELECT 1"}', *JSONL[3:]],
        ", line 3: an object with 'candidates' or 'sql' is expected; 'index' counts from 0",
    ),
    "blank.jsonl": (
        [*JSONL[:2], '{"sql": ""}', *JSONL[3:]],
        ", line 3: blank: dev-0002 has no prediction; --allow-missing scores it as wrong",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_evaluate_predictions_that_do_not_fit(name: str, told: Told, here: Path) -> None:
    lines, message = BROKEN[name]
    (here / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert told("evaluate", name, "--data", "tiny", "--quiet") == name + message


@pytest.mark.parametrize("name", ["extra", "malformed.jsonl"])
def test_what_may_not_be_allowed(name: str, told: Told, here: Path) -> None:
    lines, message = BROKEN[name]
    (here / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert told("evaluate", name, "--data", "tiny", "--allow-missing", "--quiet") == name + message


# --- data -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def own(here: Path) -> Path:
    """A copy of the tiny data set, with one of its databases as a file."""
    folder = shutil.copytree(TINY, here / "own")
    place = folder / "database" / "bell_towers"
    write_database(place / "bell_towers.sqlite", (place / "schema.sql").read_text(encoding="utf-8"))
    (place / "schema.sql").unlink()
    return folder


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such database, asked about by dev-0017 and 12 more of dev.json"),
        (b"", "an empty file, not a database"),
        (b"version https://git-lfs.github.com/spec/v1\n", "not an SQLite database"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "file is not a database"),
    ],
    ids=["missing", "empty", "text", "damaged"],
)
@pytest.mark.parametrize("command", ["evaluate", "run"])
def test_a_database_that_cannot_be_read_is_no_wrong_answer(
    command: str, content: bytes | None, message: str, told: Told, own: Path
) -> None:
    remedy = "; --only-runnable leaves such questions out" if (command, content) == ("evaluate", None) else ""
    file = own / "database" / "bell_towers" / "bell_towers.sqlite"
    file.unlink() if content is None else file.write_bytes(content)
    argument = "good.txt" if command == "evaluate" else "x.toml"
    where = f"own/database/bell_towers/{file.name}"
    assert told(command, argument, "--data", "own", "--quiet") == f"{where}: {message}{remedy}"


def _changed(own: Path, row: int, **fields: str) -> None:
    records = json.loads((own / "dev.json").read_text(encoding="utf-8"))
    records[row].update(fields)
    (own / "dev.json").write_text(json.dumps(records), encoding="utf-8")


def test_a_question_about_a_database_that_nobody_knows(told: Told, own: Path) -> None:
    _changed(own, 7, db_id="bell_tower")
    message = "own/database/bell_tower/bell_tower.sqlite: no such database, asked about by dev-0007 of dev.json"
    meant = "; did you mean 'bell_towers'?"
    assert told("run", "x.toml", "--data", "own", "--quiet") == message + meant
    remedy = "; --only-runnable leaves such questions out"
    assert told("evaluate", "good.txt", "--data", "own", "--quiet") == message + meant + remedy


def test_a_prediction_about_another_database(told: Told, here: Path) -> None:
    lines = [*JSONL[:2], json.dumps({"sql": "SELECT 1", "db_id": "nowhere"}), *JSONL[3:]]
    (here / "other.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert told("evaluate", "other.jsonl", "--data", "tiny", "--quiet") == (
        "other.jsonl, line 3: is about 'nowhere', but dev-0002 about 'seed_library'"
    )


@pytest.mark.parametrize("command", ["evaluate", "run"])
def test_gold_that_does_not_run(command: str, told: Told, own: Path) -> None:
    _changed(own, 3, query="SELECT count(*) FROM nowhere")
    _changed(own, 5, query="SELEC")
    argument = "good.txt" if command == "evaluate" else "x.toml"
    assert told(command, argument, "--data", "own", "--quiet") == (
        "own/dev.json, record 3 (dev-0003): the gold query does not run (no_such_table: no such table: nowhere), nor "
        "that of 1 more; "
        + (
            "--allow-gold-errors scores such gold as wrong, --only-runnable leaves it out"
            if command == "evaluate"
            else "'text2sql data check' lists them, --allow-gold-errors scores them as wrong"
        )
    )


def test_what_is_left_out_is_told(
    own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _changed(own, 3, query="SELECT count(*) FROM nowhere")
    _changed(own, 5, db_id="nowhere")

    def printed(*more: str) -> str:
        monkeypatch.setattr(sys, "argv", ["text2sql", "evaluate", "good.txt", "--gold", "--data", "own", *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    head, _, _, _, _, predicted, gold, *_ = printed("--only-runnable").splitlines()
    assert head == "own dev, 28 of 30 questions; left out: 1 without a database, 1 whose gold does not run"
    assert (predicted.split()[:3], gold.split()[:3]) == (
        ["good.txt", "execution_accuracy", "78.6"],
        ["gold", "execution_accuracy", "100.0"],
    )
    (first, _) = json.loads(printed("--only-runnable", "--json"))
    assert (first["n"], first["left_out"], first["gold_errors"]) == (28, {"missing_database": 1, "gold_error": 1}, 0)
    _changed(own, 5, db_id="seed_library")
    head, _, _, _, _, _, gold, _, note, *_ = printed("--allow-gold-errors").splitlines()
    assert (head, gold.split()[2]) == ("own dev, 30 questions", "96.7")
    assert note == "Gold that does not run counts as wrong where it is executed: 1."


def test_damage_in_the_middle_of_a_database(told: Told, own: Path) -> None:
    file = own / "database" / "bell_towers" / "bell_towers.sqlite"
    content = file.read_bytes()
    # The first page holds the schema: only the rows are damaged.
    file.write_bytes(content[:4096] + b"\xab" * (len(content) - 4096))
    assert told("evaluate", "good.txt", "--data", "own", "--quiet") == (
        "own/database/bell_towers/bell_towers.sqlite: database disk image is malformed"
    )


def test_a_script_that_makes_no_database(told: Told, own: Path) -> None:
    script = own / "database" / "seed_library" / "schema.sql"
    script.write_text("CREATE TABEL Members (x);")
    assert told("evaluate", "good.txt", "--data", "own", "--quiet") == (
        'own/database/seed_library/schema.sql: near "TABEL": syntax error'
    )


@pytest.mark.parametrize(
    "command", [["evaluate", "good.txt", "--data"], ["data", "check"], ["run", "x.toml", "--data"]]
)
def test_questions_that_cannot_be_read(command: list[str], told: Told, own: Path) -> None:
    text = (own / "dev.json").read_text(encoding="utf-8")
    (own / "dev.json").write_text(text.replace('"db_id"', "db_id", 1), encoding="utf-8")
    line = "own/dev.json, line 3: not JSON: Expecting property name enclosed in double quotes"
    assert told(*command, "own") == line
    (own / "dev.json").write_text(text.replace('"query"', '"SQL"', 1), encoding="utf-8")
    assert told(*command, "own") == "own/dev.json, record 0 (the first is 0): no text in query"


def test_schemas_that_cannot_be_read(told: Told, own: Path) -> None:
    (own / "tables.json").write_text("[\n{]")
    line = "own/tables.json, line 2: not JSON: Expecting property name enclosed in double quotes"
    assert told("evaluate", "good.txt", "--data", "own", "--quiet") == line


def test_data_commands(told: Told) -> None:
    assert told("data", "check", "tinny") == "no data set and no folder 'tinny'; did you mean 'tiny'?"
    assert told("data", "check", "tiny", "--split", "tset") == "no split 'tset'; did you mean 'test'?"
    assert told("data", "check", "tiny", "--split", "test").startswith(f"{TINY}: split 'test' needs test.json")
    assert told("data", "download", "spidr").endswith("; did you mean 'spider'?")


# --- stored runs, lists -----------------------------------------------------------------------------------------------


def test_runs_that_are_not_there(told: Told) -> None:
    assert told("show", "nothing", "dev-0000", "--out", "runs") == "no run 'nothing' under runs"
    assert told("vote", "nothing", "--out", "elsewhere") == "no run 'nothing' under elsewhere"


def test_a_run_that_is_there(told: Told, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["text2sql", "run", "x.toml", "--limit", "2", "--quiet", "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    capsys.readouterr()
    assert told("show", "on", "dev-0000", "--out", "runs").startswith("no run 'on' under runs; ")
    assert told("show", "one", "dev-0099").startswith("tiny dev has no question 'dev-0099'")
    assert told("show", "one", "dev-0001").endswith("dev-0001 has not been asked yet")
    assert told("vote", "one", "--voter", "majorty") == "no voter 'majorty'; did you mean 'majority'?"
    assert told("vote", "one", "--voter", "first(executable=3)") == "voter.executable: bool is expected, not 3"
    (folder,) = Path("runs/x").iterdir()
    (folder / "run.json").write_text("{")
    assert told("show", "one", "dev-0000").startswith(f"{folder / 'run.json'}: damaged: ")


def test_lists(told: Told) -> None:
    assert told("list", "voterz") == "no kind of strategy 'voterz'; did you mean 'voter'?"


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "x.toml", "--limit", "0"],
        ["run", "x.toml", "--limit", "many"],
        ["run", "x.toml", "--limt", "3"],
        ["run"],
        ["evaluate", "good.txt"],
        ["vote", "one", "--n", "0"],
        ["evalute", "good.txt"],
    ],
)
def test_usage(arguments: list[str], told: Told) -> None:
    told(*arguments)


def test_as_a_process(here: Path) -> None:
    command = [sys.executable, "-m", "text2sql", "evaluate", "none.txt", "--data", "tiny"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "text2sql: none.txt: no such file\n")
