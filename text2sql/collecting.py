"""Batches that were sent: looked at, and their answers put into the response cache."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from text2sql.calling import Differences
from text2sql.errors import CallFailed, Halted
from text2sql.outstanding import Outstanding, Sent
from text2sql.pacing import Pace
from text2sql.prices import Prices
from text2sql.protocols import Batching, Remote
from text2sql.responses import Responses
from text2sql.types import BatchState, Request

if TYPE_CHECKING:
    from filelock import FileLock

_FIRST, _LAST, _GROWTH = 1.0, 120.0, 1.3  # seconds between two looks at a batch
T = TypeVar("T")


class Collector:
    """Collects the batches of all commands that share a response cache; ``label`` and the others as for ``Batches``.

    ``costs``: dollars of the batches that this command collected, by token. ``held``: samples that it does not send
    again, for one of the ``problems``: the user is to see them first.
    """

    def __init__(
        self, responses: Responses, prices: Prices, *, label: str, lock: Path, tell: Callable[[str], object]
    ) -> None:
        self.outstanding, self.differences = Outstanding(responses), Differences(lambda: responses, tell)
        self.costs: dict[str, float] = {}
        self.held: set[str] = set()
        self.problems: list[str] = []
        self._responses, self._prices, self._label, self._lock, self._tell = responses, prices, label, lock, tell
        self._models: dict[tuple[str, str], Batching] = {}  # by endpoint and name
        self._running: dict[str, str] = {}  # how batches stood when they were last looked at, by token
        self._lost: dict[str, str] = {}  # batches that are not found, likewise
        self._said: set[str] = set()

    def collect(self, models: Iterable[Remote]) -> None:
        """Put what has come back from these models' endpoints into the cache. Raises CallFailed."""
        self._models |= {(model.url, model.name): model for model in models if isinstance(model, Batching)}
        self._running.clear()
        with self.alone():
            for batch in self.outstanding.batches():
                if model := self._models.get((batch.endpoint, batch.model)):
                    self._collect(model, batch)

    def _collect(self, model: Batching, batch: Sent) -> None:
        token = batch.token
        id = batch.id or tried(model, lambda _: model.find(token))
        if id is None:  # the process that was to send it ended before
            self.outstanding.end(token, forget=True)
            return
        batch, known = replace(batch, id=id), batch.status
        where, state = self._where(batch), self._state(model, id)
        if state.status == "lost" and batch.label != self._label:  # another key may know it
            self._lost[token] = f"{where} {state.said}; {state.message} run its experiment by --batch"
            return
        self.outstanding.note(token, id=id, status="lost" if state.status == "lost" else "sent")
        if state.status == "running":
            self._running[token] = _stands(where, state)
        elif state.status == "lost" and (token in self._lost or known != "lost"):
            self._lost[token] = f"{where} {state.said}; {state.message} the same command sends its calls again"
        elif state.status == "lost":
            self.outstanding.end(token, "its batch was lost", forget=True)
        elif state.status == "failed":
            keys = [sample.key for samples in self.outstanding.lines(token).values() for sample in samples]
            self._hold(keys, f"{where} {state.said}: {state.message}; the same command sends its calls again")
            self.outstanding.end(token, state.message, forget=True)
            self.costs[token] = 0.0
        else:
            self._tell(f"{where} {state.said}, {tried(model, lambda _: self._take(model, batch))}")

    def _take(self, model: Batching, batch: Sent) -> str:
        """Keep the answers of a batch that has ended; how many there are. What is kept already is passed over."""
        lines, price = self.outstanding.lines(batch.token), self._prices.of(batch.endpoint, batch.model)
        total, answered, cost, failures = len(lines), 0, 0.0, list[CallFailed]()
        most_asked = most_said = 0
        for name, outcome in model.results(batch.id or ""):
            if not (samples := lines.pop(name, [])):
                continue
            keys = [sample.key for sample in samples]
            if isinstance(outcome, CallFailed):
                failures.append(outcome)
                self._failed(batch, keys, outcome)
                continue
            said = dict(zip(keys, outcome.completions, strict=False))
            most_asked, most_said = max(most_asked, len(keys)), max(most_said, len(said))
            # By this name the call is kept once, also where the process ends before the next line.
            self._responses.put(
                batch.endpoint, batch.model, said, outcome.usage, payer=samples[0].payer, batch=True,
                call=f"{batch.id}/{name}",
            )  # fmt: skip
            if missing := keys[len(said) :]:
                self.outstanding.back(missing)  # before the others, whose number says which sample is which
            self.outstanding.answered(list(said))
            answered += 1
            one = price.cost(outcome.usage, batch=True) if price else 0.0
            cost += math.inf if one is None else one  # for Batches: as much as it can be
        if most_asked > 1 == most_said:
            self.differences.note(_request(batch), "n")
        self.outstanding.end(batch.token, "its batch came back without it", tried=True)
        self.costs[batch.token] = cost
        failed = f"; {len(failures):,} failed, the first: {failures[0]}" if failures else ""
        return f"{answered:,} of {total:,} answered{failed}"

    def _failed(self, batch: Sent, keys: Sequence[str], failure: CallFailed) -> None:
        passing = failure.kind in ("passing", "limited")
        if failure.kind == "differs" and failure.parameter not in batch.without:
            self.differences.note(_request(batch), failure.parameter)
            self.outstanding.back(keys, str(failure))
        elif failure.kind == "account":
            self._hold(keys, f"{failure}; the same command sends it again")
            self.outstanding.back(keys, str(failure))
        else:
            self.outstanding.back(keys, str(failure), tried=passing, final=not passing)

    def _hold(self, keys: Sequence[str], problem: str) -> None:
        self.held.update(keys)
        if keys and problem not in self.problems:
            self.problems.append(problem)

    # --- waiting ---

    def wait(self, tokens: Collection[str]) -> None:
        """Until one of these batches has ended. Raises Halted where none of them is under way, and CallFailed."""
        tokens = [token for token in tokens if token not in self._lost]
        if not tokens:
            raise Halted([*self._lost.values(), *self.problems, "no batch is under way"][0])
        seconds = _FIRST
        while True:
            time.sleep(seconds)
            seconds = min(_LAST, seconds * _GROWTH)
            under_way = {batch.token: batch for batch in self.outstanding.batches()}
            for token in tokens:
                if token not in under_way:
                    return  # another process has collected it
                batch = under_way[token]
                model = self._models.get((batch.endpoint, batch.model))
                if batch.id is None or model is None:
                    return  # another process is sending it, which is waited for before the next look
                try:
                    state = self._state(model, batch.id)
                except CallFailed as failure:
                    if failure.kind not in ("passing", "limited"):
                        raise
                    self.say(f"{failure}; it is looked again")
                    continue
                if state.status != "running":
                    return
                self.say(_stands(self._where(batch), state))

    def _state(self, model: Batching, id: str) -> BatchState:
        return tried(model, lambda _: model.state(id))

    def lines(self, tokens: Collection[str]) -> Iterator[str]:
        """How these batches stand, and the problems."""
        for token in sorted(tokens):
            if token in self._lost:
                yield self._lost[token]
            elif token in self._running:
                yield f"{self._running[token]}; the same command asks again"
        yield from self.problems

    def say(self, line: str) -> None:
        """Tell what has not been told yet."""
        if line not in self._said:
            self._said.add(line)
            self._tell(line)

    def _where(self, batch: Sent) -> str:
        return f"round {batch.round}: {batch.id}" if batch.label == self._label else f"another run's {batch.id}"

    def alone(self) -> FileLock:
        """No other process sends or collects meanwhile: so a batch without an id was cut off before it got one."""
        from filelock import FileLock

        return FileLock(self._lock)


def tried(model: Batching, call: Callable[[int], T]) -> T:
    """The outcome of a call that is tried again while it fails in passing; it is told the attempt, from 0 on."""
    pace = Pace(1)
    for attempt in count():
        try:
            with pace.slot(0):
                return call(attempt)
        except CallFailed as failure:
            if failure.kind not in ("passing", "limited") or attempt >= model.retries:
                raise
            pace.failed(failure)
            pace.rest(failure, attempt + 1)
    raise AssertionError


def _stands(where: str, state: BatchState) -> str:
    return f"{where} {state.said}, {state.done:,} of {state.total:,} done"


def _request(batch: Sent) -> Request:
    return Request(batch.endpoint, batch.model, batch.path, "", 0)
