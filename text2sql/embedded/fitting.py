"""Fitting the parser on examples, cross-fitted by database: the ranker learns from candidates for questions whose
database the proposing parts have not seen, half of them with retrieved examples in the prompt and half without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from text2sql.embedded.catalog import compiled
from text2sql.embedded.cues import CUES, cues
from text2sql.embedded.encoding import Vector, encode, idf, neighbours, weighted
from text2sql.embedded.equivalence import form
from text2sql.embedded.features import by_hand
from text2sql.embedded.grammar import grammar
from text2sql.embedded.learning import fit_distinct, fit_roles, fit_softmax, fit_tables
from text2sql.embedded.network import Floats, fit_clauses, fit_ranker
from text2sql.embedded.parser import considered
from text2sql.embedded.proposing import SKETCH_FEATURES, Asked, Shown, propose, schema_of_sql
from text2sql.embedded.query import Query, Sketched, scopes, sketched
from text2sql.embedded.question import QuestionView, view
from text2sql.embedded.reading import read
from text2sql.embedded.sketches import HEADS, clauses, slots_of
from text2sql.embedded.weights import Inventory, Weights
from text2sql.embedded.writing import joinable, tables_of
from text2sql.linking import masked
from text2sql.types import Example, Schema

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Sizes:
    """How large the networks are and how long they learn.

    ``strength``: of the pull of linear weights to their priors. ``shown``: examples in a prompt. ``trust``: below 1,
    the learned rankers' share beside the ranker set by hand.
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
    shown: int = 5
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


@dataclass(frozen=True)
class _Lesson:
    """One example, ready to learn from; ``as_shown``: how it looks in another question's prompt."""

    db_id: str
    view: QuestionView
    vector: Vector
    gold: Query
    cut: Sketched
    as_shown: Shown


def fit(
    examples: Sequence[Example],
    schemas: Mapping[str, Schema],
    *,
    sizes: Sizes | None = None,
    seed: int = 0,
    progress: Progress = lambda stage, share: None,
) -> Weights:
    """Learn from examples; the same inputs give the same weights. ``progress`` hears a stage and its share."""
    sizes = sizes or Sizes()
    lessons, places = _lessons(examples, schemas, sizes, progress)
    folds = _folds([lesson.db_id for lesson in lessons], sizes.folds, seed)
    prompts = _prompts(lessons, sizes, seed)
    parts = []
    for fold in range(sizes.folds):
        rest = [lesson for lesson, own in zip(lessons, folds, strict=True) if own != fold]
        parts.append(_base(rest, places, sizes, seed))
        progress("proposers", (fold + 1) / (sizes.folds + 1))
    combiner = _combiner(lessons, folds, prompts, parts, sizes.combiner_strength)
    parts = [replace(part, combiner=combiner) for part in parts]
    lists = []
    for position, (lesson, fold) in enumerate(zip(lessons, folds, strict=True)):
        made = _ranking(lesson, prompts[position], parts[fold])
        if made is not None:
            lists.append(made)
        if position % 50 == 0:
            progress("candidates", position / len(lessons))
    rankers = tuple(
        fit_ranker(
            lists, hidden=sizes.ranker_hidden, epochs=sizes.ranker_epochs, seed=seed + number,
            tell=lambda share: progress("ranker", share),
        )
        for number in range(sizes.rankers)
    )  # fmt: skip
    if sizes.trust < 1:
        rankers = tuple(ranker.beside(by_hand(), sizes.trust) for ranker in rankers)
    base = _base(lessons, places, sizes, seed)
    return replace(base, combiner=combiner, rankers=rankers)


def _lessons(
    examples: Sequence[Example], schemas: Mapping[str, Schema], sizes: Sizes, progress: Progress
) -> tuple[list[_Lesson], Floats]:
    """The examples that can be read, and idf over their questions."""
    readable: list[tuple[Example, QuestionView, Query, Vector, Vector]] = []
    for position, example in enumerate(examples):
        catalog = compiled(schemas[example.question.db_id])
        gold = read(example.sql, catalog)
        if gold is not None and joinable(gold, catalog):
            seen = view(example.question.text, catalog)
            raw = encode(seen.masked, sizes.places)
            by_sql = encode(masked(example.question.text, schema_of_sql(example.sql)), sizes.places)
            readable.append((example, seen, gold, raw, by_sql))
        if position % 50 == 0:
            progress("reading", position / len(examples))
    places = idf([raw for *_, raw, _ in readable], sizes.places)
    lessons = []
    for example, seen, gold, raw, by_sql in readable:
        cut = sketched(gold)
        as_shown = Shown(weighted(by_sql, places), cut.sketch)
        lessons.append(_Lesson(example.question.db_id, seen, weighted(raw, places), gold, cut, as_shown))
    return lessons, places


