"""Tunings begun, gone on with, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from text2sql.errors import Interrupted, UsageError
from text2sql.tuning import Tuning
from text2sql.types import Job

_BAR = "{l_bar}{bar}| {elapsed}"


def start_tuning(tuning: Tuning, *, again: bool = False, max_cost: float | None = None, progress: bool = True) -> Job:
    """Begin a tuning, go on with one that was cut off, or do it all, unless it is done or under way.

    ``again``: anew, although it is done. ``max_cost``: dollars; nothing is begun where the tuner expects more, or
    cannot say. Where another process begins it just now, that is waited for. Raises ConfigError, UsageError,
    TuningFailed, and Interrupted on an interrupt.
    """
    job = tuning.poll()
    if job is not None and job.status == "running" and again:
        raise UsageError(f"{tuning.name}: it is still running; '{tuning.command('cancel')}' ends it")
    if job is not None and job.status in ("running", "succeeded") and not again:
        return job
    tuning.check_databases()
    with telling(f"tuning {tuning.name}", progress) as tell:
        try:
            with tuning.alone(tell):
                job = tuning.poll()
                if job is not None and (job.status == "running" or (job.status == "succeeded" and not again)):
                    return job
                if job is not None and again:
                    tuning.forget()
                return tuning.start(tell, max_cost=max_cost)
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted: {tuning.name}; the same command goes on from there") from None


def wait_for_tuning(tuning: Tuning, *, every: float = 15.0, progress: bool = True) -> Job:
    """Look at a tuning every so many seconds until it ends. Raises UsageError where it was not begun or was cut off,
    TuningFailed, and Interrupted on an interrupt, after which it goes on by itself.
    """
    with telling(f"tuning {tuning.name}", progress) as tell:
        try:
            while (job := tuning.poll()) is not None and job.status == "running":
                tell(job.events[-1] if job.events else job.status, job.done)
                time.sleep(every)
        except KeyboardInterrupt:
            raise Interrupted(f"interrupted: {tuning.name} goes on; the same command waits for it again") from None
    if job is None or job.status == "interrupted":
        state = "it was cut off" if job else "it was not begun"
        command = tuning.command("start")
        raise UsageError(f"{tuning.name}: {state}; '{command}' {'goes on with it' if job else 'begins it'}")
    return job


@contextmanager
def telling(title: str, progress: bool) -> Iterator[Callable[[str, float], None]]:
    """A progress bar over the stages of a tuning."""
    from tqdm import tqdm

    with tqdm(total=1.0, desc=title, disable=None if progress else True, leave=False, bar_format=_BAR) as bar:

        def tell(stage: str, share: float) -> None:
            bar.set_description(f"{title}: {stage}", refresh=False)
            bar.n = share
            bar.refresh()

        yield tell
