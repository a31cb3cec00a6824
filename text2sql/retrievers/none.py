"""No examples: zero-shot."""

from __future__ import annotations

from text2sql.protocols import Examples, Retriever
from text2sql.types import Question, Schema


def none() -> Retriever:
    """Fetch nothing."""

    def retrieve(question: Question, schema: Schema) -> Examples:
        return ()

    return retrieve
