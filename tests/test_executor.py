"""The pool of workers: what is killed, late or interrupted costs its statement alone; and the execution cache."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile import COUNTING, HOSTILE
from tests.small import write_database
from text2sql.errors import DatabaseError, Text2SQLError
from text2sql.execution_cache import ExecutionCache
from text2sql.executor import _START, Execute, Executor
from text2sql.sandbox import CANDIDATE, Limits
from text2sql.types import Result

posix = pytest.mark.skipif(os.name != "posix", reason="signals")
# One operation of SQLite's virtual machine that goes on for minutes, so that no handler is called.
STUCK = HOSTILE["instr"][1]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return write_database(
        tmp_path / "kiln.sqlite", "CREATE TABLE pot (pot_id INTEGER, glaze TEXT); INSERT INTO pot VALUES (1, 'ash');"
    )


@pytest.fixture
def executor() -> Iterator[Executor]:
    with Executor(workers=1) as executor:
        yield executor


def endless(name: str = "") -> str:
    return f"{COUNTING} SELECT count(*) FROM r -- {name}"


def workers(executor: Executor) -> list[int]:
    """The process ids of the workers that run."""
    return [worker._process.pid for worker in list(executor._started) if worker.alive]


def alive(pid: int) -> bool:
    """Whether there is such a process, other than as a zombie."""
    with contextlib.suppress(OSError):
        if (stat := Path(f"/proc/{pid}/stat")).exists():
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        os.kill(pid, 0)
        return True
    return False


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def at_work(executor: Executor, *, other_than: int = 0) -> int:
    """Waits for a worker that runs a statement, and gives its process id."""
    found: list[int] = []

    def look() -> bool:
        running = [w for w in list(executor._started) if w.ready and w._deadline is not None and w.alive]
        found[:] = [w._process.pid for w in running if w._process.pid != other_than]
        return bool(found)

    assert eventually(look)
    time.sleep(0.1)
    return found[0]


def once_running(executor: Executor, act: Callable[[int], object]) -> threading.Thread:
    """Does something to the worker when it is at work."""

    def wait_and_act() -> None:
        act(at_work(executor))

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


# --- workers that are killed, late, interrupted


@posix
def test_a_worker_killed_while_idle_costs_nothing(executor: Executor, database: Path) -> None:
    assert executor.execute(database, "SELECT 1").ok
    (first,) = workers(executor)
    os.kill(first, signal.SIGKILL)
    assert eventually(lambda: not alive(first))
    assert executor.execute(database, "SELECT glaze FROM pot").rows == (("ash",),)
    assert first not in workers(executor) and len(workers(executor)) == 1


@posix
def test_a_worker_killed_at_work_is_replaced_and_its_statement_run_again(executor: Executor, database: Path) -> None:
    slow = f"{COUNTING} SELECT n FROM (SELECT n FROM r LIMIT 1000000) ORDER BY n DESC LIMIT 1"
    killer = once_running(executor, lambda pid: os.kill(pid, signal.SIGKILL))
    assert executor.execute(database, slow, Limits(seconds=60)).rows == ((1_000_000,),)
    killer.join()


@posix
def test_a_statement_that_takes_two_workers_down_has_crashed(executor: Executor, database: Path) -> None:
    def kill_each(first: int) -> None:
        os.kill(first, signal.SIGKILL)
        os.kill(at_work(executor, other_than=first), signal.SIGKILL)

    killer = once_running(executor, kill_each)
    found = executor.execute(database, endless(), Limits(seconds=60))
    killer.join()
    assert (found.error, found.row_count) == ("crashed", 0)
    assert executor.execute(database, "SELECT 1").rows == ((1,),)
    assert executor._cache.get(executor._key(database, endless(), CANDIDATE), 1e9) is None


@posix
def test_a_worker_that_is_stuck_is_killed(executor: Executor, database: Path) -> None:
    executor.execute(database, "SELECT 1")
    before, start = workers(executor), time.monotonic()
    found = executor.execute(database, STUCK, replace(CANDIDATE, seconds=0.2))
    assert 0.2 < time.monotonic() - start < 10  # 0.2 s, the grace of 2 s, and what a busy machine adds
    assert (found.error, found.message, found.seconds) == ("timeout", "no end after 0.2 s", 0.2)
    assert executor.execute(database, "SELECT 2").rows == ((2,),)
    assert workers(executor) != before


@posix
def test_an_interrupted_wait_leaves_no_answer_for_the_next(executor: Executor, database: Path) -> None:
    executor.execute(database, "SELECT 1")
    interrupter = once_running(executor, lambda _: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        executor.execute(database, f"{COUNTING} SELECT n FROM r LIMIT 1 OFFSET 5000000")
    interrupter.join()
    assert executor.execute(database, "SELECT 'next'").rows == (("next",),)


@posix
def test_an_interrupt_of_the_group_leaves_the_workers_alone(executor: Executor, database: Path) -> None:
    executor.execute(database, "SELECT 1")
    (pid,) = workers(executor)
    os.kill(pid, signal.SIGINT)
    assert executor.execute(database, "SELECT 2").rows == ((2,),)
    assert workers(executor) == [pid]


def test_no_statements_time_starts_before_its_worker_has(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("text2sql.executor._START", f"import time; time.sleep(1); {_START}")
    monkeypatch.setattr("text2sql.executor._GRACE", 0.2)
    with Executor(workers=1) as executor:
        assert executor.execute(database, "SELECT 1", replace(CANDIDATE, seconds=0.5)).ok


def test_workers_that_do_not_start_are_no_fault_of_the_sql(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("text2sql.executor._START", "raise SystemExit(1)")
    with Executor(workers=1) as executor, pytest.raises(Text2SQLError, match="the processes that run SQL do not start"):
        executor.execute(database, "SELECT 1")


# --- many threads, and the end


def test_many_threads(database: Path) -> None:
    with Executor(workers=2) as executor, ThreadPoolExecutor(16) as threads:
        found = threads.map(lambda n: executor.execute(database, f"SELECT {n}, glaze FROM pot").rows, range(300))
        assert list(found) == [((n, "ash"),) for n in range(300)]
        assert len(workers(executor)) == 2


@posix
@pytest.mark.parametrize("sql", [endless(), STUCK])
def test_close_ends_statements_that_run(database: Path, sql: str) -> None:
    executor, problems = Executor(workers=2), list[str]()

    def run(n: int) -> None:
        try:
            executor.execute(database, f"{sql} -- {n}", Limits(seconds=60))
        except RuntimeError as error:
            problems.append(str(error))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: len(workers(executor)) == 2)
    time.sleep(0.3)
    pids, start = workers(executor), time.monotonic()
    executor.close()
    for thread in threads:
        thread.join(5)
    assert time.monotonic() - start < 2
    assert problems == ["the executor is closed"] * 4
    assert [pid for pid in pids if alive(pid)] == workers(executor) == []
    executor.close()


def test_a_closed_executor_says_so(database: Path) -> None:
    with Executor(workers=1) as executor:
        executor.execute(database, "SELECT 1")
    with pytest.raises(RuntimeError, match="the executor is closed"):
        executor.execute(database, "SELECT 2")


PARENT = """
import sys, threading
from pathlib import Path
from text2sql.executor import Executor
from text2sql.sandbox import Limits
executor, database = Executor(workers=2), Path(sys.argv[1])
for sql in sys.argv[2:]:
    threading.Thread(target=executor.execute, args=(database, sql, Limits(seconds=600)), daemon=True).start()
