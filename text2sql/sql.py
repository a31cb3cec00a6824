"""SQL as text: out of a completion, on one line, and the little that must be known without parsing it.

One scanner cuts SQL into quoted text, comments, words and the rest; everything here is built on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from text2sql.types import Completion

_SCANNER = re.compile(
    r"""(?P<quoted>'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]\[]+\])
      | (?P<comment>--[^\r\n]* | /\*.*?\*/)
      | (?P<word>[^\W\d]\w*)
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
    kept = (" " if kind in ("space", "comment") else text for kind, text in scan(sql))
    # A line break inside quoted text becomes a blank: the format has no way to keep it.
    return re.sub(r"[\t\r\n]+", " ", re.sub(r" +", " ", "".join(kept))).strip()


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


_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_FENCE = re.compile(
    r"```[ \t]*(\w*)[ \t]*\r?\n(.*?)(?:```|\Z)|```(\w*)[ \t]+([^`\n]+)```|`(SELECT\b[^`]*)`", re.DOTALL | re.IGNORECASE
)
_START = re.compile(
    r"^[^\S\n]*(?:SQL(?:ite)?(?:[ \t]+query)?[ \t]*:)?[^\S\n]*(?P<sql>(?:SELECT|WITH)\b.*)",
    re.DOTALL | re.IGNORECASE | re.MULTILINE,
)


def extract(completion: Completion) -> tuple[str, str]:
    """The SQL of a completion and an empty problem, or no SQL and the problem: no_sql, refused, cut_off.

    Code fences and thoughts are removed; the last fenced query counts, else the first text that starts
    a line with SELECT or WITH, up to its semicolon. SQL that the model handed over as such stays as it is.

    >>> extract(Completion("Sure:\\n```sql\\nSELECT 1;\\n```"))
    ('SELECT 1', '')
    """
    if completion.sql is not None:
        return completion.sql, "" if completion.sql else "no_sql"
    if completion.finish_reason == "content_filter":
        return "", "refused"
    text = _THOUGHT.sub("", completion.text)
    blocks = [next(filter(None, reversed(match.groups())), "") for match in _FENCE.finditer(text)]
    queries = [block for block in blocks if re.match(r"\s*(?:SELECT|WITH)\b", block, re.IGNORECASE)]
    found = _START.search(queries[-1] if queries else text)
    if found:
        return _first_statement(found["sql"]).strip(), ""
    return "", "cut_off" if completion.finish_reason == "length" else "no_sql"


def _first_statement(sql: str) -> str:
    """Up to the first semicolon or blank line outside quotes."""
    kept = []
    for kind, text in scan(sql):
        if text == ";" or (kind == "space" and text.count("\n") > 1):
            break
        kept.append(text)
    return "".join(kept)
