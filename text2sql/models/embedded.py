"""The embedded parser as a model: works offline on the CPU, sees what the prompt contains and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.errors import ConfigError
from text2sql.protocols import Model
from text2sql.types import Completion, Completions, Prompt

if TYPE_CHECKING:
    from text2sql.embedded.weights import Weights

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

    @cached_property
    def weights(self) -> Weights:
        """Read when first needed, once."""
        from text2sql.embedded.weights import load

        return load(self.file)

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """The best candidate, or ``n`` draws from the softmax over all candidates at a temperature above 0."""
        from text2sql.embedded.answering import answers

        found = answers(prompt, self.weights, n=n, temperature=temperature, seed=seed)
        return [Completion(text=sql, logprob=logprob) for sql, logprob in found]

    def explain(self, prompt: Prompt) -> str:
        """How the best candidate came about: linking, sketches, candidates and their scores."""
        from text2sql.embedded.answering import explanation

        return explanation(prompt, self.weights)
