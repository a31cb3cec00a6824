"""What other numbers of samples would have given: curves of a run's stored candidates, voted on again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from text2sql.artifacts import cache_folder
from text2sql.assemble import build_judge, build_voter
from text2sql.contrast import Contrast
from text2sql.curves import Point, curve
from text2sql.executor import Executor
from text2sql.experiment import parse_choice
from text2sql.outcome import Scored
from text2sql.parallel import in_parallel
from text2sql.store import from_record
from text2sql.types import Prediction


@dataclass(frozen=True)
class Curve:
    """Scores of a configuration against the number of candidates per question; a point per n, from 1 on."""

    name: str
    voter: str
    points: Sequence[Point]


def curves(found: Contrast, *, voter: str = "majority", rounds: int = 20, seed: int = 0) -> list[Curve]:
    """A curve for each side that has several candidates per question, of its first seed.

    ``voter``: one that needs no model. The candidates are judged by the comparison's metric, which may have to execute
    some. Raises ConfigError for a voter that there is not.
    """
    choice = parse_choice("voter", voter)
    vote = build_voter(choice, seed)
    sampled = {side.name: _predictions(side.runs[0], found.ids) for side in found.sides}
    sampled = {name: each for name, each in sampled.items() if max(len(one.candidates) for one in each) > 1}
    right = _right(found, [one for each in sampled.values() for one in each])
    drawn = []
    for name, predictions in sampled.items():

        def elect(index: int, positions: tuple[int, ...], among: Sequence[Prediction] = predictions) -> int:
            one = among[index]
            return positions[vote(one.question, one.schema, tuple(one.candidates[p] for p in positions))]

        hits = [[right[one.question.id, candidate.sql] for candidate in one.candidates] for one in predictions]
        clusters = [one.question.db_id for one in predictions]
        drawn.append(Curve(name, choice.label, curve(hits, elect, clusters, rounds=rounds, seed=seed)))
    return drawn


def _predictions(run: Scored, ids: Sequence[str]) -> list[Prediction]:
    questions = {example.question.id: example.question for example in run.dataset.examples}
    schemas = run.dataset.schemas
    return [from_record(run.run.records[id], questions[id], schemas[questions[id].db_id], {}) for id in ids]


def _right(found: Contrast, predictions: Sequence[Prediction]) -> dict[tuple[str, str], bool]:
    """Whether a candidate is right, by question id and SQL; what did not end when it was made is not run again."""
    examples = {example.question.id: example for example in found.dataset.examples}
    todo = {
        (one.question.id, candidate.sql): (one, position)
        for one in predictions
        for position, candidate in enumerate(one.candidates)
    }

    def work(item: tuple[Prediction, int]) -> tuple[tuple[str, str], bool]:
        one, position = item
        candidate = one.candidates[position]
        if candidate.result is not None and candidate.result.error == "timeout":
            return (one.question.id, candidate.sql), False
        verdicts = judge(examples[one.question.id], replace(one, elected=position))
        return (one.question.id, candidate.sql), verdicts[found.metric].score >= 1

    with Executor(cache=cache_folder() / "executions.sqlite") as executor:
        judge = build_judge([parse_choice("metric", found.metric)], found.dataset, executor)
        return dict(in_parallel(work, list(todo.values()), executor.workers))
