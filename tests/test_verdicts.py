"""``text2sql evaluate``: pairs, files of verdicts, and their agreement with the official evaluator.

The second half needs ../shared (Spider, published predictions, conformance pairs) beside the checkout; ``-m slow``
judges all of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.small import write_release
from text2sql.cli import app
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError
from text2sql.failures import FAILURES
from text2sql.rescore import evaluate, evaluate_pairs
from text2sql.verdicts import OFFICIAL_METRICS, write_verdicts

STRONG = ROOT / "spider_data/tiny/recorded/strong.txt"
OFFICIAL = ("db_id", "hardness", "execution", "execution_keep_distinct", "exact_set_match", "parsed")
PAIRS = [  # db_id, gold, predicted, then hardness, execution, with keep_distinct, exact set match, parsed, failure
    ("harbour", "SELECT name FROM boat", "SELECT name FROM boat", "easy", 1, 1, 1, True, ""),
    ("harbour", "SELECT DISTINCT length FROM boat", "SELECT length FROM boat", "easy", 1, 0, 1, True, ""),
    ("harbour", "SELECT name FROM boat", "SELECT name, length FROM boat", "easy", 0, 0, 0, True, "wrong_column_count"),
    ("orchard", "SELECT planted FROM tree", "SELECT CAST(planted AS INT) FROM tree", "easy", 1, 1, 0, False, ""),
    ("orchard", "SELECT variety FROM tree", "SELECT kind FROM tree", "easy", 0, 0, 0, False, "no_such_column"),
    ("orchard", "SELECT abs(planted) FROM tree", "SELECT planted FROM tree", None, 1, 1, None, True, ""),
    ("orchard", "SELECT kind FROM tree", "SELECT kind FROM tree", None, 0, 0, None, False, "gold_error"),
    ("orchard", "SELECT variety FROM tree", "", "easy", 0, 0, 0, False, "no_sql"),
]  # fmt: skip


def run(*arguments: object) -> None:
    app([*map(str, arguments)], standalone_mode=False)


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_pairs(file: Path, pairs: Sequence[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf-8")
    return file


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    fields = ({"db_id": d, "gold": g, "predicted": p, "note": n} for n, (d, g, p, *_) in enumerate(PAIRS))
    return write_pairs(tmp_path / "pairs.jsonl", list(fields))


def test_verdicts_on_pairs(tmp_path: Path, pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = write_release(tmp_path / "data"), tmp_path / "out.jsonl"
    options = ["--allow-missing", "--allow-gold-errors", "--metric", "valid_sql", "--quiet"]
    run("evaluate", "--pairs", pairs, "--data", data, "--verdicts", out, *options)
    found = records(out)
    names = ["file", "index", "id", *OFFICIAL, "failure", "valid_sql"]
    assert [list(record) for record in found] == [names] * len(PAIRS)
    assert [tuple(record[name] for name in (*OFFICIAL, "failure")) for record in found] == [
        (db_id, *verdicts) for db_id, _, _, *verdicts in PAIRS
    ]
    assert [record["id"] for record in found[:2]] == ["pairs-0000", "pairs-0001"]
    assert [record["valid_sql"] for record in found] == [1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0]
    assert {type(record[name]) for record in found for name in OFFICIAL[2:4]} == {int}
    assert {record["failure"] for record in found} <= {"", *FAILURES}
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"data, {len(PAIRS)} pairs"
    assert "pairs.jsonl: 4 (gold_error 1, no_sql 1, no_such_column 1, wrong_column_count 1)" in printed


def test_pairs_from_python(tmp_path: Path, pairs: Path) -> None:
    found = evaluate_pairs(
        pairs, data=write_release(tmp_path / "data"), allow_missing=True, allow_gold_errors=True, workers=1
    )
    assert found.scores("execution_accuracy")["all"] == 4 / 8
    assert found.failures("execution_accuracy")["gold_error"] == 1
    assert found.components()["accuracy"]["select"]["all"] == 2 / 3, "the unread gold is left out"
    with pytest.raises(ConfigError, match="a file of verdicts needs the metrics"):
        write_verdicts(tmp_path / "out.jsonl", [found])
    assert not (tmp_path / "out.jsonl").exists()


def test_verdicts_on_several_files(tmp_path: Path) -> None:
    out, weak = tmp_path / "out.jsonl", STRONG.with_name("weak.txt")
    run("evaluate", STRONG, weak, "--data", "tiny", "--verdicts", out, "--quiet")
    found = records(out)
    assert [record["file"] for record in found] == [str(STRONG)] * 30 + [str(weak)] * 30
    assert [record["index"] for record in found] == [*range(30)] * 2
    assert [sum(record["execution"] for record in found[at : at + 30]) for at in (0, 30)] == [24, 15]
    assert all(bool(record["failure"]) != bool(record["execution"]) for record in found)


def test_the_same_lines_from_python(tmp_path: Path) -> None:
    run("evaluate", STRONG, "--data", "tiny", "--verdicts", tmp_path / "a.jsonl", "--quiet")
    write_verdicts(tmp_path / "b.jsonl", [evaluate(STRONG, data="tiny", metrics=OFFICIAL_METRICS, workers=1)])
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_components_in_table_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    run("evaluate", STRONG, "--data", "tiny", "--components", "--quiet")
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("strong.txt: exact set match by component, as the official script prints it, in fractions of 1")
    assert lines[start + 2].split() == ["measure", "component", "all", "easy", "medium", "hard", "extra"]
    assert lines[start + 4].split() == ["accuracy", "select", "0.920", "1.000", "0.900", "0.750", "1.000"]
    assert len(lines) == start + 4 + 3 * 10
    run("evaluate", STRONG, "--data", "tiny", "--components", "--json", "--quiet")
    (told,) = json.loads(capsys.readouterr().out)
    assert told["components"]["accuracy"]["select"]["all"] == 0.92
    assert list(told["components"]) == ["accuracy", "recall", "f1"]
    assert list(told["failures"]["execution_accuracy"].values()) == [3, 1, 1, 1]


# --- official verdicts --------------------------------------------------------------------------------------

# Joins flight_4's airports and routes by LIKE, 483 million comparisons in the plan that SQLite takes, and so ends about
# the time limit. Without DISTINCT in it both modes run the same statements, and the reference has them wrong in one and
# right in the other: no evaluator that runs a statement once can agree with both.
UNDECIDABLE = 480


def disagreements(ours: Sequence[dict[str, Any]], official: Sequence[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Position, field, our value and the official one, wherever they differ."""
    return [
        (position, name, found[name], wanted[name])
        for position, (found, wanted) in enumerate(zip(ours, official, strict=True))
        for name in OFFICIAL
        if (type(found[name]), found[name]) != (type(wanted[name]), wanted[name])
    ]


