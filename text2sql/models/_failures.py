"""Why a call of an OpenAI-compatible endpoint failed: what another try may do, and a line for people."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Set
from typing import Any

from text2sql.errors import CallFailed
from text2sql.models._wire import OPTIONAL, limits, retry_after

_USED_UP = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
_UNKNOWN = re.compile(
    r"unsupported|not support|unknown|unrecognized|unexpected|not (?:be )?(?:allowed|permitted)|extra (?:inputs|fields)"
    r"|does not (?:take|accept|know)|invalid (?:value|parameter)|must be|\bonly\b|deprecated",
    re.IGNORECASE,
)
_ONE_ALONE = re.compile(r"one completion choice|\bn (?:must|has to) be 1\b", re.IGNORECASE)  # llama.cpp, as a 500; vLLM
_TOO_MUCH = re.compile(r"request too large", re.IGNORECASE)  # for the tokens of a minute: it never fits
_TOO_LONG = re.compile(r"context.{0,20}(?:length|window|size)|too (?:long|large)|maximum.{0,20}tokens", re.IGNORECASE)


def refusal(
    status: int, content: str, headers: Mapping[str, str], *, sent: Set[str], key_name: str, where: str
) -> CallFailed:
    """An answer of 400 and above; ``sent``: the fields of the body, ``key_name``: where the key comes from."""
    error = _error(content)
    said = short(error.get("message") or error.get("detail") or content or "no reason given")
    code, parameter = str(error.get("code") or ""), _parameter(error, said, sent)
    line = f"{where}: {status}: {said}; "
    if "n" in sent and _ONE_ALONE.search(said):
        return CallFailed(f'{line}omit = ["n"]?', "differs", parameter="n")
    if status == 401:
        return CallFailed(f"{line}set {key_name} to a key of this server", "account")
    if status == 403:
        return CallFailed(f"{line}may the key in {key_name} use this model?", "final")
    if status == 404:
        return CallFailed(f"{line}are name and base_url right? it mostly ends in /v1", "account")
    if status == 429 or code == "rate_limit_exceeded":
        if code in _USED_UP or error.get("type") in _USED_UP:
            return CallFailed(f"{line}the quota of the key in {key_name} is used up", "account")
        if _TOO_MUCH.search(said):
            return CallFailed(f"{line}a shorter prompt, or a smaller max_tokens?", "final")
        wait, left = retry_after(headers), limits(headers)
        return CallFailed(f"{line}fewer --workers, or more retries?", "limited", retry_after=wait, limits=left)
    if status in (408, 409) or status >= 500:
        return CallFailed(f"{line}--retry asks again", "passing", retry_after=retry_after(headers))
    if parameter in OPTIONAL and _UNKNOWN.search(f"{code} {said}") and not _TOO_LONG.search(said):
        return CallFailed(f"{line}omit = [{json.dumps(parameter)}]?", "differs", parameter=parameter)
    if parameter:
        return CallFailed(f"{line}it refuses {parameter!r}: change it, or take it out", "final")
    return CallFailed(f"{line}the request is to be changed", "final")


def no_answer(content: str, error: Exception, where: str) -> CallFailed:
    """An answer of 200 that holds none. What begins like JSON was cut off on its way, or made by a busy server."""
    inside = _error(content)
    said = short(inside.get("message") or error) if content.lstrip().startswith("{") else short(content or error)
    if inside and str(inside.get("code")) == "429":
        return CallFailed(f"{where}: {said}; fewer --workers, or more retries?", "limited")
    if content.lstrip().startswith("{") or not content.strip():
        return CallFailed(f"{where}: its answer is incomplete: {said}; --retry asks again", "passing")
    return CallFailed(f"{where}: its answer is no completion: {said}; is base_url right?", "final")


def short(text: object) -> str:
    """One line of at most 200 characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else f"{line[:200]}…"


def _error(content: str) -> dict[str, Any]:
    """The error of an answer's body, in the shapes that servers have for it."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, str):
        return {"message": error}
    if isinstance(error, dict):
        return error
    return body if "message" in body or "detail" in body else {}


def _parameter(error: Mapping[str, Any], said: str, sent: Set[str]) -> str:
    """The field of the body that the error is about; empty where it names none that was sent."""
    named = str(error.get("param") or "")
    if named in sent:
        return named
    return max((field for field in sent if re.search(rf"\b{field}\b", said)), key=len, default="")
