"""Ask once per prompt and take the SQL out of each completion."""

from __future__ import annotations

from collections.abc import Sequence

from text2sql.protocols import Examples, Generator, Model, Render
from text2sql.sql import extract
from text2sql.types import Candidate, Candidates, Question, Schema


def direct(model: Model, renders: Sequence[Render], seed: int, *, n: int = 1, temperature: float = 0.0) -> Generator:
    """``n`` samples of each prompt.

    ``temperature``: 0 for the likeliest answer; above it, samples for self-consistency.
    """

    def generate(question: Question, schema: Schema, examples: Examples) -> Candidates:
        candidates = []
        for render in renders:
            prompt = render(question, schema, examples)
            for completion in model.complete(prompt, n=n, temperature=temperature, seed=seed):
                sql, problem = extract(completion)
                candidates.append(Candidate(sql, problem, prompt, (completion,)))
        return candidates

    return generate
