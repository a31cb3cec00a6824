"""SQL as text: the scanner, one line, whether it is ordered, and SQL out of what models say."""

from __future__ import annotations

import random
import time

import pytest

from text2sql.sql import extract, is_ordered, one_line, scan
from text2sql.types import Completion

# --- the scanner

PIECES = [
    "SELECT", " ", "\n", "\t", "\r\n", "'", '"', "`", "[", "]", "''", '""', "'it''s'", '"a"', "`b`", "[c d]", "--", "-",
    "-- x\n", "/*", "*/", "/* x */", "/", "*", ";", "(", ")", ",", ".", "1", "1.5", "x1", "1x", "_", "$", "a$b", "é",
    "漢", "😀", "\u00a0", "\u2028", "\0", "\\", "=", ">=", "||", "distinct", "#", "@a", ":b", "?",
]  # fmt: skip


def test_the_texts_joined_give_the_sql_back() -> None:
    chance = random.Random(5)
    for _ in range(5000):
        sql = "".join(chance.choices(PIECES, k=chance.randint(0, 12)))
        pieces = list(scan(sql))
        assert "".join(text for _, text in pieces) == sql
        assert all(text for _, text in pieces)
        assert {kind for kind, _ in pieces} <= {"quoted", "comment", "word", "space", "other"}


@pytest.mark.parametrize(
    ("sql", "pieces"),
    [
        ("", []),
        ("a1 _b é", [("word", "a1"), ("space", " "), ("word", "_b"), ("space", " "), ("word", "é")]),
        ("a$1", [("word", "a$1")]),
        ("1a", [("other", "1a")]),
        ("1.5", [("other", "1"), ("other", "."), ("other", "5")]),
        ("'a''b'", [("quoted", "'a''b'")]),
        ("'a' 'b'", [("quoted", "'a'"), ("space", " "), ("quoted", "'b'")]),
        ("''''", [("quoted", "''''")]),
        ('"a""b"', [("quoted", '"a""b"')]),
        ("`a b`[c d]", [("quoted", "`a b`"), ("quoted", "[c d]")]),
        ("'-- a'", [("quoted", "'-- a'")]),
        ("-- 'a\nb", [("comment", "-- 'a"), ("space", "\n"), ("word", "b")]),
        ("/* ' -- */a", [("comment", "/* ' -- */"), ("word", "a")]),
        ("/* a", [("comment", "/* a")]),
        ("'a", [("other", "'"), ("word", "a")]),
        ("a-b", [("word", "a"), ("other", "-"), ("word", "b")]),
    ],
)
def test_scan(sql: str, pieces: list[tuple[str, str]]) -> None:
    assert list(scan(sql)) == pieces


@pytest.mark.parametrize(
    "piece",
    [
        "/*",
        "'",
        '"',
        "`",
        "[",
        "--",
        "(",
        "''\"",
        "/*'",
        "[`",
        "<think>",
        "`SELECT ",
        "a:",
        "SELECT 1;\n",
        "SELECT a FROM (\n\n",
    ],
)
def test_whatever_is_repeated_takes_no_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    start = time.perf_counter()
    assert "".join(part for _, part in scan(text)) == text
    one_line(f"{text}\n")
    is_ordered(text)
    extract(Completion(text))
    extract(Completion(f"SELECT {text}"))
    assert time.perf_counter() - start < 5


# --- one line


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("SELECT a FROM t", "SELECT a FROM t"),
        ("  SELECT  a\n", "SELECT a"),
        ("  SELECT  a ", "SELECT  a"),
        ("SELECT a,\r\n\tb\n\n  FROM t", "SELECT a, b FROM t"),
        ("SELECT a -- the 'a'\nFROM t -- all", "SELECT a FROM t"),
        ("SELECT/* a */b", "SELECT b"),
        ("SELECT a\nFROM t WHERE b = 'x  y'", "SELECT a FROM t WHERE b = 'x  y'"),
        ("SELECT a\nFROM t WHERE b = 'x\n\ty'", "SELECT a FROM t WHERE b = 'x y'"),
        ("SELECT '-- no comment', '/* nor */'\n", "SELECT '-- no comment', '/* nor */'"),
        ("SELECT a\n;\n", "SELECT a ;"),
        ("-- nothing", ""),
        ("\n", ""),
        ("", ""),
    ],
)
def test_one_line(sql: str, line: str) -> None:
    assert one_line(sql) == line
    assert one_line(line) == line


