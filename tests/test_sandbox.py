"""What a statement may do to a database (read it), what it may use (little), and how it is refused.

All goes through a worker process, as in every use: the limits on memory are those of a process.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile import COUNTING
from tests.small import write_database
from text2sql.errors import DatabaseError
from text2sql.executor import Executor
from text2sql.sandbox import CANDIDATE, ERRORS, OFFICIAL, Limits
from text2sql.types import Result

BIRDS = """
CREATE TABLE bird (bird_id INTEGER PRIMARY KEY, name TEXT, weight REAL);
CREATE TABLE sighting (sighting_id INTEGER PRIMARY KEY, bird_id INTEGER REFERENCES bird (bird_id), place TEXT);
CREATE INDEX place_of_sighting ON sighting (place);
CREATE VIEW heavy AS SELECT * FROM bird WHERE weight > 1;
INSERT INTO bird VALUES (1, 'wren', 0.01), (2, 'heron', 1.75), (3, 'kite', 1.0);
INSERT INTO sighting VALUES (1, 1, 'hedge'), (2, 2, 'pond'), (3, 2, 'weir');
"""


@pytest.fixture(scope="module")
def birds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_database(tmp_path_factory.mktemp("birds") / "birds.sqlite", BIRDS)


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    with Executor(workers=1) as executor:
        yield executor


@pytest.fixture
def run(executor: Executor, birds: Path) -> Iterator[Run]:
    """Runs SQL on the birds, and afterwards looks whether they and their folder are as they were."""
    before = (hashlib.sha256(birds.read_bytes()).hexdigest(), os.listdir(birds.parent))
    yield Run(executor, birds)
    assert (hashlib.sha256(birds.read_bytes()).hexdigest(), os.listdir(birds.parent)) == before


class Run:
    """Runs SQL on one database."""

    def __init__(self, executor: Executor, database: Path) -> None:
        self._executor, self._database = executor, database

    def __call__(self, sql: str, limits: Limits = CANDIDATE) -> Result:
        return self._executor.execute(self._database, sql, limits)


def test_limits_are_those_that_are_documented() -> None:
    assert (CANDIDATE.seconds, OFFICIAL.seconds) == (10, 60)
    assert replace(CANDIDATE, seconds=60.0) == OFFICIAL


def test_a_result_is_whole(run: Run) -> None:
    found = run("SELECT name, weight AS w, NULL, x'00ff' FROM bird ORDER BY bird_id LIMIT 2")
    assert (found.columns, found.row_count) == (("name", "w", "NULL", "x'00ff'"), 2)
    assert found.rows == (("wren", 0.01, None, b"\x00\xff"), ("heron", 1.75, None, b"\x00\xff"))
    assert (found.ok, found.error, found.message, found.truncated) == (True, "", "", False)
    assert 0 < found.seconds < 10


def test_only_the_first_rows_are_kept(run: Run) -> None:
    found = run(f"{COUNTING} SELECT n FROM r LIMIT 5000")
    assert (found.row_count, found.rows, found.truncated) == (5000, tuple((n,) for n in range(1, 21)), False)
    found = run(f"{COUNTING} SELECT hex(zeroblob(1000)) FROM r LIMIT 10")
    assert (found.row_count, found.rows) == (10, ((("00" * 1000),),) * 2)


# --- what fails, by class

FAILING = {
    "syntax": ["SELEC 1", "SELECT", "SELECT 'x", "SELECT (1", "SELECT 1 FROM", "SELECT 1\0", "SELECT '\ud800'"],
    "no_such_table": ["SELECT * FROM brid", "SELECT * FROM bird INDEXED BY no_index", "SELECT * FROM f(1)"],
    "no_such_column": ["SELECT nam FROM bird", "SELECT T2.name FROM bird AS T1", "SELECT 1 FROM bird ORDER BY x"],
    "no_such_function": ["SELECT concatenate(name) FROM bird", "SELECT 1 ORDER BY 1 COLLATE x"],
    "ambiguous_column": ["SELECT bird_id FROM bird JOIN sighting"],
    "multi_statement": ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE bird"],
    "not_a_query": ["DELETE FROM bird", "", "  \n", "-- nothing", ";", "PRAGMA journal_mode"],
    "timeout": [f"{COUNTING} SELECT count(*) FROM r"],
    "too_big": ["SELECT zeroblob(100000000)", "SELECT 1" + " + 1" * 5000, " UNION ".join(["SELECT 1"] * 1000)],
    "invalid": ["SELECT abs(1, 2)", "SELECT 1 UNION SELECT 1, 2", "SELECT abs(-9223372036854775807 - 1)", "SELECT ?"],
}


@pytest.mark.parametrize(("error", "sql"), [(error, sql) for error, sqls in FAILING.items() for sql in sqls])
def test_errors_by_class(run: Run, error: str, sql: str) -> None:
    found = run(sql, replace(CANDIDATE, seconds=0.2))
    assert (found.error, found.ok, found.columns, found.row_count, found.rows) == (error, False, (), 0, ())
    assert found.message and "\n" not in found.message


def test_every_class_has_its_test() -> None:
    assert set(FAILING) | {"crashed"} == set(ERRORS)  # what crashes is a worker: see test_executor.py


@pytest.mark.parametrize(
    "words", ["file is not a database", "interrupted", "no such table: x", "too big", "syntax error"]
)
def test_words_in_the_sql_do_not_mislead(run: Run, words: str) -> None:
    assert run(f"SELECT json_extract('{{}}', '{words}')").error == "invalid"
    assert run(f'SELECT 1 "{words}" "{words}"').error == "syntax"
    assert run(f"SELECT [{words}] FROM bird").error == "no_such_column"
    assert run("SELECT 1").ok


def test_messages_and_column_names_have_bounds(run: Run) -> None:
    assert len(run("SELECT " + "x" * 90_000).message) < 600
    found = run(f'WITH w("{"é" * 30_000}") AS (SELECT 1) SELECT {", ".join("*" * 2000)} FROM w')
    assert (found.error, found.columns) == ("too_big", ())
    assert run(f'SELECT 1 AS "{"x" * 90_000}"').columns == ("x" * 90_000,)


# --- what is admitted


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("PRAGMA table_info(heavy)", 3),
        ("PRAGMA foreign_key_list(sighting)", 1),
        ("SELECT name, type FROM pragma_table_info('bird')", 3),
        ("SELECT value FROM json_each('[1, 2, 3]')", 3),
        ("SELECT * FROM json_tree('{\"a\": [1]}')", 3),
        ("WITH a AS (SELECT 1 x), b AS (SELECT x + 1 FROM a) SELECT * FROM b", 1),
        (f"{COUNTING} SELECT n FROM r LIMIT 7", 7),
        ("SELECT name, rank() OVER (ORDER BY weight), lag(name) OVER w FROM bird WINDOW w AS (ORDER BY name)", 3),
        ("SELECT * FROM heavy", 1),
        ("SELECT * FROM sqlite_master", 4),
        ("SELECT place FROM sighting INDEXED BY place_of_sighting WHERE place > 'i'", 2),
        ("SELECT * FROM bird AS b WHERE EXISTS (SELECT 1 FROM sighting WHERE bird_id = b.bird_id)", 2),
        ("VALUES (1), (2)", 2),
        ("SELECT name FROM bird;", 3),
        ("SELECT name FROM bird; -- that is all", 3),
        ("SELECT random(), date('now'), printf('%05d', 7), replace('a', 'a', 'b'), like('a', 'b')", 1),
    ],
)
def test_reads(run: Run, sql: str, rows: int) -> None:
    found = run(sql)
    assert (found.error, found.message, found.row_count) == ("", "", rows)


def test_explain_is_a_read(run: Run) -> None:
    assert run("EXPLAIN SELECT * FROM bird").ok
    assert run("EXPLAIN QUERY PLAN SELECT * FROM bird").ok
    assert run("EXPLAIN DELETE FROM bird").error == "not_a_query"


def test_double_quoted_text_is_text(run: Run) -> None:
    assert run('SELECT weight FROM bird WHERE name = "kite"').rows == ((1.0,),)


# --- what is refused


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO bird VALUES (4, 'owl', 0.4)",
        "INSERT INTO bird VALUES (4, 'owl', 0.4) RETURNING *",
        "INSERT OR REPLACE INTO bird SELECT * FROM bird",
        "WITH x AS (SELECT 1) INSERT INTO bird SELECT 4, 'owl', 0.4 FROM x",
        "REPLACE INTO bird VALUES (1, 'owl', 0.4)",
        "UPDATE bird SET name = 'x'",
        "DELETE FROM bird",
        "DELETE FROM bird RETURNING *",
        "CREATE TABLE x (a)",
        "CREATE TABLE x AS SELECT 1",
        "CREATE TEMP TABLE x AS SELECT 1",
        "CREATE INDEX x ON bird (name)",
        "CREATE VIEW x AS SELECT 1",
        "CREATE TEMP VIEW x AS SELECT 1",
        "CREATE TRIGGER x AFTER INSERT ON bird BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER x AFTER INSERT ON bird BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE x USING fts5(a)",
        "CREATE VIRTUAL TABLE temp.x USING rtree(a, b, c)",
        "DROP TABLE bird",
        "DROP VIEW heavy",
        "DROP INDEX place_of_sighting",
        "ALTER TABLE bird RENAME TO x",
        "ALTER TABLE bird ADD COLUMN x",
        "ALTER TABLE bird DROP COLUMN name",
        "REINDEX",
        "ANALYZE",
        "VACUUM",
        "VACUUM INTO '{folder}/copy.sqlite'",
        "ATTACH '{folder}/other.sqlite' AS other",
        "ATTACH 'file:{folder}/other.sqlite?mode=rwc' AS other",
        "ATTACH ':memory:' AS other",
        "DETACH main",
        "BEGIN",
        "BEGIN EXCLUSIVE",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT x",
        "RELEASE x",
        "PRAGMA journal_mode = WAL",
        "PRAGMA writable_schema = ON",
        "PRAGMA user_version = 7",
        "PRAGMA temp_store_directory = '{folder}'",
        "PRAGMA hard_heap_limit = 0",
        "PRAGMA query_only = OFF",
        "PRAGMA mmap_size = 1000000000",
        "PRAGMA wal_checkpoint",
        "PRAGMA optimize",
        "SELECT * FROM pragma_integrity_check",
        "SELECT load_extension('{folder}/x')",
        "SELECT fts3_tokenizer('simple')",
    ],
)
def test_writes_and_commands(run: Run, birds: Path, sql: str) -> None:
    found = run(sql.format(folder=birds.parent))
    assert (found.error, found.row_count) == ("not_a_query", 0)
    assert run("SELECT count(*), (SELECT count(*) FROM sqlite_temp_master) FROM bird").rows == ((3, 0),)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE sqlite_master SET sql = ''",
        "UPDATE sqlite_schema SET rootpage = 1",
        "DELETE FROM sqlite_master",
        "INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 2, 'x')",
        "ALTER TABLE sqlite_master RENAME TO x",
        "DROP TABLE sqlite_master",
    ],
)
def test_the_schema_table_is_not_written(run: Run, sql: str) -> None:
    assert run(sql).error in ("not_a_query", "invalid")  # SQLite itself says that it may not be modified
    assert run("SELECT count(*) FROM heavy").rows == ((1,),)


@pytest.mark.parametrize("function", ["readfile", "writefile", "edit"])
def test_functions_of_the_shell_do_not_exist(run: Run, birds: Path, function: str) -> None:
    assert run(f"SELECT {function}('{birds}', 'x')").error in ("no_such_function", "not_a_query")


# --- limits


@pytest.mark.parametrize(
    "sql",
    [
        f"{COUNTING} SELECT count(*) FROM r",
        f"{COUNTING} SELECT n FROM r WHERE n < 0",
        f"{COUNTING} SELECT max(n) OVER (ORDER BY n) FROM r",
        "SELECT count(*) FROM " + ", ".join(f"bird AS b{i}" for i in range(40)),
        "SELECT count(*) FROM "
        + " JOIN ".join(f"heavy AS b{i}" for i in range(30))
        + f" JOIN ({COUNTING} SELECT * FROM r)",
    ],
)
def test_time(run: Run, sql: str) -> None:
    found = run(sql, replace(CANDIDATE, seconds=0.3))
    assert (found.error, found.message) == ("timeout", "no end after 0.3 s")
    assert 0.3 <= found.seconds < 8
    assert run("SELECT 1").ok


def test_rows(run: Run) -> None:
    limits = replace(CANDIDATE, rows=100)
    found = run(f"{COUNTING} SELECT n FROM r", limits)
    assert (found.row_count, found.truncated, found.ok) == (100, True, True)
    assert found.digest == run(f"{COUNTING} SELECT n FROM r LIMIT 100", limits).digest
    assert not run(f"{COUNTING} SELECT n FROM r LIMIT 100", limits).truncated


def test_bytes(run: Run) -> None:
    found = run(f"{COUNTING} SELECT zeroblob(1000) FROM r", replace(CANDIDATE, bytes=100_000))
    assert found.ok and found.truncated and 95 <= found.row_count <= 200
    few_then_huge = f"{COUNTING} SELECT CASE WHEN n < 100 THEN n ELSE zeroblob(9000) END FROM r"
    found = run(few_then_huge, replace(CANDIDATE, bytes=100_000, cell=10_000))
    assert found.ok and found.truncated and 100 <= found.row_count <= 125


def test_cell(run: Run) -> None:
    limits = replace(CANDIDATE, cell=1000)
    assert run("SELECT length(zeroblob(1000))", limits).ok
    assert run("SELECT zeroblob(1001)", limits).error == "too_big"
    assert run("SELECT replace(hex(zeroblob(400)), '0', 'abc')", limits).error == "too_big"


def test_length_of_sql(run: Run) -> None:
    sql = "SELECT 1 -- " + "x" * 100
    assert run(sql, replace(CANDIDATE, sql=len(sql))).ok
    assert run(sql, replace(CANDIDATE, sql=len(sql) - 1)).error == "too_big"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + ", ".join(["zeroblob(9999999)"] * 1000),  # one row
        f"{COUNTING} SELECT n FROM (SELECT n, zeroblob(4000000) z FROM r LIMIT 500) ORDER BY -n, z",  # a sort
    ],
)
def test_heap(run: Run, sql: str) -> None:
    found = run(sql, OFFICIAL)
    assert (found.error, found.row_count) == ("too_big", 0)
    assert run("SELECT 1").ok


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limits")
def test_temporary_files_have_a_bound(birds: Path, tmp_path: Path) -> None:
    rows = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {})"
    sql = f"SELECT count(*) FROM (SELECT DISTINCT n, zeroblob(1000) FROM ({rows} SELECT n FROM r))"
    code = f"""
