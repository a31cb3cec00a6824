"""Official exact set match (EM): two queries are equal where each component of one is that of the other.

Source: Evaluator.eval_exact_match of evaluation.py in taoyds/test-suite-sql-eval, quirks included: values and
DISTINCT do not count, nor do JOIN conditions; sub-queries of conditions are compared whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeAlias

from text2sql.spider_sql import ColumnUnit, Condition, ConditionUnit, Query, ValueUnit
from text2sql.types import Schema

Representatives: TypeAlias = Mapping[str, str]
"""A column in a foreign key -> the column that stands for all that are equal to it, as ``table.column``."""


@dataclass(frozen=True, slots=True)
class Component:
    """How many items of one kind gold and the prediction have, and how many of them in common."""

    gold: int
    predicted: int
    common: int

    @property
    def right(self) -> bool:
        """All items are in common; so are none."""
        return self.gold == self.predicted == self.common


def exact_set_match(gold: Query, predicted: Query, representatives: Representatives) -> bool:
    """Whether the official evaluator calls the two queries equal."""
    if gold == predicted:  # which many are, and comparing takes as long as parsing
        return True
    if not _same_tables(gold, predicted) or _keywords(gold) != _keywords(predicted):  # as _equal finds, but sooner
        return False
    return _equal(_comparable(gold, representatives), _comparable(predicted, representatives))


def components(gold: Query, predicted: Query, representatives: Representatives) -> dict[str, Component]:
    """The official partial scores of two queries, by the official names, in the order of its tables."""
    return _components(_comparable(gold, representatives), _comparable(predicted, representatives))


def foreign_key_representatives(schema: Schema) -> dict[str, str]:
    """Of columns joined by foreign keys, the first in the schema stands for all.

    A key joins the first group that has one of its columns. Two groups that a later key would unite stay two,
    and a column of both belongs to the last.
    """
    columns = [f"{table.name}.{column.name}".lower() for table in schema.tables for column in table.columns]
    position = {column: at for at, column in enumerate(columns)}
    groups: list[set[int]] = []
    for key in schema.foreign_keys:
        ends = {position[f"{key.table}.{key.column}".lower()], position[f"{key.to_table}.{key.to_column}".lower()]}
        group = next((group for group in groups if group & ends), None)
        if group is None:
            groups.append(ends)
        else:
            group |= ends
    return {columns[at]: columns[min(group)] for group in groups for at in sorted(group)}


# --- what does not count is taken away -----------------------------------------------------------------------


def _comparable(query: Query, representatives: Representatives) -> Query:
    """Without values and DISTINCT, and with one name for columns that are equal by a foreign key.

    Only tables of the outermost FROM take part in that, even inside the arms of set operations.
    """
    tables = {table for table in query.from_.tables if isinstance(table, str)}
    known = {column: other for column, other in representatives.items() if column.partition(".")[0] in tables}
    return _renamed(_without_values(query), known)


def _without_values(query: Query) -> Query:
    """Sub-queries of FROM keep their values."""

    def condition(items: Condition) -> Condition:
        return tuple(
            replace(item, value=_hidden(item.value) or "", second=_hidden(item.second))
            if isinstance(item, ConditionUnit)
            else item
            for item in items
        )

    return replace(
        query,
        from_=replace(query.from_, conditions=condition(query.from_.conditions)),
        where=condition(query.where),
        having=condition(query.having),
        intersect=query.intersect and _without_values(query.intersect),
        union=query.union and _without_values(query.union),
        except_=query.except_ and _without_values(query.except_),
    )


def _hidden(value: object) -> Query | None:
    return _without_values(value) if isinstance(value, Query) else None


def _renamed(query: Query, known: Representatives) -> Query:
    """Sub-queries of FROM and of conditions stay as they are."""

    def column(unit: ColumnUnit) -> ColumnUnit:
        return ColumnUnit(known.get(unit.column, unit.column), unit.aggregate)

    def value(unit: ValueUnit) -> ValueUnit:
        return ValueUnit(column(unit.left), unit.operator, unit.right and column(unit.right))

    def condition(items: Condition) -> Condition:
        return tuple(
            replace(item, left=value(item.left)) if isinstance(item, ConditionUnit) else item for item in items
        )

    units = tuple(replace(unit, value=value(unit.value)) for unit in query.select.units)
    return replace(
        query,
        select=replace(query.select, units=units, distinct=False),
        where=condition(query.where),
        group_by=tuple(map(column, query.group_by)),
        having=condition(query.having),
        order_by=query.order_by and replace(query.order_by, units=tuple(map(value, query.order_by.units))),
        intersect=query.intersect and _renamed(query.intersect, known),
        union=query.union and _renamed(query.union, known),
        except_=query.except_ and _renamed(query.except_, known),
    )


# --- what is left is compared --------------------------------------------------------------------------------


def _equal(gold: Query, predicted: Query) -> bool:
    """Whether all components are right and FROM has the same tables."""
    return _same_tables(gold, predicted) and all(c.right for c in _components(gold, predicted).values())


def _same_tables(gold: Query, predicted: Query) -> bool:
    return not gold.from_.tables or Counter(gold.from_.tables) == Counter(predicted.from_.tables)


def _components(gold: Query, predicted: Query) -> dict[str, Component]:
    return {
        "select": _common(gold.select.units, predicted.select.units),
        "select(no AGG)": _common(_select_values(gold), _select_values(predicted)),
        "where": _common(gold.where[::2], predicted.where[::2]),
        "where(no OP)": _common(_where_values(gold), _where_values(predicted)),
        "group(no Having)": _common(_group_names(gold), _group_names(predicted)),
        "group": _whole(bool(gold.group_by), bool(predicted.group_by), _groups(gold) == _groups(predicted)),
        "order": _whole(bool(gold.order_by), bool(predicted.order_by), _order(gold) == _order(predicted)),
        "and/or": _connectors(set(gold.where[1::2]), set(predicted.where[1::2])),
        "IUEN": _set_operations(gold, predicted),
        "keywords": _common(list(_keywords(gold)), list(_keywords(predicted))),
    }


def _select_values(query: Query) -> list[object]:
    return [unit.value for unit in query.select.units]


def _where_values(query: Query) -> list[object]:
    return [unit.left if isinstance(unit, ConditionUnit) else unit for unit in query.where[::2]]


def _group_names(query: Query) -> list[str]:
    return [unit.column.rpartition(".")[2] for unit in query.group_by]


def _groups(query: Query) -> object:
    """Columns with their tables, and HAVING."""
    return [unit.column for unit in query.group_by], query.having


def _order(query: Query) -> object:
    return query.order_by, query.limit


def _common(gold: Sequence[object], predicted: Sequence[object]) -> Component:
    return Component(len(gold), len(predicted), (Counter(gold) & Counter(predicted)).total())


def _whole(gold: bool, predicted: bool, equal: bool) -> Component:
    return Component(gold, predicted, gold and predicted and equal)


def _connectors(gold: Set[object], predicted: Set[object]) -> Component:
    """Equal sets count as one item, even where both are empty; of others the official code confuses the sides."""
    return Component(1, 1, 1) if gold == predicted else Component(len(predicted), len(gold), 0)


def _set_operations(gold: Query, predicted: Query) -> Component:
    pairs = [
        (gold.intersect, predicted.intersect),
        (gold.except_, predicted.except_),
        (gold.union, predicted.union),
    ]
    return Component(
        sum(arm is not None for arm, _ in pairs),
        sum(arm is not None for _, arm in pairs),
        sum(left is not None and right is not None and _equal(left, right) for left, right in pairs),
    )


def _keywords(query: Query) -> set[str]:
    clauses: dict[str, object] = {
        "where": query.where,
        "group": query.group_by,
        "having": query.having,
        "order": query.order_by,
        "limit": query.limit,
        "except": query.except_,
        "union": query.union,
        "intersect": query.intersect,
    }
    found = {word for word, clause in clauses.items() if clause}
    if query.order_by:
        found.add(query.order_by.direction)
    for condition in (query.from_.conditions, query.where, query.having):
        found |= {"or"} & set(condition[1::2])
        units = [unit for unit in condition[::2] if isinstance(unit, ConditionUnit)]
        found |= {"not" for unit in units if unit.negated}
        found |= {"in", "like"} & {unit.operator for unit in units}
    return found
