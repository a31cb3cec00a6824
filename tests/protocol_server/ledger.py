"""The server's own account of what came and what went."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# With these the client has all that it asked for, or what there is of it, and its tokens were told rightly.
WHOLE = frozenset({"fine", "late", "cut_off", "refused", "one_choice"})


@dataclass(slots=True)
class Entry:
    """One call; ``outcome`` is "fine", the fault that it met, "limited", "down", "gone" or the status of a refusal."""

    digest: str
    seed: int | None = None
    n: int = 1
    attempt: int | None = None
    outcome: str = "fine"
    status: int = 200
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass
class Ledger:
    """What ``/_stats`` tells.

    ``received``: calls of the completion endpoints. ``answered``: whose answer was wholly written, whatever its
    status. ``delivered``: those with usable choices and a true usage; ``prompt_tokens``, ``completion_tokens`` are
    theirs alone. ``outcomes``: calls and true tokens of each. A client that did not wait leaves "gone".
    ``answered_per_second`` (status 200), ``limited_per_second`` (429): by whole seconds since the first call, with
    which fixed windows of limits begin too; it came at ``first``, the last answer went at ``last``, both by the
    machine's monotonic clock. ``batches``: lines and tokens of what batches have put out.
    """

    received: int = 0
    answered: int = 0
    delivered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    answered_per_second: Counter[int] = field(default_factory=Counter)
    limited_per_second: Counter[int] = field(default_factory=Counter)
    batches: Counter[str] = field(default_factory=Counter)
    calls: list[Entry] = field(default_factory=list)
    first: float | None = None
    last: float | None = None

    def begin(self) -> None:
        """A call has come."""
        if self.first is None:
            self.first = time.monotonic()
        self.received += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)

    def end(self, entry: Entry, *, written: bool, keep: bool) -> None:
        """Its answer is wholly written, or never will be; ``keep`` the call in the list."""
        self.in_flight -= 1
        now = time.monotonic()
        second = int(now - (self.first or now))
        if written:
            self.answered += 1
            self.last = now
            self.statuses[entry.status] += 1
            if entry.status == 429:
                self.limited_per_second[second] += 1
            if entry.status == 200:
                self.answered_per_second[second] += 1
            if entry.outcome in WHOLE:
                self.delivered += 1
                self.prompt_tokens += entry.prompt_tokens
                self.completion_tokens += entry.completion_tokens
        elif entry.outcome not in ("dropped", "dropped_midway"):
            entry.outcome = "gone"
        tokens = {"prompt_tokens": entry.prompt_tokens, "completion_tokens": entry.completion_tokens}
        self.outcomes.setdefault(entry.outcome, Counter()).update({"calls": 1, **tokens})
        if keep:
            self.calls.append(entry)

    def told(self) -> dict[str, Any]:
        """All of it as JSON; the list of calls as [digest, seed, n, attempt, outcome, prompt and completion tokens]."""
        names = ("received", "answered", "delivered", "prompt_tokens", "completion_tokens", "in_flight")
        return {
            **{name: getattr(self, name) for name in (*names, "most_in_flight", "connections", "first", "last")},
            **{name: dict(getattr(self, name)) for name in ("statuses", "outcomes", "batches")},
            **{name: dict(getattr(self, name)) for name in ("answered_per_second", "limited_per_second")},
            "calls": [
                [e.digest, e.seed, e.n, e.attempt, e.outcome, e.prompt_tokens, e.completion_tokens] for e in self.calls
            ],
        }
