"""Configurations side by side over the same questions: differences, which questions flip, and why.

What is compared are sides: a configuration with its runs, one per seed. The statistics are those of ``comparison``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median

from text2sql import differences, normal_form, terms
from text2sql.artifacts import cache_folder, digest, file_digest, kept
from text2sql.calls import last_attempts, total
from text2sql.comparison import Interval, Paired, holm, interval, paired, pooled
from text2sql.dataset import Dataset
from text2sql.differences import CLASSES, Change, changes, classes, constructs
from text2sql.errors import RunError, nearest
from text2sql.evaluator import LEVELS
from text2sql.executor import Executor
from text2sql.outcome import Scored
from text2sql.stored import scored
from text2sql.tables import which
from text2sql.types import Example, Schema


@dataclass(frozen=True)
class Side:
    """One configuration: its runs, one per seed, and its score on each question that is compared.

    ``scores``: by question id, the mean over the seeds; ``sqls``: of the first seed; ``seconds``: the median time to
    an answer; ``tokens`` and ``cost`` (US dollars, as if nothing had been cached) over the questions, per seed; None
    where nobody says.
    """

    name: str
    runs: tuple[Scored, ...]
    scores: Mapping[str, float]
    sqls: Mapping[str, str]
    interval: Interval
    tokens: float | None
    cost: float | None
    seconds: float | None

    @property
    def score(self) -> float:
        """The mean score."""
        return fmean(self.scores.values())


@dataclass(frozen=True)
class Flip:
    """A question that one side has right and the other wrong, by their first seeds.

    ``gained``: the second side has it right.
    """

    example: Example
    hardness: str
    first: str
    second: str
    gained: bool
    schema: Schema

    @property
    def classes(self) -> tuple[str, ...]:
        """How the wrong SQL differs from gold."""
        return classes(self.example.sql, self.first if self.gained else self.second, self.schema)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the first side's SQL has and the second's lacks, and the reverse."""
        return changes(self.first, self.second, self.schema)


@dataclass(frozen=True)
class Group:
    """The questions of one hardness, construct or database in a pair of sides."""

    name: str
    n: int
    first: float
    second: float
    gained: int
    lost: int


@dataclass(frozen=True)
class Pair:
    """Two sides: second minus first. ``adjusted``: p after Holm over all pairs of the comparison."""

    first: Side
    second: Side
    statistics: Paired
    adjusted: float
    flips: tuple[Flip, ...]
    groups: Mapping[str, tuple[Group, ...]]


