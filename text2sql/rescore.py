"""Scores without a model call: prediction files judged, stored candidates voted on again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from text2sql import __version__
from text2sql.artifacts import cache_folder, digest
from text2sql.assemble import build_judge, build_voter
from text2sql.dataset import Dataset, load_dataset
from text2sql.errors import DataError, Interrupted, RunError
from text2sql.evaluator import Judge, Judged, hardness
from text2sql.executor import Executor
from text2sql.experiment import parse_choice
from text2sql.manifest import slug
from text2sql.outcome import Scored
from text2sql.parallel import in_parallel
from text2sql.predictions import Answer, align
from text2sql.protocols import Voter
from text2sql.runner import broken_gold, gold_error
from text2sql.sandbox import OFFICIAL
from text2sql.store import Run, from_record, open_run, write_run
from text2sql.types import Candidate, Example, Prediction, Verdict


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdicts on one prediction file.

    ``left_out``: how many questions of the split are, by kind of reason as ``data check`` names them;
    ``gold_errors``: how many are in, but their gold does not run.
    """

    file: Path
    dataset: Dataset
    judged: Judged
    left_out: Mapping[str, int]
    gold_errors: int = 0


GOLD = Path("gold")
"""Stands for gold itself among the files of an evaluation."""


def evaluate_files(
    files: Sequence[Path],
    dataset: Dataset,
    *,
    metrics: Sequence[str] = ("execution_accuracy",),
    workers: int | None = None,
    allow_missing: bool = False,
    allow_gold_errors: bool = False,
    only_runnable: bool = False,
    seconds: float = OFFICIAL.seconds,
    progress: bool = True,
) -> list[Evaluation]:
    """Judge prediction files on one split; all are read before the first is judged.

    A file has a line for every question of the split; ``GOLD`` among them is gold as predictions. ``metrics``: names,
    with options as in "execution_accuracy(keep_distinct=true)"; ``seconds``: the time limit of a statement.
    Raises PredictionsError where a file does not fit the split, ConfigError for an unknown metric, DataError where
    gold does not run, unless ``allow_gold_errors`` counts that as wrong, and DatabaseError where a database is
    missing. ``only_runnable`` leaves both out, and tells how many.
    """
    choices = [parse_choice("metric", metric) for metric in metrics]
    answers = {file: _answers(file, dataset, allow_missing) for file in files}
    whole, left_out = dataset, {}
    known = set(whole.databases)
    missing = {e.question.id: e.question.db_id for e in whole.examples if e.question.db_id not in known}
    if only_runnable:
        dataset, left_out["missing_database"] = dataset.without(missing), len(missing)
    elif missing:
        raise dataset.missing(next(iter(missing.values())), "; --only-runnable leaves such questions out")
    dataset.checksum  # noqa: B018  a database that cannot be read is told before anything is executed
    with _kept_when_interrupted(), Executor(workers=workers, cache=cache_folder() / "executions.sqlite") as executor:
        broken = broken_gold(dataset, dataset.examples, executor)
        if only_runnable:
            dataset, left_out["gold_error"] = dataset.without(broken), len(broken)
        elif broken and not allow_gold_errors:
            raise gold_error(dataset, broken, remedy=", --only-runnable leaves them out")
        if not dataset.examples:
            raise DataError(f"{dataset.files[0]}: no question whose gold runs")
        levels = hardness(dataset)
        judge = build_judge(choices, dataset, executor, seconds=seconds)
        told = {kind: count for kind, count in left_out.items() if count}
        evaluations = []
        for file, found in answers.items():
            kept = [answer for e, answer in zip(whole.examples, found, strict=True) if e.question.id in levels]
            judged = _judge(file.name, dataset, kept, judge, levels, executor.workers, progress)
            evaluations.append(Evaluation(file, dataset, judged, told, 0 if only_runnable else len(broken)))
        return evaluations


@contextmanager
def _kept_when_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; what was executed is kept, and the same command does not repeat it") from None


def _answers(file: Path, dataset: Dataset, allow_missing: bool) -> list[Answer]:
    if file is GOLD:
        return [Answer(0, (example.sql,)) for example in dataset.examples]
    return align(file, [example.question for example in dataset.examples], allow_missing=allow_missing)


def _judge(
    name: str,
    dataset: Dataset,
    answers: Sequence[Answer],
    judge: Judge,
    levels: dict[str, str],
    workers: int,
    progress: bool,
) -> Judged:
    from tqdm import tqdm

    def work(item: tuple[Example, Answer]) -> tuple[str, dict[str, Verdict]]:
        example, answer = item
        candidates = tuple(Candidate(sql) for sql in answer.sqls)
        schema = dataset.schemas[example.question.db_id]
        return example.question.id, judge(
            example, Prediction(example.question, schema, (), candidates, 0 if candidates else -1)
        )

    items = list(zip(dataset.examples, answers, strict=True))
    bar = tqdm(
        in_parallel(work, items, workers), total=len(items), desc=name, disable=None if progress else True, leave=False
    )
    found = dict(bar)
    return Judged(judge, levels, {metric: {id: found[id][metric] for id in levels} for metric in judge.metrics})


def evaluate(
    file: str | Path,
    *,
    data: str | Path,
    split: str = "dev",
    questions: str | None = None,
    metrics: Sequence[str] = ("execution_accuracy",),
    allow_missing: bool = False,
    allow_gold_errors: bool = False,
    only_runnable: bool = False,
    seconds: float = OFFICIAL.seconds,
    workers: int | None = None,
) -> Judged:
    """Judge one prediction file; see ``evaluate_files``. ``questions``: a file in place of the split's own."""
    dataset = load_dataset(data, split=split, questions=questions)
    found = evaluate_files(
        [Path(file)],
        dataset,
        metrics=metrics,
        allow_missing=allow_missing,
        allow_gold_errors=allow_gold_errors,
        only_runnable=only_runnable,
        seconds=seconds,
        workers=workers,
        progress=False,
    )
    return found[0].judged


# --- voting again -----------------------------------------------------------------------------------------


def dataset_of(run: Run, data: str | Path | None = None) -> Dataset:
    """The data set that a run was made on; ``data``: where it is now. Raises RunError where it has changed."""
    told = run.manifest["data"]
    dataset = load_dataset(
        data or Path(told["folder"]), split=told["split"], train=told["train"], questions=told["questions"]
    )
    if dataset.checksum != told["checksum"]:
        raise RunError(f"{run.folder}: the data in {dataset.folder} is not what this run was made on")
    return dataset


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
