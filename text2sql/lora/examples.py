"""Demonstrations as tokens: the prompt as the server will render it, the loss on the answer alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from text2sql.errors import TuningFailed
from text2sql.types import Demonstration, Prompt

Row: TypeAlias = Mapping[str, list[int]]

IGNORED = -100
"""The label of a token that has no part in the loss, as torch's cross entropy knows it."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``input_ids`` and ``labels`` of each example; how many were left out, being longer than the limit."""

    rows: tuple[Row, ...]
    too_long: int = 0
    shortest: int = 0

    @property
    def tokens(self) -> int:
        """Of prompts and answers."""
        return sum(len(row["input_ids"]) for row in self.rows)


def tokenized(
    demonstrations: Sequence[Demonstration], tokenizer: Any, ends: Sequence[str], max_tokens: int, base: str
) -> Rows:
    """Every demonstration that has at most ``max_tokens``; ``ends``: the tokens at which the model stops writing.

    Raises TuningFailed where the chat template refuses a prompt.
    """
    rows = [_row(one, tokenizer, ends, base) for one in demonstrations]
    kept = tuple(row for row in rows if len(row["input_ids"]) <= max_tokens)
    return Rows(kept, len(rows) - len(kept), min((len(row["input_ids"]) for row in rows), default=0))


def _row(demonstration: Demonstration, tokenizer: Any, ends: Sequence[str], base: str) -> Row:
    before = _rendered(demonstration.prompt, tokenizer, "", base)
    after = _answer(before, _rendered(demonstration.prompt, tokenizer, demonstration.answer, base), demonstration, ends)
    # In two parts: at inference the prompt ends a token too, whatever the answer begins with.
    prompt, answer = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (before, after))
    return {"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer}


def _rendered(prompt: Prompt, tokenizer: Any, answer: str, base: str) -> str:
    """The chat as text: up to where the model is to answer, or with the answer."""
    messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
    tools = [
        {
            "type": "function",
            "function": {"name": t.name, "description": t.description, "parameters": json.loads(t.parameters)},
        }
        for t in prompt.tools
    ]
    if answer:
        messages.append({"role": "assistant", "content": answer})
    try:
        return str(
            tokenizer.apply_chat_template(
                messages, tools=tools or None, tokenize=False, add_generation_prompt=not answer
            )
        )
    except Exception as error:  # what a template raises: it is a program of the model's own
        line = " ".join(str(error).split())
        raise TuningFailed(f"{base}: its chat template does not take such a prompt: {line}") from None


def _answer(before: str, whole: str, demonstration: Demonstration, ends: Sequence[str]) -> str:
    """What the model is to write: as the template goes on, up to the first token that ends an answer.

    A template may put more there than the answer (an empty thought), or nothing that ends it.
    """
    said = whole.removeprefix(before) if whole.startswith(before) else demonstration.answer
    start = said.find(demonstration.answer)
    if start < 0:  # the template has its own way with it
        said, start = demonstration.answer, 0
    stop = start + len(demonstration.answer)
    found = [(at, end) for end in ends if (at := said.find(end, stop)) >= 0]
    return said[: min(found)[0]] + min(found)[1] if found else said[:stop] + ends[0]
