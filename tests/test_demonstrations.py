"""What models are tuned on: demonstrations as inference would prompt, distilled, of what was wrong before; exported."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.conftest import Command
from tests.small import ORCHARD, QUARRY, SCRIPTS, questions, tables_entry, write_database, write_json, write_release
from text2sql import chat_data
from text2sql.config import load
from text2sql.errors import ConfigError
from text2sql.experiment import Experiment
from text2sql.protocols import Model
from text2sql.runner import run
from text2sql.tuning import tuning_of
from text2sql.types import Completion, Completions, Demonstration, Prompt

TRAIN = (
    ("orchard", "List all varieties.", "SELECT variety FROM tree"),
    ("orchard", "How many trees are there?", "SELECT count(*) FROM tree"),
    ("orchard", "Which trees were planted before 1900?", "SELECT tree_id FROM tree WHERE planted < 1900"),
    ("quarry", "Which kinds of stone are there?", "SELECT kind FROM stone"),
    ("quarry", "How many stones are there?", "SELECT count(*) FROM stone"),
    ("quarry", "Which stones are there?", "SELECT stone_id, kind FROM stone ORDER BY kind, stone_id"),
    ("meadow", "How many flowers are there?", "SELECT count(*) FROM flower"),
    ("meadow", "List the colours.", "SELECT colour FROM flower"),
)
MEADOW = """
CREATE TABLE flower (flower_id INTEGER PRIMARY KEY, colour TEXT);
INSERT INTO flower VALUES (1, 'blue'), (2, 'white');
"""
EXPERIMENT = """
[data]
use = "{data}"
[defaults]
model = {{ use = "tests.test_demonstrations:knowing" }}
prompt = {{ use = "create_table", rows = 1 }}
[[configuration]]
name = "teacher"
generator = {{ use = "direct", n = 3 }}
voter = "majority"
[[configuration]]
name = "with examples"
retriever = {{ use = "question_similarity", k = 2 }}
[tuner.small]
use = "embedded"
{tuner}
"""


@dataclass(frozen=True)
class _Knowing:
    """Knows counts, reasons before it answers, and is wrong about the rest."""

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        table = prompt.schema.tables[0]
        if "How many" in prompt.question.text:
            return [Completion(f"Rows are counted.\n```sql\nSELECT count(*) FROM {table.name}\n```")] * n
        return [Completion("SELECT 0")] * n


def knowing() -> Model:
    """The model of these tests."""
    return _Knowing()


Make = Callable[..., Experiment]


@pytest.fixture
def experiment(tmp_path: Path, cache: Path) -> Make:
    folder = write_release(tmp_path / "release")
    scripts = {**SCRIPTS, "orchard": ORCHARD, "quarry": QUARRY, "meadow": MEADOW}
    write_json(folder / "train_spider.json", questions(TRAIN))
    (folder / "train_others.json").unlink()
    write_json(folder / "tables.json", [tables_entry(db_id, script) for db_id, script in scripts.items()])
    write_database(folder / "database" / "meadow" / "meadow.sqlite", MEADOW)

    def make(tuner: str = "", split: str | None = None) -> Experiment:
        (tmp_path / "x.toml").write_text(EXPERIMENT.format(data=folder.as_posix(), tuner=tuner))
        return load(tmp_path / "x.toml", split=split)

    return make


def _asked(demonstrations: Sequence[Demonstration]) -> list[str]:
    return [one.example.question.text for one in demonstrations]


def test_demonstrations_are_what_inference_would_prompt(experiment: Make) -> None:
    """To the byte, retrieved examples and all; and no example is of the question's own database."""
    one = experiment('retriever = { use = "question_similarity", k = 2 }')
    prepared = tuning_of(one).prepared()
    assert (prepared.pool, prepared.dropped) == (8, {"gold returns nothing": 1})
    assert _asked(prepared.data.train) == [text for _, text, _ in TRAIN if "1900" not in text]
    assert [demonstration.answer for demonstration in prepared.data.train][:2] == [TRAIN[0][2], TRAIN[1][2]]
    asked = run(experiment(split="train"), progress=False)["with examples"].run
    for demonstration in prepared.data.train:
        question = demonstration.example.question
        ((*messages,),) = asked.records[question.id]["prompts"]
        assert messages == [[message.role, message.content] for message in demonstration.prompt.messages]
        shown = demonstration.prompt.examples
        assert [example.question.id for example in shown] == asked.records[question.id]["examples"]
        assert len(shown) == 2
        assert question.db_id not in {example.question.db_id for example in shown}


