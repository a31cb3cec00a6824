"""An experiment file -> configurations, every strategy and option of them checked before anything runs.

The file is TOML; the only inheritance is ``[defaults]``. Unknown keys are refused by name and line.
"""

from __future__ import annotations

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
from text2sql.errors import ConfigError, DataError, nearest

Toml: TypeAlias = dict[str, Any]

STAGES = (
    "linker", "model", "embedder", "retriever", "reranker", "prompt", "generator", "reviser", "voter",
)
"""What a configuration chooses, in the order of the flow."""

NEUTRAL: Mapping[str, str] = {
    "linker": "all", "retriever": "none", "prompt": "create_table", "generator": "direct", "voter": "first",
}
"""What a stage does where the file says nothing; a stage that is not here is then left out."""

_DEFAULT_METRICS = ["execution_accuracy"]
_TOP = ("title", "seeds", "data", "defaults", "configuration", "tuner", "grid")
_DATA = ("use", "split", "train", "questions", "cross_database")
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
        return f"sha256:{file_digest(value)}"
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
    for override in overrides:
        _override(source.toml, override)
    source.known(source.toml, _TOP, "")
    settings = source.table("data")
    source.known(settings, _DATA, "[data]")
    settings |= {k: v for k, v in (("use", data), ("split", split)) if v is not None}
    if "use" not in settings:
        raise ConfigError(f"{file}: [data] needs use = a data set, or give --data")
    return _Resolver(source, _dataset(file, settings), bool(settings.get("cross_database", False))).experiment()


def _find(path: Path) -> Path:
    if path.is_file():
        return path
    bundled = bundled_folder("experiments")
    # An installed package has its experiments inside: experiments/ladder.toml works in an empty folder too.
    if path.parts[:1] == ("experiments",) and bundled.joinpath(*path.parts[1:]).is_file():
        return bundled.joinpath(*path.parts[1:])
    folder = path.parent if path.parent.is_dir() else bundled
    raise ConfigError(f"{path}: no such experiment file{nearest(path.name, [p.name for p in folder.glob('*.toml')])}")


def _read(file: Path) -> Toml:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from None


def _dataset(file: Path, settings: Toml) -> Dataset:
    use = settings["use"]
    beside = file.parent / str(use)
    if isinstance(use, str) and use.startswith(".") and not Path(use).is_dir() and beside.is_dir():
        use = beside  # a path in the file counts from the file
    try:
        return load_dataset(
            use,
            split=settings.get("split", "dev"),
            train=settings.get("train"),
            questions=settings.get("questions"),
        )
    except TypeError as error:
        raise DataError(f"{file}: [data]: {error}") from None


class _Source:
    """The file as it was written, for messages that name file and line."""

    def __init__(self, file: Path, toml: Toml) -> None:
        self.file, self.toml = file, toml
        self._text = file.read_text(encoding="utf-8")

    def error(self, message: str, key: str = "") -> ConfigError:
        pattern = rf"^.*?(?<![\w.-]){re.escape(key)}[\"']?\s*(?:=|\])"
        found = re.search(pattern, self._text, re.MULTILINE) if key else None
        line = f", line {self._text.count(chr(10), 0, found.start()) + 1}" if found else ""
        return ConfigError(f"{self.file}{line}: {message}")

    def known(self, table: Toml, names: Sequence[str], where: str) -> None:
        for key in table:
            if key not in names:
                raise self.error(f"{where + ': ' if where else ''}unknown key {key!r}{nearest(key, names)}", key)

    def table(self, key: str) -> Toml:
        value = self.toml.get(key, {})
        if not isinstance(value, dict):
            raise self.error(f"[{key}] is to be a table", key)
        return value


