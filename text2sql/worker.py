"""The worker process of the pool: answers jobs in a sandbox, one after the other, and ends with its parent.

It imports the sandbox and what that needs alone, so that it starts in a moment.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from text2sql.errors import DatabaseError
from text2sql.sandbox import Limits, Refused, Sandbox
from text2sql.types import Result

LONG = 0.5  # seconds after which a job of many statements is answered with what there is
_ADDRESS_SPACE = 2 << 30
_FILE, _FILES = 1 << 30, 16  # bytes of a temporary file, which a sort needs four times over, and open files


@dataclass(frozen=True, slots=True)
class Run:
    """Job: execute statements on one database; answered by a list of results, of the first ones if they take long."""

    database: Path
    statements: tuple[str, ...]
    limits: Limits


@dataclass(frozen=True, slots=True)
class Compare:
    """Job: compare two statements' rows by a named comparison; answered by a number from 0 to 1."""

    database: Path
    gold: tuple[str, Result]
    predicted: tuple[str, Result]
    by: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Time:
    """Job: run statements in turn, so many rounds; answered by a list of seconds for each statement."""

    database: Path
    statements: tuple[str, ...]
    repeats: int
    limits: Limits


Job: TypeAlias = Run | Compare | Time

_PARENT = os.getppid()


def _end_with_parent() -> None:
    # Where the parent was killed nobody waits for the answer. A thread looks, because a statement may be
    # stuck where SQLite calls no handler. (Windows keeps the parent's number: there the worker ends with
    # its statement, when it finds the pipe closed.)
    while os.getppid() == _PARENT:
        time.sleep(0.5)
    os._exit(1)


def main() -> None:
    """Answer pickled jobs from standard input on standard output, until the input ends."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # its threads, should numpy be needed, take address space for each core
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit("RLIMIT_AS", _ADDRESS_SPACE)
    sandbox = Sandbox(spills=_limit("RLIMIT_FSIZE", _FILE) and _limit("RLIMIT_NOFILE", _FILES))
    with contextlib.suppress(EOFError, BrokenPipeError, pickle.UnpicklingError):
        _send(answers, True)  # ready
        while True:
            _send(answers, _answer(sandbox, pickle.load(requests)))


def _limit(name: str, most: int) -> bool:
    """Limit a resource of this process; False where the system knows no such limit."""
    try:
        import resource

        resource.setrlimit(getattr(resource, name), (most, most))
    except (ImportError, AttributeError, ValueError, OSError):
        return False
    return True


def _answer(sandbox: Sandbox, job: Job) -> Any:
    try:
        if isinstance(job, Compare):
            return sandbox.compare(job.database, job.gold, job.predicted, job.by, job.limits)
        if isinstance(job, Time):
            return sandbox.time(job.database, job.statements, job.repeats, job.limits)
        return list(_results(sandbox, job))
    except (DatabaseError, MemoryError, Refused) as error:
        return error if isinstance(error, DatabaseError) else MemoryError(str(error))


def _results(sandbox: Sandbox, job: Run) -> Iterator[Result]:
    start = time.monotonic()
    for sql in job.statements:
        yield sandbox.execute(job.database, sql, job.limits)
        if time.monotonic() - start > LONG:
            return


def _send(pipe: BinaryIO, message: object) -> None:
    pickle.dump(message, pipe, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.flush()
