"""Every prompt as a whole, in tests/fixtures/prompts, one file a setting.

After a change that is meant, ``python -m tests.test_prompts`` writes the files again; the diff is the review.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.test_readme import blocks
from text2sql.config import load
from text2sql.errors import ConfigError
from text2sql.prompts.create_table import create_table
from text2sql.prompts.openai_demo import openai_demo
from text2sql.prompts.question import question
from text2sql.prompts.template import template
from text2sql.protocols import Examples, Render
from text2sql.runner import run
from text2sql.store import from_record
from text2sql.types import Column, Example, ForeignKey, Message, Prompt, Question, Schema, Table

FIXTURES = Path(__file__).parent / "fixtures"

BAKERIES = Schema(
    "bakeries",
    (
        Table(
            "Bäckerei",
            (
                Column("id", "number", "shop key"),
                Column("Owner's name", "text", "proprietor", ("Zoë", "O'Brien", "Ana\nMaría", "Łukasz")),
                Column("opened", "time", "first day", ("1911-05-01", "1987-11-30")),
            ),
            ("id",),
            "bakery shop",
            ((1, "Zoë", "1911-05-01"), (2, None, "1987-11-30"), (3, "Ana\nMaría", "")),
        ),
        Table(
            "bread",
            (
                Column("bakery", "number", "sold where"),
                Column("order", "number", "rank"),
                Column("kg", "number", "heaviness"),
                Column("recipe", "text", "way of baking"),
                Column("photo", "others", "picture"),
            ),
            ("bakery", "order"),
            "loaf",
            ((1, 1, 0.75, "Knead for ten minutes, " * 5, b"\x89PNG"), (1, 2, 1.0, "Wait.", None)),
        ),
    ),
    (ForeignKey("bread", "bakery", "Bäckerei", "id"),),
)
ASKED = Question("dev-0000", "bakeries", "Which bakeries sell {braces} over 1 kg?")
HINTED = replace(ASKED, evidence="over means kg > 1")
EXAMPLES = (
    Example(Question("train-0000", "ponds", "How many fish?", "a secret hint"), "SELECT count(*) FROM fish"),
    Example(Question("train-0001", "kites", "Name all kites."), "SELECT name FROM kite"),
)


@dataclass(frozen=True)
class Case:
    """A prompt with its options, and what it is asked."""

    render: Render
    question: Question = HINTED
    examples: Examples = EXAMPLES

    def prompt(self) -> Prompt:
        return self.render(self.question, BAKERIES, self.examples)

    def text(self) -> str:
        return "".join(f"[{message.role}]\n{message.content}\n" for message in self.prompt().messages)


def user_template(name: str, **options: int | str | bool) -> Render:
    return template(file=FIXTURES / "templates" / f"{name}.txt", **options)  # type: ignore[arg-type]


CASES = {
    "create_table": Case(create_table(), ASKED, ()),
    "create_table_examples_hint": Case(create_table()),
    "create_table_no_keys": Case(create_table(foreign_keys=False, instruction="Say it in SQL."), ASKED, ()),
    "create_table_rows_values": Case(create_table(rows=2, values=3)),
    "create_table_labels": Case(create_table(labels=True, values=1), ASKED, ()),
    "create_table_chain_of_thought": Case(create_table(chain_of_thought=True)),
    "create_table_chain_of_thought_instruction": Case(
        create_table(chain_of_thought=True, instruction="Say it in SQL."), ASKED, ()
    ),
    "openai_demo": Case(openai_demo(), ASKED, ()),
    "openai_demo_examples_hint": Case(openai_demo()),
    "openai_demo_no_keys": Case(openai_demo(foreign_keys=False, instruction="Say it in SQL."), ASKED, ()),
    "openai_demo_rows_values": Case(openai_demo(rows=2, values=3)),
    "openai_demo_labels": Case(openai_demo(labels=True, values=1), ASKED, ()),
    "openai_demo_chain_of_thought": Case(openai_demo(chain_of_thought=True)),
    "question": Case(question()),
    "template_chat": Case(user_template("chat"), ASKED, ()),
    "template_chat_examples_hint": Case(user_template("chat", rows=1, values=1)),
    "template_compact": Case(user_template("compact", foreign_keys=False), ASKED, ()),
    "template_compact_sql_only": Case(user_template("compact", values=2, example="/* example */ {sql};")),
    "template_bare": Case(user_template("bare", rows=3, values=3)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_prompt_is_the_one_of_its_file(name: str) -> None:
    file = FIXTURES / "prompts" / f"{name}.txt"
    assert CASES[name].text() == file.read_text(encoding="utf-8"), "if meant: python -m tests.test_prompts"


def test_every_file_has_its_prompt() -> None:
    assert {file.stem for file in (FIXTURES / "prompts").iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_parts_are_what_the_messages_show(name: str) -> None:
    prompt = CASES[name].prompt()
    text = "\n".join(message.content for message in prompt.messages)
    shown, given = prompt.schema, BAKERIES
    assert text.count("Bäckerei") >= len(shown.tables[:1]) and ("Bäckerei" in text) == bool(shown.tables)
    assert bool(shown.foreign_keys) == ("REFERENCES" in text or "Foreign keys:" in text)
    assert all(("PRIMARY KEY (id)" in text) == (table.primary_key == ("id",)) for table in shown.tables[:1])
    columns = {column.name: column for table in shown.tables for column in table.columns}
    for table in given.tables:
        for column in table.columns:
            visible = columns.get(column.name, Column(""))
            assert visible.label == (column.label if column.label in text else "")
            assert visible.type == (column.type if f" {column.type}" in text else "")
    cells = {cell for table in shown.tables for row in table.rows for cell in row if isinstance(cell, str)}
    seen = {value for column in columns.values() for value in column.values} | cells
    everything = {"Zoë", "O'Brien", "Ana\nMaría", "Ana María", "Łukasz", "1911-05-01", "1987-11-30", "Wait."}
    assert {value for value in everything if value.replace("'", "''") in text} == seen & everything
    assert {cell for cell in cells if cell.replace("'", "''") not in text} == set()
    assert prompt.question.text in text and (HINTED.evidence in text) == bool(prompt.question.evidence)
    assert {e.sql for e in EXAMPLES if e.sql in text} == {e.sql for e in prompt.examples}
    assert {e.question.text for e in EXAMPLES if e.question.text in text} == {
        e.question.text for e in prompt.examples if e.question.text
    }
    assert all(not example.question.evidence for example in prompt.examples)
    assert prompt.instruction == "".join(message.content for message in prompt.messages if message.role == "system")


@pytest.mark.parametrize("name", ["create_table", "openai_demo"])
def test_a_chain_of_thought_is_asked_for_in_words_alone(name: str) -> None:
    """A model that reads the parts answers as without it."""
    asked, plain = (
        replace(CASES[case].prompt(), messages=(), instruction="")
        for case in (f"{name}_chain_of_thought", f"{name}_examples_hint")
    )
    assert asked == plain


@pytest.mark.parametrize("make", [create_table, openai_demo, lambda **options: user_template("bare", **options)])
@pytest.mark.parametrize(("option", "number", "most"), [("rows", 4, 3), ("rows", -1, 3), ("values", 51, 50)])
def test_more_than_a_schema_holds_is_refused(make: object, option: str, number: int, most: int) -> None:
    assert callable(make)
    with pytest.raises(ConfigError) as raised:
        make(**{option: number})
    assert str(raised.value) == f"prompt: {option} is to be 0 to {most}, which is what a schema holds, not {number}"


# --- files of the user's own --------------------------------------------------------------------------------------


def rendered(tmp_path: Path, content: bytes, examples: Examples = ()) -> list[tuple[str, str]]:
    file = tmp_path / "mine.txt"
    file.write_bytes(content)
    return [(m.role, m.content) for m in template(file=file)(ASKED, BAKERIES, examples).messages]


def test_a_template_of_windows(tmp_path: Path) -> None:
    content = "\ufeffAnswer in SQL, très vite.\r\n--- \r\n\r\n{db_id}:\r\n{question}\r\n".encode()
    assert rendered(tmp_path, content) == [
        ("system", "Answer in SQL, très vite."),
        ("user", "bakeries:\nWhich bakeries sell {braces} over 1 kg?"),
    ]


def test_only_the_first_bar_parts_a_template(tmp_path: Path) -> None:
    assert rendered(tmp_path, b"---\nA\n---\n ---\n{question}") == [("user", f"A\n---\n ---\n{ASKED.text}")]


def test_lines_whose_fields_are_all_empty_leave_no_gap(tmp_path: Path) -> None:
    content = b"{examples}\n\nA\n\nExamples: {examples} {hint}\n\n\nB {hint}{question}\n{hint}\nC\n\n{hint}\n"
    assert rendered(tmp_path, content) == [("user", f"A\n\n\nB {ASKED.text}\nC")]
    filled = [("user", "Question: Name all kites.\nSQL: SELECT name FROM kite\n\nA")]
    assert rendered(tmp_path, b"{examples}\n\nA{hint}{question}", EXAMPLES[1:])[0][1].startswith(filled[0][1])


WRONG = {
    "unknown field": (b"{schema}\n{qestion}", ", line 2: no field {qestion}; did you mean 'question'?"),
    "field of the other part": (b"{sql}\n---\n{question}", ", line 1: no field {sql}{known}"),
    "line below the bar": (b"A\n---\n{question}\n{hnit}", ", line 4: no field {hnit}; did you mean 'hint'?"),
    "conversion": (b"{question!r}", ", line 1: no field {question!r}; did you mean 'question'?"),
    "format": (b"{question:>9}", ", line 1: no field {question:>9}; did you mean 'question'?"),
    "attribute": (b"{question.text}", ", line 1: no field {question.text}; did you mean 'question'?"),
    "position": (b"{}", ", line 1: no field {}{known}"),
    "JSON": (b'{question}\n{"a": 1}', ', line 2: no field {"a": 1}{known}'),
    "open brace": (b"{question", ", line 1: a brace without its counterpart; a literal brace is written twice"),
    "lone brace": (b"{question}\n}", ", line 2: a brace without its counterpart; a literal brace is written twice"),
    "no question": (b"{schema}", ": no {question}"),
    "question above": (b"{question}\n---\n{schema}", ": no {question} below the line ---"),
    "a literal question": (b"{{question}}", ": no {question}"),
    "empty": (b" \r\n", ": an empty file, not a prompt; at least {question} is needed"),
    "Latin-1": ("é {question}".encode("latin-1"), ": not UTF-8 text at byte 0"),
}
KNOWN = "; known: db_id, examples, hint, question, schema, tables; a literal brace is written twice"


@pytest.mark.parametrize("name", WRONG)
def test_a_template_that_is_wrong(name: str, tmp_path: Path) -> None:
    content, message = WRONG[name]
    file = tmp_path / "mine.txt"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        template(file=file)
    assert str(raised.value) == f"{file}{message.replace('{known}', KNOWN)}"


@pytest.mark.parametrize(
    ("example", "message"),
    [
        ("{question}\n{squl}", ", line 2: no field {squl}; did you mean 'sql'?"),
        ("{schema} {sql}", ", line 1: no field {schema}; known: question, sql; a literal brace is written twice"),
        ("{question}", ": no {sql} in it"),
    ],
)
def test_an_example_that_is_wrong(example: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        user_template("bare", example=example)
    assert str(raised.value) == f"{FIXTURES / 'templates' / 'bare.txt'}: option example{message}"


def test_a_template_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^.*none\.txt: No such file or directory$"):
        template(file=tmp_path / "none.txt")


# --- from an experiment file --------------------------------------------------------------------------------------

EXPERIMENT = """
[data]
use = "tiny"

