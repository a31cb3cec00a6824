"""What can be set, at the start and while the server runs."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

# A fault may also be a status in three digits, as in "429", and "429+retry_after" tells how long to wait.
TRANSPORT_FAULTS = ("late", "dropped", "dropped_midway", "malformed")
CONTENT_FAULTS = (
    *("empty_choices", "cut_off", "refused", "one_choice"),
    *("usage_negative", "usage_missing", "usage_text", "usage_huge"),
)
STATUS_FAULTS = ("quota", "429+retry_after")


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults.

    Answers: ``latency``: seconds before each. ``answers``: question -> its SQL, of which sample number seed + index
    takes one; the question that occurs last in the last message counts. ``text``: what is said where none occurs;
    {sample} is seed + index, {digest} a short digest of the last message. ``n``: "sampled" refuses it at temperature
    0, as vLLM does. ``reasoning_tokens``: so many more for each choice. ``cached_share``: of prompt tokens.
    Refusals: ``models``: those served, by default any. ``key``: the one that is accepted, by default any. ``refuse``:
    unsupported parameters, in the words of ``refuse_as``.
    Faults: ``faults``: name -> share of calls; ``schedule``: by attempt number, "" for none, before the shares;
    ``faulty_attempts``: later attempts at the same request meet none; ``late_seconds``, ``retry_after``: of these
    faults. ``down``: windows in seconds after they were set, in which all calls end in ``down_by``.
    Limits: in a ``minute`` of so many seconds; ``burst``: the bucket's size as a share of the limit;
    ``limit_headers``: x-ratelimit-*; ``limit_retry_after``: a 429 says when.
    Batches: ``batch_seconds``: from validating to completed. ``batch``: how they end; ``batch_faults``: as
    ``faults``, for their lines.
    Fine-tuning: ``tuning_seconds``: from validating to succeeded; ``tuning_at``: the share of that at which jobs stand,
    in place of the time. ``tuning``: how they go; "queued" ones stay so, "vanished" ones are not found, "unavailable"
    ones cannot be made. ``tuning_faults``: operation (upload, create, list, retrieve, events, ...) -> what its first
    calls meet: a status, or "dropped", which is done and its answer lost. ``log``: /_stats lists the calls.
    """

    latency: float = 0.0
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    text: str = "SELECT 1"
    n: Literal["honoured", "ignored", "refused", "sampled"] = "honoured"
    reasoning_tokens: int = 0
    cached_share: float = 0.0
    models: Sequence[str] = ()
    key: str = ""
    refuse: Sequence[str] = ()
    refuse_as: Literal["openai", "vllm", "llama.cpp", "llama.cpp-500", "pydantic"] = "openai"
    seed: int = 0
    faults: Mapping[str, float] = field(default_factory=dict)
    schedule: Sequence[str] = ()
    faulty_attempts: float = float("inf")
    late_seconds: float = 5.0
    retry_after: float = 1.0
    down: Sequence[tuple[float, float]] = ()
    down_by: Literal["503", "refused"] = "503"
    requests_per_minute: float = 0.0
    tokens_per_minute: float = 0.0
    window: Literal["bucket", "fixed", "sliding"] = "bucket"
    minute: float = 60.0
    burst: float = 1.0
    limit_headers: bool = True
    limit_retry_after: bool = True
    batch_seconds: float = 1.0
    batch: Literal["completed", "failed", "expired", "cancelled"] = "completed"
    batch_faults: Mapping[str, float] = field(default_factory=dict)
    tuning_seconds: float = 0.3
    tuning_at: float | None = None
    tuning: Literal["succeeded", "failed", "queued", "vanished", "unavailable"] = "succeeded"
    tuning_faults: Mapping[str, Sequence[str]] = field(default_factory=dict)
    log: bool = False


_TYPES = get_type_hints(Settings)


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """The settings with changes. Raises ValueError for what cannot be set so."""
    for name, value in changes.items():
        if name not in _TYPES:
            raise ValueError(f"no setting {name!r}; known: {', '.join(_TYPES)}")
        if (choices := get_args(_TYPES[name])) and isinstance(choices[0], str) and value not in choices:
            raise ValueError(f"{name} is one of {', '.join(choices)}, not {value!r}")
    new = dataclasses.replace(settings, **changes)
    for fault in (*new.faults, *new.schedule, *new.batch_faults, *itertools.chain(*new.tuning_faults.values())):
        if fault not in ("", *TRANSPORT_FAULTS, *CONTENT_FAULTS, *STATUS_FAULTS) and not is_status(fault):
            raise ValueError(f"no fault {fault!r}")
    if max(sum(new.faults.values()), sum(new.batch_faults.values())) > 1.0:
        raise ValueError("faults are shares of all calls, 1 in sum at most")
    return new


def is_status(fault: str) -> bool:
    """The fault is an HTTP status."""
    return len(fault) == 3 and fault.isdigit()


def from_text(name: str, text: str) -> Any:
    """A setting as the command line writes it: JSON, a list as in "a,b", shares as in "500=0.1,late=0.2"."""
    if name == "answers":
        return json.loads(Path(text).read_text(encoding="utf-8"))
    if name in ("faults", "batch_faults"):
        return {fault: float(share) for fault, _, share in (entry.partition("=") for entry in text.split(","))}
    if name in ("models", "refuse", "schedule"):
        return text.split(",")
    return text if _TYPES[name] is str or str in map(type, get_args(_TYPES[name])) else json.loads(text)
