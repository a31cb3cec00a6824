"""The embedded parser's weights, fitted on the train split on this machine's processors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from text2sql.protocols import Schemas, Tuner
from text2sql.types import Job, TuningData


def embedded(schemas: Schemas, folder: Path, seed: int) -> Tuner:
    """Fit the weights of the model ``embedded``: minutes on two cores, no network, the same for the same seed."""
    return _Embedded(schemas, folder, seed)


@dataclass(frozen=True)
class _Embedded:
    schemas: Schemas
    folder: Path
    seed: int
    free: bool = True

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        """Fit, and write the weights."""
        from text2sql.embedded.fitting import fit
        from text2sql.embedded.weights import save

        examples = [demonstration.example for demonstration in data.train]
        known = {db_id: self.schemas[db_id] for db_id in dict.fromkeys(e.question.db_id for e in examples)}
        save(fit(examples, known, seed=self.seed, progress=tell), self.folder / "weights")
        return Job("embedded", "succeeded", {"use": "embedded", "weights": "weights"}, done=1.0)

    def poll(self, job: Job) -> Job:
        """The job itself: it ends before it returns."""
        return job

    def cancel(self, job: Job) -> Job:
        """The job itself: there is nothing left to end."""
        return job
