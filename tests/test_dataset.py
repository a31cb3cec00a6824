"""Spider-format folders as users have them: both releases, parts of them, and broken ones."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.small import DEV, HARBOUR, OTHERS, TRAIN, questions, write_database, write_json, write_release
from text2sql import databases, dataset
from text2sql.artifacts import cache_folder
from text2sql.dataset import load_dataset, splits_of
from text2sql.errors import DatabaseError, DataError
from text2sql.types import Example, Question


def _examples(split: str, triples: tuple[tuple[str, str, str], ...]) -> tuple[Example, ...]:
    return tuple(
        Example(Question(f"{split}-{position:04d}", db_id, text), sql)
        for position, (db_id, text, sql) in enumerate(triples)
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_release(tmp_path / "spider")


# --- what a folder holds ----------------------------------------------------------------------------------------


def test_the_release_of_2018(folder: Path) -> None:
    dataset = load_dataset(folder)
    assert (dataset.name, dataset.split) == ("spider", "dev")
    assert dataset.examples == _examples("dev", DEV)
    assert dataset.pool == _examples("train", TRAIN)
    assert dict(dataset.databases) == {
        name: folder / "database" / name / f"{name}.sqlite" for name in ("harbour", "orchard", "quarry")
    }
    assert list(dataset.schemas) == ["harbour", "orchard", "quarry"]
    assert splits_of(folder) == ["dev", "train"]


def test_the_train_split_is_both_train_files(folder: Path) -> None:
    assert load_dataset(folder, split="train").examples == _examples("train", TRAIN + OTHERS)


def test_the_pool_is_of_the_files_that_are_named(folder: Path) -> None:
    assert load_dataset(folder, train=["train_others.json"]).pool == _examples("train", OTHERS)
    both = load_dataset(folder, train=["train_spider.json", "train_others.json"])
    assert both.pool == _examples("train", TRAIN + OTHERS)
    assert load_dataset(folder, train=[]).pool == ()


def test_the_release_of_2024_has_a_test_split_with_its_own_schemas_and_databases(tmp_path: Path) -> None:
    folder = write_release(tmp_path / "spider_data", year=2024)
    dataset = load_dataset(folder, split="test")
    assert dataset.examples == _examples("test", (("quarry", "How many stones?", "SELECT count(*) FROM stone"),))
    assert dict(dataset.databases) == {"quarry": folder / "test_database" / "quarry" / "quarry.sqlite"}
    assert list(dataset.schemas) == ["quarry"]
    assert load_dataset(folder).databases["quarry"] == folder / "database" / "quarry" / "quarry.sqlite"
    assert splits_of(folder) == ["dev", "train", "test"]


def test_a_release_unzipped_with_one_folder_inside(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "__MACOSX").mkdir()
    dataset = load_dataset(tmp_path)
    assert (dataset.name, dataset.folder) == (tmp_path.name, folder)
    assert dataset.examples == _examples("dev", DEV)


def test_of_two_folders_inside_none_is_taken(tmp_path: Path, folder: Path) -> None:
    shutil.copytree(folder, tmp_path / "another")
    with pytest.raises(DataError) as raised:
        load_dataset(tmp_path)
    assert str(raised.value) == f"{tmp_path}: split 'dev' needs dev.json; this is no Spider-format folder"


def test_other_questions_over_the_same_databases(folder: Path) -> None:
    # Spider-Syn has its own name for the question.
    records = [
        {"db_id": "harbour", "SpiderSynQuestion": "How many vessels?", "query": "SELECT 1", "evidence": "a hint"},
        {"db_id": "orchard", "question": "How many trees?", "query": "SELECT 2", "evidence": None},
    ]
    write_json(folder / "variants" / "realistic.json", records)
    dataset = load_dataset(folder, questions="variants/realistic.json")
    assert dataset.examples == (
        Example(Question("realistic-0000", "harbour", "How many vessels?", "a hint"), "SELECT 1"),
        Example(Question("realistic-0001", "orchard", "How many trees?"), "SELECT 2"),
    )
    assert dataset.pool == _examples("train", TRAIN)


def test_schemas_without_a_tables_json_are_read_from_the_databases(folder: Path) -> None:
    told = load_dataset(folder).schemas["harbour"]
    (folder / "tables.json").unlink()
    read = load_dataset(folder).schemas["harbour"]
    assert read.columns_by_table == told.columns_by_table
    assert read.foreign_keys == told.foreign_keys
    assert [table.rows for table in read.tables] == [table.rows for table in told.tables]


def test_a_database_under_another_name_is_found_in_its_folder(folder: Path) -> None:
    file = folder / "database" / "harbour" / "harbour.sqlite"
    file.rename(file.with_name("old_harbour.sqlite"))
    assert load_dataset(folder).databases["harbour"] == file.with_name("old_harbour.sqlite")


def test_a_database_of_its_own_file_and_a_script_is_not_built(folder: Path) -> None:
    (folder / "database" / "harbour" / "schema.sql").write_text("not SQL")
    assert load_dataset(folder).databases["harbour"].parent == folder / "database" / "harbour"


# --- databases that are built -------------------------------------------------------------------------------------


def _scripted(folder: Path, script: str) -> Path:
    write_json(folder / "dev.json", questions(DEV))
    place = folder / "database" / "harbour"
    place.mkdir(parents=True)
    (place / "schema.sql").write_text(script, encoding="utf-8")
    return folder


def test_a_database_is_built_once_into_the_cache(tmp_path: Path) -> None:
    dataset = load_dataset(_scripted(tmp_path / "own", HARBOUR + "-- built once"))
    file = dataset.databases["harbour"]
    built = file.stat()
    assert file.parent == cache_folder() / "databases"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM boat").fetchall() == [("Merganser",), ("Dunlin",), ("Plover",)]
    again = load_dataset(tmp_path / "own").databases["harbour"]
    assert (again, again.stat().st_mtime_ns, again.stat().st_ino) == (file, built.st_mtime_ns, built.st_ino)


_BUILD = """
import sys
from text2sql.dataset import load_dataset
dataset = load_dataset(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(dataset.databases["harbour"], flush=True)
"""


def test_processes_build_a_database_at_once(tmp_path: Path) -> None:
    rows = "".join(f"INSERT INTO boat VALUES ({number}, 'No. {number}', 4.0);\n" for number in range(10, 500))
    folder = _scripted(tmp_path / "own", HARBOUR + rows)
    command = [sys.executable, "-c", _BUILD, str(folder)]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    files = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    (file,) = files
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM boat").fetchone() == (493,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert list(Path(file).parent.glob("*.tmp")) == []


def test_a_script_that_fails_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    folder = _scripted(tmp_path / "own", "CREATE TABLE boat (name TEXT); INSERT INTO bout VALUES ('x');")
    before = list((cache_folder() / "databases").glob("*"))
    with pytest.raises(DatabaseError) as raised:
        load_dataset(folder).databases["harbour"]
    assert str(raised.value) == f"{folder / 'database' / 'harbour' / 'schema.sql'}: no such table: bout"
    assert list((cache_folder() / "databases").glob("*")) == before


# --- the checksum ---------------------------------------------------------------------------------------------------


def _record(name: str, value: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        records = json.loads((folder / "dev.json").read_text())
        records[1][name] = value
        write_json(folder / "dev.json", records)

    return change


def _append(file: str, text: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        with (folder / file).open("a") as opened:
            opened.write(text)

    return change


CHANGES = {
    "question": _record("question", "Which boat is longest?"),
    "gold": _record("query", "SELECT name FROM boat"),
    "evidence": _record("evidence", "length is in metres"),
    "database of a question": _record("db_id", "orchard"),
    "tables.json": _append("tables.json", "\n"),
    "pool": _append("train_spider.json", "\n"),
    "content": lambda folder: write_database(
        folder / "database" / "harbour" / "harbour.sqlite", "UPDATE boat SET length = 9 WHERE boat_id = 2"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_checksum_changes_with(change: Callable[[Path], object], folder: Path) -> None:
    before = load_dataset(folder).checksum
    change(folder)
    assert load_dataset(folder).checksum != before


def test_the_checksum_does_not_change_with(folder: Path, tmp_path: Path) -> None:
    dataset = load_dataset(folder)
    moved = shutil.copytree(folder, tmp_path / "elsewhere" / "spider_2018")
    assert load_dataset(moved).checksum == dataset.checksum
    # Neither what is not asked about ...
    write_database(folder / "database" / "quarry" / "quarry.sqlite", "DELETE FROM stone")
    assert load_dataset(folder).checksum == dataset.checksum
    # ... nor the layout of the question file.
    write_json(folder / "dev.json", {"x": 1})
    (folder / "dev.json").write_text(json.dumps(questions(DEV), indent=4))
    assert load_dataset(folder).checksum == dataset.checksum


def test_the_checksum_tells_files_of_the_pool_apart(folder: Path) -> None:
    sums = {load_dataset(folder, train=train).checksum for train in (None, [], ["train_others.json"])}
    assert len(sums) == 3


def test_the_checksum_of_a_built_database_is_its_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _scripted(tmp_path / "own", HARBOUR)

    def unused(*_: object) -> Path:
        raise AssertionError("another SQLite would write other bytes")

    monkeypatch.setattr(databases, "_build", unused)
    before = load_dataset(folder).checksum
    (folder / "database" / "harbour" / "schema.sql").write_text(HARBOUR.replace("Dunlin", "Teal"))
    assert load_dataset(folder).checksum != before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such database, asked about by dev-0000 and 2 more of dev.json"),
        (b"", "an empty file, not a database"),
        (b"<!DOCTYPE html><html>sign in</html>", "not an SQLite database"),
    ],
)
def test_a_database_that_is_none_has_no_checksum(content: bytes | None, message: str, folder: Path) -> None:
    file = folder / "database" / "harbour" / "harbour.sqlite"
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(DatabaseError) as raised:
        _ = load_dataset(folder).checksum
    assert str(raised.value) == f"{file}: {message}"


# --- what is refused --------------------------------------------------------------------------------------------------


def _refusal(use: str | Path, **options: object) -> str:
    with pytest.raises(DataError) as raised:
        _ = load_dataset(use, **options).pool  # type: ignore[arg-type]
    return str(raised.value)


def test_broken_json_names_file_and_line(folder: Path) -> None:
    text = (folder / "dev.json").read_text()
    (folder / "dev.json").write_text(text.replace("Which boat is", '"Which" boat is'))
    assert _refusal(folder) == f"{folder / 'dev.json'}, line 3: not JSON: Expecting ',' delimiter"
    (folder / "dev.json").write_text("")
    assert _refusal(folder) == f"{folder / 'dev.json'}, line 1: not JSON: Expecting value"
    (folder / "dev.json").write_bytes(b'[{"question": "\xff"}]')
    assert _refusal(folder) == f"{folder / 'dev.json'}: not UTF-8 text"


def test_json_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    (folder / "dev.json").write_bytes(b"\xef\xbb\xbf" + (folder / "dev.json").read_bytes())
    assert load_dataset(folder).examples == _examples("dev", DEV)


@pytest.mark.parametrize(
    ("record", "missing"),
    [
        ({"db_id": "harbour", "question": "How many?"}, "query"),
        ({"db_id": 3, "query": "SELECT 1"}, "db_id, question"),
        ("SELECT 1", "db_id, question, query"),
    ],
)
def test_a_record_that_lacks_something(record: object, missing: str, folder: Path) -> None:
    write_json(folder / "dev.json", [*questions(DEV), record])
    assert _refusal(folder) == f"{folder / 'dev.json'}, record 3 (the first is 0): no text in {missing}"


def test_files_that_hold_something_else(folder: Path) -> None:
    write_json(folder / "dev.json", {"data": questions(DEV)})
    assert _refusal(folder) == f"{folder / 'dev.json'}: a list of questions is expected"
    write_json(folder / "dev.json", [])
    assert _refusal(folder) == f"{folder / 'dev.json'}: no questions"
    write_json(folder / "dev.json", questions(DEV))
    write_json(folder / "tables.json", {"harbour": {}})
    with pytest.raises(DataError, match=r"tables\.json: a list of schemas with db_id is expected$"):
        load_dataset(folder).schemas["harbour"]
    write_json(folder / "tables.json", [{"db_id": "harbour"}])
    with pytest.raises(DataError, match=r"tables\.json: schema of harbour: KeyError 'column_names_original'$"):
        load_dataset(folder).schemas["harbour"]


def test_files_that_are_not_there(folder: Path, tmp_path: Path) -> None:
    assert _refusal(folder, train=["train.json"]) == f"{folder / 'train.json'}: no such file"
    assert _refusal(folder, questions="x.json") == f"{folder / 'x.json'}: no such file"
    assert _refusal(tmp_path / "nowhere") == f"{tmp_path / 'nowhere'}: no such folder"
    assert _refusal(str(tmp_path / "nowhere")) == f"{tmp_path / 'nowhere'}: no such folder"
    assert _refusal(folder / "dev.json") == f"{folder / 'dev.json'}: a Spider-format folder is expected, not a file"
    (tmp_path / "empty").mkdir()
    assert _refusal(tmp_path / "empty") == f"{tmp_path / 'empty'}: no JSON files in this folder"
    (folder / "dev.json").unlink()
    assert _refusal(folder) == f"{folder}: split 'dev' needs dev.json; splits here: train"


def test_splits_that_are_not_there(folder: Path) -> None:
    assert _refusal(folder, split="dve") == "no split 'dve'; did you mean 'dev'?"
    assert _refusal(folder, split="dve", questions="dev.json") == "no split 'dve'; did you mean 'dev'?"
    assert _refusal(folder, split="test") == f"{folder}: split 'test' needs test.json; splits here: dev, train"
    (folder / "extra.json").write_text("{}")
    for name in ("dev.json", "train_spider.json", "train_others.json"):
        (folder / name).unlink()
    with pytest.raises(DataError) as raised:
        splits_of(folder)
    wanted = "dev.json, train_spider.json, train_others.json, train.json, test.json"
    assert str(raised.value) == f"{folder}: this is no Spider-format folder: it has no {wanted}"


def test_a_schema_that_is_not_there(folder: Path) -> None:
    schemas = load_dataset(folder).schemas
    assert "harbour" in schemas and "harbor" not in schemas
    with pytest.raises(DataError, match=r"^no schema of 'harbor'; did you mean 'harbour'\?$"):
        schemas["harbor"]


# --- by name ----------------------------------------------------------------------------------------------------


def test_bundled_data_sets_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(load_dataset("tiny").examples) == 30
    assert _refusal("tinny") == "no data set and no folder 'tinny'; did you mean 'tiny'?"
    assert _refusal("") == "the name of the data set is empty"
    write_release(tmp_path / "mine")
    assert load_dataset("mine").examples == _examples("dev", DEV)


def test_spider_that_was_not_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(dataset, "download_folder", lambda name: tmp_path / "data" / name)
    expected = "Spider is not here yet: 'text2sql data download spider' fetches it, or give its folder"
    assert _refusal("spider") == expected
    write_release(tmp_path / "data" / "spider")
    assert load_dataset("spider").examples == _examples("dev", DEV)


# --- the real one -----------------------------------------------------------------------------------------------


def test_spider(shared: Path) -> None:
    dev = load_dataset(shared / "spider", train=["train_spider.json", "train_others.json"])
    assert len(dev.examples) == 1034
    assert len({example.question.db_id for example in dev.examples}) == 20
    assert len(dev.schemas) == 166
    assert len(dev.pool) == 8659
    assert len(load_dataset(shared / "spider").pool) == 7000
    assert len(load_dataset(shared / "spider", train=["train_others.json"]).pool) == 1659
    assert dev.examples[17].question == Question("dev-0017", "concert_singer", dev.examples[17].question.text)
    assert all(dev.schemas[db_id].tables for db_id in {e.question.db_id for e in dev.examples} - {"wta_1"})
