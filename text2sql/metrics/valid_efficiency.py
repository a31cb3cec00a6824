"""Valid efficiency score (VES): how fast right predictions are, against gold. For those who ask for it: times vary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from text2sql.errors import ConfigError
from text2sql.metrics._official import official_verdict, prepare_pair
from text2sql.protocols import Execute, Metric
from text2sql.types import Example, Prediction, Verdict

_ROUNDS = "rounds "


def valid_efficiency(execute: Execute, *, repeats: int = 5) -> Metric:
    """sqrt(gold time / predicted time) where EX is 1, else 0 (VES of BIRD); above 1 where the prediction is faster.

    Both run in turn in one process, after a round that warms them; times are medians over ``repeats`` rounds, 5 or
    more. The score that each round alone gives is the verdict's reason, and a line below the table says how far apart
    the rounds are. Raises ConfigError for fewer repeats.
    """
    if repeats < 5:
        raise ConfigError(f"metric 'valid_efficiency': repeats = {repeats}; 5 or more are needed to see how times vary")
    return _ValidEfficiency(execute, repeats)


@dataclass(frozen=True)
class _ValidEfficiency:
    execute: Execute
    repeats: int

    @property
    def regime(self) -> str:
        """What the figures may be compared with."""
        return f"VES on one machine: sqrt of gold time / predicted time, medians of {self.repeats} rounds, 0 unless EX"

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """The score of the median times, and as the reason what each round alone gives."""
        return Verdict("valid_efficiency", *self._judge(example.question.db_id, example.sql, prediction))

    def _judge(self, db_id: str, gold: str, prediction: Prediction) -> tuple[float, str]:
        if prediction.elected < 0:
            return 0.0, "no_sql"
        if reason := official_verdict(self.execute, db_id, gold, prediction.sql, keep_distinct=False):
            return 0.0, reason
        statements = prepare_pair(gold, prediction.sql)
        if any(not self.execute(db_id, sql).ok for sql in statements):
            return 0.0, "not_a_query"  # right in official eyes as an empty result, but nothing to time
        times = self.execute.time(db_id, statements, self.repeats)
        if times is None:
            return 0.0, "timeout"
        rounds = [_score(ours, theirs) for ours, theirs in zip(*times, strict=True)]
        return _score(*map(median, times)), _ROUNDS + " ".join(f"{score:.3f}" for score in rounds)

    def note(self, verdicts: Sequence[Verdict]) -> str:
        """How far apart the scores are that each round alone gives.

        The score itself may lie below them: a pause of the machine raises a mean of ratios, and medians leave it out.
        """
        rounds = zip(*(self._rounds(verdict) for verdict in verdicts), strict=True)
        scores = [fmean(scores) for scores in rounds]
        if not scores:
            return ""
        return f"valid efficiency by single rounds, pauses and all: {100 * min(scores):.1f}–{100 * max(scores):.1f}"

    def _rounds(self, verdict: Verdict) -> list[float]:
        if not verdict.reason.startswith(_ROUNDS):
            return [verdict.score] * self.repeats
        return [float(score) for score in verdict.reason.removeprefix(_ROUNDS).split()]


def _score(gold: float, predicted: float) -> float:
    return float((gold / predicted) ** 0.5)
