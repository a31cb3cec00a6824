"""Loss curves as the fine-tuning API tells them: by events while a job runs, in a file of results when it has ended."""

from __future__ import annotations

import base64
import binascii
import csv
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from text2sql.types import Loss

_STEP = re.compile(
    r"Step (?P<step>\d+)(?:/(?P<total_steps>\d+))?: training loss=(?P<train_loss>[^,\s]+)"
    r"(?:, validation loss=(?P<valid_loss>[^,\s]+))?(?:, full validation loss=(?P<full_valid_loss>[^,\s]+))?"
)


def of_events(events: Iterable[Mapping[str, Any]]) -> tuple[tuple[Loss, ...], float]:
    """The curve, by steps, and the share of the steps that is done, 0 to 1.

    An event's data has all digits, its message has the number of steps also where the data has not.
    """
    losses, done = dict[int, Loss](), 0.0
    for event in events:
        said = _STEP.match(str(event.get("message") or ""))
        data = event.get("data")
        told = {name: value for name, value in (said.groupdict() if said else {}).items() if value is not None}
        told |= {
            name: value for name, value in (data if isinstance(data, Mapping) else {}).items() if value is not None
        }
        if loss := _loss(told):
            losses[loss.step] = loss
            done = max(done, loss.step / max(_number(told.get("total_steps")) or math.inf, loss.step))
    return tuple(losses[step] for step in sorted(losses)), done


def of_results(content: str) -> tuple[Loss, ...]:
    """The curve in a file of results: CSV with a header, in most cases as base64; empty where it is none."""
    if "," not in content:
        try:
            content = base64.b64decode(content, validate=True).decode()
        except (binascii.Error, ValueError):
            return ()
    losses = {loss.step: loss for row in csv.DictReader(content.splitlines()) if (loss := _loss(row))}
    return tuple(losses[step] for step in sorted(losses))


def validation_loss(metrics: Mapping[str, Any]) -> float | None:
    """That on all validation examples, which is measured at the end of an epoch; else that on a few of them."""
    full = _number(metrics.get("full_valid_loss"))
    return _number(metrics.get("valid_loss")) if full is None else full


def _loss(metrics: Mapping[str, Any]) -> Loss | None:
    step = _number(metrics.get("step"))
    train, validation = _number(metrics.get("train_loss")), validation_loss(metrics)
    return None if step is None or (train is None and validation is None) else Loss(int(step), train, validation)


def _number(said: Any) -> float | None:
    try:
        number = float(said)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
