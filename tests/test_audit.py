"""`data check`: every kind of fault is found where it is, and nothing else."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.small import DEV, HARBOUR, questions, tables_entry, write_database, write_json, write_release
from text2sql.audit import KINDS, Finding, check_data, report_json, report_text
from text2sql.cli import main
from text2sql.errors import DataError

Make = Callable[[Path], Finding]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path / "spider")


def _dev(folder: Path, *added: tuple[str, str]) -> None:
    """The dev questions, and more of them: database and gold."""
    write_json(folder / "dev.json", questions([*DEV, *((db_id, "What else?", sql) for db_id, sql in added)]))


def _harbour(folder: Path) -> Path:
    return folder / "database" / "harbour" / "harbour.sqlite"


# --- one fault of every kind ----------------------------------------------------------------------------------------


def _missing_database(folder: Path) -> Finding:
    _harbour(folder).unlink()
    return Finding("missing_database", "harbour", f"{_harbour(folder)}: 3 questions")


def _damaged_database(folder: Path) -> Finding:
    _harbour(folder).write_text("<html>sign in</html>")
    return Finding("damaged_database", "harbour", f"{_harbour(folder)}: not an SQLite database")


def _gold(kind: str, sql: str, detail: str = "") -> Make:
    def make(folder: Path) -> Finding:
        _dev(folder, ("harbour", sql))
        return Finding(kind, "dev-0003", detail or sql)

    return make


def _invalid_text(folder: Path) -> Finding:
    # A blob is no text, and so not invalid.
    blob = "INSERT INTO trip VALUES (9, 1, X'FF00');"
    write_database(_harbour(folder), f"INSERT INTO boat VALUES (4, CAST(X'4DFC6E' AS TEXT), 1.0); {blob}")
    return Finding("invalid_text", "harbour", "1 row")


def _value(folder: Path) -> Finding:
    script = HARBOUR.replace("length REAL", "value_new REAL").replace("day TEXT", "Value TEXT")
    _harbour(folder).unlink()
    write_database(_harbour(folder), script)
    write_json(folder / "tables.json", [tables_entry("harbour", script)])
    _dev(folder)
    records = json.loads((folder / "dev.json").read_text())
    write_json(folder / "dev.json", [record for record in records if "length" not in record["query"]])
    return Finding("value", "harbour", "names: value_new")


def _schema(folder: Path) -> Finding:
    told = HARBOUR.replace("name TEXT", "name TEXT, owner TEXT, berth TEXT")
    told = "\n".join(line for line in told.splitlines() if "INSERT INTO boat" not in line)
    write_json(folder / "tables.json", [tables_entry("harbour", told)])
    return Finding("schema", "harbour", "boat: the database has no owner, berth")


def _extra_file(folder: Path) -> Finding:
    _harbour(folder).with_name("harbour.sqlite-journal").write_bytes(b"")
    return Finding("extra_file", "harbour", "harbour.sqlite-journal")


def _unparsed_gold(folder: Path) -> Finding:
    sql = "SELECT T1.name FROM boat AS T1 LEFT JOIN trip AS T2 ON T1.boat_id = T2.boat_id"
    _dev(folder, ("harbour", sql))
    return Finding("unparsed_gold", "dev-0003", sql)


def _shared_database(folder: Path) -> Finding:
    _dev(folder, ("orchard", "SELECT count(*) FROM tree"))
    return Finding("shared_database", "orchard", "")


FAILING = "SELECT boat_id FROM boat JOIN trip"

FAULTS: dict[str, Make] = {
    "missing_database": _missing_database,
    "damaged_database": _damaged_database,
    "gold_error": _gold("gold_error", FAILING, f"ambiguous_column: ambiguous column name: boat_id: {FAILING}"),
    "empty_gold": _gold("empty_gold", "SELECT name FROM boat WHERE length > 100"),
    "null_gold": _gold("null_gold", "SELECT max(length) FROM boat WHERE length > 100"),
    "cut_tie": _gold("cut_tie", "SELECT name FROM boat ORDER BY length LIMIT 1"),
    "invalid_text": _invalid_text,
    "value_replacement": _gold(
        "value_replacement",
        "SELECT name FROM boat WHERE name < 'value'",
        "execution_accuracy empty: SELECT name FROM boat WHERE name < 'value'",
    ),
    "value": _value,
    "schema": _schema,
    "extra_file": _extra_file,
    "unparsed_gold": _unparsed_gold,
    "shared_database": _shared_database,
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found_and_nothing_else(kind: str, folder: Path) -> None:
    expected = FAULTS[kind](folder)
    assert expected.kind == kind
    (report,) = check_data(folder, splits=["dev"], workers=1)
    assert report.findings == [expected]
    assert report.wrong is KINDS[kind][1]


def test_there_is_a_fault_of_every_kind() -> None:
    assert set(KINDS) - set(FAULTS) == {"no_quoted_strings", "gold_mismatch"}  # they have their own tests


def test_gold_that_runs_only_as_it_stands(folder: Path) -> None:
    """Without its DISTINCT, which the official evaluator drops, it is no SQL; and no grammar reads it."""
    sql = "SELECT name FROM boat WHERE name IS NOT DISTINCT FROM 'Plover'"
    _dev(folder, ("harbour", sql))
    (report,) = check_data(folder, splits=["dev"], workers=1)
    assert report.findings == [
        Finding("gold_mismatch", "dev-0003", f"execution_accuracy gold_error: {sql}"),
        Finding("unparsed_gold", "dev-0003", sql),
    ]
    assert not report.wrong


def test_sqlite_without_double_quoted_strings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    class Strict:
        def execute(self, sql: str) -> None:
            raise sqlite3.OperationalError("no such column: text")

        def close(self) -> None: ...

    def strict(*place: Any, **options: Any) -> Any:
        return Strict() if place == (":memory:",) and not options else connect(*place, **options)

    monkeypatch.setattr(sqlite3, "connect", strict)
    assert check_data(folder, splits=["dev"], workers=1)[0].findings == []
    _dev(folder, ("harbour", 'SELECT boat_id FROM boat WHERE name = "Dunlin"'))
    (report,) = check_data(folder, splits=["dev"], workers=1)
    assert report.findings == [Finding("no_quoted_strings", "SQLite", "gold with double quotes: 1")]
    assert report.wrong


def test_a_gold_value_that_the_official_evaluator_would_not_replace(folder: Path) -> None:
    _dev(folder, ("harbour", "SELECT count(*) FROM boat WHERE name != 'of value'"))
    (report,) = check_data(folder, splits=["dev"], workers=1)
    assert report.findings == [Finding("value", "dev-0003", "SELECT count(*) FROM boat WHERE name != 'of value'")]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: b"", "an empty file, not a database"),
        (lambda content: content[:100] + b"\xab" * (len(content) - 100), "database disk image is malformed"),
        (lambda content: content[:5000], "database disk image is malformed"),
    ],
)
def test_a_damaged_database_is_named_once(damage: Callable[[bytes], bytes], message: str, folder: Path) -> None:
    _harbour(folder).write_bytes(damage(_harbour(folder).read_bytes()))
    (report,) = check_data(folder, splits=["dev"], workers=1)
    (finding,) = report.findings
    assert (finding.kind, finding.where) == ("damaged_database", "harbour")
    assert finding.detail.startswith(str(_harbour(folder))) and finding.detail.endswith(message)


# --- ties -------------------------------------------------------------------------------------------------------------

BOATS = HARBOUR + "".join(
    f"INSERT INTO trip VALUES ({number}, {number // 2}, '2022');" for number in range(100, 150)
)  # fmt: skip

TIES = {
    # boats are 7.5, 5.0 and 5.0 long
    "SELECT name FROM boat ORDER BY length DESC LIMIT 1": False,
    "SELECT name FROM boat ORDER BY length DESC LIMIT 2": True,
    "SELECT name FROM boat ORDER BY length DESC LIMIT 3": False,
    "SELECT name FROM boat ORDER BY length LIMIT 1": True,
    "SELECT name FROM boat ORDER BY length LIMIT 2": False,
    "SELECT name FROM boat ORDER BY length LIMIT 9": False,
    "SELECT name FROM boat ORDER BY length, name LIMIT 1": False,
    "SELECT name FROM boat ORDER BY length DESC, length LIMIT 2;": True,
    "SELECT * FROM boat ORDER BY length LIMIT 1": True,
    # the number of a column, or its alias
    "SELECT name, length FROM boat ORDER BY 2 LIMIT 1": True,
    "SELECT name, length FROM boat ORDER BY 1 LIMIT 1": False,
    "SELECT name, 10 * length AS size FROM boat ORDER BY size LIMIT 1": True,
    "SELECT name, 10 * length AS size FROM boat ORDER BY size DESC LIMIT 1": False,
    # an offset
    "SELECT name FROM boat ORDER BY length LIMIT 1 OFFSET 0": True,
    "SELECT name FROM boat ORDER BY length LIMIT 1 OFFSET 1": False,
    "SELECT name FROM boat ORDER BY length DESC LIMIT 1, 1": True,
    # groups, and more rows than a result keeps
    "SELECT boat_id FROM trip WHERE day < '2022' GROUP BY boat_id ORDER BY count(*) DESC LIMIT 1": False,
    "SELECT boat_id FROM trip WHERE day = '2022' GROUP BY boat_id ORDER BY count(*) DESC LIMIT 1": True,
    "SELECT trip_id FROM trip ORDER BY day DESC LIMIT 30": True,
    "SELECT trip_id FROM trip ORDER BY boat_id DESC LIMIT 30": False,
    "SELECT trip_id FROM trip ORDER BY boat_id DESC LIMIT 31": True,
    # NULL ties with NULL
    "SELECT name FROM boat ORDER BY nullif(length, 5.0) LIMIT 1": True,
    # no limit, or one that cuts nothing off
    "SELECT name FROM boat ORDER BY length": False,
    "SELECT count(*) FROM boat ORDER BY count(*) LIMIT 1": False,
    "SELECT name FROM boat WHERE name != 'order by limit 1'": False,
    # cannot be told
    "SELECT DISTINCT name FROM boat ORDER BY length LIMIT 1": False,
    "SELECT name FROM boat UNION SELECT day FROM trip ORDER BY 1 LIMIT 1": False,
}


def test_ties_that_a_limit_cuts(folder: Path) -> None:
    _harbour(folder).unlink()
    write_database(_harbour(folder), BOATS)
    write_json(folder / "dev.json", questions([("harbour", "Which?", sql) for sql in TIES]))
    (report,) = check_data(folder, splits=["dev"])
    found = {finding.detail for finding in report.findings if finding.kind == "cut_tie"}
    assert {sql: sql in found for sql in TIES} == TIES


# --- what is printed --------------------------------------------------------------------------------------------------


def _check(arguments: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", ["text2sql", "data", "check", *arguments, "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_the_report(folder: Path) -> None:
    _dev(folder, ("harbour", FAILING), *[("harbour", "SELECT name FROM boat LIMIT 0")] * 3)
    write_json(folder / "train_others.json", [])
    reports = check_data(folder, workers=1)
    assert report_text(reports, listed=2) == "\n".join(
        [
            "spider dev: 7 questions, 1 database, 6 easy, 1 medium",
            "  WRONG     1 × gold queries that do not run",
            f"           dev-0003  ambiguous_column: ambiguous column name: boat_id: {FAILING}",
            "  note      3 × gold queries without rows",
            "           dev-0004  SELECT name FROM boat LIMIT 0",
            "           dev-0005  SELECT name FROM boat LIMIT 0",
            "           ... and 1 more (--all lists them)",
            "",
            "spider train: 1 question, 1 database, 1 easy",
            "  nothing found",
        ]
    )
    assert report_text(reports, listed=None).count("SELECT name FROM boat LIMIT 0") == 3
    dev, train = report_json(reports)
    assert dev["counts"] == {"questions": 7, "databases": 1, "easy": 6, "medium": 1, "hard": 0, "extra": 0}
    assert (dev["data"], dev["split"], dev["wrong"], len(dev["findings"])) == ("spider", "dev", True, 4)
    assert dev["findings"][0] == {
        "kind": "gold_error",
        "where": "dev-0003",
        "detail": f"ambiguous_column: ambiguous column name: boat_id: {FAILING}",
    }
    assert (train["split"], train["wrong"], train["findings"]) == ("train", False, [])


def test_the_exit_status_is_1_where_an_evaluation_would_be_wrong(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check([str(folder)], monkeypatch) == 0
    _extra_file(folder)
    assert _check([str(folder)], monkeypatch) == 0
    assert "note      1 × files that the official evaluator would open" in capsys.readouterr().out
    # Train is for retrieval: its faults count where one asks for them.
    (folder / "database" / "orchard" / "orchard.sqlite").unlink()
    assert _check([str(folder)], monkeypatch) == 0
    assert _check([str(folder), "--split", "train"], monkeypatch) == 1
    _missing_database(folder)
    assert _check([str(folder)], monkeypatch) == 1
    assert _check([str(folder), "--split", "dev", "--json"], monkeypatch) == 1
    (report,) = json.loads(capsys.readouterr().out.partition("\n[")[2].join(["[", ""]))
    assert report["findings"][0]["kind"] == "missing_database"


def test_a_split_that_cannot_be_read_is_not_passed_over(folder: Path) -> None:
    (folder / "dev.json").write_text("[")
    with pytest.raises(DataError, match=r"dev\.json, line 1: not JSON"):
        check_data(folder, workers=1)


def test_the_bundled_data_set_is_sound() -> None:
    dev, train = check_data("tiny", workers=1)
    assert not dev.wrong and not train.wrong
    assert {finding.kind for finding in dev.findings + train.findings} <= {"empty_gold"}


@pytest.mark.slow
def test_spider_dev_is_sound(shared: Path) -> None:
    (report,) = check_data(shared / "spider", splits=["dev"])
    assert not report.wrong
    assert report.counts == {"questions": 1034, "databases": 20, "easy": 248, "medium": 446, "hard": 174, "extra": 166}
    kinds = [finding.kind for finding in report.findings]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "cut_tie": 44,
        "empty_gold": 49,
        "invalid_text": 1,
        "null_gold": 4,
    }
    dataset = report.dataset
    told = {example.question.id: example.question.db_id for example in dataset.examples}
    ties = [finding for finding in report.findings if finding.kind == "cut_tie" and told[finding.where] != "wta_1"]
    assert len(ties) == 42
