"""HyDE: examples whose SQL is like a hypothetical SQL, drafted for the question before any example is known.

After Gao et al. 2022 (Precise Zero-Shot Dense Retrieval without Relevance Labels), where the draft is a text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from heapq import heappush, heappushpop
from typing import Literal

from text2sql.errors import ConfigError
from text2sql.linking import masked
from text2sql.protocols import Draft, Examples, Index, Retriever, Schemas
from text2sql.skeleton import similarity, skeleton, skeletons
from text2sql.sql import one_line
from text2sql.types import Example, Question, Schema

_NEIGHBOURHOOD = 100  # examples by masked question, among which the draft decides


def hyde(
    index: Index,
    draft: Draft,
    schemas: Schemas,
    pool: Examples,
    *,
    k: int = 5,
    drafts: int = 1,
    search: Literal["skeleton+question", "skeleton", "sql"] = "skeleton+question",
    weight: float = 0.15,
) -> Retriever:
    """The ``k`` examples nearest to ``drafts`` hypothetical queries; without a draft, to the question.

    ``search``: what is compared. ``skeleton+question``: cosine of the masked questions plus ``weight`` times the
    greatest similarity of the SQL skeletons; ``skeleton``: that alone; ``sql``: the text of the SQL.
    """
    if weight < 0:
        raise ConfigError(f"retriever 'hyde': weight = {weight} is negative; 0 leaves the draft out")
    text: Callable[[str], str] = skeleton if search == "skeleton" else one_line
    known = skeletons([example.sql for example in pool]) if search != "sql" else {}
    queries = None
    if search != "skeleton+question":
        queries = index(search, lambda example: known.get(example.sql) or text(example.sql))
    questions = index("masked question", lambda e: masked(e.question.text, schemas[e.question.db_id]))

    def fused(question: Question, schema: Schema, sqls: Sequence[str]) -> Examples:
        drafted = list(map(skeleton, sqls))

        @cache
        def likeness(sql: str) -> float:
            return max((similarity(one, known[sql]) for one in drafted), default=0.0)

        near = questions.nearest(masked(question.text, schema), max(k, _NEIGHBOURHOOD), to=question.db_id)
        best: list[tuple[float, int]] = []
        for rank, (example, cosine) in enumerate(near):
            if len(best) == k and cosine + weight <= best[0][0]:
                break  # no likeness lifts this one or those behind it
            scored = (cosine + weight * likeness(example.sql), -rank)
            (heappushpop if len(best) == k else heappush)(best, scored)
        return [near[-rank][0] for _, rank in sorted(best, reverse=True)]

    def retrieve(question: Question, schema: Schema) -> Examples:
        sqls = [candidate.sql for candidate in draft(question, schema, drafts) if candidate.sql]
        if queries is None or not sqls:
            return fused(question, schema, sqls)
        best: dict[Example, float] = {}
        for sql in sqls:
            for example, score in queries.nearest(text(sql), k, to=question.db_id):
                best[example] = max(score, best.get(example, score))
        return sorted(best, key=lambda example: -best[example])[:k]

    return retrieve
