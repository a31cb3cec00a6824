"""Stored runs on the train split: whose right answers are targets, or whose wrong ones are what is learned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from text2sql.artifacts import digest
from text2sql.errors import ConfigError, RunError
from text2sql.manifest import runs_root
from text2sql.store import Record, find_run, open_manifest, open_run, whole_lines
from text2sql.types import Question

_METRIC = "execution_accuracy"
Asked: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a run answered: right by execution or not, its SQL, and the text that this was found in."""

    right: bool
    sql: str
    text: str


@dataclass(frozen=True)
class TrainRun:
    """One run; its answers by database and question, for ids count through files that a pool may not have."""

    folder: Path

    @cached_property
    def identity(self) -> str:
        """Digest of its answers, right or not; further metrics do not change it. Raises RunError."""
        found = sorted((*asked, one.right, one.sql, one.text) for asked, one in self.answers.items())
        return digest(json.dumps(found))

    @cached_property
    def answers(self) -> Mapping[Asked, Answered]:
        """What it answered, but for questions that no provider answered. Raises RunError where it was not judged."""
        run, found = open_run(self.folder), {}
        for line in whole_lines(self.folder / "predictions.jsonl"):
            verdict = run.verdicts.get(line["id"], {}).get(_METRIC)
            if "unanswered" in line:
                continue
            if verdict is None:
                raise RunError(f"{self.folder}: it was not judged by {_METRIC}; add it to metrics and run it again")
            text = _text(run.records[line["id"]], line["sql"])
            found[line["db_id"], line["question"]] = Answered(verdict.score == 1, line["sql"], text)
        return found

    def of(self, question: Question) -> Answered | None:
        """What it answered to a question; None where it was not asked."""
        return self.answers.get((question.db_id, question.text))


def _text(record: Record, sql: str) -> str:
    elected = record["candidates"][record["elected"]] if record["elected"] >= 0 else {}
    said = elected.get("said", [])
    return str(said[-1][0]) if said else sql


def train_run(name: str, experiment: Path, data: str, given: str = "") -> TrainRun:
    """A run on the train split of this data set: of a configuration of this experiment file, the one that was written
    last; else by path, name or digest. ``given``: what the command line changed in the file.

    Raises ConfigError where there is none, where it is of another split, and where it has not come to its end.
    """
    root = runs_root(experiment, None)
    named = [
        file.parent
        for file in (root / experiment.stem).glob("*/run.json")
        if (told := open_manifest(file.parent))["configuration"] == name
        and (told["data"]["split"], told["data"]["name"]) == ("train", data)
    ]
    command = " ".join(filter(None, [f'text2sql run {experiment} --split train --only "{name}"', given]))
    missing = f"no run {name!r} on the train split of {data}; if it is a configuration, '{command}' makes it"
    try:
        places = [root / experiment.stem, root, Path("experiments/runs"), Path("runs")]
        folder = max(named, key=lambda run: (run / "run.json").stat().st_mtime_ns) if named else find_run(name, places)
    except RunError:
        raise ConfigError(missing) from None
    told = open_manifest(folder)
    if told["data"]["split"] != "train":
        raise ConfigError(
            f"{folder}: its questions are of the split {told['data']['split']}; a model is tuned on train alone"
        )
    if told["data"]["name"] != data and folder != Path(name):
        raise ConfigError(missing)
    if "questions" not in told:
        raise ConfigError(f"{folder}: this run was cut off, or goes on just now; '{command}' ends it")
    return TrainRun(folder)
