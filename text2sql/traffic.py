"""When the next call to an endpoint may go, by how the earlier ones went: limits, refusals, a circuit breaker.

No threads and no clock: ``now`` is an argument, in seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from text2sql.errors import CallFailed
from text2sql.rates import Quota, Rate, seconds
from text2sql.types import Limits

_PAUSE, _PROBE, _LONGEST = 0.5, 1.0, 30.0  # after a first refusal; until a first probe; each doubles up to the last
_LONGEST_ASKED = 120.0  # what a Retry-After may ask for
_PRESUMED = 2.0  # a call that was not refused by then was taken, however long its answer takes
_FAILURES, _ROUNDS = 20, 3  # in a row: down. A third of calls failing at random do not get there


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A call that went: when, the tokens announced and set aside for it, what all calls before it had spent."""

    at: float
    announced: int
    tokens: float
    requests_before: float
    tokens_before: float


class Traffic:
    """One endpoint's calls. A refusal (429) or failure counts once for all calls that were in flight by then.

    Every call is sent once, answered or failed at most once, and then ended.
    """

    def __init__(self) -> None:
        self._requests, self._tokens, self._rate = Quota(), Quota(), Rate()
        self._announced, self._took = 0, 0
        self._held = False  # the rate is what the next call waits for
        self._until = 0.0  # no call before
        self._probe: Sent | None = None
        self._news = -math.inf  # calls sent before it tell nothing new
        self._failures = self._rounds = self._refusals = self._probes = 0
        self.opened: float | None = None  # since then one call at a time: does it answer again?
        self.since, self.why = 0.0, ""  # when it began to fail without any success, and the last reason

    def delay(self, now: float, tokens: int) -> float:
        """Seconds until a call of so many tokens may go; infinite: not before another one has ended."""
        if self._probe is not None:
            if not self._refusals:
                return math.inf
            if now < (presumed := self._probe.at + _PRESUMED):
                return presumed - now
            self._recovered()
        stated = max(self._requests.delay(now, 1), self._tokens.delay(now, self._share(tokens)))
        found = self._rate.delay(now)
        self._held = self._held or found > stated
        return max(stated, found, self._until - now)

    def send(self, now: float, tokens: int) -> Sent:
        """Such a call goes now."""
        sent = Sent(now, tokens, self._share(tokens), self._requests.spent, self._tokens.spent)
        self._requests.spend(1)
        self._tokens.spend(sent.tokens)
        self._rate.spend(now, held=self._held)
        self._held = False
        if self.opened is not None:
            self._probe = sent
        return sent

    def answered(self, now: float, sent: Sent, limits: Limits, tokens: int) -> None:
        """It went well and took so many tokens; 0: nobody says."""
        if tokens > 0 and sent.announced:
            self._announced, self._took = self._announced + sent.announced, self._took + tokens
        took = tokens if tokens > 0 else sent.tokens
        self._tokens.spend(took - sent.tokens)
        self._hear(now, sent, limits, 1, took)
        if sent.at > self._news or not self._refusals:  # else it was let in before calls were refused
            self._recovered()

    def failed(self, now: float, sent: Sent, failure: CallFailed) -> None:
        """It failed."""
        new, asked = sent.at > self._news, min(seconds(failure.retry_after) or 0.0, _LONGEST_ASKED)
        if failure.kind in ("limited", "passing"):
            self.since = self.since if self._failures or self._refusals else now
            self.why = str(failure)
        if failure.kind == "limited":
            self._refused(now, sent, failure.limits or Limits(), asked, new=new)
        elif failure.kind == "passing":
            self._broke(now, asked, new=new)
        elif not self._refusals:  # it is up
            self._recovered()

    def ended(self, sent: Sent) -> None:
        """It is no longer in flight, however it ended."""
        if self._probe is sent:
            self._probe = None

    def _recovered(self) -> None:
        if self.opened is not None and not self._refusals:  # a call that had been in flight for long: no need to probe
            self._until = 0.0
        self._failures = self._rounds = self._refusals = self._probes = 0
        self.opened = self._probe = None

    def _refused(self, now: float, sent: Sent, limits: Limits, asked: float, *, new: bool) -> None:
        self._requests.spend(-1)
        self._tokens.spend(-sent.tokens)
        self._rate.untaken(sent.at)
        self._hear(now, sent, limits, 0, 0.0)
        self._failures = self._rounds = 0
        if new:
            self._news = now
            self._refusals += 1
            if self._refusals > 1 and self.opened is None:
                self.opened = now
            own = min(_PAUSE * 2.0 ** min(self._refusals - 1, 16), _LONGEST)
            pause = max(asked, own) if self._refusals > 1 else asked or own
            self._until = max(self._until, now + pause)
            self._rate.refused(now, self._until, asked=asked, again=self._refusals > 1)
        self._until = max(self._until, now + asked)
        for quota in (self._requests, self._tokens):
            quota.calm(now, self._until)

    def _broke(self, now: float, asked: float, *, new: bool) -> None:
        self._failures += 1
        if not new:
            return
        self._news = now
        self._rounds += 1
        if self.opened is None and self._failures >= _FAILURES and self._rounds >= _ROUNDS:
            self.opened = now
        if self.opened is not None:
            self._until = now + max(asked, min(_PROBE * 2.0 ** min(self._probes, 16), _LONGEST))
            self._probes += 1

    def _hear(self, now: float, sent: Sent, limits: Limits, requests: int, tokens: float) -> None:
        since = max(self._requests.spent - sent.requests_before - requests, 0.0)
        self._requests.said(now, sent.at, since, limits.requests, limits.requests_left, limits.requests_reset)
        since = max(self._tokens.spent - sent.tokens_before - tokens, 0.0)
        self._tokens.said(now, sent.at, since, limits.tokens, limits.tokens_left, limits.tokens_reset)

    def _share(self, tokens: int) -> float:
        """What a call really takes: announced are upper bounds."""
        return tokens * self._took / self._announced if self._announced else float(tokens)
