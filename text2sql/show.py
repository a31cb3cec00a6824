"""One question of a run, readable in a terminal: from prompt over candidates and their results to the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from text2sql.dataset import Dataset
from text2sql.errors import RunError
from text2sql.executor import Execute, Executor
from text2sql.results import ballot
from text2sql.sandbox import OFFICIAL
from text2sql.sql import is_ordered
from text2sql.store import Run, from_record
from text2sql.types import Candidate, Cell, Example, Prediction, Prompt, Result

_WIDTH, _ROWS = 40, 8


def show(run: Run, dataset: Dataset, id: str) -> str:
    """The text of ``text2sql show``. Raises RunError for a question that the run does not have."""
    examples = {example.question.id: example for example in dataset.examples}
    if id not in examples:
        first, last = dataset.examples[0].question.id, dataset.examples[-1].question.id
        raise RunError(f"{dataset.name} {dataset.split} has no question {id!r}; they are {first} to {last}")
    if id not in run.records:
        raise RunError(f"{run.folder}: {id} has not been asked yet")
    example = examples[id]
    pool = {one.question.id: one for one in dataset.pool} if run.records[id]["examples"] else {}
    prediction = from_record(run.records[id], example.question, dataset.schemas[example.question.db_id], pool)
    with Executor(workers=1) as executor:
        gold = Execute(executor, dataset.databases, OFFICIAL)(example.question.db_id, example.sql)
    return "\n".join(_lines(run, example, prediction, gold))


def _lines(run: Run, example: Example, prediction: Prediction, gold: Result) -> Iterator[str]:
    question = prediction.question
    yield f"{question.id} · {question.db_id} · {run.name} ({run.folder.name})"
    yield f"\nQuestion: {question.text}" + (f"\nHint: {question.evidence}" if question.evidence else "")
    if prediction.examples:
        yield f"\nExamples ({len(prediction.examples)}):"
        yield from (f"  {one.question.id}  {one.question.text}\n    {one.sql}" for one in prediction.examples)
    prompts: list[Prompt] = []
    for candidate in prediction.candidates:
        if candidate.prompt is not None and candidate.prompt not in prompts:
            prompts.append(candidate.prompt)
    for number, prompt in enumerate(prompts):
        yield f"\nPrompt{f' {number}' if len(prompts) > 1 else ''}:"
        yield from (_indented(f"[{message.role}] {message.content}") for message in prompt.messages)
    if prediction.unanswered:
        yield f"\nUnanswered: {prediction.unanswered}"
    votes = _votes(prediction.candidates)
    for index, candidate in enumerate(prediction.candidates):
        mark = " ← elected" if index == prediction.elected else ""
        count = f", {votes[index]} of {len(prediction.candidates)} agree" if votes.get(index, 0) > 1 else ""
        yield f"\nCandidate {index}{count}{mark}:"
        yield from _candidate(candidate)
    yield f"\nGold:\n{_indented(example.sql)}"
    yield _indented(result_text(gold))
    yield "\nVerdict: " + "; ".join(
        f"{metric} {verdict.score:g}{f' ({verdict.reason})' if verdict.reason else ''}"
        for metric, verdict in run.verdicts.get(question.id, {}).items()
    )


def _candidate(candidate: Candidate) -> Iterator[str]:
    said = [completion.text for completion in candidate.completions if completion.text != candidate.sql]
    yield from (_indented(f"said: {text}") for text in said)
    yield _indented(candidate.sql or f"no SQL: {candidate.problem}")
    if candidate.result is not None:
        yield _indented(result_text(candidate.result))
    if candidate.revises is not None:
        yield "  revised from:"
        yield from map(_indented, _candidate(candidate.revises))


def _votes(candidates: Sequence[Candidate]) -> Mapping[int, int]:
    """How many candidates share a candidate's result, by position."""
    ballots = {
        i: ballot(c.result, ordered=is_ordered(c.sql)) for i, c in enumerate(candidates) if c.result and c.result.ok
    }
    return {i: list(ballots.values()).count(own) for i, own in ballots.items()}


def result_text(result: Result) -> str:
    """A result's first rows as a table, or its error."""
    if not result.ok:
        return f"→ {result.error}: {result.message}"
    count = f"{result.row_count}{'+' if result.truncated else ''} row{'s' if result.row_count != 1 else ''}"
    if not result.rows:
        return f"→ {count}"
    cells = [list(map(_text, result.columns)), *([_text(cell) for cell in row] for row in result.rows[:_ROWS])]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    rest = ["..."] if result.row_count > _ROWS else []
    return "\n".join([f"→ {count}", *lines, *rest])


def _text(cell: Cell) -> str:
    text = "NULL" if cell is None else cell.hex() if isinstance(cell, bytes) else str(cell)
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
