"""From a prompt to SQL: the best candidates, draws from them, and the explanation of a choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from text2sql.embedded.parser import Considered, Floats, consider, finished, log_probabilities
from text2sql.embedded.question import wording
from text2sql.embedded.sketches import slots_of
from text2sql.embedded.weights import Weights
from text2sql.embedded.writing import write
from text2sql.schema import quote
from text2sql.types import Prompt

Answer = tuple[str, float | None]
"""SQL and its log-probability among all candidates; None where there was no candidate."""

_BEST = 20  # candidates that may be drawn


def answers(prompt: Prompt, weights: Weights) -> list[Answer]:
    """The best candidates, best first. Never empty."""
    if not any(table.columns for table in prompt.schema.tables):
        return [(_fallback(prompt), None)]
    made = _considered(prompt, weights)
    if not made.candidates:
        return [(_fallback(prompt), None)]
    logs = log_probabilities(made, weights)
    best = np.argsort(-logs, kind="stable")[:_BEST].tolist()
    return [(_sql(made, number, weights), float(logs[number])) for number in best]


def drawn(found: Sequence[Answer], *, n: int, temperature: float, seed: int, question: str) -> list[Answer]:
    """The best answer, or ``n`` draws from the softmax over the best ones at a temperature above 0."""
    if temperature <= 0 or len(found) == 1:
        return [found[0]]
    scaled = np.array([log for _, log in found], np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    # The question's own words join the seed, so that one seed does not draw the same place everywhere.
    random = np.random.default_rng([seed, *question.encode()])
    return [found[number] for number in random.choice(len(found), size=n, p=shares / shares.sum()).tolist()]


def _considered(prompt: Prompt, weights: Weights) -> Considered:
    return consider(wording(prompt.question), prompt.schema, prompt.examples, weights)


def _sql(made: Considered, number: int, weights: Weights) -> str:
    query = made.candidates[number][1].query
    return write(finished(query, made.vector, weights), made.view.catalog)


def _fallback(prompt: Prompt) -> str:
    """Something that runs, where no sketch fits the schema."""
    tables = prompt.schema.tables
    return f"SELECT * FROM {quote(tables[0].name)}" if tables else "SELECT 1"


def explanation(prompt: Prompt, weights: Weights) -> str:
    """Linking, sketches, and candidates with their scores, best first, as lines of text."""
    if not any(table.columns for table in prompt.schema.tables):
        return f"no columns: {_fallback(prompt)}"
    made = _considered(prompt, weights)
    return "\n".join(_explained(made, log_probabilities(made, weights) if made.candidates else None))


def _explained(made: Considered, logs: Floats | None) -> Iterator[str]:
    yield f"question: {made.view.masked}"
    yield "links:"
    for found in made.view.linking.links:
        words = " ".join(token.text for token in made.view.linking.tokens[found.start : found.end])
        item = ".".join(part for part in (found.table, found.column) if part)
        yield f"  {words!r}: {found.kind} {item} {found.value!r}".rstrip(" '")
    yield "sketches:"
    for proposal in made.proposals[:10]:
        yield f"  {proposal.score:7.2f}  {slots_of(proposal.sketch).shape}"
    yield "candidates (log-probability; sketch, columns, joins, values):"
    if logs is None:
        return
    for number in np.argsort(-logs, kind="stable")[:10].tolist():
        proposal, filling = made.candidates[number]
        parts = (logs[number], proposal.score, sum(filling.slot_scores), -filling.joins, filling.value_score)
        yield "  " + " ".join(f"{float(part):7.2f}" for part in parts) + "  " + write(filling.query, made.view.catalog)