def _folds(db_ids: Sequence[str], count: int, seed: int) -> list[int]:
    """A fold for every lesson, equal within a database, about equally large."""
    sizes = Counter(db_ids)
    order = sorted(sizes, key=lambda db_id: (-sizes[db_id], db_id))
    loads, fold_of = [0] * count, {}
    for db_id in order:
        fold_of[db_id] = int(np.argmin(loads))
        loads[fold_of[db_id]] += sizes[db_id]
    return [fold_of[db_id] for db_id in db_ids]


def _prompts(lessons: Sequence[_Lesson], sizes: Sizes, seed: int) -> list[list[Shown]]:
    """For every other lesson its nearest ones of other databases, best first; none for the rest."""
    random = np.random.default_rng(seed)
    index = neighbours([lesson.vector for lesson in lessons], sizes.places)
    numbers = {db_id: number for number, db_id in enumerate(dict.fromkeys(lesson.db_id for lesson in lessons))}
    owners = np.array([numbers[lesson.db_id] for lesson in lessons])
    prompts: list[list[Shown]] = []
    for lesson, with_examples in zip(lessons, random.random(len(lessons)) < 0.5, strict=True):
        similar = index.similarities(lesson.vector)
        similar[owners == numbers[lesson.db_id]] = -1
        nearest = np.argsort(-similar, kind="stable")[: sizes.shown].tolist()
        prompts.append([lessons[n].as_shown for n in nearest] if with_examples else [])
    return prompts


def _base(lessons: Sequence[_Lesson], places: Floats, sizes: Sizes, seed: int) -> Weights:
    """All weights but the combiner and the rankers."""
    inventory = _inventory([lesson.cut.sketch for lesson in lessons])
    numbers = np.array([inventory.numbers[lesson.cut.sketch] for lesson in lessons], np.int32)
    vectors = [lesson.vector for lesson in lessons]
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
        for lesson in lessons
        for roles, column in zip(slots_of(lesson.cut.sketch).roles, lesson.cut.columns, strict=True)
    ]
    tables = [
        (lesson.view.tables, (int(len(tables_of(scope, lesson.view.catalog)) > 1),), table)
        for lesson in lessons
        for scope in scopes(lesson.gold)
        for table in scope.extras
    ]
    plain = [
        (lesson.vector, lesson.gold.distinct)
        for lesson in lessons
        if not lesson.gold.group and all(not term.aggregate for term in lesson.gold.select)
    ]
    return Weights(
        idf=places,
        inventory=inventory,
        clauses=network,
        neighbours=neighbours(vectors, sizes.places),
        neighbour_sketch=numbers,
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
    lessons: Sequence[_Lesson],
    folds: Sequence[int],
    prompts: Sequence[Sequence[Shown]],
    parts: Sequence[Weights],
    strength: float,
) -> Floats:
    """The weights of a sketch's scores, learned on questions of databases that the scores' makers have not seen."""
    rough = np.zeros(SKETCH_FEATURES, np.float32)
    width = len(HEADS)
    rough[0], rough[1:width], rough[width], rough[width + 2], rough[width + 4] = 0.5, 0.4, -4.0, 4.0, 3.0
    rough[width + 8 :] = -1.0
    # What is counted (values, texts, columns) is a weaker sign than a word that asks.
    rough[width + 8 + CUES - 4 : width + 8 + CUES] = rough[-4:] = -0.4
    lists = []
    for lesson, fold, prompt in zip(lessons, folds, prompts, strict=True):
        asked = Asked(lesson.vector, cues(lesson.view))
        made = propose(asked, prompt, replace(parts[fold], combiner=rough), keep=100)
        right = [n for n, proposal in enumerate(made) if proposal.sketch == lesson.cut.sketch]
        if right:
            lists.append((np.array([proposal.features for proposal in made]), (0,), right[0]))
    combiner: Floats = fit_softmax(lists, rough[None].astype(np.float64), strength=strength)[0]
    return combiner


def _ranking(lesson: _Lesson, prompt: Sequence[Shown], part: Weights) -> tuple[Floats, Floats] | None:
    """Candidates' features and targets, or None where none of them is right."""
    made = considered(lesson.view, lesson.vector, prompt, part)
    catalog = lesson.view.catalog
    exact, loose = (form(lesson.gold, catalog, distinct=distinct) for distinct in (True, False))
    targets = np.zeros(len(made.candidates), np.float32)
    for number, (_, filling) in enumerate(made.candidates):
        if form(filling.query, catalog, distinct=False) == loose:
            same = form(filling.query, catalog, distinct=True) == exact
            targets[number] = 1.0 if same else 0.4
    total = targets.sum()
    return (made.rows, targets / total) if total else None
