"""A schema compiled for the parser: columns by number, words of labels, the graph of joins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from text2sql.types import Column, Schema
from text2sql.vocabulary import stem, words_of


@dataclass(frozen=True, slots=True)
class Edge:
    """A foreign key between two tables: column numbers of ``table`` and of ``other``."""

    table: int
    column: int
    other: int
    other_column: int

    def turned(self) -> Edge:
        """The same key seen from its other side."""
        return Edge(self.other, self.other_column, self.table, self.column)


@dataclass(frozen=True, eq=False)
class Catalog:
    """Columns of all tables in one row of numbers; ``owner`` gives each its table. Equal only to itself."""

    schema: Schema
    columns: tuple[Column, ...]
    owner: tuple[int, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def numbers(self) -> Mapping[tuple[str, str], int]:
        """Column numbers by table and column name in lower case."""
        names = [table.name.lower() for table in self.schema.tables]
        return {
            (names[table], column.name.lower()): number
            for number, (table, column) in reversed(list(enumerate(zip(self.owner, self.columns, strict=True))))
        }

    @cached_property
    def tables(self) -> Mapping[str, int]:
        """Table numbers by name in lower case."""
        return {table.name.lower(): number for number, table in enumerate(self.schema.tables)}

    @cached_property
    def stems(self) -> tuple[tuple[str, ...], ...]:
        """The stems of each column's label."""
        return tuple(tuple(map(stem, words_of(column.label or column.name))) for column in self.columns)

    @cached_property
    def primary(self) -> tuple[bool, ...]:
        """Whether each column is (part of) its table's primary key."""
        keys = [{name.lower() for name in table.primary_key} for table in self.schema.tables]
        return tuple(column.name.lower() in keys[table] for table, column in zip(self.owner, self.columns, strict=True))

    @cached_property
    def foreign(self) -> tuple[bool, ...]:
        """Whether each column refers to another table."""
        referring = {edge.column for edge in self.edges}
        return tuple(number in referring for number in range(len(self.columns)))

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """For each column the one that stands for all columns equal to it by foreign keys."""
        root = list(range(len(self.columns)))
        for edge in self.edges:
            low, high = sorted((root[edge.column], root[edge.other_column]))
            root = [low if number == high else number for number in root]
        return tuple(root)

    @cached_property
    def neighbours(self) -> tuple[tuple[Edge, ...], ...]:
        """The edges that leave each table, in the order of the schema."""
        both = [*self.edges, *(edge.turned() for edge in self.edges)]
        return tuple(
            tuple(edge for edge in both if edge.table == table and edge.other != table)
            for table in range(len(self.schema.tables))
        )

    def join(self, tables: Iterable[int]) -> tuple[Edge, ...] | None:
        """Edges that join the tables, each from a table already reached; None where they cannot be joined."""
        return _join(self, tuple(sorted(set(tables))))

    def detour(self, tables: frozenset[int], table: int) -> int | None:
        """How many more joins it takes to reach another table; None where no join leads there."""
        return _detour(self, tables, table)


@lru_cache(maxsize=1 << 14)
def _join(catalog: Catalog, tables: tuple[int, ...]) -> tuple[Edge, ...] | None:
    if not tables:
        return ()
    reached, chosen = [tables[0]], []
    missing = set(tables[1:])
    while missing:
        path = _path(catalog, reached, missing)
        if not path:
            return None
        chosen += path
        reached += [edge.other for edge in path]
        missing -= set(reached)
    return tuple(chosen)


@lru_cache(maxsize=1 << 16)
def _detour(catalog: Catalog, tables: frozenset[int], table: int) -> int | None:
    before, after = catalog.join(tables), catalog.join({*tables, table})
    return None if before is None or after is None else len(after) - len(before)


def _path(catalog: Catalog, reached: list[int], goals: set[int]) -> list[Edge]:
    """The shortest path from the reached tables to one of the goals."""
    came: dict[int, Edge | None] = dict.fromkeys(reached)
    queue = deque(reached)
    while queue:
        table = queue.popleft()
        for edge in catalog.neighbours[table]:
            if edge.other not in came:
                came[edge.other] = edge
                if edge.other in goals:
                    path = [edge]
                    while (before := came[path[0].table]) is not None:
                        path.insert(0, before)
                    return path
                queue.append(edge.other)
    return []


@lru_cache(maxsize=256)
def compiled(schema: Schema) -> Catalog:
    """The catalog of a schema."""
    columns = [(number, column) for number, table in enumerate(schema.tables) for column in table.columns]
    owner = tuple(number for number, _ in columns)
    bare = Catalog(schema, tuple(column for _, column in columns), owner, ())
    edges = []
    for key in schema.foreign_keys:
        here = bare.numbers.get((key.table.lower(), key.column.lower()))
        there = bare.numbers.get((key.to_table.lower(), key.to_column.lower()))
        if here is not None and there is not None:
            edges.append(Edge(owner[here], here, owner[there], there))
    # Without foreign keys, all that hints at a join is another table's primary key of the same name.
    return Catalog(schema, bare.columns, owner, tuple(edges or _same_names(bare)))


def _same_names(catalog: Catalog) -> list[Edge]:
    names = [column.name.lower() for column in catalog.columns]
    return [
        Edge(catalog.owner[here], here, catalog.owner[there], there)
        for here, name in enumerate(names)
        for there, other in enumerate(names)
        if name == other and catalog.primary[there] and not catalog.primary[here] and name not in ("id", "name")
    ]
