"""The [tuner.NAME] tables of an experiment file -> recipes: a tuner, what renders its demonstrations, its data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from text2sql import registry
from text2sql.choices import Choices
from text2sql.errors import ConfigError
from text2sql.experiment import Choice, Configuration, Recipe, Toml
from text2sql.experiment_file import PROMPTING, ExperimentFile
from text2sql.selection import DataSettings


def recipes(choices: Choices, defaults: Toml) -> dict[str, Recipe]:
    """By name; one with sizes has one more for each. Raises ConfigError."""
    source = choices.source
    source.position = None
    found: dict[str, Recipe] = {}
    for name, table in source.table("tuner").items():
        recipe = _recipe(choices, name, table, defaults)
        for size in (None, *recipe.data.sizes):
            data = replace(recipe.data, sizes=(), size=size or recipe.data.size)
            called = f"{name}-{size}" if size else name
            if called in found:
                raise source.error(f"two tuners are called {called!r}: sizes makes one of this name", "sizes")
            found[called] = replace(recipe, name=called, data=data)
    return found


def _recipe(choices: Choices, name: str, table: Any, defaults: Toml) -> Recipe:
    """How [tuner.NAME] makes its model; without ``use``: by the tuner of the default model, from that model."""
    source, where = choices.source, f"[tuner.{name}]"
    if not isinstance(table, dict):
        raise source.error(f"{where} is to be a table, not {table!r}", name)
    if not re.fullmatch(r"\w[^/\\:]*", name):
        raise source.error(f"{where}: files are called so: a letter or digit first, no slash, no colon", name)
    chosen = {key: value for key, value in table.items() if key not in (*PROMPTING, "data")}
    prompting = {key: value for key, value in (defaults | table).items() if key in PROMPTING}
    stages = choices.all_stages(prompting, where)
    prompts = Configuration(where, stages, (), choices.drafts(prompting, where))
    for choice in chain.from_iterable((*stages.values(), *prompts.draft.values())):
        if choice.tuned or (choice.model and choice.model.tuned):
            raise source.error(f"{where}: its model is to be one that is there, not a tuned one", "tuned")
    if "model" not in stages and _asks_a_model(stages):
        raise source.error(f"{where}: its retriever asks a model, and [defaults] has none", name)
    if "use" not in chosen:
        chosen = _same_model(source, stages.get("model", (None,))[0], where) | chosen
    data = _data(source, table.get("data", {}), where)
    if data.answers == "sql" and any(choice.options.get("chain_of_thought") for choice in stages["prompt"]):
        raise source.error(
            f"{where}: its prompt asks for reasoning, and SQL alone has none: chain_of_thought = false, or learn a "
            'teacher\'s whole text by data = { teacher = "NAME", answers = "text" }'
        )
    return Recipe(name, choices.choice("tuner", chosen, where), prompts, data)


def _same_model(source: ExperimentFile, model: Choice | None, where: str) -> Toml:
    """The tuner that is called as a model is, with that model as its base."""
    if model is None or model.use not in registry.names("tuner"):
        known = ", ".join(registry.names("tuner"))
        raise source.error(f"{where}: needs use = a tuner, one of {known}", "tuner")
    shared = registry.options(registry.find("tuner", model.use))
    own = registry.options(registry.find("model", model.use))
    given = {"base" if n == "name" else n: value for n, value in model.options.items() if value != own[n].default}
    return {"use": model.use} | {name: value for name, value in given.items() if name in shared}


def _data(source: ExperimentFile, table: Any, where: str) -> DataSettings:
    where = f"{where}: data"
    if not isinstance(table, dict):
        raise source.error(f"{where} is to be a table, not {table!r}", "data")
    try:
        data = DataSettings(**registry.check(where, "data", registry.fields_of(DataSettings), table))
    except ConfigError as error:
        key = next((key for key in table if f"{key!r}" in str(error) or f".{key}:" in str(error)), "data")
        raise source.error(str(error), key) from None
    if problem := data.problem():
        raise source.error(f"{where}: {problem}", problem.split()[0])
    return data


def _asks_a_model(stages: Mapping[str, Sequence[Choice]]) -> bool:
    choices = [choice for stage in ("linker", "retriever", "reranker") for choice in stages.get(stage, ())]
    asked = {word for one in choices for word in registry.supplies(registry.find(one.stage, one.use)) if not one.model}
    return not asked.isdisjoint({"draft", "model"})
