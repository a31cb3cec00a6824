"""Examples chosen beforehand: another system's selection, or one made by hand."""

from __future__ import annotations

import json
from pathlib import Path

from text2sql.errors import ConfigError, nearest
from text2sql.protocols import Examples, Retriever
from text2sql.types import Question, Schema


def fixed(pool: Examples, *, file: Path, k: int | None = None) -> Retriever:
    """The first ``k`` (default: all) examples that ``file`` names for a question.

    ``file``: JSON, question id -> list of example ids ("train-0017"); a question that is not in it gets none.
    Raises ConfigError for an id that the pool does not have.
    """
    by_id = {example.question.id: example for example in pool}
    try:
        chosen: dict[str, list[str]] = json.loads(file.read_bytes())
        named = [id for ids in chosen.values() for id in ids]
    except (ValueError, AttributeError, TypeError) as error:
        raise ConfigError(f"{file}: a JSON object of question id -> list of example ids is expected: {error}") from None
    if unknown := next((id for id in named if id not in by_id), None):
        raise ConfigError(f"{file}: the pool has no example {unknown!r}{nearest(str(unknown), by_id)}")

    def retrieve(question: Question, schema: Schema) -> Examples:
        return [by_id[id] for id in chosen.get(question.id, [])][:k]

    return retrieve
