"""Many things at once, in threads that never keep the process from ending."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def processors() -> int:
    """How many processors this machine has; 1 where it does not say."""
    return os.cpu_count() or 1


def in_parallel(function: Callable[[Item], Outcome], items: Sequence[Item], workers: int) -> Iterator[Outcome]:
    """Outcomes as they come. Threads are daemons, so that an interrupt ends at once; an error ends all."""
    if workers == 1:
        yield from map(function, items)
        return
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    outcomes: queue.SimpleQueue[tuple[Outcome, None] | tuple[None, BaseException]] = queue.SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            try:
                outcomes.put((function(waiting.get_nowait()), None))
            except queue.Empty:
                return
            except BaseException as error:
                outcomes.put((None, error))
                return

    for _ in range(min(workers, len(items))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in items:
            outcome, error = _wait(outcomes)
            if error is not None:
                raise error
            yield outcome  # type: ignore[misc]  # there is one where there is no error
    finally:
        stop.set()


def _wait(outcomes: queue.SimpleQueue[Outcome]) -> Outcome:
    while True:
        try:
            return outcomes.get(timeout=0.5)  # without a time limit Windows would not see an interrupt
        except queue.Empty:
            continue
