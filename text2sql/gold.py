"""Whether gold can be judged against at all: its databases are there, and it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from text2sql.dataset import Dataset
from text2sql.errors import DataError
from text2sql.executor import Execute, Executor
from text2sql.parallel import in_parallel
from text2sql.sandbox import OFFICIAL
from text2sql.types import Example, Result


def gold_results(examples: Sequence[Example], execute: Execute) -> dict[str, Result]:
    """What gold returns, by question id, in the order of the examples."""

    def work(example: Example) -> tuple[str, Result]:
        return example.question.id, execute(example.question.db_id, example.sql)

    with execute.ahead([[(example.question.db_id, example.sql) for example in examples]]):
        found = dict(in_parallel(work, examples, execute.executor.workers))
    return {example.question.id: found[example.question.id] for example in examples}


def broken_gold(examples: Sequence[Example], execute: Execute) -> dict[str, Result]:
    """What gold that does not run comes to, by question id, in the order of the examples."""
    return {id: result for id, result in gold_results(examples, execute).items() if not result.ok}


def check_gold(dataset: Dataset, examples: Sequence[Example], executor: Executor) -> None:
    """Raises DataError where gold does not run: every score on it would be wrong."""
    if broken := broken_gold(examples, Execute(executor, dataset.databases, OFFICIAL)):
        raise gold_error(dataset, broken, "'text2sql data check' lists them, --allow-gold-errors scores them as wrong")


def gold_error(dataset: Dataset, broken: Mapping[str, Result], remedies: str) -> DataError:
    """The error that names the first gold query that does not run, and says what can be done."""
    id, result = next(iter(broken.items()))
    more = f", nor that of {len(broken) - 1} more" if len(broken) > 1 else ""
    return DataError(
        f"{dataset.locate(id)}: the gold query does not run ({result.error}: {result.message}){more}; {remedies}"
    )
