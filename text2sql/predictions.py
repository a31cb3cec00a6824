"""Files of predictions: one SQL per line as the official evaluator reads them, or JSONL with candidates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.errors import PredictionsError
from text2sql.types import Question

_SQL_FIELDS = ("candidates", "sql", "predicted", "prediction")
_WANTED = "an object with 'candidates' or 'sql'"


@dataclass(frozen=True, slots=True)
class Answer:
    """The SQLs given for one question, best first; none where all are blank. ``line`` counts from 1."""

    line: int
    sqls: tuple[str, ...]
    db_id: str = ""


def read_predictions(file: Path) -> list[Answer]:
    """The answers of a file, one per question in the order of the split.

    Text: a line is an SQL, cut at its first TAB, as the official evaluator does. JSONL: an object per line
    with ``candidates`` (a list) or ``sql``, optionally ``db_id`` and ``index`` (the position, from 0).
    Raises PredictionsError.
    """
    lines = read_lines(file)
    if file.suffix.lower() in (".jsonl", ".ndjson", ".json"):
        return _in_order(file, [_answer(file, number, line) for number, line in enumerate(lines, 1)])
    sqls = [line.strip().split("\t")[0].strip() for line in lines]
    return [Answer(number, (sql,) if sql else ()) for number, sql in enumerate(sqls, 1)]


def read_lines(file: Path) -> list[str]:
    """The lines of a UTF-8 file, which newlines alone end; a blank last one is none. Raises PredictionsError."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise PredictionsError(f"{file}: no such file") from None
    except OSError as error:
        raise PredictionsError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise PredictionsError(f"{file}: not UTF-8 text at byte {error.start}") from None
    lines = text.split("\n")
    if not lines[-1].strip():
        lines.pop()
    return lines


def _answer(file: Path, number: int, line: str) -> tuple[int, Answer]:
    if not line.strip():
        return number - 1, Answer(number, ())
    try:
        record: dict[str, Any] = json.loads(line)
        field = next(name for name in _SQL_FIELDS if name in record)
        given = record[field] if isinstance(record[field], list) else [record[field]]
        # A blank among others keeps its place: systems of a pool are told apart by position.
        sqls = tuple((item["sql"] if isinstance(item, dict) else item) or "" for item in given)
        index = record.get("index", number - 1)
        if not all(isinstance(sql, str) for sql in sqls) or type(index) is not int or index < 0:
            raise TypeError
        return index, Answer(number, sqls if any(map(str.strip, sqls)) else (), str(record.get("db_id", "")))
    except json.JSONDecodeError as error:
        raise PredictionsError(f"{file}, line {number}: not JSON, {_WANTED} is expected: {error.msg}") from None
    except (StopIteration, TypeError, KeyError):
        raise PredictionsError(f"{file}, line {number}: {_WANTED} is expected; 'index' counts from 0") from None


def _in_order(file: Path, answers: Sequence[tuple[int, Answer]]) -> list[Answer]:
    placed: dict[int, Answer] = {}
    for index, answer in answers:
        if index in placed:
            first = placed[index].line
            raise PredictionsError(f"{file}, line {answer.line}: index {index} again, first in line {first}")
        placed[index] = answer
    return [placed.get(index, Answer(0, ())) for index in range(max(placed, default=-1) + 1)]


def align(
    file: Path,
    questions: Sequence[Question],
    *,
    allow_missing: bool = False,
    remedy: str = "--allow-missing scores it as wrong",
) -> list[Answer]:
    """One answer per question. Raises PredictionsError where counts, lines or databases do not fit.

    ``allow_missing``: blank and missing lines count as answers without SQL, and so as wrong. ``remedy``:
    what the error says about one that is missing.
    """
    answers = read_predictions(file)
    split = questions[0].id.rpartition("-")[0]
    counts = f"{len(answers)} predictions for the {len(questions)} questions of {split}"
    if len(answers) > len(questions):
        raise PredictionsError(f"{file}: {counts}")
    if len(answers) < len(questions) and not allow_missing:
        raise PredictionsError(f"{file}: {counts}, {questions[len(answers)].id} has none; {remedy}")
    answers += [Answer(0, ())] * (len(questions) - len(answers))
    for position, (answer, question) in enumerate(zip(answers, questions, strict=True)):
        if not answer.sqls and not allow_missing:
            where = f"line {answer.line}: blank" if answer.line else f"no line with index {position}"
            raise PredictionsError(f"{file}, {where}: {question.id} has no prediction; {remedy}")
        if answer.db_id and answer.db_id != question.db_id:
            raise PredictionsError(
                f"{file}, line {answer.line}: is about {answer.db_id!r}, but {question.id} about {question.db_id!r}"
            )
    return answers
