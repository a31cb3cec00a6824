"""A run folder, ready to be shown: its run, data set, metrics and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from text2sql.assemble import build_judge
from text2sql.dataset import Dataset, load_dataset
from text2sql.errors import RunError
from text2sql.evaluator import hardness
from text2sql.executor import Executor
from text2sql.experiment import parse_choice
from text2sql.outcome import Scored
from text2sql.store import Run, open_run


def dataset_of(run: Run, data: str | Path | None = None) -> Dataset:
    """The data set that a run was made on; ``data``: where it is now. Raises RunError where it has changed."""
    told = run.manifest["data"]
    dataset = load_dataset(
        data or Path(told["folder"]), split=told["split"], train=told["train"], questions=told["questions"]
    )
    if dataset.checksum != told["checksum"]:
        raise RunError(f"{run.folder}: the data in {dataset.folder} is not what this run was made on")
    return dataset


def scored(
    folders: Sequence[Path],
    executor: Executor,
    *,
    data: str | Path | None = None,
    damaged: Callable[[str], object] | None = None,
) -> list[Scored]:
    """The outcomes of stored runs over the questions that each has; nothing is executed. Raises RunError, DataError.

    ``damaged`` is told of lines that cannot be read and are left out; without it they raise RunError.
    """
    datasets: dict[str, Dataset] = {}
    found = []
    for folder in folders:
        run = open_run(folder, damaged=damaged)
        told = str(run.manifest["data"])
        if told not in datasets:
            datasets[told] = dataset_of(run, data)
        found.append(_scored(run, datasets[told], executor))
    return found


def _scored(run: Run, dataset: Dataset, executor: Executor) -> Scored:
    labels = run.manifest.get("metrics") or list(next(iter(run.verdicts.values()), {})) or ["execution_accuracy"]
    seconds, seed = float(run.manifest["identity"]["limits"][1]), int(run.manifest["identity"]["seed"])
    judge = build_judge([parse_choice("metric", label) for label in labels], dataset, executor, seconds=seconds)
    ids = [example.question.id for example in dataset.examples if example.question.id in run.records]
    if not ids:
        raise RunError(f"{run.folder}: this run has no answers yet")
    return Scored(run.name, seed, run, dataset, judge, ids, hardness(dataset))
