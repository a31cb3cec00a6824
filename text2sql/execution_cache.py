"""The execution cache: what a statement returned, kept in one SQLite file that several processes share.

It is only a cache: where the file cannot be used, results are kept in memory, and a damaged file is
made anew.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

from text2sql.results import from_json, to_json
from text2sql.types import Result

_TABLES = """
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, seconds REAL, result TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comparisons (key TEXT PRIMARY KEY, equal INTEGER) WITHOUT ROWID;
"""


class ExecutionCache:
    """Results and comparisons by key. Thread-safe. ``file``: where to keep them, or None for memory."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._connection = _open(file)

    def get(self, key: str, seconds: float) -> Result | None:
        """The result under this key, if it came within so many seconds."""
        row = self._one("SELECT result, seconds FROM results WHERE key = ? AND seconds <= ?", key, seconds)
        return None if row is None else from_json(json.loads(row[0]), float(row[1]))

    def put(self, key: str, result: Result) -> None:
        """Keep a result."""
        self._write("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", key, result.seconds, json.dumps(to_json(result)))

    def get_comparison(self, key: str) -> bool | None:
        """Whether two results were found equal, if that is known."""
        row = self._one("SELECT equal FROM comparisons WHERE key = ?", key)
        return None if row is None else bool(row[0])

    def put_comparison(self, key: str, equal: bool) -> None:
        """Keep whether two results are equal."""
        self._write("INSERT OR REPLACE INTO comparisons VALUES (?, ?)", key, int(equal))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _one(self, sql: str, *values: str | float) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchone()  # type: ignore[no-any-return]
            except sqlite3.Error:  # closed by an interrupt, or damaged while in use: as if unknown
                return None

    def _write(self, sql: str, *values: str | float) -> None:
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.execute(sql, values)


def _open(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        for _ in range(2):
            with contextlib.suppress(sqlite3.Error, OSError):
                return _connect(file)
            # Not a database, or a damaged one: nothing in it cannot be had again.
            for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
    return _connect(None)


def _connect(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file or ":memory:", timeout=5, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection
