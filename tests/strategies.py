"""Strategies from outside the package, for tests: a model that takes its time, one that fails."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from text2sql.errors import ProviderError
from text2sql.predictions import align
from text2sql.protocols import Draft, Examples, Linker, Model, Reranker, Retriever, Reviser, Voter
from text2sql.sql import extract
from text2sql.types import Candidate, Completion, Completions, Message, Prompt, Question, Schema, Usage


def slow(questions: Sequence[Question], *, file: Path, seconds: float = 0.05, stuck_from: int | None = None) -> Model:
    """Recorded outputs, each after a while; with tokens and a price. Hangs from the question ``stuck_from`` on."""
    answers = align(file, questions)
    stuck = frozenset(question.id for question in questions[stuck_from:]) if stuck_from is not None else frozenset()
    return _Slow({q.id: a.sqls for q, a in zip(questions, answers, strict=True)}, seconds, stuck)


@dataclass(frozen=True)
class _Slow:
    sqls: dict[str, tuple[str, ...]]
    seconds: float
    stuck: frozenset[str]

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        time.sleep(600 if prompt.question.id in self.stuck else self.seconds)
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


# --- one strategy of every stage, each leaving its mark ------------------------------------------------------


def first_tables(*, keep: int = 1) -> Linker:
    """Keep the first tables."""
    return lambda question, schema: replace(schema, tables=schema.tables[:keep])


def earliest(pool: Examples, draft: Draft, *, k: int = 5) -> Retriever:
    """The pool's first examples; a draft is asked for, and its model with it."""

    def retrieve(question: Question, schema: Schema) -> Examples:
        assert [candidate.sql for candidate in draft(question, schema, n=2)] == ["SELECT 'draft'"] * 2
        return pool[:k]

    return retrieve


def reverse(*, k: int = 2) -> Reranker:
    """The last ones first, cut to ``k``."""
    return lambda question, schema, examples: examples[::-1][:k]


def says(*, text: str = "SELECT 1") -> Model:
    """A model that says the same every time."""
    return _Says(text)


@dataclass(frozen=True)
class _Says:
    text: str

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        return [Completion(self.text, usage=Usage(1, 1, 0.5), cached=True)] * n


def mend(model: Model, seed: int) -> Reviser:
    """Ask again where a candidate failed."""

    def revise(question: Question, schema: Schema, candidate: Candidate) -> Candidate:
        if candidate.prompt is None or (candidate.result and candidate.result.ok):
            return candidate
        prompt = candidate.prompt.then(Message("assistant", candidate.sql), Message("user", "That failed."))
        (completion,) = model.complete(prompt, n=1, temperature=0.0, seed=seed)
        return Candidate(extract(completion)[0], "", prompt, (completion,), revises=candidate)

    return revise


def either(*, of: Voter, otherwise: Voter | None = None) -> Voter:
    """A voter made of voters."""
    return otherwise or of
