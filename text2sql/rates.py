"""How fast an endpoint takes calls: as its headers say, and as its refusals teach. Times are arguments, in seconds."""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress

_MINUTE = 60.0
_ROUNDING = 1e-6  # a wait too short for a clock would never end
_MARGIN = 0.02  # of a limit stays unused: clocks differ, and calls overtake each other on their way


class Quota:
    """One limit that an endpoint states, of requests or of tokens per minute: a bucket that is filled evenly.

    It is filled faster while the endpoint has more left than comes in until all is there again, so that what nobody
    used does not go to waste. A limit that is meant for a day is merely too generous.
    """

    def __init__(self) -> None:
        self.spent = 0.0  # of all calls so far
        self._limit = self._rate = self._level = self._at = 0.0  # a rate of 0: nothing is known
        self._room = 1.0  # what the next call costs
        self._fast, self._fast_until, self._calm_until = 0.0, 0.0, 0.0

    def delay(self, now: float, cost: float) -> float:
        """Seconds until a call of this cost may go."""
        if not self._rate:
            return 0.0
        self._room = cost = min(cost, self._limit)  # more than there ever is: let the endpoint say so
        self._fill(now)
        return max(0.0, (cost - self._level - _ROUNDING) / (self._fast if now < self._fast_until else self._rate))

    def spend(self, cost: float) -> None:
        """A call went; of a negative cost: it did not count, or for less."""
        self.spent += cost
        self._level = max(self._level - cost, -self._limit)

    def said(
        self, now: float, sent: float, since: float, limit: int | None, left: int | None, reset: float | None
    ) -> None:
        """What the endpoint stated to a call that was sent at ``sent``; others spent ``since`` from then on."""
        if limit is None or limit <= 0:
            return
        self._fill(now)
        limit = min(limit, 10**12)
        unknown, self._limit, self._rate = not self._rate, float(limit), (1 - _MARGIN) * limit / _MINUTE
        if unknown:
            self._level, self._at = self._rate, now
        if left is None:
            return
        left = min(max(left, 0), limit)
        # Answers are slow: the calls that went meanwhile are not in it, nor is what came in.
        self._level = max(min(self._level, left - since + self._rate * (now - sent)), -self._limit)
        reset = seconds(reset)
        self._fast_until = sent + (_MINUTE if reset is None else max(reset, 1.0))
        self._fast = (left - since - _MARGIN * limit) / max(self._fast_until - now, 1.0)
        if self._fast <= self._rate or now < self._calm_until:
            self._fast_until = 0.0

    def calm(self, now: float, until: float) -> None:
        """The endpoint refused a call: nothing comes in until then, and no haste for a minute after it."""
        self._fill(now)
        self._level, self._at = min(self._level, 1.0), max(self._at, until)
        self._fast_until, self._calm_until = 0.0, until + _MINUTE

    def _fill(self, now: float) -> None:
        if now <= self._at:
            return
        fast = max(0.0, min(now, self._fast_until) - self._at)
        more = fast * self._fast + (now - self._at - fast) * self._rate
        # Room for half a second: a thread that wakes late makes up for it.
        most = max(2 * self._room, (self._fast if fast else self._rate) / 2, self._level)
        self._level, self._at = min(self._level + more, most), now


class Rate:
    """Calls per second where the endpoint states no limit: found by additive increase, multiplicative decrease.

    Chiu and Jain (1989), https://doi.org/10.1016/0169-7552(89)90019-6. Before a first refusal there is no limit; then
    it is what was taken so far. All that is not refused counts as taken: refusals are quick, answers are not.
    """

    _CUT, _GROWTH = 0.965, 0.0003  # at a refusal; per second

    def __init__(self) -> None:
        self._rate = self._level = self._at = 0.0
        self._taken: deque[float] = deque()  # when calls went that were not refused, for a minute
        self._first: float | None = None
        self._calm = self._grown = 0.0  # since when no call was refused; when the rate was last raised
        self._near = 0.0  # the rate at which a call was last refused after a while without: the limit is not far

    def delay(self, now: float) -> float:
        """Seconds until a call may go."""
        if not self._rate:
            return 0.0
        self._fill(now)
        return max(0.0, (1.0 - self._level - _ROUNDING) / self._rate)

    def spend(self, now: float, *, held: bool) -> None:
        """A call goes; ``held``: it waited for this rate, so more may be possible."""
        self._first = now if self._first is None else self._first
        self._taken.append(now)
        self._forget(now)
        if held:  # slowly, as every attempt costs a refusal; faster once there was none for long
            growth = min(0.05, self._GROWTH * max(1.0, now - self._calm - (180 if self._near else 10)))
            growth = max(growth, 0.01 if self._rate < 0.9 * self._near else 0.0)
            self._rate *= 1 + growth * min(max(now - self._grown, 0.0), max(1.0, 2 / self._rate))
        self._grown = now
        self._level -= 1 if self._rate else 0

    def untaken(self, sent: float) -> None:
        """The call that went at ``sent`` was refused."""
        with suppress(ValueError):
            self._taken.remove(sent)

    def refused(self, now: float, until: float, *, asked: float, again: bool) -> None:
        """A call was refused, ``again``: like all since the last one. None goes until then, ``asked``: seconds."""
        self._forget(now)
        if self._taken:
            self._rate = self._lower(now, asked, again=again)
            self._near = min(self._near, self._rate / self._CUT) if again else self._near
        self._fill(now)
        self._level, self._at, self._calm, self._grown = min(self._level, 1.0), until, until, until

    def _lower(self, now: float, asked: float, *, again: bool) -> float:
        rate, minute = self._rate or math.inf, len(self._taken) / _MINUTE
        quiet = now - self._calm
        self._near = self._rate if quiet > 15 else self._near
        barren = max(asked if asked >= 5 else 0.0, now - self._taken[-1] if again else 0.0)
        if barren >= 2:  # nothing for so long: a window that is used up, or else a very slow bucket
            return min(rate * self._CUT, max(minute, 1 / barren))
        if not self._rate:
            return len(self._taken) / max(min(now - (self._first or 0.0), _MINUTE), 0.1)
        # Soon again: bad luck near the limit, else far above it.
        cut = self._CUT if quiet > 15 else 0.9 if self._near and not again else 0.8 if quiet > 2 else 0.5
        lately = max(minute, sum(at > now - 10 for at in self._taken) / 10)
        return rate * min(max(cut, self._CUT * lately / rate), self._CUT)

    def _forget(self, now: float) -> None:
        while self._taken and self._taken[0] <= now - _MINUTE:
            self._taken.popleft()

    def _fill(self, now: float) -> None:
        if now > self._at:
            more = (now - self._at) * self._rate
            self._level, self._at = min(self._level + more, max(2.0, self._rate / 2)), now


def seconds(value: float | None) -> float | None:
    """A time that an endpoint said, if it makes sense."""
    return value if value is not None and math.isfinite(value) and value >= 0 else None
