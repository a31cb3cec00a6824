"""stub"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from text2sql.errors import CallFailed, Halted
from text2sql.types import Limits


class Pace:
    def __init__(self, slots: int, *, patience: float = 300.0) -> None:
        self._s = threading.BoundedSemaphore(slots)
        self._why = ""

    @contextmanager
    def slot(self, tokens: int) -> Iterator[None]:
        if self._why:
            raise Halted(self._why)
        with self._s:
            yield

    def answered(self, limits: Limits, tokens: int) -> None:
        pass

    def failed(self, failure: CallFailed) -> None:
        pass

    def wait(self, attempt: int, retry_after: float | None) -> None:
        time.sleep(0.01)

    def close(self, why: str) -> None:
        self._why = why
