"""The nouns, in the order in which a question meets them on its way through the pipeline.

All are frozen; none does I/O. What the model side receives (``Question``) has no gold field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

Cell: TypeAlias = int | float | str | bytes | None
Row: TypeAlias = tuple[Cell, ...]
Hardness: TypeAlias = Literal["easy", "medium", "hard", "extra"]
Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a user asks of one database; ``id`` is split and position, as in ``dev-0017``."""

    id: str
    db_id: str
    text: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its gold SQL: of the retrieval pool (train) or of the answer key (dev)."""

    question: Question
    sql: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``label`` is its name in plain words, ``values`` some distinct short texts it holds."""

    name: str
    type: str = ""
    label: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One table; ``primary_key`` holds column names, ``rows`` its first few rows."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    label: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``table.column`` refers to ``to_table.to_column``."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True)
class Schema:
    """Tables, columns and keys of one database, with a little of its content."""

    db_id: str
    tables: tuple[Table, ...]
    foreign_keys: tuple[ForeignKey, ...] = ()

    @cached_property
    def columns_by_table(self) -> Mapping[str, tuple[str, ...]]:
        """Column names of every table, by table name."""
        return {table.name: tuple(column.name for column in table.columns) for table in self.tables}


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; ``parameters`` is a JSON schema, as text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Chat messages, and the parts that they were rendered from: exactly what the messages show, and no more.

    A model may read the parts in place of the text, so what a prompt leaves out is not in them either.
    """

    messages: tuple[Message, ...]
    question: Question
    schema: Schema
    examples: tuple[Example, ...] = ()
    instruction: str = ""
    tools: tuple[Tool, ...] = ()
    stop: tuple[str, ...] = ()

    def then(self, *messages: Message) -> Prompt:
        """The same conversation, continued."""
        return replace(self, messages=self.messages + messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and what they cost in US dollars; ``None`` where nobody says.

    ``cached_tokens``: those of the prompt that the provider had in a cache of its own, and sells for less.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: float | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for; ``arguments`` is JSON, as text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said once.

    ``sql`` is set where the model hands over SQL as such (recorded outputs, structured answers): it is
    then taken verbatim, while SQL in ``text`` has to be found. ``cached``: it was not paid for now.
    """

    text: str
    sql: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str = "stop"
    usage: Usage = Usage()
    logprob: float | None = None
    cached: bool = False


Completions: TypeAlias = Sequence[Completion]


@dataclass(frozen=True, slots=True)
class Request:
    """What a remote model is asked, all but how often and by which seed.

    ``endpoint``: its URL; ``body``: all that shapes the answer, as JSON with sorted keys. ``prompt_bound``: it has no
    more tokens than that; ``completion_bound``: nor has an answer, None where nobody says. ``headers``: those that may
    shape the answer, without what is secret in them; ``single``: it may be asked for one answer a call alone.
    """

    endpoint: str
    model: str
    path: str
    body: str
    prompt_bound: int
    completion_bound: int | None = None
    headers: str = ""
    single: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What an endpoint said of its limits: so many in all, so many left, seconds until all are there again."""

    requests: int | None = None
    requests_left: int | None = None
    requests_reset: float | None = None
    tokens: int | None = None
    tokens_left: int | None = None
    tokens_reset: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one call: one completion or several, the tokens of them all, and the endpoint's limits."""

    completions: tuple[Completion, ...]
    usage: Usage = Usage()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class BatchState:
    """How a batch stands: ``done`` of ``total`` lines. ``message``: why it failed as a whole, or is not found.

    ``status``: "ended" has results, maybe not of every line; "failed" has none and costs nothing; "lost" is a batch
    that the endpoint does not know under this key. ``said``: the endpoint's own word for it.
    """

    status: Literal["running", "ended", "failed", "lost"]
    said: str
    done: int = 0
    total: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """Fingerprints of all rows of a result, integral floats counted as integers (1.0 is 1).

    ``sequence``: rows in order; ``bag``: rows in any order; ``columns``: each column's cells in any
    order. The canonical ones are the first two with the columns in the order of their fingerprints, and 1.0
    told from 1. ``integral_floats``: some cell is a float without a fraction.
    """

    sequence: str = ""
    bag: str = ""
    columns: tuple[str, ...] = ()
    canonical_sequence: str = ""
    canonical_bag: str = ""
    integral_floats: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What one statement returned, or why it did not; ``error`` is a class of ``sandbox.ERRORS``.

    ``row_count`` and ``digest`` cover all rows that were fetched, ``rows`` are the first few;
    ``truncated``: a limit on rows ended the fetching.
    """

    columns: tuple[str, ...] = ()
    row_count: int = 0
    rows: tuple[Row, ...] = ()
    digest: Digest = Digest()
    truncated: bool = False
    error: str = ""
    message: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """The statement ran to its end."""
        return not self.error


@dataclass(frozen=True, slots=True)
class Candidate:
    """SQL taken from a completion, or the ``problem`` that left none (no_sql, refused, cut_off)."""

    sql: str = ""
    problem: str = ""
    prompt: Prompt | None = None
    completions: tuple[Completion, ...] = ()
    result: Result | None = None
    revises: Candidate | None = None


Candidates: TypeAlias = Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The outcome for one question: the candidates and which of them was elected.

    ``elected`` is -1 where there is no candidate; ``unanswered`` says why a provider's failure left none.
    """

    question: Question
    schema: Schema
    examples: tuple[Example, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    elected: int = -1
    unanswered: str = ""

    @property
    def sql(self) -> str:
        """The elected SQL, or an empty string."""
        return self.candidates[self.elected].sql if self.elected >= 0 else ""

    @property
    def result(self) -> Result | None:
        """The result of the elected candidate."""
        return self.candidates[self.elected].result if self.elected >= 0 else None


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What a model is tuned on: a question with its target SQL, the prompt as inference renders it, what to answer."""

    example: Example
    prompt: Prompt
    answer: str


@dataclass(frozen=True, slots=True)
class TuningData:
    """What a tuner gets: to learn from, and to measure the loss on (of other databases; it may be empty)."""

    train: tuple[Demonstration, ...]
    validation: tuple[Demonstration, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """A point of a loss curve: mean loss per token after so many steps; None where it was not measured there."""

    step: int
    train: float | None = None
    validation: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A tuning as it stands; ``model`` is the table of the tuned model as a configuration would write it.

    File names in ``model`` count from the tuning's own folder. "interrupted": it was cut off on this machine, and
    ``Tuner.start`` goes on with it. ``done``: the share that is done, 0 to 1; ``losses``: the curve so far;
    ``events``: what the tuner said of it, oldest first; ``tokens``: those that were trained on, as they are billed;
    ``serve``: the command that makes a model answer that does not do so by itself.
    """

    id: str
    status: Literal["running", "interrupted", "succeeded", "failed", "cancelled"]
    model: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    message: str = ""
    done: float = 0.0
    losses: tuple[Loss, ...] = ()
    events: tuple[str, ...] = ()
    tokens: int | None = None
    cost: float | None = None
    serve: str = ""


@dataclass(frozen=True, slots=True)
class TuningEstimate:
    """What a tuning would take, before anything is spent.

    ``tokens``: of the train examples, each once; ``epochs``: how often they are gone through, None where the provider
    chooses; ``cost``: dollars of one epoch, None where no list has the price.
    """

    tokens: int
    epochs: int | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric on one prediction; ``reason`` says what is wrong where the score is below 1, or what it rests on."""

    metric: str
    score: float
    reason: str = ""
