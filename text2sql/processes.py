"""Work for all processors: worker processes for what is Python through and through, where threads share one core."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from text2sql.parallel import processors

if TYPE_CHECKING:
    from loky.process_executor import ProcessPoolExecutor

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# One thread each: together the workers fill the machine, and sums come out the same on any number of processors.
_ENVIRONMENT = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
_IDLE = 60  # seconds until an idle worker ends


def call(function: Callable[[Item], Outcome], item: Item) -> Outcome:
    """What the function says of the item: in a worker, or here where the system allows none or one was killed."""
    try:
        outcome: Outcome = _workers().submit(function, item).result()
        return outcome
    except (OSError, BrokenExecutor):
        return function(item)


def spread(function: Callable[[Item], Outcome], items: Sequence[Item]) -> Iterator[Outcome]:
    """``map`` over the workers, in order; items and outcomes are pickled. An error or an interrupt ends all."""
    if processors() == 1 or len(items) < 2:
        yield from map(function, items)
        return
    try:
        pool = _workers()
    except OSError:
        yield from map(function, items)
        return
    try:
        yield from pool.map(function, items)
    except BaseException:
        pool.shutdown(kill_workers=True)
        raise


def _workers() -> ProcessPoolExecutor:
    # Started when first needed. Unlike those of ``multiprocessing`` they ask nothing of the user's main script.
    from loky import get_reusable_executor

    return get_reusable_executor(
        max_workers=processors(), timeout=_IDLE, initializer=_leave_interrupts_to_the_parent, env=_ENVIRONMENT
    )


def _leave_interrupts_to_the_parent(*_: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
