"""Random examples: what any examples bring, whatever they are."""

from __future__ import annotations

import random as chance

from text2sql.protocols import Examples, Retriever
from text2sql.types import Question, Schema


def random(pool: Examples, seed: int, *, k: int = 5) -> Retriever:
    """``k`` examples of other databases, drawn anew for every question; the same for the same seed and question."""

    def retrieve(question: Question, schema: Schema) -> Examples:
        others = [example for example in pool if example.question.db_id != question.db_id]
        return chance.Random(f"{seed}\0{question.db_id}\0{question.text}").sample(others, min(k, len(others)))

    return retrieve