import resource, sys
from pathlib import Path
from text2sql.sandbox import OFFICIAL, Sandbox
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))  # for good: hence a process of its own
box = Sandbox(spills=True)
for n in (100, 9000, 200):
    result = box.execute(Path(sys.argv[1]), {sql!r}.format(n), OFFICIAL)
    print(result.error, result.rows)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, birds],
        env=os.environ | {"SQLITE_TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [" ((100,),)", "too_big ()", " ((200,),)"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_the_worker_has_a_bound(birds: Path) -> None:
    few_then_huge = f"{COUNTING} SELECT CASE WHEN n < 3000 THEN n ELSE zeroblob(9999999) END FROM r"
    with Executor(workers=1) as executor:
        assert executor.execute(birds, few_then_huge, replace(CANDIDATE, bytes=32 << 20)).truncated
        (worker,) = executor._started
        status = Path(f"/proc/{worker._process.pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    assert peak < 300 << 10  # KiB


# --- text that is not UTF-8


@pytest.mark.parametrize("data", [b"\xff", b"a\xc3", b"\xc3\xa9\xe9\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80\x80"])
def test_invalid_bytes_are_dropped(run: Run, data: bytes) -> None:
    found = run(f"SELECT CAST(x'{data.hex()}' AS TEXT), x'{data.hex()}'")
    assert found.rows == ((data.decode(errors="ignore"), data),)


def test_invalid_bytes_in_names(executor: Executor, tmp_path: Path) -> None:
    file = write_database(tmp_path / "x.sqlite", "CREATE TABLE t (qqqq); INSERT INTO t VALUES (1);")
    file.write_bytes(file.read_bytes().replace(b"qqqq", b"q\xff\xfeq"))
    assert executor.execute(file, "SELECT * FROM t").error == "invalid"  # Python's sqlite3 refuses such a name
    assert executor.execute(file, "SELECT count(*) FROM t").rows == ((1,),)


# --- databases that cannot be read


def truncated(birds: Path, folder: Path) -> Path:
    (folder / "short.sqlite").write_bytes(birds.read_bytes()[:5000])
    return folder / "short.sqlite"


def overwritten(birds: Path, folder: Path) -> Path:
    (folder / "holes.sqlite").write_bytes(birds.read_bytes()[:100] + b"\xaa" * 30_000)
    return folder / "holes.sqlite"


def with_content(content: bytes, folder: Path) -> Path:
    (folder / "x.sqlite").write_bytes(content)
    return folder / "x.sqlite"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "no such database"),
        ("directory", "no such database"),
        ("empty", "an empty file"),
        ("text", "not an SQLite database"),
        ("short", "not an SQLite database"),
        ("truncated", "malformed"),
        ("overwritten", "malformed|not a database"),
    ],
)
def test_a_database_that_cannot_be_read(
    executor: Executor, birds: Path, tmp_path: Path, kind: str, message: str
) -> None:
    file = {
        "missing": lambda: tmp_path / "nowhere" / "x.sqlite",
        "directory": lambda: tmp_path,
        "empty": lambda: with_content(b"", tmp_path),
        "text": lambda: with_content(b"CREATE TABLE bird (a);" * 100, tmp_path),
        "short": lambda: with_content(b"SQLite", tmp_path),
        "truncated": lambda: truncated(birds, tmp_path),
        "overwritten": lambda: overwritten(birds, tmp_path),
    }[kind]()
    for _ in range(2):
        with pytest.raises(DatabaseError, match=message) as caught:
            executor.execute(file, "SELECT * FROM bird, sighting")
        assert str(file) in str(caught.value)
    assert executor.execute(birds, "SELECT count(*) FROM bird").rows == ((3,),)


