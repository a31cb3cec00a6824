"""The first candidate: no vote."""

from __future__ import annotations

from text2sql.protocols import Voter
from text2sql.types import Candidates, Question, Schema


def first(*, executable: bool = False) -> Voter:
    """Elect the first candidate; ``executable``: the first that runs, if any does."""

    def vote(question: Question, schema: Schema, candidates: Candidates) -> int:
        if not executable:
            return 0
        return next((i for i, c in enumerate(candidates) if c.result is not None and c.result.ok), 0)

    return vote
