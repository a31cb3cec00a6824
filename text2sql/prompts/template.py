"""A prompt of the user's own: a text file with fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from text2sql.errors import ConfigError
from text2sql.prompts._content import content, without_hints
from text2sql.prompts._fields import Lines, parse
from text2sql.protocols import Examples, Render
from text2sql.schema import compact_text, create_table_text
from text2sql.types import Message, Prompt, Question, Schema

_FIELDS = ("schema", "tables", "examples", "question", "hint", "db_id")


def template(
    *,
    file: Path,
    foreign_keys: bool = True,
    rows: int = 0,
    values: int = 0,
    labels: bool = False,
    example: str = "Question: {question}\nSQL: {sql}",
) -> Render:
    """The text of a file, with {schema}, {tables}, {examples}, {question}, {hint} and {db_id} filled in.

    ``file``: UTF-8; what stands above a line of only ``---`` is the system message; a literal brace is written
    twice; a line all of whose fields are empty is left out. {schema} is CREATE TABLE statements, {tables} one line
    a table. ``foreign_keys``, ``rows``, ``values``, ``labels``: as of create_table. ``example``: the text of one of
    {examples}, with {question} and {sql}; a blank line comes between two. Raises ConfigError.
    """
    system, user = _read(file)
    one = parse(example.split("\n"), ("question", "sql"), f"{file}: option example")
    if "sql" not in one.fields:
        raise ConfigError(f"{file}: option example: no {{sql}} in it")
    fields = system.fields | user.fields
    # Each of the two texts of a schema shows another part of it, and a template may show neither.
    names_only = "schema" not in fields
    cut = content(foreign_keys=foreign_keys, rows=rows, values=values, labels=labels, names_only=names_only)

    def render(question: Question, schema: Schema, examples: Examples) -> Prompt:
        visible = cut(schema) if fields & {"schema", "tables"} else Schema(schema.db_id, ())
        solved = without_hints(examples) if "examples" in fields else ()
        if "question" not in one.fields:
            solved = tuple(replace(e, question=replace(e.question, text="")) for e in solved)
        texts = {
            "schema": create_table_text(visible),
            "tables": compact_text(visible),
            "examples": "\n\n".join(one.fill({"question": e.question.text, "sql": e.sql}) for e in solved),
            "question": question.text,
            "hint": question.evidence,
            "db_id": question.db_id,
        }
        instruction = system.fill(texts)
        messages = [Message("system", instruction)] if instruction else []
        messages.append(Message("user", user.fill(texts)))
        asked = question if "hint" in fields else replace(question, evidence="")
        return Prompt(tuple(messages), asked, visible, solved, instruction)

    return render


def _read(file: Path) -> tuple[Lines, Lines]:
    """The system message and the user's. Raises ConfigError."""
    try:
        lines = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text at byte {error.start}") from None
    if not any(line.strip() for line in lines):
        raise ConfigError(f"{file}: an empty file, not a prompt; at least {{question}} is needed")
    bar = next((number for number, line in enumerate(lines) if line.rstrip() == "---"), -1)
    system = parse(lines[: max(bar, 0)], _FIELDS, str(file))
    user = parse(lines[bar + 1 :], _FIELDS, str(file), first=bar + 2)
    if "question" not in user.fields:
        raise ConfigError(f"{file}: no {{question}}{' below the line ---' if bar >= 0 else ''}")
    return system, user
