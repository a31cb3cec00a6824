"""Tie-robust execution accuracy: EX that does not ask for those of the tied rows that gold's LIMIT happened to keep."""

from __future__ import annotations

from text2sql.metrics._official import compare, order, prepare_pair
from text2sql.metrics._pairwise import Pairwise
from text2sql.protocols import Execute, Metric
from text2sql.ties import ranking


def tie_robust_execution_accuracy(execute: Execute) -> Metric:
    """EX, and right is also what gold's ORDER BY ... LIMIT could return with its ties broken otherwise. Never below EX.

    Rows before the last sort key must be there, in their order but for ties, the rest may be any that tie with the
    last one; columns may be permuted, the same for all rows.
    """

    def judge(db_id: str, gold: str, predicted: str) -> tuple[float, str]:
        gold, predicted = prepare_pair(gold, predicted)
        score, reason = compare(execute, db_id, gold, predicted, order(gold), writes=True)
        ranked = ranking(gold) if reason in ("wrong_rows", "wrong_order") else None
        if ranked is None:
            return score, reason
        expected, found = execute(db_id, gold), execute(db_id, predicted)
        if (expected.row_count, len(expected.columns)) != (found.row_count, len(found.columns)):
            return score, reason
        rows = execute(db_id, ranked.rows)
        if rows.error:  # its keys are written so that they cannot be told
            return score, reason
        equal = execute.compare(db_id, (ranked.rows, rows), (predicted, found), "but_for_ties")
        return (1.0, "") if equal else (0.0, "timeout" if equal is None else reason)

    regime = "EX by the test-suite code's rules on one database per schema, any rows where gold's LIMIT cuts a tie"
    return Pairwise("tie_robust_execution_accuracy", regime, judge)
