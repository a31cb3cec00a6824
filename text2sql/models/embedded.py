"""The embedded parser as a model: works offline on the CPU, sees what the prompt contains and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from text2sql.errors import ConfigError
from text2sql.protocols import Model
from text2sql.types import Completion, Completions, Prompt

UNTUNED = Path(__file__).parents[1] / "embedded" / "untuned.weights"


def embedded(*, weights: Path | None = None) -> Model:
    """A small deterministic parser that learns from the prompt's examples; no language model, no network.

    ``weights``: a file that fitting wrote; by default the ones fitted on the bundled train questions.
    """
    file = weights or UNTUNED
    if not file.is_file():
        raise ConfigError(f"{file}: no such file of weights")
    return _Embedded(file)


@dataclass(frozen=True)
class _Embedded:
    file: Path

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """The best candidate, or ``n`` draws from the softmax over the best ones at a temperature above 0."""
        from text2sql.embedded.answering import drawn
        from text2sql.embedded.serving import answered

        found = answered(self.file, prompt)
        chosen = drawn(found, n=n, temperature=temperature, seed=seed, question=prompt.question.text)
        return [Completion(text=sql, logprob=logprob) for sql, logprob in chosen]

    def explain(self, prompt: Prompt) -> str:
        """How the best candidate came about: linking, sketches, candidates and their scores."""
        from text2sql.embedded.answering import explanation
        from text2sql.embedded.weights import load

        return explanation(prompt, load(self.file))
