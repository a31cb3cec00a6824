"""Execution accuracy (EX): the prediction returns what gold returns, by the rules of the official evaluator."""

from __future__ import annotations

from dataclasses import dataclass

from text2sql.metrics._official import flags, official_verdict, prepare_pair, tries
from text2sql.protocols import Execute, Metric
from text2sql.types import Example, Prediction, Verdict


def execution_accuracy(
    execute: Execute, *, keep_distinct: bool = False, plug_value: bool = False, plug_cap: int = 50
) -> Metric:
    """EX of the test-suite code (taoyds/test-suite-sql-eval) on the one original database per schema.

    ``keep_distinct``: do not drop DISTINCT from both queries first, as the official flag of this name.
    ``plug_value``: a prediction is also right if it is so with gold's values in place of its own, in any combination,
    as under the official flag of this name; at most ``plug_cap`` combinations are tried. Figures with it are higher
    than those without and not to be compared with them. Raises ConfigError for a cap below 1.
    The reason of a wrong prediction is a class of ``failures.FAILURES``.
    """
    return _ExecutionAccuracy(execute, keep_distinct, tries(plug_value, plug_cap))


@dataclass(frozen=True)
class _ExecutionAccuracy:
    execute: Execute
    keep_distinct: bool
    plug_cap: int

    @property
    def regime(self) -> str:
        """What the figures may be compared with."""
        return f"EX by the test-suite code's rules on one database per schema{flags(self.keep_distinct, self.plug_cap)}"

    def statements(self, example: Example, prediction: Prediction) -> tuple[str, ...]:
        """What a verdict takes to be executed, so that many can be at once."""
        return prepare_pair(example.sql, prediction.sql, keep_distinct=self.keep_distinct)

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """1 where the results are equal, else 0 with the reason."""
        if prediction.elected < 0:
            return Verdict("execution_accuracy", 0.0, "no_sql")
        reason = official_verdict(
            self.execute,
            example.question.db_id,
            example.sql,
            prediction.sql,
            keep_distinct=self.keep_distinct,
            plug_cap=self.plug_cap,
        )
        return Verdict("execution_accuracy", float(not reason), reason)
