"""experiments/devday.toml: every step of the talk is a configuration, and one --set moves them all to another model."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from text2sql.config import load
from text2sql.experiment import Choice, Configuration, Experiment
from text2sql.forgetting import Quadruple, quadruples

SIMPLE = ["baseline", "tuned", "tuned + HyDE", "tuned + HyDE + self-consistency", "baseline + HyDE"]
INSTRUCTED = ["instructions", "chain of thought", "question similarity", "HyDE", "HyDE + self-consistency"]


def devday(*overrides: str) -> Experiment:
    return load(ROOT / "experiments/devday.toml", overrides=overrides)


def prompt(one: Configuration) -> dict[str, object]:
    (choice,) = one.stages["prompt"]
    return dict(choice.options)


def test_the_steps_and_their_figures() -> None:
    experiment = devday()
    assert [one.name for one in experiment.configurations] == [SIMPLE[0], *INSTRUCTED, *SIMPLE[1:]]
    told = {
        column: {
            one.name: figure.scores["execution_accuracy"]
            for one in experiment.configurations
            for figure in one.published
            if figure.column == column
        }
        for column in ("as told", "DAIL-SQL")
    }
    assert told == {
        "as told": {"baseline": 0.69, "HyDE": 0.8, "tuned": 0.82, "tuned + HyDE": 0.835},
        "DAIL-SQL": pytest.approx(
            {"baseline": 0.723, "question similarity": 0.799, "HyDE": 0.824, "HyDE + self-consistency": 0.836}
        ),
    }


def test_a_step_differs_in_what_its_name_says() -> None:
    prompts = {one.name: prompt(one) for one in devday().configurations}
    assert all(prompts[name] == prompts["baseline"] for name in SIMPLE)
    instructed = prompts["instructions"]
    assert all(prompts[name] == instructed for name in INSTRUCTED if name != "chain of thought")
    assert instructed == prompts["baseline"] | {"instruction": instructed["instruction"]}
    reasoned = prompts["chain of thought"]
    assert instructed["instruction"] == f"{reasoned['instruction']}\nAnswer with the query alone."
    assert reasoned == instructed | {"instruction": reasoned["instruction"], "chain_of_thought": True}


def test_examples_are_given_to_the_same_prompt_before_and_after_tuning() -> None:
    assert quadruples(devday()) == [Quadruple(("baseline", "baseline + HyDE"), ("tuned", "tuned + HyDE"))]


def test_one_set_moves_the_whole_ladder() -> None:
    """What a configuration asks, and what its tuned model is made of."""
    assert devday().recipes["devday"].tuner == Choice("tuner", "embedded", {})
    name = "gpt-4o-mini-2024-07-18"
    moved = devday(f'model={{ use = "openai", name = "{name}" }}')
    tuner = moved.recipes["devday"].tuner
    assert (tuner.use, tuner.options["base"]) == ("openai", name)
    for one in moved.configurations:
        (model,) = one.stages["model"]
        if one.name.startswith("tuned"):
            assert (model.use, model.tuned) == ("", "devday")
        else:
            assert (model.use, model.options["name"]) == ("openai", name)
