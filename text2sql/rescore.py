"""Prediction files, pairs and gold itself judged: scores without a model call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from text2sql.artifacts import cache_folder
from text2sql.assemble import build_judge
from text2sql.dataset import Dataset, load_dataset
from text2sql.errors import DataError, Interrupted
from text2sql.evaluator import Judge, Judged, hardness
from text2sql.executor import Execute, Executor
from text2sql.experiment import parse_choice
from text2sql.gold import broken_gold, gold_error
from text2sql.pairs import read_pairs
from text2sql.parallel import in_parallel
from text2sql.predictions import Answer, align
from text2sql.sandbox import OFFICIAL
from text2sql.types import Candidate, Example, Prediction, Verdict
from text2sql.verdicts import Evaluation

_Predictions: TypeAlias = Mapping[Example, Prediction]

GOLD = Path("gold")
"""Stands for gold itself among the files of an evaluation."""

_REMEDIES = "--allow-gold-errors scores such gold as wrong, --only-runnable leaves it out"


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
    answers = {file: _answers(file, dataset, allow_missing) for file in files}
    return _evaluate(answers, dataset, metrics, workers, allow_gold_errors, only_runnable, seconds, progress)


def evaluate_pairs(
    file: str | Path,
    *,
    data: str | Path,
    split: str = "dev",
    metrics: Sequence[str] = ("execution_accuracy",),
    workers: int | None = None,
    allow_missing: bool = False,
    allow_gold_errors: bool = False,
    only_runnable: bool = False,
    seconds: float = OFFICIAL.seconds,
    progress: bool = False,
) -> Evaluation:
    """Judge the gold/predicted pairs of a JSONL file on the databases of a data set; see ``read_pairs``.

    ``split``: "test" takes the databases of the test split; the rest is as in ``evaluate_files``.
    """
    pairs = read_pairs(Path(file), load_dataset(data, split=split), allow_missing=allow_missing)
    answers = {Path(file): pairs.answers}
    return _evaluate(answers, pairs, metrics, workers, allow_gold_errors, only_runnable, seconds, progress)[0]


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
) -> Evaluation:
    """Judge one prediction file; see ``evaluate_files``. ``questions``: a file in place of the split's own."""
    dataset = load_dataset(data, split=split, questions=questions)
    answers = {Path(file): _answers(Path(file), dataset, allow_missing)}
    return _evaluate(answers, dataset, metrics, workers, allow_gold_errors, only_runnable, seconds, False)[0]


def _answers(file: Path, dataset: Dataset, allow_missing: bool) -> list[Answer]:
    if file is GOLD:
        return [Answer(0, (example.sql,)) for example in dataset.examples]
    return align(file, [example.question for example in dataset.examples], allow_missing=allow_missing)


def _evaluate(
    answers: Mapping[Path, Sequence[Answer]],
    whole: Dataset,
    metrics: Sequence[str],
    workers: int | None,
    allow_gold_errors: bool,
    only_runnable: bool,
    seconds: float,
    progress: bool,
) -> list[Evaluation]:
    """Judge answers to every example of a data set; whatever can be refused is, before the first is judged."""
    choices = [parse_choice("metric", metric) for metric in metrics]
    dataset, left_out = _with_databases(whole, only_runnable)
    with _kept_when_interrupted(), Executor(workers=workers, cache=cache_folder() / "executions.sqlite") as executor:
        execute = Execute(executor, dataset.databases, replace(OFFICIAL, seconds=seconds))
        judge = build_judge(choices, dataset, executor, seconds=seconds)
        judge.check(dataset.examples)
        with execute.ahead([[(example.question.db_id, example.sql) for example in dataset.examples]]):
            levels = hardness(dataset)
        broken = broken_gold(dataset.examples, execute)
        if only_runnable:
            dataset, left_out["gold_error"] = dataset.without(broken), len(broken)
        elif broken and not allow_gold_errors:
            raise gold_error(dataset, broken, _REMEDIES)
        if not dataset.examples:
            raise DataError(f"{dataset.files[0]}: no question whose gold runs")
        levels = {example.question.id: levels[example.question.id] for example in dataset.examples}
        told = {kind: count for kind, count in left_out.items() if count}
        wrong = 0 if only_runnable else len(broken)
        predictions = {
            file: {
                example: _prediction(example, answer, dataset)
                for example, answer in zip(whole.examples, found, strict=True)
                if example.question.id in levels
            }
            for file, found in answers.items()
        }
        with execute.ahead(_statements(judge, of_file) for of_file in predictions.values()):
            return [
                Evaluation(
                    file,
                    dataset,
                    {example.question.id: prediction.sql for example, prediction in found.items()},
                    _judge(file.name, found, judge, levels, executor.workers, progress),
                    told,
                    wrong,
                )
                for file, found in predictions.items()
            ]


def _with_databases(dataset: Dataset, only_runnable: bool) -> tuple[Dataset, dict[str, int]]:
    """The questions whose database is there, and how many are left out. Raises DatabaseError where one cannot be."""
    known = set(dataset.databases)
    missing = {e.question.id: e.question.db_id for e in dataset.examples if e.question.db_id not in known}
    if missing and not only_runnable:
        raise dataset.missing(next(iter(missing.values())), "; --only-runnable leaves such questions out")
    dataset = dataset.without(missing) if missing else dataset
    dataset.checksum  # noqa: B018  a database that cannot be read is told before anything is executed
    return dataset, {"missing_database": len(missing)}


@contextmanager
def _kept_when_interrupted() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; what was executed is kept, and the same command does not repeat it") from None


def _prediction(example: Example, answer: Answer, dataset: Dataset) -> Prediction:
    candidates = tuple(Candidate(sql) for sql in answer.sqls)
    schema = dataset.schemas[example.question.db_id]
    return Prediction(example.question, schema, (), candidates, 0 if candidates else -1)


def _statements(judge: Judge, predictions: _Predictions) -> Iterator[tuple[str, str]]:
    for example, prediction in predictions.items():
        if prediction.candidates:
            yield from ((example.question.db_id, sql) for sql in judge.statements(example, prediction))


def _judge(
    name: str, predictions: _Predictions, judge: Judge, levels: Mapping[str, str], workers: int, progress: bool
) -> Judged:
    from tqdm import tqdm

    def work(item: tuple[Example, Prediction]) -> tuple[str, dict[str, Verdict]]:
        return item[0].question.id, judge(*item)

    outcomes = in_parallel(work, list(predictions.items()), workers)
    found = dict(tqdm(outcomes, total=len(predictions), desc=name, disable=None if progress else True, leave=False))
    return Judged(judge, levels, {metric: {id: found[id][metric] for id in levels} for metric in judge.metrics})
