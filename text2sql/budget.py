"""What a command may spend: each call reserves the most that it can cost, until it is known what it did cost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from text2sql.errors import Halted

_GLANCE = 0.5  # seconds: without a time limit Windows would not see an interrupt


class Budget:
    """Dollars that may be spent, None for any number. Thread-safe."""

    def __init__(self, limit: float | None = None) -> None:
        self.limit, self.spent = limit, 0.0
        self._reserved, self._in_flight = 0.0, 0
        self._changed = threading.Condition()
        self._closed = ""

    @contextmanager
    def reserved(self, bound: float | None, model: str) -> Iterator[Callable[[float | None], None]]:
        """Room for a call that costs at most ``bound``; the callable says what it did cost, None for the bound itself.

        A call that finds no room waits for those in flight, which mostly cost less than they might have. Raises Halted
        where there is no room when none is in flight, or after ``close``.
        """
        if self.limit is not None and bound is None:
            raise Halted(
                f"--max-cost: what a call of {model!r} can cost is not known; set max_tokens, or give it a price "
                "and a longest answer by --prices FILE"
            )
        most = bound or 0.0
        with self._changed:
            while not self._closed and self.limit is not None and self.spent + self._reserved + most > self.limit:
                if not self._in_flight:
                    self.close(
                        f"--max-cost: ${self.spent:.4f} of ${self.limit:.4f} are spent, and the next call may cost "
                        f"${most:.4f}"
                    )
                else:
                    self._changed.wait(_GLANCE)
            if self._closed:
                raise Halted(self._closed)
            self._reserved += most
            self._in_flight += 1
        cost = 0.0

        def settle(known: float | None) -> None:
            nonlocal cost
            cost = most if known is None else known

        try:
            yield settle
        finally:
            with self._changed:
                self._in_flight -= 1
                self._reserved = self._reserved - most if self._in_flight else 0.0  # sums of floats leave a rest
                self.spent += cost
                self._changed.notify_all()

    def close(self, why: str) -> None:
        """No further call: those that wait end with Halted."""
        with self._changed:
            self._closed = self._closed or why
            self._changed.notify_all()
