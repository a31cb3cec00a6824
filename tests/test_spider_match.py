"""Official exact set match: rules one by one, then the official verdicts and component tables.

The second half needs ../shared (Spider, published predictions, conformance pairs) beside the repository.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.small import write_database
from text2sql.dataset import Dataset, load_dataset
from text2sql.evaluator import LEVELS, hardness
from text2sql.metrics.exact_set_match import exact_set_match
from text2sql.predictions import align
from text2sql.spider_match import Component, components, foreign_key_representatives
from text2sql.spider_sql import parse
from text2sql.structures import Structures, component_tables
from text2sql.types import Candidate, Column, Example, ForeignKey, Prediction, Question, Schema, Table

TABLES = {
    "Shop": ("Id", "Name", "Town", "Opened"),
    "Bread": ("Id", "Name", "Price", "Weight", "Shop_Id"),
    "Sale": ("Bread_Id", "Day", "Pieces"),
}
SCHEMA = Schema(
    "bakery",
    tuple(Table(name, tuple(Column(column) for column in columns)) for name, columns in TABLES.items()),
    (ForeignKey("Bread", "Shop_Id", "Shop", "Id"), ForeignKey("Sale", "Bread_Id", "Bread", "Id")),
)
JOINED = "Shop AS T1 JOIN Bread AS T2 ON T1.Id = T2.Shop_Id"

PAIRS = [
    # what does not count: values, DISTINCT, order of a list, JOIN conditions, the number of LIMIT, aliases
    ("SELECT Name FROM Shop WHERE Opened > 1990", "SELECT Name FROM Shop WHERE Opened > 5", 1),
    ("SELECT Name FROM Shop WHERE Town = 'Bath'", "SELECT Name FROM Shop WHERE Town = Name", 1),
    ("SELECT Price FROM Bread WHERE Weight BETWEEN 1 AND 2", "SELECT Price FROM Bread WHERE Weight BETWEEN 3 AND 4", 1),
    ("SELECT DISTINCT Town FROM Shop", "SELECT Town FROM Shop", 1),
    ("SELECT count(DISTINCT Town) FROM Shop", "SELECT count(Town) FROM Shop", 1),
    ("SELECT Name , Town FROM Shop", "SELECT Town , Name FROM Shop", 1),
    (f"SELECT T1.Town FROM {JOINED}", "SELECT a.Town FROM Bread AS b JOIN Shop AS a ON a.Name = b.Name", 1),
    ("SELECT Name FROM Shop ORDER BY Opened LIMIT 1", "SELECT Name FROM Shop ORDER BY Opened ASC LIMIT 9", 1),
    ("SELECT Name FROM Shop WHERE Id = 1 AND Town = 'a'", "SELECT Name FROM Shop WHERE Town = 'b' AND Id = 2", 1),
    # what counts
    ("SELECT Name FROM Shop", "SELECT Town FROM Shop", 0),
    ("SELECT Name FROM Shop", "SELECT Name , Name FROM Shop", 0),
    ("SELECT max(Price) FROM Bread", "SELECT min(Price) FROM Bread", 0),
    ("SELECT Price - Weight FROM Bread", "SELECT Weight - Price FROM Bread", 0),
    ("SELECT Name FROM Shop WHERE Opened > 1", "SELECT Name FROM Shop WHERE Opened >= 1", 0),
    ("SELECT Name FROM Shop WHERE Name LIKE 'a'", "SELECT Name FROM Shop WHERE Name NOT LIKE 'a'", 0),
    ("SELECT Name FROM Shop WHERE Id = 1 AND Town = 'a'", "SELECT Name FROM Shop WHERE Id = 1 OR Town = 'a'", 0),
    ("SELECT Name FROM Shop ORDER BY Opened", "SELECT Name FROM Shop ORDER BY Opened DESC", 0),
    ("SELECT Name FROM Shop ORDER BY Opened , Id", "SELECT Name FROM Shop ORDER BY Id , Opened", 0),
    ("SELECT Name FROM Shop ORDER BY Opened", "SELECT Name FROM Shop ORDER BY Opened LIMIT 1", 0),
    (f"SELECT T1.Town FROM {JOINED}", "SELECT Town FROM Shop", 0),
    (f"SELECT T1.Town FROM {JOINED}", "SELECT T1.Town FROM Shop AS T1 JOIN Shop AS T2 ON T1.Id = T2.Id", 0),
    ("SELECT Town FROM Shop GROUP BY Town", "SELECT Town FROM Shop GROUP BY Town HAVING count(*) > 1", 0),
    # columns are equal through foreign keys where FROM has the table, and the first in the schema stands for all
    (f"SELECT T2.Name FROM {JOINED} WHERE T1.Id = 1", f"SELECT T2.Name FROM {JOINED} WHERE T2.Shop_Id = 1", 1),
    (f"SELECT T1.Id FROM {JOINED} GROUP BY T1.Id", f"SELECT T2.Shop_Id FROM {JOINED} GROUP BY T2.Shop_Id", 1),
    (f"SELECT T1.Id FROM {JOINED}", f"SELECT T2.Id FROM {JOINED}", 0),
    # set operations are compared like queries
    (
        "SELECT Id FROM Shop UNION SELECT Id FROM Bread WHERE Price > 1",
        "SELECT Id FROM Shop UNION SELECT Id FROM Bread WHERE Price > 2",
        1,
    ),
    ("SELECT Id FROM Shop UNION SELECT Id FROM Bread", "SELECT Id FROM Shop UNION SELECT Id FROM Shop", 0),
    ("SELECT Id FROM Shop UNION SELECT Id FROM Bread", "SELECT Id FROM Shop EXCEPT SELECT Id FROM Bread", 0),
    ("SELECT Id FROM Shop UNION SELECT Id FROM Bread", "SELECT Id FROM Shop", 0),
    # sub-queries of conditions: whole, but for values
    (
        "SELECT Name FROM Shop WHERE Id IN (SELECT Shop_Id FROM Bread WHERE Price > 1)",
        "SELECT Name FROM Shop WHERE Id IN (SELECT Shop_Id FROM Bread WHERE Price > 2)",
        1,
    ),
    (
        "SELECT Name FROM Shop WHERE Id IN (SELECT Shop_Id FROM Bread)",
        "SELECT Name FROM Shop WHERE Id IN (SELECT DISTINCT Shop_Id FROM Bread)",
        0,
    ),
    (
        f"SELECT Name FROM Shop WHERE Id IN (SELECT T1.Id FROM {JOINED})",
        f"SELECT Name FROM Shop WHERE Id IN (SELECT T2.Shop_Id FROM {JOINED})",
        0,
    ),
    ("SELECT Name FROM Shop WHERE Id IN (SELECT Shop_Id FROM Bread)", "SELECT Name FROM Shop WHERE Id = 1", 0),
    # sub-queries of FROM: whole, with their values
    ("SELECT count(*) FROM (SELECT Id FROM Shop)", "SELECT count(*) FROM (SELECT Id FROM Shop)", 1),
    (
        "SELECT count(*) FROM (SELECT Id FROM Shop WHERE Id = 1)",
        "SELECT count(*) FROM (SELECT Id FROM Shop WHERE Id = 2)",
        0,
    ),
]  # fmt: skip


def prediction(sql: str) -> Prediction:
    question = Question("dev-0000", "bakery", "Which bread?")
    return Prediction(question, SCHEMA, (), (Candidate(sql),), 0)


@pytest.mark.parametrize(("gold", "predicted", "score"), PAIRS)
def test_rules(tmp_path: Path, gold: str, predicted: str, score: int) -> None:
    tables = "".join(f"CREATE TABLE {name} ({', '.join(columns)});" for name, columns in TABLES.items())
    databases = {"bakery": write_database(tmp_path / "bakery.sqlite", tables)}
    metric = exact_set_match({"bakery": SCHEMA}, databases)
    one = prediction(predicted)
    verdict = metric(Example(one.question, gold), one)
    assert (verdict.score, verdict.reason) == (score, "" if score else "different")
    other = prediction(gold)
    assert metric(Example(other.question, predicted), other).score == score, "the rules are symmetric"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    databases = {"bakery": write_database(tmp_path / "bakery.sqlite", "CREATE TABLE Shop (Id, Name, Value);")}
    metric = exact_set_match({"bakery": SCHEMA}, databases)

    def reason(gold: str, predicted: str) -> str:
        one = prediction(predicted)
        return metric(Example(one.question, gold), one).reason

    assert reason("SELECT Id FROM Shop", "SELECT CAST(Id AS TEXT) FROM Shop") == "unparsed"
    assert reason("SELECT Id FROM Shop", "SELECT Price FROM Shop") == "unparsed"
    assert reason("SELECT Id FROM Shop WHERE Id <> 1", "SELECT Id FROM Shop") == "gold_unparsed"
    # `value` is 1 in predictions alone
    assert reason("SELECT value FROM Shop", "SELECT value FROM Shop") == "unparsed"
    assert reason("SELECT value FROM Shop", "SELECT VALUE FROM Shop") == ""
    nobody = Prediction(Question("dev-0000", "bakery", "?"), SCHEMA, (), (), -1)
    assert metric(Example(nobody.question, "SELECT Id FROM Shop"), nobody).reason == "no_sql"


def test_components_count_items() -> None:
    gold = parse("SELECT Name , max(Opened) FROM Shop WHERE Id = 1 AND Town = 'a' GROUP BY Name", TABLES)
    predicted = parse("SELECT Name , min(Opened) FROM Shop WHERE Id > 1 OR Town = 'a' ORDER BY Name", TABLES)
    assert components(gold, predicted, {}) == {
        "select": Component(2, 2, 1),
        "select(no AGG)": Component(2, 2, 2),
        "where": Component(2, 2, 1),
        "where(no OP)": Component(2, 2, 2),
        "group(no Having)": Component(1, 0, 0),
        "group": Component(1, 0, 0),
        "order": Component(0, 1, 0),
        "and/or": Component(1, 1, 0),
        "IUEN": Component(0, 0, 0),
        "keywords": Component(2, 4, 1),
    }


def test_representatives_of_chained_keys() -> None:
    """A key that would unite two groups joins the first of them, and the later group keeps the shared column."""
    keys = [("B", "x", "A", "x"), ("D", "x", "C", "x"), ("C", "x", "B", "x")]
    schema = Schema(
        "chain",
        tuple(Table(name, (Column("x"),)) for name in "ABCD"),
        tuple(ForeignKey(*key) for key in keys),
    )
    assert foreign_key_representatives(schema) == {"a.x": "a.x", "b.x": "a.x", "c.x": "c.x", "d.x": "c.x"}


# --- official verdicts --------------------------------------------------------------------------------------


def records(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def found(dataset: Dataset, pairs: Sequence[tuple[str, str, str]]) -> list[tuple[int, bool]]:
    """EM, and whether the prediction could be read, of (db_id, gold, predicted)."""
    metric = exact_set_match(dataset.schemas, dataset.databases)
    verdicts = [
        metric(
            Example(Question("", db_id, ""), gold),
            Prediction(Question("", db_id, ""), SCHEMA, (), (Candidate(predicted),), 0),
        )
        for db_id, gold, predicted in pairs
    ]
    return [(int(verdict.score), verdict.reason != "unparsed") for verdict in verdicts]


def published(shared: Path, dataset: Dataset, name: str) -> list[tuple[str, str, str]]:
    questions = [example.question for example in dataset.examples]
    answers = align(shared / f"predictions/{name}.txt", questions, allow_missing=True)
    return [(e.question.db_id, e.sql, a.sqls[0]) for e, a in zip(dataset.examples, answers, strict=True)]


def test_conformance_pairs(shared: Path) -> None:
    official = records(shared / "conformance/pairs.jsonl")
    pairs = [(str(r["db_id"]), str(r["gold"]), str(r["predicted"])) for r in official]
    ours = found(load_dataset(shared / "spider", split="train"), pairs)
    assert ours == [(r["exact_set_match"], r["parsed"]) for r in official]


@pytest.mark.parametrize("table", ["c3_chatgpt", "dail_sql_gpt4", "codes_1b_sft"])
def test_component_tables(shared: Path, spider: Dataset, table: str) -> None:
    """Accuracy, recall and F1 of every component, to the printed digit."""
    text = (shared / f"predictions/{table}.components.txt").read_text(encoding="utf-8")
    expected = re.findall(r"^(\S.*?) +(\d\.\d+) +(\d\.\d+) +(\d\.\d+) +(\d\.\d+) +(\d\.\d+) *$", text, re.M)[2:]
    levels = hardness(spider)
    structures = Structures(spider.schemas, spider.databases)
    found = []
    for example, (db_id, gold, predicted) in zip(spider.examples, published(shared, spider, table), strict=True):
        query = structures.gold(db_id, gold)
        assert query is not None
        components = structures.components(db_id, query, structures.predicted(db_id, predicted))
        found.append((levels[example.question.id], components))
    ours = [
        (name, *(f"{scores[column]:.3f}" for column in (*LEVELS, "all")))
        for components in component_tables(found).values()
        for name, scores in components.items()
    ]
    assert ours == expected


def test_component_tables_of_few() -> None:
    """A level without examples has no figures; where a component is in none of a level, F1 is 1."""
    right, wrong = {"group": Component(1, 1, 1)}, {"group": Component(1, 0, 0)}
    nothing = {"group": Component(0, 0, 0)}
    assert component_tables([("easy", right), ("easy", wrong), ("hard", nothing)]) == {
        "accuracy": {"group": {"all": 1.0, "easy": 1.0, "medium": None, "hard": 0.0, "extra": None}},
        "recall": {"group": {"all": 0.5, "easy": 0.5, "medium": None, "hard": 0.0, "extra": None}},
        "f1": {"group": {"all": 2 / 3, "easy": 2 / 3, "medium": None, "hard": 1.0, "extra": None}},
    }
