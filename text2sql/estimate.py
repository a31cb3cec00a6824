"""``run --dry-run``: what a run would ask and cost at most. The pipelines run on stand-in answers; nothing is sent."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from text2sql import registry
from text2sql.artifacts import cache_folder
from text2sql.assemble import Assembly
from text2sql.calling import Made
from text2sql.calls import Call, Ledger
from text2sql.demonstrations import Prepared, Tell
from text2sql.errors import ProviderError
from text2sql.exchange import Exchange
from text2sql.executor import Executor
from text2sql.experiment import Choice, Configuration, Experiment
from text2sql.index import Indexes
from text2sql.manifest import run_folder
from text2sql.parallel import in_parallel, processors
from text2sql.pipeline import Pipeline
from text2sql.prices import Prices
from text2sql.protocols import Remote
from text2sql.responses import Answer, Responses
from text2sql.runner import sample
from text2sql.store import open_run
from text2sql.tables import grid, which
from text2sql.tuned import ready
from text2sql.tuning import Tuning, tuning_of
from text2sql.types import Completion, Question, Reply, Request, Usage

# It fails when it is executed: so the calls that would mend it are counted too.
_STAND_IN = Completion("SELECT stand_in")


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one stage of a configuration would ask of one model: ``calls`` to be made, ``cached`` answers for nothing.

    Tokens and ``cost`` in dollars are upper bounds for the calls to be made; None where there is none.
    """

    configuration: str
    stage: str
    model: str
    calls: int
    cached: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None


def dry_run(
    experiment: Experiment,
    *,
    limit: int | None = None,
    out: Path | None = None,
    retry: bool = False,
    prices: Sequence[Path] = (),
    batch: bool = False,
    progress: bool = True,
) -> list[Estimate]:
    """What ``run`` would ask of remote models, were it called now: neither what is stored nor what is cached.

    Answers that the cache lacks are stand-ins, so prompts that hold examples found by a draft have other examples.
    ``batch``: at the price of batches. Raises UsageError.
    """
    experiment = ready(_asking(experiment), progress=progress)
    examples = sample(experiment.dataset.examples, limit)
    known, lists = _Overlay(cache_folder() / "responses.sqlite"), Prices(prices)
    estimates: list[Estimate] = []
    with Executor(workers=processors()) as executor, Exchange(known, lists, asks=_OnPaper(lists, batch)) as exchange:
        indexes = Indexes()
        for configuration in experiment.configurations:
            assembly = Assembly(configuration, experiment.dataset, executor, Ledger(), indexes, exchange)
            pipeline = assembly.pipeline()
            if not assembly.remote:
                continue
            stored = _stored(run_folder(experiment, configuration, out), retry)
            questions = [example.question for example in examples if example.question.id not in stored]
            calls = _calls(pipeline, assembly, known, questions, progress)
            estimates += _estimates(configuration.name, calls, known.usages)
    return estimates


def dry_tuning(tuning: Tuning, tell: Tell = lambda stage, share: None) -> tuple[Prepared, list[Estimate]]:
    """A tuning's demonstrations, and what the drafts of its retriever would ask for them, were it begun now.

    Drafts that the cache lacks are stand-ins, so prompts that hold examples found by them have other examples. Raises
    ConfigError.
    """
    known, lists = _Overlay(cache_folder() / "responses.sqlite"), Prices(tuning.prices)
    prepared = tuning.prepared(tell, drafts=Exchange(known, lists, asks=_OnPaper(lists, batch=False)))
    asked = [call for call in prepared.calls if call.requests or call.cached]
    return prepared, _estimates(tuning.name, asked, known.usages)


def _stored(folder: Path, retry: bool) -> set[str]:
    """The questions that a run would not ask again."""
    if not (folder / "run.json").is_file():
        return set()
    records = open_run(folder, damaged=lambda _: None).records
    return {id for id, record in records.items() if not (retry and "unanswered" in record)}


