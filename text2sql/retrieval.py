"""``retrieval``: how good the fetched examples are, measured against gold without generating anything."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from text2sql.artifacts import cache_folder
from text2sql.assemble import Assembly
from text2sql.calls import Ledger
from text2sql.errors import ConfigError
from text2sql.executor import Executor
from text2sql.experiment import Configuration, Experiment
from text2sql.index import Indexes
from text2sql.protocols import Examples
from text2sql.remote import exchange
from text2sql.runner import sample
from text2sql.skeleton import constructs, similarity, skeleton
from text2sql.tables import grid, percent, which
from text2sql.tuned import ready
from text2sql.types import Example

_DEPTHS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What one configuration's retrieval came to; shares and means are fractions of 1.

    ``hits``: k -> share of the questions with gold's skeleton among the first k examples. ``similarity``: of the
    prompt's examples' skeletons to gold's. ``precision``, ``recall``: context precision and context recall. Times
    are medians per question in milliseconds; those of the drafts are counted apart.
    """

    name: str
    retriever: str
    n: int
    hits: Mapping[int, float]
    similarity: float
    precision: float
    recall: float
    milliseconds: float
    draft_milliseconds: float


def measure_retrieval(experiment: Experiment, *, limit: int | None = None, progress: bool = True) -> list[Retrieved]:
    """The retrieval of every configuration that has one; equal ones once, under the first one's name.

    ``limit``: that many questions, round-robin over the databases. Raises UsageError, and ProviderError where a
    draft fails.
    """
    different = tuple(_different(experiment.configurations))
    if not different:
        raise ConfigError(f'{experiment.path}: no configuration has a retriever; give one, as in retriever = "hyde"')
    configurations = ready(replace(experiment, configurations=different), progress=progress).configurations
    examples = sample(experiment.dataset.examples, limit)
    indexes, found = Indexes(), []
    with Executor(cache=cache_folder() / "executions.sqlite") as executor, exchange() as calls:
        for configuration in configurations:
            assembly = Assembly(_deeper(configuration), experiment.dataset, executor, Ledger(), indexes, calls)
            found.append(_measure(assembly, configuration, examples, progress))
    return found


def _different(configurations: Sequence[Configuration]) -> Iterator[Configuration]:
    seen = []
    for one in configurations:
        parts = [one.stages.get(stage) for stage in ("linker", "retriever", "reranker", "embedder")]
        # A draft is asked for by the configuration's own model and prompt where it has none of its own.
        whole = [*parts, one.draft or [one.stages["model"], one.stages["prompt"]], one.seed]
        if one.stages["retriever"][0].use != "none" and whole not in seen:
            seen.append(whole)
            yield one


def _deeper(configuration: Configuration) -> Configuration:
    """The same with enough examples for every depth."""
    (retriever,) = configuration.stages["retriever"]
    if "k" not in retriever.options or retriever.options["k"] is None:
        return configuration
    options = {**retriever.options, "k": max(*_DEPTHS, retriever.options["k"])}
    stages = {**configuration.stages, "retriever": (replace(retriever, options=options),)}
    return replace(configuration, stages=stages)


def _measure(
    assembly: Assembly, configuration: Configuration, examples: Sequence[Example], progress: bool
) -> Retrieved:
    from tqdm import tqdm

    fetch = assembly.retrieval()
    (retriever,) = configuration.stages["retriever"]
    k = retriever.options.get("k")
    fetched, times, drafts = [], [], []
    for example in tqdm(examples, desc=configuration.name, disable=not progress, leave=False, delay=1):
        start = time.perf_counter()
        fetched.append(fetch(example.question))
        seconds = time.perf_counter() - start
        drafts.append(sum(call.seconds for call in assembly.ledger.take(example.question.id)))
        times.append(seconds - drafts[-1])
    matches = [_matches(example, found) for example, found in zip(examples, fetched, strict=True)]
    prompted = [found[:k] for found in fetched]
    return Retrieved(
        name=configuration.name,
        retriever=retriever.label,
        n=len(examples),
        hits={depth: fmean(any(row[:depth]) for row in matches) for depth in _DEPTHS},
        similarity=fmean(map(_similarity, examples, prompted)),
        precision=fmean(_precision(row[:k]) for row in matches),
        recall=fmean(map(_recall, examples, prompted)),
        milliseconds=1000 * median(times),
        draft_milliseconds=1000 * median(drafts),
    )


def _matches(example: Example, found: Examples) -> list[bool]:
    gold = skeleton(example.sql)
    return [skeleton(other.sql) == gold for other in found]


def _similarity(example: Example, found: Examples) -> float:
    gold = skeleton(example.sql)
    return fmean(similarity(skeleton(other.sql), gold) for other in found) if found else 0.0


def _precision(matches: Sequence[bool]) -> float:
    """The mean, over the ranks that match, of the share of matches down to there; 0 without a match."""
    shares = [sum(matches[: rank + 1]) / (rank + 1) for rank, match in enumerate(matches) if match]
    return fmean(shares) if shares else 0.0


def _recall(example: Example, found: Examples) -> float:
    """The share of gold's constructs that some example has."""
    gold = constructs(example.sql)
    covered = gold & frozenset().union(*(constructs(other.sql) for other in found))
    return len(covered) / len(gold) if gold else 0.0


# --- as text and JSON ----------------------------------------------------------------------------------------


def retrieval_table(experiment: Experiment, found: Sequence[Retrieved], *, markdown: bool = False) -> str:
    """What ``text2sql retrieval`` prints."""
    header = ["configuration", "retriever", *(f"hit@{depth}" for depth in _DEPTHS)]
    header += ["similarity", "precision", "recall", "ms", "draft ms"]
    body = [
        [
            one.name,
            one.retriever,
            *(percent(one.hits[depth]) for depth in _DEPTHS),
            *map(percent, (one.similarity, one.precision, one.recall)),
            f"{one.milliseconds:.1f}",
            f"{one.draft_milliseconds:.1f}",
        ]
        for one in found
    ]
    pool = len(experiment.dataset.pool)
    head = f"{which(experiment.dataset)}, {found[0].n} questions, pool of {pool} examples"
    says = "in %: gold's skeleton among the first 1, 5, 10; examples of the prompt against gold; medians per question"
    return "\n".join([head, says, "", grid([header, *body], markdown)])


def retrieval_json(found: Sequence[Retrieved]) -> list[dict[str, object]]:
    """What ``text2sql retrieval --json`` prints."""
    return [
        {
            "name": one.name,
            "retriever": one.retriever,
            "n": one.n,
            "hits": {str(depth): share for depth, share in one.hits.items()},
            "similarity": one.similarity,
            "context_precision": one.precision,
            "context_recall": one.recall,
            "milliseconds": one.milliseconds,
            "draft_milliseconds": one.draft_milliseconds,
        }
        for one in found
    ]
