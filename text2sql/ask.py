"""``ask``: one question to one database, by the pipeline of a configuration; for trying things out."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from text2sql.artifacts import cache_folder
from text2sql.assemble import Assembly
from text2sql.calls import Ledger
from text2sql.databases import Databases, OneDatabase, Schemas
from text2sql.dataset import Dataset
from text2sql.errors import DatabaseError, UsageError
from text2sql.executor import Executor
from text2sql.experiment import Experiment
from text2sql.remote import exchange
from text2sql.show import result_text
from text2sql.tuned import ready
from text2sql.types import Prediction, Question, Schema


@dataclass(frozen=True, slots=True)
class Answer:
    """What was predicted, with its result; ``explanation`` is the model's own, where it gives one."""

    prediction: Prediction
    explanation: str = ""


def ask(database: Path, text: str, experiment: Experiment, *, explain: bool = False, progress: bool = True) -> Answer:
    """Answer by the experiment's first configuration, whose examples come from its own data set.

    Raises DatabaseError for a file that is missing, no SQLite database or without tables, UsageError for a
    question without a word, ProviderError where the model fails.
    """
    if not any(map(str.isalnum, text)):
        raise UsageError(f"{text!r} is no question: it has neither letters nor numbers")
    if not database.is_file():
        raise DatabaseError(f"{database}: no such database")
    experiment = ready(experiment.only([experiment.configurations[0].name]), progress=progress)
    known = {one.name: getattr(experiment.dataset, one.name) for one in fields(experiment.dataset)}
    dataset = _Asked(**known, database=database)
    if not dataset.schemas[dataset.db_id].tables:
        raise DatabaseError(f"{database}: this database has no tables")
    with Executor(workers=1, cache=cache_folder() / "executions.sqlite") as executor, exchange() as calls:
        assembly = Assembly(experiment.configurations[0], dataset, executor, Ledger(), exchange=calls)
        prediction = assembly.pipeline().predict(Question("asked", dataset.db_id, text))
        prompt = next((c.prompt for c in prediction.candidates if c.prompt is not None), None)
        said = assembly.explanation(prompt) if explain and prompt is not None else ""
    return Answer(prediction, said)


@dataclass(frozen=True)
class _Asked(Dataset):
    """A data set whose questions are about one file: its pool stays, with the schemas of its databases."""

    database: Path = Path()

    @property
    def db_id(self) -> str:
        return self.database.stem

    @cached_property
    def databases(self) -> Databases:
        return OneDatabase(self.db_id, self.database)

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        pool = Schemas(self.tables, Databases(self.folder, "database"))
        return ChainMap({self.db_id: Schemas(None, self.databases)[self.db_id]}, pool)  # type: ignore[arg-type]


def answer_text(answer: Answer) -> str:
    """What ``text2sql ask`` prints."""
    prediction = answer.prediction
    parts = [answer.explanation] if answer.explanation else []
    if prediction.elected < 0:
        return "\n\n".join([*parts, f"no SQL: {prediction.unanswered or 'the model gave none'}"])
    parts.append(prediction.sql)
    if prediction.result is not None:
        parts.append(result_text(prediction.result))
    return "\n\n".join(parts)
