"""The execution cache: what a statement returned, kept in one SQLite file that several processes share.

It is only a cache: where the file cannot be used, results are kept in memory, and a damaged file is
made anew.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from text2sql.results import from_json, to_json
from text2sql.types import Result

_TABLES = """
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, seconds REAL, result TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS comparisons (key TEXT PRIMARY KEY, equal INTEGER) WITHOUT ROWID;
"""
_RECENT = 1 << 13  # results, of some kilobytes at most
_WAIT = 5.0  # seconds for other processes, until results are kept in memory


class ExecutionCache:
    """Results and comparisons by key. Thread-safe. ``file``: where to keep them, or None for memory."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._connection = _open(file)
        self._recent: dict[str, Result] = {}  # a look here takes a tenth of one into the file

    def get(self, key: str, seconds: float) -> Result | None:
        """The result under this key, if it came within so many seconds."""
        recent = self._recent.get(key)
        if recent is not None and recent.seconds <= seconds:
            return recent
        row = self._one("SELECT result, seconds FROM results WHERE key = ? AND seconds <= ?", key, seconds)
        with contextlib.suppress(ValueError, LookupError, TypeError):  # damaged: as if unknown
            if row is not None:
                result = from_json(json.loads(row[0]), float(row[1]))
                self._remember({key: result})
                return result
        return None

    def put(self, results: Mapping[str, Result]) -> None:
        """Keep results by key."""
        rows = [(key, result.seconds, json.dumps(to_json(result))) for key, result in results.items()]
        self._write("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
        self._remember(results)

    def get_comparison(self, key: str) -> float | None:
        """How equal two results were found, from 0 to 1, if that is known."""
        row = self._one("SELECT equal FROM comparisons WHERE key = ?", key)
        return None if row is None else float(row[0])

    def put_comparison(self, key: str, equal: float) -> None:
        """Keep how equal two results are."""
        self._write("INSERT OR REPLACE INTO comparisons VALUES (?, ?)", [(key, equal)])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
            self._recent.clear()

    def _one(self, sql: str, *values: str | float) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                return self._connection.execute(sql, values).fetchone()  # type: ignore[no-any-return]
            except sqlite3.Error:  # closed by an interrupt, or damaged while in use: as if unknown
                return None

    def _write(self, sql: str, rows: Sequence[tuple[str | float, ...]]) -> None:
        with self._lock, contextlib.suppress(sqlite3.Error), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(sql, rows)

    def _remember(self, results: Mapping[str, Result]) -> None:
        with self._lock:
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent.update(results)


def _open(file: Path | None) -> sqlite3.Connection:
    end = time.monotonic() + _WAIT
    while file is not None and time.monotonic() < end:
        try:
            return _connect(file)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                break  # else another process is setting it up
        except sqlite3.DatabaseError:  # not a database, or a damaged one: nothing in it cannot be had again
            for part in (file, *(file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))):
                with contextlib.suppress(OSError):
                    part.unlink(missing_ok=True)
        except OSError:
            break
        time.sleep(0.05)
    return _connect(None)


def _connect(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(file or ":memory:", timeout=_WAIT, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection
