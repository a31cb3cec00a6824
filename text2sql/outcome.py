"""What a run came to: its verdicts over the questions that were asked for, ready to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from text2sql.dataset import Dataset
from text2sql.evaluator import Judge, Judged
from text2sql.experiment import Published
from text2sql.store import Run
from text2sql.types import Verdict


@dataclass(frozen=True, slots=True)
class Scored:
    """One configuration at one seed: its run, and what is needed to show it.

    ``ids``: the questions asked for, in data set order; ``levels``: the hardness of every question.
    """

    name: str
    seed: int
    run: Run
    dataset: Dataset
    judge: Judge
    ids: Sequence[str]
    levels: Mapping[str, str]
    published: tuple[Published, ...] = ()

    @property
    def judged(self) -> Judged:
        """Every verdict on the questions asked for; an unanswered one counts as wrong."""
        return Judged(
            self.judge,
            self.levels,
            {
                metric: {
                    id: self.run.verdicts.get(id, {}).get(metric, Verdict(metric, 0.0, "unanswered")) for id in self.ids
                }
                for metric in self.judge.metrics
            },
        )

    def scores(self, metric: str) -> dict[str, float | None]:
        """A metric's score over all questions and by hardness, as fractions of 1."""
        return self.judged.scores(metric)

    @property
    def unanswered(self) -> list[str]:
        """The questions that a provider's failure left without an answer."""
        return [id for id in self.ids if "unanswered" in self.run.records[id]]


class Runs(Mapping[str, Scored]):
    """The runs of an experiment by configuration name; with several seeds, "NAME (seed 1)"."""

    def __init__(self, runs: Sequence[Scored]) -> None:
        names = [run.name for run in runs]
        self._runs = {run.name if names.count(run.name) == 1 else f"{run.name} (seed {run.seed})": run for run in runs}

    def __getitem__(self, name: str) -> Scored:
        return self._runs[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)
