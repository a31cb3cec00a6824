"""The verbs: one Protocol per strategy folder, and the callables that strategies may ask for.

A strategy is a factory. Before its ``*`` stand the parameters that the pipeline supplies, named by the
words of ``assemble.py``; after it stand the options that a configuration may set. What it returns
satisfies its folder's Protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from text2sql.errors import CallFailed
from text2sql.types import (
    BatchState,
    Candidate,
    Candidates,
    Completions,
    Example,
    Job,
    Prediction,
    Prompt,
    Question,
    Reply,
    Request,
    Result,
    Schema,
    TuningData,
    TuningEstimate,
    Verdict,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Examples: TypeAlias = Sequence[Example]
Schemas: TypeAlias = Mapping[str, Schema]
Databases: TypeAlias = Mapping[str, Path]
Vectors: TypeAlias = "NDArray[np.float32]"


class Execute(Protocol):
    """Runs SQL on a database of the data set, read-only and within limits."""

    def __call__(self, db_id: str, sql: str) -> Result:
        """The result; SQL that fails gives a result with an error class."""

    def compare(self, db_id: str, gold: tuple[str, Result], predicted: tuple[str, Result], by: str) -> float | None:
        """How equal two statements' results are, 0 to 1, by the name of a comparison of ``results``; None: no time."""

    def time(self, db_id: str, statements: Sequence[str], repeats: int) -> list[list[float]] | None:
        """Seconds of each statement in each of so many rounds, really run in turn; None where one fails."""

    def on(self, databases: Databases) -> Execute:
        """The same with other databases in place of the data set's."""


class Draft(Protocol):
    """A first guess at the SQL of a question, for retrieval."""

    def __call__(self, question: Question, schema: Schema, n: int = 1) -> Candidates:
        """``n`` candidates, not executed."""


class Embed(Protocol):
    """embedders/: texts as vectors."""

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), rows of unit length."""


class Collection(Protocol):
    """The pool's examples by one text each."""

    def nearest(self, text: str, k: int, *, to: str = "") -> list[tuple[Example, float]]:
        """The ``k`` examples with the nearest texts and their cosine, best first; none of the database ``to``."""


class Index(Protocol):
    """Makes collections over the pool."""

    def __call__(self, name: str, text_of: Callable[[Example], str]) -> Collection:
        """The collection of the examples' texts; built where it is not kept yet. ``name`` says what they are."""


@runtime_checkable
class Linker(Protocol):
    """linkers/: cut a schema to what matters for a question."""

    def __call__(self, question: Question, schema: Schema) -> Schema:
        """The linked schema."""


@runtime_checkable
class Model(Protocol):
    """models/: complete a prompt. Raises ProviderError when it cannot, after its own retries."""

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """Up to ``n`` completions."""


@runtime_checkable
class Remote(Protocol):
    """What a model may also be: behind an endpoint that is paid, limited and at times down.

    It only translates. Its answers are then kept, its calls paced, tried again and accounted for by the caller.
    """

    @property
    def retries(self) -> int:
        """Further tries of a call that failed in passing."""

    def request(self, prompt: Prompt, *, temperature: float) -> Request:
        """What is to be asked. Raises CallFailed where it cannot be asked of this endpoint."""

    def send(self, request: Request, *, n: int, seed: int, without: Set[str]) -> Reply:
        """Make one call, for ``n`` completions; ``without``: optional parameters that the endpoint does not know.

        Raises CallFailed.
        """


@runtime_checkable
class Batching(Remote, Protocol):
    """What a remote model may also do: answer many calls in one batch, later and for less. All raise CallFailed."""

    @property
    def url(self) -> str:
        """The endpoint, as its requests name it."""

    @property
    def name(self) -> str:
        """The model, likewise."""

    def line(self, request: Request, *, n: int, seed: int, without: Set[str]) -> str:
        """The body of a call as ``send`` makes it, as JSON."""

    def submit(self, lines: Sequence[tuple[str, str]], token: str) -> str:
        """Send a batch of ids and bodies, of one model at one path; the batch's own id. ``token`` finds it again."""

    def find(self, token: str) -> str | None:
        """The id of the batch that was sent with this token, if there is one."""

    def state(self, batch: str) -> BatchState:
        """How a batch stands."""

    def results(self, batch: str) -> Iterator[tuple[str, Reply | CallFailed]]:
        """What became of the lines of a batch that has ended, by id, in any order; it may lack some."""


@runtime_checkable
class Explaining(Protocol):
    """What a model may also do: say how it came to its answer."""

    def explain(self, prompt: Prompt) -> str:
        """For people, in a terminal."""


@runtime_checkable
class Retriever(Protocol):
    """retrievers/: fetch similar solved questions."""

    def __call__(self, question: Question, schema: Schema) -> Examples:
        """Examples of the pool, best first."""


@runtime_checkable
class Reranker(Protocol):
    """rerankers/: reorder examples and cut them."""

    def __call__(self, question: Question, schema: Schema, examples: Examples) -> Examples:
        """Some of the examples, best first."""


@runtime_checkable
class Render(Protocol):
    """prompts/: schema, examples and question as chat messages; pure."""

    def __call__(self, question: Question, schema: Schema, examples: Examples) -> Prompt:
        """The prompt."""


@runtime_checkable
class Generator(Protocol):
    """generators/: candidates for a question; the pipeline executes them."""

    def __call__(self, question: Question, schema: Schema, examples: Examples) -> Candidates:
        """Candidates in the order in which they were made."""


@runtime_checkable
class Reviser(Protocol):
    """revisers/: mend a candidate that failed or contradicts itself."""

    def __call__(self, question: Question, schema: Schema, candidate: Candidate) -> Candidate:
        """The candidate itself, or another one whose ``revises`` is the candidate."""


@runtime_checkable
class Voter(Protocol):
    """voters/: elect one candidate by its execution result."""

    def __call__(self, question: Question, schema: Schema, candidates: Candidates) -> int:
        """The index of the elected one; ties go to the earliest."""


@runtime_checkable
class Metric(Protocol):
    """metrics/: score one prediction against gold. What else a metric may have, its folder says."""

    def __call__(self, example: Example, prediction: Prediction) -> Verdict:
        """The verdict."""


@runtime_checkable
class Tuner(Protocol):
    """tuners/: fit a model on demonstrations of the train split. All but ``start`` return within seconds.

    All raise TuningFailed where there is no telling how the job stands; a job that failed is data.
    """

    @property
    def free(self) -> bool:
        """It costs nothing but minutes on this machine, and a run may start it by itself."""

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        """Begin, or do it all; called again after it was cut off, it goes on and begins no second job.

        ``tell`` hears a stage and how much of it is done, from 0 to 1.
        """

    def poll(self, job: Job) -> Job:
        """The job as it stands now, also in another process than the one that started it.

        One without an id is of a start that has not returned: it goes on elsewhere, or was cut off.
        """

    def cancel(self, job: Job) -> Job:
        """End a job that is running."""


@runtime_checkable
class Estimating(Protocol):
    """What a tuner may also do: say what a tuning would take, without network."""

    def estimate(self, data: TuningData) -> TuningEstimate:
        """Tokens by an estimate, and what they cost."""
