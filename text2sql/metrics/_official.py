"""What the official evaluator does to two statements before it runs them, and verdicts on one pair.

Source: exec_eval.py and parse.py of taoyds/test-suite-sql-eval (2022), quirks included.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path

from text2sql.errors import ConfigError
from text2sql.failures import failure_of_shape
from text2sql.metrics._plug_value import plugged
from text2sql.protocols import Execute
from text2sql.results import undecided
from text2sql.sql import scan
from text2sql.types import Result

_AFTER_STATEMENT = re.compile(r"(?:[^\S\r\n]|--[^\r\n]*(?:\r\n?|\n|\Z))*")
_CURRENT_YEAR = re.compile(r"YEAR\s*\(\s*CURDATE\s*\(\s*\)\s*\)\s*", re.IGNORECASE)


def official_verdict(
    execute: Execute,
    db_id: str,
    gold: str,
    predicted: str,
    *,
    keep_distinct: bool,
    plug_cap: int = 0,
    suite: Sequence[Path] = (),
) -> str:
    """Empty where the prediction is right, else the class of its failure (``failures.FAILURES``).

    ``plug_cap``: so many candidates of plug_value are tried besides the prediction; where there are more, the
    reason ends in ", plug_cap". ``suite``: databases that a candidate has to pass, all of them, in place of the one
    that ``execute`` has under this ``db_id``.
    """
    gold, predicted = _mended(gold, keep_distinct), _mended(predicted.replace("value", "1"), keep_distinct)
    if not predicted.strip():
        return "not_a_query"
    judged = _Gold(execute, db_id, gold, suite)
    reason = judged.reason(predicted)
    if not plug_cap or reason in ("", "gold_error"):
        return reason
    count, candidates = plugged(gold, predicted)
    for candidate in islice(candidates, plug_cap):
        found = judged.reason(candidate)
        if found in ("", "gold_error"):
            return found
        if found == "timeout":  # another machine may have found it right
            reason = found
    return f"{reason}, plug_cap" if count > plug_cap else reason


class _Gold:
    """Gold on each database, where a candidate has to pass."""

    def __init__(self, execute: Execute, db_id: str, sql: str, suite: Sequence[Path]) -> None:
        self._db_id, self._sql, self._by = db_id, _CURRENT_YEAR.sub("2020", sql), order(sql)
        self._places = [execute.on({db_id: database}) for database in suite] or [execute]

    def reason(self, candidate: str) -> str:
        """Why the candidate fails on the first database where it does; empty where it passes on all."""
        sql = _CURRENT_YEAR.sub("2020", candidate)
        found = (compare(place, self._db_id, self._sql, sql, self._by, writes=True)[1] for place in self._places)
        return next(filter(None, found), "")


def tries(plug_value: bool, plug_cap: int) -> int:
    """How many candidates of plug_value are tried. Raises ConfigError for a cap below 1."""
    if plug_cap < 1:
        raise ConfigError(f"plug_cap is the number of candidates to try, at least 1, not {plug_cap}")
    return plug_cap if plug_value else 0


def flags(keep_distinct: bool, plug_cap: int) -> str:
    """The official flags, as the end of a line that names a regime."""
    kept = ", keep_distinct" if keep_distinct else ""
    return f"{kept}, plug_value, at most {plug_cap} candidates" if plug_cap else f"{kept}, no plug_value"


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
    if gold != predicted and undecided(expected, found):
        return 0.0, "too_big"
    pair = (gold, expected), (predicted, found)
    equal = execute.compare(db_id, *pair, by)
    if equal is None:
        return 0.0, "timeout"
    if equal == 1:
        return 1.0, ""
    if not found.columns:
        return 0.0, "not_a_query"
    reason = failure_of_shape(expected, found)
    if not writes:
        return float(equal), reason
    if reason == "wrong_rows" and by == "in_order" and execute.compare(db_id, *pair, "any_order"):
        return 0.0, "wrong_order"
    return 0.0, reason


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
    return _CURRENT_YEAR.sub("2020", _mended(sql, keep_distinct))


@lru_cache(maxsize=1 << 12)
def _mended(sql: str, keep_distinct: bool) -> str:
    for split, joined in (("> =", ">="), ("< =", "<="), ("! =", "!=")):
        sql = sql.replace(split, joined)
    return sql if keep_distinct else _without_distinct(sql)


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
