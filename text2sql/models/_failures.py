"""Why a call of an OpenAI-compatible endpoint failed: what another try may do, and a line for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from text2sql.endpoint import USED_UP, error_of, short
from text2sql.errors import CallFailed
from text2sql.models._wire import OPTIONAL, limits, reply, retry_after
from text2sql.types import Reply

_UNKNOWN = re.compile(
    r"unsupported|not support|unknown|unrecognized|unexpected|not (?:be )?(?:allowed|permitted)"
    r"|extra.(?:inputs|fields|forbidden)|does not (?:take|accept|know)|invalid parameter|\bonly\b|deprecated",
    re.IGNORECASE,
)
# Of another parameter that would be a mistake in its value, which the next call may not have.
_AT_MOST_ONE = re.compile(r"at most|must be|invalid value|less than", re.IGNORECASE)
_ONE_CHOICE = re.compile(r"\b(?:one|1|single|multiple) (?:completion )?(?:choice|completion)s?\b", re.IGNORECASE)
_TOO_MUCH = re.compile(r"request too large", re.IGNORECASE)  # for the tokens of a minute: it never fits
_TOO_LONG = re.compile(r"context.{0,20}(?:length|window|size)|too (?:long|large)|maximum.{0,20}tokens", re.IGNORECASE)


def answer(
    status: int, content: str, headers: Mapping[str, str], *, body: Mapping[str, Any], key_name: str, where: str
) -> Reply:
    """What was answered to a call, as for ``refusal``. Raises CallFailed where it is no completion."""
    if status >= 400:
        raise refusal(status, content, headers, body=body, key_name=key_name, where=where)
    try:
        return reply(json.loads(content), headers)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        if (inside := status_inside(content)) is not None:
            failed = refusal(inside, content, headers, body=body, key_name=key_name, where=where)
        else:
            failed = no_answer(content, error, where)
        raise failed from None


def refusal(
    status: int, content: str, headers: Mapping[str, str], *, body: Mapping[str, Any], key_name: str, where: str
) -> CallFailed:
    """An answer of 400 and above; ``body``: what was sent, ``key_name``: where the key comes from."""
    error = error_of(content)
    reason = str(error.get("message") or error.get("detail") or content or "no reason given")
    code, line = str(error.get("code") or ""), f"{where}: {status}: {short(reason)}; "
    if status == 401 or code == "invalid_api_key":
        return CallFailed(f"{line}set {key_name} to a key of this server", "account")
    if status == 402 or code in USED_UP or error.get("type") in USED_UP:
        return CallFailed(f"{line}the quota of the key in {key_name} is used up", "account")
    if status == 403:
        return CallFailed(f"{line}may the key in {key_name} use this model?", "final")
    if status == 404:
        return CallFailed(f"{line}are name and base_url right? it mostly ends in /v1", "account")
    if status == 429 or code == "rate_limit_exceeded":
        if _TOO_MUCH.search(reason):
            return CallFailed(f"{line}a shorter prompt, or a smaller max_tokens?", "final")
        wait, left = retry_after(headers), limits(headers)
        return CallFailed(f"{line}fewer --workers, or more retries?", "limited", retry_after=wait, limits=left)
    # Some servers say 500 to what they do not know.
    parameter = _parameter(error, reason, body) if status in (400, 422, 500, 501) else ""
    if status >= 500 and not _is_named(parameter, error, reason):
        parameter = ""
    if parameter in OPTIONAL and _differs(parameter, f"{code} {reason}"):
        return CallFailed(f"{line}omit = [{json.dumps(parameter)}]?", "differs", parameter=parameter)
    if status in (408, 409) or status >= 500:
        return CallFailed(f"{line}--retry asks again", "passing", retry_after=retry_after(headers))
    if parameter:
        return CallFailed(f"{line}it refuses {parameter!r}: change it, or take it out", "final")
    return CallFailed(f"{line}the request is to be changed", "final")


def status_inside(content: str) -> int | None:
    """The status that an answer of 200 has in its body, for an error that came up late; None where it has none."""
    error = error_of(content)
    if error.get("code") in USED_UP or error.get("type") in USED_UP:
        return 402
    code = str(error.get("code"))
    return int(code) if re.fullmatch(r"[45]\d\d", code, re.ASCII) else None


def no_answer(content: str, error: Exception, where: str) -> CallFailed:
    """An answer of 200 that holds none. What begins like JSON was cut off on its way, or made by a busy server."""
    inside = error_of(content).get("message")
    if content.lstrip().startswith("{") or not content.strip():
        # A ValueError says what is wrong; what another error says is of use to nobody.
        said = short(inside or (error if isinstance(error, ValueError) else content))
        return CallFailed(f"{where}: its answer is incomplete: {said}; --retry asks again", "passing", lost=True)
    return CallFailed(f"{where}: its answer is no completion: {short(inside or content)}; is base_url right?", "final")


def _is_named(parameter: str, error: Mapping[str, Any], reason: str) -> bool:
    """Whether an error surely is about a parameter, and does not just have its name as a word."""
    said = rf"['\"`]{re.escape(parameter)}['\"`]|param(?:eter)?s?:? {re.escape(parameter)}\b"
    one = parameter == "n" and _ONE_CHOICE.search(reason)
    return bool(parameter in _named(error) or one or re.search(said, reason, re.IGNORECASE))


def _parameter(error: Mapping[str, Any], reason: str, body: Mapping[str, Any]) -> str:
    """The field of the body that the error is about; empty where it names none, or what every call has."""
    always = {"model", "messages", "prompt"}
    for named in _named(error):
        if named in always:
            return ""
        if named in body:
            return named
    if body.get("n", 1) > 1 and _ONE_CHOICE.search(reason):
        return "n"
    return max(
        (name for name in body.keys() - always if re.search(rf"\b{re.escape(name)}\b", reason)), key=len, default=""
    )


def _named(error: Mapping[str, Any]) -> Iterator[str]:
    """What the error itself calls its place: a param, as in messages[0].content, or pydantic's list of locations."""
    yield re.split(r"[.\[]", str(error.get("param") or ""))[0]
    detail = error.get("detail")
    for one in detail if isinstance(detail, list) else ():
        place = one.get("loc") if isinstance(one, dict) else None
        yield from map(str, place if isinstance(place, list) else ())


def _differs(parameter: str, said: str) -> bool:
    """The endpoint does not know the parameter, whatever its value."""
    if parameter == "n" and (_AT_MOST_ONE.search(said) or _ONE_CHOICE.search(said)):
        return True
    return bool(_UNKNOWN.search(said)) and not _TOO_LONG.search(said)
