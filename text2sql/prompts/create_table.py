"""The schema as CREATE TABLE statements, solved examples, then the question."""

from __future__ import annotations

from text2sql.prompts._content import content, remembered, without_hints
from text2sql.protocols import Examples, Render
from text2sql.schema import create_table_text
from text2sql.types import Message, Prompt, Question, Schema

_INSTRUCTION = "Translate the question into one SQLite query over the schema. Answer with the query alone."


def create_table(
    *,
    foreign_keys: bool = True,
    rows: int = 0,
    values: int = 0,
    labels: bool = False,
    instruction: str = _INSTRUCTION,
) -> Render:
    """Schema as CREATE TABLE statements, the usual code representation of text-to-SQL prompts.

    ``foreign_keys``: show them. ``rows``: that many sample rows under each table (up to 3). ``values``: that
    many sample values beside each column that holds texts (up to 50). ``labels``: the data set's plain words for
    a name where they say more than the name does. ``instruction``: the system message.
    """
    cut, text = (
        content(foreign_keys=foreign_keys, rows=rows, values=values, labels=labels),
        remembered(create_table_text),
    )

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        visible = cut(schema)
        parts = [text(visible)]
        parts += [f"Question: {example.question.text}\nSQL: {example.sql}" for example in examples]
        hint = f"\nHint: {question.evidence}" if question.evidence else ""
        parts.append(f"Question: {question.text}{hint}\nSQL:")
        messages = (Message("system", instruction), Message("user", "\n\n".join(parts)))
        return Prompt(messages, question, visible, without_hints(examples), instruction)

    return render
