"""The official plug_value: a prediction with the values of gold in place of its own, in all combinations.

Source: parse.py of taoyds/test-suite-sql-eval (2022), quirks included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

_SLOT = "VALUERARE"  # what the official code puts in place of a value
# Where sqlparse cuts, in the order of its rules; what it calls a value is quoted by ' or ".
_PIECE = re.compile(
    r"""(?P<comment>(?:--|\#[ ])[^\r\n]*(?:\r\n?|\n|\Z) | /\*.*?\*/)
      | (?P<space>\s+)
      | (?P<quoted>'(?:''|\\'|[^'])*' | "(?:""|\\"|[^"])*")
      | (?P<name>`(?:``|[^`])*` | ´(?:´´|[^´])*´ | (?<![\w\])])\[[^\]\[]+\])
      | (?P<sign>:= | :: | \* | %(?:\(\w+\))?s | \? | (?<!\w)[$:]\w+ | \\\w+ | (?:\#\#?|@)[A-ZÀ-Ü]\w+)
      | (?P<number>-?0x[\dA-F]+ | -?\d+(?:\.\d+)?E-?\d+
          | -?(?:\d+\.\d*|\.\d+)(?![_A-ZÀ-Ü]) | -?\d+(?![_A-ZÀ-Ü]))
      | (?P<word>\w[$\#\w]*)
      | (?P<operator>->>? | \#>>? | @> | <@ | - | \#- | [<>=~!]+ | [+/@\#%^&|-]+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_STAR = re.compile(r"[tT][123]\.\*")
_GAP = re.compile(r"(T\d+\.)\s")
_DECIMAL = re.compile(r"[-+]?\d*\.\d+")
_INTEGER = re.compile(r"[^tT]\d+")  # with the character before it, so that T1 is none
_ALIAS = re.compile(r"[tT]\d+\.")


def plugged(gold: str, predicted: str) -> tuple[int, Iterator[str]]:
    """How many substitutions there are, values of gold ** slots of the prediction, and each of them as SQL.

    They come in the order in which gold's values first stand in gold, the last slot changing fastest.

    >>> plugged("SELECT a FROM t WHERE b = 'x' LIMIT 3", "SELECT a FROM t WHERE b = 'y'")[0]
    2
    >>> list(plugged("SELECT 'x', 3", "SELECT A FROM t WHERE b = 7")[1])
    ["select a from t where b = 'x'", 'select a from t where b = 3']
    """
    values = list(dict.fromkeys(_taken_apart(gold)[1]))
    tokens = _taken_apart(predicted)[0]
    slots = [i for i, token in enumerate(tokens) if token == _SLOT.lower()]

    def fill() -> Iterator[str]:
        for chosen in product(values, repeat=len(slots)):
            filled = tokens.copy()
            for slot, value in zip(slots, chosen, strict=True):
                filled[slot] = value
            yield " ".join(filled)

    return len(values) ** len(slots), fill()


def _taken_apart(sql: str) -> tuple[list[str], list[str]]:
    """The tokens in lower case with slots in place of values, and the values: quoted, decimals, integers."""
    sql = " ".join(text for kind, text in _pieces(sql.strip().replace(";", "").replace("\t", "")) if kind != "space")
    sql = _GAP.sub(r"\1", _STAR.sub("*", sql))
    values = [text for kind, text in _pieces(sql) if kind == "quoted"]
    for value in values:
        sql = sql.replace(value, _SLOT)
    tokens = sql.split()
    for pattern in (_DECIMAL, _INTEGER):
        numbers = {number.strip() for number in pattern.findall(" ".join(tokens))}
        values += [token for token in tokens if token in numbers]
        tokens = [_SLOT if token in numbers else token for token in tokens]
    split = (token.replace(".", " . ") if _ALIAS.search(token) else token for token in tokens)
    return " ".join(split).lower().split(), values


def _pieces(sql: str) -> Iterator[tuple[str, str]]:
    for match in _PIECE.finditer(sql):
        yield match.lastgroup or "other", match.group()
