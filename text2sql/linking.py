"""Schema linking: which words of a question may mean which table, column or value; and masking by it.

Pure text matching, no learning: label words, word stems, a few common adjectives of columns, sample values,
quoted text, numbers and dates.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from text2sql.types import Column, Schema
from text2sql.vocabulary import HINTS, NUMBER_WORDS, STOP_WORDS, stem, words_of

Kind: TypeAlias = Literal["exact", "stem", "part", "synonym", "value", "quoted", "name", "number", "date"]

_TOKEN = re.compile(r"\d{4}-\d\d?-\d\d?|\d[\d,]*\.?\d+|\d+|[^\W\d_]+|\w+|\S")
_QUOTED = re.compile(r"""(?<!\w)(?:"([^"]+)"|“([^“”]+)”|‘([^‘’]+)’|'([^']+(?:'\w[^']*){0,20})')(?!\w)""")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign of a question; ``start`` and ``end`` are positions in its text."""

    text: str
    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Link:
    """Tokens ``start`` to ``end`` (exclusive) may mean a table, a column, or a value of a column.

    ``table`` is empty for a value that no column is known to hold. ``part`` links cover some words of a
    label; ``weight`` is the share of the label's words that they cover.
    """

    start: int
    end: int
    kind: Kind
    table: str = ""
    column: str = ""
    value: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Linking:
    """A question's tokens, and what they may mean."""

    tokens: tuple[Token, ...]
    links: tuple[Link, ...]


def link(text: str, schema: Schema) -> Linking:
    """What the words of a question may mean in a schema, in the order of the question.

    >>> from text2sql.types import Column, Schema, Table
    >>> schema = Schema("", (Table("boat", (Column("name", label="name"),), label="boat"),))
    >>> [(found.start, found.kind, found.table, found.column) for found in link("How many boats?", schema).links]
    [(2, 'stem', 'boat', '')]
    """
    tokens = tuple(_tokens(text))
    index = _index(schema)
    values = [*_quoted(text, tokens), *_sampled(tokens, index)]
    taken = {position for found in values if found.kind == "quoted" for position in range(found.start, found.end)}
    links = [found for found in index.items(tokens) if not taken.issuperset(range(found.start, found.end))]
    known = taken | {position for found in (*links, *values) for position in range(found.start, found.end)}
    links += [*values, *_numbers(tokens, taken), *_names(tokens, known)]
    return Linking(tokens, tuple(sorted(links, key=lambda found: (found.start, found.start - found.end))))


def masked(text: str, schema: Schema) -> str:
    """The question with its linked words replaced by <table>, <column> and <value>, in lower case.

    >>> from text2sql.types import Column, Schema, Table
    >>> schema = Schema("", (Table("boat", (Column("name", label="name"),), label="boat"),))
    >>> masked("Which boats are named 'Plover'?", schema)
    'which <table> are <column> <value> ?'
    """
    return mask(link(text, schema))


def mask(linking: Linking) -> str:
    """The masked question of a linking."""
    marks: dict[int, tuple[int, str]] = {}
    taken: set[int] = set()
    for found in sorted(linking.links, key=_precedence):
        span = range(found.start, found.end)
        if taken.isdisjoint(span):
            taken.update(span)
            value = found.kind in ("value", "quoted", "name", "number", "date")
            marks[found.start] = (found.end, "<value>" if value else "<column>" if found.column else "<table>")
    words: list[str] = []
    position = 0
    while position < len(linking.tokens):
        end, word = marks.get(position, (position + 1, linking.tokens[position].text.lower()))
        if not (words and words[-1] == word and word.startswith("<")):
            words.append(word)
        position = end
    return " ".join(words)


_ORDER: Mapping[str, int] = {
    "quoted": 0, "date": 0, "exact": 1, "stem": 1, "value": 1, "number": 2, "name": 3, "part": 4, "synonym": 9,
}  # fmt: skip


def _precedence(found: Link) -> tuple[int, int, int, int]:
    # Longer spans first; a table before a column of the same words.
    return _ORDER[found.kind], found.start - found.end, int(bool(found.column)), found.start


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        yield Token(match.group(), stem(match.group()), match.start(), match.end())


# --- schema items and sample values -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    table: str
    column: str
    words: tuple[str, ...]
    stems: tuple[str, ...]


