"""An experiment file -> configurations, every strategy and option of them checked before anything runs.

The file is TOML; the only inheritance is ``[defaults]``. Unknown keys are refused by name and line.
"""

from __future__ import annotations

import copy
import itertools
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from text2sql import registry
from text2sql.artifacts import digest, file_digest
from text2sql.dataset import Dataset, bundled_folder, load_dataset
from text2sql.errors import ConfigError, nearest

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

_DEFAULT_METRICS = ["execution_accuracy"]
_TOP = ("title", "seeds", "data", "defaults", "configuration", "tuner", "grid")
_DATA = {"use": str, "split": str, "train": list, "questions": str, "cross_database": bool}
_WORDS = {str: "text", list: "a list of file names", bool: "true or false"}
_CHOSEN = (*STAGES, "draft", "metrics")
_DRAFT = ("model", "prompt", "generator")


@dataclass(frozen=True, slots=True)
class Choice:
    """A strategy and its options, defaults filled in; options that are strategies are choices themselves."""

    stage: str
    use: str
    options: Mapping[str, Any]
    model: Choice | None = None

    @property
    def label(self) -> str:
        """The strategy and the options that were set away from their defaults."""
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
    """Figures to compare with, as fractions of 1 by metric, and where they stand."""

    scores: Mapping[str, float]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One choice of every strategy and option, at one seed."""

    name: str
    stages: Mapping[str, tuple[Choice, ...]]
    metrics: tuple[Choice, ...]
    draft: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    seed: int = 0
    cross_database: bool = False
    published: Published | None = None

    def identity(self) -> Toml:
        """What identifies the predictions: every stage and the seed. Metrics only judge them."""
        return {
            "stages": _identities(self.stages),
            "draft": _identities(self.draft),
            "seed": self.seed,
            "cross_database": self.cross_database,
        }


def _identities(stages: Mapping[str, tuple[Choice, ...]]) -> Toml:
    return {stage: [choice.identity() for choice in choices] for stage, choices in sorted(stages.items())}


@dataclass(frozen=True, slots=True)
class Experiment:
    """Configurations that are compared on the same questions; ``path`` is the file it was read from."""

    path: Path
    title: str
    dataset: Dataset
    configurations: tuple[Configuration, ...]
    tuners: Mapping[str, Toml]

    def only(self, names: Sequence[str]) -> Experiment:
        """The experiment with some of its configurations. Raises ConfigError for an unknown name."""
        known = {configuration.name for configuration in self.configurations}
        for name in names:
            if name not in known:
                raise ConfigError(f"{self.path}: no configuration {name!r}{nearest(name, known)}")
        chosen = tuple(c for c in self.configurations if c.name in names)
        return Experiment(self.path, self.title, self.dataset, chosen, self.tuners)


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
    source = _Source(file, _read(file))
    source.known(source.toml, _TOP, "")
    source.configurations()
    _from_the_file(file, source.table("data"))
    for override in overrides:
        source.overridden.update(_override(source.toml, override).split("."))
    settings = source.table("data") | {k: v for k, v in (("use", data), ("split", split)) if v is not None}
    source.known(settings, tuple(_DATA), "[data]")
    for key, value in settings.items():
        if not isinstance(value, _DATA[key]) and not (key == "use" and isinstance(value, Path)):
            raise source.error(f"[data]: {key} is to be {_WORDS[_DATA[key]]}, not {value!r}", key)
    if "use" not in settings:
        raise ConfigError(f"{file}: [data] needs use = a data set, or give --data")
    across = settings.pop("cross_database", False)
    return _Resolver(source, load_dataset(**settings), across).experiment()


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


class _Source:
    """The file as it was written, for messages that name file and line."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.overridden: set[str] = set()  # keys that a --set gave: their value does not stand in the file
        self.position: int | None = None  # of the [[configuration]] that is being read
        self._lines = text.splitlines()
        try:
            self.toml: Toml = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r" \(at (line \d+), column \d+\)$", str(error))
            where, end = (f"{file}, {place[1]}", place.start()) if place else (str(file), None)
            raise ConfigError(f"{where}: not TOML: {str(error)[:end]}") from None

    def error(self, message: str, key: str = "") -> ConfigError:
        line = None if not key or key in self.overridden else self._line(key)
        return ConfigError(f"{self.file}{f', line {line}' if line else ''}: {message}")

    def _line(self, key: str) -> int | None:
        """Where a key stands: in the configuration that is being read, else outside of all configurations."""
        pattern = re.compile(rf"^[^#]*?(?<![\w.-])(?:[\w-]+\.)*{re.escape(key)}[\"']?\s*(?:=|\]|\.[\w.]+[\"']?\s*=)")
        found = [(owner, number) for number, owner, line in self._owned() if pattern.match(line)]
        if self.position is not None:
            found = [f for f in found if f[0] == self.position] or [f for f in found if f[0] is None]
        return found[0][1] if found else None

    def _owned(self) -> Iterator[tuple[int, int | None, str]]:
        """Every line with its number and the position of the configuration that it belongs to."""
        count, owner = -1, None
        for number, line in enumerate(self._lines, 1):
            if header := re.match(r"\s*(\[+)\s*([^\]=]+?)\s*\]+\s*(?:#.*)?$", line):
                if header[2] == "configuration":
                    count += len(header[1]) - 1
                    owner = count
                elif not header[2].startswith("configuration."):
                    owner = None
            yield number, owner, line

    def known(self, table: Toml, names: Sequence[str], where: str) -> None:
        for key in table:
            if key not in names:
                raise self.error(f"{where + ': ' if where else ''}unknown key {key!r}{nearest(key, names)}", key)

    def table(self, key: str) -> Toml:
        value = self.toml.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"[{key}] is to be a table, not {value!r}", key)
        return value

    def configurations(self) -> tuple[Toml, list[Toml]]:
        """[defaults] and every [[configuration]]."""
        tables = self.toml.get("configuration", [])
        if not isinstance(tables, list) or not tables:
            raise self.error("no [[configuration]] (in two brackets) in this file", "configuration")
        for self.position, table in enumerate(tables):
            if not isinstance(table, dict) or not isinstance(table.get("name"), str) or not table["name"]:
                raise self.error("a [[configuration]] has no name", "configuration")
        self.position = None
        return self.table("defaults"), tables


