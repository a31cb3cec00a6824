"""A question seen through a catalog: how well its words fit each column and table, as arrays of features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from text2sql.embedded.catalog import Catalog
from text2sql.linking import Link, Linking, link, mask
from text2sql.types import Question
from text2sql.vocabulary import STOP_WORDS

Floats = npt.NDArray[np.float32]

# Words just before a mention that say what is done with it.
_CUES = (
    {"by"}, {"each", "every", "per", "any"}, {"of", "for"}, {"whose", "with", "having", "where", "when", "in", "from"},
    {"average", "mean", "total", "sum", "overall", "combined"}, {"maximum", "minimum", "max", "min"},
    {"highest", "lowest", "largest", "smallest", "most", "least", "greatest", "fewest", "longest", "shortest",
     "oldest", "youngest", "latest", "earliest", "top", "best"},
    {"number", "many", "count", "different", "distinct", "unique"}, {"and", ","}, {"what", "which", "show", "list",
     "give", "find", "return"},
)  # fmt: skip
# Words just after a mention.
_AFTER = (
    {"more", "greater", "higher", "larger", "less", "lower", "smaller", "fewer", "over", "above", "under", "below",
     "at", "than", "exceeds", "between", "before", "after", "older", "younger"},
    {"is", "are", "was", "equal", "equals", "called", "named", "=", ":", "of"},
    {"order", "ordered", "sorted", "descending", "ascending", "alphabetical", "in"},
)  # fmt: skip
COLUMN_FEATURES = 34 + len(_CUES) + len(_AFTER)
TABLE_FEATURES = 10
_STRENGTH = {"exact": 1.0, "stem": 0.9, "part": 0.6, "synonym": 0.3}


@dataclass(frozen=True)
class QuestionView:
    """A question's linking and feature rows: ``columns`` (columns, features), ``tables`` (tables, features)."""

    catalog: Catalog
    linking: Linking
    columns: Floats
    tables: Floats
    mentions: tuple[Link | None, ...]

    @cached_property
    def whole(self) -> list[float]:
        """For each column whether it is mentioned whole: in its own words or their inflections."""
        whole: list[float] = np.maximum(self.columns[:, 1], self.columns[:, 2]).tolist()
        return whole

    @cached_property
    def masked(self) -> str:
        """The masked question."""
        return mask(self.linking)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words in lower case."""
        return tuple(token.text.lower() for token in self.linking.tokens)

    @cached_property
    def values(self) -> tuple[Link, ...]:
        """What may be values: quoted text, names, numbers, dates, sample values."""
        return tuple(found for found in self.linking.links if found.value)


def wording(question: Question) -> str:
    """What is asked, with the hint that comes with it."""
    return " ".join(part for part in (question.text, question.evidence) if part)


def view(text: str, catalog: Catalog) -> QuestionView:
    """Look at a question through a catalog."""
    linking = link(text, catalog.schema)
    numbers = catalog.numbers
    by_column: list[list[Link]] = [[] for _ in catalog.columns]
    by_table: list[list[Link]] = [[] for _ in catalog.schema.tables]
    sampled: list[list[Link]] = [[] for _ in catalog.columns]
    for found in linking.links:
        if found.kind == "value":
            sampled[numbers[found.table.lower(), found.column.lower()]].append(found)
        elif found.column:
            by_column[numbers[found.table.lower(), found.column.lower()]].append(found)
        elif found.table:
            by_table[catalog.tables[found.table.lower()]].append(found)
    tables = _table_features(catalog, linking, by_table, by_column)
    table_at = [_best(links) for links in by_table]
    mentions = tuple(_best(links) for links in by_column)
    columns = np.zeros((len(catalog.columns), COLUMN_FEATURES), np.float32)
    whole = [(m.start, m.end) for m in mentions if m is not None and m.kind in ("exact", "stem")]
    for number, row in enumerate(columns):
        owner = catalog.owner[number]
        _mention_features(row, mentions[number], by_column[number], table_at[owner], whole, linking)
        _value_features(row, sampled[number], linking)
        _schema_features(row, catalog, number)
        row[31:34] = tables[owner, 0], tables[owner, 2], tables[owner, 3]
    words = [token.text.lower() for token in linking.tokens]
    for number, mention in enumerate(mentions):
        if mention is not None and mention.kind != "synonym":
            _cue_features(columns[number], words, mention)
    return QuestionView(catalog, linking, columns, tables, mentions)


def _best(links: Sequence[Link]) -> Link | None:
    return max(links, key=lambda f: (_STRENGTH[f.kind] * f.weight * (f.end - f.start), -f.start), default=None)


def _mention_features(
    row: Floats,
    found: Link | None,
    links: Sequence[Link],
    table: Link | None,
    whole: Sequence[tuple[int, int]],
    linking: Linking,
) -> None:
    if found is None:
        row[0] = 1
        return
    length = found.end - found.start
    full = found.kind in ("exact", "stem")
    parts = {f.start: f.weight for f in links if f.kind == "part"}
    row[1] = found.kind == "exact"
    row[2] = found.kind == "stem"
    row[3] = full and length > 1
    row[4] = min(1.0, sum(parts.values())) if not full else 0
    row[5] = found.kind == "synonym"
    row[6] = 1 / max(1, whole.count((found.start, found.end))) if full else 0
    row[7] = full and any(s <= found.start and found.end <= e and e - s > length for s, e in whole)
    row[8] = not full and any(s <= found.start < e for s, e in whole)
    row[9] = found.start / len(linking.tokens)
    row[10] = len({f.start for f in links if f.kind in ("exact", "stem")}) > 1
    if table is not None:
        gap = min(abs(found.start - table.end), abs(table.start - found.end))
        row[11] = 1 / (1 + gap)
        row[12] = gap == 0
    values = [f for f in linking.links if f.kind in ("quoted", "name", "value")]
    numbers = [f for f in linking.links if f.kind in ("number", "date")]
    row[13] = max((1 / (1 + abs(f.start - found.end)) for f in values), default=0)
    row[14] = max((1 / (1 + abs(f.start - found.end)) for f in numbers), default=0)
    row[15] = any(f.start >= found.end for f in (*values, *numbers))


def _value_features(row: Floats, sampled: Sequence[Link], linking: Linking) -> None:
    if not sampled:
        return
    row[16] = 1
    strong = [f for f in linking.links if f.kind == "quoted"]
    row[17] = any(s.start <= f.start and f.end <= s.end for s in strong for f in sampled)
    row[18] = any(linking.tokens[f.start].text[:1].isupper() and f.start > 0 for f in sampled)
    row[19] = max(f.end - f.start for f in sampled) > 1


def _schema_features(row: Floats, catalog: Catalog, number: int) -> None:
    column, stems = catalog.columns[number], catalog.stems[number]
    kind = column.type.lower()
    row[20] = catalog.primary[number]
    row[21] = catalog.foreign[number]
    row[22] = any(mark in kind for mark in ("num", "int", "real", "float", "double", "dec"))
    row[23] = any(mark in kind for mark in ("text", "char"))
    row[24] = any(mark in kind for mark in ("time", "date", "year")) or not {"date", "year", "time"}.isdisjoint(stems)
    row[25] = not {"id", "code", "key", "number"}.isdisjoint(stems)
    row[26] = stems == ("name",)
    row[27] = bool(stems) and stems[-1] in ("name", "title")
    owner = catalog.owner[number]
    position = number - catalog.owner.index(owner)
    row[28] = 1 / (1 + position)
    row[29] = len(catalog.schema.tables) == 1
    row[30] = catalog.roots[number] != number


def _cue_features(row: Floats, words: Sequence[str], found: Link) -> None:
    before = set(words[max(0, found.start - 2) : found.start])
    after = set(words[found.end : found.end + 2])
    for position, cues in enumerate(_CUES):
        row[34 + position] = not cues.isdisjoint(before)
    for position, cues in enumerate(_AFTER):
        row[34 + len(_CUES) + position] = not cues.isdisjoint(after)


def _table_features(
    catalog: Catalog, linking: Linking, by_table: Sequence[Sequence[Link]], by_column: Sequence[Sequence[Link]]
) -> Floats:
    rows = np.zeros((len(catalog.schema.tables), TABLE_FEATURES), np.float32)
    content = max(1, sum(token.text.lower() not in STOP_WORDS for token in linking.tokens))
    for number, row in enumerate(rows):
        links = by_table[number]
        found = _best(links)
        full = [f for f in links if f.kind in ("exact", "stem")]
        row[0] = bool(full)
        row[1] = any(f.kind == "exact" for f in full)
        row[2] = 0 if full else min(1.0, sum({f.start: f.weight for f in links}.values()))
        covered = {
            position
            for column, owner in enumerate(catalog.owner)
            if owner == number
            for f in by_column[column]
            if f.kind in ("exact", "stem")
            for position in range(f.start, f.end)
        }
        row[3] = len(covered) / content
        row[4] = found.start / len(linking.tokens) if found else 1
        row[5] = sum(edge.table == number for edge in catalog.edges) >= 2
        row[6] = any(edge.other == number for edge in catalog.edges)
        row[7] = any(edge.table == number for edge in catalog.edges)
        row[8] = len(full) > 1
        row[9] = bool(full) and max(f.end - f.start for f in full) > 1
    return rows
