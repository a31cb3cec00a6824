"""One question to a database of one's own, by the embedded model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.small import write_database
from text2sql.ask import answer_text, ask
from text2sql.config import load
from text2sql.errors import DatabaseError, UsageError
from text2sql.experiment import Experiment

SHOP = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT, age INTEGER);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER, amount INTEGER,
    FOREIGN KEY (customer_id) REFERENCES customer (id));
INSERT INTO customer VALUES (1, 'Ada', 'Porto', 31), (2, 'Ben', 'Lima', 25), (3, 'Cleo', 'Lima', 47);
INSERT INTO purchase VALUES (1, 1, 30), (2, 1, 5), (3, 3, 12);
"""


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return load("experiments/ladder.toml").only(["HyDE"])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_database(tmp_path / "shop.sqlite", SHOP)


def test_a_question_is_answered_with_its_result(shop: Path, experiment: Experiment) -> None:
    answer = ask(shop, "How many customers live in Lima?", experiment, progress=False)
    assert answer.explanation == "" and len(answer.prediction.examples) == 5
    assert "customer" in answer.prediction.sql
    assert answer.prediction.result is not None and answer.prediction.result.ok
    assert answer_text(answer).startswith(f"{answer.prediction.sql}\n\n→ ")


def test_the_model_explains_itself(shop: Path, experiment: Experiment) -> None:
    answer = ask(shop, "What is the average age of customers?", experiment, explain=True, progress=False)
    for part in ("question: ", "links:", "customer.age", "sketches:", "candidates (", "avg(age)"):
        assert part in answer.explanation
    assert answer_text(answer).startswith(answer.explanation)


@pytest.mark.parametrize("text", ["", "   ", "?!"])
def test_what_is_no_question(shop: Path, experiment: Experiment, text: str) -> None:
    with pytest.raises(UsageError, match="is no question: it has neither letters nor numbers"):
        ask(shop, text, experiment, progress=False)


def test_what_is_no_database(tmp_path: Path, experiment: Experiment) -> None:
    with pytest.raises(DatabaseError, match=r"none\.sqlite: no such database$"):
        ask(tmp_path / "none.sqlite", "How many?", experiment, progress=False)
    (tmp_path / "text.sqlite").write_text("not a database at all, however long it may be")
    with pytest.raises(DatabaseError, match=r"text\.sqlite"):
        ask(tmp_path / "text.sqlite", "How many?", experiment, progress=False)
    empty = write_database(tmp_path / "empty.sqlite", "CREATE TABLE a (b); DROP TABLE a;")
    with pytest.raises(DatabaseError, match=r"empty\.sqlite: this database has no tables$"):
        ask(empty, "How many?", experiment, progress=False)
