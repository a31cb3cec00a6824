"""Files of gold/predicted pairs over any databases of a data set, in place of a split and its predictions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from text2sql.dataset import Dataset
from text2sql.errors import PredictionsError, nearest
from text2sql.predictions import Answer, read_lines
from text2sql.types import Example, Question

_FIELDS = ("db_id", "gold", "predicted")


@dataclass(frozen=True)
class Pairs(Dataset):
    """The pairs of a file as examples, over a data set's schemas and databases; ``answers``: the predictions."""

    pairs: tuple[tuple[Example, Answer], ...] = ()

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Every pair's gold; the question has no text, its id is the file's name and the position."""
        return tuple(example for example, _ in self.pairs if example.question.id not in self.left_out)

    @property
    def answers(self) -> list[Answer]:
        """Every pair's prediction."""
        return [answer for example, answer in self.pairs if example.question.id not in self.left_out]

    def locate(self, id: str) -> str:
        """Where a pair stands, for an error message."""
        return f"{self.files[0]}, line {int(id.rpartition('-')[2]) + 1}"


def read_pairs(file: Path, dataset: Dataset, *, allow_missing: bool = False) -> Pairs:
    """The pairs of a JSONL file: an object per line with texts ``db_id``, ``gold`` and ``predicted``.

    Further fields are ignored. ``allow_missing``: a blank prediction counts as an answer without SQL, and so as
    wrong. Raises PredictionsError with the line where one is no such object, or names no database of the data set.
    """
    pairs = tuple(_pairs(file, dataset, allow_missing))
    if not pairs:
        raise PredictionsError(f"{file}: no pairs")
    return Pairs(dataset.name, dataset.folder, dataset.split, (file,), (), dataset.tables, pairs=pairs)


def _pairs(file: Path, dataset: Dataset, allow_missing: bool) -> Iterator[tuple[Example, Answer]]:
    for number, line in enumerate(read_lines(file), 1):
        where = f"{file}, line {number}"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise PredictionsError(f"{where}: not JSON: {error.msg if line.strip() else 'blank'}") from None
        fields = record if isinstance(record, dict) else {}
        if absent := [name for name in _FIELDS if not isinstance(fields.get(name), str)]:
            raise PredictionsError(
                f"{where}: no text in {', '.join(absent)}; an object with {', '.join(_FIELDS)} is expected"
            )
        db_id, gold, predicted = (fields[name] for name in _FIELDS)
        if db_id not in dataset.databases:
            raise PredictionsError(f"{where}: no database {db_id!r}{nearest(db_id, dataset.databases)}")
        if not gold.strip():
            raise PredictionsError(f"{where}: the gold is blank")
        if not predicted.strip() and not allow_missing:
            raise PredictionsError(f"{where}: the prediction is blank; --allow-missing scores it as wrong")
        question = Question(f"{file.stem}-{number - 1:04d}", db_id, "")
        yield Example(question, gold), Answer(number, (predicted,) if predicted.strip() else (), db_id)
