"""Model calls: who asked for what at which stage, and what it took."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class Call:
    """What a stage asked of a model at once: ``n`` completions, ``cached`` of them from the cache.

    Tokens and ``cost``, in US dollars, are those of all completions, as if none had been cached, None where nobody
    says; ``paid`` is what was paid now, by ``requests``, as the response cache numbers them, after ``retries``.
    """

    question: str
    stage: str
    model: str = ""
    n: int = 0
    seconds: float = 0.0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    paid: float | None = None
    cached: int = 0
    retries: int = 0
    requests: tuple[str, ...] = ()
    error: str = ""


class Ledger:
    """The calls of the questions in flight, collected until a question is done. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[str, list[Call]] = defaultdict(list)

    def add(self, call: Call) -> None:
        """Note one call."""
        with self._lock:
            self._calls[call.question].append(call)

    def take(self, question: str) -> list[Call]:
        """The calls made for a question, which are then forgotten."""
        with self._lock:
            return self._calls.pop(question, [])


def last_attempts(calls: Iterable[Call]) -> list[Call]:
    """The calls that led to each question's stored answer, without those of attempts that were given up before.

    A question's calls are followed by one of the stage "question", which ends the attempt.
    """
    attempts: dict[str, list[Call]] = {}
    ended: set[str] = set()
    for call in calls:
        if call.question in ended:
            attempts[call.question] = []
            ended.remove(call.question)
        attempts.setdefault(call.question, []).append(call)
        if call.stage == "question":
            ended.add(call.question)
    return [call for attempt in attempts.values() for call in attempt]


Number = TypeVar("Number", int, float)


def total(numbers: Iterable[Number | None]) -> Number | None:
    """The sum of the known ones; None where none is known.

    >>> total([1, None, 2]), total([None])
    (3, None)
    """
    known = [number for number in numbers if number is not None]
    return sum(known[1:], known[0]) if known else None
