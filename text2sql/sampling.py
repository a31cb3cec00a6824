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
    drawn = []
    for side in found.sides:
        predictions = _predictions(side.runs[0], found.ids)
        if max(len(prediction.candidates) for prediction in predictions) < 2:
            continue

        def elect(index: int, positions: tuple[int, ...], among: Sequence[Prediction] = predictions) -> int:
            one = among[index]
            return positions[vote(one.question, one.schema, tuple(one.candidates[p] for p in positions))]

        clusters = [prediction.question.db_id for prediction in predictions]
        points = curve(_right(found, predictions), elect, clusters, rounds=rounds, seed=seed)
        drawn.append(Curve(side.name, choice.label, points))
    return drawn


def _predictions(run: Scored, ids: Sequence[str]) -> list[Prediction]:
    questions = {example.question.id: example.question for example in run.dataset.examples}
    schemas = run.dataset.schemas
    return [from_record(run.run.records[id], questions[id], schemas[questions[id].db_id], {}) for id in ids]


def _right(found: Contrast, predictions: Sequence[Prediction]) -> list[list[bool]]:
    """Whether each candidate of each question is right; equal SQL is judged once."""
    examples = {example.question.id: example for example in found.dataset.examples}
    with Executor(cache=cache_folder() / "executions.sqlite") as executor:
        judge = build_judge([parse_choice("metric", found.metric)], found.dataset, executor)
        right = []
        for prediction in predictions:
            known: dict[str, bool] = {}
            for position, candidate in enumerate(prediction.candidates):
                if candidate.sql not in known:
                    verdicts = judge(examples[prediction.question.id], replace(prediction, elected=position))
                    known[candidate.sql] = verdicts[found.metric].score >= 1
            right.append([known[candidate.sql] for candidate in prediction.candidates])
        return right
