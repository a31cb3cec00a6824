"""What prompts have in common: how much of a schema and of examples they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from text2sql.errors import ConfigError
from text2sql.protocols import Examples
from text2sql.schema import SAMPLE_ROWS, SAMPLE_VALUES, shown
from text2sql.types import Example, Schema


def content(
    *, foreign_keys: bool, rows: int, values: int, labels: bool = False, names_only: bool = False
) -> Callable[[Schema], Schema]:
    """``shown`` with these options. Raises ConfigError for more rows or values than a schema holds."""
    for option, number, most in (("rows", rows, SAMPLE_ROWS), ("values", values, SAMPLE_VALUES)):
        if not 0 <= number <= most:
            # Not cut in silence: two settings that come to the same would stand in a table as two.
            raise ConfigError(f"prompt: {option} is to be 0 to {most}, which is what a schema holds, not {number}")

    def cut(schema: Schema) -> Schema:
        return shown(schema, foreign_keys=foreign_keys, rows=rows, values=values, labels=labels, names_only=names_only)

    return cut


def without_hints(examples: Examples) -> tuple[Example, ...]:
    """The examples as prompts show them: question and SQL."""
    return tuple(replace(example, question=replace(example.question, evidence="")) for example in examples)
