"""The official evaluator's grammar: SQL text becomes a ``Query``, and a ``Query`` has a hardness.

The evaluator's side alone uses it, for hardness and exact set match. Strings parse here exactly where
process_sql.py of taoyds/test-suite-sql-eval reads them: odd rules below are that script's, kept on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias, TypeVar, get_args

from text2sql.errors import ParseError
from text2sql.types import Hardness

Aggregate: TypeAlias = Literal["none", "max", "min", "count", "sum", "avg"]
Arithmetic: TypeAlias = Literal["none", "-", "+", "*", "/"]
Comparison: TypeAlias = Literal["not", "between", "=", ">", "<", ">=", "<=", "!=", "in", "like", "is", "exists"]
Connector: TypeAlias = Literal["and", "or"]
Direction: TypeAlias = Literal["asc", "desc"]
_Word = TypeVar("_Word", bound=str)


@dataclass(frozen=True, slots=True)
class ColumnUnit:
    """A column, as lower-case ``table.column`` or ``*``, perhaps inside an aggregate."""

    column: str
    aggregate: Aggregate = "none"
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class ValueUnit:
    """One column unit, or two joined by arithmetic (``a none b`` parses too: two units, no operator)."""

    left: ColumnUnit
    operator: Arithmetic = "none"
    right: ColumnUnit | None = None


Value: TypeAlias = "Query | ColumnUnit | float | str"


@dataclass(frozen=True, slots=True)
class ConditionUnit:
    """``left [NOT] operator value``; a ``str`` value is a quoted text without its quotes.

    ``second`` is the upper bound of BETWEEN and ``None`` for every other operator.
    """

    left: ValueUnit
    operator: Comparison
    value: Value
    second: Value | None = None
    negated: bool = False


# Flat, because the official metrics take every other item: where a connector is missing in the SQL,
# which parses, units and connectors change places for them.
Condition: TypeAlias = tuple[ConditionUnit | Connector, ...]


@dataclass(frozen=True, slots=True)
class SelectUnit:
    """One item of a select list: an aggregate around a value unit."""

    value: ValueUnit
    aggregate: Aggregate = "none"


@dataclass(frozen=True, slots=True)
class Select:
    """A select list."""

    units: tuple[SelectUnit, ...]
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class From:
    """Table units, a lower-case table name or a sub-query each, and all their ON conditions in one."""

    tables: tuple[str | Query, ...]
    conditions: Condition = ()


@dataclass(frozen=True, slots=True)
class OrderBy:
    """What to order by; the last ASC or DESC of the list stands for all of it."""

    units: tuple[ValueUnit, ...]
    direction: Direction = "asc"


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT and, in one of the last three fields, what a set operation joins to it.

    ``limit``: there is a LIMIT; its number is not kept, as in the official structure.
    """

    select: Select
    from_: From
    where: Condition = ()
    group_by: tuple[ColumnUnit, ...] = ()
    having: Condition = ()
    order_by: OrderBy | None = None
    limit: bool = False
    intersect: Query | None = None
    union: Query | None = None
    except_: Query | None = None


def parse(sql: str, columns_by_table: Mapping[str, Sequence[str]]) -> Query:
    """The structure of ``sql`` over a database's tables, named as SQLite names them.

    Raises ``ParseError`` where the official parser raises anything, and for queries nested deeper than
    ``DEEPEST``. What follows a complete query is ignored. Source: get_sql of process_sql.py.
    """
    try:
        tokens = _tokens(sql)
        return _Parser(tokens, _names(tokens, columns_by_table)).query()
    except RecursionError:  # the caller's stack is deep
        raise ParseError("the SQL is too large to parse") from None


def hardness(query: Query) -> Hardness:
    """How hard the query is by the number of its parts. Source: Evaluator.eval_hardness of evaluation.py."""
    clauses, nested, plurals = _clauses(query), _nested(query), _plurals(query)
    if clauses <= 1 and not plurals and not nested:
        return "easy"
    if not nested and ((clauses <= 1 and plurals <= 2) or (clauses <= 2 and plurals < 2)):
        return "medium"
    flat = not nested and ((clauses <= 2 and plurals > 2) or (clauses == 3 and plurals <= 2))
    return "hard" if flat or (nested == 1 and clauses <= 1 and not plurals) else "extra"


def _clauses(query: Query) -> int:
    """Component 1: clauses, joins, ORs and LIKEs."""
    conditions = (query.from_.conditions, query.where, query.having)
    units = [item for condition in conditions for item in condition[::2]]
    connectors = [item for condition in conditions for item in condition[1::2]]
    return (
        sum(map(bool, (query.where, query.group_by, query.order_by, query.limit)))
        + max(len(query.from_.tables) - 1, 0)
        + connectors.count("or")
        + sum(isinstance(unit, ConditionUnit) and unit.operator == "like" for unit in units)
    )


