"""The embedded parser's weights, fitted on the train split on this machine's processors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from text2sql.protocols import Tuner
from text2sql.types import Job, TuningData


def embedded(folder: Path, seed: int) -> Tuner:
    """Fit the weights of the model ``embedded``: minutes on two cores, no network, the same for the same seed.

    It learns from the prompts as they are: from examples in them how far to trust examples, and without any nothing.
    """
    return _Embedded(folder, seed)


@dataclass(frozen=True)
class _Embedded:
    folder: Path
    seed: int
    free: bool = True

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        """Fit, and write the weights."""
        from text2sql.embedded.fitting import fit
        from text2sql.embedded.weights import save

        save(fit(data.train, seed=self.seed, progress=tell), self.folder / "weights")
        return Job("embedded", "succeeded", {"use": "embedded", "weights": "weights"}, done=1.0)

    def poll(self, job: Job) -> Job:
        """The job itself: it ends before it returns."""
        return job

    def cancel(self, job: Job) -> Job:
        """The job itself: there is nothing left to end."""
        return job
