"""``text2sql cache``: what the user's cache folder holds, and how it gets smaller."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from text2sql.artifacts import cache_folder
from text2sql.errors import DatabaseError, UsageError, nearest
from text2sql.prices import Prices
from text2sql.responses import Responses, Tally
from text2sql.tables import dollars, grid
from text2sql.tuning import LOCK
from text2sql.types import Usage

PARTS = {
    "classes": "why predictions are wrong",
    "data": "data sets that were downloaded",
    "databases": "databases made from scripts",
    "embedders": "fitted embedders",
    "executions": "results of statements",
    "hardness": "hardness of gold",
    "indexes": "vectors of examples",
    "responses": "answers of models, which were paid for",
    "skeletons": "skeletons of gold",
    "tuned": "tuned models",
}
_HEAD = (
    "endpoint",
    "model",
    "answers",
    "calls",
    "prompt tokens",
    "completion tokens",
    "cost",
    "first call",
    "last call",
)
_BESIDE = ("-wal", "-shm", "-journal", "-lock")  # what SQLite, and runs in batches, put beside a database


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the cache: a folder, or an SQLite file with what stands beside it.

    ``entries``: files and folders in it, or answers, or results; None where they cannot be counted, and ``problem``
    says why. ``size``: in bytes.
    """

    name: str
    path: Path
    entries: int | None
    size: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """What the cache holds, and what its answers took, by endpoint and model, those of batches apart."""

    folder: Path
    parts: tuple[Part, ...]
    responses: tuple[Tally, ...]


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many answers are gone, and how many bytes."""

    answers: int
    size: int


def cache_stats() -> CacheStats:
    """What the user's cache folder holds. Raises OSError."""
    parts = tuple(_part(name, path) for name, path in _paths().items())
    whole = any(part.name == "responses" and not part.problem for part in parts)
    return CacheStats(cache_folder(), parts, tuple(_tallies() if whole else ()))


def prune_responses(
    *, older_than: float | None = None, model: str | None = None, endpoint: str | None = None
) -> Pruned:
    """Remove answers that fit all that is given: ``older_than`` so many days, a ``model``, a part of an endpoint's URL.

    Raises UsageError where nothing is given or no answer is of that model or endpoint, DatabaseError and OSError.
    """
    if older_than is None and model is None and not endpoint:
        raise UsageError("pruning needs --older-than DAYS, --model NAME or --endpoint URL")
    if older_than is not None and not older_than >= 0:
        raise UsageError(f"answers are pruned that are older than 0 days or more, not {older_than:g}")
    file = _file("responses")
    if not file.is_file():
        return Pruned(0, 0)
    before = _size(file)
    with closing(Responses(file)) as responses:
        tallies = responses.tallies()
        if model is not None and model not in (models := {tally.model for tally in tallies}):
            raise UsageError(f"no answers of a model {model!r}{nearest(model, models)}")
        if endpoint and not any(endpoint in tally.endpoint for tally in tallies):
            known = {tally.endpoint for tally in tallies}
            raise UsageError(f"no answers of an endpoint with {endpoint!r} in its URL{nearest(endpoint, known)}")
        bound = None if older_than is None else time.time() - 86400 * older_than
        answers = responses.prune(before=bound, model=model, endpoint=endpoint)
    return Pruned(answers, max(0, before - _size(file)))


def clear_cache(*names: str) -> list[Part]:
    """Remove parts of the cache by name, or "all"; what they were. A part that is not there is no error.

    Raises UsageError for an unknown name, and where another process has the cache open, and OSError.
    """
    found = _paths()
    known = dict.fromkeys([*PARTS, *found, "all"])
    if not names:
        raise UsageError(f"cache clear needs the name of a part: {', '.join([*(found or PARTS), 'all'])}")
    for name in names:
        if name not in known:
            raise UsageError(f"no part {name!r} of the cache{nearest(name, known)}")
    for path in found.values():
        if path.suffix == ".sqlite":
            _check_unused(path)  # all of them: whoever executes has one open, and may use the other parts too
    if "tuned" in found and {"tuned", "all"} & set(names):
        _check_idle(found["tuned"])
    if "responses" in found and {"responses", "all"} & set(names):
        _check_collected(found["responses"])
    parts = [_part(name, path) for name, path in found.items() if name in names or "all" in names]
    for part in parts:
        _remove(part.path)
    return parts


def stats_json(stats: CacheStats) -> dict[str, Any]:
    """As JSON: sizes in bytes, times in UTC."""
    return {
        "folder": str(stats.folder),
        "parts": [asdict(part) | {"path": str(part.path)} for part in stats.parts],
        "responses": [
            asdict(tally)
            | {"cost": _cost(tally), "first": _utc(tally.first).isoformat(), "last": _utc(tally.last).isoformat()}
            for tally in stats.responses
        ],
    }


def stats_text(stats: CacheStats) -> str:
    """As tables, with days as the calendars here show them."""
    if not stats.parts:
        return f"{stats.folder} is empty"
    return "\n".join(_lines(stats))


def pruned_text(pruned: Pruned) -> str:
    """In one line."""
    if not _file("responses").is_file():
        return f"nothing to prune: {cache_folder()} has no answers of models"
    return f"{pruned.answers:,} answers removed, {_bytes(pruned.size)} less"


