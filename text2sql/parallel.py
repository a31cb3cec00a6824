"""Many things at once, in threads that never keep the process from ending; or in turn, none for another's sake."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from text2sql.errors import SetAside

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def processors() -> int:
    """How many processors this machine has; 1 where it does not say."""
    return os.cpu_count() or 1


def each(function: Callable[[Item], Outcome], items: Iterable[Item]) -> list[Outcome]:
    """Outcomes in turn. Where one is set aside the others are tried too, so that all wait for the same batch."""
    outcomes, aside = [], None
    for item in items:
        try:
            outcomes.append(function(item))
        except SetAside as error:
            aside = error
    if aside:
        raise aside
    return outcomes


def in_parallel(function: Callable[[Item], Outcome], items: Sequence[Item], workers: int) -> Iterator[Outcome]:
    """Outcomes as they come. Threads are daemons, so that an interrupt ends at once; an error raised ends all."""
    if workers == 1:
        yield from map(function, items)
        return
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    outcomes: queue.SimpleQueue[Outcome | _Raised] = queue.SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                outcomes.put(function(waiting.get_nowait()))
            except queue.Empty:
                return
            except BaseException as error:
                outcomes.put(_Raised(error))
                return

    for _ in range(min(workers, len(items))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in items:
            outcome = _wait(outcomes)
            if isinstance(outcome, _Raised):
                raise outcome.error
            yield outcome
    finally:
        stop.set()


@dataclass(frozen=True, slots=True)
class _Raised:
    """Not an outcome: a function may well return an error."""

    error: BaseException


def _wait(outcomes: queue.SimpleQueue[Outcome]) -> Outcome:
    while True:
        try:
            return outcomes.get(timeout=0.5)  # without a time limit Windows would not see an interrupt
        except queue.Empty:
            continue
