"""Soft F1: how many cells of gold's result the prediction has, and how many of its own are gold's, in any order."""

from __future__ import annotations

from text2sql.metrics._official import compare, prepare_pair
from text2sql.metrics._pairwise import Pairwise
from text2sql.protocols import Execute, Metric


def soft_f1(execute: Execute) -> Metric:
    """F1 of cells, rows matched one to one so that the number of equal cells is greatest; 1 where both are empty.

    Statements are prepared as for EX, so that it is 1 where EX is, but for refused writes, which are wrong. Order of
    rows and columns does not matter. Beyond a million pairs of unequal rows: a lower bound.
    """

    def judge(db_id: str, gold: str, predicted: str) -> tuple[float, str]:
        gold, predicted = prepare_pair(gold, predicted)
        return compare(execute, db_id, gold, predicted, "soft_f1")

    return Pairwise("soft_f1", "F1 of cells, best matching of rows in any order, statements prepared as for EX", judge)