def test_some_prompts_show_examples_and_a_long_one_is_left_out(experiment: Make) -> None:
    retriever = 'retriever = { use = "question_similarity", k = 2 }\n'
    found = tuning_of(experiment(f"{retriever}data = {{ shots = 0.5 }}")).prepared().data.train
    assert {len(one.prompt.examples) for one in found} == {0, 2}
    lengths = sorted(chat_data.example_tokens(one) for one in found)
    limited = tuning_of(experiment(f"{retriever}data = {{ shots = 0.5, max_tokens = {lengths[2]} }}")).prepared()
    assert sorted(chat_data.example_tokens(one) for one in limited.data.train) == lengths[:3]
    assert limited.dropped == {f"longer than {lengths[2]} tokens": 4, "gold returns nothing": 1}


def test_sizes_are_parts_of_each_other_and_of_other_databases_than_validation(experiment: Make) -> None:
    one = experiment('data = { sizes = [2, 4], validation = 0.2, balance = "database" }')
    found = {name: tuning_of(one, name).prepared().data for name in ("small-2", "small-4", "small")}
    asked = {name: set(_asked(data.train)) for name, data in found.items()}
    assert [len(asked[name]) for name in ("small-2", "small-4")] == [2, 4]
    assert asked["small-2"] < asked["small-4"] < asked["small"]
    for data in found.values():
        assert data.validation == found["small"].validation
        assert data.validation
        assert not {d.example.question.db_id for d in data.train} & {d.example.question.db_id for d in data.validation}


def test_a_teacher_s_right_answers_are_the_targets(experiment: Make) -> None:
    """Its SQL where it executes equal to gold, on demand with the reasoning before it; other examples are left out."""
    told = _refusal(lambda: tuning_of(experiment('data = { teacher = "teacher" }')).prepared())
    file = experiment().path
    command = f'text2sql run {file} --split train --only "teacher"'
    assert told == (
        "[tuner.small]: data.teacher: no run 'teacher' on the train split of release; "
        f"if it is a configuration, '{command}' makes it"
    )
    run(experiment(split="train").only(["teacher"]), progress=False)
    prepared = tuning_of(experiment('data = { teacher = "teacher" }')).prepared()
    assert [one.answer for one in prepared.data.train] == [
        f"SELECT count(*) FROM {table}" for table in ("tree", "stone", "flower")
    ]
    assert [one.example.sql for one in prepared.data.train] == [one.answer for one in prepared.data.train]
    assert prepared.dropped == {"the teacher is wrong": 5}
    whole = tuning_of(experiment('data = { teacher = "teacher", answers = "text" }')).prepared().data.train
    assert whole[0].answer == "Rows are counted.\n```sql\nSELECT count(*) FROM tree\n```"


def test_what_a_run_got_wrong_is_what_is_learned(experiment: Make) -> None:
    run(experiment(split="train").only(["teacher"]), progress=False)
    tuner = tuning_of(experiment())
    prepared = tuner.learning_from("teacher").prepared()
    right = [text for _, text, _ in TRAIN if "How many" in text]
    assert _asked(prepared.data.train) == [t for _, t, _ in TRAIN if t not in right and "1900" not in t]
    assert prepared.dropped == {"answered right before": 3, "gold returns nothing": 1}
    assert tuner.learning_from("teacher").folder != tuner.folder
    run(experiment().only(["teacher"]), progress=False)
    (folder,) = [
        f.parent for f in Path(tuner.experiment.parent, "runs").glob("*/*/run.json") if '"dev"' in f.read_text()
    ]
    assert _refusal(lambda: tuner.learning_from(str(folder)).prepared()) == (
        f"[tuner.small]: data.failures_of: {folder}: its questions are of the split dev; "
        "a model is tuned on train alone"
    )


