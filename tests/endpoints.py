"""Simulated endpoints with limits, and callers of them: minutes of traffic in milliseconds."""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from text2sql.errors import CallFailed
from text2sql.traffic import Sent, Traffic
from text2sql.types import Limits


class Meter(Protocol):
    """Counts requests or tokens against a limit per minute."""

    limit: float

    def left(self, now: float) -> float:
        """How much may be taken now."""

    def take(self, now: float, cost: float) -> None:
        """Take it."""

    def reset(self, now: float) -> float:
        """Seconds until all is there again."""

    def wait(self, now: float, cost: float) -> float:
        """Seconds until so much may be taken."""


@dataclass
class TokenBucket:
    """Filled evenly, up to ``burst``: by default a minute's worth."""

    limit: float
    burst: float = 0.0
    at: float = 0.0

    def __post_init__(self) -> None:
        self.burst = self.level = self.burst or self.limit

    def left(self, now: float) -> float:
        self.level, self.at = min(self.burst, self.level + (now - self.at) * self.limit / 60), now
        return self.level

    def take(self, now: float, cost: float) -> None:
        self.level = self.left(now) - cost

    def reset(self, now: float) -> float:
        return (self.burst - self.left(now)) * 60 / self.limit

    def wait(self, now: float, cost: float) -> float:
        return max(0.0, (cost - self.left(now)) * 60 / self.limit)


@dataclass
class FixedWindow:
    """All of it anew at every full minute, the first one after ``first`` seconds."""

    limit: float
    first: float = 41.0
    window: int = -1
    used: float = 0.0

    def left(self, now: float) -> float:
        window = int((now + 60 - self.first) // 60)
        if window != self.window:
            self.window, self.used = window, 0.0
        return self.limit - self.used

    def take(self, now: float, cost: float) -> None:
        self.used += cost

    def reset(self, now: float) -> float:
        return 60 - (now + 60 - self.first) % 60

    def wait(self, now: float, cost: float) -> float:
        return self.reset(now)


@dataclass
class SlidingWindow:
    """What was taken in the last 60 seconds; ``reset`` says when all, or else the ``oldest`` of it, is back."""

    limit: float
    oldest: bool = False
    taken: deque[tuple[float, float]] = field(default_factory=deque)
    used: float = 0.0

    def left(self, now: float) -> float:
        while self.taken and self.taken[0][0] <= now - 60:
            self.used -= self.taken.popleft()[1]
        return self.limit - self.used

    def take(self, now: float, cost: float) -> None:
        self.taken.append((now, cost))
        self.used += cost

    def reset(self, now: float) -> float:
        return 60 - (now - self.taken[0 if self.oldest else -1][0]) if self.taken else 0.0

    def wait(self, now: float, cost: float) -> float:
        return 60 - (now - self.taken[0][0]) if self.taken else 0.0


@dataclass
class Endpoint:
    """One endpoint. ``says``: how it states its limits; ``asks``: whether a 429 says how long to wait."""

    requests: Meter
    tokens: Meter | None = None
    says: bool = True
    asks: bool = True
    stated: Callable[[Limits], Limits] = lambda limits: limits

    def call(self, now: float, tokens: float) -> Limits | CallFailed:
        costs = [(self.requests, 1.0), *([(self.tokens, tokens)] if self.tokens else [])]
        short = [meter.wait(now, cost) for meter, cost in costs if meter.left(now) < cost]
        if short:
            after = max(short) if self.asks else None
            return CallFailed("429", "limited", retry_after=after, limits=self.limits(now))
        for meter, cost in costs:
            meter.take(now, cost)
        return self.limits(now)

    def limits(self, now: float) -> Limits:
        if not self.says:
            return Limits()
        said = [
            (int(meter.limit), int(meter.left(now)), meter.reset(now)) if meter else (None, None, None)
            for meter in (self.requests, self.tokens)
        ]
        return self.stated(Limits(*said[0], *said[1]))


@dataclass
class Log:
    """When calls were made, and how they ended, by the caller."""

    answered: list[tuple[float, int]] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    spent: float = 0.0  # tokens after ``start``

    def used(self, start: float, end: float, limit: float) -> float:
        return sum(start <= at < end for at, _ in self.answered) / ((end - start) / 60 * limit)

    def share_refused(self, start: float, end: float) -> float:
        refused = sum(start <= at < end for at in self.refused)
        return refused / max(refused + sum(start <= at < end for at, _ in self.answered), 1)


def simulate(
    endpoint: Endpoint,
    *,
    seconds: float,
    callers: int = 64,
    latency: float = 0.2,
    processes: int = 1,
    announced: Callable[[random.Random], tuple[int, int]] = lambda _: (100, 100),
    seed: int = 0,
) -> list[Log]:
    """So many callers who call all the time, first come, first served; one log for each process.

    ``announced``: the tokens that a call says it may take, and those that it takes.
    """
    chance = random.Random(seed)
    logs, traffics = [Log() for _ in range(processes)], [Traffic() for _ in range(processes)]
    queues = [deque(range(callers)) for _ in range(processes)]
    sizes = [[announced(chance) for _ in range(callers)] for _ in range(processes)]
    checks = [0.0] * processes  # when each looks next
    order = 0
    events: list[tuple[float, int, Callable[[float], None]]] = []

    def at(time: float, what: Callable[[float], None]) -> None:
        nonlocal order
        order += 1
        heapq.heappush(events, (time, order, what))

    def look(process: int, now: float) -> None:
        queue, traffic = queues[process], traffics[process]
        while queue:
            delay = traffic.delay(now, sizes[process][queue[0]][0])
            if delay > 0:
                again = now + min(delay, 0.5) + chance.uniform(0, 0.001)  # threads wake late
                checks[process] = again
                at(again, lambda now, again=again: look(process, now) if checks[process] == again else None)  # type: ignore[misc]
                return
            caller = queue.popleft()
            sent = traffic.send(now, sizes[process][caller][0])
            way = chance.uniform(0.005, 0.03)
            at(now + way, lambda now, caller=caller, sent=sent: arrive(process, caller, sent, now))  # type: ignore[misc]

    def arrive(process: int, caller: int, sent: Sent, now: float) -> None:
        said = endpoint.call(now, sizes[process][caller][1])
        if isinstance(said, CallFailed):
            logs[process].refused.append(now)
        else:
            logs[process].answered.append((now, caller))
            logs[process].spent += sizes[process][caller][1]
        takes = 0.02 if isinstance(said, CallFailed) else chance.uniform(0.5, 1.5) * latency
        at(now + takes, lambda now: end(process, caller, sent, said, now))

    def end(process: int, caller: int, sent: Sent, said: Limits | CallFailed, now: float) -> None:
        traffic = traffics[process]
        if isinstance(said, CallFailed):
            traffic.failed(now, sent, said)
        else:
            traffic.answered(now, sent, said, sizes[process][caller][1])
            sizes[process][caller] = announced(chance)
        traffic.ended(sent)
        queues[process].append(caller)
        look(process, now)

    for process in range(processes):
        at(0.0, lambda now, process=process: look(process, now))  # type: ignore[misc]
    while events[0][0] < seconds:
        now, _, what = heapq.heappop(events)
        what(now)
    return logs