def test_a_sample_of_the_conformance_pairs(shared: Path, tmp_path: Path) -> None:
    official = [pair for at, pair in enumerate(records(shared / "conformance/pairs.jsonl")) if at != UNDECIDABLE][::10]
    file, out = write_pairs(tmp_path / "pairs.jsonl", official), tmp_path / "out.jsonl"
    run("evaluate", "--pairs", file, "--data", shared / "spider", "--verdicts", out, "--quiet")
    assert disagreements(records(out), official) == []


def test_a_sample_of_the_published_predictions(shared: Path, spider: Dataset, tmp_path: Path) -> None:
    chosen = [at for at, e in enumerate(spider.examples) if e.question.db_id != "wta_1"][::60]
    gold = [{"db_id": e.question.db_id, "question": "", "query": e.sql} for e in spider.examples]
    (tmp_path / "dev.json").write_text(json.dumps([gold[at] for at in chosen]), encoding="utf-8")
    files, official = [], []
    for verdicts in sorted((shared / "predictions").glob("*.official.jsonl")):
        name = f"{verdicts.name.partition('.')[0]}.txt"
        lines = (shared / "predictions" / name).read_bytes().split(b"\n")
        files.append(tmp_path / name)
        files[-1].write_bytes(b"\n".join(lines[at] for at in chosen))
        official += [records(verdicts)[at] for at in chosen]
    data = ["--data", shared / "spider", "--questions", tmp_path / "dev.json"]
    run("evaluate", *files, *data, "--verdicts", tmp_path / "out.jsonl", "--quiet")
    assert len(official) == 20 * 17
    assert disagreements(records(tmp_path / "out.jsonl"), official) == []


@pytest.mark.slow
def test_all_conformance_pairs(shared: Path, tmp_path: Path) -> None:
    file, out = shared / "conformance/pairs.jsonl", tmp_path / "out.jsonl"
    run("evaluate", "--pairs", file, "--data", shared / "spider", "--verdicts", out, "--quiet")
    found = records(out)
    assert len(found) == 3000
    assert {position for position, *_ in disagreements(found, records(file))} == {UNDECIDABLE}


@pytest.mark.slow
def test_all_published_predictions(shared: Path, tmp_path: Path) -> None:
    official = sorted((shared / "predictions").glob("*.official.jsonl"))
    files = [file.with_name(f"{file.name.partition('.')[0]}.txt") for file in official]
    out = tmp_path / "out.jsonl"
    run("evaluate", *files, "--data", shared / "spider", "--verdicts", out, "--quiet")
    found = records(out)
    assert len(found) == 20_680
    assert disagreements(found, [verdict for file in official for verdict in records(file)]) == []
