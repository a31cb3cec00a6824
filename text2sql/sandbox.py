"""One SQL statement on one SQLite database that cannot be harmed.

The database is opened read-only and immutable, an authorizer admits nothing but reads, a deadline
ends statements inside SQLite's virtual machine, and rows, bytes, text length and heap are bounded.
Candidates run in it inside a worker process (``worker.py``), which bounds the rest and may be killed.
"""

from __future__ import annotations

import contextlib
import marshal
import re
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from text2sql.errors import DatabaseError
from text2sql.results import COMPARISONS, fingerprint
from text2sql.types import Result, Row

ERRORS = {
    "syntax": "not SQL that SQLite can parse",
    "no_such_table": "names a table that the database does not have",
    "no_such_column": "names a column that its tables do not have",
    "no_such_function": "calls a function that SQLite does not have",
    "ambiguous_column": "a column name that several tables have",
    "multi_statement": "more than one statement",
    "not_a_query": "a write, a command or nothing at all: refused or without rows",
    "timeout": "ran into the time limit",
    "too_big": "SQL, a cell, the memory needed or rows that decide a comparison are beyond the limits",
    "crashed": "took its worker process down",
    "invalid": "refused by SQLite for another reason",
}
"""Classes of failing SQL."""

_FIRST_ROWS, _FIRST_BYTES = 20, 4096
_MESSAGE = 500  # characters of an error's message: SQLite quotes SQL in it
_CELL = 32  # bytes that Python adds to a cell
_OPEN_DATABASES = 4
_OPCODES = 10_000  # between two looks at the clock: a millisecond
_HEAP = 512 << 20
_MAPPED = 64 << 20  # bytes of an open database at most; all of them together take address space from the worker


@dataclass(frozen=True, slots=True)
class Limits:
    """What one statement may use. Rows or bytes beyond end the fetching; the rest is an error.

    ``seconds`` of wall time, ``rows`` fetched, ``bytes`` of all rows in memory, ``sql`` characters, ``cell`` bytes.
    """

    seconds: float = 10.0
    rows: int = 1_000_000
    bytes: int = 128 << 20
    sql: int = 100_000
    cell: int = 10_000_000


CANDIDATE = Limits()
OFFICIAL = Limits(seconds=60.0)


_Identity: TypeAlias = tuple[Path, int, int, int]


class Sandbox:
    """Executes SQL; keeps a few databases open. Not thread-safe: one per process.

    ``spills``: whether sorting may go to temporary files, which SQLite unlinks as it opens them, instead of counting
    against the heap limit: a third faster, but the process has to limit its files.
    """

    def __init__(self, *, spills: bool = False) -> None:
        self._spills = spills
        self._connections: OrderedDict[_Identity, sqlite3.Connection] = OrderedDict()
        self._heap_limited = False

    def execute(self, database: Path, sql: str, limits: Limits) -> Result:
        """Run one statement. SQL that fails is a result; a database that cannot be read raises DatabaseError."""
        start = time.perf_counter()
        try:
            names, rows, truncated = self._fetch(database, sql, limits)
        except Refused as refused:
            return Result(error=refused.error, message=str(refused), seconds=time.perf_counter() - start)
        return Result(
            columns=names,
            row_count=len(rows),
            rows=_first(rows),
            digest=fingerprint(rows),
            truncated=truncated,
            seconds=time.perf_counter() - start,
        )

    def compare(
        self, database: Path, gold: tuple[str, Result], predicted: tuple[str, Result], by: str, limits: Limits
    ) -> float:
        """Compare the rows of two statements, run again where a result does not hold them all; from 0 to 1."""
        left, right = (self._all_rows(database, sql, result, limits) for sql, result in (gold, predicted))
        return float(COMPARISONS[by].decide(left, right))

    def time(self, database: Path, statements: Sequence[str], repeats: int, limits: Limits) -> list[list[float]]:
        """Seconds that each statement took until all its rows were there, in each round but the first.

        Within a round they run one after the other, and in the next one backwards, so that what changes slowly (a
        clock rate, another process) hits all alike. Raises Refused where a statement fails.
        """
        rounds: list[dict[int, float]] = []
        order = list(range(len(statements)))
        for _ in range(repeats + 1):  # the first one warms up
            taken = {}
            for i in order:
                start = time.perf_counter()
                self._fetch(database, statements[i], limits)
                taken[i] = time.perf_counter() - start
            rounds.append(taken)
            order.reverse()
        return [[taken[i] for taken in rounds[1:]] for i in range(len(statements))]

    def _all_rows(self, database: Path, sql: str, result: Result, limits: Limits) -> Sequence[Row]:
        if len(result.rows) == result.row_count:
            return result.rows
        return self._fetch(database, sql, limits)[1]

    def _fetch(self, database: Path, sql: str, limits: Limits) -> tuple[tuple[str, ...], list[Row], bool]:
        if len(sql) > limits.sql:
            raise Refused("too_big", f"SQL of {len(sql):,} characters; the limit is {limits.sql:,}")
        connection = self._open(database)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.cell)
        deadline = time.monotonic() + limits.seconds
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _OPCODES)
        try:
            with contextlib.closing(connection.cursor()) as cursor:
                cursor.execute(sql)
                if cursor.description is None:
                    raise Refused("not_a_query", "the statement returns no rows")
                names = tuple(column[0] for column in cursor.description)
                if sum(map(len, names)) > limits.sql:
                    raise Refused("too_big", f"column names of more than {limits.sql:,} characters")
                return names, *_fetch_rows(cursor, limits, deadline)
        except (sqlite3.Error, sqlite3.Warning, MemoryError, UnicodeError, ValueError) as error:
            name, message = _classify(error, limits)
            if name == "damaged":
                raise DatabaseError(f"{database}: {message}") from None
            raise Refused(name, message) from None

    def _open(self, database: Path) -> sqlite3.Connection:
        # A file that was replaced is another database: SQLite, told that it is immutable, would not notice.
        identity = _identity(database)
        connection = self._connections.get(identity)
        if connection is None:
            connection = self._connections[identity] = open_database(database)
            if not self._spills:
                connection.execute("PRAGMA temp_store = MEMORY").close()
            connection.execute(f"PRAGMA mmap_size = {_MAPPED}").fetchall()  # a fifth faster than reading page by page
            if not self._heap_limited:
                connection.execute(f"PRAGMA hard_heap_limit = {_HEAP}").fetchall()
                self._heap_limited = True
            connection.set_authorizer(_authorize)
            connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
            connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
            if len(self._connections) > _OPEN_DATABASES:
                self._connections.popitem(last=False)[1].close()
        self._connections.move_to_end(identity)
        return connection


