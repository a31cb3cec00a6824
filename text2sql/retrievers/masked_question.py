"""Examples whose questions are built alike, whatever they are about."""

from __future__ import annotations

from text2sql.linking import masked
from text2sql.protocols import Examples, Index, Retriever, Schemas
from text2sql.types import Question, Schema


def masked_question(index: Index, schemas: Schemas, *, k: int = 5) -> Retriever:
    """The ``k`` nearest questions after names and values of their schemas are masked (as in DAIL-SQL)."""
    questions = index("masked question", lambda e: masked(e.question.text, schemas[e.question.db_id]))

    def retrieve(question: Question, schema: Schema) -> Examples:
        return [example for example, _ in questions.nearest(masked(question.text, schema), k, to=question.db_id)]

    return retrieve
