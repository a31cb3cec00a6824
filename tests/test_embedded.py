"""The embedded parser: its form of a query, joins, the answers of small fitted weights, and odd input."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pytest

from tests.small import HARBOUR
from text2sql.embedded import fitting, serving, weights
from text2sql.embedded.answering import Answer, explanation
from text2sql.embedded.catalog import compiled
from text2sql.embedded.equivalence import form
from text2sql.embedded.fitting import SMALL, fit
from text2sql.embedded.lessons import lessons
from text2sql.embedded.parser import consider
from text2sql.embedded.proposing import _SHOWN
from text2sql.embedded.query import filled, sketched, without_distinct
from text2sql.embedded.reading import read, sketch_of
from text2sql.embedded.weights import Weights, load, save
from text2sql.embedded.writing import write
from text2sql.errors import ConfigError, TuningFailed
from text2sql.models.embedded import UNTUNED, embedded
from text2sql.protocols import Model
from text2sql.tuners.embedded import embedded as embedded_tuner
from text2sql.types import (
    Column,
    Demonstration,
    Example,
    ForeignKey,
    Job,
    Prompt,
    Question,
    Schema,
    Table,
    TuningData,
)

BOAT = Table(
    "boat",
    (
        Column("boat_id", "number", "boat id"),
        Column("name", "text", "name", ("Merganser", "Dunlin", "Plover")),
        Column("length", "number", "length"),
    ),
    ("boat_id",),
    "boat",
)
TRIP = Table(
    "trip",
    (Column("trip_id", "number", "trip id"), Column("boat_id", "number", "boat id"), Column("day", "text", "day")),
    ("trip_id",),
    "trip",
)
SCHEMA = Schema("harbour", (BOAT, TRIP), (ForeignKey("trip", "boat_id", "boat", "boat_id"),))


def ask(text: str, *examples: tuple[str, str], schema: Schema = SCHEMA) -> Prompt:
    """A prompt with examples of another database."""
    shown = tuple(Example(Question(f"e{n}", "other", question), sql) for n, (question, sql) in enumerate(examples))
    return Prompt((), Question("dev-0000", schema.db_id, text), schema, shown)


@lru_cache(maxsize=1)
def untuned() -> Model:
    """The model by default, loaded once."""
    return embedded()


def answer(prompt: Prompt) -> str:
    """The untuned model's best SQL."""
    (completion,) = untuned().complete(prompt, n=1, temperature=0.0, seed=0)
    return completion.text


# --- the form of a query -------------------------------------------------------------------------------------

READABLE = [
    "SELECT count(*) FROM boat",
    "SELECT DISTINCT name FROM boat WHERE length > 3 AND name != 'Dunlin' ORDER BY length DESC LIMIT 1",
    "SELECT T1.name, count(*) FROM boat AS T1 JOIN trip AS T2 ON T1.boat_id = T2.boat_id GROUP BY T1.boat_id "
    "HAVING count(*) >= 2",
    "SELECT name FROM boat WHERE boat_id NOT IN (SELECT boat_id FROM trip WHERE day LIKE '2021%')",
    "SELECT name FROM boat WHERE length BETWEEN 1 AND 2 UNION SELECT name FROM boat WHERE length IS NULL",
    "SELECT max(length) - min(length) FROM boat",
    "SELECT name FROM boat WHERE length > (SELECT avg(length) FROM boat) OR name = 'it''s'",
]


@pytest.mark.parametrize("sql", [sql for sql in READABLE if " - " not in sql])
def test_reading_and_writing_give_the_sql_back(sql: str) -> None:
    catalog = compiled(SCHEMA)
    query = read(sql, catalog)
    assert query is not None and write(query, catalog) == sql
    cut = sketched(query)
    assert filled(cut.sketch, cut.columns, cut.tables, cut.values) == without_distinct(query)


@pytest.mark.parametrize(
    "sql",
    [
        READABLE[5],
        "SELECT * FROM (SELECT name FROM boat)",
        "SELECT a.name FROM boat AS a JOIN boat AS b ON a.length = b.length",
        "SELECT colour FROM boat",
        "SELECT",
        "",
    ],
)
def test_what_the_form_cannot_hold_is_not_read(sql: str) -> None:
    assert read(sql, compiled(SCHEMA)) is None


def test_a_sketch_does_not_depend_on_the_schema() -> None:
    here = read(READABLE[2], compiled(SCHEMA))
    there = sketch_of(
        "SELECT a.title, count(*) FROM book AS a JOIN loan AS b ON a.i = b.j GROUP BY a.i HAVING count(*) >= 5"
    )
    assert here is not None and there is not None and sketched(here).sketch == there.sketch


def test_equivalence() -> None:
    catalog = compiled(SCHEMA)
    join = "FROM boat AS T1 JOIN trip AS T2 ON T1.boat_id = T2.boat_id"
    one, other, third = (
        form(query, catalog, distinct=False)
        for sql in (
            f"SELECT T1.name, T2.day {join} WHERE T1.boat_id = 1 AND T2.day = 'x'",
            f"SELECT DISTINCT T2.day, T1.name {join} WHERE T2.day = 'X' AND T2.boat_id = 1",
            f"SELECT T2.day, T1.name {join} WHERE T2.day = 'X'",
        )
        if (query := read(sql, catalog)) is not None
    )
    assert one == other != third


