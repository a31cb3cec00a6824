"""Every stage of the flow, with a strategy from outside in each, from the experiment file to the stored run."""

from __future__ import annotations

from pathlib import Path

import pytest

from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError
from text2sql.prompts.create_table import create_table
from text2sql.runner import run
from text2sql.show import show
from text2sql.store import from_record
from text2sql.types import Column, Example, ForeignKey, Question, Schema, Table

EVERY_STAGE = """
[data]
use = "tiny"

[[configuration]]
name = "every stage"
linker    = { use = "tests.strategies:first_tables", keep = 2 }
model     = { use = "tests.strategies:says", text = "SELECT unheard_of" }
retriever = { use = "tests.strategies:earliest", k = 4 }
reranker  = { use = "tests.strategies:reverse", k = 2 }
draft     = { model = { use = "tests.strategies:says", text = "SELECT 'draft'" } }
generator = { use = "direct", n = 2, temperature = 0.5 }
reviser   = { use = "tests.strategies:mend", model = { use = "tests.strategies:says", text = "SELECT 7" } }
voter     = { use = "tests.strategies:either", of = { use = "majority" } }
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "stages.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_stage_takes_part(tmp_path: Path, tiny: Dataset) -> None:
    found = run(load(write(tmp_path, EVERY_STAGE)), limit=2, workers=1, progress=False)["every stage"]
    question = tiny.examples[0].question
    pool = {example.question.id: example for example in tiny.pool}
    prediction = from_record(found.run.records[question.id], question, tiny.schemas[question.db_id], pool)

    assert [table.name for table in prediction.schema.tables] == [
        table.name for table in tiny.schemas[question.db_id].tables[:2]
    ]
    assert [example.question.id for example in prediction.examples] == ["train-0003", "train-0002"]
    assert prediction.sql == "SELECT 7" and prediction.elected == 0
    for candidate in prediction.candidates:
        assert candidate.result is not None and candidate.result.rows == ((7,),)
        assert candidate.revises is not None and candidate.revises.result is not None
        assert candidate.revises.result.error == "no_such_column"
        assert candidate.prompt is not None
        assert [message.role for message in candidate.prompt.messages] == ["system", "user", "assistant", "user"]

    calls = [call for call in found.run.calls() if call.question == question.id]
    assert [(call.stage, call.n) for call in calls] == [
        ("draft", 2), ("generate", 2), ("revise", 1), ("revise", 1), ("question", 0),
    ]  # fmt: skip
    assert (calls[1].prompt_tokens, calls[1].completion_tokens, calls[1].cost, calls[1].paid) == (2, 2, 1.0, 0.0)

    text = show(found.run, tiny, question.id)
    assert "Examples (2):\n  train-0003  " in text
    assert "  revised from:\n" in text and "→ no_such_column: " in text


def test_what_is_not_supplied_is_named(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        '[data]\nuse = "tiny"\n[[configuration]]\nname = "x"\nmodel = { use = "tests.strategies:says" }\n'
        'voter = { use = "tests.test_pipeline:asks_for_gold" }\n',
    )
    with pytest.raises(ConfigError, match=r"^voter 'tests.test_pipeline:asks_for_gold' asks for 'gold', which is not"):
        run(load(file), limit=1, workers=1, progress=False)


def asks_for_gold(gold: object) -> object:
    """No strategy on the model's side can have it."""
    return gold


def test_create_table_shows_schema_keys_examples_and_question() -> None:
    orchard = Table("Orchard", (Column("id", "number"), Column("Name of owner", "text")), ("id",))
    tree = Table("Tree", (Column("id", "number"), Column("orchard", "number")), ("id",))
    schema = Schema("orchards", (orchard, tree), (ForeignKey("Tree", "orchard", "Orchard", "id"),))
    question = Question("dev-0000", "orchards", "How many trees?", evidence="count rows")
    example = Example(Question("train-0000", "gardens", "How many beds?"), "SELECT count(*) FROM bed")
    expected = (
        'CREATE TABLE Orchard (\n  id number,\n  "Name of owner" text,\n  PRIMARY KEY (id)\n);\n\n'
        "CREATE TABLE Tree (\n  id number,\n  orchard number,\n  PRIMARY KEY (id),\n"
        "  FOREIGN KEY (orchard) REFERENCES Orchard (id)\n);\n\n"
        "Question: How many beds?\nSQL: SELECT count(*) FROM bed\n\n"
        "Question: How many trees?\nHint: count rows\nSQL:"
    )
    assert create_table()(question, schema, [example]).messages[1].content == expected
    without = create_table(foreign_keys=False, instruction="Go.")(question, schema, [])
    assert "FOREIGN KEY" not in without.messages[1].content
    assert without.messages[0].content == "Go."
