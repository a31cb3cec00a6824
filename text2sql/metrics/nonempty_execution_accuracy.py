"""Non-empty execution accuracy: EX where gold returns something, which no query gets right by returning nothing."""

from __future__ import annotations

from dataclasses import dataclass

from text2sql.metrics._official import official_verdict, prepare
from text2sql.protocols import Execute, Metric
from text2sql.results import all_null
from text2sql.types import Example, Prediction, Verdict


def nonempty_execution_accuracy(execute: Execute) -> Metric:
    """EX over the examples whose gold returns a row that is not all NULL; the others have the reason ``empty_gold``."""
    return _NonemptyExecutionAccuracy(execute)


@dataclass(frozen=True)
class _NonemptyExecutionAccuracy:
    execute: Execute
    regime: str = "EX by the test-suite code's rules on one database per schema, where gold returns more than NULL"

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """1 where the results are equal, else 0 with the reason."""
        db_id, gold = example.question.db_id, example.sql
        expected = self.execute(db_id, prepare(gold, keep_distinct=False))
        if expected.ok and all_null(expected):
            reason = "empty_gold"
        elif prediction.elected < 0:
            reason = "no_sql"
        else:
            reason = official_verdict(self.execute, db_id, gold, prediction.sql, keep_distinct=False)
        return Verdict("nonempty_execution_accuracy", float(not reason), reason)

    def counts(self, verdict: Verdict) -> bool:
        """Gold returns something."""
        return verdict.reason != "empty_gold"
