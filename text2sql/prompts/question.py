"""The question alone: for models that need no schema text, such as recorded outputs."""

from __future__ import annotations

from text2sql.protocols import Examples, Render
from text2sql.types import Message, Prompt, Question, Schema


def question() -> Render:
    """The question as the only message."""

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        return Prompt((Message("user", question.text),), question, schema, tuple(examples))

    return render
