"""Stored candidates voted on again: a run with another voter, without a model call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from text2sql import __version__
from text2sql.artifacts import cache_folder, digest
from text2sql.assemble import build_judge, build_voter
from text2sql.dataset import Dataset
from text2sql.errors import RunError
from text2sql.evaluator import Judge, hardness
from text2sql.executor import Executor
from text2sql.experiment import parse_choice
from text2sql.manifest import slug
from text2sql.outcome import Scored
from text2sql.parallel import in_parallel
from text2sql.protocols import Voter
from text2sql.store import Run, from_record, open_run, write_run
from text2sql.stored import dataset_of
from text2sql.types import Example, Prediction, Verdict


def vote(
    folder: Path,
    voter: str,
    *,
    n: int | None = None,
    data: str | Path | None = None,
    workers: int | None = None,
) -> tuple[Scored, Scored]:
    """Elect again among the stored candidates of a run, or the first ``n`` of them; no model is called.

    Returns the run and the new one, which is stored beside it. Raises RunError, ConfigError.
    """
    base = open_run(folder)
    choice = parse_choice("voter", voter)
    dataset = dataset_of(base, data)
    levels = hardness(dataset)
    ids = [example.question.id for example in dataset.examples if example.question.id in base.records]
    if not ids:
        raise RunError(f"{folder}: this run has no candidates yet")
    name = f"{base.name} · {choice.label}" + (f" n={n}" if n else "")
    what = digest(__version__, base.digest, str(choice.identity()), str(n))
    told = base.manifest | {"configuration": name, "digest": what, "votes_on": base.digest}
    metrics = [parse_choice("metric", label) for label in base.manifest.get("metrics", ["execution_accuracy"])]
    with (
        Executor(workers=workers, cache=cache_folder() / "executions.sqlite") as executor,
        write_run(folder.parent / f"{slug(name)}-{what[:8]}", told) as writer,
    ):
        seconds = float(base.manifest["identity"]["limits"][1])
        judge = build_judge(metrics, dataset, executor, seconds=seconds)
        elect = _Election(base, build_voter(choice, int(base.manifest["identity"]["seed"])), n, dataset, judge)
        known = writer.run.verdicts
        voted = {id for id in writer.run.records if judge.metrics.keys() <= known.get(id, {}).keys()}
        todo = [e for e in dataset.examples if e.question.id in base.records.keys() - voted]
        judge.check(todo)
        for prediction, verdicts in in_parallel(elect, todo, executor.workers):
            question = prediction.question
            writer.add(prediction, dataset.schemas[question.db_id], (), 0.0)
            writer.judge(question.id, verdicts)
        writer.finish(dataset.examples, levels, list(judge.metrics))
        old = Scored(base.name, 0, base, dataset, judge, ids, levels)
        return old, Scored(name, 0, writer.run, dataset, judge, ids, levels)


@dataclass(frozen=True)
class _Election:
    """Elects again among the stored candidates of one question, and judges the outcome."""

    base: Run
    voter: Voter
    n: int | None
    dataset: Dataset
    judge: Judge

    def __call__(self, example: Example) -> tuple[Prediction, dict[str, Verdict]]:
        question = example.question
        schema = self.dataset.schemas[question.db_id]
        stored = from_record(self.base.records[question.id], question, schema, {})
        candidates = stored.candidates[: self.n]
        elected = self.voter(question, stored.schema, candidates) if candidates else -1
        prediction = replace(stored, candidates=candidates, elected=elected)
        return prediction, {} if prediction.unanswered else self.judge(example, prediction)
