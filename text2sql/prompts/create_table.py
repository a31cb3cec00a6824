"""The schema as CREATE TABLE statements, solved examples, then the question."""

from __future__ import annotations

from text2sql.prompts._content import STEP_BY_STEP, content, remembered, without_hints
from text2sql.protocols import Examples, Render
from text2sql.schema import create_table_text
from text2sql.types import Message, Prompt, Question, Schema

_TASK = "Translate the question into one SQLite query over the schema."
_ALONE = "Answer with the query alone."


def create_table(
    *,
    foreign_keys: bool = True,
    rows: int = 0,
    values: int = 0,
    labels: bool = False,
    instruction: str | None = None,
    chain_of_thought: bool = False,
) -> Render:
    """Schema as CREATE TABLE statements, the usual code representation of text-to-SQL prompts.

    ``foreign_keys``: show them. ``rows``: that many sample rows under each table (up to 3). ``values``: that
    many sample values beside each column that holds texts (up to 50). ``labels``: the data set's plain words for
    a name where they say more than the name does. ``instruction``: the system message, in place of a sentence that
    names the task. ``chain_of_thought``: end with a request for a few steps of reasoning and then the query, in a
    fence (zero-shot chain of thought, Kojima et al. 2022); examples stay question and SQL.
    """
    told = instruction if instruction is not None else _TASK if chain_of_thought else f"{_TASK} {_ALONE}"
    end = f"\n\n{STEP_BY_STEP}" if chain_of_thought else "\nSQL:"
    cut, text = (
        content(foreign_keys=foreign_keys, rows=rows, values=values, labels=labels),
        remembered(create_table_text),
    )

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        visible = cut(schema)
        parts = [text(visible)]
        parts += [f"Question: {example.question.text}\nSQL: {example.sql}" for example in examples]
        hint = f"\nHint: {question.evidence}" if question.evidence else ""
        parts.append(f"Question: {question.text}{hint}{end}")
        messages = (Message("system", told), Message("user", "\n\n".join(parts)))
        return Prompt(messages, question, visible, without_hints(examples), told)

    return render
