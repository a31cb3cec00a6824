"""The way of a completion from a remote model: from the cache as far as it is there, else by calls, and into the cache.

Sample ``i`` of a prompt is kept under a key of its own and asked for with ``seed + i``: a larger ``n`` asks for what is
missing alone. Whatever asks equally pays once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Protocol

from text2sql.artifacts import digest
from text2sql.budget import Budget
from text2sql.calling import Differences, Live, Made
from text2sql.calls import Call, Ledger, total
from text2sql.errors import Halted
from text2sql.parallel import in_parallel
from text2sql.prices import Prices
from text2sql.protocols import Model, Remote
from text2sql.responses import Answer, Responses
from text2sql.types import Completion, Completions, Prompt, Request, Usage

_SEEDS = 1000  # samples that one seed of an experiment has to itself


class Asks(Protocol):
    """What makes a call where the cache has no answer: live, on paper, or in a batch."""

    def __call__(self, model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        """Some of the ``n`` completions, at least one; they will be kept under ``keys``, paid by ``payer``.

        Raises ProviderError and Halted.
        """


@dataclass
class Account:
    """What one completion took, as it goes: paid dollars, tries, and the calls that were paid for."""

    prompt_tokens: list[int | None] = field(default_factory=list)
    completion_tokens: list[int | None] = field(default_factory=list)
    cost: list[float | None] = field(default_factory=list)
    paid: list[float | None] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    retries: list[int] = field(default_factory=list)
    cached: int = 0


class Exchange:
    """All completions of remote models in one command. Thread-safe.

    ``responses``: the cache or its file, None for memory; ``slots``: calls in flight at most; ``asks``: by default
    ``live``, within ``budget``; ``under_way``: the samples that were paid for in a batch; ``tell`` hears what is found
    out about endpoints.
    """

    def __init__(
        self,
        responses: Responses | Path | None = None,
        prices: Prices | None = None,
        *,
        slots: int = 1,
        budget: Budget | None = None,
        asks: Asks | None = None,
        under_way: Callable[[Responses], Set[str]] = lambda _responses: frozenset(),
        tell: Callable[[str], object] = lambda _line: None,
    ) -> None:
        self._lock = threading.Lock()
        self._given, self.prices, self._slots = responses, prices or Prices(), slots
        self.differences = Differences(lambda: self.responses, tell)
        self.live = Live(self.differences, self.prices, slots=slots, budget=budget or Budget())
        self._asks: Asks = asks or self.live
        self._busy: dict[str, tuple[threading.Lock, int]] = {}
        self._settled: set[str] = set()
        self._under_way = cache(lambda: under_way(self.responses))
        self._several: set[tuple[str, str]] = set()  # endpoints that gave several answers to a call

    @property
    def responses(self) -> Responses:
        """The cache, opened when it is needed: most runs ask no endpoint. Raises DatabaseError, OSError."""
        with self._lock:
            if not isinstance(self._given, Responses):
                self._given = Responses(self._given)
            return self._given

    def complete(
        self,
        model: Remote,
        prompt: Prompt,
        *,
        n: int,
        temperature: float,
        seed: int,
        payer: str = "",
        account: Account | None = None,
    ) -> list[Completion]:
        """``n`` completions; ``payer``: who asks, as kept with a call; ``account`` is added to, also on an error.

        Raises ProviderError where the model fails for good, Halted where no further call can be made.
        """
        account = account or Account()
        request = model.request(prompt, temperature=temperature)
        shaped = (request.endpoint, request.path, request.body, *([request.headers] if request.headers else []))
        base = digest(*shaped, str(seed))
        keys = [digest(base, str(i)) for i in range(n)]
        with self._alone(base):
            known = self.responses.get(keys)
            account.cached += len(known)
            answers = {i: known[key] for i, key in enumerate(keys) if key in known}
            self._settle(request, list(answers.values()), payer, account)
            work = _Work(self, model, request, seed, keys, payer, account)
            while missing := [i for i in range(n) if i not in answers]:
                answers |= self._fill(work, missing)
        cached = {i for i, key in enumerate(keys) if key in known}
        return self._priced(request, [answers[i] for i in range(n)], cached)

    def settled(self, requests: Collection[str]) -> None:
        """These paid calls were counted before."""
        self._settled.update(requests)

    def close(self, why: str) -> None:
        """No further call: those that wait end with Halted."""
        self.live.close(why)

    def __enter__(self) -> Exchange:
        return self

    def __exit__(self, *_: object) -> None:
        self.close("the run has ended")
        if isinstance(self._given, Responses):
            self._given.close()

    def _single(self, request: Request) -> bool:
        """One answer a call is all that the endpoint gives, or may be asked for."""
        return request.single or "n" in self.differences.of(request)

    # --- asking ---

    def _fill(self, work: _Work, missing: Sequence[int]) -> dict[int, Answer]:
        """Answers for some of the missing samples, in one call or in one for each."""
        if self._single(work.request):
            runs = [[i] for i in missing]
        else:
            runs = [[i for _, i in run] for _, run in groupby(enumerate(missing), key=lambda pair: pair[1] - pair[0])]
        if self._asks is self.live:  # as many at once as are not kept waiting: what is left comes in the next turn
            runs = runs[: max(self.live.free(work.request), 1)]
        if len(runs) == 1:
            return work(runs[0])
        found: dict[int, Answer] = {}
        errors: list[Exception] = []
        # All of them are waited for: what arrives is paid for, whether another one fails or not.
        for outcome in in_parallel(work.attempted, runs, min(len(runs), self._slots)):
            if isinstance(outcome, Exception):
                errors.append(outcome)
            else:
                found |= outcome
        if errors:
            # Halted first: then the question is left for the next command, which asks for what is missing alone.
            raise min(errors, key=lambda error: not isinstance(error, Halted))
        return found

    def ask(self, work: _Work, samples: Sequence[int]) -> dict[int, Answer]:
        """Answers for samples in a row, by one call; some of them, at least one."""
        request, first, account = work.request, samples[0], work.account
        keys = [work.keys[i] for i in samples]
        if self._asks is self.live and not self._under_way().isdisjoint(keys):
            raise Halted("calls are under way in a batch, and would be paid twice; --batch collects them")
        made = self._asks(work.model, request, n=len(keys), seed=work.seed + first, keys=keys, payer=work.payer)
        completions = made.reply.completions[: len(samples)]
        endpoint = (request.endpoint, request.model)
        if len(completions) > 1:
            self._several.add(endpoint)
        elif len(samples) > 1 and endpoint not in self._several:
            self.differences.note(request, "n")
        named = dict(zip(keys, completions, strict=False))
        usage = made.reply.usage
        kept = self.responses.put(*endpoint, named, usage, payer=work.payer, batch=made.batch)
        price = self.prices.of(*endpoint)
        account.retries.append(made.retries)
        account.prompt_tokens.append(usage.prompt_tokens)
        account.completion_tokens.append(usage.completion_tokens)
        cost = price.cost(usage, batch=made.batch) if price else None
        account.cost.append(cost)
        account.paid.append(cost)
        calls = {answer.call for answer in kept.values() if answer.payer == work.payer}
        account.requests.extend(calls)
        with self._lock:
            self._settled |= calls
        return {first + i: kept[key] for i, key in enumerate(named)}

    @contextmanager
    def _alone(self, key: str) -> Iterator[None]:
        """Whoever asks the same at the same time waits, and then finds it answered."""
        with self._lock:
            lock, waiting = self._busy.get(key, (threading.Lock(), 0))
            self._busy[key] = lock, waiting + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, waiting = self._busy.pop(key)
                if waiting > 1:
                    self._busy[key] = lock, waiting - 1

    # --- accounting ---

    def _settle(self, request: Request, answers: Sequence[Answer], payer: str, account: Account) -> None:
        """Count kept answers as paid where this very question paid for them, and was cut off before it was counted."""
        price = self.prices.of(request.endpoint, request.model)
        mine = [answer for answer in answers if payer and answer.payer == payer]
        for call, brought in groupby(sorted(mine, key=lambda answer: answer.call), key=lambda answer: answer.call):
            with self._lock:
                if call in self._settled:
                    continue
                self._settled.add(call)
            these = list(brought)
            account.requests.append(call)
            account.paid.append(price.cost(_of_call(these), batch=these[0].batch) if price else None)

    def _priced(self, request: Request, answers: Sequence[Answer], cached: Collection[int]) -> list[Completion]:
        """The completions with what they would have cost alone: the prompt once, where one call brings them all."""
        price = self.prices.of(request.endpoint, request.model)
        each = self._single(request)
        completions = []
        for i, answer in enumerate(answers):
            usage = answer.completion.usage
            if i and not each:
                usage = Usage(0 if usage.completion_tokens is not None else None, usage.completion_tokens)
            cost = price.cost(usage, batch=answer.batch) if price else None
            usage = replace(usage, cost=cost)
            completions.append(replace(answer.completion, usage=usage, cached=i in cached))
        return completions


@dataclass(frozen=True)
class _Work:
    """One completion that is being asked for."""

    exchange: Exchange
    model: Remote
    request: Request
    seed: int
    keys: Sequence[str]
    payer: str
    account: Account

    def __call__(self, samples: Sequence[int]) -> dict[int, Answer]:
        return self.exchange.ask(self, samples)

    def attempted(self, samples: Sequence[int]) -> dict[int, Answer] | Exception:
        try:
            return self(samples)
        except Exception as error:
            return error


def _of_call(answers: Sequence[Answer]) -> Usage:
    """The tokens of the call that brought all these answers."""
    first = answers[0].completion.usage
    completion_tokens = total(answer.completion.usage.completion_tokens for answer in answers)
    return Usage(first.prompt_tokens, completion_tokens, cached_tokens=first.cached_tokens)


# --- a model as a stage sees it ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Labelled:
    """A model as one stage sees it: every call goes to the ledger, those of a remote one over the exchange."""

    model: Model
    name: str
    stage: str
    ledger: Ledger
    exchange: Exchange
    run: str = ""

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """What the model says."""
        start, error, question = time.perf_counter(), "", prompt.question.id
        completions: Completions = ()
        account = Account()
        try:
            if isinstance(self.model, Remote):
                completions = self.exchange.complete(
                    self.model,
                    prompt,
                    n=n,
                    temperature=temperature,
                    seed=seed * _SEEDS,  # samples count up from it, and those of repeated runs must not meet
                    payer=f"{self.run}/{question}/{self.stage}" if self.run else "",
                    account=account,
                )
            else:
                completions = self.model.complete(prompt, n=n, temperature=temperature, seed=seed)
            return completions
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            raise
        finally:
            usages = [completion.usage for completion in completions]
            self.ledger.add(
                Call(
                    question=question,
                    stage=self.stage,
                    model=self.name,
                    n=n,
                    seconds=round(time.perf_counter() - start, 6),
                    prompt_tokens=total([usage.prompt_tokens for usage in usages] or account.prompt_tokens),
                    completion_tokens=total([usage.completion_tokens for usage in usages] or account.completion_tokens),
                    cost=total([usage.cost for usage in usages] or account.cost),
                    paid=self._paid(account, completions),
                    cached=sum(completion.cached for completion in completions),
                    retries=sum(account.retries),
                    requests=tuple(account.requests),
                    error=error,
                )
            )

    def _paid(self, account: Account, completions: Completions) -> float | None:
        if not isinstance(self.model, Remote):
            return total(0.0 if completion.cached else completion.usage.cost for completion in completions)
        priced = any(completion.usage.cost is not None for completion in completions)
        return total(account.paid) if account.paid else 0.0 if priced else None