def test_one_line_is_one_line() -> None:
    chance = random.Random(6)
    for _ in range(3000):
        line = one_line("".join(chance.choices(PIECES, k=chance.randint(0, 12))))
        assert not set("\t\r\n") & set(line) and line == line.strip()


# --- ORDER BY


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t ORDER BY b", True),
        ("select a from t order   by b limit 1", True),
        ("SELECT a FROM t\nORDER -- so\nBY b", True),
        ("SELECT a FROM t UNION SELECT b FROM u ORDER BY 1", True),
        ("WITH x AS (SELECT 1) SELECT * FROM x ORDER BY 1", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY b)", False),
        ("SELECT a FROM t WHERE b IN (SELECT c FROM u ORDER BY d LIMIT 1)", False),
        ("SELECT rank() OVER (ORDER BY a) FROM t", False),
        ("WITH x AS (SELECT a FROM t ORDER BY a) SELECT * FROM x", False),
        ("SELECT 'ORDER BY' FROM t", False),
        ('SELECT a AS "order" FROM t -- ORDER BY a', False),
        ("SELECT border BY FROM t", False),
        ("SELECT a FROM t GROUP BY a", False),
        ("", False),
    ],
)
def test_is_ordered(sql: str, ordered: bool) -> None:
    assert is_ordered(sql) is ordered


# --- SQL out of completions

