"""STUB"""

from __future__ import annotations
import json
from pathlib import Path
from collections.abc import Sequence
from text2sql.types import Demonstration
from text2sql.artifacts import write_atomically


def tokens(text: str) -> int:
    return len(text) // 4


def demonstration_tokens(one: Demonstration) -> int:
    return sum(tokens(m.content) + 4 for m in one.prompt.messages) + tokens(one.answer)


def write(file: Path, ds: Sequence[Demonstration]) -> None:
    write_atomically(
        file,
        "".join(
            json.dumps(
                {
                    "messages": [{"role": m.role, "content": m.content} for m in d.prompt.messages]
                    + [{"role": "assistant", "content": d.answer}]
                }
            )
            + "\n"
            for d in ds
        ),
    )


def problems(file: Path) -> list[str]:
    return []
