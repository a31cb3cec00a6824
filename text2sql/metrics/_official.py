"""What the official evaluator does to two statements before it runs them, and its verdict on one pair.

Source: exec_eval.py and parse.py of taoyds/test-suite-sql-eval (2022), quirks included.
"""

from __future__ import annotations

import re

from text2sql.failures import failure_of_shape
from text2sql.protocols import Execute
from text2sql.sql import scan
from text2sql.types import Result

_AFTER_STATEMENT = re.compile(r"(?:[^\S\r\n]|--[^\r\n]*(?:\r\n?|\n|\Z))*")
_CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)


def official_verdict(execute: Execute, db_id: str, gold: str, predicted: str, *, keep_distinct: bool) -> str:
    """Empty where the prediction is right, else the class of its failure (``failures.FAILURES``)."""
    gold, predicted = prepare(gold, keep_distinct), prepare(predicted.replace("value", "1"), keep_distinct)
    if not predicted.strip():
        return "not_a_query"
    comparison = "in_order" if "order by" in gold.lower() else "any_order"
    expected, found = (run(execute, db_id, sql) for sql in (gold, predicted))
    if expected.error:
        return "gold_error"
    if found.error:
        return found.error
    pair = (gold, expected), (predicted, found)
    equal = execute.compare(db_id, *pair, comparison)
    if equal is None:
        return "timeout"
    if equal:
        return ""
    if not found.columns:
        return "not_a_query"
    reason = failure_of_shape(expected, found)
    if reason == "wrong_rows" and comparison == "in_order" and execute.compare(db_id, *pair, "any_order"):
        return "wrong_order"
    return reason


def run(execute: Execute, db_id: str, sql: str) -> Result:
    """The result as the official evaluator sees it: a write, which we refuse, returns no rows and no columns there."""
    result = execute(db_id, sql)
    return Result() if result.error == "not_a_query" else result


def prepare(sql: str, keep_distinct: bool) -> str:
    """The statement that the official evaluator runs for an SQL.

    >>> prepare("SELECT COUNT(DISTINCT a) FROM t WHERE b > = 2", False)
    'SELECT COUNT( a) FROM t WHERE b >= 2'
    """
    for split, joined in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
        sql = sql.replace(split, joined)
    if not keep_distinct:
        sql = _without_distinct(sql)
    return _CURRENT_YEAR.sub("2020", sql)


def _without_distinct(sql: str) -> str:
    """The first statement, without the word DISTINCT wherever it stands."""
    if ";" not in sql and "distinct" not in sql.lower():
        return sql
    kept, depth, end = [], 0, 0
    for kind, text in scan(sql):
        end += len(text)
        if kind != "word" or text.lower() != "distinct":
            kept.append(text)
        if kind == "other":
            depth += {"(": 1, ")": -1}.get(text, 0)
        if text == ";" and depth <= 0:
            rest = _AFTER_STATEMENT.match(sql, end)  # sqlparse counts blanks and comments to the statement before
            kept.append(rest[0] if rest else "")
            break
    return "".join(kept)
