"""Model calls: who asked for what at which stage, and what it took. Later also their cache and limits."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from text2sql.protocols import Model
from text2sql.types import Completions, Prompt


@dataclass(frozen=True, slots=True)
class Call:
    """One model call. Tokens and cost in US dollars are None where nobody says; ``paid`` is 0 if cached."""

    question: str
    stage: str
    model: str = ""
    n: int = 0
    seconds: float = 0.0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    paid: float | None = None
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


@dataclass(frozen=True)
class Labelled:
    """A model as one stage sees it: every call goes to the ledger."""

    model: Model
    name: str
    stage: str
    ledger: Ledger

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """What the model says."""
        start, error = time.perf_counter(), ""
        completions: Completions = ()
        try:
            completions = self.model.complete(prompt, n=n, temperature=temperature, seed=seed)
            return completions
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            usages = [completion.usage for completion in completions]
            self.ledger.add(
                Call(
                    question=prompt.question.id,
                    stage=self.stage,
                    model=self.name,
                    n=n,
                    seconds=round(time.perf_counter() - start, 6),
                    prompt_tokens=total(usage.prompt_tokens for usage in usages),
                    completion_tokens=total(usage.completion_tokens for usage in usages),
                    cost=total(usage.cost for usage in usages),
                    paid=total(0.0 if c.cached else c.usage.cost for c in completions),
                    error=error,
                )
            )


Number = TypeVar("Number", int, float)


def total(numbers: Iterable[Number | None]) -> Number | None:
    """The sum of the known ones; None where none is known.

    >>> total([1, None, 2]), total([None])
    (3, None)
    """
    known = [number for number in numbers if number is not None]
    return sum(known[1:], known[0]) if known else None
