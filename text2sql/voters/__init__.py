"""Voters elect one candidate by the execution results. One file, one strategy; the name in a config is the file's.

A voter may ask for ``model`` (for a judge), and returns ``vote(question, schema, candidates) -> int``, the
index of the elected one. Ties go to the earliest::

    def last() -> Voter:
        def vote(question: Question, schema: Schema, candidates: Candidates) -> int:
            return len(candidates) - 1
        return vote
"""
