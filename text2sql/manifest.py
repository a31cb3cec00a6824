"""Where a run is kept, and what it says of itself: identity, data, versions, commit."""

from __future__ import annotations

import platform
import re
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from text2sql import __version__
from text2sql.experiment import Configuration, Experiment, run_digest
from text2sql.store import Record


def run_folder(experiment: Experiment, configuration: Configuration, out: Path | None) -> Path:
    """Where a configuration's run is kept."""
    what = run_digest(configuration, experiment.dataset, __version__)
    return runs_root(experiment.path, out) / experiment.path.stem / f"{slug(configuration.name)}-{what[:8]}"


def runs_root(path: Path, out: Path | None) -> Path:
    """runs/ beside the experiment file; where that is inside an installed package, runs/ right here."""
    if out is not None:
        return out
    return Path("runs") if "_bundled" in path.parts else path.parent / "runs"


def slug(name: str) -> str:
    """A configuration's name as part of a folder's.

    >>> slug("HyDE + self-consistency")
    'hyde-self-consistency'
    """
    return re.sub(r"[^a-z0-9.=]+", "-", name.lower()).strip("-.")[:60] or "configuration"


def manifest(experiment: Experiment, configuration: Configuration) -> Record:
    dataset = experiment.dataset
    return {
        "experiment": experiment.path.stem,
        "title": experiment.title,
        "configuration": configuration.name,
        "digest": run_digest(configuration, dataset, __version__),
        "data": {
            "name": dataset.name,
            "folder": str(dataset.folder.resolve()),
            "split": dataset.split,
            "questions": dataset.questions,
            "train": [path.name for path in dataset.train],
            "checksum": dataset.checksum,
        },
        "identity": configuration.identity(),
        "versions": _versions(),
        "commit": _commit(),
    }


@cache
def _versions() -> Mapping[str, str]:
    names = ("text2sql", "sqlglot", "openai", "chromadb", "numpy", "scikit-learn")
    found = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


@cache
def _commit() -> str | None:
    """The commit of the checkout that this code runs from; None where it is installed."""
    root = Path(__file__).parents[1]
    if not (root / ".git").exists():
        return None
    with suppress(OSError):
        command = ["git", "-C", str(root), "rev-parse", "HEAD"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return answer.stdout.strip() or None
    return None
