"""Random SQL, mutated from real queries: every outcome is a known one, nothing is written, no judge breaks.

Deterministic by seed: a statement is named by its number alone.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import SHARED
from text2sql.assemble import build_judge
from text2sql.dataset import Dataset, load_dataset
from text2sql.executor import Execute, Executor
from text2sql.experiment import parse_choice
from text2sql.failures import FAILURES
from text2sql.parallel import in_parallel
from text2sql.sandbox import ERRORS, Limits
from text2sql.skeleton import skeleton
from text2sql.sql import extract, is_ordered, one_line, scan
from text2sql.types import Candidate, Completion, Example, Prediction, Schema

METRICS = ["execution_accuracy", "execution_accuracy(keep_distinct=true)", "exact_set_match", "pass_at_n", "valid_sql"]
REASONS = {*FAILURES, "", "unparsed", "gold_unparsed", "different", "no_candidate_right"}

# --- the grammar: tokens, clauses and literals are moved, doubled, lost, spliced and made extreme

CLAUSES = {"select", "from", "where", "group", "having", "order", "limit", "join", "on", "union", "intersect", "except"}
EXTREMES = (
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e999", "-1", "0", "''", "NULL", "x''",
    "zeroblob(9999999)", "randomblob(99999)", "'\\0'", f"'{'x' * 5_000}'", f"'{'%_' * 500}'", "9" * 400, "1e-400",
)  # fmt: skip
KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP BY", "ORDER BY", "LIMIT", "OFFSET", "UNION ALL", "EXCEPT", "WITH RECURSIVE",
    "VALUES", "CASE", "END", "NOT", "NULL", "EXISTS", "OVER", "PARTITION BY", "CROSS JOIN", "NATURAL JOIN", "USING",
    "COLLATE", "INSERT INTO", "DELETE FROM", "UPDATE", "SET", "DROP TABLE", "ATTACH", "DETACH", "VACUUM INTO", "PRAGMA",
    "REPLACE INTO", "CREATE TEMP TABLE", "BEGIN", "COMMIT", "EXPLAIN", "RETURNING", ";", "--", "/*",
    "(", ")", "*", ",", "?", ":x",
)  # fmt: skip
FUNCTIONS = (
    "count", "sum", "group_concat", "hex", "zeroblob", "printf", "json_each", "json_group_array", "load_extension",
    "random", "row_number", "ntile", "lag", "glob", "like", "quote", "char", "unicode", "readfile", "writefile", "fts5",
    "rtreecheck",
)  # fmt: skip
UNICODE = (
    "\ud800",
    "\u202e",
    "\ufeff",
    "\0",
    "é",
    "漢",
    "😀",
    "\u00a0",
    "'",
    '"',
    "`",
    "[",
    "]",
    "“",
    "\\",
    "\r\n",
    "\t",
)
WRAPPERS = (
    "SELECT * FROM ({})", "SELECT ({})", "SELECT 1 WHERE EXISTS ({})", "{0} UNION {0}", "{0} INTERSECT {0}", "({})",
    "SELECT count(*) FROM ({0}) AS p, ({0}) AS q", "WITH w AS ({}) SELECT * FROM w", "EXPLAIN {}", "{0}; {0}",
    "SELECT * FROM ({0}) WHERE 1 IN ({0})", "WITH RECURSIVE w AS ({} UNION ALL SELECT * FROM w) SELECT * FROM w",
    "INSERT INTO t {}", "CREATE TABLE h AS {}", "CREATE TEMP VIEW h AS {}", "-- {}", "SELECT '{}'",
)  # fmt: skip


def tokens(sql: str) -> list[str]:
    """Words, quoted texts and signs, each with the blanks behind it."""
    found: list[str] = []
    for kind, text in scan(sql):
        if kind == "space" and found:
            found[-1] += text
        else:
            found.append(text)
    return found


def mutated(chance: random.Random, queries: Sequence[str]) -> str:
    """A query after a few mutations, some of them from another query."""
    sql = chance.choice(queries)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        sql = chance.choice(MUTATIONS)(chance, tokens(sql) or [" "], queries)
    return sql[:50_000]


Mutation = Callable[[random.Random, list[str], Sequence[str]], str]


def delete(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    at = chance.randrange(len(found))
    return "".join(found[:at] + found[at + chance.choice((1, 1, 1, 4)) :])


def double(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    at, length = chance.randrange(len(found)), chance.choice((1, 1, 3, 9))
    return "".join(found[:at] + found[at : at + length] * chance.choice((2, 2, 3, 40)) + found[at + length :])


def swap(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    one, other = chance.randrange(len(found)), chance.randrange(len(found))
    found[one], found[other] = found[other], found[one]
    return "".join(found)


def clauses(found: Sequence[str]) -> list[str]:
    """The tokens in pieces that begin with a clause's word."""
    starts = [0, *(i for i, text in enumerate(found) if text.lower() in CLAUSES and i), len(found)]
    return ["".join(found[start:end]) + " " for start, end in itertools.pairwise(starts)]


