"""A live call: within the budget, at the pace of its endpoint, tried again, without what the endpoint does not know."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from text2sql.budget import Budget
from text2sql.errors import CallFailed, Halted, ProviderError
from text2sql.pacing import Pace
from text2sql.prices import Prices
from text2sql.protocols import Remote
from text2sql.responses import Responses
from text2sql.types import Reply, Request

_IN_VAIN = 5  # calls that fail before any is answered: the endpoint, not the questions, is to blame
_BYTES_PER_TOKEN = 3.5  # about, of SQL and English; for limits on tokens per minute


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made: its answer, how often it was tried again, and whether it has a batch's price."""

    reply: Reply
    retries: int = 0
    batch: bool = False


@dataclass
class Differences:
    """What endpoints do not know, found out once and kept; ``tell`` hears of it."""

    responses: Callable[[], Responses]
    tell: Callable[[str], object] = lambda _line: None
    _known: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    _noting: threading.Lock = field(default_factory=threading.Lock)

    def of(self, request: Request) -> frozenset[str]:
        """Names of optional parameters; "n" also where it is ignored."""
        key = (request.endpoint, request.model)
        if key not in self._known:
            self._known[key] = self.responses().differences(*key)
        return self._known[key]

    def note(self, request: Request, parameter: str) -> None:
        """This endpoint does not know this parameter."""
        key = (request.endpoint, request.model)
        with self._noting:
            new = parameter not in self.of(request) and self.responses().differ(*key, parameter)
            self._known[key] = self.of(request) | {parameter}
        if new:
            said = {
                "n": "it gives one answer a call, so n answers are n calls",
                "max_tokens": "it is told max_completion_tokens in place of max_tokens",
            }.get(parameter, f"it is asked without {parameter}, which it does not take")
            self.tell(f"{request.model} at {urlsplit(request.endpoint).netloc}: {said}")

    def lines(self, models: Collection[str]) -> dict[str, list[str]]:
        """What is known of the endpoints of these models, by "model at host", as far as they were asked."""
        asked = [(url, model, known) for (url, model), known in list(self._known.items()) if model in models]
        found = {f"{model} at {urlsplit(url).netloc}": sorted(known) for url, model, known in asked}
        return {where: known for where, known in sorted(found.items()) if known}


class Live:
    """Makes calls. Thread-safe. ``slots``: calls in flight at most, per endpoint and model."""

    def __init__(self, differences: Differences, prices: Prices, *, slots: int, budget: Budget) -> None:
        self.differences, self.prices, self.budget, self._slots = differences, prices, budget, slots
        self._lock = threading.Lock()
        self._paces: dict[tuple[str, str], Pace] = {}
        self._answering: set[tuple[str, str]] = set()
        self._vain: Counter[tuple[str, str]] = Counter()
        self._closed = ""

    def __call__(
        self, model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str] = (), payer: str = ""
    ) -> Made:
        """One call. Raises ProviderError where it fails for good, Halted where no further one can be made."""
        made = self._tried(model, request, n, seed)
        self._answering.add((request.endpoint, request.model))
        return made

    def free(self, request: Request) -> int:
        """So many calls more could be in flight now."""
        return self._pace(request).free

    def _tried(self, model: Remote, request: Request, n: int, seed: int) -> Made:
        pace, known, unknown = self._pace(request), self.differences.of(request), set[str]()
        tokens = round(request.prompt_bound / _BYTES_PER_TOKEN) + n * (request.completion_bound or 0)
        retries = 0
        while True:
            send = partial(model.send, request, n=n, seed=seed, without=known | unknown)
            came = self._once(pace, tokens, send, request, n)
            if isinstance(came, Reply):
                # Only now is it sure that this was what the endpoint minded.
                for parameter in unknown:
                    self.differences.note(request, parameter)
                return Made(came, retries)
            failure = came
            if failure.kind == "differs" and failure.parameter not in known | unknown:
                unknown.add(failure.parameter)
                continue
            if failure.kind == "account":
                raise self._halt(str(failure))
            if failure.kind not in ("passing", "limited") or retries >= model.retries:
                line = f"{failure} (tried {retries + 1} times)" if retries else str(failure)
                self._in_vain(request, line)
                raise ProviderError(line)
            retries += 1
            pace.rest(failure, retries)

    def _once(self, pace: Pace, tokens: int, send: Callable[[], Reply], request: Request, n: int) -> Reply | CallFailed:
        """One try. Raises Halted where the endpoint has been down for long, or the budget is spent."""
        price = self.prices.of(request.endpoint, request.model)
        bound = price.bound(request, n) if price else None
        try:
            with self.budget.reserved(bound, request.model) as settle, pace.slot(tokens):
                try:
                    reply = send()
                except CallFailed as failure:
                    if failure.lost:
                        settle(None)
                    pace.failed(failure)
                    return failure
                settle(price.cost(reply.usage) if price else 0.0)
                used = (reply.usage.prompt_tokens or 0) + (reply.usage.completion_tokens or 0)
                pace.answered(reply.limits, used)
                return reply
        except CallFailed as down:
            raise self._halt(str(down)) from None

    def _halt(self, why: str) -> Halted:
        self.close(why)
        return Halted(why)

    def _in_vain(self, request: Request, why: str) -> None:
        """A call failed for good. Raises Halted where none of the first few had another end."""
        key = (request.endpoint, request.model)
        if key not in self._answering:
            with self._lock:
                self._vain[key] += 1
            if self._vain[key] >= _IN_VAIN:
                raise self._halt(f"the first {_IN_VAIN} calls failed; {why}")

    def _pace(self, request: Request) -> Pace:
        key = (request.endpoint, request.model)
        with self._lock:
            if key not in self._paces:
                self._paces[key] = Pace(self._slots)
                if self._closed:
                    self._paces[key].close(self._closed)
            return self._paces[key]

    def close(self, why: str) -> None:
        """No further call: those that wait end with Halted."""
        self.budget.close(why)
        with self._lock:
            self._closed = self._closed or why
            paces = list(self._paces.values())
        for pace in paces:
            pace.close(why)