@dataclass(frozen=True)
class _Index:
    """A schema's items and sample values by their first word, and items by any of their words."""

    by_first: Mapping[str, Sequence[_Item]]
    by_word: Mapping[str, Sequence[_Item]]
    by_hint: Mapping[str, Sequence[_Item]]
    values: Mapping[str, Sequence[tuple[tuple[str, ...], str, str, str]]]

    def items(self, tokens: Sequence[Token]) -> Iterator[Link]:
        """Links to tables and columns: whole labels (exact or by stems), parts of labels, and hints."""
        stems = tuple(token.stem for token in tokens)
        whole: set[tuple[int, str, str]] = set()
        for start, head in enumerate(stems):
            for item in self.by_first.get(head, ()):
                end = start + len(item.stems)
                if stems[start:end] == item.stems:
                    exact = all(t.text.lower() == w for t, w in zip(tokens[start:end], item.words, strict=True))
                    whole |= {(position, item.table, item.column) for position in range(start, end)}
                    yield Link(start, end, "exact" if exact else "stem", item.table, item.column)
        for start, head in enumerate(stems):
            for item in self.by_word.get(head, ()):
                if (start, item.table, item.column) not in whole:
                    yield Link(start, start + 1, "part", item.table, item.column, weight=1 / len(set(item.stems)))
            for item in self.by_hint.get(head, ()):
                yield Link(start, start + 1, "synonym", item.table, item.column, weight=0.5)


@lru_cache(maxsize=256)
def _index(schema: Schema) -> _Index:
    by_first: dict[str, list[_Item]] = defaultdict(list)
    by_word: dict[str, list[_Item]] = defaultdict(list)
    by_hint: dict[str, list[_Item]] = defaultdict(list)
    values: dict[str, list[tuple[tuple[str, ...], str, str, str]]] = defaultdict(list)
    for table in schema.tables:
        items = [_item(table.name, "", table.label)]
        for column in table.columns:
            items.append(_item(table.name, column.name, column.label))
            for words, value in _value_words(column):
                values[words[0]].append((words, value, table.name, column.name))
        for item in items:
            if item.stems:
                by_first[item.stems[0]].append(item)
            for word in set(item.stems) - STOP_WORDS if len(item.stems) > 1 else ():
                by_word[word].append(item)
            for hint, targets in HINTS.items() if item.column else ():
                if not set(item.stems).isdisjoint(targets.split()):
                    by_hint[stem(hint)].append(item)
    return _Index(by_first, by_word, by_hint, values)


def _item(table: str, column: str, label: str) -> _Item:
    words = words_of(label or column or table)
    return _Item(table, column, words, tuple(map(stem, words)))


def _value_words(column: Column) -> Iterator[tuple[tuple[str, ...], str]]:
    for value in column.values:
        words = tuple(word.lower() for word in _TOKEN.findall(value))
        # Text of one letter or sign is a word of any question.
        if words and len(words) <= 10 and (len(value) > 1 or value.isupper()):
            yield words, value


def _sampled(tokens: Sequence[Token], index: _Index) -> Iterator[Link]:
    lowered = tuple(token.text.lower() for token in tokens)
    keys: dict[str, list[int]] = defaultdict(list)
    for position, token in enumerate(tokens):
        for key in {lowered[position], token.stem}:
            keys[key].append(position)
    for key, positions in keys.items():
        for words, value, table, column in index.values.get(key, ()):
            for start in positions:
                end = start + len(words)
                found = lowered[start:end]
                if (found == words or (len(words) == 1 and key == words[0])) and _telling(tokens[start:end], value):
                    yield Link(start, end, "value", table, column, value)


def _telling(tokens: Sequence[Token], value: str) -> bool:
    """Whether matched tokens are likely to mean the value, and are not just a common word or a letter."""
    if len(tokens) > 1:
        return True
    text = tokens[0].text
    if len(value) == 1 or text.lower() in STOP_WORDS:
        return text == value and value.isupper() and value not in ("A", "I")
    return True


def _quoted(text: str, tokens: Sequence[Token]) -> Iterator[Link]:
    starts, ends = [token.start for token in tokens], [token.end for token in tokens]
    for match in _QUOTED.finditer(text):
        first, last = bisect_left(starts, match.start()), bisect_right(ends, match.end())
        value = next(group for group in match.groups() if group is not None).strip()
        if first < last and value:
            yield Link(first, last, "quoted", value=value)


def _numbers(tokens: Sequence[Token], taken: set[int]) -> Iterator[Link]:
    for position, token in enumerate(tokens):
        if position in taken:
            continue
        if _DATE.fullmatch(token.text):
            yield Link(position, position + 1, "date", value=token.text)
        elif token.text[0].isdigit():
            yield Link(position, position + 1, "number", value=token.text.replace(",", ""))
        elif token.text.lower() in NUMBER_WORDS:
            yield Link(position, position + 1, "number", value=NUMBER_WORDS[token.text.lower()])


def _names(tokens: Sequence[Token], known: set[int]) -> Iterator[Link]:
    """Runs of capitalised words inside a sentence that mean no schema item: values that no sample shows."""
    start = None
    for position in range(len(tokens) + 1):
        inside = position < len(tokens) and position not in known and _is_name(tokens, position)
        if inside and start is None:
            start = position
        elif not inside and start is not None:
            yield Link(start, position, "name", value=" ".join(token.text for token in tokens[start:position]))
            start = None


def _is_name(tokens: Sequence[Token], position: int) -> bool:
    text = tokens[position].text
    begins = position == 0 or tokens[position - 1].text in ".?!:"
    return text[:1].isupper() and not begins and text.lower() not in STOP_WORDS
