"""What prompts have in common: how much of a schema and of examples they show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from text2sql.errors import ConfigError
from text2sql.protocols import Examples
from text2sql.schema import SAMPLE_ROWS, SAMPLE_VALUES, shown
from text2sql.types import Example, Schema

STEP_BY_STEP = (
    "Let us think step by step: which tables and columns the question needs, how these tables join, what is to be "
    "filtered, grouped, sorted and cut. A few short steps, then the one final query in a ```sql block."
)
"""The request for a chain of thought (Wei et al. 2022), in words alone, without worked examples of it, as in zero-shot
chain of thought (Kojima et al. 2022); the form of the answer tells the final query from drafts on the way."""

Made = TypeVar("Made")
_KEPT = 256


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

    return remembered(cut)


def remembered(function: Callable[[Schema], Made]) -> Callable[[Schema], Made]:
    """The function, which keeps what it made of the last few schemas: most prompts show one of them."""
    kept: dict[int, tuple[Schema, Made]] = {}

    def made(schema: Schema) -> Made:
        # By identity, for the hash of a schema takes as long as what is made of it.
        known = kept.get(id(schema))
        if known is None or known[0] is not schema:
            if len(kept) >= _KEPT:
                kept.clear()
            known = kept[id(schema)] = schema, function(schema)
        return known[1]

    return made


def without_hints(examples: Examples) -> tuple[Example, ...]:
    """The examples as prompts show them: question and SQL."""
    return tuple(replace(example, question=replace(example.question, evidence="")) for example in examples)
