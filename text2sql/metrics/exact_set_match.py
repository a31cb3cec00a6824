"""Exact set match (EM): the prediction is built like gold, by the rules of the official evaluator."""

from __future__ import annotations

from dataclasses import dataclass

from text2sql.protocols import Databases, Metric, Schemas
from text2sql.structures import Structures
from text2sql.types import Example, Prediction, Verdict


def exact_set_match(schemas: Schemas, databases: Databases) -> Metric:
    """EM of the test-suite code (taoyds/test-suite-sql-eval): clause by clause, without values and DISTINCT.

    A prediction that the official grammar cannot read is wrong, with the reason ``unparsed``.
    """
    return _ExactSetMatch(Structures(schemas, databases))


@dataclass(frozen=True)
class _ExactSetMatch:
    structures: Structures
    regime: str = "EM by the test-suite code's rules, without values"

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """1 where the queries match, else 0 with the reason."""
        if prediction.elected < 0:
            reason = "no_sql"
        else:
            reason = self._reason(example.question.db_id, example.sql, prediction.sql)
        return Verdict("exact_set_match", float(not reason), reason)

    def _reason(self, db_id: str, gold: str, predicted: str) -> str:
        expected = self.structures.gold(db_id, gold)
        if expected is None:
            return "gold_unparsed"
        found = self.structures.predicted(db_id, predicted)
        if found is None:
            return "unparsed"
        return "" if self.structures.equal(db_id, expected, found) else "different"