def cleared_text(parts: Sequence[Part]) -> str:
    """A line per part."""
    lines = [f"{part.name} cleared, {_bytes(part.size)} less" for part in parts]
    return "\n".join(lines) or f"nothing to clear: {cache_folder()} has none of that"


# --- the folder -------------------------------------------------------------------------------------------------


def _paths() -> dict[str, Path]:
    """What is there, by name of the part."""
    folder = cache_folder()
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    main = [path for path in entries if not path.name.endswith(tuple(f".sqlite{suffix}" for suffix in _BESIDE))]
    return {path.stem if path.suffix == ".sqlite" else path.name: path for path in main}


def _file(name: str) -> Path:
    return cache_folder() / f"{name}.sqlite"


def _tallies() -> list[Tally]:
    with closing(Responses(_file("responses"))) as responses:
        return responses.tallies()


def _part(name: str, path: Path) -> Part:
    size = _size(path)  # before it is opened, which would put files beside it
    try:
        return Part(name, path, _entries(path), size)
    except (DatabaseError, sqlite3.Error) as error:
        return Part(name, path, None, size, str(error))


def _entries(path: Path) -> int | None:
    if path == _file("responses"):
        return sum(tally.answers for tally in _tallies())
    if path == _file("executions"):
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True)) as connection:
            count: int = connection.execute("SELECT count(*) FROM results").fetchone()[0]
            return count
    return sum(1 for _ in path.iterdir()) if path.is_dir() else None


def _size(path: Path) -> int:
    within = (Path(folder, name) for folder, _, names in os.walk(path) for name in names)
    total = 0
    for file in (path, *_beside(path), *within):
        with suppress(OSError):  # it has just been moved, or is not there
            total += file.stat().st_size if file.is_file() else 0
    return total


def _beside(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in _BESIDE] if path.suffix == ".sqlite" else []


def _check_unused(file: Path) -> None:
    """Raises UsageError where anyone else has an SQLite file open, which would lose what it writes."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True, timeout=0)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:  # else it is damaged, and may go
            raise UsageError(f"{file} is in use: clear the cache when what uses it has ended") from None


def _check_idle(folder: Path) -> None:
    """Raises UsageError where a process makes a tuned model, and would lose it."""
    from filelock import FileLock, Timeout

    for lock in folder.glob(f"*/{LOCK}"):
        try:
            with FileLock(lock).acquire(blocking=False):
                pass
        except Timeout:
            raise UsageError(f"{lock.parent} is being made: clear the cache when that has ended") from None


def _check_collected(file: Path) -> None:
    """Raises UsageError where answers are still to come, whose batches would be forgotten."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as connection:
            (count,) = connection.execute("SELECT count(*) FROM outstanding WHERE token IS NOT NULL").fetchone()
    except sqlite3.Error:
        return  # damaged, or older than batches: it may go
    if count:
        raise UsageError(
            f"{file}: {count:,} answers are on their way in batches, and paid for: 'run --batch' collects them"
        )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        # First out of the way, for half a folder would pass for a whole one.
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        path.rename(aside)
        shutil.rmtree(aside)
    else:
        for file in (*_beside(path), path):
            file.unlink(missing_ok=True)


# --- text -------------------------------------------------------------------------------------------------------


def _lines(stats: CacheStats) -> Iterator[str]:
    yield f"{stats.folder}: {_bytes(sum(part.size for part in stats.parts))}\n"
    rows = [
        [part.name, _count(part.entries), _bytes(part.size), part.path.name, PARTS.get(part.name, "")]
        for part in stats.parts
    ]
    yield grid([["part", "entries", "size", "path", "holds"], *rows], markdown=False)
    if stats.responses:
        yield "\n" + grid([_HEAD, *map(_tally_row, stats.responses)], markdown=False)
    yield from (f"\n{part.name}: {part.problem}" for part in stats.parts if part.problem)


def _tally_row(tally: Tally) -> list[str]:
    counts = (tally.answers, tally.calls, tally.prompt_tokens, tally.completion_tokens)
    times = [f"{_utc(seconds).astimezone():%Y-%m-%d}" for seconds in (tally.first, tally.last)]
    name = tally.model + (" (batch)" if tally.batch else "")
    return [tally.endpoint, name, *map(_count, counts), dollars(_cost(tally)), *times]


def _cost(tally: Tally) -> float | None:
    """At the prices of today."""
    price = Prices().of(tally.endpoint, tally.model)
    usage = Usage(tally.prompt_tokens, tally.completion_tokens, cached_tokens=tally.cached_tokens)
    return price.cost(usage, batch=tally.batch) if price else None


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _count(count: int | None) -> str:
    return "–" if count is None else f"{count:,}"


def _bytes(size: int) -> str:
    """
    >>> [_bytes(size) for size in (0, 999, 1000, 2_345_678, 5 * 10**12)]
    ['0 B', '999 B', '1.0 kB', '2.3 MB', '5000.0 GB']
    """
    amount, units = float(size), ["B", "kB", "MB", "GB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.0f} B" if units[0] == "B" else f"{amount:.1f} {units[0]}"
