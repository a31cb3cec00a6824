"""English words that linking knows: stop words, number words, words that hint at columns; and stems."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
NUMBER_WORDS: Mapping[str, str] = {word: str(number) for number, word in enumerate(_NUMBERS.split())}
_STOP_WORDS = """
    a an the of and or in on at to for from by with without is are was were be been being do does did has have had
    what which who whom whose when where how many much list show give find return tell me us all each every any some
    their its his her that this these those there it they them i we you please as than not no more most least less
    between also both either only different distinct name names number one ones per whose were
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
# Words that point at a column without naming it, by the stems of such a column's label.
HINTS: Mapping[str, str] = {
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
