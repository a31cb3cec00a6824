"""Valid SQL: the prediction runs, whatever it returns."""

from __future__ import annotations

from text2sql.protocols import Execute, Metric
from text2sql.types import Example, Prediction, Verdict


def valid_sql(execute: Execute) -> Metric:
    """Whether the elected SQL runs to its end within the limits."""

    def score(example: Example, prediction: Prediction) -> Verdict:
        if prediction.elected < 0:
            return Verdict("valid_sql", 0.0, "no_sql")
        result = prediction.result or execute(example.question.db_id, prediction.sql)
        return Verdict("valid_sql", float(result.ok), result.error)

    return score
