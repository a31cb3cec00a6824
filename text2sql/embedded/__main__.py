"""``python -m text2sql.embedded [DATA] [FILE]``: fit the untuned weights on a small data set's train questions,
and on the plainest questions of ``primer``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from text2sql.dataset import load_dataset
from text2sql.embedded import primer
from text2sql.embedded.encoding import neighbours
from text2sql.embedded.fitting import SMALL, fit
from text2sql.embedded.lessons import lessons
from text2sql.embedded.weights import save
from text2sql.types import Demonstration, Example, Prompt, Schema

_SHOWN = 5  # examples in a prompt


def main() -> None:
    """Fit on the bundled train questions, or on another folder's, and write the package's file or another one."""
    data, *rest = [*sys.argv[1:], *["spiderling"][len(sys.argv) > 1 :]]
    file = Path(rest[0]) if rest else Path(__file__).with_name("untuned.weights")
    dataset = load_dataset(data, split="train")
    examples = [*dataset.examples, *primer.examples()]
    schemas = {db_id: dataset.schemas[db_id] for db_id in dataset.schemas} | dict(primer.schemas())
    save(fit(_half_with_examples(examples, schemas), sizes=SMALL), file)
    print(f"{file}: {file.stat().st_size:,} bytes, from {len(examples)} examples")


def _half_with_examples(examples: Sequence[Example], schemas: Mapping[str, Schema]) -> list[Demonstration]:
    """Every other prompt with the nearest examples of other databases, best first: the untuned model meets both."""
    bare = [_demonstration(example, schemas[example.question.db_id], ()) for example in examples]
    found, _ = lessons(bare, places=SMALL.places, tell=lambda share: None)
    index = neighbours([lesson.vector for lesson in found], SMALL.places)
    owners = np.array([lesson.example.question.db_id for lesson in found])
    made = []
    for lesson, with_examples in zip(found, np.random.default_rng(0).random(len(found)) < 0.5, strict=True):
        similar = index.similarities(lesson.vector)
        db_id = lesson.example.question.db_id
        similar[owners == db_id] = -1
        nearest = np.argsort(-similar, kind="stable")[:_SHOWN].tolist() if with_examples else []
        made.append(_demonstration(lesson.example, schemas[db_id], [found[n].example for n in nearest]))
    return made


def _demonstration(example: Example, schema: Schema, shown: Sequence[Example]) -> Demonstration:
    return Demonstration(example, Prompt((), example.question, schema, tuple(shown)), example.sql)


if __name__ == "__main__":
    main()
