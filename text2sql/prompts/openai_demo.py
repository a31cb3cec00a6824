"""The schema as one comment line a table, solved examples, then the question as a comment."""

from __future__ import annotations

from text2sql.prompts._content import STEP_BY_STEP, content, without_hints
from text2sql.protocols import Examples, Render
from text2sql.schema import compact_text
from text2sql.types import Message, Prompt, Question, Schema

_TASK = "Complete the file with one SQLite query that answers the last question."
_ALONE = "Reply with the query only."


def openai_demo(
    *,
    foreign_keys: bool = True,
    rows: int = 0,
    values: int = 0,
    labels: bool = False,
    instruction: str | None = None,
    chain_of_thought: bool = False,
) -> Render:
    """Schema as ``# table ( column, column )`` lines, without types and primary keys.

    After the layout of the text-to-SQL demo in OpenAI's documentation, which papers compare with under the name
    "OpenAI demonstration prompt"; the words are ours, and the prompt does not end in SELECT, since chat models
    answer with whole queries. ``foreign_keys``: show them. ``rows``: that many sample rows under each table (up
    to 3). ``values``: that many sample values of each column that holds texts (up to 50). ``labels``: the data
    set's plain words for a name where they say more than the name does. ``instruction``: the system message, in place
    of a sentence that names the task. ``chain_of_thought``: as of create_table.
    """
    told = instruction if instruction is not None else _TASK if chain_of_thought else f"{_TASK} {_ALONE}"
    cut = content(foreign_keys=foreign_keys, rows=rows, values=values, labels=labels, names_only=True)

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        visible = cut(schema)
        lines = ["### The tables of an SQLite database and their columns", "#"]
        lines += [f"# {line}" for line in compact_text(visible).split("\n")]
        lines.append("#")
        for example in examples:
            lines += [f"### Question: {example.question.text}", example.sql]
        lines.append(f"### Question: {question.text}")
        if question.evidence:
            lines.append(f"# Hint: {question.evidence}")
        lines.append(f"### {STEP_BY_STEP}" if chain_of_thought else "### Query:")
        messages = (Message("system", told), Message("user", "\n".join(lines)))
        return Prompt(messages, question, visible, without_hints(examples), told)

    return render