class _Resolver:
    """Turns tables into choices, over one data set."""

    def __init__(self, source: _Source, dataset: Dataset, cross_database: bool) -> None:
        self.source, self.dataset, self.cross_database = source, dataset, cross_database

    def experiment(self) -> Experiment:
        toml = self.source.toml
        defaults = self.source.table("defaults")
        self.source.known(defaults, _CHOSEN, "[defaults]")
        tables = toml.get("configuration", [])
        if not isinstance(tables, list) or not tables:
            raise self.source.error("no [[configuration]] in this file")
        seeds = toml.get("seeds", [0])
        if not isinstance(seeds, list) or not seeds or not all(isinstance(seed, int) for seed in seeds):
            raise self.source.error("seeds is to be a list of whole numbers", "seeds")
        found = [
            self.configuration(defaults | table, seed)
            for table in self._with_grid(tables, defaults)
            for seed in seeds
        ]
        names = [configuration.name for configuration in found if configuration.seed == seeds[0]]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise self.source.error(f"two configurations are called {twice!r}")
        title = str(toml.get("title", self.source.file.stem))
        return Experiment(self.source.file, title, self.dataset, tuple(found), self.source.table("tuner"))

    def _with_grid(self, tables: Sequence[Any], defaults: Toml) -> Iterator[Toml]:
        grid = self.source.table("grid")
        for values in itertools.product(*(value if isinstance(value, list) else [value] for value in grid.values())):
            settings = dict(zip(grid, values, strict=True))
            for table in tables:
                if not isinstance(table, dict) or not isinstance(table.get("name"), str) or not table["name"]:
                    raise self.source.error("a [[configuration]] has no name", "configuration")
                changed = json.loads(json.dumps(table))
                for key, value in settings.items():
                    stage = key.partition(".")[0]
                    if stage in defaults and stage not in changed:
                        changed[stage] = json.loads(json.dumps(defaults[stage]))
                    _set(changed, key, value)
                changed["name"] = " · ".join([table["name"], *(f"{k}={v}" for k, v in settings.items())])
                yield changed

    def configuration(self, table: Toml, seed: int) -> Configuration:
        where = f"configuration {table['name']!r}"
        self.source.known(table, ("name", "published", *_CHOSEN), where)
        tables = {stage: {"use": use} for stage, use in NEUTRAL.items()}
        stages = self._stages(tables | {key: table[key] for key in STAGES if key in table}, where)
        if "model" not in stages:
            raise self.source.error(f"{where}: needs a model, as in model = {{ use = \"recorded\", file = \"...\" }}")
        draft = table.get("draft", {})
        if not isinstance(draft, dict):
            raise self.source.error(f"{where}: draft is to be a table", "draft")
        self.source.known(draft, _DRAFT, f"{where}: draft")
        metrics = table.get("metrics", _DEFAULT_METRICS)
        if not isinstance(metrics, list) or not metrics:
            raise self.source.error(f"{where}: metrics is to be a list of names", "metrics")
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
            known = registry.options(registry.find(stage, use))
            given_options = {k: v for k, v in table.items() if k != "use" and (k != "model" or k in known)}
            located = {name: self._locate(known.get(name), value) for name, value in given_options.items()}
            checked = registry.check(where, use, known, located)
        except ConfigError as error:
            option = re.search(r"no option '([^']+)'", str(error))
            message = str(error) if str(error).startswith(where) else f"{where}: {error}"
            raise self.source.error(message, option[1] if option else "") from None
        options = {
            name: self.choice(option.stage, checked[name], f"{where}.{name}") if option.stage and name in checked
            else checked.get(name, option.default)
            for name, option in known.items()
        }
        model = table.get("model") if "model" not in known and stage != "model" else None
        return Choice(stage, use, options, self.choice("model", model, f"{where}: model") if model else None)

    def _tuned(self, table: Toml, where: str) -> Choice:
        name, tuners = table["tuned"], self.source.table("tuner")
        if name not in tuners:
            raise self.source.error(f"{where}: no [tuner.{name}] in this file{nearest(str(name), tuners)}", "tuned")
        self.choice("tuner", {"use": tuners[name].get("use")}, f"[tuner.{name}]")
        command = f"text2sql finetune start {self.source.file} --tuner {name}"
        raise self.source.error(f"{where}: the tuned model {name!r} does not exist yet; '{command}' makes it", "tuned")

    def _locate(self, option: registry.Option | None, value: Any) -> Any:
        """A path option's file: {data} is the data set's folder, else it counts from the experiment file."""
        if option is None or "Path" not in str(option.annotation) or not isinstance(value, str):
            return value
        path = Path(value.replace("{data}", str(self.dataset.folder))).expanduser()
        path = path if path.is_absolute() or value.startswith("{data}") else self.source.file.parent / path
        if not path.exists():
            raise ConfigError(f"{value}: no such file ({path})")
        return path

    def _published(self, table: Any, where: str) -> Published | None:
        if table is None:
            return None
        if not isinstance(table, dict):
            raise self.source.error(f"{where}: published is to be a table", "published")
        scores = {name: value for name, value in table.items() if name != "source"}
        self.source.known(scores, registry.names("metric"), f"{where}: published")
        for name, value in scores.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
                raise self.source.error(f"{where}: published.{name} is a percentage, 0 to 100, not {value!r}", name)
        return Published({name: value / 100 for name, value in scores.items()}, str(table.get("source", "")))


# --- overrides -------------------------------------------------------------------------------------------


def _override(toml: Toml, override: str) -> None:
    """Apply "key=value": in every table that already chooses this stage, else in [defaults]."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {override!r}: key=value is expected, as in model.use=openai")
    key, value = key.strip(), _value(text.strip())
    stage = key.partition(".")[0]
    if stage in _TOP:
        _set(toml, key, value)
        return
    if stage not in _CHOSEN:
        raise ConfigError(f"--set {override!r}: unknown key {stage!r}{nearest(stage, (*_CHOSEN, *_TOP))}")
    configurations = toml.get("configuration", [])
    tables = [table for table in (toml.setdefault("defaults", {}), *configurations) if stage in table]
    for table in tables or [toml["defaults"]]:
        # A tuned model stays the tuned one: another base is another model.
        if not (stage == "model" and isinstance(table.get(stage), dict) and "tuned" in table[stage]):
            _set(table, key, value)


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _set(table: Toml, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for name in parents:
        if isinstance(table.get(name), str):
            table[name] = {"use": table[name]}
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{key}: {name!r} is not a table")
    if last == "use" and table.get("use") != value:
        table.clear()  # another strategy has other options
    table[last] = value


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
    return {"use": match[1]} | options


def run_digest(configuration: Configuration, dataset: Dataset, version: str) -> str:
    """What a run is: its configuration, data set, split, seed and code, as 32 hexadecimal digits."""
    identity = {"configuration": configuration.identity(), "data": dataset.checksum, "split": dataset.split}
    return digest(version, json.dumps(identity, sort_keys=True))
