"""Tables of an experiment file -> choices: every strategy and option checked, files found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from text2sql import registry
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError, nearest
from text2sql.experiment import EMBEDDER, NEUTRAL, STAGES, Choice, Toml, table_of
from text2sql.experiment_file import ExperimentFile

_DRAFT = ("model", "prompt", "generator")


class Choices:
    """Turns the tables of one file into choices, over one data set. All raise ConfigError."""

    def __init__(self, source: ExperimentFile, dataset: Dataset) -> None:
        self.source, self.dataset = source, dataset

    def all_stages(self, table: Toml, where: str) -> dict[str, tuple[Choice, ...]]:
        """The stages that a table chooses, and what the others do where it says nothing."""
        tables = {stage: {"use": use} for stage, use in NEUTRAL.items()}
        stages = self.stages(tables | {key: table[key] for key in STAGES if key in table}, where)
        if "embedder" not in stages and any(_uses_vectors(choices) for choices in stages.values()):
            stages |= self.stages({"embedder": EMBEDDER}, where)
        return stages

    def drafts(self, table: Toml, where: str) -> dict[str, tuple[Choice, ...]]:
        """What its ``draft`` chooses in place of its stages."""
        draft = table.get("draft", {})
        if not isinstance(draft, dict):
            raise self.source.error(f"{where}: draft is to be a table", "draft")
        self.source.known(draft, _DRAFT, f"{where}: draft")
        return self.stages(draft, f"{where}: draft")

    def stages(self, tables: Toml, where: str) -> dict[str, tuple[Choice, ...]]:
        """The strategies of each stage, of the prompts maybe several."""
        for stage, given in tables.items():
            if isinstance(given, list) and (stage != "prompt" or not given):
                raise self.source.error(f"{where}: {stage} is to be one strategy; only prompt may be a list", stage)
        return {
            stage: tuple(
                self.choice(stage, one, f"{where}: {stage}") for one in (given if isinstance(given, list) else [given])
            )
            for stage, given in tables.items()
        }

    def choice(self, stage: str, given: Any, where: str) -> Choice:
        """A strategy from its table, or from its label: "majority", "first(executable=true)"."""
        try:
            table: Toml = table_of(given) if isinstance(given, str) else given
        except ConfigError as error:
            raise self.source.error(f"{where}: {error}", stage) from None
        if not isinstance(table, dict):
            raise self.source.error(f"{where}: a table with use = is expected, not {given!r}", stage)
        if stage == "model" and "tuned" in table:
            return self._tuned(table, where)
        if not isinstance(table.get("use"), str):
            raise self.source.error(f"{where}: says no use = a strategy", stage)
        use = table["use"]
        try:
            factory = registry.find(stage, use)
            known = registry.options(factory)
            own_model = "model" in table and "model" not in known and stage != "model"
            given_options = {
                name: self._locate(f"{where}.{name}", known.get(name), value)
                for name, value in table.items()
                if name != "use" and not (name == "model" and own_model)
            }
            checked = registry.check(where, use, known, given_options)
            if own_model and "model" not in registry.supplies(factory):
                raise ConfigError(f"{where}: {use!r} calls no model, so it takes none")
        except ConfigError as error:
            named = re.search(rf"no option '([^']+)'|{re.escape(where)}\.(\w+): ", str(error))
            key = next(filter(None, named.groups())) if named else {"metric": "metrics"}.get(stage, stage)
            raise self.source.error(str(error) if str(error).startswith(where) else f"{where}: {error}", key) from None
        options = {
            name: self.choice(option.stage, checked[name], f"{where}.{name}")
            if option.stage and name in checked
            else checked.get(name, option.default)
            for name, option in known.items()
        }
        model = self.choice("model", table["model"], f"{where}: model") if own_model else None
        return Choice(stage, use, options, model)

    def _tuned(self, table: Toml, where: str) -> Choice:
        """A model that a tuner makes: which one, and so whether it has these options, ``tuned.ready`` finds out."""
        if "use" in table:
            raise self.source.error(f"{where}: 'tuned' says which model it is, so 'use' is not to", "use")
        name, tuners = str(table["tuned"]), list(self.tuners())
        if name not in tuners:
            raise self.source.error(f"{where}: no [tuner.{name}] in this file{nearest(name, tuners)}", "tuned")
        return Choice("model", "", {key: value for key, value in table.items() if key != "tuned"}, tuned=name)

    def tuners(self) -> Iterator[str]:
        """The names of all tuners; one with sizes has one more for each."""
        for name, table in self.source.table("tuner").items():
            yield name
            data = table.get("data", {}) if isinstance(table, dict) else {}
            sizes = data.get("sizes", []) if isinstance(data, dict) else []
            yield from (f"{name}-{size}" for size in (sizes if isinstance(sizes, list) else []))

    def _locate(self, where: str, option: registry.Option | None, value: Any) -> Any:
        """A path option's file: {data} is the data set's folder, else it counts from the experiment file.

        One that a --set gave counts from the current folder first.
        """
        if option is None or "Path" not in str(option.annotation) or not isinstance(value, str):
            return value
        path = Path(value.replace("{data}", str(self.dataset.folder))).expanduser()
        places = [path] if value.startswith("{data}") else [self.source.file.parent / path, path]
        if option.name in self.source.overridden:
            places.reverse()
        found = next((place for place in places if place.exists()), None)
        if found is None:
            raise ConfigError(f"{where}: no such file: {places[0]}")
        return found


def _uses_vectors(choices: Sequence[Choice]) -> bool:
    factories = [registry.find(choice.stage, choice.use) for choice in choices if choice.use]
    asked = {word for factory in factories for word in registry.supplies(factory)}
    return not asked.isdisjoint({"index", "embed"})
