"""Tuned models: made from the train split, kept in the user's cache folder, and put in place of their names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from text2sql import registry
from text2sql.artifacts import cache_folder, digest, file_digest, write_atomically
from text2sql.assemble import build_tuner
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError, nearest
from text2sql.experiment import Choice, Configuration, Experiment
from text2sql.protocols import Tuner
from text2sql.types import Job


@dataclass(frozen=True)
class Tuning:
    """One tuner over one pool; its files are in ``folder``, which another pool, option or code changes."""

    name: str
    choice: Choice
    dataset: Dataset
    seed: int = 0

    @cached_property
    def folder(self) -> Path:
        """In the user's cache folder."""
        files = [*self.dataset.train, *([self.dataset.tables] if self.dataset.tables else [])]
        identity = json.dumps([self.choice.identity(), self.seed], sort_keys=True, default=str)
        name = digest(identity, *map(file_digest, files))[:16]
        return cache_folder() / "tuned" / f"{self.choice.use.replace(':', '.')}-{name}"

    @property
    def job(self) -> Job | None:
        """How the tuning stands, as far as was written down."""
        file = self.folder / "job.json"
        return Job(**json.loads(file.read_bytes())) if file.is_file() else None

    @cached_property
    def tuner(self) -> Tuner:
        """The strategy itself."""
        return build_tuner(self.choice, self.dataset, self.folder, self.seed)

    def start(self, tell: Callable[[str, float], None]) -> Job:
        """Begin, or do it all. Raises ConfigError where there are no train examples."""
        if not self.dataset.pool:
            raise ConfigError(f"[tuner.{self.name}]: {self.dataset.name} has no train examples")
        self.folder.mkdir(parents=True, exist_ok=True)
        job = self.tuner.start(self.dataset.pool, tell)
        write_atomically(self.folder / "job.json", json.dumps(asdict(job), indent=2))
        return job

    def model(self, job: Job) -> Choice:
        """The tuned model, as if a configuration had chosen it."""
        known = registry.options(registry.find("model", str(job.model["use"])))
        given = {
            name: self.folder / str(value) if "Path" in str(known[name].annotation) else value
            for name, value in job.model.items()
            if name != "use"
        }
        options = {name: given.get(name, option.default) for name, option in known.items()}
        return Choice("model", str(job.model["use"]), options, tuned=self.name)


def tuning_of(experiment: Experiment, name: str | None = None, seed: int = 0) -> Tuning:
    """The tuning of this name, or the only one. Raises ConfigError."""
    known = experiment.tuners
    if not known:
        raise ConfigError(f"{experiment.path}: it has no [tuner.NAME]")
    if name is None:
        if len(known) != 1:
            raise ConfigError(
                f"{experiment.path}: it has {len(known)} [tuner.NAME]; --tuner says which{nearest('', known)}"
            )
        (name,) = known
    if name not in known:
        raise ConfigError(f"{experiment.path}: no [tuner.{name}]{nearest(name, known)}")
    return Tuning(name, known[name], experiment.dataset, seed)


def start(tuning: Tuning, *, again: bool = False, progress: bool = True) -> str:
    """Begin a tuning, or do it all, unless it is done; one line that says how it stands."""
    job = tuning.job
    if again or job is None or job.status in ("failed", "cancelled"):
        with telling(f"fitting {tuning.name}", progress) as tell:
            job = tuning.start(tell)
    return _line(tuning, job)


def status(experiment: Experiment) -> list[str]:
    """One line for every tuner of the experiment."""
    tunings = [tuning_of(experiment, name) for name in experiment.tuners]
    return [_line(tuning, tuning.job) for tuning in tunings] or [f"{experiment.path}: no [tuner.NAME]"]


def _line(tuning: Tuning, job: Job | None) -> str:
    if job is None:
        return f"{tuning.name}: not made yet"
    made = f", {tuning.model(job).use} in {tuning.folder}" if job.status == "succeeded" else ""
    return f"{tuning.name}: {job.status}{made}{f' ({job.message})' if job.message else ''}"


def ready(experiment: Experiment, *, progress: bool = True) -> Experiment:
    """The experiment with every tuned model in place; those that cost nothing are made first.

    Raises ConfigError for a tuned model that does not exist yet and would cost something.
    """
    made: dict[str, Choice] = {}

    def model(name: str) -> Choice:
        if name not in made:
            made[name] = _made(experiment, name, progress)
        return made[name]

    def in_place(choice: Choice) -> Choice:
        if choice.tuned and not choice.use:
            return model(choice.tuned)
        options = {n: in_place(v) if isinstance(v, Choice) else v for n, v in choice.options.items()}
        return replace(choice, options=options, model=choice.model and in_place(choice.model))

    def stages(given: Mapping[str, tuple[Choice, ...]]) -> dict[str, tuple[Choice, ...]]:
        return {stage: tuple(map(in_place, choices)) for stage, choices in given.items()}

    def configuration(one: Configuration) -> Configuration:
        return replace(one, stages=stages(one.stages), draft=stages(one.draft))

    return replace(experiment, configurations=tuple(map(configuration, experiment.configurations)))


def _made(experiment: Experiment, name: str, progress: bool) -> Choice:
    tuning = tuning_of(experiment, name)
    job = tuning.job
    if job is None or job.status != "succeeded":
        if not tuning.tuner.free:
            command = f"text2sql finetune start {experiment.path} --tuner {name}"
            raise ConfigError(f"{experiment.path}: the tuned model {name!r} does not exist yet; '{command}' makes it")
        with telling(f"fitting {name}", progress) as tell:
            job = tuning.start(tell)
    if job.status != "succeeded":
        raise ConfigError(f"{experiment.path}: the tuned model {name!r} could not be made: {job.message or job.status}")
    return tuning.model(job)


@contextmanager
def telling(title: str, progress: bool) -> Iterator[Callable[[str, float], None]]:
    """A progress bar over the stages of a tuning."""
    from tqdm import tqdm

    with tqdm(total=1.0, desc=title, disable=not progress, bar_format="{l_bar}{bar}| {elapsed}", leave=False) as bar:

        def tell(stage: str, share: float) -> None:
            bar.set_description(f"{title}: {stage}", refresh=False)
            bar.n = share
            bar.refresh()

        yield tell
