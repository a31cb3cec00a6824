"""Schema linking: which words of a question may mean which table, column or value; and masking by it.

Pure text matching, no learning: label words, word stems, a few common adjectives of columns, sample values,
quoted text, numbers and dates.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from text2sql.types import Column, Schema

Kind: TypeAlias = Literal["exact", "stem", "part", "synonym", "value", "quoted", "name", "number", "date"]

_TOKEN = re.compile(r"\d{4}-\d\d?-\d\d?|\d[\d,]*\.?\d+|\d+|[^\W\d_]+|\w+|\S")
_QUOTED = re.compile(r"""(?<!\w)(?:"([^"]+)"|“([^”]+)”|‘([^’]+)’|'([^']+(?:'\w[^']*)*)')(?!\w)""")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?")
_NUMBER_WORDS: Mapping[str, str] = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
STOP_WORDS = frozenset(
    """a an the of and or in on at to for from by with without is are was were be been being do does did has have had
    what which who whom whose when where how many much list show give find return tell me us all each every any some
    their its his her that this these those there it they them i we you please as than not no more most least less
    between also both either only different distinct name names number one ones per whose were""".split()
)
# Words that point at a column without naming it, by the stems of such a column's label.
_HINTS: Mapping[str, str] = {
    "old": "age birth founded year built date", "young": "age birth", "age": "birth", "born": "birth",
    "cheap": "price cost fee fare", "expensive": "price cost fee fare", "cost": "price fee", "tall": "height",
    "high": "height elevation", "long": "length duration", "short": "length duration height", "large": "area size",
    "big": "size area population", "small": "size area population", "heavy": "weight", "light": "weight",
    "fast": "speed time", "slow": "speed time", "rich": "salary money income", "paid": "salary payment amount",
    "earn": "salary earning money", "recent": "date year time", "early": "date year time", "late": "date year time",
    "when": "date year time", "where": "city location place country address", "located": "city location country",
    "popular": "popularity", "rated": "rating rank star", "rating": "rate star", "email": "mail", "phone": "telephone",
    "people": "population", "inhabitant": "population", "spoken": "language", "title": "name", "live": "city address",
    "country": "nation nationality", "nationality": "country nation", "call": "name", "male": "sex gender",
    "female": "sex gender", "man": "sex gender", "woman": "sex gender", "gender": "sex", "sex": "gender",
}  # fmt: skip


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
    'which <table> are named <value> ?'
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


def stem(word: str) -> str:
    """A word without its commonest endings.

    >>> [stem(word) for word in ("cities", "boats", "class", "named", "Singers")]
    ['city', 'boat', 'class', 'name', 'singer']
    """
    word = word.lower()
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    if len(word) > 4 and word.endswith("ed"):
        return word[:-1] if word[-3] in "mzvclgs" else word[:-2]
    return word


def words_of(name: str) -> tuple[str, ...]:
    """The words of a label or of a name in snake or camel case, in lower case.

    >>> words_of("birthDate"), words_of("Hours_per_week")
    (('birth', 'date'), ('hours', 'per', 'week'))
    """
    return tuple(word.lower() for word in re.findall(r"[^\W_]+", _CAMEL.sub(" ", name)))


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
            for hint, targets in _HINTS.items() if item.column else ():
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
    for match in _QUOTED.finditer(text):
        inside = [p for p, token in enumerate(tokens) if match.start() <= token.start and token.end <= match.end()]
        value = next(group for group in match.groups() if group is not None).strip()
        if inside and value:
            yield Link(inside[0], inside[-1] + 1, "quoted", value=value)


def _numbers(tokens: Sequence[Token], taken: set[int]) -> Iterator[Link]:
    for position, token in enumerate(tokens):
        if position in taken:
            continue
        if _DATE.fullmatch(token.text):
            yield Link(position, position + 1, "date", value=token.text)
        elif token.text[0].isdigit():
            yield Link(position, position + 1, "number", value=token.text.replace(",", ""))
        elif token.text.lower() in _NUMBER_WORDS:
            yield Link(position, position + 1, "number", value=_NUMBER_WORDS[token.text.lower()])


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
