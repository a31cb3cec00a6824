"""The verdicts on one file of predictions: scores, failures, component tables, and a file with a line per example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from text2sql.artifacts import write_atomically
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError, UsageError
from text2sql.evaluator import Judged
from text2sql.structures import Structures, component_tables
from text2sql.types import Example, Verdict

_FIELDS = {
    "execution": "execution_accuracy",
    "execution_keep_distinct": "execution_accuracy(keep_distinct=true)",
    "exact_set_match": "exact_set_match",
}
OFFICIAL_METRICS = tuple(_FIELDS.values())
"""The metrics that a file of verdicts always has."""


@dataclass(frozen=True)
class Evaluation:
    """The verdicts on one file of predictions, or of pairs.

    ``sqls``: what was judged, by question id; empty where the file has no SQL for it. ``left_out``: how many questions
    are, by kind of reason as ``data check`` names them; ``gold_errors``: how many are in, but their gold does not run.
    """

    file: Path
    dataset: Dataset
    sqls: Mapping[str, str]
    judged: Judged
    left_out: Mapping[str, int] = field(default_factory=dict)
    gold_errors: int = 0

    @cached_property
    def _structures(self) -> Structures:
        return Structures(self.dataset.schemas, self.dataset.databases)

    @property
    def verdicts(self) -> Mapping[str, Mapping[str, Verdict]]:
        """Every verdict, by metric and question id."""
        return self.judged.verdicts

    def scores(self, metric: str) -> dict[str, float | None]:
        """A metric's score over all examples and by hardness, as fractions of 1."""
        return self.judged.scores(metric)

    def failures(self, metric: str) -> dict[str, int]:
        """How many predictions are wrong for each reason, the most frequent first."""
        return self.judged.failures(metric)

    def components(self) -> dict[str, dict[str, dict[str, float | None]]]:
        """The component tables of exact set match: ``[measure][component][hardness]``, see ``component_tables``.

        Examples whose gold the official grammar cannot read are left out: there the official script ends.
        """
        found = []
        for example in self.dataset.examples:
            id, db_id = example.question.id, example.question.db_id
            if gold := self._structures.gold(db_id, example.sql):
                predicted = self._structures.predicted(db_id, self.sqls[id])
                found.append((self.judged.levels[id], self._structures.components(db_id, gold, predicted)))
        return component_tables(found)

    def records(self) -> Iterator[dict[str, object]]:
        """A record per example, in the order of the file; what ``write_verdicts`` writes.

        Raises ConfigError where one of the ``OFFICIAL_METRICS`` was not judged.
        """
        if absent := [metric for metric in OFFICIAL_METRICS if metric not in self.verdicts]:
            raise ConfigError(f"{self.file}: a file of verdicts needs the metrics {', '.join(absent)}")
        for example in self.dataset.examples:
            index = int(example.question.id.rpartition("-")[2])  # ids keep counting where examples are left out
            yield {"file": str(self.file), "index": index, **self._record(example)}

    def _record(self, example: Example) -> dict[str, object]:
        id, db_id = example.question.id, example.question.db_id
        verdicts = {metric: of[id] for metric, of in self.verdicts.items()}
        official: dict[str, int | None] = {name: int(verdicts[metric].score) for name, metric in _FIELDS.items()}
        unread = self.judged.levels[id] == "unparsed"
        if unread:  # the official script has no verdict: it ends
            official["exact_set_match"] = None
        return {
            "id": id,
            "db_id": db_id,
            "hardness": None if unread else self.judged.levels[id],
            **official,
            "parsed": self._structures.predicted(db_id, self.sqls[id]) is not None,
            "failure": verdicts["execution_accuracy"].reason,
            **{metric: verdict.score for metric, verdict in verdicts.items() if metric not in OFFICIAL_METRICS},
        }


def write_verdicts(file: str | Path, evaluations: Sequence[Evaluation]) -> None:
    """Write a JSON line per example, one file of predictions after the other, told apart by ``file``.

    ``index`` is the place among the file's examples, from 0, also where some are left out.
    ``hardness``, ``execution``, ``execution_keep_distinct`` and ``exact_set_match`` (1 or 0)
    are the official verdicts, ``parsed`` says whether the official grammar reads the prediction; ``hardness`` and
    ``exact_set_match`` are null where it does not read gold. ``failure``: a class of ``failures.FAILURES``, empty where
    ``execution`` is 1. Every further metric's score is a field of its own, under the metric's label.
    The file appears whole or not at all. Raises ConfigError, OSError.
    """
    lines = [json.dumps(record, ensure_ascii=False) for evaluation in evaluations for record in evaluation.records()]
    write_atomically(Path(file), "".join(f"{line}\n" for line in lines))


def check_target(file: Path, inputs: Sequence[Path]) -> None:
    """Raises UsageError where a file of verdicts could not be written, or would replace what is judged."""
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file}: {'a folder' if file.is_dir() else 'no such folder'}; a file is expected")
    if file.resolve() in {path.resolve() for path in inputs}:
        raise UsageError(f"{file}: the verdicts would replace the file that is judged")