@dataclass(frozen=True)
class Contrast:
    """Sides over the same questions, and the pairs that were asked about.

    ``ids``: the questions, in data set order; ``notes``: what was left out, and what else a reader has to know.
    """

    metric: str
    regime: str
    dataset: Dataset
    levels: Mapping[str, str]
    ids: tuple[str, ...]
    sides: tuple[Side, ...]
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def classes(self) -> Mapping[str, Mapping[str, int]]:
        """How many wrong predictions of each side differ from gold in each way; a prediction may in several."""
        return {name: spread["all"] for name, spread in self.classes_by_construct.items()}

    @cached_property
    def classes_by_construct(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """The same over all ("all") and over the questions whose gold has a construct: ``[side][construct][class]``."""
        gold = {example.question.id: example for example in self.dataset.examples}
        return {side.name: _spread(side, gold, self.dataset) for side in self.sides}


def compare(
    *runs: Scored | str | Path,
    metric: str | None = None,
    steps: bool = False,
    common: bool = False,
    different_data: bool = False,
    alone: bool = False,
    data: str | Path | None = None,
) -> Contrast:
    """Compare runs, as ``run`` gives them or by their folders; see ``contrast``. Raises RunError, DataError.

    ``data``: where the data set of stored runs is now. ``different_data``: runs of other data sets, splits or questions
    are compared over the questions that all share, by their text; otherwise that is refused. ``alone``: one run is
    enough, as for its curves.
    """
    notes: list[str] = []
    folders = [Path(run) for run in runs if not isinstance(run, Scored)]
    with Executor(workers=1) as executor:  # the metrics ask for one; nothing is executed
        opened = dict(zip(folders, scored(folders, executor, data=data, damaged=notes.append), strict=True))
    found = [run if isinstance(run, Scored) else opened[Path(run)] for run in runs]
    found = [run for at, run in enumerate(found) if not any(run is other for other in found[:at])]
    if len(found) < (1 if alone else 2):
        raise RunError("give two runs or more to compare" + "".join(f", not {one.run.folder} alone" for one in found))
    if len({str(_asked(run)) for run in found}) > 1:
        if not different_data:
            told = ", ".join(f"{run.run.folder.name} on {which(run.dataset)}" for run in found)
            raise RunError(f"these runs are of different data ({told}); --different-data compares what they share")
        found = _sharing(found)
        notes.append(f"Runs of different data, over the {len(found[0].ids)} questions that they share.")
    return contrast(found, metric=metric, steps=steps, common=common, notes=notes)


def _asked(run: Scored) -> Sequence[object]:
    data = run.run.manifest["data"]
    return [data["checksum"], data["split"], data["questions"]]


def _sharing(runs: Sequence[Scored]) -> list[Scored]:
    def questions(run: Scored) -> set[tuple[str, str, str]]:
        asked = set(run.ids)
        found = (example.question for example in run.dataset.examples)
        return {(q.id, q.db_id, q.text) for q in found if q.id in asked}

    shared = {id for id, *_ in set.intersection(*map(questions, runs))}
    if not shared:
        raise RunError("these runs share no question")
    return [replace(run, ids=[id for id in run.ids if id in shared]) for run in runs]


def contrast(
    runs: Sequence[Scored],
    *,
    metric: str | None = None,
    common: bool = False,
    steps: bool = False,
    notes: Sequence[str] = (),
) -> Contrast:
    """Compare configurations; runs of one that differ in their seed alone are pooled by question.

    Every side is compared with the first and, with ``steps``, with the one before it. ``metric``: by default the
    first one that all runs have. ``common``: runs that answered different questions are compared over those that
    all of them answered; otherwise that is refused. Raises RunError.
    """
    metric = _metric(runs, metric)
    notes = list(notes)
    first = runs[0]
    answered = [id for id in first.ids if all(metric in run.run.verdicts.get(id, {}) for run in runs)]
    if len(answered) < max(len(run.ids) for run in runs):
        if not common:
            raise RunError(_incomplete(runs, len(answered)))
        notes.append(
            f"Over the {len(answered)} questions that all of them answered, of {max(len(r.ids) for r in runs)}."
        )
    verdicts = {id(run): run.judged.verdicts[metric] for run in runs}
    counted = [one for one in answered if all(run.judge.counts(metric, verdicts[id(run)][one]) for run in runs)]
    if not counted:
        raise RunError("no question that all of these runs answered")
    databases = {example.question.id: example.question.db_id for example in first.dataset.examples}
    clusters = [databases[one] for one in counted]
    sides = [_side(name, seeds, metric, counted, clusters, notes) for name, seeds in _by_configuration(runs).items()]
    asked = [(sides[0], side) for side in sides[1:]]
    asked += list(pairwise(sides[1:])) if steps else []
    found = [paired(list(a.scores.values()), list(b.scores.values()), clusters) for a, b in asked]
    adjusted = holm([one.p for one in found])
    examples = {example.question.id: example for example in first.dataset.examples}
    pairs = []
    for (before, after), statistics, p in zip(asked, found, adjusted, strict=True):
        flips = tuple(_flips(before, after, examples, first))
        pairs.append(Pair(before, after, statistics, p, flips, _groups(before, after, flips, examples, first)))
    return Contrast(
        metric,
        first.judge.regimes().get(metric, metric),
        first.dataset,
        first.levels,
        tuple(counted),
        tuple(sides),
        tuple(pairs),
        tuple(notes),
    )


def _by_configuration(runs: Sequence[Scored]) -> dict[str, list[Scored]]:
    """Runs by a name of their own: those that differ in their seed alone are one configuration.

    What has the same name otherwise, as before and after its code was changed, is told apart by its digest.
    """
    groups: dict[tuple[str, str], list[Scored]] = {}
    for run in runs:
        identity = {key: value for key, value in run.run.manifest["identity"].items() if key != "seed"}
        groups.setdefault((run.name, json.dumps(identity, sort_keys=True)), []).append(run)
    names = Counter(name for name, _ in groups)
    return {
        name if names[name] == 1 else f"{name} ({seeds[0].run.digest[:8]})": seeds
        for (name, _), seeds in groups.items()
    }


def _metric(runs: Sequence[Scored], metric: str | None) -> str:
    shared = [label for label in runs[0].judge.metrics if all(label in run.judge.metrics for run in runs)]
    if metric is None and shared:
        return shared[0]
    if metric is None:
        raise RunError("these runs have no metric in common")
    if metric not in shared:
        raise RunError(f"not every run has the metric {metric!r}{nearest(metric, shared)}")
    return metric


def _incomplete(runs: Sequence[Scored], answered: int) -> str:
    sizes = ", ".join(f"{run.run.folder.name} {len(run.run.verdicts.keys() & set(run.ids))}" for run in runs)
    return (
        f"these runs did not answer the same questions ({sizes}; {answered} in common); "
        "--common compares them over what all of them answered"
    )


def _side(
    name: str, seeds: Sequence[Scored], metric: str, ids: Sequence[str], clusters: Sequence[str], notes: list[str]
) -> Side:
    verdicts = [run.judged.verdicts[metric] for run in seeds]
    scores = pooled([[found[one].score for one in ids] for found in verdicts])
    wanted = set(ids)
    each_calls = (last_attempts(run.run.calls(damaged=notes.append)) for run in seeds)
    calls = [call for one in each_calls for call in one if call.question in wanted]
    asked = [call for call in calls if call.stage != "question"]
    times = [call.seconds for call in calls if call.stage == "question"]
    return Side(
        name,
        tuple(seeds),
        dict(zip(ids, scores, strict=True)),
        {one: _sql(seeds[0], one) for one in ids},
        interval(scores, clusters),
        _each(seeds, total(total((call.prompt_tokens, call.completion_tokens)) for call in asked)),
        _each(seeds, total(call.cost for call in asked)),
        median(times) if times else None,
    )


def _each(seeds: Sequence[Scored], value: float | None) -> float | None:
    return None if value is None else value / len(seeds)


def _sql(run: Scored, id: str) -> str:
    record = run.run.records[id]
    return str(record["candidates"][record["elected"]]["sql"]) if record["elected"] >= 0 else ""


# --- why ------------------------------------------------------------------------------------------------------


def _flips(first: Side, second: Side, examples: Mapping[str, Example], run: Scored) -> Iterator[Flip]:
    for one, before in first.scores.items():
        after = second.scores[one]
        if (before >= 1) == (after >= 1):
            continue
        example = examples[one]
        schema = run.dataset.schemas[example.question.db_id]
        yield Flip(example, run.levels[one], first.sqls[one], second.sqls[one], after > before, schema)


def _groups(
    first: Side, second: Side, flips: Sequence[Flip], examples: Mapping[str, Example], run: Scored
) -> dict[str, tuple[Group, ...]]:
    by: dict[str, Callable[[Example], Sequence[str]]] = {
        "hardness": lambda example: [run.levels[example.question.id]],
        "construct": lambda example: sorted(constructs(example.sql)),
        "database": lambda example: [example.question.db_id],
    }
    return {kind: tuple(_grouped(of, first, second, flips, examples, kind)) for kind, of in by.items()}


def _grouped(
    of: Callable[[Example], Sequence[str]],
    first: Side,
    second: Side,
    flips: Sequence[Flip],
    examples: Mapping[str, Example],
    kind: str,
) -> Iterator[Group]:
    members: dict[str, list[str]] = {}
    for one in first.scores:
        for name in of(examples[one]):
            members.setdefault(name, []).append(one)
    gained = Counter(name for flip in flips if flip.gained for name in of(flip.example))
    lost = Counter(name for flip in flips if not flip.gained for name in of(flip.example))
    order = [level for level in (*LEVELS, "unparsed") if level in members] if kind == "hardness" else sorted(members)
    for name in order:
        ids = members[name]
        before, after = (fmean(side.scores[one] for one in ids) for side in (first, second))
        yield Group(name, len(ids), before, after, gained[name], lost[name])


def _spread(side: Side, gold: Mapping[str, Example], dataset: Dataset) -> dict[str, dict[str, int]]:
    """Kept in the cache folder: to parse all that is wrong takes longer than all the rest of a comparison."""
    wrong = [one for one, score in side.scores.items() if score < 1]

    def build(folder: Path) -> None:
        found: dict[str, Counter[str]] = {"all": Counter()}
        for one in wrong:
            example = gold[one]
            schema = dataset.schemas[example.question.db_id]
            for construct in ("all", *sorted(constructs(example.sql))):
                found.setdefault(construct, Counter()).update(classes(example.sql, side.sqls[one], schema))
        spread = {key: {name: counts[name] for name in CLASSES if counts[name]} for key, counts in found.items()}
        (folder / "classes.json").write_text(json.dumps(spread), encoding="utf-8")

    code = [file_digest(Path(module.__file__ or "")) for module in (differences, normal_form, terms)]
    pairs = [text for one in wrong for text in (one, gold[one].sql, side.sqls[one])]
    name = digest("2", version("sqlglot"), dataset.checksum, *code, *pairs)
    folder = kept(cache_folder() / "classes" / name, build)
    spread: dict[str, dict[str, int]] = json.loads((folder / "classes.json").read_bytes())
    return spread


def worse(found: Contrast) -> list[Pair]:
    """The pairs with the first side whose second side is worse, as far as the adjusted p at 5 % can tell."""
    base = found.sides[0]
    return [p for p in found.pairs if p.first is base and p.statistics.difference < 0 and p.adjusted < 0.05]
