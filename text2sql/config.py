"""An experiment file -> configurations, every strategy and option of them checked before anything runs.

The file is TOML; the only inheritance is ``[defaults]``. Unknown keys are refused by name and line.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from text2sql import registry
from text2sql.choices import Choices
from text2sql.dataset import Dataset, bundled_folder, load_dataset
from text2sql.errors import ConfigError, nearest
from text2sql.experiment import (
    Configuration,
    Experiment,
    Published,
    TimeLimits,
    Toml,
)
from text2sql.experiment_file import CHOSEN, TOP, ExperimentFile, override, set_value
from text2sql.recipes import recipes

_DEFAULT_METRICS = ["execution_accuracy"]
_DATA = {"use": str, "split": str, "train": list, "questions": str, "cross_database": bool}
_WORDS = {str: "text", list: "a list of file names", bool: "true or false"}
_DRAFT = ("model", "prompt", "generator")


def load(
    path: str | Path,
    *,
    data: str | Path | None = None,
    split: str | None = None,
    overrides: Sequence[str] = (),
) -> Experiment:
    """Read an experiment file; ``data``, ``split`` and ``overrides`` ("key=value") win over what it says.

    Raises ConfigError for what is wrong in the file, DataError for its data set.
    """
    file = _find(Path(path))
    source = ExperimentFile(file, _read(file))
    source.known(source.toml, TOP, "")
    source.configurations()
    _from_the_file(file, source.table("data"))
    for text in overrides:
        source.overridden.update(override(source.toml, text).split("."))
    settings = source.table("data") | {k: v for k, v in (("use", data), ("split", split)) if v is not None}
    source.known(settings, tuple(_DATA), "[data]")
    for key, value in settings.items():
        if not isinstance(value, _DATA[key]) and not (key == "use" and isinstance(value, Path)):
            raise source.error(f"[data]: {key} is to be {_WORDS[_DATA[key]]}, not {value!r}", key)
    if "use" not in settings:
        raise ConfigError(f"{file}: [data] needs use = a data set, or give --data")
    across = settings.pop("cross_database", False)
    given = [*(["--data", str(data)] if data is not None else []), *(x for text in overrides for x in ("--set", text))]
    return replace(_Resolver(source, load_dataset(**settings), across).experiment(), given=shlex.join(given))


def _find(path: Path) -> Path:
    if path.is_file():
        return path
    bundled = bundled_folder("experiments")
    # An installed package has its experiments inside: experiments/ladder.toml works in an empty folder too.
    if path.parts[:1] == ("experiments",) and bundled.joinpath(*path.parts[1:]).is_file():
        return bundled.joinpath(*path.parts[1:])
    known = {str(file) for file in path.parent.glob("*.toml") if file.name != "pyproject.toml"}
    known |= {f"experiments/{file.name}" for file in bundled.glob("*.toml")}
    raise ConfigError(f"{path}: no such experiment file{nearest(str(path), known)}")


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 text at byte {error.start}") from None


def _from_the_file(file: Path, settings: Toml) -> None:
    """A path of a data set that stands in the file counts from the file."""
    use = settings.get("use")
    if isinstance(use, str) and re.search(r"[/\\.]", use) and (file.parent / use).is_dir():
        settings["use"] = str(file.parent / use)


class _Resolver:
    """Turns tables into choices, over one data set."""

    def __init__(self, source: ExperimentFile, dataset: Dataset, cross_database: bool) -> None:
        self.source, self.dataset, self.cross_database = source, dataset, cross_database
        self.choices = Choices(source, dataset)

    def experiment(self) -> Experiment:
        toml = self.source.toml
        defaults, tables = self.source.configurations()
        self.source.known(defaults, CHOSEN, "[defaults]")
        seeds = toml.get("seeds", [0])
        if not isinstance(seeds, list) or not seeds or not all(type(seed) is int for seed in seeds):
            raise self.source.error(f"seeds is to be a list of whole numbers, as in [0], not {seeds!r}", "seeds")
        if len(set(seeds)) < len(seeds):
            raise self.source.error("seeds has the same number twice", "seeds")
        title = toml.get("title", self.source.file.stem)
        if not isinstance(title, str):
            raise self.source.error(f"title is to be text, not {title!r}", "title")
        found = [
            self.configuration(defaults | table, seed) for table in self._with_grid(tables, defaults) for seed in seeds
        ]
        self.source.position = None
        names = [configuration.name for configuration in found if configuration.seed == seeds[0]]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise self.source.error(f"two configurations are called {twice!r}")
        return Experiment(self.source.file, title, self.dataset, tuple(found), recipes(self.choices, defaults))

    def _with_grid(self, tables: Sequence[Toml], defaults: Toml) -> Iterator[Toml]:
        grid = dict(self._axes(self.source.table("grid")))
        for values in itertools.product(*grid.values()):
            settings = dict(zip(grid, values, strict=True))
            for position, table in enumerate(tables):
                self.source.position = position
                changed = copy.deepcopy(table)
                for key, value in settings.items():
                    stage = key.partition(".")[0]
                    if stage in defaults and stage not in changed:
                        changed[stage] = copy.deepcopy(defaults[stage])
                    set_value(changed, key, value)
                changed["name"] = " · ".join([table["name"], *(f"{k}={_shown(v)}" for k, v in settings.items())])
                yield changed

    def _axes(self, grid: Toml, above: str = "") -> Iterator[tuple[str, list[Any]]]:
        """The dotted keys of [grid] with their values; a dotted key that was not quoted is a nested table."""
        for key, values in grid.items():
            if isinstance(values, dict):
                yield from self._axes(values, f"{above}{key}.")
            elif isinstance(values, list) and values:
                yield f"{above}{key}", values
            else:
                raise self.source.error(f"[grid]: {above}{key} is to be a list of values, not {values!r}", key)

    def configuration(self, table: Toml, seed: int) -> Configuration:
        where = f"configuration {table['name']!r}"
        self.source.known(table, ("name", "published", *CHOSEN), where)
        stages = self.choices.all_stages(table, where)
        if "model" not in stages:
            raise self.source.error(f'{where}: needs a model, as in model = {{ use = "recorded", file = "..." }}')
        metrics = table.get("metrics", _DEFAULT_METRICS)
        if not isinstance(metrics, list) or not metrics:
            raise self.source.error(f"{where}: metrics is to be a list of names, as in {_DEFAULT_METRICS}", "metrics")
        return Configuration(
            name=table["name"],
            stages=stages,
            metrics=tuple(self.choices.choice("metric", metric, f"{where}: metrics") for metric in metrics),
            draft=self.choices.drafts(table, where),
            seed=seed,
            cross_database=self.cross_database,
            limits=self._limits(),
            published=self._published(table.get("published", []), where),
        )

    def _limits(self) -> TimeLimits:
        table = self.source.table("limits")
        self.source.known(table, ("candidate", "official"), "[limits]")
        for name, value in table.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise self.source.error(f"[limits]: {name} is to be a number of seconds, not {value!r}", name)
        return TimeLimits(**{name: float(value) for name, value in table.items()})

    def _published(self, given: Any, where: str) -> tuple[Published, ...]:
        """Reference figures: one table, or a list of tables with a column each."""
        tables = given if isinstance(given, list) else [given]
        found = tuple(self._reference(table, where) for table in tables)
        columns = [one.column for one in found]
        if twice := next((column for column in columns if columns.count(column) > 1), None):
            message = f'{where}: published: two are called {twice!r}; column = "..." names one'
            raise self.source.error(message, "published")
        return found

    def _reference(self, table: Any, where: str) -> Published:
        if not isinstance(table, dict):
            raise self.source.error(f"{where}: published is to be a table, or a list of tables", "published")
        texts = {name: table[name] for name in ("source", "column") if name in table}
        scores = {name: value for name, value in table.items() if name not in texts}
        self.source.known(scores, (*registry.names("metric"), "source", "column"), f"{where}: published")
        for name, value in texts.items():
            if not isinstance(value, str) or not value.strip():
                raise self.source.error(f"{where}: published.{name} is to be text, not {value!r}", name)
        for name, value in scores.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
                raise self.source.error(f"{where}: published.{name} is a percentage, 0 to 100, not {value!r}", name)
        return Published({name: value / 100 for name, value in scores.items()}, **texts)


def _shown(value: Any) -> str:
    """A value of the grid as part of a name: text as it is, a strategy by its name."""
    if isinstance(value, dict):
        return str(value.get("use") or value.get("tuned") or value)
    return value if isinstance(value, str) else json.dumps(value, default=str)