def test_joins_need_foreign_keys() -> None:
    assert [edge.other for edge in compiled(SCHEMA).join([0, 1]) or ()] == [1]
    bare = compiled(replace(SCHEMA, foreign_keys=()))
    # The same name, the other table's primary key: the only guess that is made.
    assert [(edge.table, edge.other) for edge in bare.join([0, 1]) or ()] == [(0, 1)]
    renamed = replace(TRIP, columns=(Column("vessel", "number", "vessel"), *TRIP.columns[2:]))
    assert compiled(Schema("", (BOAT, renamed))).join([0, 1]) is None


# --- answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How many boats are there?", "SELECT count(*) FROM boat"),
        ("What is the average length of all boats?", "SELECT avg(length) FROM boat"),
        ("What is the length of the boat named 'Dunlin'?", "SELECT length FROM boat WHERE name = 'Dunlin'"),
    ],
)
def test_simple_questions(question: str, sql: str) -> None:
    assert answer(ask(question)) == sql


def test_samples_follow_the_seed_and_the_temperature() -> None:
    model, prompt = untuned(), ask("Which boats went out in May?")
    best = model.complete(prompt, n=1, temperature=0.0, seed=1)
    one, same, other = (model.complete(prompt, n=8, temperature=1.0, seed=seed) for seed in (1, 1, 2))
    assert len(best) == 1 and len(one) == 8
    assert one == same != other
    assert best[0].logprob is not None and best[0].logprob < 0


def test_the_question_id_and_the_database_name_change_nothing() -> None:
    prompt = ask("Which boats are longer than 4?")
    other = replace(
        prompt, question=replace(prompt.question, id="x", db_id="y"), schema=replace(prompt.schema, db_id="y")
    )
    assert answer(prompt) == answer(other)


def test_an_example_changes_the_sketches_that_are_considered() -> None:
    text = "Names of the 7 longest boats, equal ones by name"
    sql = "SELECT title FROM book ORDER BY pages DESC, title LIMIT 5"
    shown = ask(text, ("Titles of the 5 longest books, equal ones by title", sql))
    weights = load(UNTUNED)
    plain, told = (
        [proposal.sketch for proposal in consider(text, SCHEMA, prompt.examples, weights).proposals]
        for prompt in (ask(text), shown)
    )
    cut = sketch_of(sql)
    assert cut is not None
    assert cut.sketch not in plain and cut.sketch in told[:5]


def test_the_explanation_shows_every_step() -> None:
    lines = explanation(ask("How many boats are there?"), load(UNTUNED)).splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert heads == [
        "question: how many <table> are there ?",
        "links:",
        "sketches:",
        "candidates (log-probability; sketch, columns, joins, values):",
    ]


@pytest.mark.parametrize("text", ["", "?!", "٣ 🚤", "123", "'" * 50, "top ٣ boats by length", "boat " * 200])
@pytest.mark.parametrize("tables", [(BOAT, TRIP), (TRIP,), (Table("boat", (Column("name"),)),)])
def test_odd_questions_get_sql_that_runs(text: str, tables: tuple[Table, ...]) -> None:
    sql = answer(ask(text, ("", "SELECT"), ("List", "SELECT a FROM b"), schema=Schema("", tables)))
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(HARBOUR)
        connection.execute(sql).fetchall()


def test_schemas_without_columns() -> None:
    assert answer(ask("How many?", schema=Schema("", ()))) == "SELECT 1"
    assert answer(ask("How many?", schema=Schema("", (Table("t", ()),)))) == "SELECT * FROM t"


def test_a_missing_file_of_weights(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file of weights"):
        embedded(weights=tmp_path / "none")


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_a_file_that_holds_no_weights(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "weights"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="weights: no weights of the embedded model"):
        embedded(weights=file).complete(ask("How many boats are there?"), n=1, temperature=0.0, seed=0)


def test_weights_of_another_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FORMAT", weights.FORMAT + 1)
    with pytest.raises(ConfigError, match="another version of text2sql: fit them again"):
        load(UNTUNED)


def test_equal_prompts_are_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    answer_job = serving._answer

    def noted(job: bytes) -> list[Answer]:
        asked.append(job)
        return answer_job(job)

    monkeypatch.setattr(serving, "_answer", noted)
    monkeypatch.setattr(serving, "processors", lambda: 1)
    prompt = ask("Which boats are longer than 12 metres?")
    again = replace(prompt, question=replace(prompt.question, id="dev-0007"))
    assert answer(prompt) == answer(again)
    assert len(asked) == 1
    answer(replace(prompt, schema=replace(SCHEMA, foreign_keys=())))
    assert len(asked) == 2


def test_workers_answer_as_this_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"Which boats are longer than {length} metres?" for length in range(30, 33)]
    here = [answer(ask(text)) for text in texts]
    serving._known.clear()
    monkeypatch.setattr(serving, "_ALONE", 0)
    monkeypatch.setattr(serving, "processors", lambda: 2)
    assert [answer(ask(text)) for text in texts] == here


