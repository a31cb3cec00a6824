"""Examples whose questions sound alike: simple RAG."""

from __future__ import annotations

from text2sql.protocols import Examples, Index, Retriever
from text2sql.types import Question, Schema


def question_similarity(index: Index, *, k: int = 5) -> Retriever:
    """The ``k`` examples whose questions are nearest by cosine."""
    questions = index("question", lambda example: example.question.text)

    def retrieve(question: Question, schema: Schema) -> Examples:
        return [example for example, _ in questions.nearest(question.text, k, to=question.db_id)]

    return retrieve