class _Resolver:
    """Turns tables into choices, over one data set."""

    def __init__(self, source: _Source, dataset: Dataset, cross_database: bool) -> None:
        self.source, self.dataset, self.cross_database = source, dataset, cross_database

    def experiment(self) -> Experiment:
        toml = self.source.toml
        defaults, tables = self.source.configurations()
        self.source.known(defaults, _CHOSEN, "[defaults]")
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
        return Experiment(self.source.file, title, self.dataset, tuple(found), self.source.table("tuner"))

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
                    _set(changed, key, value)
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
        self.source.known(table, ("name", "published", *_CHOSEN), where)
        tables = {stage: {"use": use} for stage, use in NEUTRAL.items()}
        stages = self._stages(tables | {key: table[key] for key in STAGES if key in table}, where)
        if "model" not in stages:
            raise self.source.error(f'{where}: needs a model, as in model = {{ use = "recorded", file = "..." }}')
        draft = table.get("draft", {})
        if not isinstance(draft, dict):
            raise self.source.error(f"{where}: draft is to be a table", "draft")
        self.source.known(draft, _DRAFT, f"{where}: draft")
        metrics = table.get("metrics", _DEFAULT_METRICS)
        if not isinstance(metrics, list) or not metrics:
            raise self.source.error(f"{where}: metrics is to be a list of names, as in {_DEFAULT_METRICS}", "metrics")
        return Configuration(
            name=table["name"],
            stages=stages,
            metrics=tuple(self.choice("metric", metric, f"{where}: metrics") for metric in metrics),
            draft=self._stages(draft, f"{where}: draft"),
            seed=seed,
            cross_database=self.cross_database,
            published=self._published(table.get("published"), where),
        )

    def _stages(self, tables: Toml, where: str) -> dict[str, tuple[Choice, ...]]:
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
            table: Toml = _table_of(given) if isinstance(given, str) else given
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
        self.source.known(table, ("tuned",), where)
        name, tuners = str(table["tuned"]), self.source.table("tuner")
        if name not in tuners:
            raise self.source.error(f"{where}: no [tuner.{name}] in this file{nearest(name, tuners)}", "tuned")
        tuner = tuners[name]
        self.choice("tuner", {"use": tuner.get("use")} if isinstance(tuner, dict) else tuner, f"[tuner.{name}]")
        command = f"text2sql finetune start {self.source.file} --tuner {name}"
        raise self.source.error(f"{where}: the tuned model {name!r} does not exist yet; '{command}' makes it", "tuned")

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

    def _published(self, table: Any, where: str) -> Published | None:
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self.source.error(f"{where}: published is to be a table", "published")
        scores = {name: value for name, value in table.items() if name != "source"}
        self.source.known(table, (*registry.names("metric"), "source"), f"{where}: published")
        for name, value in scores.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
                raise self.source.error(f"{where}: published.{name} is a percentage, 0 to 100, not {value!r}", name)
        return Published({name: value / 100 for name, value in scores.items()}, str(table.get("source", "")))


