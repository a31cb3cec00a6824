"""What an experiment is: configurations, each a choice of every strategy and option, and their identity."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from text2sql import registry
from text2sql.artifacts import digest, file_digest
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError, nearest
from text2sql.sandbox import CANDIDATE, OFFICIAL
from text2sql.selection import DataSettings

Toml: TypeAlias = dict[str, Any]

STAGES = (
    "linker",
    "model",
    "embedder",
    "retriever",
    "reranker",
    "prompt",
    "generator",
    "reviser",
    "voter",
)
"""What a configuration chooses, in the order of the flow."""

NEUTRAL: Mapping[str, str] = {
    "linker": "all",
    "retriever": "none",
    "prompt": "create_table",
    "generator": "direct",
    "voter": "first",
}
"""What a stage does where the file says nothing; a stage that is not here is then left out."""

EMBEDDER = "lexical"
"""What makes vectors where a strategy asks for some and the file says nothing: it needs no network."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and its options, defaults filled in; options that are strategies are choices themselves.

    ``tuned``: the tuner that makes this model; until ``tuning.ready`` knows the outcome, ``use`` is empty.
    """

    stage: str
    use: str
    options: Mapping[str, Any]
    model: Choice | None = None
    tuned: str = ""

    @property
    def label(self) -> str:
        """The strategy and the options that were set away from their defaults."""
        if self.tuned:
            return f"tuned {self.tuned}"
        known = registry.options(registry.find(self.stage, self.use))
        changed = {k: v for k, v in self.options.items() if v != known[k].default}
        inner = ", ".join(
            f"{name}={value.label if isinstance(value, Choice) else json.dumps(value, default=str)}"
            for name, value in changed.items()
        )
        return f"{self.use}({inner})" if inner else self.use

    def identity(self) -> Toml:
        """All that the strategy's outcome depends on, as JSON values: files by content, code by its digest."""
        return {
            "use": self.use,
            "code": registry.version(self.stage, self.use),
            "options": {name: _identity(value) for name, value in sorted(self.options.items())},
            "model": None if self.model is None else self.model.identity(),
        }


def _identity(value: Any) -> Any:
    if isinstance(value, Choice):
        return value.identity()
    if isinstance(value, Path):
        files = sorted(file for file in value.rglob("*") if file.is_file()) if value.is_dir() else [value]
        return [f"sha256:{file_digest(file)}" for file in files]
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Published:
    """Figures to compare with, as fractions of 1 by metric, where they stand, and the head of their column."""

    scores: Mapping[str, float]
    source: str = ""
    column: str = "published"


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds that one statement may take: of a candidate, and of either side of an official comparison."""

    candidate: float = CANDIDATE.seconds
    official: float = OFFICIAL.seconds


@dataclass(frozen=True, slots=True)
class Configuration:
    """One choice of every strategy and option, at one seed."""

    name: str
    stages: Mapping[str, tuple[Choice, ...]]
    metrics: tuple[Choice, ...]
    draft: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    seed: int = 0
    cross_database: bool = False
    limits: TimeLimits = TimeLimits()
    published: tuple[Published, ...] = ()

    def identity(self) -> Toml:
        """What identifies the predictions: every stage and the seed. Metrics only judge them."""
        return {
            "stages": _identities(self.stages),
            "draft": _identities(self.draft),
            "seed": self.seed,
            "cross_database": self.cross_database,
            "limits": [self.limits.candidate, self.limits.official],
        }


def _identities(stages: Mapping[str, tuple[Choice, ...]]) -> Toml:
    return {stage: [choice.identity() for choice in choices] for stage, choices in sorted(stages.items())}


_SHAPING = ("linker", "embedder", "retriever", "reranker", "prompt")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a tuned model is made: by which tuner, from which examples, shown as ``prompts`` renders a question.

    Of ``prompts`` the stages up to the prompt count, and the model and the draft where one of these asks for them.
    """

    name: str
    tuner: Choice
    prompts: Configuration
    data: DataSettings

    def identity(self) -> Toml:
        """What the demonstrations and what is made of them depend on, but for the pool and stored runs."""
        stages, draft = self.prompts.stages, self.prompts.draft
        asked = {word for stage in _SHAPING for choice in stages.get(stage, ()) for word in _asked(choice)}
        kept = (*_SHAPING, "model") if "model" in asked or ("draft" in asked and "model" not in draft) else _SHAPING
        return {
            "tuner": self.tuner.identity(),
            "stages": _identities({stage: choices for stage, choices in stages.items() if stage in kept}),
            "draft": _identities(draft) if "draft" in asked else {},
            "data": self.data.identity(),
        }


def _asked(choice: Choice) -> Iterator[str]:
    """What a strategy, and those among its options, ask of the configuration; a model of its own is none of it."""
    words = registry.supplies(registry.find(choice.stage, choice.use))
    yield from (word for word in words if word != "model" or choice.model is None)
    for value in choice.options.values():
        if isinstance(value, Choice):
            yield from _asked(value)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Configurations that are compared on the same questions; ``path`` is the file it was read from.

    ``given``: the options of the command line that change what it says, for commands that messages name.
    """

    path: Path
    title: str
    dataset: Dataset
    configurations: tuple[Configuration, ...]
    recipes: Mapping[str, Recipe]
    given: str = ""

    def only(self, names: Sequence[str]) -> Experiment:
        """The experiment with some of its configurations. Raises ConfigError for an unknown name."""
        known = {configuration.name for configuration in self.configurations}
        for name in names:
            if name not in known:
                raise ConfigError(f"{self.path}: no configuration {name!r}{nearest(name, known)}")
        chosen = tuple(c for c in self.configurations if c.name in names)
        return replace(self, configurations=chosen)


def parse_choice(stage: str, text: str) -> Choice:
    """A strategy as its label writes it: ``majority``, ``execution_accuracy(keep_distinct=true)``.

    Raises ConfigError.
    """
    table = table_of(text)
    use = table.pop("use")
    known = registry.options(registry.find(stage, use))
    checked = registry.check(stage, use, known, table)
    return Choice(stage, use, {name: checked.get(name, option.default) for name, option in known.items()})


def table_of(label: str) -> Toml:
    """The table that a label stands for."""
    match = re.fullmatch(r"\s*([\w.:]+)\s*(?:\((.*)\))?\s*", label)
    if not match:
        raise ConfigError(f"{label!r}: name or name(option=value, ...) is expected")
    try:
        options: Toml = tomllib.loads(f"options = {{{match[2] or ''}}}")["options"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(f"{label!r}: options read option=value, separated by commas") from None
    if "use" in options:
        raise ConfigError(f"{label!r}: 'use' is no option")
    return {"use": match[1]} | options


def run_digest(configuration: Configuration, dataset: Dataset, version: str) -> str:
    """What a run is: its configuration, data set, split, seed and code, as 32 hexadecimal digits."""
    identity = {"configuration": configuration.identity(), "data": dataset.checksum, "split": dataset.split}
    return digest(version, json.dumps(identity, sort_keys=True))
