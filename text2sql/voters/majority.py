"""Self-consistency by execution: candidates with equal results vote for each other."""

from __future__ import annotations

from collections import Counter

from text2sql.protocols import Voter
from text2sql.results import ballot
from text2sql.sql import is_ordered
from text2sql.types import Candidates, Question, Schema


def majority() -> Voter:
    """Elect the earliest candidate of the largest group with equal results.

    Rows count as a multiset, or as a list where the candidate's outermost query has ORDER BY. Candidates
    that do not run have no vote; where none runs, the first is elected. Ties go to the earliest.
    """

    def vote(question: Question, schema: Schema, candidates: Candidates) -> int:
        ballots = {
            index: ballot(candidate.result, ordered=is_ordered(candidate.sql))
            for index, candidate in enumerate(candidates)
            if candidate.result is not None and candidate.result.ok
        }
        if not ballots:
            return 0
        votes = Counter(ballots.values())
        return max(ballots, key=lambda index: (votes[ballots[index]], -index))

    return vote
