"""Retrievers over the bundled train split, their part in a configuration, and what ``retrieval`` measures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.small import write_json, write_release
from text2sql.config import load
from text2sql.dataset import Dataset, load_dataset
from text2sql.embedders.lexical import lexical
from text2sql.errors import ConfigError
from text2sql.index import Collection, Embedder, Indexes
from text2sql.linking import masked
from text2sql.protocols import Index
from text2sql.retrieval import measure_retrieval, retrieval_json, retrieval_table
from text2sql.retrievers.fixed import fixed
from text2sql.retrievers.hyde import hyde
from text2sql.retrievers.masked_question import masked_question
from text2sql.retrievers.question_similarity import question_similarity
from text2sql.retrievers.random import random
from text2sql.runner import run
from text2sql.skeleton import similarity, skeleton
from text2sql.types import Candidate, Candidates, Example, Question, Schema


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset("spiderling")


@pytest.fixture(scope="module")
def index(data: Dataset) -> Index:
    indexes = Indexes()

    def make(name: str, text_of: Callable[[Example], str]) -> Collection:
        return indexes.collection(data.pool, name, text_of, Embedder("lexical", lexical))

    return make


def drafting(*sqls: str) -> Callable[..., Candidates]:
    """A draft that is always the same."""
    return lambda question, schema, n=1: [Candidate(sql) for sql in sqls[:n]]


def asked(data: Dataset, number: int) -> tuple[Question, Schema]:
    question = data.examples[number].question
    return question, data.schemas[question.db_id]


def texts(examples: Sequence[Example]) -> list[str]:
    return [example.question.text for example in examples]


def test_question_similarity_finds_the_question_itself(data: Dataset, index: Index) -> None:
    known = data.pool[100].question
    same = Question("dev-0000", "elsewhere", known.text)
    found = question_similarity(index, k=3)(same, Schema("elsewhere", ()))
    assert len(found) == 3 and found[0].question == known
    own = question_similarity(index, k=3)(known, data.schemas[known.db_id])
    assert known.db_id not in {example.question.db_id for example in own}


def test_masked_question_looks_through_names_and_values(data: Dataset, index: Index) -> None:
    question, schema = asked(data, 0)
    found = masked_question(index, data.schemas, k=5)(question, schema)
    masks = [masked(example.question.text, data.schemas[example.question.db_id]) for example in data.pool]
    embed = lexical(list(dict.fromkeys(masks)))
    scores = embed(masks) @ embed([masked(question.text, schema)])[0]
    nearest = sorted(range(len(masks)), key=lambda at: -scores[at])[:5]
    assert set(texts(found)) == set(texts([data.pool[at] for at in nearest]))


@pytest.mark.parametrize("search", ["skeleton+question", "skeleton", "sql"])
def test_hyde_follows_the_draft(data: Dataset, index: Index, search: str) -> None:
    question, schema = asked(data, 0)
    draft = "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)"
    plain = masked_question(index, data.schemas, k=5)(question, schema)
    found = hyde(index, drafting(draft), data.schemas, data.pool, k=5, search=search, weight=5.0)(question, schema)  # type: ignore[arg-type]

    def likeness(examples: Sequence[Example]) -> list[float]:
        return [similarity(skeleton(example.sql), skeleton(draft)) for example in examples]

    assert sum(likeness(found)) > 1.5 * sum(likeness(plain))
    if search == "skeleton":
        assert likeness(found) == [1.0] * 5
    if search == "sql":
        assert all("NOT IN" in example.sql for example in found[:2])


def test_hyde_without_a_draft_is_masked_question(data: Dataset, index: Index) -> None:
    question, schema = asked(data, 3)
    plain = masked_question(index, data.schemas, k=4)(question, schema)
    for draft in (drafting(), drafting(""), drafting("no SQL at all (")):
        assert hyde(index, draft, data.schemas, data.pool, k=4)(question, schema) == plain
    weightless = hyde(index, drafting("SELECT count(*) FROM t"), data.schemas, data.pool, k=4, weight=0.0)
    assert weightless(question, schema) == plain


def test_hyde_finds_what_scoring_the_whole_neighbourhood_finds(data: Dataset, index: Index) -> None:
    draft, weight = "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)", 0.3
    for at in range(0, 40, 5):
        question, schema = asked(data, at)
        masks = index("masked question", lambda e: masked(e.question.text, data.schemas[e.question.db_id]))
        near = masks.nearest(masked(question.text, schema), 100, to=question.db_id)
        scored = [score + weight * similarity(skeleton(e.sql), skeleton(draft)) for e, score in near]
        order = sorted(range(len(near)), key=lambda n: -scored[n])[:5]
        found = hyde(index, drafting(draft), data.schemas, data.pool, k=5, weight=weight)(question, schema)
        assert found == [near[n][0] for n in order]


def test_hyde_takes_no_negative_weight(data: Dataset, index: Index) -> None:
    with pytest.raises(ConfigError, match="weight = -1 is negative"):
        hyde(index, drafting(), data.schemas, data.pool, weight=-1)


def test_hyde_asks_for_as_many_drafts_as_it_is_told(data: Dataset, index: Index) -> None:
    question, schema = asked(data, 0)
    drafts = drafting("SELECT count(*) FROM t", "SELECT a FROM t WHERE b NOT IN (SELECT c FROM u)")
    one, two = (
        hyde(index, drafts, data.schemas, data.pool, k=10, drafts=n, search="skeleton")(question, schema)
        for n in (1, 2)
    )
    assert {skeleton(example.sql) for example in one} != {skeleton(example.sql) for example in two}
    assert any("NOT IN" in example.sql for example in two)


def test_random_examples_depend_on_seed_and_question_alone(data: Dataset) -> None:
    question, schema = asked(data, 0)
    first = random(data.pool, 0, k=5)(question, schema)
    assert len({example.question.id for example in first}) == 5
    assert random(data.pool, 0, k=5)(Question("other-id", question.db_id, question.text), schema) == first
    assert random(data.pool, 1, k=5)(question, schema) != first
    assert random(data.pool, 0, k=5)(asked(data, 1)[0], schema) != first
    own = data.pool[0].question
    assert own.db_id not in {e.question.db_id for e in random(data.pool, 0, k=300)(own, schema)}


def test_fixed_examples(data: Dataset, tmp_path: Path) -> None:
    question, schema = asked(data, 0)
    ids = [data.pool[7].question.id, data.pool[3].question.id]
    file = write_json(tmp_path / "chosen.json", {question.id: ids})
    assert fixed(data.pool, file=file)(question, schema) == [data.pool[7], data.pool[3]]
    assert fixed(data.pool, file=file, k=1)(question, schema) == [data.pool[7]]
    assert fixed(data.pool, file=file)(asked(data, 1)[0], schema) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"dev-0000": ["train-9999"]}, "the pool has no example 'train-9999'; did you mean 'train-0"),
        ([1, 2], "a JSON object of question id -> list of example ids is expected"),
        ({"dev-0000": 3}, "a JSON object of question id -> list of example ids is expected"),
    ],
)
def test_a_choice_that_does_not_fit(data: Dataset, tmp_path: Path, content: object, message: str) -> None:
    file = write_json(tmp_path / "chosen.json", content)
    with pytest.raises(ConfigError) as raised:
        fixed(data.pool, file=file)
    assert str(raised.value).startswith(f"{file}: {message}")


# --- in a configuration ---------------------------------------------------------------------------------------

LADDER = """
[data]
use = "spiderling"
[defaults]
model = { use = "tests.strategies:says" }
[[configuration]]
name = "none"
[[configuration]]
name = "masked"
retriever = { use = "masked_question", k = 3 }
[[configuration]]
name = "masked again"
retriever = { use = "masked_question", k = 3 }
[[configuration]]
name = "hyde"
retriever = { use = "hyde", k = 3 }
"""


def test_retrieved_examples_stand_in_the_prompt_and_are_stored(tmp_path: Path, data: Dataset) -> None:
    (tmp_path / "ladder.toml").write_text(LADDER)
    experiment = load(tmp_path / "ladder.toml")
    assert [c.stages["embedder"][0].use for c in experiment.configurations[1:]] == ["lexical"] * 3
    assert "embedder" not in experiment.configurations[0].stages
    runs = run(experiment, limit=9, progress=False, workers=2)
    (record, *_) = runs["masked"].run.records.values()
    assert len(record["examples"]) == 3
    stages = {call.stage for call in runs["hyde"].run.calls()}
    assert stages == {"draft", "generate", "question"}


def test_what_retrieval_measures(tmp_path: Path) -> None:
    (tmp_path / "ladder.toml").write_text(LADDER)
    experiment = load(tmp_path / "ladder.toml")
    found = measure_retrieval(experiment, limit=45, progress=False)
    assert [(one.name, one.retriever, one.n) for one in found] == [
        ("masked", "masked_question(k=3)", 45),
        ("hyde", "hyde(k=3)", 45),
    ]
    for one in found:
        assert 0 < one.hits[1] <= one.hits[5] <= one.hits[10] < 1
        assert 0 < one.precision <= one.recall <= 1 and 0 < one.similarity < 1
        assert one.milliseconds > 0
    assert found[0].draft_milliseconds == 0.0
    table = retrieval_table(experiment, found)
    assert table.splitlines()[0] == "spiderling dev, 45 questions, pool of 720 examples"
    (first, _) = retrieval_json(found)
    assert json.loads(json.dumps(first))["hits"].keys() == {"1", "5", "10"}
    gold = write_json(
        tmp_path / "gold.json", {e.question.id: [_alike(experiment.dataset, e)] for e in experiment.dataset.examples}
    )
    (tmp_path / "gold.toml").write_text(
        '[data]\nuse = "spiderling"\n[[configuration]]\nname = "gold"\nmodel = { use = "tests.strategies:says" }\n'
        f"retriever = {{ use = 'fixed', file = '{gold.as_posix()}' }}\n"
    )
    (best,) = measure_retrieval(load(tmp_path / "gold.toml"), limit=45, progress=False)
    assert best.hits[1] == best.hits[10] == best.precision and best.hits[1] > 0.8


def _alike(data: Dataset, example: Example) -> str:
    return max(data.pool, key=lambda other: similarity(skeleton(other.sql), skeleton(example.sql))).question.id


def test_only_the_models_whose_drafts_are_measured_have_to_be_there(tmp_path: Path) -> None:
    """A tuned model that asks for no examples need not be made; one that drafts has to be."""
    file = tmp_path / "tuned.toml"
    tuned = (
        '[[configuration]]\nname = "tuned"\nmodel = { tuned = "far" }\n{}\n[tuner.far]\nuse = "openai"\nbase = "m"\n'
    )
    file.write_text(LADDER + tuned.replace("{}", "", 1) + 'base_url = "http://localhost:9"\n')
    assert [one.name for one in measure_retrieval(load(file), limit=2, progress=False)] == ["masked", "hyde"]
    file.write_text(file.read_text().replace('tuned = "far" }', 'tuned = "far" }\nretriever = "hyde"'))
    with pytest.raises(ConfigError, match="the tuned model 'far' does not exist yet"):
        measure_retrieval(load(file), limit=2, progress=False)


def test_nothing_to_measure(tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    file.write_text(LADDER.partition('[[configuration]]\nname = "masked"')[0])
    with pytest.raises(ConfigError) as raised:
        measure_retrieval(load(file), progress=False)
    assert str(raised.value) == (f'{file}: no configuration has a retriever; give one, as in retriever = "hyde"')


@pytest.mark.parametrize(
    ("retriever", "pool", "message"),
    [
        ("random(k=99)", True, "configuration 'x': retriever 'random': k = 99 is more than the pool has, "),
        ("masked_question(k=99)", True, "configuration 'x': retriever 'masked_question': k = 99 is more than"),
        ("random", False, "configuration 'x': retriever 'random' needs train examples, and release has none"),
        ("hyde", False, "configuration 'x': retriever 'hyde' needs train examples, and release has none"),
    ],
)
def test_a_pool_that_does_not_do(tmp_path: Path, retriever: str, pool: bool, message: str) -> None:
    folder = write_release(tmp_path / "release")
    if not pool:
        for file in folder.glob("train*.json"):
            file.unlink()
    (tmp_path / "x.toml").write_text(
        f"[data]\nuse = '{folder.as_posix()}'\n[[configuration]]\nname = 'x'\n"
        f"model = {{ use = 'tests.strategies:says' }}\nretriever = '{retriever}'\n"
    )
    with pytest.raises(ConfigError) as raised:
        run(load(tmp_path / "x.toml"), progress=False, out=tmp_path)
    assert str(raised.value).startswith(message)
