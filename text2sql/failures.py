"""Why a prediction is wrong: the failure classes of execution accuracy and of all that judges by it."""

from __future__ import annotations

from text2sql.sandbox import ERRORS
from text2sql.types import Result

FAILURES = {
    "no_sql": "the prediction has no SQL",
    **ERRORS,
    "empty": "returns no rows, and gold does",
    "wrong_column_count": "returns more or fewer columns than gold",
    "wrong_order": "returns the rows of gold in another order, and gold's order counts",
    "wrong_rows": "returns other rows than gold",
    "gold_error": "gold itself does not run",
}
"""Classes of wrong predictions: statements that fail (``sandbox.ERRORS``), then results unlike gold's."""


def failure_of_shape(gold: Result, predicted: Result) -> str:
    """The class of a result that differs from gold's, as far as their shapes say; else ``wrong_rows``."""
    if not predicted.row_count:
        return "empty"
    return "wrong_column_count" if len(gold.columns) != len(predicted.columns) else "wrong_rows"
