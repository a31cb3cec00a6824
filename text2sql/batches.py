"""The Batch API by replay: calls that the cache has no answer to are queued and sent in batches, for half the price.

A question that needs such a call is set aside. The next time, what has come back is in the cache, and the question
comes one call further: each time is a round. Strategies know nothing of it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from text2sql.calling import Made
from text2sql.collecting import Collector, tried
from text2sql.errors import CallFailed, ConfigError, Halted, Interrupted, ProviderError, SetAside
from text2sql.outstanding import Sent
from text2sql.prices import Prices
from text2sql.protocols import Batching, Remote
from text2sql.responses import Responses
from text2sql.types import Request

_LINES, _BYTES = 50_000, 190_000_000  # of one batch at most; OpenAI takes 200 MB
_FRAME = 200  # bytes of a line around its body
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Queued:
    """A call that is to be sent."""

    model: Batching
    request: Request
    seed: int
    keys: Sequence[str]
    payer: str

    @property
    def group(self) -> tuple[str, str, str]:
        """What all calls of one batch share."""
        return self.request.endpoint, self.request.model, self.request.path


class Batches:
    """The batches of one command, as what an ``Exchange`` asks. Each of the ``rounds`` begins with ``collect``.

    ``label``: the experiment, whose rounds are counted; ``lock``: a file that keeps two commands from sending at once;
    ``max_cost``: dollars that may be spent now; ``retry``: what failed for good is sent again; ``tell`` hears what
    happens. Thread-safe as far as it is asked.
    """

    def __init__(
        self,
        responses: Responses,
        prices: Prices,
        *,
        label: str,
        lock: Path,
        max_cost: float | None = None,
        retry: bool = False,
        tell: Callable[[str], object] = lambda _line: None,
    ) -> None:
        self.prices, self._label, self._limit = prices, label, max_cost
        self._collector = Collector(responses, prices, label=label, lock=lock, tell=tell)
        self._outstanding, self._differences = self._collector.outstanding, self._collector.differences
        self._bounds: dict[str, float] = {}  # the most that the batches of this command can cost, by token
        self._lock = threading.Lock()
        self._begin()
        if retry:
            self._outstanding.forgive()

    def _begin(self) -> None:
        self._queue: dict[str, _Queued] = {}
        self._queued: set[str] = set()
        self._awaited: set[str] = set()
        self._aside = self._overtaken = False

    @property
    def under_way(self) -> bool:
        """Something is to be collected."""
        return bool(self._outstanding.batches())

    def rounds(self, once: Callable[[], T], *, wait: bool) -> T:
        """What ``once`` comes to where no question is set aside. It collects, and then goes through all questions.

        ``wait``: for batches that are under way, and go on then. Raises SetAside where it is not waited for them,
        Interrupted, Halted and CallFailed.
        """
        while True:
            outcome = once()
            if not self._aside:
                self._outstanding.done(self._label)
                return outcome
            *lines, last = self._send()
            for line in lines:
                self._collector.say(line)
            if not wait:
                raise SetAside(last)
            if self._overtaken and not self._awaited:
                continue  # another command sent them, and has them back
            self._collector.say(last)
            try:
                self._collector.wait(self._awaited)
            except KeyboardInterrupt:
                raise Interrupted("interrupted; the batches go on, and the same command collects them") from None

    def collect(self, models: Iterable[Remote]) -> None:
        """Begin a round: what has come back goes into the response cache. Raises CallFailed."""
        self._begin()
        self._collector.collect(models)

    def __call__(self, model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        """Queue what is not under way. Raises SetAside, and ProviderError for what came back failed for good."""
        if not isinstance(model, Batching):
            raise ConfigError(f"model {request.model!r} cannot be asked in batches; run without --batch")
        known, held = self._outstanding.samples(keys), self._collector.held
        for sample in known.values():
            if sample.final and sample.key not in held:
                raise ProviderError(sample.failure)
            if sample.token is None and sample.tries > model.retries and sample.key not in held:
                raise ProviderError(f"{sample.failure} (tried {sample.tries} times)")
        under_way = {sample.key: sample.token for sample in known.values() if sample.token}
        with self._lock:
            self._aside = True
            self._awaited.update(under_way.values())
            new = [i for i, key in enumerate(keys) if not (key in under_way or key in held or key in self._queued)]
            for _, row in groupby(enumerate(new), key=lambda pair: pair[1] - pair[0]):
                places = [i for _, i in row]
                mine = [keys[i] for i in places]
                self._queue[mine[0]] = _Queued(model, request, seed + places[0], mine, payer)
                self._queued.update(mine)
        raise SetAside("the question waits for a batch")

    # --- sending ---

    def _send(self) -> list[str]:
        """Send what is queued; what there is to say of all that is waited for, a line each, at least one.

        Raises Halted where it may cost too much, and nothing is sent then; CallFailed where it cannot be sent.
        """
        lines, queued = list(self._collector.lines(self._awaited)), list(self._queue.values())
        bound = self._bound(queued)
        ids, calls, round = [], 0, self._outstanding.round(self._label)
        if queued and self._affordable(len(queued), bound):
            with self._collector.alone():
                for part in self._parts(queued):
                    if sent := self._submit(part, round):
                        ids.append(sent[0])
                        calls += sent[1]
        if not ids:
            return lines or ["other calls are to come back first; the same command goes on from there"]
        cost = "" if bound is None else f", at most ${bound:,.2f}"
        batches = "1 batch" if len(ids) == 1 else f"{len(ids):,} batches"
        said = f"{calls:,} call{'s' * (calls != 1)} sent in {batches} ({', '.join(ids)}){cost}"
        return [*lines, f"round {round}: {said}; the same command collects {'them' if calls != 1 else 'it'}"]

    def _submit(self, part: Sequence[tuple[_Queued, str]], round: int) -> tuple[str, int] | None:
        """Send one batch: its id and number of calls, None where others have sent them all."""
        first, _ = part[0]
        model, without = first.model, self._differences.of(first.request)
        batch = Sent(secrets.token_hex(16), None, *first.group, self._label, round, without=without)
        # Noted before it is sent: whatever ends this process, the batch is found by its token, and not sent twice.
        free = self._outstanding.send(batch, {one.keys[0]: (one.keys, one.payer) for one, _ in part})
        lines = [(one.keys[0], body) for one, body in part if one.keys[0] in free]
        taken = [key for one, _ in part if one.keys[0] not in free for key in one.keys]
        self._overtaken = self._overtaken or bool(taken)
        self._awaited.update(one.token for one in self._outstanding.samples(taken).values() if one.token)
        if not lines:
            return None

        def submit(attempt: int) -> str:
            # One that failed in passing may have been heard.
            return (model.find(batch.token) if attempt else None) or model.submit(lines, batch.token)

        try:
            id = tried(model, submit)
        except CallFailed as failure:
            if failure.kind not in ("passing", "limited"):
                self._outstanding.end(batch.token, forget=True)
            raise
        self._outstanding.note(batch.token, id=id)
        self._awaited.add(batch.token)
        self._bounds[batch.token] = self._bound(one for one, _ in part if one.keys[0] in free) or 0.0
        return id, len(lines)

    def _parts(self, queued: Iterable[_Queued]) -> Iterator[list[tuple[_Queued, str]]]:
        """Calls with their bodies, as many as a batch may have."""
        for _, group in groupby(sorted(queued, key=lambda one: one.group), key=lambda one: one.group):
            part: list[tuple[_Queued, str]] = []
            size = 0
            for one in group:
                without = self._differences.of(one.request)
                body = one.model.line(one.request, n=len(one.keys), seed=one.seed, without=without)
                if part and (len(part) == _LINES or size + len(body) + _FRAME > _BYTES):
                    yield part
                    part, size = [], 0
                part.append((one, body))
                size += len(body) + _FRAME
            yield part

    # --- what it costs ---

    def _bound(self, queued: Iterable[_Queued]) -> float | None:
        """The most that these calls can cost; None where nobody says."""
        bounds = []
        for one in queued:
            price = self.prices.of(one.request.endpoint, one.request.model)
            bounds.append(price.bound(one.request, len(one.keys), batch=True) if price else None)
        return None if None in bounds else sum(bound or 0.0 for bound in bounds)

    def _affordable(self, calls: int, bound: float | None) -> bool:
        """So many calls may be sent now; False: after others are back. Raises Halted where they may not at all."""
        if self._limit is None:
            return True
        if bound is None:
            raise Halted(
                "--max-cost: what these calls can cost is not known; set max_tokens, or give the model a price and a "
                "longest answer by --prices FILE"
            )
        costs = self._collector.costs
        spent = sum(min(costs.get(token, most), most) for token, most in self._bounds.items())
        if spent + bound <= self._limit:
            return True
        if sum(min(costs.get(token, 0.0), most) for token, most in self._bounds.items()) + bound <= self._limit:
            return False
        raise Halted(
            f"--max-cost: ${spent:.4f} of ${self._limit:.4f} are spent, and the next {calls:,} calls may cost "
            f"${bound:.4f}; nothing was sent"
        )
