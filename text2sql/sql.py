"""SQL as text: out of a completion, on one line, and the little that must be known without parsing it.

One scanner cuts SQL into quoted text, comments, words and the rest; everything here is built on it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING

from text2sql.types import Completion

if TYPE_CHECKING:
    from sqlglot import exp

_SCANNER = re.compile(
    r"""(?P<quoted>'[^']*(?:''[^']*)*' | "[^"]*(?:""[^"]*)*" | `[^`]*` | \[[^\]\[]+\])
      | (?P<comment>--[^\r\n]* | /\*.*?(?:\*/|\Z))
      | (?P<word>[^\W\d][\w$]*)
      | (?P<space>\s+)
      | (?P<other>\d\w* | .)""",
    re.VERBOSE | re.DOTALL,
)


def scan(sql: str) -> Iterator[tuple[str, str]]:
    """Kind (quoted, comment, word, space, other) and text of each piece; the texts joined give the SQL back.

    >>> list(scan("a='x'"))
    [('word', 'a'), ('other', '='), ('quoted', "'x'")]
    """
    for match in _SCANNER.finditer(sql):
        yield match.lastgroup or "other", match.group()


def one_line(sql: str) -> str:
    """The SQL without comments and line breaks, as prediction files need it.

    >>> one_line("SELECT a -- the a\\n  FROM t")
    'SELECT a FROM t'
    """
    if not re.search(r"[\t\r\n]|--|/\*", sql):
        return sql.strip()
    kept = [""]
    for kind, text in scan(sql):
        if kind not in ("space", "comment"):
            # A line break inside quoted text becomes a blank: the format has no way to keep it.
            kept.append(re.sub(r"[\t\r\n]+", " ", text))
        elif kept[-1] != " ":
            kept.append(" ")
    return "".join(kept).strip()


@lru_cache(maxsize=1 << 14)  # resampled votes ask again and again
def is_ordered(sql: str) -> bool:
    """Whether the outermost query has ORDER BY.

    >>> is_ordered("SELECT a FROM t ORDER BY b"), is_ordered("SELECT a FROM (SELECT a FROM t ORDER BY b)")
    (True, False)
    """
    depth, previous = 0, ""
    for kind, text in scan(sql):
        if kind == "other":
            depth += {"(": 1, ")": -1}.get(text, 0)
        if kind == "word" and depth == 0 and previous == "order" and text.lower() == "by":
            return True
        if kind not in ("space", "comment"):
            previous = text.lower()
    return False


_LONGEST = 20_000  # characters: sqlglot's time grows with the square of some lists
_BARE_JOINS = 8  # in a row: it doubles with each JOIN that has no condition


def parsed(sql: str) -> exp.Expression | None:
    """sqlglot's tree of a statement; None where it reads none, or would take more than a moment.

    >>> str(parsed("select 1 from a")), parsed("SELECT * FROM a" + " JOIN b" * 40), parsed("SELECT (")
    ('SELECT 1 FROM a', None, None)
    """
    if not _is_parsable(sql):
        return None
    import sqlglot

    with _silenced(logging.getLogger("sqlglot")):  # it warns of every statement that it knows only by its first word
        try:
            tree = sqlglot.parse_one(sql, read="sqlite")
            return tree if isinstance(tree, sqlglot.exp.Expression) else None
        except (sqlglot.errors.SqlglotError, ValueError, RecursionError, AttributeError, IndexError):
            return None


@contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    def nothing(_record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def _is_parsable(sql: str) -> bool:
    if len(sql) > _LONGEST:
        return False
    bare = 0
    for kind, text in scan(sql):
        if kind == "word":
            word = text.lower()
            bare = 0 if word in ("on", "using") else bare + (word == "join")
            if bare > _BARE_JOINS:
                return False
    return True


_THOUGHT = re.compile(r"<(think|thinking)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_FENCE = re.compile(r"```(.*?)(?:```|\Z)", re.DOTALL)
# One that starts a line opens a block also where the text before it speaks of "a ```sql block".
_BLOCK = re.compile(r"^[ \t>]*```[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL | re.MULTILINE)
# A word is not enough for WITH, which starts many a sentence.
_QUERY = r"""(?:SELECT\b|WITH\s+(?:RECURSIVE\s+)?(?:\w+|"[^"]+"|`[^`]+`|\[[^\]\[]+\])\s*(?:\([^()]*\)\s*)?
             AS\s*(?:(?:NOT\s+)?MATERIALIZED\s*)?\()"""
_START = re.compile(
    rf"""^[ \t>]*(?:[^\n:`'"-]{{0,60}}:[ \t*]*)?(?:SQL(?:ite)?[ \t]+)?(?P<sql>{_QUERY})""",
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_INLINE = re.compile(rf"`(?P<sql>{_QUERY}[^`]+)`", re.VERBOSE | re.IGNORECASE)
_END = re.compile(r"```|\r?\n[ \t]*\r?\n")
_DRAFTS = 20  # of a text without fences so many are looked at, from its end


def extract(completion: Completion) -> tuple[str, str]:
    """The SQL of a completion and an empty problem, or no SQL and the problem: no_sql, refused, cut_off.

    Code fences and thoughts are removed; the last fenced query counts. Without fences, an answer that starts with a
    query is that query, whatever follows; in one that starts with words, as a chain of thought does, it is the last
    that starts a line, maybe after a label, else the last in backticks, sentences like "Select the name" left aside.
    Each goes up to its semicolon. SQL that the model handed over as such stays as it is.

    >>> extract(Completion("Sure:\\n```sql\\nSELECT 1;\\n```"))
    ('SELECT 1', '')
    """
    if completion.sql is not None:
        return completion.sql, "" if completion.sql else "no_sql"
    if completion.finish_reason == "content_filter":
        return "", "refused"
    # Some servers leave the start of the thought out.
    text = _THOUGHT_END.split(_THOUGHT.sub("", completion.text))[-1].lstrip()
    for blocks in (_BLOCK, _FENCE):
        if fenced := [block[found.start("sql") :] for block in blocks.findall(text) if (found := _START.search(block))]:
            return _first_statement(fenced[-1]), ""
    cut = completion.finish_reason == "length"
    return _unfenced(text, cut) or ("", "cut_off" if cut else "no_sql")


def _unfenced(text: str, cut: bool) -> tuple[str, str] | None:
    lines, inline = list(_line_starts(text)), [_first_statement(sql) for sql in _INLINE.findall(text)]
    if not lines and not inline:
        return None
    at_once = _START.match(text) is not None
    if len(lines) + len(inline) > 1 or (cut and not at_once):
        first = lines[:1] if at_once else []
        for sql in (*first, *lines[: -_DRAFTS - 1 : -1], *inline[: -_DRAFTS - 1 : -1]):
            if _is_query(sql):
                return sql, ""
        if cut and not at_once:
            return None  # the reasoning did not come to its end
    return (lines[0] if lines else inline[-1]), ""


def _line_starts(text: str) -> Iterator[str]:
    """The statements that start a line, each up to its semicolon, a fence or an empty line."""
    for paragraph in _END.split(text):
        position = 0
        while found := _START.search(paragraph, position):
            sql = _first_statement(paragraph[found.start("sql") :])
            yield sql
            position = found.start("sql") + len(sql)


def _is_query(sql: str) -> bool:
    """Whether it can be read as SQL: "Select the name of each boat" cannot."""
    return any(kind == "word" and text.lower() == "from" for kind, text in scan(sql)) and parsed(sql) is not None


def _first_statement(sql: str) -> str:
    """Up to the first semicolon outside quotes."""
    return "".join(takewhile(lambda text: text != ";", (text for _, text in scan(sql)))).strip()
