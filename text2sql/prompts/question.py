"""The question alone: for models that need no schema text, such as recorded outputs."""

from __future__ import annotations

from dataclasses import replace

from text2sql.protocols import Examples, Render
from text2sql.types import Message, Prompt, Question, Schema


def question() -> Render:
    """The question as the only message.

    Its Prompt holds no tables, examples or hint, as the message shows none: a model that reads the parts is to know
    no more than one that reads the text. Recorded outputs look at the question's id alone.
    """

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        return Prompt((Message("user", question.text),), replace(question, evidence=""), Schema(schema.db_id, ()))

    return render
