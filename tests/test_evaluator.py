"""Verdicts and scores: by hardness, with a metric's own total, hardness kept and made anew."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from text2sql.artifacts import cache_folder
from text2sql.dataset import Dataset
from text2sql.evaluator import Judge, Judged, hardness
from text2sql.types import Example, Prediction, Verdict


def length(example: Example, prediction: Prediction) -> Verdict:
    return Verdict("length", float(len(prediction.sql)))


@dataclass(frozen=True)
class Longest:
    regime = "by the longest"

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        return Verdict("longest", float(len(prediction.sql)))

    def total(self, verdicts: Sequence[Verdict]) -> float:
        return max(verdict.score for verdict in verdicts)


def test_scores_by_hardness_and_by_a_total_of_its_own() -> None:
    judge = Judge({"longest": Longest(), "length": length})
    verdicts = {"a": Verdict("", 1.0), "b": Verdict("", 3.0), "c": Verdict("", 5.0)}
    judged = Judged(judge, {"a": "easy", "b": "easy", "c": "unparsed"}, {"longest": verdicts, "length": verdicts})
    nothing = {"medium": None, "hard": None, "extra": None}
    assert judged.scores("length") == {"all": 3.0, "easy": 2.0} | nothing
    assert judged.scores("longest") == {"all": 5.0, "easy": 3.0} | nothing
    assert judge.regime() == "by the longest"
    assert Judge({"length": length}).regime() == "length"


def test_verdicts_carry_their_label(tiny: Dataset) -> None:
    example = tiny.examples[0]
    prediction = Prediction(example.question, tiny.schemas[example.question.db_id])
    assert Judge({"length(of=1)": length})(example, prediction) == {"length(of=1)": Verdict("length(of=1)", 0.0)}


def test_hardness_is_kept_and_a_damaged_file_made_anew(tiny: Dataset) -> None:
    first = hardness(tiny)
    assert Counter(first.values()) == {"easy": 7, "medium": 13, "hard": 5, "extra": 5}
    kept = list((cache_folder() / "hardness").glob("*.json"))
    for file in kept:
        file.write_text("{", encoding="utf-8")
    assert hardness(tiny) == first
    assert first in [json.loads(text) for file in kept if len(text := file.read_text(encoding="utf-8")) > 1]
