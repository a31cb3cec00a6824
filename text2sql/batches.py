"""The Batch API by replay: calls that the cache has no answer to are queued and sent in batches, for half the price.

A question that needs such a call is set aside. The next time, what has come back is in the cache, and the question
comes one call further: each time is a round. Strategies know nothing of it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from text2sql.calling import Differences, Made
from text2sql.errors import CallFailed, ConfigError, Halted, ProviderError, SetAside
from text2sql.outstanding import Outstanding, Sent
from text2sql.pacing import Pace
from text2sql.prices import Prices
from text2sql.protocols import Batching, Remote
from text2sql.responses import Responses
from text2sql.types import BatchState, Request

if TYPE_CHECKING:
    from filelock import FileLock

_LINES, _BYTES = 50_000, 190_000_000  # of one batch at most; OpenAI takes 200 MB
_FRAME = 200  # bytes of a line around its body
_FIRST, _LAST, _GROWTH = 1.0, 120.0, 1.3  # seconds between two looks at a batch
_SAME = "the same command"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Queued:
    """A call that is to be sent."""

    model: Batching
    request: Request
    n: int
    seed: int
    keys: Sequence[str]
    payer: str

    @property
    def group(self) -> tuple[str, str, str]:
        """What all calls of one batch share."""
        return self.request.endpoint, self.request.model, self.request.path


class Batches:
    """The batches of one command, as what an ``Exchange`` asks. Each round: ``collect``, questions, ``send``.

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
        self.responses, self.prices, self.label, self.tell = responses, prices, label, tell
        self._outstanding, self._differences = Outstanding(responses), Differences(responses, tell)
        self._limit, self._spent, self._lock_file, self._lock = max_cost, 0.0, lock, threading.Lock()
        self._reserved: dict[str, float] = {}  # by token, the most that batches of this command can cost
        self._models: dict[str, Batching] = {}
        self._held: set[str] = set()  # samples that this command does not send again
        self._lost: dict[str, str] = {}  # batches that are not found, and what is to be said of them
        self._problems: list[str] = []
        self._said: set[str] = set()
        self._begin()
        if retry:
            self._outstanding.forgive()

    def _begin(self) -> None:
        self._queue: dict[str, _Queued] = {}
        self._queued: set[str] = set()
        self._awaited: set[str] = set()
        self._states: dict[str, str] = {}
        self.aside = False

    # --- asking ---

    def __call__(self, model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        """Queue what is not under way. Raises SetAside, and ProviderError for what came back failed for good."""
        if not isinstance(model, Batching):
            raise ConfigError(f"model {request.model!r} cannot be asked in batches; run without --batch")
        known = self._outstanding.samples(keys)
        for sample in known.values():
            if sample.token is None and sample.key not in self._held:
                if sample.final:
                    raise ProviderError(sample.failure)
                if sample.tries > model.retries:
                    raise ProviderError(f"{sample.failure} (tried {sample.tries} times)")
        with self._lock:
            self.aside = True
            self._awaited |= {sample.token for sample in known.values() if sample.token}
            under_way = {sample.key for sample in known.values() if sample.token} | self._held | self._queued
            new = [i for i, key in enumerate(keys) if key not in under_way]
            for _, run in groupby(enumerate(new), key=lambda pair: pair[1] - pair[0]):
                places = [i for _, i in run]
                mine = [keys[i] for i in places]
                self._queue[mine[0]] = _Queued(model, request, len(mine), seed + places[0], mine, payer)
                self._queued.update(mine)
        raise SetAside("the question waits for a batch")

    # --- sending ---

    def send(self) -> list[str]:
        """Send what is queued; what there is to say of all that is waited for, a line each.

        Raises Halted where it may cost too much, and nothing is sent then; CallFailed where it cannot be sent.
        """
        lines, queued = [*self._states_awaited(), *self._problems], list(self._queue.values())
        under_way = f"other calls are to come back first; {_SAME} goes on from there"
        bound = self._bound(queued)
        if not queued or not self._affordable(queued, bound):
            return lines or [under_way]
        ids, calls, number = [], 0, self._outstanding.round(self.label)
        with self._alone():
            for part in self._parts(queued):
                id, number_sent = self._submit(part, number)
                ids += [id] * bool(id)
                calls += number_sent
        if not ids:
            return [*lines, under_way]
        cost = "" if bound is None else f", at most ${bound:,.2f}"
        sent = f"{_count(calls, 'call')} sent in {_count(len(ids), 'batch')} ({', '.join(ids)}){cost}"
        return [*lines, f"round {number}: {sent}; {_SAME} collects {'it' if calls == 1 else 'them'}"]

    def _submit(self, part: Sequence[tuple[_Queued, str]], number: int) -> tuple[str, int]:
        """Send one batch; its id and number of calls. The intention is noted first: a batch is never sent twice."""
        first = part[0][0]
        without = self._differences.of(first.request)
        batch = Sent(secrets.token_hex(16), None, *first.group, without, self.label, number, "sent")
        free = self._outstanding.send(batch, {one.keys[0]: (one.keys, one.payer) for one, _ in part})
        lines = [(one.keys[0], body) for one, body in part if one.keys[0] in free]
        if not lines:
            return "", 0
        model = first.model

        def submit(attempt: int) -> str:
            # A call that failed in passing may have been heard.
            return (model.find(batch.token) if attempt else None) or model.submit(lines, batch.token)

        try:
            id = self._tried(model, submit)
        except CallFailed as failure:
            if failure.kind not in ("passing", "limited"):
                self._outstanding.end(batch.token, forget=True)
            raise
        self._outstanding.note(batch.token, id=id)
        self._awaited.add(batch.token)
        self._models[batch.endpoint] = model
        self._reserved[batch.token] = self._bound([one for one, _ in part if one.keys[0] in free]) or 0.0
        return id, len(lines)

    def _parts(self, queued: Sequence[_Queued]) -> Iterator[list[tuple[_Queued, str]]]:
        """Calls with their bodies, as many as a batch may have."""
        for _, group in groupby(sorted(queued, key=lambda one: one.group), key=lambda one: one.group):
            part: list[tuple[_Queued, str]] = []
            size = 0
            for one in group:
                without = self._differences.of(one.request)
                body = one.model.line(one.request, n=one.n, seed=one.seed, without=without)
                if part and (len(part) == _LINES or size + len(body) + _FRAME > _BYTES):
                    yield part
                    part, size = [], 0
                part.append((one, body))
                size += len(body) + _FRAME
            yield part

    def _bound(self, queued: Iterable[_Queued]) -> float | None:
        """The most that these calls can cost; None where nobody says."""
        bounds = []
        for one in queued:
            price = self.prices.of(one.request.endpoint, one.request.model)
            bounds.append(price.bound(one.request, one.n, batch=True) if price else None)
        return None if None in bounds else sum(bound or 0.0 for bound in bounds)

    def _affordable(self, queued: Sequence[_Queued], bound: float | None) -> bool:
        """These calls may be sent now; not before others are back. Raises Halted where they never may."""
        if self._limit is None:
            return True
        if bound is None:
            raise Halted(
                "--max-cost: what these calls can cost is not known; set max_tokens, or give the model a price and a "
                "longest answer by --prices FILE"
            )
        reserved = sum(self._reserved.values())
        if self._spent + reserved + bound <= self._limit:
            return True
        if reserved and self._spent + bound <= self._limit:
            return False
        raise Halted(
            f"--max-cost: ${self._spent + reserved:.4f} of ${self._limit:.4f} are spent, and the next {len(queued):,} "
            f"calls may cost ${bound:.4f}; nothing was sent"
        )

    # --- collecting ---

    def collect(self, models: Iterable[Remote]) -> None:
        """Begin a round: what has come back from these models' endpoints goes into the response cache."""
        self._begin()
        self._models |= {model.url: model for model in models if isinstance(model, Batching)}
        with self._alone():
            for batch in self._outstanding.batches():
                if model := self._models.get(batch.endpoint):
                    self._collect(model, batch)

    def _collect(self, model: Batching, batch: Sent) -> None:
        token = batch.token
        id = batch.id or self._tried(model, lambda _: model.find(token))
        if id is None:  # the process that was to send it ended before
            self._outstanding.end(token, forget=True)
            return
        state = self._tried(model, lambda _: model.state(id))
        self._outstanding.note(token, id=id, status="lost" if state.status == "lost" else "sent")
        where = f"round {batch.round}: {id}" if batch.label == self.label else f"another experiment's {id}"
        if state.status == "running":
            self._states[token] = _running(where, state)
        elif state.status == "lost" and (token in self._lost or batch.status != "lost"):
            self._lost[token] = f"{where} {state.said}; {state.message} {_SAME} sends its calls again"
        elif state.status == "lost":
            self._outstanding.end(token, "its batch was lost", forget=True)
        elif state.status == "failed":
            keys = [sample.key for samples in self._outstanding.lines(token).values() for sample in samples]
            self._hold(keys, f"{where} {state.said}: {state.message}; {_SAME} sends its calls again")
            self._reserved.pop(token, None)
            self._outstanding.end(token, state.message, forget=True)
        else:
            self.tell(f"{where} {state.said}, {self._tried(model, lambda _: self._take(model, replace(batch, id=id)))}")

    def _take(self, model: Batching, batch: Sent) -> str:
        """Keep the answers of a batch that has ended; how many there are. What is kept already is passed over."""
        lines = self._outstanding.lines(batch.token)
        total, answered, cost, failures = len(lines), 0, 0.0, list[CallFailed]()
        request, price = _request(batch), self.prices.of(batch.endpoint, batch.model)
        most_asked, most_said = 0, 0
        for name, outcome in model.results(batch.id or ""):
            samples = lines.pop(name, [])
            keys = [sample.key for sample in samples]
            if isinstance(outcome, CallFailed):
                failures += [outcome] * bool(keys)
                self._failed(batch, keys, outcome)
            elif samples:
                said = dict(zip(keys, outcome.completions, strict=False))
                most_asked, most_said = max(most_asked, len(keys)), max(most_said, len(said))
                self.responses.put(
                    batch.endpoint, batch.model, said, outcome.usage, payer=samples[0].payer, batch=True,
                    call=f"{batch.id}/{name}",
                )  # fmt: skip
                self._outstanding.back(keys[len(said) :])  # before the others: they have their places by these
                self._outstanding.answered(list(said))
                answered += 1
                cost += (price.cost(outcome.usage, batch=True) or 0.0) if price else 0.0
        if most_asked > 1 == most_said:
            self._differences.note(request, "n")
        self._outstanding.end(batch.token, "its batch came back without it", tried=True)
        if self._reserved.pop(batch.token, None) is not None:
            self._spent += cost
        failed = f"; {len(failures):,} failed, the first: {failures[0]}" if failures else ""
        return f"{answered:,} of {total:,} answered{failed}"

    def _failed(self, batch: Sent, keys: Sequence[str], failure: CallFailed) -> None:
        passing = failure.kind in ("passing", "limited")
        if failure.kind == "differs" and failure.parameter not in batch.without:
            self._differences.note(_request(batch), failure.parameter)
            self._outstanding.back(keys, str(failure))
        elif failure.kind == "account":
            self._hold(keys, f"{failure}; {_SAME} sends it again")
            self._outstanding.back(keys, str(failure))
        else:
            self._outstanding.back(keys, str(failure), tried=passing, final=not passing)

    def _hold(self, keys: Sequence[str], problem: str) -> None:
        """Not to be sent again by this command: the user is to see why first."""
        self._held.update(keys)
        if keys and problem not in self._problems:
            self._problems.append(problem)

    # --- waiting ---

    def wait(self) -> None:
        """Until a batch that is waited for has ended. Raises Halted where none is under way."""
        waiting = self._awaited - self._lost.keys()
        if not waiting:
            raise Halted((self._problems or list(self._lost.values()) or ["nothing is under way"])[-1])
        seconds = _FIRST
        while True:
            time.sleep(seconds)
            seconds = min(_LAST, seconds * _GROWTH)
            left = {batch.token: batch for batch in self._outstanding.batches()}
            for token in waiting:
                if token not in left:
                    return  # another process has collected it
                batch, id = left[token], left[token].id
                model = self._models.get(batch.endpoint)
                if id is None or model is None:
                    continue  # another process is sending it
                state = self._tried(model, lambda _, model=model, id=id: model.state(id))  # type: ignore[misc]
                if state.status != "running":
                    return
                self.say(_running(f"round {batch.round}: {id}", state))

    def say(self, line: str) -> None:
        """Tell what has not been told yet."""
        if line not in self._said:
            self._said.add(line)
            self.tell(line)

    def done(self) -> None:
        """The experiment has all its answers."""
        self._outstanding.done(self.label)

    def _states_awaited(self) -> Iterator[str]:
        for token in sorted(self._awaited):
            if line := self._lost.get(token):
                yield line
            elif line := self._states.get(token):
                yield f"{line}; {_SAME} asks again"

    # --- how endpoints are asked ---

    def _tried(self, model: Batching, call: Callable[[int], T]) -> T:
        """The outcome of a call that is tried again while it fails in passing; it is told the attempt, from 0 on."""
        pace = Pace(1)
        for attempt in count():
            try:
                return call(attempt)
            except CallFailed as failure:
                if failure.kind not in ("passing", "limited") or attempt >= model.retries:
                    raise
                pace.wait(attempt, failure.retry_after)
        raise AssertionError

    def _alone(self) -> FileLock:
        """No other process sends or collects meanwhile: a batch without an id was then cut off."""
        from filelock import FileLock

        return FileLock(self._lock_file)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "es" if what == "batch" else "s")


def _running(where: str, state: BatchState) -> str:
    return f"{where} {state.said}, {state.done:,} of {state.total:,} done"


def _request(batch: Sent) -> Request:
    return Request(batch.endpoint, batch.model, batch.path, "", 0)
