"""One table of what the official evaluator does to a pair, rule by rule (EVALUATOR.md 1.1 to 1.3); to be extended."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.small import plain, write_database
from text2sql.executor import Execute, Executor
from text2sql.metrics.execution_accuracy import execution_accuracy
from text2sql.sandbox import OFFICIAL
from text2sql.types import Candidate, Example, Prediction, Question, Schema

PANTRY = """
CREATE TABLE jar (jar_id INTEGER, jam TEXT, grams REAL, value TEXT, "values" TEXT, "1s" TEXT);
INSERT INTO jar VALUES
    (1, 'quince', 250.0, 'low', 'low', 'low'), (2, 'Quince', 250.5, 'high', 'high', 'high'),
    (3, NULL, 90, '1', 'x', 'x'),
    (4, CAST(x'C3' || 'fig' AS TEXT), 90, 'a > = b', 'a >= b', 'a >= b'), (5, x'666967', 0.3, 'value', '1', '1');
"""
RIGHT, WRONG = "", "wrong_result"

# rule, gold, prediction, reason
RULES = [
    # 1.1.5: on the prediction, and there alone, `value` becomes 1: anywhere, in lower case alone
    ("value: a column", "SELECT value FROM jar", "SELECT value FROM jar", WRONG),
    ("value: a column that gold has as 1", "SELECT 1 FROM jar", "SELECT value FROM jar", RIGHT),
    ("value: within a name", 'SELECT "values" FROM jar', 'SELECT "values" FROM jar', RIGHT),  # of the column "1s"
    ("value: within a name without quotes", "SELECT jar_id AS a FROM jar", "SELECT jar_id AS my_value FROM jar", RIGHT),
    ("value: a literal", "SELECT 5", "SELECT jar_id FROM jar WHERE VALUE = 'value'", WRONG),
    ("value: a literal that becomes 1", "SELECT 3", "SELECT jar_id FROM jar WHERE VALUE = 'value'", RIGHT),
    ("value: not in gold", "SELECT jar_id FROM jar WHERE value = 'value'", "SELECT 5", RIGHT),
    ("value: not in upper case", "SELECT value FROM jar", "SELECT Value FROM jar", RIGHT),
    # 1.2.1: three operators are mended, on both sides, as text
    ("blanks: > =", "SELECT 5", "SELECT count(*) FROM jar WHERE jar_id > = 1", RIGHT),
    ("blanks: < = in gold", "SELECT count(*) FROM jar WHERE jar_id < = 2", "SELECT 2", RIGHT),
    ("blanks: ! =", "SELECT 4", "SELECT count(*) FROM jar WHERE jar_id ! = 1", RIGHT),
    ("blanks: in a literal of gold", "SELECT count(*) FROM jar WHERE value = 'a > = b'", "SELECT 0", RIGHT),
    ("blanks: in a literal", "SELECT count(*) FROM jar WHERE VALUE = 'a > = b'", "SELECT 'a > = b'", WRONG),
    ("blanks: in literals of both", "SELECT 'a >= b'", "SELECT 'a > = b'", RIGHT),
    ("blanks: two are not mended", "SELECT 5", "SELECT count(*) FROM jar WHERE jar_id >  = 1", "syntax"),
    ("blanks: < > is not mended", "SELECT 4", "SELECT count(*) FROM jar WHERE jar_id < > 1", "syntax"),
    # 1.2.2: DISTINCT is dropped on both sides, from the first statement, which alone is run
    ("distinct: not required", "SELECT DISTINCT grams FROM jar", "SELECT grams FROM jar", RIGHT),
    ("distinct: not punished", "SELECT grams FROM jar", "SELECT DISTINCT grams FROM jar", RIGHT),
    ("distinct: rows count", "SELECT DISTINCT grams FROM jar", "SELECT grams FROM jar GROUP BY grams", WRONG),
    ("distinct: in count", "SELECT count(DISTINCT grams) FROM jar", "SELECT 5", RIGHT),
    ("distinct: in a sub-query", "SELECT count(*) FROM (SELECT DISTINCT grams FROM jar)", "SELECT 5", RIGHT),
    ("distinct: not in a literal", "SELECT 'distinct'", "SELECT 'distinct'", RIGHT),
    ("distinct: not within a word", "SELECT 1 AS distinct_id", "SELECT 1 AS distinct_id", RIGHT),
    ("distinct: first statement of the prediction", "SELECT 1", "SELECT DISTINCT 1; SELECT 2", RIGHT),
    ("distinct: first statement of gold", "SELECT 1; SELECT 2", "SELECT 1", RIGHT),
    ("distinct: a semicolon in a literal ends none", "SELECT ';'", "SELECT ';'; SELECT 2", RIGHT),
    # 1.2.3: order matters where gold has the letters "order by", after rule 1.2.2
    ("order: of gold", "SELECT jar_id FROM jar ORDER BY 1", "SELECT jar_id FROM jar ORDER BY 1 DESC", WRONG),
    ("order: in any case", "SELECT jar_id FROM jar oRdEr bY 1", "SELECT jar_id FROM jar ORDER BY 1 DESC", WRONG),
    ("order: of the prediction", "SELECT jar_id FROM jar", "SELECT jar_id FROM jar ORDER BY 1 DESC", RIGHT),
    (
        "order: in a sub-query",
        "SELECT jar_id FROM jar WHERE jar_id IN (SELECT jar_id FROM jar ORDER BY 1 LIMIT 2)",
        "SELECT jar_id FROM jar WHERE jar_id < 3 ORDER BY 1 DESC",
        WRONG,
    ),
    (
        "order: in one arm",
        "SELECT 1 UNION ALL SELECT * FROM (SELECT 2 ORDER BY 1)",
        "SELECT 2 UNION ALL SELECT 1",
        WRONG,
    ),
    ("order: in a literal", "SELECT jar_id, 'order by' FROM jar", "SELECT jar_id, 'order by' FROM jar", RIGHT),
    (
        "order: in a literal, other rows first",
        "SELECT jar_id FROM jar WHERE 'order by' > ''",
        "SELECT jar_id FROM jar ORDER BY 1 DESC",
        WRONG,
    ),
    ("order: two blanks", "SELECT jar_id FROM jar ORDER  BY 1", "SELECT jar_id FROM jar ORDER BY 1 DESC", RIGHT),
    ("order: a line break", "SELECT jar_id FROM jar ORDER\nBY 1", "SELECT jar_id FROM jar ORDER BY 1 DESC", RIGHT),
    (
        "order: DISTINCT between",
        "SELECT jar_id FROM jar ORDER DISTINCT BY 1",
        "SELECT jar_id FROM jar ORDER BY 1 DESC",
        RIGHT,
    ),
    # 1.2.6: how a statement is run
    ("run: invalid UTF-8 is dropped", "SELECT jam FROM jar WHERE jar_id = 4", "SELECT 'fig'", RIGHT),
    ("run: in the prediction too", "SELECT 'fig'", "SELECT CAST(x'66FF6967' AS TEXT)", RIGHT),
    ("run: the year", "SELECT YEAR(CURDATE())", "SELECT 2020", RIGHT),
    ("run: the year in any case, with blanks", "SELECT 2021", "SELECT Year ( CURDATE ( ) ) + 1", RIGHT),
    ("run: the year in a literal", "SELECT '2020'", "SELECT 'YEAR(CURDATE())'", RIGHT),
    ("run: the year eats blanks", "SELECT 1", "SELECT 1 WHERE YEAR(CURDATE()) AND 1", "syntax"),
    ("run: the year eats no other sign", "SELECT 1", "SELECT 1 WHERE YEAR(CURDATE()) > 2019", RIGHT),
    ("run: gold fails", "SELECT jars FROM jar", "SELECT 1", "gold_error"),
    ("run: both fail", "SELECT jars FROM jar", "SELECT jars FROM jar", "gold_error"),
    ("run: the prediction fails", "SELECT 1 WHERE 0", "SELECT jars FROM jar", "no_such_column"),
    ("run: a write returns no rows", "SELECT 1 WHERE 0", "UPDATE jar SET grams = 0", RIGHT),
    ("run: a write, and gold has rows", "SELECT 1", "DROP TABLE jar", "not_a_query"),
    ("run: nothing was written", "SELECT count(*) FROM jar WHERE grams > 0", "SELECT 5", RIGHT),
    # 1.3.1 and 1.3.2: counts
    ("counts: no rows, other columns", "SELECT 1, 2 WHERE 0", "SELECT jar_id FROM jar WHERE 0", RIGHT),
    ("counts: no rows against one of NULL", "SELECT 1 WHERE 0", "SELECT NULL", WRONG),
    ("counts: rows", "SELECT grams FROM jar", "SELECT grams FROM jar LIMIT 4", WRONG),
    ("counts: columns", "SELECT jar_id FROM jar", "SELECT jar_id, jar_id FROM jar", WRONG),
    # 1.3.3: the quick rejection sorts the cells of a row by text and type
    ("types: a row of numbers that sorts otherwise", "SELECT 1, 1.5", "SELECT 1.0, 1.5", WRONG),
    ("types: one that sorts the same", "SELECT 1, 2.5", "SELECT 1.0, 2.5", RIGHT),
    # 1.3.4: one order of columns for all rows
    ("columns: swapped", "SELECT jar_id, grams FROM jar", "SELECT grams, jar_id FROM jar", RIGHT),
    ("columns: swapped, in order", "SELECT jar_id, grams FROM jar ORDER BY 1", "SELECT grams, jar_id FROM jar", RIGHT),
    (
        "columns: swapped in one row",
        "SELECT 1, 2 UNION ALL SELECT 3, 4",
        "SELECT 1, 2 UNION ALL SELECT 4, 3",
        WRONG,
    ),
    (
        "rows: a multiset",
        "SELECT 1 UNION ALL SELECT 1 UNION ALL SELECT 2",
        "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 2",
        WRONG,
    ),
    # 1.3.5: cells are equal as in Python
    ("cells: 1 and 1.0", "SELECT 1", "SELECT 1.0", RIGHT),
    ("cells: 1 and '1'", "SELECT 1", "SELECT '1'", WRONG),
    ("cells: NULL and NULL", "SELECT jam FROM jar WHERE jar_id = 3", "SELECT NULL", RIGHT),
    ("cells: NULL and nothing", "SELECT NULL", "SELECT ''", WRONG),
    ("cells: bytes and text", "SELECT jam FROM jar WHERE jar_id = 5", "SELECT 'fig'", WRONG),
    ("cells: no tolerance", "SELECT grams FROM jar WHERE jar_id = 5", "SELECT 0.1 + 0.2", WRONG),
    ("cells: no rounding", "SELECT 2.0 / 3", "SELECT 0.67", WRONG),
    ("cells: case", "SELECT jam FROM jar WHERE jar_id = 1", "SELECT jam FROM jar WHERE jar_id = 2", WRONG),
    ("cells: blanks", "SELECT 'fig'", "SELECT 'fig '", WRONG),
]


@pytest.fixture(scope="module")
def execute(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Execute]:
    database = write_database(tmp_path_factory.mktemp("pantry") / "pantry.sqlite", PANTRY)
    with Executor(workers=1) as executor:
        yield Execute(executor, {"pantry": database}, OFFICIAL)


@pytest.mark.parametrize(("gold", "sql", "reason"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES])
def test_rule(execute: Execute, gold: str, sql: str, reason: str) -> None:
    question = Question("dev-0000", "pantry", "Which jam?")
    prediction = Prediction(question, Schema("pantry", ()), (), (Candidate(sql),), 0)
    verdict = execution_accuracy(execute)(Example(question, gold), prediction)
    assert (verdict.score, plain(verdict.reason)) == (0.0 if reason else 1.0, reason)


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({name for name, *_ in RULES}) == len(RULES)
