"""What can go wrong, as one tree; every message is one line that says what is wrong and what to do.

    Text2SQLError
    ├── UsageError            the user asked for something that cannot be: fix the call
    │   ├── ConfigError       an experiment file, a --set, an unknown strategy or option
    │   ├── DataError         a data set: a missing file, a broken record, no such split
    │   ├── DatabaseError     a database that is missing, damaged or not SQLite
    │   ├── PredictionsError  a file of predictions that does not fit its split
    │   └── RunError          a run folder: not found, not complete
    │       └── RunLocked     another process is writing it
    ├── ProviderError         a model provider failed for good: the question stays unanswered
    │   └── CallFailed        one call of an endpoint failed; its kind says whether another try may help
    ├── TuningFailed          a tuner cannot begin, or cannot tell how a job stands; what is under way goes on
    ├── ParseError            SQL outside the grammar of the official evaluator
    ├── Interrupted           the user stopped a run; what is finished is stored
    └── Halted                no further call can be made (money, key, quota); what is finished is stored
        └── SetAside          a question waits for a batch

SQL that does not run is no exception: it is a ``Result`` with an error class.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from text2sql.types import Limits


class Text2SQLError(Exception):
    """Root of all errors that this package raises on purpose."""


class UsageError(Text2SQLError):
    """The request cannot be fulfilled as it stands."""


class ConfigError(UsageError):
    """An experiment file or an override is wrong."""


class DataError(UsageError):
    """A data set is incomplete or malformed."""


class DatabaseError(UsageError):
    """A database is missing, damaged or not SQLite."""


class PredictionsError(UsageError):
    """A file of predictions does not fit the split that it is scored on."""


class RunError(UsageError):
    """A run folder cannot be used as asked."""


class RunLocked(RunError):
    """Another process is writing this run."""


class ProviderError(Text2SQLError):
    """A model provider failed after all retries."""


class CallFailed(ProviderError):
    """One call of an endpoint failed.

    ``kind``: "passing" (another try may help), "limited" (too many calls, ``retry_after`` seconds may help),
    "differs" (the endpoint does not know the optional ``parameter``), "account" (every call would fail: the key, the
    quota, the model's name), "final" (this request fails whenever it is made). ``lost``: it may have been answered, and
    billed.
    """

    def __init__(
        self,
        message: str,
        kind: Literal["passing", "limited", "differs", "account", "final"] = "final",
        *,
        parameter: str = "",
        retry_after: float | None = None,
        limits: Limits | None = None,
        lost: bool = False,
    ) -> None:
        super().__init__(message)
        self.lost = lost
        self.kind, self.parameter, self.retry_after, self.limits = kind, parameter, retry_after, limits


class TuningFailed(Text2SQLError):
    """A tuner cannot begin, go on, or tell how a job stands: no connection, no such job, no such base."""


class ParseError(Text2SQLError):
    """SQL outside the grammar of the official evaluator."""


class Interrupted(Text2SQLError):
    """The user stopped a run; everything finished is stored."""


class Halted(Text2SQLError):
    """No further call can be made; everything finished is stored."""


class SetAside(Halted):
    """The question waits for a batch: the same command goes on with it when the batch has come back."""


def nearest(name: str, known: Iterable[str]) -> str:
    """The tail of an error message: the known name that was probably meant, else all of them, or the first ten.

    >>> nearest("majorty", ["first", "majority"])
    "; did you mean 'majority'?"
    >>> nearest("x", ["first", "majority"])
    '; known: first, majority'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    more = f", ... ({len(names)} in all)" if len(names) > 10 else ""
    return f"; known: {', '.join(names[:10])}{more}" if names else ""
