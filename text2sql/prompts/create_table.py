"""The schema as CREATE TABLE statements, solved examples, then the question."""

from __future__ import annotations

from text2sql.protocols import Examples, Render
from text2sql.schema import create_table_text
from text2sql.types import Message, Prompt, Question, Schema

_INSTRUCTION = "Translate the question into one SQLite query over the schema. Answer with the query alone."


def create_table(*, foreign_keys: bool = True, instruction: str = _INSTRUCTION) -> Render:
    """Schema as CREATE TABLE statements, the usual code representation of text-to-SQL prompts.

    ``foreign_keys``: show them. ``instruction``: the system message.
    """

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        parts = [create_table_text(schema, foreign_keys=foreign_keys)]
        parts += [f"Question: {example.question.text}\nSQL: {example.sql}" for example in examples]
        hint = f"\nHint: {question.evidence}" if question.evidence else ""
        parts.append(f"Question: {question.text}{hint}\nSQL:")
        messages = (Message("system", instruction), Message("user", "\n\n".join(parts)))
        return Prompt(messages, question, schema, tuple(examples), instruction)

    return render