def test_other_runs_make_another_model(experiment: Make) -> None:
    """What identifies a tuned model: what its demonstrations hold, but not what they do not depend on."""
    folders = [tuning_of(experiment(tuner)).folder for tuner in ("", "data = { seed = 1 }", 'prompt = "openai_demo"')]
    assert len(set(folders)) == 3
    run(experiment(split="train").only(["teacher"]), limit=4, progress=False)
    before = tuning_of(experiment('data = { teacher = "teacher" }')).folder
    run(experiment(split="train").only(["teacher"]), progress=False)
    assert tuning_of(experiment('data = { teacher = "teacher" }')).folder != before


def test_a_tuned_model_is_known_again_by_what_shaped_it(experiment: Make) -> None:
    """Contents of databases, and what a prompt's strategies ask for; not a name, an order, a metric, or a split."""
    similar = 'retriever = { use = "question_similarity", k = 2 }\n'
    same = experiment(similar + "data = { shots = 0.5, validation = 0.2 }")
    folder = tuning_of(same).folder
    for old, new in [
        ("shots = 0.5, validation = 0.2", "validation = 0.2, shots = 0.5"),
        ("[tuner.small]", "[tuner.other]"),
        ('use = "tests.test_demonstrations:knowing"', 'use = "embedded"'),  # no retriever of these asks it
        ("[data]", "[limits]\nofficial = 7\n[data]"),
    ]:
        same.path.write_text(same.path.read_text().replace(old, new))
        assert tuning_of(load(same.path)).folder == folder, new
    same.path.write_text(same.path.read_text().replace("question_similarity", "hyde"))
    asking = tuning_of(load(same.path)).folder
    # The test split has schemas and databases of its own; what is learned has not.
    release = same.dataset.folder
    write_json(release / "test.json", questions([("quarry", "How many stones?", "SELECT count(*) FROM stone")]))
    write_json(release / "test_tables.json", [tables_entry("quarry", QUARRY)])
    write_database(release / "test_database" / "quarry" / "quarry.sqlite", QUARRY)
    one = experiment(similar + "data = { shots = 0.5, validation = 0.2 }")
    test = tuning_of(load(one.path, split="test"))
    assert test.folder == folder != asking
    assert test.prepared().data == tuning_of(one).prepared().data
    write_database(release / "database" / "meadow" / "meadow.sqlite", "INSERT INTO flower VALUES (3, 'red')")
    assert tuning_of(load(one.path)).folder != folder


def test_a_retriever_that_shows_a_question_its_own_database_is_refused(experiment: Make, tmp_path: Path) -> None:
    write_json(tmp_path / "chosen.json", {"train-0000": ["train-0003"], "train-0001": ["train-0000"]})
    one = tuning_of(experiment('retriever = { use = "fixed", file = "chosen.json" }'))
    assert _refusal(one.prepared) == (
        "[tuner.small]: its retriever shows train-0001 examples of its own database 'orchard', "
        "which a question of another split never sees"
    )


def test_a_teacher_is_a_whole_run_on_this_data(experiment: Make, tmp_path: Path) -> None:
    """What is only begun is refused, runs of other data are passed over, and more metrics make no other teacher."""
    teach = 'data = { teacher = "teacher" }'
    run(experiment(split="train").only(["teacher"]), progress=False)
    one = tuning_of(experiment(teach))
    (folder,) = (tmp_path / "runs" / "x").iterdir()
    told = json.loads((folder / "run.json").read_text())
    other = folder.with_name("teacher-00000000")
    shutil.copytree(folder, other)
    write_json(other / "run.json", told | {"data": told["data"] | {"name": "elsewhere"}})
    assert tuning_of(experiment(teach)).runs["teacher"].folder == folder
    # Another metric judges the same answers.
    file = experiment(teach).path
    metrics = '[defaults]\nmetrics = ["execution_accuracy", "valid_sql"]\n'
    file.write_text(file.read_text().replace("[defaults]\n", metrics))
    run(load(file, split="train").only(["teacher"]), progress=False)
    assert tuning_of(load(file)).folder == one.folder
    # A killed process leaves no number of questions behind.
    write_json(folder / "run.json", {key: value for key, value in told.items() if key != "questions"})
    command = f'text2sql run {file} --split train --only "teacher"'
    assert _refusal(lambda: tuning_of(experiment(teach)).folder) == (
        f"[tuner.small]: data.teacher: {folder}: this run was cut off, or goes on just now; '{command}' ends it"
    )
    shutil.rmtree(folder)
    assert _refusal(lambda: tuning_of(experiment(teach)).folder).startswith(
        "[tuner.small]: data.teacher: no run 'teacher' on the train split of release; if it is a configuration, "
    )


