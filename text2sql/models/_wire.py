"""The OpenAI protocol as JSON: what is sent for a prompt, and what is made of the answer.

Servers send what they like: whatever may be missing or of another type is looked at before it is used.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, TypeAlias

from text2sql.types import Completion, Limits, Prompt, Reply, Tool, ToolCall, Usage

Json: TypeAlias = dict[str, Any]

CHAT, COMPLETIONS = "/chat/completions", "/completions"
OPTIONAL = ("n", "seed", "stop", "temperature", "logprobs", "max_tokens")
"""What an endpoint may not know, and can be asked without; ``max_tokens`` is then called ``max_completion_tokens``."""

_SQL = {
    "type": "object",
    "properties": {"sql": {"type": "string"}},
    "required": ["sql"],
    "additionalProperties": False,
}
_ANSWER = Tool("answer", "Hand over the SQL query that answers the question.", json.dumps(_SQL))
_FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": _SQL}}
_MOST_TOKENS = 10_000_000  # of one call; what says more is mistaken


# --- what is sent --------------------------------------------------------------------------------------------


def chat_body(prompt: Prompt, answer: str) -> Json:
    """Messages, tools and the form of the answer: "text", "json" (by a schema) or "tool" (by a call)."""
    body: Json = {"messages": [{"role": message.role, "content": message.content} for message in prompt.messages]}
    tools = [*prompt.tools, *([_ANSWER] if answer == "tool" else [])]
    if tools:
        body["tools"] = [{"type": "function", "function": _function(tool)} for tool in tools]
    if answer == "tool" and not prompt.tools:
        body["tool_choice"] = {"type": "function", "function": {"name": _ANSWER.name}}
    if answer == "json":
        body["response_format"] = _FORMAT
    return body


def text_body(prompt: Prompt) -> Json:
    """The messages as one text, for models that only go on with a text."""
    return {"prompt": "\n\n".join(message.content for message in prompt.messages) + "\n"}


def _function(tool: Tool) -> Json:
    return {"name": tool.name, "description": tool.description, "parameters": json.loads(tool.parameters)}


def sent(body: Json, path: str, *, n: int, seed: int, without: Set[str]) -> Json:
    """The body of one call, without what its endpoint does not know."""
    full = body | {"seed": seed} | ({"n": n} if n > 1 else {})
    if "logprobs" in full and path == COMPLETIONS:
        full["logprobs"] = 1
    if "max_tokens" in full and "max_tokens" in without:
        full["max_completion_tokens"] = full["max_tokens"]
    return {name: value for name, value in full.items() if name not in without}


# --- what comes back -----------------------------------------------------------------------------------------


def reply(said: Any, headers: Mapping[str, str]) -> Reply:
    """An answer of either kind. Raises ValueError, TypeError, LookupError or AttributeError where it is none."""
    choices = sorted(said["choices"], key=_index)
    completions = tuple(_completion(choice) for choice in choices)
    if not completions:
        raise ValueError("no choices")
    return Reply(completions, _usage(said.get("usage")), limits(headers))


def _index(choice: Json) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _completion(choice: Json) -> Completion:
    if choice.get("error") or choice.get("finish_reason") == "error":  # of the provider behind a router
        raise ValueError(f"the provider failed: {choice.get('error') or 'no reason given'}")
    message = choice["message"] if "message" in choice else {"content": choice["text"]}
    refusal = message.get("refusal")
    text = refusal or message.get("content") or ""
    if isinstance(text, list):  # in parts, of which thoughts are no answer
        parts = [part.get("text") for part in text if isinstance(part, dict)]
        text = "".join(part for part in parts if isinstance(part, str)) if any(parts) else text
    if not isinstance(text, str):
        raise ValueError(f"content is {text!r}")
    functions = [
        call["function"] for call in message.get("tool_calls") or () if call.get("type", "function") == "function"
    ]
    calls = tuple(ToolCall(str(function["name"]), _as_json(function["arguments"])) for function in functions)
    return Completion(
        text,
        sql=_handed_over(text, calls),
        tool_calls=calls,
        # A refusal ends with "stop" like any answer; the pipeline knows it by the reason content_filter.
        finish_reason="content_filter" if refusal else str(choice.get("finish_reason") or "stop"),
        logprob=_logprob(choice.get("logprobs")),
    )


def _as_json(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _handed_over(text: str, calls: Sequence[ToolCall]) -> str | None:
    """The SQL of an answer in the form that was asked for; None where it has another one."""
    for answer in [*(call.arguments for call in calls if call.name == _ANSWER.name), text]:
        if answer.lstrip().startswith("{"):
            try:
                said = json.loads(answer)
            except (ValueError, RecursionError):
                continue
            if isinstance(said, dict) and isinstance(said.get("sql"), str):
                return str(said["sql"]).strip()
    return None


def _usage(said: Any) -> Usage:
    if not isinstance(said, dict):
        return Usage()
    details = said.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    return Usage(_count(said.get("prompt_tokens")), _count(said.get("completion_tokens")), cached_tokens=cached)


def _count(said: Any) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 <= said <= _MOST_TOKENS else None


def _logprob(said: Any) -> float | None:
    """The sum over the answer's tokens."""
    if not isinstance(said, dict):
        return None
    listed = said.get("token_logprobs") or said.get("content")
    tokens = listed if isinstance(listed, list) else []
    values = [token.get("logprob") if isinstance(token, dict) else token for token in tokens]
    known = [value for value in values if isinstance(value, int | float)]
    return float(sum(known)) if known and math.isfinite(sum(known)) else None


# --- limits --------------------------------------------------------------------------------------------------


def limits(headers: Mapping[str, str]) -> Limits:
    """The rate limits of an answer's headers, as OpenAI and many others write them."""
    return Limits(*_three(headers, "requests"), *_three(headers, "tokens"))


def _three(headers: Mapping[str, str], what: str) -> Iterator[Any]:
    for name in ("limit", "remaining"):
        said = headers.get(f"x-ratelimit-{name}-{what}", "")
        yield int(said) if re.fullmatch(r"\d{1,15}", said) else None
    yield seconds(headers.get(f"x-ratelimit-reset-{what}", ""))


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "": 1.0}


def seconds(said: str) -> float | None:
    """A length of time as headers write it.

    >>> seconds("1m3.5s"), seconds("120ms"), seconds("7"), seconds("soon")
    (63.5, 0.12, 7.0, None)
    """
    if not re.fullmatch(r"(?:\d+(?:\.\d+)?(?:ms|[smhd]))+|\d+(?:\.\d+)?", said):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)(ms|[smhd])?", said))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until another try is welcome; None where the server does not say."""
    if (milliseconds := seconds(headers.get("retry-after-ms", ""))) is not None:
        return milliseconds / 1000
    said = headers.get("retry-after", "")
    if (found := seconds(said)) is not None:
        return found
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
