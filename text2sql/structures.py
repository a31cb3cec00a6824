"""Gold and predictions of a data set as the official evaluator reads them, and its component tables of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import get_args

from text2sql import spider_match, spider_sql
from text2sql.errors import ParseError
from text2sql.protocols import Databases, Schemas
from text2sql.schema import read_schema
from text2sql.spider_match import Component
from text2sql.spider_sql import From, Query, Select
from text2sql.types import Hardness

MEASURES = ("accuracy", "recall", "f1")

_NOTHING = Query(Select(()), From(()))


class Structures:
    """Structures of SQL by db_id. As in the official code, names are the database's, foreign keys of tables.json."""

    def __init__(self, schemas: Schemas, databases: Databases) -> None:
        self._columns = cache(lambda db_id: read_schema(db_id, databases[db_id]).columns_by_table)
        self._representatives = cache(lambda db_id: spider_match.foreign_key_representatives(schemas[db_id]))
        self._parsed = lru_cache(maxsize=4096)(self._parse)

    def gold(self, db_id: str, sql: str) -> Query | None:
        """The structure of a gold query, None where the official grammar cannot read it."""
        return self._parsed(db_id, sql)

    def predicted(self, db_id: str, sql: str) -> Query | None:
        """The same of a prediction, in which the official evaluator replaces ``value`` by 1."""
        return self._parsed(db_id, sql.replace("value", "1"))

    def equal(self, db_id: str, gold: Query, predicted: Query) -> bool:
        """Exact set match."""
        return spider_match.exact_set_match(gold, predicted, self._representatives(db_id))

    def components(self, db_id: str, gold: Query, predicted: Query | None) -> dict[str, Component]:
        """The official partial scores; a prediction that cannot be read is a query without any clause."""
        return spider_match.components(gold, predicted or _NOTHING, self._representatives(db_id))

    def _parse(self, db_id: str, sql: str) -> Query | None:
        try:
            return spider_sql.parse(sql, self._columns(db_id))
        except ParseError:
            return None


def component_tables(
    found: Sequence[tuple[str, Mapping[str, Component]]],
) -> dict[str, dict[str, dict[str, float | None]]]:
    """Accuracy, recall and F1 of each component over all examples and by hardness, from (hardness, components) pairs.

    ``[measure][component]["all"]``, fractions of 1: accuracy over the examples whose prediction has the component,
    recall over those whose gold has it. As the official script prints them, 0 over none of these, and F1 is 1 where
    both are 0; but None where no example is of that hardness.
    Source: evaluate and print_scores of evaluation.py in taoyds/test-suite-sql-eval.
    """
    groups = {"all": [components for _, components in found]} | {
        level: [components for own, components in found if own == level] for level in get_args(Hardness)
    }
    tables: dict[str, dict[str, dict[str, float | None]]] = {measure: {} for measure in MEASURES}
    for name in found[0][1] if found else ():
        scores = {group: _scores([components[name] for components in chosen]) for group, chosen in groups.items()}
        for position, measure in enumerate(MEASURES):
            tables[measure][name] = {group: score[position] for group, score in scores.items()}
    return tables


def _scores(found: Sequence[Component]) -> tuple[float | None, float | None, float | None]:
    if not found:
        return None, None, None
    accuracy = _mean([component.right for component in found if component.predicted])
    recall = _mean([component.right for component in found if component.gold])
    return accuracy, recall, 2 * accuracy * recall / (accuracy + recall) if accuracy or recall else 1.0


def _mean(right: Sequence[bool]) -> float:
    return sum(right) / len(right) if right else 0.0