SAID = {
    "bare": ("SELECT a FROM t", "SELECT a FROM t"),
    "semicolon": ("SELECT a FROM t;", "SELECT a FROM t"),
    "blanks": ("\n  SELECT a FROM t  \n", "SELECT a FROM t"),
    "small letters": ("select a from t", "select a from t"),
    "lines": ("SELECT a\nFROM t\nWHERE b = 1;", "SELECT a\nFROM t\nWHERE b = 1"),
    "WITH": ("WITH x AS (SELECT 1) SELECT * FROM x", "WITH x AS (SELECT 1) SELECT * FROM x"),
    "WITH columns": (
        "WITH RECURSIVE r(n) AS (SELECT 1) SELECT n FROM r",
        "WITH RECURSIVE r(n) AS (SELECT 1) SELECT n FROM r",
    ),
    "WITH lines": (
        'WITH\n  "a b" AS NOT MATERIALIZED (SELECT 1)\nSELECT 2',
        'WITH\n  "a b" AS NOT MATERIALIZED (SELECT 1)\nSELECT 2',
    ),
    "fence": ("```sql\nSELECT a FROM t\n```", "SELECT a FROM t"),
    "fence without a language": ("```\nSELECT a FROM t;\n```", "SELECT a FROM t"),
    "fence of SQLite": ("```SQLite\r\nSELECT a FROM t;\r\n```", "SELECT a FROM t"),
    "fence in a line": ("```sql SELECT a FROM t```", "SELECT a FROM t"),
    "fence in a line without a language": ("Here: ```SELECT a FROM t```", "SELECT a FROM t"),
    "fence not closed": ("Sure.\n```sql\nSELECT a\nFROM t", "SELECT a\nFROM t"),
    "fence opened by the prompt": ("SELECT a FROM t\n```\nIt lists all a.", "SELECT a FROM t"),
    "fence with a comment": ("```sql\n-- all a: SELECT them\nSELECT a FROM t\n```\nDone.", "SELECT a FROM t"),
    "fence with an empty line": ("```sql\nSELECT a\n\nFROM t\n```", "SELECT a\n\nFROM t"),
    "the last fence with a query": (
        "```sql\nSELECT 1\n```\nBetter:\n```sql\nSELECT 2\n```\nwhich prints\n```\n2\n```",
        "SELECT 2",
    ),
    "fence before backticks": ("```sql\nSELECT a FROM t\n```\nHere `SELECT a` says what.", "SELECT a FROM t"),
    "backticks": ("The query is `SELECT a FROM t`.", "SELECT a FROM t"),
    "WITH in backticks": ("Take `WITH x AS (SELECT 1) SELECT * FROM x;`.", "WITH x AS (SELECT 1) SELECT * FROM x"),
    "words in backticks": ("Use `SELECT` with `FROM`:\n\nSELECT a FROM t", "SELECT a FROM t"),
    "backticks in SQL": ("SELECT `a b` FROM `t`", "SELECT `a b` FROM `t`"),
    "query before backticks": ("SELECT a FROM t;\n\n`SELECT a` is what it shows.", "SELECT a FROM t"),
    "chatter before": ("Sure, here it is:\n\nSELECT a FROM t", "SELECT a FROM t"),
    "chatter after": ("SELECT a FROM t\n\nThis query's result is a list.", "SELECT a FROM t"),
    "chatter after a semicolon": ("SELECT a FROM t; that's it", "SELECT a FROM t"),
    "With, a word": ("With this schema the answer is:\nSELECT a FROM t", "SELECT a FROM t"),
    "label": ("SQL: SELECT a FROM t", "SELECT a FROM t"),
    "label of words": ("Here is the SQLite query: SELECT a FROM t;", "SELECT a FROM t"),
    "label in bold": ("**Answer:** SELECT a FROM t", "SELECT a FROM t"),
    "language without a fence": ("sql\nSELECT a FROM t", "SELECT a FROM t"),
    "quoted": ("> SELECT a FROM t", "SELECT a FROM t"),
    "semicolon in quotes": (
        "SELECT a FROM t WHERE b = 'x;y' AND c = \"d;\"; SELECT 2",
        "SELECT a FROM t WHERE b = 'x;y' AND c = \"d;\"",
    ),
    "comment": ("SELECT a -- which;\nFROM t;", "SELECT a -- which;\nFROM t"),
    "thought": ("<think>\nSELECT 1? No.\n```sql\nSELECT 2\n```\n</think>\nSELECT a FROM t", "SELECT a FROM t"),
    "thought without a start": ("I could say\nSELECT 1;\nno.</think>\n\nSELECT a FROM t", "SELECT a FROM t"),
    "thought of another name": ("<Thinking>SELECT 1</Thinking>```sql\nSELECT a FROM t```", "SELECT a FROM t"),
}