def _nested(query: Query) -> int:
    """Component 2: queries in conditions and arms of set operations, but no sub-query of FROM.

    The official code fails where a connector stands in a unit's place; here it counts nothing.
    """
    conditions = (query.from_.conditions, query.where, query.having)
    units = [unit for part in conditions for unit in part[::2] if isinstance(unit, ConditionUnit)]
    values = [value for unit in units for value in (unit.value, unit.second)]
    return sum(isinstance(part, Query) for part in (*values, query.intersect, query.union, query.except_))


def _plurals(query: Query) -> int:
    """The "others": in how many of four places there is more than one thing.

    A NOT in a condition counts as an aggregate, and so does every connector in HAVING (in WHERE too
    where it stands in a unit's place). Aggregates inside a select item's value unit do not count.
    """
    ordered = query.order_by.units if query.order_by else ()
    columns = (*query.group_by, *(side for unit in ordered for side in (unit.left, unit.right)))
    items = (*query.where[::2], *query.having)
    aggregates = (
        sum(unit.aggregate != "none" for unit in query.select.units)
        + sum(column is not None and column.aggregate != "none" for column in columns)
        + sum(isinstance(item, str) or item.negated for item in items)
    )
    counts = (aggregates, len(query.select.units), len(query.where), len(query.group_by))
    return sum(count > 1 for count in counts)


DEEPEST: Final = 64
"""Queries inside one another that still parse. The official code ends where the interpreter's recursion limit
is, near 250 sub-queries; a fixed bound is the same for every caller and leaves room to walk a ``Query``."""

_AGGREGATES: Final[Mapping[str, Aggregate]] = {word: word for word in get_args(Aggregate)}
_ARITHMETIC: Final[Mapping[str, Arithmetic]] = {word: word for word in get_args(Arithmetic)}
_COMPARISONS: Final[Mapping[str, Comparison]] = {word: word for word in get_args(Comparison)}
_CONNECTORS: Final[Mapping[str, Connector]] = {word: word for word in get_args(Connector)}
_DIRECTIONS: Final[Mapping[str, Direction]] = {word: word for word in get_args(Direction)}
_SET_OPERATORS: Final = ("intersect", "union", "except")  # in the order of Query's fields
_CLAUSES: Final = frozenset({"select", "from", "where", "group", "order", "limit", *_SET_OPERATORS})
_JOINING: Final = frozenset({"join", "on", "as"})
_LIST_ENDS: Final = _CLAUSES | {")", ";"}
_CONDITION_ENDS: Final = _LIST_ENDS | _JOINING  # without HAVING: after WHERE alone it does not parse
_VALUE_ENDS: Final = _CLAUSES | _JOINING | {",", ")", "and"}


