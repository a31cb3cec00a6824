"""Ask once per prompt and take the SQL out of each completion."""

from __future__ import annotations

from collections.abc import Sequence

from text2sql.parallel import each
from text2sql.protocols import Examples, Generator, Model, Render
from text2sql.sql import extract
from text2sql.types import Candidate, Candidates, Question, Schema


def direct(model: Model, renders: Sequence[Render], seed: int, *, n: int = 1, temperature: float = 0.0) -> Generator:
    """``n`` samples of each prompt.

    ``temperature``: 0 for the likeliest answer; above it, samples for self-consistency.
    """

    def generate(question: Question, schema: Schema, examples: Examples) -> Candidates:
        def ask(render: Render) -> list[Candidate]:
            prompt = render(question, schema, examples)
            said = model.complete(prompt, n=n, temperature=temperature, seed=seed)
            return [Candidate(*extract(completion), prompt, (completion,)) for completion in said]

        return [candidate for candidates in each(ask, renders) for candidate in candidates]

    return generate
