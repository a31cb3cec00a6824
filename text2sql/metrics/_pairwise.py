"""A metric that looks at two statements alone: gold's, and the elected one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from text2sql.types import Example, Prediction, Verdict

Judge: TypeAlias = Callable[[str, str, str], tuple[float, str]]
"""Of db_id, gold and prediction: the score, and the reason where it is below 1."""


@dataclass(frozen=True)
class Pairwise:
    """The metric of this name. ``regime``: what its figures may be compared with."""

    name: str
    regime: str
    judge: Judge

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """The verdict; 0 where no candidate was elected."""
        if prediction.elected < 0:
            return Verdict(self.name, 0.0, "no_sql")
        return Verdict(self.name, *self.judge(example.question.db_id, example.sql, prediction.sql))