# --- overrides -------------------------------------------------------------------------------------------


def _override(toml: Toml, override: str) -> str:
    """Apply "key=value": in every table that already chooses this stage, else in [defaults]. Returns the key."""
    key, equals, text = (part.strip() for part in override.partition("="))
    if not equals or not all(key.split(".")):
        raise ConfigError(f"--set {override!r}: key=value is expected, as in model.use=openai")
    value, stage = _value(text), key.partition(".")[0]
    if stage not in _TOP + _CHOSEN:
        raise ConfigError(f"--set {override!r}: unknown key {stage!r}{nearest(stage, (*_CHOSEN, *_TOP))}")
    try:
        for table in [toml] if stage in _TOP else _choosing(toml, stage):
            _set(table, key, value)
    except ConfigError as error:
        raise ConfigError(f"--set {override!r}: {error}") from None
    return key


def _choosing(toml: Toml, stage: str) -> list[Toml]:
    """The tables that choose a stage, else [defaults]. Where its model is a tuned one, it stays that."""
    defaults = toml.setdefault("defaults", {})
    tables = [table for table in (defaults, *toml.get("configuration", [])) if stage in table]
    return [
        table
        for table in tables or [defaults]
        # Another base would be another model.
        if not (stage == "model" and isinstance(table.get(stage), dict) and "tuned" in table[stage])
    ]


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _set(table: Toml, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    if parents and parents[0] in NEUTRAL:
        table.setdefault(parents[0], NEUTRAL[parents[0]])
    for name in parents:
        if isinstance(table.get(name), str):
            table[name] = _table_of(table[name])
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{name!r} is not a table")
    if last == "use" and parents != ["data"] and table.get("use") != value:
        table.clear()  # another strategy has other options
    table[last] = value


def _shown(value: Any) -> str:
    """A value of the grid as part of a name: text as it is, a strategy by its name."""
    if isinstance(value, dict):
        return str(value.get("use", value))
    return value if isinstance(value, str) else json.dumps(value, default=str)


def parse_choice(stage: str, text: str) -> Choice:
    """A strategy as its label writes it: ``majority``, ``execution_accuracy(keep_distinct=true)``.

    Raises ConfigError.
    """
    table = _table_of(text)
    use = table.pop("use")
    known = registry.options(registry.find(stage, use))
    checked = registry.check(stage, use, known, table)
    return Choice(stage, use, {name: checked.get(name, option.default) for name, option in known.items()})


def _table_of(label: str) -> Toml:
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
