"""What the official evaluator does to two statements before it runs them, and verdicts on one pair.

Source: exec_eval.py and parse.py of taoyds/test-suite-sql-eval (2022), quirks included.
"""

from __future__ import annotations

import re

from text2sql.protocols import Execute
from text2sql.sql import scan
from text2sql.types import Result

_AFTER_STATEMENT = re.compile(r"(?:[^\S\r\n]|--[^\r\n]*(?:\r\n?|\n|\Z))*")
_CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)


def official_verdict(execute: Execute, db_id: str, gold: str, predicted: str, *, keep_distinct: bool) -> str:
    """Empty where the prediction is right, else the reason why it is wrong."""
    gold, predicted = prepare_pair(gold, predicted, keep_distinct=keep_distinct)
    return compare(execute, db_id, gold, predicted, order(gold), writes=True)[1]


def compare(
    execute: Execute, db_id: str, gold: str, predicted: str, by: str, *, writes: bool = False
) -> tuple[float, str]:
    """How equal the results of two statements are, by the name of a comparison, and the reason where not wholly.

    ``writes``: a write, which we refuse, counts as a result without rows, which it has in the official evaluator.
    """
    if not predicted.strip():
        return 0.0, "not_a_query"
    expected, found = execute(db_id, gold), execute(db_id, predicted)
    if writes:
        expected, found = (Result() if r.error == "not_a_query" else r for r in (expected, found))
    if expected.error:
        return 0.0, "gold_error"
    if found.error:
        return 0.0, found.error
    equal = execute.compare(db_id, (gold, expected), (predicted, found), by)
    if equal is None:
        return 0.0, "timeout"
    return float(equal), "" if equal == 1 else "wrong_result"


def prepare_pair(gold: str, predicted: str, *, keep_distinct: bool = False) -> tuple[str, str]:
    """The statements that the official evaluator runs: in predictions ``value`` is 1."""
    return prepare(gold, keep_distinct), prepare(predicted.replace("value", "1"), keep_distinct)


def order(gold: str) -> str:
    """Whether the official evaluator compares rows in_order or in any_order: by a look at the text of gold."""
    return "in_order" if "order by" in gold.lower() else "any_order"


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
