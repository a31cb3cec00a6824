"""The response cache: what models behind endpoints answered, kept in one SQLite file that several processes share.

Answers were paid for. So, unlike the execution cache, a file that cannot be read or written is an error that the user
sees, and it is never replaced. What ``put`` returned from outlives the process, however that ends.
"""

from __future__ import annotations

import itertools
import json
import secrets
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from text2sql.errors import DatabaseError
from text2sql.types import Completion, ToolCall, Usage

# Entry i brings a file from version i to i + 1: whoever needs another table adds an entry, and changes none.
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE calls (id TEXT PRIMARY KEY, endpoint TEXT, model TEXT, asked REAL, prompt_tokens INTEGER,"
        " completion_tokens INTEGER, cached_tokens INTEGER, payer TEXT, batch INTEGER) WITHOUT ROWID",
        "CREATE TABLE samples (key TEXT PRIMARY KEY, call TEXT, completion TEXT)",
        "CREATE TABLE differences (endpoint TEXT, model TEXT, parameter TEXT, asked REAL,"
        " PRIMARY KEY (endpoint, model, parameter)) WITHOUT ROWID",
    ),
    (  # of outstanding.py
        "CREATE TABLE batches (token TEXT PRIMARY KEY, id TEXT, endpoint TEXT, model TEXT, path TEXT, without TEXT,"
        " label TEXT, round INTEGER, status TEXT, sent REAL) WITHOUT ROWID",
        "CREATE TABLE outstanding (key TEXT PRIMARY KEY, token TEXT, line TEXT, place INTEGER, payer TEXT,"
        " tries INTEGER, failure TEXT, final INTEGER) WITHOUT ROWID",
        "CREATE INDEX outstanding_in ON outstanding (token)",
    ),
)
_WAIT = 60.0  # seconds for other processes, each of which writes for less than a millisecond
_GET = (
    "SELECT key, completion, call, payer, batch, prompt_tokens, cached_tokens"
    " FROM samples JOIN calls ON calls.id = samples.call WHERE key IN (SELECT value FROM json_each(?))"
)
_PUT = "INSERT INTO {} SELECT {} FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"
_FIELDS = [f"json_extract(value, '$[{i}]')" for i in range(9)]
_PUT_CALLS, _PUT_SAMPLES = _PUT.format("calls", ", ".join(_FIELDS)), _PUT.format("samples", ", ".join(_FIELDS[:3]))
_CHOSEN = (
    "(:before IS NULL OR asked < :before) AND (:model IS NULL OR model = :model)"
    " AND (:endpoint IS NULL OR instr(endpoint, :endpoint) > 0)"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One stored sample.

    The usage of its ``completion`` has the prompt's tokens, all and cached, as the call had them, and this sample's
    share of the call's completion tokens; no cost, for prices change. ``call``: the call that brought it; ``payer``:
    who asked and paid; ``batch``: at the price of a batch.
    """

    completion: Completion
    call: str
    payer: str
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What is kept of one model of one endpoint at one price, and the tokens of its calls (None where nobody said).

    ``cached_tokens``: those of ``prompt_tokens`` that the provider had cached. ``first`` and ``last``: when it was
    asked, in seconds since 1970.
    """

    endpoint: str
    model: str
    batch: bool
    answers: int
    calls: int
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int | None
    first: float
    last: float


@dataclass(slots=True)
class _Put:
    """A call that is to be kept; ``outcome``: all its samples are the ones that are kept, or why it is not kept."""

    call: tuple[str | float | None, ...]
    samples: Sequence[tuple[str, str, str]]
    outcome: bool | sqlite3.Error | None = None


class Responses:
    """Answers by key, of which the caller makes sure that it holds all that shapes an answer. Thread-safe.

    ``file``: where to keep them, or None for memory. All methods raise DatabaseError where the file is damaged, of a
    newer version, or cannot be written. Raises OSError where its folder cannot be made.
    """

    def __init__(self, file: Path | None) -> None:
        self._lock, self._file = threading.Lock(), file
        self._connection = _open(file)
        self._name, self._numbers = secrets.token_hex(4), itertools.count()  # of calls
        self._waiting: deque[_Put] = deque()

    def get(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers that are known, by key, in the order of the keys."""
        with self._told() as connection:
            rows = {key: row for key, *row in connection.execute(_GET, (json.dumps(list(keys)),))}
        try:
            return {key: _answer(*rows[key]) for key in keys if key in rows}
        except (ValueError, LookupError, TypeError) as error:
            raise _damaged(self._file, error) from None

    def put(
        self, endpoint: str, model: str, completions: Mapping[str, Completion], usage: Usage, *, payer: str,
        batch: bool = False, call: str = "",
    ) -> dict[str, Answer]:  # fmt: skip
        """Keep the completions of one call by key, all or none, and what is now kept under these keys.

        That is another answer where there was one already: another process may have been faster. The call is kept
        even so, for it was paid. ``usage``: of the whole call; the completion tokens are shared out by length.
        ``call``: its name, by default a new one; under a name of its own it is kept once.
        """
        # In the order of time, which makes for quick inserts.
        call = call or f"{time.time_ns():x}-{self._name}-{next(self._numbers):x}"
        tokens = _shares(usage.completion_tokens, [_length(completion) for completion in completions.values()])
        texts = {key: _to_json(one, share) for (key, one), share in zip(completions.items(), tokens, strict=True)}
        used = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)
        put = _Put(
            (call, endpoint, model, time.time(), *used, payer, batch),
            [(key, call, text) for key, text in texts.items()],
        )
        self._waiting.append(put)
        # Whoever comes first writes for all that wait: each statement costs a switch of threads, and threads are many.
        with self._told() as connection:
            if put.outcome is None:
                self._write(connection)
        if isinstance(put.outcome, sqlite3.Error):
            raise _explained(self._file, put.outcome)
        if not put.outcome:
            return self.get(list(texts))
        shared = (call, payer, batch, usage.prompt_tokens, usage.cached_tokens)
        return {key: _answer(text, *shared) for key, text in texts.items()}

    def _write(self, connection: sqlite3.Connection) -> None:
        puts = [self._waiting.popleft() for _ in range(len(self._waiting))]
        rows = [row for put in puts for row in put.samples]
        try:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(_PUT_CALLS, (json.dumps([put.call for put in puts]),))
                new = connection.execute(_PUT_SAMPLES, (json.dumps(rows),)).rowcount
        except sqlite3.Error as error:
            for put in puts:
                put.outcome = error
        else:
            for put in puts:
                put.outcome = new == len(rows)

    def differences(self, endpoint: str, model: str) -> frozenset[str]:
        """The optional parameters that this endpoint is known not to know."""
        with self._told() as connection:
            rows = connection.execute(
                "SELECT parameter FROM differences WHERE endpoint = ? AND model = ?", (endpoint, model)
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def differ(self, endpoint: str, model: str, parameter: str) -> bool:
        """Note that an endpoint does not know an optional parameter; True if that is news."""
        with self._told() as connection:
            added = connection.execute(
                "INSERT INTO differences VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (endpoint, model, parameter, time.time()),
            )
            return added.rowcount == 1

    def tallies(self) -> list[Tally]:
        """What is kept, by endpoint and model, calls of batches apart."""
        with self._told() as connection:
            rows = connection.execute(
                "SELECT endpoint, model, batch, coalesce(sum(answers), 0), count(*), sum(prompt_tokens),"
                " sum(cached_tokens), sum(completion_tokens), min(asked), max(asked)"
                " FROM calls LEFT JOIN (SELECT call, count(*) AS answers FROM samples GROUP BY call) ON call = id"
                " GROUP BY endpoint, model, batch ORDER BY endpoint, model, batch"
            ).fetchall()
        return [Tally(endpoint, model, bool(batch), *rest) for endpoint, model, batch, *rest in rows]

    def prune(self, *, before: float | None = None, model: str | None = None, endpoint: str | None = None) -> int:
        """Remove what fits all that is given, and give its space back; the number of answers that are gone.

        ``before``: asked before then, in seconds since 1970; ``endpoint``: a part of its URL. Differences go likewise.
        """
        chosen = {"before": before, "model": model, "endpoint": endpoint}
        with self._told() as connection:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                gone = connection.execute(
                    f"DELETE FROM samples WHERE call IN (SELECT id FROM calls WHERE {_CHOSEN})", chosen
                ).rowcount
                for table in ("calls", "differences"):
                    connection.execute(f"DELETE FROM {table} WHERE {_CHOSEN}", chosen)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # else the file shrinks some time later
        return gone

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The file itself, for what else is kept in it: all that is written or nothing."""
        with self._told() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._connection
        except sqlite3.Error as error:
            raise _explained(self._file, error) from None


def _open(file: Path | None) -> sqlite3.Connection:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + _WAIT
    while True:
        try:
            return _connect(file)
        except sqlite3.Error as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise _explained(file, error) from None
        time.sleep(0.05)  # another process is setting it up, for which SQLite itself does not always wait


def _connect(file: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(file or ":memory:", timeout=_WAIT, isolation_level=None, check_same_thread=False)
    try:
        if _version(file, connection) > len(_STEPS):
            raise DatabaseError(f"{file}: made by a newer version of text2sql: update this one, or move the file away")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # in WAL mode, only a power cut may take the last answers
        if _version(file, connection) < len(_STEPS):
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                for step in _STEPS[_version(file, connection) :]:  # asked again: another process may have been faster
                    for statement in step:
                        connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {len(_STEPS)}")
    except BaseException:
        connection.close()
        raise
    return connection


def _version(file: Path | None, connection: sqlite3.Connection) -> int:
    # Both at once: another process may be setting it up.
    both = "SELECT user_version, EXISTS (SELECT 1 FROM sqlite_master) FROM pragma_user_version"
    version, filled = connection.execute(both).fetchone()
    if version == 0 and filled:
        raise DatabaseError(f"{file}: a database, but not one of responses; move it away")
    return int(version)


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _explained(file: Path | None, error: sqlite3.Error) -> DatabaseError:
    if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(file, error)
    return DatabaseError(f"{file or 'memory'}: answers of models cannot be kept or read here: {error}")


def _damaged(file: Path | None, error: Exception) -> DatabaseError:
    return DatabaseError(
        f"{file or 'memory'}: damaged ({error}); move it away to keep what can be saved of the answers paid for,"
        " or 'text2sql cache clear responses' deletes it"
    )


# --- answers as text --------------------------------------------------------------------------------------------


def _to_json(completion: Completion, tokens: int | None) -> str:
    """All that is particular to a completion. JSON escapes keep what is no valid Unicode."""
    record = {
        "text": completion.text,
        "sql": completion.sql,
        "tool_calls": [[call.name, call.arguments] for call in completion.tool_calls],
        "finish_reason": completion.finish_reason,
        "logprob": completion.logprob,
        "tokens": tokens,
    }
    return json.dumps({name: value for name, value in record.items() if value not in (None, [])})


def _answer(text: str, call: str, payer: str, batch: int, prompt: int | None, cached: int | None) -> Answer:
    record: dict[str, Any] = json.loads(text)
    completion = Completion(
        text=record["text"],
        sql=record.get("sql"),
        tool_calls=tuple(ToolCall(*one) for one in record.get("tool_calls", ())),
        finish_reason=record["finish_reason"],
        usage=Usage(prompt_tokens=prompt, completion_tokens=record.get("tokens"), cached_tokens=cached),
        logprob=record.get("logprob"),
    )
    return Answer(completion, call, payer, bool(batch))


def _length(completion: Completion) -> int:
    called = sum(len(call.name) + len(call.arguments) for call in completion.tool_calls)
    return 1 + len(completion.text) + len(completion.sql or "") + called


def _shares(total: int | None, weights: Sequence[int]) -> list[int | None]:
    """Whole numbers that are about in proportion to the weights and add up to the total.

    >>> _shares(10, [1, 1, 1]), _shares(7, [2, 5]), _shares(None, [1, 1])
    ([3, 3, 4], [2, 5], [None, None])
    """
    if total is None:
        return [None] * len(weights)
    ends = [total * sum_ // sum(weights) for sum_ in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
