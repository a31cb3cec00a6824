"""Forgetting: does a tuned model still profit from examples in the prompt, as the untuned one does?

Four configurations answer it, which differ in the model (untuned, tuned) and in the examples (none, some) alone:
their gains are paired by question, and so is the difference of the gains, the interaction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from text2sql.comparison import Interval, Paired, paired, pooled
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError, RunError
from text2sql.experiment import Configuration, Experiment
from text2sql.outcome import Scored
from text2sql.runner import run

_EXAMPLES = ("retriever", "reranker", "embedder")


@dataclass(frozen=True, slots=True)
class Quadruple:
    """The names of four configurations; each pair is the one without and the one with examples."""

    untuned: tuple[str, str]
    tuned: tuple[str, str]

    @property
    def names(self) -> tuple[str, str, str, str]:
        return (*self.untuned, *self.tuned)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What examples bring to an untuned model and to a tuned one, over the same ``ids`` of questions.

    ``untuned``, ``tuned``: from without to with examples, whose ``gained`` and ``lost`` questions the examples mend
    and break; ``without``, ``with_examples``: from the untuned model to the tuned one; ``interaction``: from the
    untuned model's gain to the tuned one's. All are fractions of 1, paired by question, clustered by database.
    """

    of: Quadruple
    metric: str
    regime: str
    dataset: Dataset
    ids: tuple[str, ...]
    untuned: Paired
    tuned: Paired
    without: Paired
    with_examples: Paired
    interaction: Paired
    unanswered: int = 0

    @property
    def answer(self) -> Literal["still profits", "no longer profits", "undecided"]:
        """By the intervals. It still profits where its gain's lies above 0; it no longer does where its gain's lies
        below 0, or where the interaction's does: it gains less than before, and nothing that can be told from 0.
        """
        if self.tuned.interval.low > 0:
            return "still profits"
        lost = self.tuned.interval.high < 0 or self.interaction.interval.high < 0
        return "no longer profits" if lost else "undecided"


def measure_forgetting(
    experiment: Experiment,
    *,
    limit: int | None = None,
    workers: int | None = None,
    out: Path | None = None,
    max_cost: float | None = None,
    prices: Sequence[Path] = (),
    progress: bool = True,
) -> list[Forgetting]:
    """Every quadruple of the experiment; what of its configurations has not run yet is run, as ``run`` does.

    After the observation that open models, once tuned, learn nothing more from examples (DAIL-SQL, Gao et al. 2024).
    Raises ConfigError where the experiment has no quadruple, RunError where no question has four answers, and what
    ``run`` raises.
    """
    found = quadruples(experiment)
    if not found:
        raise ConfigError(
            f"{experiment.path}: no four configurations that differ in the model (tuned or not) and in the examples "
            "(a retriever or none) alone"
        )
    wanted = {name for four in found for name in four.names}
    runs = run(
        experiment.only(sorted(wanted)), limit=limit, workers=workers, out=out, max_cost=max_cost, prices=prices,
        progress=progress,
    )  # fmt: skip
    by_name: dict[str, list[Scored]] = {}
    for one in runs.values():
        by_name.setdefault(one.name, []).append(one)
    return [forgetting(four, by_name) for four in found]


def quadruples(experiment: Experiment) -> list[Quadruple]:
    """The configurations that belong together, by their names, in the order of the file."""
    every = {one.name: one for one in reversed(experiment.configurations)}  # the first seed stands for all
    ordered = [every[name] for name in dict.fromkeys(one.name for one in experiment.configurations)]
    pairs = list(_gains(ordered))
    return [
        Quadruple((a.name, b.name), (c.name, d.name))
        for a, b in pairs
        for c, d in pairs
        if not _tuned(a) and _tuned(c) and _rest(a) == _rest(c) and _examples(b) == _examples(d)
    ]


def _gains(configurations: Sequence[Configuration]) -> Iterator[tuple[Configuration, Configuration]]:
    """Pairs that differ in the examples alone: none, and some."""
    for after in configurations:
        for before in configurations:
            same = before.stages["model"] == after.stages["model"] and _rest(before) == _rest(after)
            if same and _zero_shot(before) and not _zero_shot(after):
                yield before, after


def _zero_shot(one: Configuration) -> bool:
    return one.stages["retriever"][0].use == "none"


def _tuned(one: Configuration) -> bool:
    return bool(one.stages["model"][0].tuned)


def _examples(one: Configuration) -> object:
    return [one.stages.get(stage) for stage in _EXAMPLES], one.draft


def _rest(one: Configuration) -> object:
    """All but the model and the examples. The first metric is what is compared."""
    kept = {stage: chosen for stage, chosen in one.stages.items() if stage not in ("model", *_EXAMPLES)}
    return kept, one.metrics[0]


def forgetting(four: Quadruple, runs: Mapping[str, Sequence[Scored]]) -> Forgetting:
    """The statistics of four configurations from their runs, one per seed, over the questions that all answered.

    Raises RunError where there are none.
    """
    seeds = [runs[name] for name in four.names]
    first = seeds[0][0]
    metric = next(iter(first.judge.metrics))
    verdicts = [[one.judged.verdicts[metric] for one in own] for own in seeds]
    unanswered = {id for own in seeds for one in own for id in one.unanswered}
    ids = [
        id
        for id in first.ids
        if id not in unanswered and all(first.judge.counts(metric, one[id]) for own in verdicts for one in own)
    ]
    if not ids:
        raise RunError(f"no question that {', '.join(map(repr, four.names))} all answered")
    databases = {example.question.id: example.question.db_id for example in first.dataset.examples}
    clusters = [databases[id] for id in ids]
    b0, b1, t0, t1 = (pooled([[one[id].score for id in ids] for one in own]) for own in verdicts)
    return Forgetting(
        of=four,
        metric=metric,
        regime=first.judge.regime(),
        dataset=first.dataset,
        ids=tuple(ids),
        untuned=paired(b0, b1, clusters),
        tuned=paired(t0, t1, clusters),
        without=paired(b0, t0, clusters),
        with_examples=paired(b1, t1, clusters),
        interaction=interaction(
            [after - before for before, after in zip(b0, b1, strict=True)],
            [after - before for before, after in zip(t0, t1, strict=True)],
            clusters,
        ),
        unanswered=len(unanswered),
    )


def interaction(first: Sequence[float], second: Sequence[float], clusters: Sequence[Hashable]) -> Paired:
    """The second gains minus the first, by question; gains are -1 to 1, so that a difference may be -2 to 2.

    ``gained`` and ``lost`` count the questions on which the second gain is the greater, and the smaller, one.
    """
    # Moved to 0 to 1, the range of scores, and the outcome stretched again.
    found = paired([(gain + 1) / 2 for gain in first], [(gain + 1) / 2 for gain in second], clusters)
    return replace(
        found,
        first=2 * found.first - 1,
        second=2 * found.second - 1,
        difference=2 * found.difference,
        error=2 * found.error,
        interval=_stretched(found.interval),
        bootstrap=_stretched(found.bootstrap),
        detectable=2 * found.detectable,
        mcnemar=None,
    )


def _stretched(found: Interval) -> Interval:
    return replace(found, low=2 * found.low, high=2 * found.high)