# --- fitting ---------------------------------------------------------------------------------------------------

TRAIN = [
    ("How many boats are there?", "SELECT count(*) FROM boat"),
    ("How long is Dunlin?", "SELECT length FROM boat WHERE name = 'Dunlin'"),
    ("Names of all boats", "SELECT name FROM boat"),
    ("On which days did Plover go out?", "SELECT T2.day FROM boat AS T1 JOIN trip AS T2 ON T1.boat_id = T2.boat_id "
     "WHERE T1.name = 'Plover'"),
    ("Boats by length", "SELECT name FROM boat ORDER BY length"),
]  # fmt: skip


TINY = replace(SMALL, places=256, hidden=8, clause_epochs=3, ranker_hidden=4, ranker_epochs=2, folds=3)


def taught(*shown: Example) -> list[Demonstration]:
    """What a few questions of three databases alike demonstrate, each with the same examples in its prompt."""
    return [
        Demonstration(
            Example(Question(f"{name}{n}", name, text), sql),
            Prompt((), Question(f"{name}{n}", name, text), replace(SCHEMA, db_id=name), shown),
            sql,
        )
        for name in ("a", "b", "c")
        for n, (text, sql) in enumerate(TRAIN)
    ]


@lru_cache(maxsize=1)
def fitted() -> Weights:
    """Weights fitted on a few questions of three databases alike."""
    return fit(taught(), sizes=TINY)


def test_fitting_is_deterministic_and_its_file_too(tmp_path: Path) -> None:
    save(fitted(), tmp_path / "one")
    first = fitted()
    fitted.cache_clear()
    save(fitted(), tmp_path / "other")
    assert first is not fitted()
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    again = load(tmp_path / "one")
    assert again.inventory == fitted().inventory
    assert (again.roles == fitted().roles).all() and (again.combiner == fitted().combiner).all()


def test_fitted_weights_answer(tmp_path: Path) -> None:
    save(fitted(), tmp_path / "weights")
    (found,) = embedded(weights=tmp_path / "weights").complete(
        ask("How many boats are there?"), n=1, temperature=0.0, seed=0
    )
    assert found.text == "SELECT count(*) FROM boat"


SIMILAR = Example(
    Question("e", "other", "Titles of the 5 longest books"), "SELECT title FROM book ORDER BY pages DESC LIMIT 5"
)


def told(found: Weights) -> list[float]:
    """What the weights make of an example's likeness to the question, its share of the prompt, and its rank."""
    return [float(weight) for weight in found.combiner[_SHOWN : _SHOWN + 3]]


def test_a_lesson_is_what_its_prompt_shows() -> None:
    unreadable = Example(SIMILAR.question, "SELECT")
    one = taught(SIMILAR, unreadable)[1]
    hinted = replace(one.prompt.question, text="How long is it?", evidence="it refers to name = 'Dunlin'")
    narrow = Schema("a", (TRIP,))
    prompts = [replace(one.prompt, question=hinted), replace(one.prompt, schema=narrow)]
    found, _ = lessons([replace(one, prompt=prompt) for prompt in prompts], places=256, tell=lambda share: None)
    (lesson,) = found  # the narrow schema lacks the columns of its SQL
    cut = sketch_of(SIMILAR.sql)
    assert cut is not None and [shown.sketch for shown in lesson.shown] == [cut.sketch]
    assert "dunlin" in lesson.view.words and lesson.view.catalog.schema == one.prompt.schema


def test_trust_in_examples_is_learned_from_prompts_that_show_some() -> None:
    assert told(fitted()) == [3.0, 0.0, 0.0]
    assert all(not ranker.first[_SHOWN : _SHOWN + 4].any() for ranker in fitted().rankers)
    shown = fit(taught(Example(SIMILAR.question, TRAIN[2][1])), sizes=TINY)
    assert told(shown) != told(fitted()) and all(told(shown))


def test_nothing_to_learn_from() -> None:
    with pytest.raises(TuningFailed, match="can read the SQL of none of 1 demonstrations"):
        fit([replace(one, example=replace(one.example, sql="SELECT")) for one in taught()[:1]], sizes=TINY)


def test_the_tuner_learns_from_its_data_and_writes_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "fit", partial(fit, sizes=TINY))
    heard: list[str] = []
    tuner = embedded_tuner(tmp_path, 0)
    job = tuner.start(TuningData(tuple(taught())), lambda stage, share: heard.append(stage))
    assert job == Job("embedded", "succeeded", {"use": "embedded", "weights": "weights"}, done=1.0)
    assert list(dict.fromkeys(heard)) == ["reading", "proposers", "candidates", "rankers"]
    assert load(tmp_path / "weights").inventory.counts[:4] == (3, 6, 3, 3)
    assert tuner.poll(job) == tuner.cancel(job) == job


def test_the_committed_weights_are_small() -> None:
    assert UNTUNED.stat().st_size < 1_000_000
