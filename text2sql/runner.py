"""Many questions through each configuration: concurrency, progress, resume, interrupt."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path

from text2sql.artifacts import cache_folder, write_atomically
from text2sql.assemble import Assembly
from text2sql.batches import Batches
from text2sql.calls import Call, Ledger
from text2sql.dataset import Dataset
from text2sql.errors import Halted, Interrupted, ProviderError, SetAside, UsageError
from text2sql.evaluator import Judge, hardness
from text2sql.exchange import Exchange
from text2sql.executor import Executor
from text2sql.experiment import Experiment
from text2sql.gold import check_gold
from text2sql.index import Indexes
from text2sql.manifest import manifest, run_folder
from text2sql.outcome import Runs, Scored
from text2sql.parallel import in_parallel, processors
from text2sql.pipeline import Pipeline
from text2sql.prices import Prices
from text2sql.remote import IN_FLIGHT, exchange, tell
from text2sql.responses import Responses
from text2sql.store import Run, Writer, from_record, open_run, write_run
from text2sql.tuned import ready
from text2sql.types import Example, Prediction, Verdict


def run(
    experiment: Experiment,
    *,
    limit: int | None = None,
    workers: int | None = None,
    out: Path | None = None,
    retry: bool = False,
    allow_gold_errors: bool = False,
    max_cost: float | None = None,
    prices: Sequence[Path] = (),
    batch: bool = False,
    wait: bool = False,
    progress: bool = True,
) -> Runs:
    """Run every configuration, or go on where an earlier run ended.

    ``limit``: that many questions, round-robin over the databases; ``workers``: questions in flight and calls in
    flight, 1 for strictly serial; ``out``: where run folders go, by default runs/ beside the experiment file;
    ``retry``: ask unanswered questions again; ``allow_gold_errors``: count questions whose gold does not run as
    wrong, instead of refusing the data; ``max_cost``: dollars that may be spent now; ``prices``: price lists that
    go before the others; ``batch``: remote models are asked in batches, for less, and the same call collects them
    later; ``wait``: it waits for them by itself. Tuned models that cost nothing are made first where they are missing.
    Everything is built and checked before the first question is asked.
    Raises UsageError, Interrupted on an interrupt, Halted where no further call can be made, and SetAside, which is
    one, where batches are outstanding.
    """
    if wait and not batch:
        raise UsageError("--wait is for batches: add --batch")
    if (max_cost is not None and not max_cost >= 0) or (workers is not None and workers < 1):
        raise UsageError("max_cost is 0 or more, and workers 1 or more")
    experiment = ready(experiment, progress=progress)
    once = partial(
        _run, experiment, limit=limit, workers=workers, out=out, retry=retry, allow_gold_errors=allow_gold_errors,
        progress=progress,
    )  # fmt: skip
    if not batch:
        with exchange(workers=workers, max_cost=max_cost, prices=prices) as calls:
            return once(calls)
    label = f"{experiment.path.resolve()}, {experiment.dataset.name}"
    with closing(Responses(cache_folder() / "responses.sqlite")) as responses:
        batches = Batches(
            responses, Prices(prices), label=label, lock=cache_folder() / "responses.sqlite-lock", max_cost=max_cost,
            retry=retry, tell=tell,
        )  # fmt: skip
        slots = workers or IN_FLIGHT
        return batches.rounds(
            lambda: once(Exchange(responses, batches.prices, slots=slots, asks=batches, tell=tell), batches), wait=wait
        )


def _run(
    experiment: Experiment,
    exchange: Exchange,
    batches: Batches | None = None,
    *,
    limit: int | None,
    workers: int | None,
    out: Path | None,
    retry: bool,
    allow_gold_errors: bool,
    progress: bool,
) -> Runs:
    """Every question of every configuration that can be answered now."""
    dataset = experiment.dataset
    levels = hardness(dataset)
    examples = sample(dataset.examples, limit)
    executing = Executor(
        workers=min(workers or processors(), processors()),  # statements keep a processor busy
        cache=cache_folder() / "executions.sqlite",
        glance=1.0,  # where threads are many each look costs a switch of them
    )
    with executing as executor:
        indexes = Indexes()
        folders = [run_folder(experiment, configuration, out) for configuration in experiment.configurations]
        assemblies = [
            Assembly(configuration, dataset, executor, Ledger(), indexes, exchange, run=_token(folder))
            for configuration, folder in zip(experiment.configurations, folders, strict=True)
        ]
        jobs = [
            _Job(experiment, assembly, examples, levels, folder, retry)
            for assembly, folder in zip(assemblies, folders, strict=True)
        ]
        for job in jobs:
            if not job.finished:
                job.judge.check(examples)
        if any(not job.finished for job in jobs) and not allow_gold_errors:
            check_gold(dataset, examples, executor)
        if any(not job.finished for job in jobs):
            # Each row that is read lets other threads go first: it is done while there are none.
            for db_id in dict.fromkeys(example.question.db_id for example in examples):
                _ = dataset.schemas[db_id]
        pipelines = [
            job.assembly.pipeline() if job.asks or (batches is not None and batches.under_way) else None for job in jobs
        ]
        if batches is not None:
            batches.collect(model for assembly in assemblies for model in assembly.remotes)
        exchange.settled({id for job in jobs if job.asks for id in job.paid_requests})
        return Runs([job.run(pipeline, workers, progress) for job, pipeline in zip(jobs, pipelines, strict=True)])


def _token(folder: Path) -> str:
    """What tells this run from others of the same digest: it has paid for calls of its own alone."""
    with suppress(OSError):
        return (folder / "run.token").read_text(encoding="utf-8")
    return secrets.token_hex(8)


def sample(examples: Sequence[Example], limit: int | None) -> list[Example]:
    """The first ``limit`` examples, round-robin over the databases, in data set order: a larger one adds to it."""
    if limit is None or limit >= len(examples):
        return list(examples)
    groups: dict[str, list[int]] = {}
    for position, example in enumerate(examples):
        groups.setdefault(example.question.db_id, []).append(position)
    rounds = chain.from_iterable(zip_longest(*groups.values()))
    chosen = [position for position in rounds if position is not None][:limit]
    return [examples[position] for position in sorted(chosen)]


# --- one configuration ---------------------------------------------------------------------------------------


class _Job:
    """A configuration's run as it stands, and what is left to do."""

    def __init__(
        self,
        experiment: Experiment,
        assembly: Assembly,
        examples: Sequence[Example],
        levels: Mapping[str, str],
        folder: Path,
        retry: bool,
    ) -> None:
        self.experiment, self.assembly, self.examples, self.levels = experiment, assembly, examples, levels
        self.configuration, self.executor = assembly.configuration, assembly.executor
        self.folder, self.retry = folder, retry
        self.judge = self.assembly.judge()
        self.metrics = list(self.judge.metrics)
        self.ids = [example.question.id for example in examples]
        self.exchange = assembly.exchange
        self.stored = open_run(folder) if (folder / "run.json").is_file() else None

    @property
    def finished(self) -> bool:
        """All that was asked for is stored, and in the final files."""
        return self.stored is not None and _finished(self.stored, self.ids, self.metrics, self.retry)

    @property
    def asks(self) -> bool:
        """Some question is still to be asked, and not just to be judged."""
        records = self.stored.records if self.stored else {}
        return any(id not in records or (self.retry and "unanswered" in records[id]) for id in self.ids)

    @property
    def paid_requests(self) -> list[str]:
        """The calls that the run has counted as paid."""
        return [id for call in self.stored.calls() for id in call.requests] if self.stored else []

    def run(self, pipeline: Pipeline | None, workers: int | None, progress: bool) -> Scored:
        """Do what is left; ``pipeline`` may be missing where nothing is asked."""
        if self.stored is not None and self.finished:
            return self._scored(self.stored)
        dataset = self.experiment.dataset
        with write_run(self.folder, manifest(self.experiment, self.configuration)) as writer:
            if self.assembly.remote:
                write_atomically(self.folder / "run.token", self.assembly.run)
            todo = [e for e in self.examples if not _done(writer.run, e.question.id, self.metrics, self.retry)]
            work = _Work(pipeline, self.judge, dataset, self.assembly.ledger, writer.run, self.retry)
            bar = _Bar(self._scored(writer.run), len(todo), progress)
            # Questions that wait for an endpoint may be many.
            in_flight = workers or (IN_FLIGHT if self.assembly.remote else processors())
            halted: Halted | None = None
            try:
                for answer in in_parallel(work, todo, in_flight):
                    if isinstance(answer, SetAside):
                        continue
                    if isinstance(answer, Halted):
                        halted = halted or answer  # what is in flight is paid for: it is waited for and stored
                    else:
                        answer.store(writer, dataset)
                        bar.update(answer)
            except KeyboardInterrupt:
                self.exchange.close("interrupted")
                raise Interrupted(f"interrupted: {self._progress(writer)}") from None
            finally:
                bar.close()
                known: dict[str, list[str]] = writer.run.manifest.get("endpoints", {})
                known |= self.exchange.differences.lines(self.assembly.remote)
                writer.run.manifest["endpoints"] = dict(sorted(known.items()))
                writer.finish(dataset.examples, self.levels, self.metrics)
            if halted is not None:
                raise Halted(f"{halted}: {self._progress(writer)}")
            return self._scored(writer.run)

    def _progress(self, writer: Writer) -> str:
        done = f"{len(writer.run.records)} of {len(self.ids)} questions of {self.configuration.name!r} are done"
        return f"{done} and stored; the same command goes on from there"

    def _scored(self, run: Run) -> Scored:
        one = self.configuration
        dataset = self.experiment.dataset
        return Scored(one.name, one.seed, run, dataset, self.judge, self.ids, self.levels, one.published)