# The rules of NLTK's word tokenizer, in its order, that can apply to text without quotes.
_WORD_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[«“‘„]|`+", r" \g<0> "),
        ("``", " `` "),
        (r"([^.])(\.)([\])}>»”’ ]*+)\s*$", r"\1 \2 \3 "),
        (r"([:,])(\D)", r" \1 \2"),
        (r"[:,]$", r" \g<0> "),
        (r"\.{2,}", r" \g<0> "),
        (r"[;@#$%&]", r" \g<0> "),
        (r"[\u2012-\u2015]", r" \g<0> "),
        (r"([^.])(\.)([\])}>]*)\s*$", r"\1 \2\3 "),
        (r"[?!*\]\[(){}<>]", r" \g<0> "),
        (r"--", " -- "),
        (r"[»”’]", r" \g<0> "),
        (r"(?i)\b(can)(not)\b", r" \1 \2 "),
        (r"(?i)\b(gim|lem)(me)\b", r" \1 \2 "),
        (r"(?i)\b(gon)(na)\b", r" \1 \2 "),
        (r"(?i)\b(got)(ta)\b", r" \1 \2 "),
        (r"(?i)\b(wan)(na)(?=\s|$)", r" \1 \2 "),
    )
)


def _words(text: str) -> list[str]:
    """What NLTK's word tokenizer makes of text without quotes; importing NLTK for it takes longer than all parsing."""
    for pattern, replacement in _WORD_RULES:
        text = pattern.sub(replacement, text)
    return text.split()


@lru_cache(maxsize=1 << 13)
def _tokens(sql: str) -> tuple[str, ...]:
    """Lower-case words, quoted texts as they are but in double quotes, ``!=`` ``>=`` ``<=`` in one piece."""
    text = sql.replace("'", '"')
    if text.count('"') % 2:
        raise ParseError("a quote is not closed")
    texts: dict[str, str] = {}

    def mask(quoted: re.Match[str]) -> str:
        # The official mask, letter by letter: how its neighbours are split depends on it.
        key = f"__val_{quoted.start()}_{quoted.end() - 1}__"
        texts[key] = quoted.group()
        return key

    tokens: list[str] = []
    for word in _words(re.sub('"[^"]*"', mask, text)):
        token = word.lower()
        if token == "=" and tokens and tokens[-1] in ("!", ">", "<"):
            tokens[-1] += token
        else:
            tokens.append(texts.get(token, token))
    return tuple(tokens)


@dataclass(frozen=True, slots=True)
class _Names:
    """What words can mean: ``tables`` leads from an alias or a table to a table, ``ids`` are all there is."""

    tables: Mapping[str, str]
    ids: frozenset[str]

    def table(self, word: str) -> str:
        """The table that an alias or a name stands for."""
        return self._existing(self._named(word))

    def column(self, word: str, tables: Sequence[str]) -> str:
        """The id of a column, of the first of ``tables`` that has it where nothing qualifies it."""
        if "." in word:
            qualifier, _, name = word.partition(".")
            if "." in name:
                raise ParseError(f"{_shown(word)} has more than one dot")
            return self._existing(f"{self._named(qualifier)}.{name}")
        for table in tables:
            column = f"{self._named(table)}.{word}"
            if column in self.ids:
                return column
        raise ParseError(f"no table in FROM has a column {_shown(word)}")

    def _named(self, word: str) -> str:
        if word not in self.tables:
            raise ParseError(f"{_shown(word)} is neither a table nor an alias")
        return self.tables[word]

    def _existing(self, name: str) -> str:
        if name not in self.ids:
            raise ParseError(f"{_shown(name)} is not in the database")
        return name


def _names(tokens: Sequence[str], columns_by_table: Mapping[str, Sequence[str]]) -> _Names:
    """Any ``x AS y`` makes an alias, wherever it stands, and for the whole text; of two the last one wins."""
    tables = {table.lower() for table in columns_by_table}
    columns = (f"{table.lower()}.{name.lower()}" for table, names in columns_by_table.items() for name in names)
    if tokens and tokens[-1] == "as":
        raise ParseError("AS without an alias")
    aliases = {tokens[at + 1]: tokens[at - 1] for at, token in enumerate(tokens) if token == "as"}
    if tables & aliases.keys():
        raise ParseError(f"{min(tables & aliases.keys())!r} is both a table and an alias")
    return _Names(aliases | {table: table for table in tables}, frozenset(("*", *tables, *columns)))


def _shown(token: str) -> str:
    return repr(token[:60])


class _Parser:
    """Recursive descent over tokens, in the official order of decisions.

    ``tables`` in the methods below are those that unqualified columns of the current SELECT belong to.
    """

    def __init__(self, tokens: Sequence[str], names: _Names) -> None:
        self._tokens = [*tokens, ""]  # the empty token, which no rule takes, marks the end
        self._names = names
        self._at = 0
        self._depth = 0

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _take(self) -> str:
        token = self._tokens[self._at]
        if not token:
            raise ParseError("the SQL, or a value in it, ends too early")
        self._at += 1
        return token

    def _accept(self, word: str) -> bool:
        found = self._tokens[self._at] == word
        self._at += found
        return found

    def _accept_one(self, words: Mapping[str, _Word]) -> _Word | None:
        found = words.get(self._tokens[self._at])
        self._at += found is not None
        return found

    def _expect(self, word: str) -> None:
        token = self._take()
        if token != word:
            raise ParseError(f"{_shown(token)} stands where {word!r} should")

    def query(self) -> Query:
        """SELECT is read after FROM, the next one anywhere to its right, whose tables it needs."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise ParseError(f"more than {DEEPEST} queries inside one another")
        bracket = self._accept("(")
        start = self._at
        from_, tables = self._from()
        end, self._at = self._at, start
        select = self._select(tables)
        self._at = end
        where = self._condition(tables) if self._accept("where") else ()
        group_by = tuple(self._column_unit(tables) for _ in self._by()) if self._accept("group") else ()
        having = self._condition(tables) if self._accept("having") else ()
        order_by = self._order_by(tables) if self._accept("order") else None
        limit = self._accept("limit") and bool(self._take())
        self._skip_semicolons()
        if bracket:
            self._expect(")")
            self._skip_semicolons()
        arms = {self._take(): self.query()} if self._peek() in _SET_OPERATORS else {}
        self._depth -= 1
        return Query(select, from_, where, group_by, having, order_by, limit, *map(arms.get, _SET_OPERATORS))

    def _skip_semicolons(self) -> None:
        while self._accept(";"):
            pass

    def _from(self) -> tuple[From, list[str]]:
        """Between tables JOIN may be missing, and a comma must not stand."""
        try:
            self._at = self._tokens.index("from", self._at) + 1
        except ValueError:
            raise ParseError("there is no FROM") from None
        units: list[str | Query] = []
        tables: list[str] = []
        conditions: list[ConditionUnit | Connector] = []
        while self._peek():
            bracket = self._accept("(")
            if self._peek() == "select":
                units.append(self.query())
            else:
                self._accept("join")
                table = self._names.table(self._take())
                units.append(table)
                if table not in tables:
                    tables.append(table)
                if self._accept("as"):
                    self._take()
            if self._accept("on"):
                if conditions:
                    conditions.append("and")
                conditions.extend(self._condition(tables))
            if bracket:
                self._expect(")")
            if self._peek() in _LIST_ENDS:
                break
        return From(tuple(units), tuple(conditions)), tables

    def _select(self, tables: Sequence[str]) -> Select:
        self._expect("select")
        distinct = self._accept("distinct")
        units: list[SelectUnit] = []
        while self._peek() and self._peek() not in _CLAUSES:
            aggregate = self._accept_one(_AGGREGATES) or "none"
            units.append(SelectUnit(self._value_unit(tables), aggregate))
            self._accept(",")
        return Select(tuple(units), distinct)

    def _by(self) -> Iterator[None]:
        """One step for each item of a list after GROUP or ORDER."""
        self._expect("by")
        while self._peek() and self._peek() not in _LIST_ENDS:
            yield
            if not self._accept(","):
                break

    def _order_by(self, tables: Sequence[str]) -> OrderBy:
        units: list[ValueUnit] = []
        direction: Direction = "asc"
        for _ in self._by():
            units.append(self._value_unit(tables))
            direction = self._accept_one(_DIRECTIONS) or direction
        return OrderBy(tuple(units), direction)

    def _condition(self, tables: Sequence[str]) -> Condition:
        items: list[ConditionUnit | Connector] = []
        while self._peek():
            items.append(self._condition_unit(tables))
            if self._peek() in _CONDITION_ENDS:
                break
            if connector := self._accept_one(_CONNECTORS):
                items.append(connector)
        return tuple(items)

    def _condition_unit(self, tables: Sequence[str]) -> ConditionUnit:
        left = self._value_unit(tables)
        negated = self._accept("not")
        operator = self._accept_one(_COMPARISONS)
        if operator is None:
            raise ParseError(f"{_shown(self._take())} is no comparison")
        value = self._value(tables)
        if operator != "between":
            return ConditionUnit(left, operator, value, None, negated)
        self._expect("and")
        return ConditionUnit(left, operator, value, self._value(tables), negated)

    def _value(self, tables: Sequence[str]) -> Value:
        start = self._at
        bracket = self._accept("(")
        value: Value
        if self._peek() == "select":
            value = self.query()
        elif '"' in self._peek():
            value = self._take()[1:-1]
        else:
            try:
                value = float(self._peek())
                self._at += 1
            except ValueError:
                value = self._compared_column(start, tables)
        if bracket:
            self._expect(")")
        return value

    def _compared_column(self, start: int, tables: Sequence[str]) -> ColumnUnit:
        """A column out of the tokens up to the next end of a value; what else there is of them is dropped.

        So ``a = b or c = 1`` loses its second half, and no bracket around a column or of an aggregate closes.
        """
        while self._peek() and self._peek() not in _VALUE_ENDS:
            self._at += 1
        return _Parser(self._tokens[start : self._at], self._names)._column_unit(tables)

    def _value_unit(self, tables: Sequence[str]) -> ValueUnit:
        bracket = self._accept("(")
        left = self._column_unit(tables)
        operator = self._accept_one(_ARITHMETIC)
        right = self._column_unit(tables) if operator else None
        if bracket:
            self._expect(")")
        return ValueUnit(left, operator or "none", right)

    def _column_unit(self, tables: Sequence[str]) -> ColumnUnit:
        """An aggregate's own bracket is the only one that closes here, even after another has opened."""
        bracket = self._accept("(")
        aggregate = self._accept_one(_AGGREGATES)
        if aggregate:
            self._expect("(")
        distinct = self._accept("distinct")
        word = self._take()
        column = word if word == "*" else self._names.column(word, tables)
        if bracket or aggregate:
            self._expect(")")
        return ColumnUnit(column, aggregate or "none", distinct)
