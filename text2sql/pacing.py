"""Calls to one endpoint and model, paced: as fast as its limits let them, and hardly any while it is down."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from text2sql.errors import CallFailed, Halted
from text2sql.rates import seconds
from text2sql.traffic import Sent, Traffic
from text2sql.types import Limits

_TICK = 0.5  # seconds: an endless wait would not see an interrupt on Windows
_FIRST, _LONGEST = 0.5, 30.0  # seconds between two tries of one call
_LONGEST_ASKED = 120.0  # what a Retry-After may ask for


class Pace:
    """The calls to one endpoint and model, of many threads; first come, first served.

    ``slots``: calls in flight at most. ``patience``: seconds that an endpoint may be down until waiting calls fail.
    """

    def __init__(self, slots: int, *, patience: float = 300.0) -> None:
        self._free, self._patience = max(slots, 1), patience
        self._lock = threading.Lock()
        self._queue: deque[threading.Condition] = deque()  # only the first one looks at the clock
        self._closed = threading.Event()
        self._traffic = Traffic()
        self._here = threading.local()  # the call that this thread has in flight, or had last
        self._why = ""

    @contextmanager
    def slot(self, tokens: int) -> Iterator[None]:
        """Wait until a call of about so many tokens may go, and hold one of the slots while it is made.

        Raises Halted when closed, CallFailed ("passing") when the endpoint is down for longer than ``patience``.
        """
        sent = self._here.sent = self._wait(max(tokens, 0))
        try:
            yield
        finally:
            with self._lock:
                self._free += 1
                self._traffic.ended(sent)
                self._wake()

    def answered(self, limits: Limits, tokens: int) -> None:
        """This thread's call went well; ``tokens``: what it took, 0 where nobody says."""
        with self._lock:
            self._traffic.answered(time.monotonic(), self._here.sent, limits, tokens)

    def failed(self, failure: CallFailed) -> None:
        """This thread's call failed: too many calls slow all of them down, an endpoint that is down stops them."""
        with self._lock:
            self._traffic.failed(time.monotonic(), self._here.sent, failure)

    def rest(self, failure: CallFailed, tries: int) -> None:
        """Sleep before a call that failed so many times is tried again: exponentially longer, with equal jitter.

        Not where there were too many calls: then ``slot`` makes all of them wait. Raises Halted when closed.
        """
        if failure.kind != "limited":
            longest = min(_FIRST * 2.0 ** min(max(tries - 1, 0), 16), _LONGEST)
            asked = seconds(failure.retry_after) or 0.0
            end = time.monotonic() + max(random.uniform(longest / 2, longest), min(asked, _LONGEST_ASKED))
            while (left := end - time.monotonic()) > 0 and not self._closed.wait(min(left, _TICK)):
                pass
        if self._closed.is_set():
            raise Halted(self._why)

    def close(self, why: str) -> None:
        """No further call: every thread that waits, or comes to wait, ends at once with Halted."""
        with self._lock:
            if not self._closed.is_set():
                self._why = why
                self._closed.set()
            for waiting in self._queue:
                waiting.notify()

    @property
    def free(self) -> int:
        """So many calls more could go now, but for the endpoint's limits."""
        return max(self._free - len(self._queue), 0)

    def _wait(self, tokens: int) -> Sent:
        with self._lock:
            now = time.monotonic()
            if not self._queue and self._free and not self._closed.is_set() and self._traffic.delay(now, tokens) <= 0:
                self._free -= 1
                return self._traffic.send(now, tokens)
            turn = threading.Condition(self._lock)
            self._queue.append(turn)
            try:
                while (delay := self._delay(turn, tokens)) > 0:
                    turn.wait(min(delay, _TICK))
                self._free -= 1
                return self._traffic.send(time.monotonic(), tokens)
            finally:
                self._queue.remove(turn)
                self._wake()

    def _delay(self, turn: threading.Condition, tokens: int) -> float:
        if self._closed.is_set():
            raise Halted(self._why)
        if self._queue[0] is not turn or not self._free:
            return _TICK
        now = time.monotonic()
        delay = self._traffic.delay(now, tokens)
        opened = self._traffic.opened
        if delay > 0 and opened is not None and now - opened > self._patience:
            began = time.strftime("%H:%M:%S", time.localtime(time.time() - (now - self._traffic.since)))
            raise CallFailed(f"no call went well since {began}; the last one: {self._traffic.why}", "passing")
        return delay

    def _wake(self) -> None:
        if self._queue:
            self._queue[0].notify()
