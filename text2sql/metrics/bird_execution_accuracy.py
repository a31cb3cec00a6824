"""BIRD's execution accuracy: the set of rows is gold's, whatever their order and number of copies."""

from __future__ import annotations

from text2sql.metrics._official import compare
from text2sql.metrics._pairwise import Pairwise
from text2sql.protocols import Execute, Metric


def bird_execution_accuracy(execute: Execute) -> Metric:
    """set(gold rows) == set(predicted rows), columns in order, statements as given (evaluation.py of BIRD mini_dev).

    A refused write is wrong, though gold be empty.
    """

    def judge(db_id: str, gold: str, predicted: str) -> tuple[float, str]:
        return compare(execute, db_id, gold, predicted, "as_sets")

    return Pairwise("bird_execution_accuracy", "EX by BIRD's rules: sets of rows, columns in order", judge)
