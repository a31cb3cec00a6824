"""Tuned models put in place of their names, those that cost nothing being made first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from text2sql import registry
from text2sql.errors import ConfigError
from text2sql.experiment import Choice, Configuration, Experiment
from text2sql.tune import start_tuning
from text2sql.tuning import tuning_of


def ready(experiment: Experiment, *, progress: bool = True) -> Experiment:
    """The experiment with every tuned model in place; those that cost nothing are made first.

    Raises ConfigError for a tuned model that does not exist yet and would cost something, and where the questions are
    about databases that it was tuned on.
    """
    made: dict[str, Choice] = {}

    def model(name: str) -> Choice:
        if name not in made:
            made[name] = _made(experiment, name, progress)
        return made[name]

    def in_place(choice: Choice) -> Choice:
        if choice.tuned and not choice.use:
            return _with(model(choice.tuned), choice.options, f"{experiment.path}: the tuned model {choice.tuned!r}")
        options = {n: in_place(v) if isinstance(v, Choice) else v for n, v in choice.options.items()}
        return replace(choice, options=options, model=choice.model and in_place(choice.model))

    def stages(given: Mapping[str, tuple[Choice, ...]]) -> dict[str, tuple[Choice, ...]]:
        return {stage: tuple(map(in_place, choices)) for stage, choices in given.items()}

    def configuration(one: Configuration) -> Configuration:
        return replace(one, stages=stages(one.stages), draft=stages(one.draft))

    return replace(experiment, configurations=tuple(map(configuration, experiment.configurations)))


def _with(model: Choice, options: Mapping[str, Any], where: str) -> Choice:
    """The model with options that a configuration sets beside its name. Raises ConfigError for one it does not have."""
    known = registry.options(registry.find("model", model.use))
    known = {name: replace(option, default=model.options[name]) for name, option in known.items()}
    return replace(model, options={**model.options, **registry.check(where, model.use, known, options)})


def _made(experiment: Experiment, name: str, progress: bool) -> Choice:
    where = f"{experiment.path}: the tuned model {name!r}"
    tuning = tuning_of(experiment, name)
    tuning.check_databases()
    job = tuning.poll()
    if job is None or job.status not in ("running", "succeeded"):
        if not tuning.tuner.free:
            state, verb = "does not exist yet", "makes it"
            if job is not None:
                state, verb = f"could not be made: {job.message or job.status}", "tries again"
            if job is not None and job.status == "interrupted":
                state, verb = "is not finished", "goes on with it"
            raise ConfigError(f"{where} {state}; '{tuning.command('start')}' {verb}")
        job = start_tuning(tuning, progress=progress)
    if job.status == "running":
        raise ConfigError(f"{where} is still being made; '{tuning.command('wait')}' waits for it")
    if job.status != "succeeded":
        raise ConfigError(f"{where} could not be made: {job.message or job.status}")
    return tuning.model(job)
