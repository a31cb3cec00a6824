"""The text of an experiment file: its tables, where each key stands, and what --set changes in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from text2sql.errors import ConfigError, nearest
from text2sql.experiment import NEUTRAL, STAGES, Toml, table_of

TOP = ("title", "seeds", "data", "limits", "defaults", "configuration", "tuner", "grid")
CHOSEN = (*STAGES, "draft", "metrics")
PROMPTING = ("linker", "model", "embedder", "retriever", "reranker", "prompt", "draft")
"""What a [tuner.NAME] may choose for its demonstrations, beside its own options."""


class ExperimentFile:
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
        nearby = [f for f in found if f[0] == self.position] or [f for f in found if f[0] is None]
        found = nearby or (found if self.position is None else [])
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


# --- overrides ---------------------------------------------------------------------------------------------


def override(toml: Toml, override: str) -> str:
    """Apply "key=value": in every table that already chooses this stage, else in [defaults]. Returns the key."""
    key, equals, text = (part.strip() for part in override.partition("="))
    if not equals or not all(key.split(".")):
        raise ConfigError(f"--set {override!r}: key=value is expected, as in model.use=openai")
    value, stage = _value(text), key.partition(".")[0]
    if stage not in TOP + CHOSEN:
        raise ConfigError(f"--set {override!r}: unknown key {stage!r}{nearest(stage, (*CHOSEN, *TOP))}")
    if stage == "tuner" and not key.endswith(".use"):  # which makes a new one
        name, tuners = key.split(".")[1:2], toml.get("tuner")
        if name and isinstance(tuners, dict) and name[0] not in tuners:
            raise ConfigError(f"--set {override!r}: no [tuner.{name[0]}]{nearest(name[0], tuners)}")
    try:
        if key == "model.tuned":  # of the configurations alone: tuners start from the models of [defaults]
            tables = toml.get("configuration", [])
        else:
            tables = [toml] if stage in TOP else _choosing(toml, stage)
        for table in tables:
            set_value(table, key, value)
    except ConfigError as error:
        raise ConfigError(f"--set {override!r}: {error}") from None
    return key


def _choosing(toml: Toml, stage: str) -> list[Toml]:
    """The tables that choose a stage, else [defaults]. Where its model is a tuned one, it stays that."""
    defaults = toml.setdefault("defaults", {})
    tuners = [t for t in toml.get("tuner", {}).values() if isinstance(t, dict)] if stage in PROMPTING else []
    tables = [table for table in (defaults, *toml.get("configuration", []), *tuners) if stage in table]
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


def set_value(table: Toml, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    if parents and parents[0] in NEUTRAL:
        table.setdefault(parents[0], NEUTRAL[parents[0]])
    for name in parents:
        if isinstance(table.get(name), str):
            table[name] = table_of(table[name])
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{name!r} is not a table")
    if last == "use" and parents != ["data"] and table.get("use") != value:
        # Another strategy has other options; what a tuner's demonstrations are stays.
        kept = {k: v for k, v in table.items() if k in (*PROMPTING, "data")} if parents[:1] == ["tuner"] else {}
        table.clear()
        table.update(kept)
    if last == "tuned":
        table.clear()  # a tuned model is said by its name alone
    table[last] = value
