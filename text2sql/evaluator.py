"""Predictions and gold -> verdicts and scores. Never calls a model; the only stage that sees gold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from text2sql import spider_sql
from text2sql.artifacts import cache_folder, digest, file_digest, write_atomically
from text2sql.dataset import Dataset
from text2sql.errors import ParseError
from text2sql.protocols import Examples, Metric
from text2sql.schema import read_schema
from text2sql.types import Example, Hardness, Prediction, Verdict

LEVELS: tuple[Hardness, ...] = ("easy", "medium", "hard", "extra")


@runtime_checkable
class _Totalled(Protocol):
    def total(self, verdicts: Sequence[Verdict]) -> float: ...


@runtime_checkable
class _Checking(Protocol):
    def check(self, examples: Examples) -> None: ...


@runtime_checkable
class _Counting(Protocol):
    def counts(self, verdict: Verdict) -> bool: ...


@runtime_checkable
class _Executing(Protocol):
    def statements(self, example: Example, prediction: Prediction) -> tuple[str, ...]: ...


@runtime_checkable
class _Noting(Protocol):
    def note(self, verdicts: Sequence[Verdict]) -> str: ...


@dataclass(frozen=True, slots=True)
class Judge:
    """The metrics of a configuration by label; a label is the metric's name, with options that were set."""

    metrics: Mapping[str, Metric]

    def __call__(self, example: Example, prediction: Prediction) -> dict[str, Verdict]:
        """One verdict per metric."""
        verdicts = {label: metric(example, prediction) for label, metric in self.metrics.items()}
        return {label: v if v.metric == label else replace(v, metric=label) for label, v in verdicts.items()}

    def check(self, examples: Examples) -> None:
        """Raises a metric's UsageError where something that it needs for these examples is missing."""
        for metric in self.metrics.values():
            if isinstance(metric, _Checking):
                metric.check(examples)

    def statements(self, example: Example, prediction: Prediction) -> set[str]:
        """What the metrics will execute on the question's database, of those that say so; without blanks."""
        told = (m.statements(example, prediction) for m in self.metrics.values() if isinstance(m, _Executing))
        return {sql for sqls in told for sql in sqls if sql.strip()}

    def regime(self) -> str:
        """What the first metric's figures may be compared with."""
        return next((str(getattr(metric, "regime", label)) for label, metric in self.metrics.items()), "")

    def regimes(self) -> dict[str, str]:
        """What each metric that says it may be compared with, by label."""
        return {label: str(metric.regime) for label, metric in self.metrics.items() if hasattr(metric, "regime")}

    def counts(self, label: str, verdict: Verdict) -> bool:
        """Whether a question has part in a metric's total, by its verdict."""
        metric = self.metrics.get(label)
        return metric.counts(verdict) if isinstance(metric, _Counting) else True

    def note(self, label: str, verdicts: Sequence[Verdict]) -> str:
        """What a metric has to say of its verdicts besides the total; mostly nothing."""
        metric = self.metrics.get(label)
        return metric.note(verdicts) if isinstance(metric, _Noting) else ""

    def total(self, label: str, verdicts: Sequence[Verdict]) -> float | None:
        """The score over many questions: the metric's own total, by default the mean; None over nothing."""
        verdicts = [verdict for verdict in verdicts if self.counts(label, verdict)]
        if not verdicts:
            return None
        metric = self.metrics.get(label)
        if isinstance(metric, _Totalled):
            return metric.total(verdicts)
        return sum(verdict.score for verdict in verdicts) / len(verdicts)


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts on the same questions by every metric, and the hardness of each question."""

    judge: Judge
    levels: Mapping[str, str]
    verdicts: Mapping[str, Mapping[str, Verdict]]

    def scores(self, metric: str) -> dict[str, float | None]:
        """A metric's score over all questions and by hardness, as fractions of 1."""
        verdicts = self.verdicts[metric]
        groups = {"all": list(verdicts.values())} | {
            level: [verdict for id, verdict in verdicts.items() if self.levels[id] == level] for level in LEVELS
        }
        return {name: self.judge.total(metric, group) for name, group in groups.items()}

    def notes(self) -> list[str]:
        """What the metrics have to say besides their scores."""
        noted = (self.judge.note(metric, list(verdicts.values())) for metric, verdicts in self.verdicts.items())
        return [note for note in noted if note]

    def failures(self, metric: str) -> dict[str, int]:
        """How many verdicts are below 1 for each reason, the most frequent first."""
        reasons = Counter(verdict.reason for verdict in self.verdicts[metric].values() if verdict.score < 1)
        return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


def hardness(dataset: Dataset) -> dict[str, str]:
    """Hardness of every gold query by question id; ``unparsed`` where the official grammar cannot read it.

    Kept in the cache folder, so that a finished run is shown without parsing anything.
    """
    return _kept(dataset, dataset.examples, dataset.checksum)


def pool_hardness(dataset: Dataset) -> dict[str, str]:
    """The same of the train examples."""
    return _kept(dataset, dataset.pool, digest("pool", *map(file_digest, dataset.train)))


def _kept(dataset: Dataset, examples: Sequence[Example], what: str) -> dict[str, str]:
    key = digest(file_digest(Path(spider_sql.__file__)), what)
    kept = cache_folder() / "hardness" / f"{key}.json"
    if kept.is_file():
        try:
            found: dict[str, str] = json.loads(kept.read_bytes())
            if found.keys() == {example.question.id for example in examples}:
                return found
        except ValueError:
            pass  # damaged: made anew
    found = dict(_hardness(dataset, examples))
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, json.dumps(found))
    return found


def _hardness(dataset: Dataset, examples: Iterable[Example]) -> Iterable[tuple[str, str]]:
    columns: dict[str, Mapping[str, Sequence[str]]] = {}
    for example in examples:
        db_id = example.question.db_id
        if db_id not in columns:
            # The official parser knows the database's own names, not those of tables.json.
            path = dataset.databases.get(db_id)
            columns[db_id] = (read_schema(db_id, path) if path else dataset.schemas[db_id]).columns_by_table
        try:
            yield example.question.id, spider_sql.hardness(spider_sql.parse(example.sql, columns[db_id]))
        except ParseError:
            yield example.question.id, "unparsed"
