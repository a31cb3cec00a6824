"""Chat JSONL for fine-tuning: what is written, what is wrong with a file, how many tokens it has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from text2sql.chat_data import Problem, example_tokens, line, problems, tokens, write
from text2sql.types import Demonstration, Example, Message, Prompt, Question, Schema, Tool

QUESTION = Question("train-0001", "pets", "How many?", "gold evidence")
EXAMPLE = Example(QUESTION, "SELECT gold")
MESSAGES = (Message("system", "Answer in SQL."), Message("user", "Wie viele für Zoë?\u2028Now."))
PLAIN = Demonstration(EXAMPLE, Prompt(MESSAGES, QUESTION, Schema("pets", ()), (EXAMPLE,), "i", (), (";",)), "SELECT 1")
SQL = Tool("answer", "Hand it over.", '{"type": "object"}')
FINE = {"messages": [{"role": "user", "content": "How many?"}, {"role": "assistant", "content": "SELECT 1"}]}


def test_a_line_holds_the_prompt_and_the_answer_alone() -> None:
    said = [
        {"role": "system", "content": "Answer in SQL."},
        {"role": "user", "content": MESSAGES[1].content},
        {"role": "assistant", "content": "SELECT 1"},
    ]
    assert json.loads(line(PLAIN)) == {"messages": said}
    assert line(PLAIN).isascii() and len(line(PLAIN).splitlines()) == 1
    with_tool = Demonstration(EXAMPLE, Prompt(MESSAGES, QUESTION, Schema("pets", ()), tools=(SQL,)), "SELECT 1")
    function = {"name": "answer", "description": "Hand it over.", "parameters": {"type": "object"}}
    assert json.loads(line(with_tool)) == {"messages": said, "tools": [{"type": "function", "function": function}]}


def test_a_file_has_the_same_bytes_each_time_and_no_problem(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [PLAIN] * 12)
    write(tmp_path / "b.jsonl", [PLAIN] * 12)
    assert (
        (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes() == f"{line(PLAIN)}\n".encode() * 12
    )
    assert problems(tmp_path / "a.jsonl") == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl"]


def message(**changes: Any) -> dict[str, Any]:
    """An example whose question is changed."""
    return {"messages": [{"role": "user", "content": "How many?", **changes}, FINE["messages"][1]]}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"\xff", ["it is not UTF-8; write it so"]),
        (b"\xef\xbb\xbf{}", ["it begins with a byte order mark; save the file as UTF-8 without one"]),
        ("{", ["it is no JSON; it is to be one object, without line breaks"]),
        (" ", ["it is empty; remove it"]),
        ([1], ['it is no object; it is to read {"messages": [...]}']),
        ({}, ['it has no "messages"; they are a list with the answer as its last one']),
        ({"messages": []}, ['it has no "messages"; they are a list with the answer as its last one']),
        ({**FINE, "id": 7}, ["unknown key 'id'; remove it"]),
        ({"messages": ["?", *FINE["messages"]]}, ["message 1: it is no object with role and content"]),
        (message(sql="SELECT 1"), ["message 1: unknown key 'sql'; remove it"]),
        (
            message(role="human"),
            ["message 1: unknown role 'human'; it is one of system, developer, user, assistant, tool"],
        ),
        (message(content=" "), ["message 1: its content is no text, or an empty one"]),
        (message(content=None), ["message 1: its content is no text, or an empty one"]),
        (message(content=[{"type": "text"}]), ["message 1: its content is no text, or an empty one"]),
        (message(weight=1), ["message 1: it has a weight, which only the assistant's messages may have"]),
        (
            {"messages": [FINE["messages"][0], {**FINE["messages"][1], "weight": 0.5}]},
            ["message 2: weight 0.5; it is 0 or 1"],
        ),
        (
            {"messages": [FINE["messages"][0], {**FINE["messages"][1], "weight": 0}]},
            ["every answer has weight 0; nothing would be learned, give the last one weight 1"],
        ),
        (
            {"messages": FINE["messages"][:1]},
            ["no message is the assistant's; add the answer that is to be learned"],
        ),
        (
            {"messages": FINE["messages"][::-1]},
            ["the last message is not the assistant's; end with the answer that is to be learned"],
        ),
        (
            message(content="x " * 300),
            ["about 312 tokens, and 300 are allowed; the answer would be cut off, leave the example out"],
        ),
        ({"messages": [{}]}, [
            "message 1: unknown role None; it is one of system, developer, user, assistant, tool",
            "message 1: its content is no text, or an empty one",
            "no message is the assistant's; add the answer that is to be learned",
        ]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_line(tmp_path: Path, text: object, wrong: list[str]) -> None:
    data = text if isinstance(text, bytes) else (text if isinstance(text, str) else json.dumps(text)).encode()
    good = json.dumps(FINE).encode()
    (tmp_path / "x.jsonl").write_bytes(b"\n".join([good, data, good, b""]))
    assert problems(tmp_path / "x.jsonl", at_least=3, longest=300) == [Problem(2, message) for message in wrong]


def test_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps(FINE), encoding="utf-8")
    size = file.stat().st_size
    assert list(map(str, problems(file, largest=10))) == [
        f"{size} bytes, and 10 are allowed; fewer or shorter examples",
        "1 examples, and at least 10 are needed",
    ]
    file.write_text(f"{json.dumps(FINE)}\n[]\n", encoding="utf-8")
    assert list(map(str, problems(file, at_least=1))) == ['line 2: it is no object; it is to read {"messages": [...]}']
    file.write_bytes(b"")
    assert list(map(str, problems(file))) == ["0 examples, and at least 10 are needed"]


# Counted by o200k_base.
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("How many singers do we have?", 7),
        ("SELECT count(*) FROM singer", 6),
        ("CREATE TABLE stadium (\n  Stadium_ID int PRIMARY KEY,\n  Location text,\n  Capacity int\n)", 27),
        ("1234567", 3),
    ],
)
def test_tokens_are_about_right(text: str, count: int) -> None:
    assert abs(tokens(text) - count) <= max(1, 0.2 * count)


def test_an_example_has_the_tokens_of_its_messages_and_their_frames() -> None:
    contents = [message.content for message in MESSAGES] + ["SELECT 1"]
    assert example_tokens(PLAIN) == sum(map(tokens, contents)) + 3 * 4