def _asking(experiment: Experiment) -> Experiment:
    """The experiment without configurations that ask no endpoint: a tuned model of theirs need not be made."""

    def asks(choice: Choice) -> bool:
        if choice.tuned:
            return not tuning_of(experiment, choice.tuned).tuner.free
        parts = [choice.model, *choice.options.values()]
        factory = registry.find(choice.stage, choice.use)
        remote = choice.stage == "model" and not registry.supplies(factory)
        return (remote and isinstance(factory(**choice.options), Remote)) or any(
            asks(part) for part in parts if isinstance(part, Choice)
        )

    def any_asks(one: Configuration) -> bool:
        return any(asks(choice) for choices in (*one.stages.values(), *one.draft.values()) for choice in choices)

    return experiment.only([one.name for one in experiment.configurations if any_asks(one)])


def _calls(
    pipeline: Pipeline, assembly: Assembly, known: _Overlay, questions: Sequence[Question], progress: bool
) -> list[Call]:
    """The calls of remote models."""
    from tqdm import tqdm

    def counted(question: Question) -> list[Call]:
        guessed = known.watch()
        with suppress(ProviderError):  # a request that cannot be made: what came before it is counted
            pipeline.predict(question)
        calls = [call for call in assembly.ledger.take(question.id) if call.model in assembly.remote]
        # What is asked after a guess is a guess itself: that it is known would be chance.
        return [known.anew(call) if any(guessed[:i]) else call for i, call in enumerate(calls)]

    title = f"{assembly.configuration.name}, dry run"
    found = in_parallel(counted, questions, processors())
    bar = tqdm(found, total=len(questions), desc=title, unit="q", disable=not progress, leave=False)
    return [call for calls in bar for call in calls]


def _estimates(configuration: str, calls: Sequence[Call], usages: Mapping[str, Usage]) -> list[Estimate]:
    parts: dict[tuple[str, str], list[Call]] = {}
    for call in calls:
        parts.setdefault((call.stage, call.model), []).append(call)
    return [_estimate(configuration, stage, model, part, usages) for (stage, model), part in parts.items()]


def _estimate(
    configuration: str, stage: str, model: str, calls: Sequence[Call], usages: Mapping[str, Usage]
) -> Estimate:
    made = [usages[request] for call in calls for request in call.requests]
    return Estimate(
        configuration,
        stage,
        model,
        calls=len(made),
        cached=sum(call.cached for call in calls),
        prompt_tokens=_sum(usage.prompt_tokens for usage in made),
        completion_tokens=_sum(usage.completion_tokens for usage in made),
        cost=_sum(call.paid for call in calls if call.requests),
    )


def _sum(values: Iterable[Any]) -> Any:
    """The sum, None where one of them is not known: a sum of the others is no upper bound."""
    listed = list(values)
    if None in listed:
        return None
    # Exact, for calls end in any order.
    return math.fsum(listed) if any(isinstance(value, float) for value in listed) else sum(listed)


