"""SQL on databases: a pool of worker processes, and the cache of what they returned.

A worker that dies or hangs is replaced, and costs its statement alone. A statement that ran once on
the same database, with the same SQLite, is not run again: not by another configuration, nor tomorrow.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from text2sql.artifacts import digest, file_digest
from text2sql.errors import DatabaseError, Text2SQLError, nearest
from text2sql.execution_cache import ExecutionCache
from text2sql.results import COMPARISONS
from text2sql.sandbox import CANDIDATE, Limits
from text2sql.types import Result
from text2sql.worker import LONG, Compare, Job, Run, Time

_FORMAT = "2"  # of results and their digests; a change makes all cached results unknown
_GRACE = 2.0  # seconds after the deadline in the virtual machine until the worker is killed
_AT_ONCE = 16  # statements in a message
_STARTUP = 60.0  # seconds for a worker to start, on a machine that is busy
_TRANSIENT = {"timeout", "crashed"}  # depend on the moment, as does what these return: such results are not kept
_VOLATILE = re.compile(
    r"""current_(?:date|time)|sqlite_stmt|database_list
      |\b(?:random|randomblob|date|time|datetime|julianday|unixepoch|strftime|changes|total_changes|last_insert_rowid)
       ["\]`\s]*(?:\(|/\*|--)""",
    re.IGNORECASE | re.VERBOSE,
)
# An interrupt is the parent's to handle, from the first moment on.
_START = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from text2sql.worker import main; main()"


