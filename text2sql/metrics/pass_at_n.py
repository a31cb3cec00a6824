"""pass@n: some candidate is right, whoever was elected; the upper bound of every voter."""

from __future__ import annotations

from text2sql.metrics._official import official_verdict
from text2sql.protocols import Execute, Metric
from text2sql.types import Example, Prediction, Verdict


def pass_at_n(execute: Execute, *, n: int | None = None, keep_distinct: bool = False) -> Metric:
    """Whether any of the first ``n`` candidates (all, if not given) is right by execution accuracy."""

    def score(example: Example, prediction: Prediction) -> Verdict:
        sqls = dict.fromkeys(c.sql for c in prediction.candidates[:n] if not c.problem)
        passed = any(
            not official_verdict(execute, example.question.db_id, example.sql, sql, keep_distinct=keep_distinct)
            for sql in sqls
        )
        return Verdict("pass_at_n", float(passed), "" if passed else "no_candidate_right")

    return score