@dataclass(frozen=True)
class _OnPaper:
    """Makes no call: the answer is a stand-in as long as an answer may be."""

    prices: Prices
    batch: bool

    def __call__(self, model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        price = self.prices.of(request.endpoint, request.model)
        longest = request.completion_bound or (price.longest if price else None)
        usage = Usage(request.prompt_bound, None if longest is None else n * longest)
        return Made(Reply((_STAND_IN,) * n, usage), batch=self.batch)


class _Overlay(Responses):
    """The answers of a cache, which stays as it is, and over them the stand-ins of this dry run."""

    def __init__(self, file: Path) -> None:
        super().__init__(None)
        self._real = Responses(file)
        self._watched = threading.local()
        self._each: set[str] = set()  # models of which n answers are n calls
        self._numbers = itertools.count()
        self.usages: dict[str, Usage] = {}  # of every call on paper

    def watch(self) -> list[bool]:
        """Of each completion that this thread asks for from now on: whether some answer is a stand-in."""
        self._watched.guessed = guessed = list[bool]()
        return guessed

    def anew(self, call: Call) -> Call:
        """The same, as if nothing of it had been known."""
        count = call.n if call.model in self._each else 1
        requests = tuple(f"anew {next(self._numbers)}" for _ in range(count))
        whole = Usage(call.prompt_tokens, call.completion_tokens)
        self.usages |= dict.fromkeys(requests, Usage(0, 0)) | {requests[0]: whole}
        return replace(call, cached=0, requests=requests, paid=call.cost)

    def get(self, keys: Sequence[str]) -> dict[str, Answer]:
        # What is cached costs nothing now, whoever paid for it.
        real = {key: replace(answer, payer="") for key, answer in self._real.get(keys).items()}
        if (guessed := getattr(self._watched, "guessed", None)) is not None:
            guessed.append(len(real) < len(keys))
        return super().get(keys) | real

    def put(
        self, endpoint: str, model: str, completions: Mapping[str, Completion], usage: Usage, *, payer: str,
        batch: bool = False, call: str = "",
    ) -> dict[str, Answer]:  # fmt: skip
        kept = super().put(endpoint, model, completions, usage, payer=payer, batch=batch, call=call)
        self.usages |= {answer.call: usage for answer in kept.values()}
        return kept

    def differences(self, endpoint: str, model: str) -> frozenset[str]:
        found = self._real.differences(endpoint, model)
        if "n" in found:
            self._each.add(model)
        return found

    def close(self) -> None:
        self._real.close()
        super().close()


# --- showing -------------------------------------------------------------------------------------------------


def estimate_table(experiment: Experiment, estimates: Sequence[Estimate], *, markdown: bool = False) -> str:
    """What ``run --dry-run`` prints."""
    if not estimates:
        return "No calls: everything is stored, or no configuration asks a model behind an endpoint. Nothing was sent."
    amounts = ("calls", "cached", "prompt_tokens", "completion_tokens", "cost")
    every = Estimate("all", "", "", *(_sum(getattr(one, amount) for one in estimates) for amount in amounts))
    header = ["configuration", "stage", "model", "calls", "cached", "prompt tokens", "completion tokens", "cost"]
    lines = [
        f"{which(experiment.dataset)}: what a run would ask now, at most; nothing was sent",
        "A prompt has no more tokens than bytes, and mostly a third of that; answers are counted at full length.",
        "",
        grid([header, *map(_row, [*estimates, every])], markdown),
    ]
    if every.completion_tokens is None:
        lines.append("\nNobody says how long an answer may be: set model.max_tokens.")
    if any(one.cost is None and one.completion_tokens is not None for one in estimates):
        lines.append("\nA model has no price: --prices FILE gives one.")
    return "\n".join(lines)


def _row(one: Estimate) -> list[str]:
    tokens = (_most(one.prompt_tokens), _most(one.completion_tokens))
    cost = "–" if one.cost is None else f"≤ ${one.cost:,.2f}"
    return [one.configuration, one.stage, one.model, f"{one.calls:,}", f"{one.cached:,}", *tokens, cost]


def drafts_text(estimates: Sequence[Estimate]) -> str:
    """What ``finetune start --dry-run`` says of drafts, a line for each model."""
    return "\n".join(
        f"{one.calls:,} drafts of {one.model} come first ({one.cached:,} cached): "
        + ("nobody knows what they cost" if one.cost is None else f"at most ${one.cost:,.2f}")
        for one in estimates
    )


def _most(value: int | None) -> str:
    return "–" if value is None else f"≤ {value:,}"


def estimates_json(estimates: Sequence[Estimate]) -> list[Mapping[str, Any]]:
    """What ``run --dry-run --json`` prints."""
    return [asdict(one) for one in estimates]