def shuffle(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    parts = clauses(found)
    chance.shuffle(parts)
    return "".join(parts)


def splice(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    ours, theirs = clauses(found), clauses(tokens(chance.choice(queries)))
    return "".join(ours[: chance.randrange(len(ours) + 1)] + theirs[chance.randrange(len(theirs)) :])


def extreme(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    places = [i for i, text in enumerate(found) if text[0] in "'\"0123456789"] or [chance.randrange(len(found))]
    found[chance.choice(places)] = chance.choice(EXTREMES) + " "
    return "".join(found)


def rename(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    places = [i for i, text in enumerate(found) if text[0].isalpha()] or [0]
    found[chance.choice(places)] = chance.choice(KEYWORDS + FUNCTIONS) + " "
    return "".join(found)


def borrow(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    """A name, a text or a number in place of another one."""
    at, other = chance.randrange(len(found)), tokens(chance.choice(queries))
    same = [text for text in other if text[0].isalpha() == found[at][0].isalpha()]
    found[at] = chance.choice(same or other)
    return "".join(found)


def insert(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    text = chance.choice((*KEYWORDS, *UNICODE, *EXTREMES, *(f"{name}(" for name in FUNCTIONS)))
    found.insert(chance.randrange(len(found) + 1), f" {text} ")
    return "".join(found)


def letters(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    at = chance.randrange(len(found))
    inside = chance.randrange(len(found[at]) + 1)
    found[at] = found[at][:inside] + chance.choice(UNICODE) + found[at][inside:]
    return "".join(found)


def wrap(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    return chance.choice(WRAPPERS).replace("{0}", "{}").replace("{}", "".join(found))


def nest(chance: random.Random, found: list[str], queries: Sequence[str]) -> str:
    start, end = sorted((chance.randrange(len(found) + 1), chance.randrange(len(found) + 1)))
    depth = chance.choice((1, 2, 10, 100, 1_500))
    opening, closing = chance.choice(
        (("(", ")"), ("abs(", ")"), ("(SELECT ", ")"), ("NOT ", ""), ("[", "]"), ("- ", ""))
    )
    return "".join([*found[:start], opening * depth, *found[start:end], closing * depth, *found[end:]])


MUTATIONS: Sequence[Mutation] = (
    delete, double, swap, shuffle, splice, extreme, rename, insert, letters, nest, wrap, wrap,
    borrow, borrow, borrow, borrow,
)  # fmt: skip


def test_mutations_are_deterministic_and_many() -> None:
    queries = ["SELECT a FROM t WHERE b = 'x' ORDER BY c LIMIT 3", "SELECT count(*) FROM u GROUP BY d"]
    once, again = ([mutated(random.Random(n), queries) for n in range(500)] for _ in range(2))
    assert once == again and len(set(once)) > 400


# --- the judge


class Folder:
    """The databases' folders and where processes write, as they are: for a look whether that has changed."""

    def __init__(self, data: Dataset, others: Sequence[Path]) -> None:
        files = [data.databases[db_id] for db_id in dict.fromkeys(e.question.db_id for e in data.examples)]
        self.state = (
            {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
            {folder: sorted(os.listdir(folder)) for folder in (*(file.parent for file in files), *others)},
        )


def judge_mutations(data: Dataset, count: int, seed: int, seconds: float, writable: Sequence[Path]) -> Counter[str]:
    """Judge mutations as predictions and, one in eight, as gold; the reasons given by valid_sql, counted."""
    before = Folder(data, writable).state
    by_database: dict[str, list[str]] = {}
    for example in data.examples:
        by_database.setdefault(example.question.db_id, []).append(example.sql)
    limits = Limits(seconds=seconds, rows=100_000, bytes=8 << 20)
    with Executor(workers=os.cpu_count()) as executor:
        execute = Execute(executor, data.databases, limits)
        judge = build_judge([parse_choice("metric", m) for m in METRICS], data, executor, seconds=seconds)

        def work(number: int) -> str:
            chance = random.Random(f"{seed} {number}")
            example = chance.choice(data.examples)
            question = example.question
            sql = mutated(chance, by_database[question.db_id])
            for read in (is_ordered, one_line, skeleton, lambda text: extract(Completion(text))):
                read(sql)
            candidate = Candidate(sql, result=execute(question.db_id, sql))
            prediction = Prediction(question, Schema(question.db_id, ()), (), (candidate,), 0)
            if number % 8 == 0:
                example, prediction = Example(question, sql), replace(prediction, candidates=(Candidate(example.sql),))
            verdicts = judge(example, prediction)
            assert {verdict.reason for verdict in verdicts.values()} <= REASONS, (seed, number, sql, verdicts)
            assert candidate.result is not None
            return candidate.result.error

        outcomes = Counter(in_parallel(work, range(count), executor.workers))
        assert set(outcomes) <= {"", *ERRORS} and outcomes["crashed"] == 0
        for example in random.Random(seed).sample(data.examples, min(20, len(data.examples))):
            prediction = Prediction(example.question, Schema("", ()), (), (Candidate(example.sql),), 0)
            verdicts = build_judge([parse_choice("metric", "execution_accuracy")], data, executor)(example, prediction)
            assert [verdict.score for verdict in verdicts.values()] == [1.0], example
    assert Folder(data, writable).state == before
    return outcomes


@pytest.fixture
def writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[Path]:
    """An empty working directory and an empty temporary folder."""
    folders = tmp_path / "working", tmp_path / "temporary"
    for folder in folders:
        folder.mkdir()
    monkeypatch.chdir(folders[0])
    for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folders[1]))
    return folders


def test_mutations(writable: Sequence[Path]) -> None:
    outcomes = judge_mutations(load_dataset("tiny"), 500, seed=1, seconds=0.2, writable=writable)
    assert outcomes.total() == 500 and outcomes[""] > 50


@pytest.mark.slow
def test_many_mutations(writable: Sequence[Path]) -> None:
    names: list[str | Path] = ["tiny", "spiderling", *([SHARED / "spider"] if SHARED.is_dir() else [])]
    start, outcomes = time.monotonic(), Counter[str]()
    for seed, name in enumerate(names):
        outcomes += judge_mutations(load_dataset(name), -(-20_000 // len(names)), seed, 0.1, writable)
    print(f"\n{outcomes.total()} statements, {time.monotonic() - start:.0f} s, {dict(outcomes)}")
    assert outcomes.total() >= 20_000