while len([w for w in list(executor._started) if w.ready and w._deadline]) < 2:
    pass
print(*[worker._process.pid for worker in executor._started], flush=True)
threading.Event().wait()
"""


@posix
def test_workers_end_with_a_parent_that_was_killed(database: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(database), endless(), STUCK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2 and all(alive(pid) for pid in pids)
        parent.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


@posix
def test_workers_do_not_hear_an_interrupt_of_their_group(database: Path) -> None:
    command = [sys.executable, "-c", f"import signal; signal.signal(signal.SIGINT, lambda *_: None)\n{PARENT}"]
    arguments = [str(database), endless("a"), endless("b")]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        os.killpg(parent.pid, signal.SIGINT)
        time.sleep(0.3)
        assert len(pids) == 2 and all(alive(pid) for pid in pids)
        parent.kill()
    assert eventually(lambda: not any(alive(pid) for pid in pids))


# --- the cache


class Watched(Executor):
    """An executor that notes what its workers are asked."""

    def __init__(self, cache: Path | None = None, workers: int = 2) -> None:
        self.asked: list[str] = []
        super().__init__(workers=workers, cache=cache)

    def _run(self, key: str, database: Path, sql: str, limits: Limits) -> Result:
        self.asked.append(sql)
        return super()._run(key, database, sql, limits)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "executions.sqlite"


def test_a_statement_runs_once(database: Path, cache: Path) -> None:
    sqls = ["SELECT * FROM pot", "SELECT x'ff', 1.5, 2.0, NULL, 'é'", "SELECT nothing", "SELECT 1 FROM pot WHERE 0"]
    with Watched(cache) as first:
        once = [first.execute(database, sql) for sql in sqls]
        again = [first.execute(database, sql) for sql in sqls]
    with Watched(cache) as second:
        later = [second.execute(database, sql) for sql in sqls]
    assert (first.asked, second.asked) == (sqls, [])
    assert once == again == later
    assert [(found.seconds, found.error) for found in later] == [(found.seconds, found.error) for found in once]
    with Watched() as without:
        assert [without.execute(database, sql) for sql in sqls * 2] == once * 2
    assert without.asked == sqls


def test_what_a_result_depends_on(database: Path, cache: Path, tmp_path: Path) -> None:
    with Watched(cache) as executor:
        sql = "SELECT glaze FROM pot"
        executor.execute(database, sql)
        executor.execute(database, sql, replace(CANDIDATE, rows=5))
        executor.execute(database, sql, replace(CANDIDATE, seconds=60.0))
        executor.execute(database, f"{sql} ")
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes(database.read_bytes())
        executor.execute(copy, sql)
        assert executor.asked == [sql, sql, f"{sql} "]
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute("UPDATE pot SET glaze = 'tin'")
        assert executor.execute(database, sql).rows == (("tin",),)
        assert executor.execute(copy, sql).rows == (("ash",),)


def test_a_result_that_took_too_long_for_the_limit_is_not_used(database: Path, cache: Path) -> None:
    slow = f"{COUNTING} SELECT count(*) FROM (SELECT n FROM r LIMIT 300000)"
    with Watched(cache) as executor:
        found = executor.execute(database, slow)
        assert found.ok and executor.execute(database, slow, replace(CANDIDATE, seconds=found.seconds)) == found
        assert executor.asked == [slow]
        assert executor.execute(database, slow, replace(CANDIDATE, seconds=found.seconds / 50)).error == "timeout"
        assert executor.asked == [slow, slow]
        assert executor.execute(database, slow) == found


def test_timeouts_are_not_kept(database: Path, cache: Path) -> None:
    with Watched(cache) as executor:
        for _ in range(2):
            assert executor.execute(database, endless(), replace(CANDIDATE, seconds=0.1)).error == "timeout"
    assert executor.asked == [endless()] * 2


VOLATILE = [
    "SELECT random()",
    "SELECT abs(RANDOM ()) FROM pot ORDER BY 1",
    "SELECT hex(randomblob(4))",
    "SELECT date('now')",
    "SELECT date()",
    "SELECT strftime('%s')",
    'SELECT "time"()',
    "SELECT datetime /* now */ ('n' || 'ow')",
    "SELECT julianday()",
    "SELECT current_timestamp",
    "SELECT CURRENT_DATE",
    "SELECT total_changes()",
    "SELECT file FROM pragma_database_list",
]
STABLE = [
    "SELECT sql FROM sqlite_master",
    "SELECT 'known', 'snow', 'random', 'change', 'date'",
    "SELECT 1 AS date, 2 AS time, 3 AS current_address",
]


def test_what_changes_from_run_to_run_is_not_kept(database: Path) -> None:
    with Watched() as executor:
        for sql in VOLATILE + STABLE + STABLE + VOLATILE:
            assert executor.execute(database, sql).ok
    assert executor.asked == VOLATILE + STABLE + VOLATILE


def test_two_threads_that_want_one_statement_run_it_once(database: Path) -> None:
    slow = f"{COUNTING} SELECT count(*) FROM (SELECT n FROM r LIMIT 1000000)"
    with Watched() as executor, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: executor.execute(database, slow), range(8)))
    assert found == [found[0]] * 8 and found[0].rows == ((1_000_000,),)
    assert executor.asked == [slow]
    assert executor._running == {}


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"", b"SQLite format 3\0" + b"\xaa" * 9000])
def test_a_damaged_cache_file_is_replaced(database: Path, cache: Path, content: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(content)
    for asked in (["SELECT 1"], []):
        with Watched(cache) as executor:
            assert executor.execute(database, "SELECT 1").ok
        assert executor.asked == asked


def test_a_cut_cache_file_is_replaced(cache: Path) -> None:
    whole = ExecutionCache(cache)
    for n in range(200):
        whole.put({str(n): Result(("a",), 1, ((n,),))})
    whole.close()
    cache.write_bytes(cache.read_bytes()[:5000])
    cut = ExecutionCache(cache)
    cut.put({"7": Result(("a",), 1, ((7,),))})
    assert cut.get("7", 1) == Result(("a",), 1, ((7,),))
    cut.close()


@pytest.mark.parametrize("damage", ["", "{}", "[]", '{"rows": 1', '{"digest": 5, "columns": 1}'])
def test_damaged_entries_are_as_if_unknown(cache: Path, damage: str) -> None:
    damaged = ExecutionCache(cache)
    damaged.put({"key": Result(("a",), 1, ((1,),))})
    with closing(sqlite3.connect(cache)) as connection, connection:
        connection.execute("UPDATE results SET result = ?", (damage,))
    damaged.close()
    opened = ExecutionCache(cache)
    assert opened.get("key", 1) is None
    opened.close()


def test_without_a_place_for_the_file_results_are_kept_in_memory(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.sqlite").mkdir()
    for cache in (tmp_path / "file" / "x.sqlite", tmp_path / "folder.sqlite"):
        with Watched(cache) as executor:
            assert [executor.execute(database, "SELECT 1").rows for _ in range(2)] == [((1,),)] * 2
        assert executor.asked == ["SELECT 1"]
    assert (tmp_path / "folder.sqlite").is_dir()


def test_a_cache_file_that_is_locked_is_left_as_it_is(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("text2sql.execution_cache._WAIT", 0.2)
    first = ExecutionCache(cache)
    first.put({"key": Result(("a",), 1, ((1,),))})
    first.close()
    with closing(sqlite3.connect(cache, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        locked = ExecutionCache(cache)
        locked.put({"other": Result()})
        assert locked.get("key", 1) is None and locked.get("other", 1) == Result()
        locked.close()
        other.execute("ROLLBACK")
    found = ExecutionCache(cache)
    assert found.get("key", 1) == Result(("a",), 1, ((1,),)) and found.get("other", 1) is None
    found.close()


SHARING = """
import sys
from pathlib import Path
from text2sql.execution_cache import ExecutionCache
from text2sql.types import Result
sys.stdin.readline()
for n in range(50):
    cache = ExecutionCache(Path(sys.argv[1]))
    cache.put({f"{sys.argv[2]} {n}": Result(("a",), 1, ((n,),))})
    cache.close()