def _identity(database: Path) -> _Identity:
    try:
        stat = database.stat()
    except OSError:
        raise DatabaseError(f"{database}: no such database") from None
    return database, stat.st_ino, stat.st_size, stat.st_mtime_ns


def open_database(database: Path) -> sqlite3.Connection:
    """Open for reading only; invalid UTF-8 is dropped, as the official evaluator does.

    Raises DatabaseError where the file is missing, empty or not an SQLite database.
    """
    if not database.is_file():
        raise DatabaseError(f"{database}: no such database")
    try:
        with database.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise DatabaseError(f"{database}: {error.strerror}") from None
    if head != b"SQLite format 3\0":
        raise DatabaseError(f"{database}: {'not an SQLite database' if head else 'an empty file'}")
    uri = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=0)
    connection.text_factory = _decode
    return connection


def _decode(text: bytes) -> str:
    return text.decode(errors="ignore")


class Refused(Exception):
    """A statement that does not give rows: its error class and message."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


def _fetch_rows(cursor: sqlite3.Cursor, limits: Limits, deadline: float) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    size, chunk = 0, 1
    width = len(cursor.description)
    largest = max(1, limits.bytes // (limits.cell * width))  # so that no chunk is beyond the limit
    while fetched := cursor.fetchmany(chunk):
        rows += fetched
        size += len(marshal.dumps(fetched, 2)) + _CELL * width * len(fetched)
        if len(rows) > limits.rows:
            return rows[: limits.rows], True
        if size > limits.bytes:
            return rows, True
        if time.monotonic() > deadline:
            raise Refused("timeout", f"no end after {limits.seconds:g} s")
        chunk = min(2 * chunk, largest)
    return rows, False


def _first(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The first rows, as many as are small enough to be kept with the result."""
    size, first = 0, []
    for row in rows[:_FIRST_ROWS]:
        size += len(marshal.dumps(row, 2))
        if size > _FIRST_BYTES:
            break
        first.append(row)
    return tuple(first)


# --- what is admitted ------------------------------------------------------------------------------------

_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_FUNCTIONS_DENIED = {"load_extension", "fts3_tokenizer", "edit", "readfile", "writefile"}
_PRAGMAS_ADMITTED = {
    "collation_list",
    "compile_options",
    "database_list",
    "foreign_key_list",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "module_list",
    "pragma_list",
    "table_info",
    "table_list",
    "table_xinfo",
}


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _by: str | None) -> int:
    if action in _READS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_DENY if (second or "").lower() in _FUNCTIONS_DENIED else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_UPDATE and first in ("sqlite_master", "sqlite_schema"):
        return sqlite3.SQLITE_OK  # asked for by table-valued functions (json_each); SQLite itself refuses the write
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _PRAGMAS_ADMITTED:
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


# --- what went wrong -------------------------------------------------------------------------------------

_CODES = {
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_IOERR: "damaged",
    sqlite3.SQLITE_IOERR_WRITE: "too_big",  # of a temporary file, as the next two
    sqlite3.SQLITE_CANTOPEN: "too_big",
    sqlite3.SQLITE_FULL: "too_big",
    sqlite3.SQLITE_INTERRUPT: "timeout",
    sqlite3.SQLITE_NOMEM: "too_big",
    sqlite3.SQLITE_TOOBIG: "too_big",
    sqlite3.SQLITE_AUTH: "not_a_query",
    sqlite3.SQLITE_READONLY: "not_a_query",
}
# Anchored, because messages quote what stands in the SQL.
_MESSAGES = (
    ("no_such_table", r"no such (table|view|index)\b"),
    ("no_such_column", r"no such column\b"),
    ("no_such_function", r"no such (function|module|collation)\b"),
    ("ambiguous_column", r"ambiguous column name\b"),
    ("multi_statement", r".*one statement at a time"),
    ("not_a_query", r"not authori[sz]ed|authorization denied|too many attached"),
    ("syntax", r"unrecognized token|incomplete input|.*(: syntax error|null character|surrogates not allowed)$"),
    ("too_big", r"too many |at most \d+ tables|.* too (big|large|long|complex)( \(.*\))?$|.*stack overflow$"),
)


def _classify(error: Exception, limits: Limits) -> tuple[str, str]:
    """The class of an error, by its code or else by its message, and the message on one line."""
    if isinstance(error, MemoryError):
        return "too_big", "out of memory"
    message = " ".join(str(error).split())
    code = getattr(error, "sqlite_errorcode", 0)
    name = _CODES.get(code) or _CODES.get(code & 0xFF)
    if name is None:
        name = next((name for name, pattern in _MESSAGES if re.match(pattern, message)), "invalid")
    if name == "timeout":
        message = f"no end after {limits.seconds:g} s"
    return name, message if len(message) <= _MESSAGE else f"{message[:_MESSAGE]} …"