@pytest.mark.skipif(os.name == "nt", reason="names that Windows does not have")
@pytest.mark.parametrize(
    "name",
    ["a b.sqlite", "a?mode=rwc&x.sqlite", "a#b.sqlite", "100%.sqlite", "a%20b.sqlite", "é漢😀.sqlite", "'\";.sqlite"],
)
def test_names_of_files(executor: Executor, tmp_path: Path, name: str) -> None:
    file = write_database(tmp_path / name / name, "CREATE TABLE t (a); INSERT INTO t VALUES (7);")
    assert executor.execute(file, "SELECT a FROM t").rows == ((7,),)
    assert executor.execute(file, "INSERT INTO t VALUES (8)").error == "not_a_query"
    assert os.listdir(tmp_path) == [name] == os.listdir(tmp_path / name)


def test_a_database_in_wal_mode(executor: Executor, tmp_path: Path) -> None:
    file = tmp_path / "wal.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (7);")
    assert executor.execute(file, "SELECT a FROM t").rows == ((7,),)
    assert os.listdir(tmp_path) == ["wal.sqlite"]


def test_many_databases(executor: Executor, tmp_path: Path) -> None:
    files = [
        write_database(tmp_path / f"{n}.sqlite", f"CREATE TABLE t (a); INSERT INTO t VALUES ({n})") for n in range(9)
    ]
    for _ in range(2):
        found = [executor.execute(file, f"SELECT a FROM t -- {_}").rows for file in files]
        assert found == [((n,),) for n in range(9)]


def test_a_database_that_was_replaced(executor: Executor, tmp_path: Path) -> None:
    file = write_database(tmp_path / "x.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (1);")
    assert executor.execute(file, "SELECT a FROM t").rows == ((1,),)
    other = write_database(tmp_path / "y.sqlite", "CREATE TABLE t (a); INSERT INTO t VALUES (2);")
    os.replace(other, file)
    assert executor.execute(file, "SELECT a FROM t").rows == ((2,),)
    file.unlink()
    with pytest.raises(DatabaseError, match="no such database"):
        executor.execute(file, "SELECT a FROM t")