"""


def test_processes_share_the_file(cache: Path) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", SHARING, str(cache), str(n)], stdin=subprocess.PIPE) for n in range(3)
    ]
    for process in processes:
        process.communicate(b"go\n")
    assert [process.returncode for process in processes] == [0, 0, 0]
    found = ExecutionCache(cache)
    assert [found.get(f"{p} {n}", 1) for p in range(3) for n in range(50)] == [
        Result(("a",), 1, ((n,),)) for _ in range(3) for n in range(50)
    ]
    found.close()


def test_a_closed_cache_knows_nothing(cache: Path) -> None:
    closed = ExecutionCache(cache)
    closed.close()
    closed.put({"other": Result()})
    closed.put_comparison("a", True)
    assert closed.get("a", 1) is None and closed.get_comparison("a") is None


# --- comparisons


def test_compare(database: Path, cache: Path) -> None:
    with Executor(workers=1, cache=cache) as executor:
        execute = Execute(executor, {"kiln": database})

        def compare(gold: str, predicted: str, by: str = "any_order") -> float | None:
            return execute.compare("kiln", (gold, execute("kiln", gold)), (predicted, execute("kiln", predicted)), by)

        hundred = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 100)"
        many, swapped = f"{hundred} SELECT n, -n, n + 0.0 FROM r", f"{hundred} SELECT -n, n + 0.0, n FROM r"
        even, odd = f"{hundred} SELECT n, n % 2 = 0 FROM r", f"{hundred} SELECT n, n % 2 FROM r"
        for _ in range(2):
            assert compare("SELECT glaze FROM pot", "SELECT glaze FROM pot") == 1
            assert compare("SELECT glaze FROM pot", "SELECT pot_id FROM pot") == 0
            assert compare("SELECT 1.0", "SELECT 1") == 1
            assert compare(many, swapped) == compare(many, swapped, "in_order") == 1
            assert compare(many, f"{swapped} ORDER BY n DESC") == 1
            assert compare(many, f"{swapped} ORDER BY n DESC", "in_order") == 0
            assert compare(even, odd) == 0
        # Where 1.0 stands against 1 a worker decided, once each; digests settled the others.
        assert executor._cache._one("SELECT count(*), sum(equal) FROM comparisons") == (5, 4)


def test_compare_without_enough_time(database: Path) -> None:
    with Executor(workers=1) as executor:
        slow = f"{COUNTING} SELECT n, n + 1 FROM r LIMIT 30000"
        gold = executor.execute(database, slow)
        other = replace(gold, digest=replace(gold.digest, canonical_bag="x", integral_floats=True))
        assert executor.compare(database, (slow, gold), (slow, other), "any_order", CANDIDATE) == 1
        short = replace(CANDIDATE, seconds=0.001, rows=CANDIDATE.rows + 1)
        assert executor.compare(database, (slow, gold), (slow, other), "any_order", short) is None


def test_databases_by_id(executor: Executor, database: Path, tmp_path: Path) -> None:
    execute = Execute(executor, {"kiln": database, "gone": tmp_path / "gone.sqlite"})
    assert execute("kiln", "SELECT 1").rows == ((1,),)
    with pytest.raises(DatabaseError, match="no database 'kilm'; did you mean 'kiln'"):
        execute("kilm", "SELECT 1")
    with pytest.raises(DatabaseError, match=r"gone\.sqlite: no such database"):
        execute("gone", "SELECT 1")


def test_a_session_waits_once_for_a_statement_without_end(executor: Executor, database: Path) -> None:
    endless = f"{COUNTING} SELECT max(n) FROM r"
    limits = replace(CANDIDATE, seconds=0.3)
    assert executor.execute(database, endless, limits).error == "timeout"
    for seconds in (0.3, 0.2):
        again = executor.execute(database, endless, replace(limits, seconds=seconds))
        # What was not run again has the limit for its seconds; what was, has measured ones.
        assert (again.error, again.message, again.seconds) == ("timeout", f"no end after {seconds} s", seconds)
    assert executor.execute(database, endless, replace(limits, seconds=0.4)).seconds != 0.4
