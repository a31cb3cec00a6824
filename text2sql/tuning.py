"""A tuned model in the making: what it is, what it learns from, how it stands; kept in the user's cache folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from text2sql import registry
from text2sql.artifacts import cache_folder, digest, file_digest, write_atomically
from text2sql.assemble import build_tuner
from text2sql.dataset import Dataset
from text2sql.demonstrations import Prepared, Tell, prepare
from text2sql.errors import ConfigError, TuningFailed, UsageError, nearest
from text2sql.exchange import Exchange
from text2sql.experiment import Choice, Experiment, Recipe
from text2sql.prices import Prices
from text2sql.protocols import Estimating, Tuner
from text2sql.remote import exchange
from text2sql.train_runs import TrainRun, train_run
from text2sql.types import Job, Loss, TuningData, TuningEstimate

_ENDED = ("succeeded", "failed", "cancelled")
LOCK = "start.lock"
"""What a process holds in a tuning's folder while it begins it, or makes it."""


@dataclass(frozen=True)
class Tuning:
    """One recipe over one pool; its files are in ``folder``, which another pool, option, run or code changes.

    ``experiment``: the file that it stands in; ``prices``: price lists that go before the others; ``cross_database``:
    as its [data] says; ``given``: what the command line changed in the file.
    """

    recipe: Recipe
    dataset: Dataset
    experiment: Path
    seed: int = 0
    prices: tuple[Path, ...] = ()
    cross_database: bool = False
    given: str = ""

    @property
    def name(self) -> str:
        """As the file calls it."""
        return self.recipe.name

    @cached_property
    def learned(self) -> Dataset:
        """What it learns from, whichever split is asked about: test has schemas and databases of its own."""
        tables = self.dataset.folder / "tables.json"
        if self.dataset.split != "test":
            return self.dataset
        return replace(self.dataset, split="train", tables=tables if tables.is_file() else None)

    @cached_property
    def runs(self) -> dict[str, TrainRun]:
        """The stored runs that it learns from. Raises ConfigError where one is not there."""
        named = {"failures_of": self.recipe.data.failures_of, "teacher": self.recipe.data.teacher}
        found: dict[str, TrainRun] = {}
        for role, name in named.items():
            try:
                found |= {role: train_run(name, self.experiment, self.dataset.name, self.given)} if name else {}
            except ConfigError as error:
                raise ConfigError(f"[tuner.{self.name}]: data.{role}: {error}") from None
        return found

    @cached_property
    def folder(self) -> Path:
        """In the user's cache folder."""
        files = [*self.learned.train, *([self.learned.tables] if self.learned.tables else [])]
        runs = {role: run.identity for role, run in self.runs.items()}
        databases = self.learned.databases  # gold runs on them, and prompts show of them
        known = sorted({example.question.db_id for example in self.learned.pool} & set(databases))
        content = [databases.fingerprint(db_id) for db_id in known]
        identity = json.dumps([self.recipe.identity(), runs, content, self.seed], sort_keys=True, default=str)
        name = digest(identity, *map(file_digest, files))[:16]
        return cache_folder() / "tuned" / f"{self.recipe.tuner.use.replace(':', '.')}-{name}"

    @property
    def job(self) -> Job | None:
        """How it stood when it was last looked at. Raises TuningFailed where that cannot be read."""
        file = self.folder / "job.json"
        try:
            return _job(json.loads(file.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise TuningFailed(
                f"{file}: not the record of a tuning ({error}); remove it, and '{self.command('start')}' goes on"
            ) from None

    def command(self, verb: str) -> str:
        """What to type."""
        return " ".join(filter(None, [f"text2sql finetune {verb} {self.experiment} --tuner {self.name}", self.given]))

    def check_databases(self) -> None:
        """Raises ConfigError where the questions that are to be answered are about databases that it learns."""
        dataset = self.dataset
        if self.cross_database or dataset.split == "train":
            return
        known = {example.question.db_id for example in dataset.pool}
        asked = {example.question.db_id for example in dataset.examples}
        if shared := sorted(known & asked):
            more = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
            raise ConfigError(
                f"[tuner.{self.name}]: the database {shared[0]!r}{more} is in train and in {dataset.split} of "
                f"{dataset.name}: a model tuned on it has seen the answers; data.cross_database = true allows it"
            )

    @contextmanager
    def alone(self, tell: Tell) -> Iterator[None]:
        """Be the only process that begins it; another one is waited for. The system frees what a dead one held."""
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / LOCK)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            tell("another process makes it", 0.0)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    @cached_property
    def tuner(self) -> Tuner:
        """The strategy itself."""
        return build_tuner(self.recipe.tuner, self.learned, self.folder, self.seed, Prices(self.prices))

    def prepared(
        self,
        tell: Tell = lambda stage, share: None,
        *,
        max_cost: float | None = None,
        drafts: Exchange | None = None,
    ) -> Prepared:
        """Its demonstrations; ``max_cost``: dollars that drafts of its retriever may cost; ``drafts``: how these are
        asked for, by default live. Raises ConfigError.
        """
        with drafts or exchange(max_cost=max_cost, prices=self.prices) as calls:
            return prepare(self.recipe, self.learned, calls, tell=tell, **self.runs)

    def estimate(self, data: TuningData) -> TuningEstimate | None:
        """What tuning on this data comes to; None where it costs nothing but time."""
        return self.tuner.estimate(data) if isinstance(self.tuner, Estimating) else None

    def learning_from(self, run: str) -> Tuning:
        """The same on what a run on the train split got wrong."""
        return replace(self, recipe=replace(self.recipe, data=replace(self.recipe.data, failures_of=run)))

    def start(self, tell: Tell, *, max_cost: float | None = None) -> Job:
        """Begin, go on, or do it all. Raises ConfigError where there is nothing to learn from, UsageError where it
        may cost more than ``max_cost`` dollars, TuningFailed.
        """
        data = self.prepared(tell, max_cost=max_cost).data
        if max_cost is not None:
            self._check_cost(data, max_cost)
        if self.job is None or self.job.status != "interrupted":
            self._kept(Job("", "interrupted"))  # until it returns, which may take hours, or is cut off
        return self._kept(self.tuner.start(data, tell))

    def _check_cost(self, data: TuningData, max_cost: float) -> None:
        estimate = self.estimate(data)
        if estimate is None:
            return
        if estimate.cost is None or estimate.epochs is None:
            unknown = "its price is in no list" if estimate.cost is None else "the provider chooses the epochs"
            raise UsageError(f"{self.name}: {unknown}, so that nobody knows what it costs: not begun")
        if (cost := estimate.cost * estimate.epochs) > max_cost:
            raise UsageError(f"{self.name}: {len(data.train)} demonstrations cost about ${cost:.2f}: not begun")

    def poll(self) -> Job | None:
        """How it stands now; None where it was not begun. Raises TuningFailed."""
        job = self.job
        return job if job is None or job.status in _ENDED else self._kept(self.tuner.poll(job))

    def cancel(self) -> Job | None:
        """End it where it is under way. Raises TuningFailed."""
        job = self.poll()
        return job if job is None or job.status in _ENDED else self._kept(self.tuner.cancel(job))

    def forget(self) -> None:
        """Put all of it aside, into earlier-1 and so on: the next start begins anew."""
        earlier = next(place for n in count(1) if not (place := self.folder / f"earlier-{n}").exists())
        files = [file for file in self.folder.iterdir() if not file.name.startswith(("earlier-", LOCK))]
        earlier.mkdir()
        for file in files:
            file.rename(earlier / file.name)

    def _kept(self, job: Job) -> Job:
        write_atomically(self.folder / "job.json", json.dumps(asdict(job), indent=2))
        return job

    def model(self, job: Job) -> Choice:
        """The tuned model, as if a configuration had chosen it. Raises ConfigError where it is none that there is,
        TuningFailed where its files are gone.
        """
        use, where = str(job.model.get("use")), f"the tuned model {self.name!r}"
        known = registry.options(registry.find("model", use))
        given = registry.check(where, use, known, {n: value for n, value in job.model.items() if n != "use"})
        files = {name: self.folder / value for name, value in given.items() if isinstance(value, Path)}
        for file in files.values():
            if not file.exists():
                raise TuningFailed(f"{file}: {where} is gone; '{self.command('start')} --again' makes it again")
        options = {name: option.default for name, option in known.items()} | given | files
        return Choice("model", use, options, tuned=self.name)


def _job(record: dict[str, Any]) -> Job:
    losses = tuple(Loss(**loss) for loss in record.pop("losses", ()))
    return Job(**record | {"losses": losses, "events": tuple(record.get("events", ()))})


def tunings_of(
    experiment: Experiment, names: Sequence[str] = (), *, seed: int = 0, prices: Sequence[Path] = ()
) -> list[Tuning]:
    """The tunings of these names, or all. Raises ConfigError for a name that is not there, and where there is none."""
    known = experiment.recipes
    if not known:
        raise ConfigError(f"{experiment.path}: it has no [tuner.NAME]")
    for name in names:
        if name not in known:
            raise ConfigError(f"{experiment.path}: no [tuner.{name}]{nearest(name, known)}")
    across = any(configuration.cross_database for configuration in experiment.configurations)
    return [
        Tuning(known[name], experiment.dataset, experiment.path, seed, tuple(prices), across, experiment.given)
        for name in names or known
    ]


def tuning_of(experiment: Experiment, name: str | None = None, *, seed: int = 0, prices: Sequence[Path] = ()) -> Tuning:
    """The tuning of this name, or the only one. Raises ConfigError."""
    found = tunings_of(experiment, [name] if name is not None else [], seed=seed, prices=prices)
    if len(found) != 1:
        names = [tuning.name for tuning in found]
        raise ConfigError(
            f"{experiment.path}: it has {len(found)} [tuner.NAME]; --tuner says which{nearest('', names)}"
        )
    return found[0]