class Executor:
    """Executes SQL within limits. Thread-safe; ``with Executor() as executor`` ends its workers.

    ``workers``: how many processes at most; ``cache``: a file for results, or None to keep them in memory;
    ``glance``: seconds until a database that was looked at is looked at again, in case that it has changed.
    """

    def __init__(self, *, workers: int | None = None, cache: Path | None = None, glance: float = 0.0) -> None:
        self._glance = glance
        self.workers = max(1, workers or os.cpu_count() or 1)
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(self.workers):
            self._idle.put(None)  # a place for a worker that is started when it is needed
        self._started: set[_Worker] = set()
        self._cache = ExecutionCache(cache)
        self._guard, self._timing = threading.Lock(), threading.Lock()
        self._running: dict[str, threading.Lock] = {}
        self._contents: dict[Path, tuple[str, float]] = {}  # digest, and when it was looked at
        self._not_enough: dict[str, float] = {}  # key -> seconds within which the statement did not end
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="text2sql-watchdog", daemon=True).start()

    def execute(self, database: Path, sql: str, limits: Limits = CANDIDATE) -> Result:
        """Run one statement. Raises DatabaseError where the database cannot be read."""
        key = self._key(database, sql, limits)
        result = self._cache.get(key, limits.seconds)
        if result is None:
            with self._once(key):
                result = self._cache.get(key, limits.seconds) or self._run(key, database, sql, limits)
        return result

    def _key(self, database: Path, sql: str, limits: Limits) -> str:
        """Identifies a result: all that it depends on, but for the time limit."""
        sizes = f"{limits.rows} {limits.bytes} {limits.sql} {limits.cell}"
        content, looked = self._contents.get(database, ("", 0.0))
        now = time.monotonic()
        if not content or now - looked >= self._glance:
            try:
                content = file_digest(database)
            except OSError:
                raise DatabaseError(f"{database}: no such database") from None
            self._contents[database] = content, now
        return digest(_FORMAT, sqlite3.sqlite_version, content, sizes, sql)

    def _run(self, key: str, database: Path, sql: str, limits: Limits) -> Result:
        # Another session may find the machine faster, this one does not wait twice.
        if self._not_enough.get(key, 0.0) >= limits.seconds:
            return _timeout(limits)
        result = self._result(database, sql, limits)
        self._keep([(key, sql, result)], limits)
        return result

    def _keep(self, results: Iterable[tuple[str, str, Result]], limits: Limits) -> None:
        lasting = {}
        for key, sql, result in results:
            if result.error == "timeout":
                self._not_enough[key] = limits.seconds
            if result.error not in _TRANSIENT and not _VOLATILE.search(sql):
                lasting[key] = result
        self._cache.put(lasting)

    def execute_many(self, database: Path, sqls: Sequence[str], limits: Limits) -> list[str]:
        """Run short statements for the cache in one message, which takes a third of the time that one by one takes.

        Returns those that are left to ``execute``: after a long one, and all where one takes the worker down.
        """
        keys = {self._key(database, sql, limits): sql for sql in sqls}
        with self._once(*keys):
            todo = {key: sql for key, sql in keys.items() if self._cache.get(key, limits.seconds) is None}
            results = self._ask(Run(database, tuple(todo.values()), limits), LONG + limits.seconds) if todo else []
            if not isinstance(results, list):
                return list(todo.values())
            self._keep([(*item, result) for item, result in zip(todo.items(), results, strict=False)], limits)
            return list(todo.values())[len(results) :]

    def compare(
        self, database: Path, gold: tuple[str, Result], predicted: tuple[str, Result], by: str, limits: Limits
    ) -> float | None:
        """Compare two results that ``execute`` gave for these statements, by a comparison's name.

        1 where they are equal, 0 where not, between them where the comparison knows degrees; None where the time
        did not suffice.
        """
        settled = COMPARISONS[by].settle(gold[1], predicted[1])
        if settled is not None:
            return settled
        keys = (self._key(database, sql, limits) for sql, _ in (gold, predicted))
        key = digest("compare", by, *keys)
        kept = self._cache.get_comparison(key)
        if kept is None:
            kept = self._ask(Compare(database, gold, predicted, by, limits), 3 * limits.seconds)
            if isinstance(kept, float) and not _VOLATILE.search(f"{gold[0]} {predicted[0]}"):
                self._cache.put_comparison(key, kept)
        return kept if isinstance(kept, float) else None

    def time(self, database: Path, statements: Sequence[str], repeats: int, limits: Limits) -> list[list[float]] | None:
        """Seconds of each statement in each of so many rounds, run anew every time: neither from the cache nor into it.

        One after the other in one process, warmed by a round that is not counted; no two timings at once. None where
        a statement fails or the time did not suffice.
        """
        with self._timing:
            seconds = (repeats + 1) * len(statements) * limits.seconds
            answer = self._ask(Time(database, tuple(statements), repeats, limits), seconds)
        return answer if isinstance(answer, list) else None

    def close(self) -> None:
        """End all workers at once."""
        self._closed.set()
        with self._guard:
            for worker in self._started:
                worker.kill()
            self._started.clear()
        self._cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # --- workers ---

    def _result(self, database: Path, sql: str, limits: Limits) -> Result:
        answer = self._ask(Run(database, (sql,), limits), limits.seconds)
        if isinstance(answer, list):
            result: Result = answer[0]
            return result
        if isinstance(answer, TimeoutError):
            return _timeout(limits)
        if isinstance(answer, MemoryError):
            return Result(error="too_big", message="out of memory")
        return Result(error="crashed", message="the worker process died twice on this statement")

    def _ask(self, job: Job, seconds: float) -> Any:
        """A worker's answer to a job; an exception object where there is none."""
        worker = self._idle.get()
        try:
            for _ in range(2):  # a worker may have been killed while idle: that is not the statement's fault
                if worker is None or not worker.alive:
                    worker = self._start(worker)
                answer = worker.ask(job, seconds + _GRACE)
                if not isinstance(answer, EOFError):
                    break
            if isinstance(answer, EOFError) and worker is not None and not worker.ready:
                command = f"{sys.executable} -c 'import text2sql.worker'"
                raise Text2SQLError(f"the processes that run SQL do not start; see what {command} says")
            if isinstance(answer, DatabaseError):
                raise answer
            return answer
        finally:
            self._idle.put(worker)

    def _start(self, dead: _Worker | None) -> _Worker:
        with self._guard:
            if self._closed.is_set():
                raise RuntimeError("the executor is closed")
            if dead is not None:
                dead.kill()
                self._started.discard(dead)
            worker = _Worker()
            self._started.add(worker)
            return worker

    def _watch(self) -> None:
        while not self._closed.wait(0.2):
            with self._guard:
                for worker in self._started:
                    worker.kill_if_late()

    @contextlib.contextmanager
    def _once(self, *keys: str) -> Iterator[None]:
        """Two threads that want the same statement: one runs it, the other finds it in the cache."""
        with self._guard:
            locks = [self._running.setdefault(key, threading.Lock()) for key in sorted(keys)]
        try:
            with contextlib.ExitStack() as held:
                for lock in locks:
                    held.enter_context(lock)
                yield
        finally:
            with self._guard:
                for key in keys:
                    self._running.pop(key, None)