[[configuration]]
name = "own"
model  = { use = "tests.strategies:says" }
prompt = { use = "template", file = "prompts/own.txt", values = 1 }
"""


def experiment(tmp_path: Path, template_text: str) -> Path:
    (tmp_path / "prompts").mkdir(exist_ok=True)
    (tmp_path / "prompts" / "own.txt").write_text(template_text, encoding="utf-8")
    file = tmp_path / "own.toml"
    file.write_text(EXPERIMENT, encoding="utf-8")
    return file


def test_a_template_of_an_experiment(tmp_path: Path) -> None:
    loaded = load(experiment(tmp_path, "Be brief.\n---\n{db_id}: {question}"))
    found = run(loaded, limit=1, workers=1, progress=False)["own"]
    asked = loaded.dataset.examples[0].question
    prediction = from_record(found.run.records[asked.id], asked, loaded.dataset.schemas[asked.db_id], {})
    assert prediction.candidates[0].prompt is not None
    assert prediction.candidates[0].prompt.messages == (
        Message("system", "Be brief."),
        Message("user", f"{asked.db_id}: {asked.text}"),
    )


def test_a_template_beside_the_data(tmp_path: Path) -> None:
    file = experiment(tmp_path, "")
    text = EXPERIMENT.replace("prompts/own.txt", "{data}/LICENSE.txt")
    file.write_text(text, encoding="utf-8")
    (choice,) = load(file).configurations[0].stages["prompt"]
    assert choice.options["file"] == ROOT / "spider_data" / "tiny" / "LICENSE.txt"
    file.write_text(text.replace("LICENSE", "none"), encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape("prompt.file: no such file: ")):
        load(file)


def test_a_wrong_template_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    file = experiment(tmp_path, "{question} {shema}")
    with pytest.raises(ConfigError) as raised:
        run(load(file), limit=1, workers=1, progress=False)
    template_file = tmp_path / "prompts" / "own.txt"
    assert str(raised.value) == f"{template_file}, line 1: no field {{shema}}; did you mean 'schema'?"
    assert not (tmp_path / "runs").exists()


def test_the_template_of_the_readme(tmp_path: Path) -> None:
    (text,) = blocks("text")
    file = tmp_path / "readme.txt"
    file.write_text(text, encoding="utf-8")
    prompt = template(file=file)(ASKED, BAKERIES, EXAMPLES)
    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert EXAMPLES[0].sql in prompt.messages[1].content and "Hint" not in prompt.messages[1].content


if __name__ == "__main__":
    for _name, _case in CASES.items():
        (FIXTURES / "prompts" / f"{_name}.txt").write_text(_case.text(), encoding="utf-8", newline="\n")