STEPS = """\
Let me work through this.

1. The question asks for the names of boats, so I need `boat.name`.
2. Step two: Select the boats that went out: a join of `boat` and `trip` on `boat_id`.
3. Select each name once? The question does not say so.

"""
FINAL = "SELECT T1.name\nFROM boat AS T1\nJOIN trip AS T2 ON T1.boat_id = T2.boat_id"
DRAFT = "SELECT name FROM boat WHERE boat_id IN (\n  SELECT boat_id FROM trip\n)"
TABLE = "It prints\n```\nname\n----\nDunlin\n```\nas it should."
REASONED = {
    "as asked": f"{STEPS}```sql\n{FINAL};\n```",
    "the form named before": f"{STEPS}Here is the query in a ```sql block:\n\n```sql\n{FINAL};\n```\n",
    "the form named after": f"{STEPS}```sql\n{FINAL}\n```\nThat is the ```sql block.",
    "a draft and the result": f"{STEPS}First:\n```sql\n{DRAFT}\n```\nBetter:\n\n```sql\n{FINAL}\n```\n{TABLE}",
    "drafts in backticks": f"{STEPS}`SELECT name FROM boat` lacks the trips.\n\n```sql\n{FINAL}\n```",
    "blocks in a list": f"{STEPS}   ```sql\n   {DRAFT}\n   ```\n\n4. Final:\n   ```sql\n   {FINAL};\n   ```",
    "cut in the last block": f"{STEPS}```sql\n{DRAFT}\n```\nRather:\n```sql\n{FINAL}",
    "no block": f"{STEPS}So it is:\n\n{FINAL}",
    "no block, a draft": f"{STEPS}A first draft:\n\n{DRAFT};\n\nThat hides how often. Final query:\n{FINAL};\nDone.",
    "no block, a label": f"{STEPS}Draft: {DRAFT}\n\n**Final answer:** {FINAL}\n\nThe `SELECT T1.name` lists names.",
    "no block, a sentence last": f"{STEPS}{FINAL}\n\nNote: select the distinct names, if wanted.",
    "no block, a sentence first": f"Select the names of boats with trips.\n\n{FINAL}",
    "drafts in a thought": f"<think>\n{STEPS}```sql\n{DRAFT}\n```\n</think>\n\n{FINAL}",
}


@pytest.mark.parametrize("case", REASONED)
def test_the_last_query_of_a_chain_of_thought_counts(case: str) -> None:
    sql, problem = extract(Completion(REASONED[case], finish_reason="length" if "cut" in case else "stop"))
    assert (one_line(sql), problem) == (one_line(FINAL), "")


def test_the_last_backticks_of_a_chain_of_thought_count() -> None:
    text = (
        f"{STEPS}`SELECT name FROM boat` lacks the trips; so `{one_line(FINAL)}` it is, where `SELECT x` has no part."
    )
    assert extract(Completion(text)) == (one_line(FINAL), "")


def test_an_answer_that_starts_with_its_query_is_that_query_whatever_follows() -> None:
    """A base model goes on with questions of its own."""
    text = "SELECT a FROM t\n\nQuestion: And b?\nSQL: SELECT b FROM t\n\nQuestion: And c?\nSQL: SELECT c FROM t"
    assert extract(Completion(text)) == ("SELECT a FROM t", "")


@pytest.mark.parametrize("text", [STEPS, f"{STEPS}Draft: SELECT name FROM boat WHERE (a"])
def test_a_chain_of_thought_that_was_cut_has_no_query_yet(text: str) -> None:
    assert extract(Completion(text, finish_reason="length")) == ("", "cut_off")


@pytest.mark.parametrize("case", SAID)
def test_extract(case: str) -> None:
    text, sql = SAID[case]
    assert extract(Completion(text)) == (sql, "")


@pytest.mark.parametrize(
    ("completion", "problem"),
    [
        (Completion(""), "no_sql"),
        (Completion("I cannot answer that."), "no_sql"),
        (Completion("You may select what you like."), "no_sql"),
        (Completion("```python\nprint(1)\n```"), "no_sql"),
        (Completion("DROP TABLE t"), "no_sql"),
        (Completion("<think>SELECT a FROM t"), "no_sql"),
        (Completion("<think>First I", finish_reason="length"), "cut_off"),
        (Completion("", finish_reason="length"), "cut_off"),
        (Completion("SELECT a FROM t", finish_reason="content_filter"), "refused"),
        (Completion("x", sql=""), "no_sql"),
    ],
)
def test_no_sql(completion: Completion, problem: str) -> None:
    assert extract(completion) == ("", problem)


def test_sql_that_was_cut_is_still_sql() -> None:
    assert extract(Completion("```sql\nSELECT a FROM", finish_reason="length")) == ("SELECT a FROM", "")


def test_sql_that_was_handed_over_stays_as_it_is() -> None:
    assert extract(Completion("SELECT 1", sql=" DROP TABLE t; -- x\n")) == (" DROP TABLE t; -- x\n", "")
