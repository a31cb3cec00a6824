"""Strict execution accuracy: EX whose columns must stand in gold's order, and where a write is wrong."""

from __future__ import annotations

from text2sql.metrics._official import compare, order, prepare_pair
from text2sql.metrics._pairwise import Pairwise
from text2sql.protocols import Execute, Metric


def strict_execution_accuracy(execute: Execute) -> Metric:
    """EX without permutation of columns; a refused write is wrong, though gold be empty. Never above EX."""

    def judge(db_id: str, gold: str, predicted: str) -> tuple[float, str]:
        gold, predicted = prepare_pair(gold, predicted)
        return compare(execute, db_id, gold, predicted, f"strict_{order(gold)}")

    regime = "EX by the test-suite code's rules on one database per schema, but columns in gold's order, writes wrong"
    return Pairwise("strict_execution_accuracy", regime, judge)
