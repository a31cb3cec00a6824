"""Rate limits as providers keep them: requests and tokens per minute, and the headers that tell of them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping

from tests.protocol_server.errors import Json, error
from tests.protocol_server.settings import Settings


def duration(seconds: float) -> str:
    """Seconds as OpenAI's headers write them.

    >>> duration(0.12), duration(8.64), duration(63), duration(3600)
    ('120ms', '8.64s', '1m3s', '1h0m0s')
    """
    milliseconds = math.ceil(round(seconds * 1000, 6))
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest / 1000:g}s"


class Quota:
    """So many units in a minute; a call that is let in takes its own at once."""

    def __init__(self, size: float, settings: Settings) -> None:
        self.size, self._window, self._minute = size, settings.window, settings.minute
        self._capacity = size * settings.burst if settings.window == "bucket" else size
        self._used, self._since = 0.0, 0.0
        self._taken: deque[tuple[float, float]] = deque()  # of the last minute, for the sliding window

    def _forget(self, now: float) -> None:
        """What no longer counts."""
        if self._window == "bucket":
            self._used = max(0.0, self._used - (now - self._since) * self.size / self._minute)
            self._since = now
        elif self._window == "fixed":
            if (start := now // self._minute) > self._since:
                self._since, self._used = start, 0.0
        else:
            while self._taken and self._taken[0][0] + self._minute <= now:
                self._used -= self._taken.popleft()[1]

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much may be taken: 0 for now, infinite for never."""
        if amount > self._capacity:
            return math.inf
        self._forget(now)
        over = self._used + amount - self._capacity
        if over <= 1e-9:
            return 0.0
        if self._window == "bucket":
            return over * self._minute / self.size
        if self._window == "fixed":
            return (self._since + 1) * self._minute - now
        for time, taken in self._taken:
            over -= taken
            if over <= 1e-9:
                return time + self._minute - now
        raise AssertionError("what is used was taken")

    def take(self, amount: float, now: float) -> None:
        """Count this."""
        self._used += amount
        if self._window == "sliding":
            self._taken.append((now, amount))

    def told(self, kind: str, now: float) -> dict[str, str]:
        """The headers."""
        self._forget(now)
        reset = 0.0
        if self._window == "bucket":
            reset = self._used * self._minute / self.size
        elif self._window == "fixed":
            reset = (self._since + 1) * self._minute - now
        elif self._taken:
            reset = self._taken[-1][0] + self._minute - now
        return {
            f"x-ratelimit-limit-{kind}": f"{self._capacity:.0f}" if self._window == "bucket" else f"{self.size:.0f}",
            f"x-ratelimit-remaining-{kind}": str(max(0, math.floor(self._capacity - self._used + 1e-9))),
            f"x-ratelimit-reset-{kind}": duration(reset),
        }


class Limits:
    """Both limits together: a call is let in by both, or takes from none."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        sizes = {"requests": settings.requests_per_minute, "tokens": settings.tokens_per_minute}
        self._quotas = {kind: Quota(size, settings) for kind, size in sizes.items() if size}

    @staticmethod
    def chosen(settings: Settings) -> list[object]:
        """The settings that limits are made of."""
        names = ("requests_per_minute", "tokens_per_minute", "window", "minute", "burst")
        return [getattr(settings, name) for name in (*names, "limit_headers", "limit_retry_after")]

    def admit(self, tokens: int, now: float) -> tuple[Json | None, Mapping[str, str]]:
        """The body of a 429, or None for a call that is let in; and the headers of its answer."""
        if not self._quotas:
            return None, {}
        amounts = {"requests": 1, "tokens": tokens}
        waits = {kind: quota.wait(amounts[kind], now) for kind, quota in self._quotas.items()}
        kind, wait = max(waits.items(), key=lambda pair: pair[1])
        if not wait:
            for name, quota in self._quotas.items():
                quota.take(amounts[name], now)
        headers: dict[str, str] = {}
        if self._settings.limit_headers:
            for name, quota in self._quotas.items():
                headers |= quota.told(name, now)
        if not wait:
            return None, headers
        if self._settings.limit_retry_after and wait < math.inf:
            headers |= {"retry-after-ms": str(math.ceil(wait * 1000)), "retry-after": str(math.ceil(wait))}
        head = "Rate limit reached" if wait < math.inf else "Request too large"
        tail = f"Please try again in {duration(wait)}." if wait < math.inf else "It must be made smaller."
        said = f"{head} on {kind} per min: Limit {self._quotas[kind].size:.0f}, Requested {amounts[kind]}. {tail}"
        return error(said, kind, code="rate_limit_exceeded"), headers
