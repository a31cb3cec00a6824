"""``python -m text2sql.embedded [DATA] [FILE]``: fit the untuned weights on a small data set's train questions,
and on the plainest questions of ``primer``."""

from __future__ import annotations

import sys
from pathlib import Path

from text2sql.dataset import load_dataset
from text2sql.embedded import primer
from text2sql.embedded.fitting import SMALL, fit
from text2sql.embedded.weights import save


def main() -> None:
    """Fit on the bundled train questions, or on another folder's, and write the package's file or another one."""
    data, *rest = [*sys.argv[1:], *["spiderling"][len(sys.argv) > 1 :]]
    file = Path(rest[0]) if rest else Path(__file__).with_name("untuned.weights")
    dataset = load_dataset(data, split="train")
    examples = [*dataset.examples, *primer.examples()]
    schemas = {db_id: dataset.schemas[db_id] for db_id in dataset.schemas} | dict(primer.schemas())
    save(fit(examples, schemas, sizes=SMALL), file)
    print(f"{file}: {file.stat().st_size:,} bytes, from {len(examples)} examples")


if __name__ == "__main__":
    main()