class _Worker:
    """One worker process and the pipes to it; used by one thread at a time."""

    def __init__(self) -> None:
        # A plain process, not multiprocessing: it never imports the user's main module.
        path = str(Path(__file__).parents[1])
        code = f"import sys; sys.path.insert(0, {path!r}); {_START}"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.ready = False
        self._deadline: float | None = None
        self._late = False

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: Job, seconds: float) -> Any:
        """The answer, or TimeoutError (killed for being late), or EOFError (died)."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._late = False
        try:
            if not self.ready:
                self._deadline = time.monotonic() + _STARTUP
                self.ready = pickle.load(self._process.stdout)
            self._deadline = time.monotonic() + seconds
            pickle.dump(job, self._process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):  # a pipe that ended, or that close() closed
            self.kill()
            return TimeoutError() if self._late else EOFError()
        except BaseException:  # an interrupt: the answer must not be taken for that of the next job
            self.kill()
            raise
        finally:
            self._deadline = None

    def kill_if_late(self) -> None:
        deadline = self._deadline
        if deadline is not None and time.monotonic() > deadline:
            self._late = True
            self._process.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                pipe.close()  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Execute:
    """SQL on the databases of one data set, within limits: what strategies and metrics are given."""

    executor: Executor
    databases: Mapping[str, Path]
    limits: Limits = CANDIDATE

    def __call__(self, db_id: str, sql: str) -> Result:
        """Run one statement. Raises DatabaseError where the database is missing or damaged."""
        return self.executor.execute(self._database(db_id), sql, self.limits)

    @contextlib.contextmanager
    def ahead(self, groups: Iterable[Iterable[tuple[str, str]]]) -> Iterator[None]:
        """Run (db_id, SQL) for the cache in the background of a block that will ask for them, group after group.

        Short ones of a group are run many at once. What goes wrong is left to whoever asks for the statement.
        """
        batches = self._batches(groups)
        slow: deque[tuple[str, list[str]]] = deque()
        drawing, ended = threading.Lock(), threading.Event()

        def work() -> None:
            while not ended.is_set():
                with drawing:
                    db_id, sqls = slow.popleft() if slow else next(batches, ("", []))
                if not sqls:
                    return
                with contextlib.suppress(Exception):  # whoever asks will meet it; here, the block may have ended
                    left = self.executor.execute_many(self._database(db_id), sqls, self.limits)
                    if len(left) < len(sqls):
                        slow.extend((db_id, [sql]) for sql in left)

        for _ in range(self.executor.workers):
            threading.Thread(target=work, daemon=True).start()
        try:
            yield
        finally:
            ended.set()

    @staticmethod
    def _batches(groups: Iterable[Iterable[tuple[str, str]]]) -> Iterator[tuple[str, list[str]]]:
        for group in groups:
            by_database: dict[str, list[str]] = {}
            for db_id, sql in dict.fromkeys(group):
                by_database.setdefault(db_id, []).append(sql)
            for db_id, sqls in by_database.items():
                for start in range(0, len(sqls), _AT_ONCE):
                    yield db_id, sqls[start : start + _AT_ONCE]

    def compare(self, db_id: str, gold: tuple[str, Result], predicted: tuple[str, Result], by: str) -> float | None:
        """Compare two statements by their results, by the name of a comparison; None: out of time."""
        return self.executor.compare(self._database(db_id), gold, predicted, by, self.limits)

    def on(self, databases: Mapping[str, Path]) -> Execute:
        """The same executor, cache and limits, on other databases."""
        return replace(self, databases=databases)

    def time(self, db_id: str, statements: Sequence[str], repeats: int) -> list[list[float]] | None:
        """Seconds of each statement in each round; None where one fails."""
        return self.executor.time(self._database(db_id), statements, repeats, self.limits)

    def _database(self, db_id: str) -> Path:
        try:
            return self.databases[db_id]
        except KeyError:
            raise DatabaseError(f"no database {db_id!r}{nearest(db_id, self.databases)}") from None


def _timeout(limits: Limits) -> Result:
    return Result(error="timeout", message=f"no end after {limits.seconds:g} s", seconds=limits.seconds)