def _finished(run: Run, ids: Sequence[str], metrics: Sequence[str], retry: bool) -> bool:
    # The manifest is written last: it agrees with the journal only when the final files do.
    written = run.manifest.get("questions") == len(run.records) and run.manifest.get("metrics") == metrics
    return written and all(_done(run, id, metrics, retry) for id in ids)


def _done(run: Run, id: str, metrics: Sequence[str], retry: bool) -> bool:
    record = run.records.get(id)
    if record is None:
        return False
    if "unanswered" in record:
        return not retry
    return all(metric in run.verdicts.get(id, {}) for metric in metrics)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A question's prediction, with its model calls if it was made now, and its verdicts."""

    prediction: Prediction
    verdicts: Mapping[str, Verdict]
    calls: Sequence[Call]
    seconds: float
    new: bool

    def store(self, writer: Writer, dataset: Dataset) -> None:
        question = self.prediction.question
        if self.new:
            writer.add(self.prediction, dataset.schemas[question.db_id], self.calls, self.seconds)
        if not self.prediction.unanswered:
            writer.judge(question.id, self.verdicts)


@dataclass(frozen=True)
class _Work:
    """Answers one example: predict unless it is stored, then judge. Gold goes to the judge alone."""

    pipeline: Pipeline | None
    judge: Judge
    dataset: Dataset
    ledger: Ledger
    stored: Run
    retry: bool

    def __call__(self, example: Example) -> _Answer | Halted:
        start, question = time.perf_counter(), example.question
        record = self.stored.records.get(question.id)
        schema = self.dataset.schemas[question.db_id]
        new = record is None or (self.retry and "unanswered" in record)
        if record is not None and not new:
            prediction = from_record(record, question, schema, {})
        else:
            assert self.pipeline is not None
            try:
                prediction = self.pipeline.predict(question)
            except ProviderError as error:
                prediction = Prediction(question, schema, unanswered=str(error))
            except Halted as halted:
                self.ledger.take(question.id)
                return halted
        seconds = time.perf_counter() - start
        verdicts = {} if prediction.unanswered else self.judge(example, prediction)
        return _Answer(prediction, verdicts, self.ledger.take(question.id), seconds, new)


class _Bar:
    """Progress with the running score of the first metric."""

    def __init__(self, so_far: Scored, todo: int, show: bool) -> None:
        from tqdm import tqdm

        self._metric = next(iter(so_far.judge.metrics))
        old = [v[self._metric].score for id in so_far.ids if self._metric in (v := so_far.run.verdicts.get(id, {}))]
        self._right, self._n = sum(old), len(so_far.ids) - todo
        self._bar = tqdm(
            total=len(so_far.ids),
            initial=self._n,
            desc=so_far.name,
            unit="q",
            disable=None if show else True,
            leave=False,
        )

    def update(self, answer: _Answer) -> None:
        self._n += 1
        self._right += answer.verdicts[self._metric].score if self._metric in answer.verdicts else 0.0
        self._bar.set_postfix_str(f"{self._metric} {100 * self._right / self._n:.1f}", refresh=False)
        self._bar.update()

    def close(self) -> None:
        self._bar.close()
