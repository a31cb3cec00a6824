"""The flow from question to prediction, on one screen. No gold here, and no strategy by name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from text2sql.parallel import each
from text2sql.protocols import Execute, Generator, Linker, Reranker, Retriever, Reviser, Schemas, Voter
from text2sql.types import Candidate, Prediction, Question


@dataclass(frozen=True)
class Pipeline:
    """One configuration, ready to answer. Thread-safe if its strategies are."""

    schemas: Schemas
    link: Linker
    retrieve: Retriever
    rerank: Reranker | None
    generate: Generator
    execute: Execute
    revise: Reviser | None
    vote: Voter

    def predict(self, question: Question) -> Prediction:
        """Answer one question. Raises ProviderError where a model stays down."""
        schema = self.link(question, self.schemas[question.db_id])
        examples = self.retrieve(question, schema)
        if self.rerank is not None:
            examples = self.rerank(question, schema, examples)
        candidates = [self._run(question.db_id, c) for c in self.generate(question, schema, examples)]
        if self.revise is not None:
            revised = each(partial(self.revise, question, schema), candidates)
            candidates = [self._run(question.db_id, candidate) for candidate in revised]
        elected = self.vote(question, schema, candidates) if candidates else -1
        return Prediction(question, schema, tuple(examples), tuple(candidates), elected)

    def _run(self, db_id: str, candidate: Candidate) -> Candidate:
        if candidate.problem or candidate.result is not None:
            return candidate
        return replace(candidate, result=self.execute(db_id, candidate.sql))
