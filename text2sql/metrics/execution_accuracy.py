"""Execution accuracy (EX): the prediction returns what gold returns, by the rules of the official evaluator."""

from __future__ import annotations

from dataclasses import dataclass

from text2sql.metrics._official import official_verdict
from text2sql.protocols import Execute, Metric
from text2sql.types import Example, Prediction, Verdict


def execution_accuracy(execute: Execute, *, keep_distinct: bool = False) -> Metric:
    """EX of the test-suite code (taoyds/test-suite-sql-eval) on the one original database per schema.

    ``keep_distinct``: do not drop DISTINCT from both queries first, as the official flag of this name.
    The reason of a wrong prediction is a class of ``failures.FAILURES``.
    """
    return _ExecutionAccuracy(execute, keep_distinct)


@dataclass(frozen=True)
class _ExecutionAccuracy:
    execute: Execute
    keep_distinct: bool

    @property
    def regime(self) -> str:
        """What the figures may be compared with."""
        flag = ", keep_distinct" if self.keep_distinct else ""
        return f"EX by the test-suite code's rules on one database per schema{flag}, no plug_value"

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """1 where the results are equal, else 0 with the reason."""
        if prediction.elected < 0:
            return Verdict("execution_accuracy", 0.0, "no_sql")
        reason = official_verdict(
            self.execute, example.question.db_id, example.sql, prediction.sql, keep_distinct=self.keep_distinct
        )
        return Verdict("execution_accuracy", float(not reason), reason)
