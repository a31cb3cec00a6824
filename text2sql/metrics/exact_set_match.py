"""Exact set match (EM): the prediction is built like gold, by the rules of the official evaluator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from text2sql import spider_match, spider_sql
from text2sql.errors import ParseError
from text2sql.protocols import Databases, Metric, Schemas
from text2sql.schema import read_schema
from text2sql.types import Example, Prediction, Verdict


def exact_set_match(schemas: Schemas, databases: Databases) -> Metric:
    """EM of the test-suite code (taoyds/test-suite-sql-eval): clause by clause, without values and DISTINCT.

    A prediction that the official grammar cannot read is wrong, with the reason ``unparsed``.
    """
    # The official evaluator has names from the database, and foreign keys from tables.json.
    columns = cache(lambda db_id: read_schema(db_id, databases[db_id]).columns_by_table)
    return _ExactSetMatch(
        # Kept, because several files are judged against the same gold, and often say the same.
        parsed=lru_cache(maxsize=1 << 12)(lambda db_id, sql: spider_sql.parse(sql, columns(db_id))),
        representatives=cache(lambda db_id: spider_match.foreign_key_representatives(schemas[db_id])),
    )


@dataclass(frozen=True)
class _ExactSetMatch:
    parsed: Callable[[str, str], spider_sql.Query]
    representatives: Callable[[str], spider_match.Representatives]
    regime: str = "EM by the test-suite code's rules, without values"

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """1 where the queries match, else 0 with the reason."""
        if prediction.elected < 0:
            reason = "no_sql"
        else:
            reason = self._reason(example.question.db_id, example.sql, prediction.sql)
        return Verdict("exact_set_match", float(not reason), reason)

    def _reason(self, db_id: str, gold: str, predicted: str) -> str:
        try:
            expected = self.parsed(db_id, gold)
        except ParseError:
            return "gold_unparsed"
        try:
            found = self.parsed(db_id, predicted.replace("value", "1"))
        except ParseError:
            return "unparsed"
        return "" if spider_match.exact_set_match(expected, found, self.representatives(db_id)) else "different"
