"""Stored outputs of another system as a model: published predictions, samples of an earlier run.

The only model that looks at a question's id: it answers by position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from text2sql.errors import ConfigError, PredictionsError, ProviderError
from text2sql.predictions import align
from text2sql.protocols import Model
from text2sql.types import Completion, Completions, Prompt, Question


def recorded(
    questions: Sequence[Question], *, file: Path, pick: int | None = None, allow_missing: bool = False
) -> Model:
    """Recorded outputs, in the order of the split.

    ``file``: one SQL per line, or JSONL with ``sql`` or ``candidates`` per question. ``pick``: only the
    candidate at this position (from 0), as when the candidates come from several systems.
    ``allow_missing``: questions without an output stay unanswered, instead of refusing the file.
    """
    remedy = "allow_missing = true leaves it unanswered"
    answers = align(file, questions, allow_missing=allow_missing, remedy=remedy)
    sqls = {question.id: answer.sqls for question, answer in zip(questions, answers, strict=True)}
    if pick is not None:
        lacking = [id for id, candidates in sqls.items() if not 0 <= pick < len(candidates)]
        if len(lacking) == len(sqls):
            raise ConfigError(f"{file}: no question has a candidate {pick} (they count from 0)")
        if lacking and not allow_missing:
            raise PredictionsError(f"{file}: {lacking[0]} has no candidate {pick}; {remedy}")
        sqls = {id: candidates[pick : pick + 1] for id, candidates in sqls.items()}
    return _Recorded(file.name, sqls)


@dataclass(frozen=True)
class _Recorded:
    file: str
    sqls: Mapping[str, tuple[str, ...]]

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """The first ``n`` recorded outputs of the prompt's question; temperature and seed change nothing."""
        answers = self.sqls.get(prompt.question.id, ())
        if not answers:
            raise ProviderError(f"{self.file} has no output for {prompt.question.id}")
        return [Completion(text=sql, sql=sql) for sql in answers[:n]]
