"""Fitting the parser on demonstrations, cross-fitted by database: the ranker learns from candidates for questions whose
database the proposing parts have not seen, made from the very prompts that inference will see."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from text2sql.embedded.cues import CUES, cues
from text2sql.embedded.equivalence import form
from text2sql.embedded.features import by_hand
from text2sql.embedded.grammar import grammar
from text2sql.embedded.learning import fit_distinct, fit_roles, fit_softmax, fit_tables
from text2sql.embedded.lessons import Lesson, folds, lessons
from text2sql.embedded.network import Floats, Ranker, fit_clauses, fit_ranker
from text2sql.embedded.parser import considered
from text2sql.embedded.proposing import SKETCH_FEATURES, Asked, propose
from text2sql.embedded.query import Query, scopes
from text2sql.embedded.sketches import HEADS, clauses, slots_of
from text2sql.embedded.weights import Inventory, Weights
from text2sql.embedded.writing import tables_of
from text2sql.errors import TuningFailed
from text2sql.processes import spread
from text2sql.types import Demonstration

Progress = Callable[[str, float], None]

_TOGETHER = 100  # lessons that a worker ranks at a time


@dataclass(frozen=True)
class Sizes:
    """How large the networks are and how long they learn.

    ``strength``: of the pull of linear weights to their priors. ``trust``: below 1, the learned rankers' share beside
    the ranker set by hand.
    """

    places: int = 1 << 14
    hidden: int = 96
    clause_epochs: int = 16
    strength: float = 2.0
    combiner_strength: float = 2.0
    ranker_hidden: int = 64
    ranker_epochs: int = 12
    rankers: int = 2
    folds: int = 4
    trust: float = 1.0


# For some hundreds of examples: smaller, and beside weights set by hand.
SMALL = Sizes(
    places=1 << 12,
    hidden=48,
    clause_epochs=30,
    combiner_strength=40.0,
    ranker_hidden=32,
    ranker_epochs=14,
    folds=5,
    trust=0.4,
)


def fit(
    taught: Sequence[Demonstration],
    *,
    sizes: Sizes | None = None,
    seed: int = 0,
    progress: Progress = lambda stage, share: None,
) -> Weights:
    """Learn from demonstrations; the same inputs give the same weights. ``progress`` hears a stage and its share.

    How far to trust the examples of a prompt is learned from the demonstrations' own; where none has any, nothing
    is. Raises TuningFailed where the SQL of none can be read.
    """
    sizes = sizes or Sizes()
    found, idf = lessons(taught, places=sizes.places, tell=lambda share: progress("reading", share))
    if not found:
        raise TuningFailed(f"the embedded model can read the SQL of none of {len(taught)} demonstrations")
    own = folds([lesson.example.question.db_id for lesson in found], sizes.folds)
    with TemporaryDirectory() as folder:
        # Read by the workers, each once.
        course = _kept(_Course(found, own, idf, sizes, seed), Path(folder, "course"))
        parts = []
        for part in spread(_part, [(course, fold) for fold in (*range(sizes.folds), None)]):
            parts.append(part)
            progress("proposers", len(parts) / (sizes.folds + 1))
        *crossed, base = parts
        combiner = _combiner(found, own, crossed, sizes.combiner_strength)
        jobs = []
        for fold, part in enumerate(crossed):
            file = _kept(replace(part, combiner=combiner), Path(folder, f"part{fold}"))
            members = [position for position, its in enumerate(own) if its == fold]
            jobs += [(course, file, members[at : at + _TOGETHER]) for at in range(0, len(members), _TOGETHER)]
        lists: list[tuple[Floats, Floats]] = []
        for number, made in enumerate(spread(_rankings, jobs), 1):
            lists += made
            progress("candidates", number / len(jobs))
        file = _kept((lists, sizes), Path(folder, "lists"))
        del lists
        rankers: tuple[Ranker, ...] = ()
        for ranker in spread(_ranker, [(file, seed + number) for number in range(sizes.rankers)]):
            rankers += (ranker,)
            progress("rankers", len(rankers) / sizes.rankers)
    if sizes.trust < 1:
        rankers = tuple(ranker.beside(by_hand(), sizes.trust) for ranker in rankers)
    return replace(base, combiner=combiner, rankers=rankers)


# --- what the workers do -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Course:
    """All lessons, and the fold of each."""

    lessons: Sequence[Lesson]
    folds: Sequence[int]
    idf: Floats
    sizes: Sizes
    seed: int


def _kept(thing: object, file: Path) -> Path:
    file.write_bytes(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))
    return file


@lru_cache(maxsize=2)
def _read(file: Path) -> Any:
    return pickle.loads(file.read_bytes())


def _part(job: tuple[Path, int | None]) -> Weights:
    """The proposing parts without one fold, or with all."""
    file, fold = job
    course: _Course = _read(file)
    rest = [lesson for lesson, own in zip(course.lessons, course.folds, strict=True) if own != fold]
    return _base(rest, course.idf, course.sizes, course.seed)


def _rankings(job: tuple[Path, Path, Sequence[int]]) -> list[tuple[Floats, Floats]]:
    """The lists that some lessons give to the ranker."""
    file, part, positions = job
    course: _Course = _read(file)
    made = (_ranking(course.lessons[position], _read(part)) for position in positions)
    return [found for found in made if found is not None]


def _ranker(job: tuple[Path, int]) -> Ranker:
    file, seed = job
    lists, sizes = _read(file)
    return fit_ranker(lists, hidden=sizes.ranker_hidden, epochs=sizes.ranker_epochs, seed=seed)


# --- the proposing parts -----------------------------------------------------------------------------------


def _base(taught: Sequence[Lesson], places: Floats, sizes: Sizes, seed: int) -> Weights:
    """All weights but the combiner and the rankers."""
    inventory = _inventory([lesson.cut.sketch for lesson in taught])
    numbers = np.array([inventory.numbers[lesson.cut.sketch] for lesson in taught], np.int32)
    vectors = [lesson.vector for lesson in taught]
    network = fit_clauses(
        vectors,
        inventory.labels[numbers],
        [1 + sum(count > 0 for count in inventory.counts), *map(len, inventory.classes)],
        places=sizes.places,
        hidden=sizes.hidden,
        epochs=sizes.clause_epochs,
        seed=seed,
    )
    slots = [
        (lesson.view.columns, roles, column)
        for lesson in taught
        for roles, column in zip(slots_of(lesson.cut.sketch).roles, lesson.cut.columns, strict=True)
    ]
    tables = [
        (lesson.view.tables, (int(len(tables_of(scope, lesson.view.catalog)) > 1),), table)
        for lesson in taught
        for scope in scopes(lesson.gold)
        for table in scope.extras
    ]
    plain = [
        (lesson.vector, lesson.gold.distinct)
        for lesson in taught
        if not lesson.gold.group and all(not term.aggregate for term in lesson.gold.select)
    ]
    return Weights(
        idf=places,
        inventory=inventory,
        clauses=network,
        combiner=np.zeros(SKETCH_FEATURES, np.float32),
        roles=fit_roles(slots, strength=sizes.strength),
        tables=fit_tables(tables, strength=sizes.strength),
        distinct=fit_distinct(plain, places=sizes.places, epochs=8, seed=seed),
        rankers=(),
    )


def _inventory(sketches: Sequence[Query]) -> Inventory:
    counts = Counter(sketches)
    by_head = [Counter(names) for names in zip(*(clauses(sketch) for sketch in sketches), strict=True)]
    classes = tuple(("(other)", *(name for name, count in head.items() if count > 1)) for head in by_head)
    unseen = [sketch for sketch in grammar() if sketch not in counts]
    return Inventory((*counts, *unseen), (*counts.values(), *(0 for _ in unseen)), classes)


def _combiner(
    taught: Sequence[Lesson],
    own: Sequence[int],
    parts: Sequence[Weights],
    strength: float,
) -> Floats:
    """The weights of a sketch's scores, learned on questions of databases that the scores' makers have not seen."""
    rough = np.zeros(SKETCH_FEATURES, np.float32)
    width = len(HEADS)
    rough[0], rough[1:width], rough[width], rough[width + 2] = 0.5, 0.4, -4.0, 3.0
    rough[width + 6 :] = -1.0
    # What is counted (values, texts, columns) is a weaker sign than a word that asks.
    rough[width + 6 + CUES - 4 : width + 6 + CUES] = rough[-4:] = -0.4
    lists = []
    for lesson, fold in zip(taught, own, strict=True):
        asked = Asked(lesson.vector, cues(lesson.view))
        made = propose(asked, lesson.shown, replace(parts[fold], combiner=rough), keep=100)
        right = [n for n, proposal in enumerate(made) if proposal.sketch == lesson.cut.sketch]
        if right:
            lists.append((np.array([proposal.features for proposal in made]), (0,), right[0]))
    combiner: Floats = fit_softmax(lists, rough[None].astype(np.float64), strength=strength)[0]
    return combiner


def _ranking(lesson: Lesson, part: Weights) -> tuple[Floats, Floats] | None:
    """Candidates' features and targets, or None where none of them is right."""
    made = considered(lesson.view, lesson.vector, lesson.shown, part)
    catalog = lesson.view.catalog
    exact, loose = (form(lesson.gold, catalog, distinct=distinct) for distinct in (True, False))
    targets = np.zeros(len(made.candidates), np.float32)
    for number, (_, filling) in enumerate(made.candidates):
        if form(filling.query, catalog, distinct=False) == loose:
            same = form(filling.query, catalog, distinct=True) == exact
            targets[number] = 1.0 if same else 0.4
    total = targets.sum()
    return (made.rows, targets / total) if total else None