@pytest.mark.parametrize(
    ("tuner", "told"),
    [
        (
            "data = { max_tokens = 5 }",
            "none of 8 train examples is left (7 longer than 5 tokens, 1 gold returns nothing); loosen its data",
        ),
        ("data = { size = 9 }", "size = 9, and 7 of 8 train examples are left (1 gold returns nothing)"),
        (
            "data = { size = 7, validation = 0.1 }",
            "size = 7, and 5 of 8 train examples are left (1 gold returns nothing), 2 for validation",
        ),
    ],
)
def test_too_little_is_left(tuner: str, told: str, experiment: Make) -> None:
    assert _refusal(lambda: tuning_of(experiment(tuner)).prepared()).startswith(f"[tuner.small]: {told}")


def _refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ConfigError) as raised:
        call()
    return str(raised.value)


# --- the commands --------------------------------------------------------------------------------------------


def test_export_writes_data_and_a_report(experiment: Make, tmp_path: Path, text2sql: Command) -> None:
    one = experiment("data = { validation = 0.2 }")
    out = tmp_path / "data"
    status, printed, _ = text2sql("finetune", "export", one.path, "--out", out, "--quiet")
    prepared = tuning_of(one).prepared()
    data = prepared.data
    written = {part: (out / f"small-{part}.jsonl").read_text() for part in ("train", "validation")}
    assert status == 0
    for part in ("train", "validation"):
        assert written[part] == "".join(f"{chat_data.line(one)}\n" for one in getattr(data, part))
    report = json.loads((out / "small-report.json").read_text())
    lengths = [chat_data.example_tokens(one) for one in data.train]
    assert report["train"] == {
        "demonstrations": len(data.train),
        "questions": len(data.train),
        "databases": 2,
        "with_examples": 0,
        "hardness": Counter(prepared.levels[one.example.question.id] for one in data.train),
        "tokens": sum(lengths),
        "tokens_mean": round(sum(lengths) / len(lengths), 1),
        "tokens_median": median(lengths),
        "tokens_longest": max(lengths),
        "answer_tokens": sum(chat_data.tokens(one.answer) for one in data.train),
    }
    assert printed.splitlines()[:2] == ["small: embedded, pool of 8 examples", "left out: 1 gold returns nothing"]
    assert f"{out / 'small-train.jsonl'}, {out / 'small-validation.jsonl'}" in printed
    # An export without validation leaves none of an earlier one behind.
    experiment()
    status, printed, _ = text2sql("finetune", "export", one.path, "--out", out, "--quiet", "--json")
    assert [entry["train"]["questions"] for entry in json.loads(printed)] == [7]
    assert not (out / "small-validation.jsonl").exists()


def test_export_of_failures_and_checks_of_files(experiment: Make, tmp_path: Path, text2sql: Command) -> None:
    file = experiment().path
    run(experiment(split="train").only(["teacher"]), progress=False)
    status, printed, _ = text2sql(
        "finetune", "export", file, "--out", tmp_path / "data", "--from-run", "teacher", "--quiet"
    )
    assert (status, printed.splitlines()[1]) == (0, "left out: 3 answered right before, 1 gold returns nothing")
    written = tmp_path / "data" / "small-train.jsonl"
    assert text2sql("finetune", "check", written)[:2] == (1, f"{written}: 4 examples, and at least 10 are needed\n")
    written.write_text(written.read_text() * 3)
    assert text2sql("finetune", "check", written)[:2] == (0, "well-formed\n")
    written.write_text(written.read_text() + "{}\n")
    status, printed, _ = text2sql("finetune", "check", written)
    assert (status, printed) == (
        1,
        f'{written}, line 13: it has no "messages"; they are a list with the answer as its last one\n',
    )
    assert text2sql("finetune", "start", file, "--dry-run", "--quiet")[1].startswith("small: embedded, pool of 8 exam")
    assert tuning_of(experiment()).job is None
