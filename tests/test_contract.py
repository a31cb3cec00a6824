"""The contract of strategies: what every file in a strategy folder has to be, whoever adds it."""

from __future__ import annotations

import inspect
import random
import typing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import ROOT
from text2sql import protocols, registry
from text2sql.assemble import Assembly
from text2sql.calls import Ledger
from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.executor import Executor
from text2sql.types import Completion, Completions, Prompt, Question

STRATEGIES = [(stage, name) for stage in registry.FOLDERS for name in registry.names(stage)]

# What the design lets each kind of strategy ask for.
SUPPLIED = {
    "linker": {"model", "execute", "schemas", "seed"},
    "model": {"questions"},
    "embedder": {"corpus"},
    "retriever": {"pool", "schemas", "index", "draft", "model", "seed"},
    "reranker": {"pool", "schemas", "embed", "draft", "model", "seed"},
    "prompt": set[str](),
    "generator": {"model", "renders", "execute", "seed"},
    "reviser": {"model", "execute", "seed"},
    "voter": {"model", "seed"},
    "metric": {"databases", "schemas", "execute"},
    "tuner": {"schemas", "folder", "seed", "prices"},
}


@pytest.mark.parametrize(("stage", "name"), STRATEGIES)
def test_a_strategy_is_a_factory_named_as_its_file(stage: str, name: str) -> None:
    factory = registry.find(stage, name)
    assert factory.__name__ == name
    assert inspect.getdoc(factory)
    assert set(registry.supplies(factory)) <= SUPPLIED[stage]
    hints = typing.get_type_hints(factory)
    assert set(inspect.signature(factory).parameters) <= set(hints), "every parameter is annotated"
    stages = {getattr(protocols, protocol): own for protocol, own in registry._PROTOCOLS.items()}
    assert stages[hints["return"]] == stage
    assert all(option.annotation is not typing.Any for option in registry.options(factory).values())
    assert not any(p.kind is p.VAR_KEYWORD for p in inspect.signature(factory).parameters.values())


@pytest.mark.parametrize("folder", registry.FOLDERS.values())
def test_a_folder_tells_its_contract_and_nothing_else(folder: str) -> None:
    text = (ROOT / "text2sql" / folder / "__init__.py").read_text(encoding="utf-8")
    assert text.startswith('"""') and text.rstrip().endswith('"""') and text.count('"""') == 2


class _Echo:
    """A model that answers by what the prompt says, and by nothing else."""

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        tables = [table.name for table in prompt.schema.tables]
        words = prompt.messages[-1].content
        return [
            Completion(f"SELECT count(*), {len(words)} FROM {tables[(len(words) + i) % len(tables)]}") for i in range(n)
        ]


def echo() -> protocols.Model:
    """For this test."""
    return _Echo()


def test_predictions_do_not_depend_on_question_ids(tmp_path: Path, tiny: Dataset) -> None:
    file = tmp_path / "echo.toml"
    file.write_text(
        '[data]\nuse = "tiny"\n[[configuration]]\nname = "echo"\nmodel = { use = "tests.test_contract:echo" }\n'
        'generator = { use = "direct", n = 3 }\nvoter = "majority"\n',
        encoding="utf-8",
    )
    experiment = load(file)
    questions = [example.question for example in tiny.examples]
    ids = [question.id for question in questions]
    random.Random(0).shuffle(ids)
    shuffled = [replace(question, id=id) for question, id in zip(questions, ids, strict=True)]
    with Executor(workers=1) as executor:
        pipeline = Assembly(experiment.configurations[0], experiment.dataset, executor, Ledger()).pipeline()

        def answers(asked: list[Question]) -> list[tuple[str, int]]:
            return [(prediction.sql, prediction.elected) for prediction in map(pipeline.predict, asked)]

        first = answers(questions)
        assert answers(shuffled) == first
    assert len({sql for sql, _ in first}) > 5
