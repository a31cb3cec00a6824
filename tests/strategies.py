"""Strategies from outside the package, for tests: a model that takes its time, one that fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from text2sql.errors import ProviderError
from text2sql.predictions import align
from text2sql.protocols import Model
from text2sql.types import Completion, Completions, Prompt, Question, Usage


def slow(questions: Sequence[Question], *, file: Path, seconds: float = 0.05) -> Model:
    """Recorded outputs, each after a while; with tokens and a price."""
    answers = align(file, questions)
    return _Slow({q.id: a.sqls for q, a in zip(questions, answers, strict=True)}, seconds)


@dataclass(frozen=True)
class _Slow:
    sqls: dict[str, tuple[str, ...]]
    seconds: float

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        time.sleep(self.seconds)
        usage = Usage(prompt_tokens=10, completion_tokens=5, cost=0.01)
        return [Completion(f"```sql\n{sql}\n```", usage=usage) for sql in self.sqls[prompt.question.id][:n]]


def failing(*, every: int = 3) -> Model:
    """A provider that is down for each ``every``-th question."""
    return _Failing(every)


@dataclass(frozen=True)
class _Failing:
    every: int

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        if int(prompt.question.id[-4:]) % self.every == 0:
            raise ProviderError("the provider is down")
        return [Completion("SELECT 1")]
