"""Any OpenAI-compatible chat endpoint as a model: OpenAI, vLLM, Ollama, llama.cpp and many more.

The official client waits and retries; here stands what is asked, what is made of the answer, and what to do
where none comes. The client is imported late: that takes half a second.
"""

from __future__ import annotations

import json
import os
import re
import weakref
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from text2sql.errors import ConfigError, ProviderError
from text2sql.protocols import Model
from text2sql.types import Completion, Completions, Prompt, ToolCall, Usage

if TYPE_CHECKING:
    from openai import OpenAI, OpenAIError
    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam


def openai(
    *,
    name: str,
    base_url: str | None = None,
    api_key_env: str = "OPENAI_API_KEY",
    max_tokens: int | None = None,
    max_completion_tokens: int | None = None,
    omit: Sequence[Literal["n", "seed", "stop", "temperature"]] = (),
    timeout: float = 120.0,
    retries: int = 5,
) -> Model:
    """A model behind an OpenAI-compatible chat endpoint.

    ``base_url``: mostly ends in /v1; by default OPENAI_BASE_URL, else OpenAI's. ``api_key_env``: the environment
    variable that holds the key; with a ``base_url`` it may be missing. ``max_completion_tokens``: what newer models
    of OpenAI take instead of ``max_tokens``. ``omit``: what this server refuses and is not to be sent.
    ``timeout``: seconds of silence. ``retries``: further tries of a call, at growing intervals or when the server
    says, after a timeout, a lost connection, 408, 409, 429 and 5xx.
    """
    url = base_url or os.environ.get("OPENAI_BASE_URL")
    key = os.environ.get(api_key_env, "").strip()
    if not key and not url:
        raise ConfigError(f"model {name!r}: no key; set {api_key_env}, or give the base_url of a server without keys")
    if timeout <= 0 or retries < 0 or not key.isascii():
        raise ConfigError(
            f"model {name!r}: timeout is above 0, retries at least 0, the key in {api_key_env} plain ASCII"
        )
    from openai import OpenAI, Timeout

    # A server that is there takes a connection at once, however long its answers take.
    patience = Timeout(timeout, connect=min(timeout, 10.0))
    try:
        client = OpenAI(api_key=key or "none", base_url=url, timeout=patience, max_retries=retries)
    except Exception as error:  # a URL that cannot be read; its class depends on the version of the client
        raise ConfigError(f"model {name!r}: base_url {url!r}: {error}") from None
    if client.base_url.scheme not in ("http", "https") or not client.base_url.host:
        raise ConfigError(f"model {name!r}: base_url is to read like http://localhost:8000/v1, not {url!r}")
    limits = {"max_tokens": max_tokens, "max_completion_tokens": max_completion_tokens}
    given = {limit: value for limit, value in limits.items() if value is not None}
    endpoint = _Endpoint(client, name, api_key_env, given, frozenset(omit))
    # The client refers to itself: else its connections would stay open until the garbage collector comes by.
    weakref.finalize(endpoint, client.close).atexit = False
    return endpoint


@dataclass(frozen=True)
class _Endpoint:
    client: OpenAI
    name: str
    key_name: str
    limits: Mapping[str, int]
    omit: frozenset[str]

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """``n`` completions, in as many calls as it takes."""
        completions: list[Completion] = []
        # Many servers give one choice whatever n is. Each call gives at least one: there are n calls at most.
        while (done := len(completions)) < n:
            # Another seed for each call, or all would give the same; far from the seeds of repeated runs.
            asked = {"n": n - done, "temperature": temperature, "seed": seed + 1000 * done}
            completions += self._ask(prompt, asked)
        return completions[:n]

    def _ask(self, prompt: Prompt, asked: Mapping[str, float]) -> list[Completion]:
        from openai import OpenAIError

        optional = {**asked, **self.limits, "stop": prompt.stop, "tools": _tools(prompt)}
        unsent = self.omit | {key for key, value in optional.items() if value == () or (key, value) == ("n", 1)}
        settings = {key: value for key, value in optional.items() if key not in unsent}
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        where = f"{self.name} at {self.client.base_url.netloc.decode()}"
        try:
            answer = self.client.chat.completions.create(
                model=self.name, messages=cast("list[ChatCompletionMessageParam]", messages), extra_body=settings
            )
            return list(_completions(answer))
        except OpenAIError as error:
            raise ProviderError(f"{where}: {_line(error, settings.keys() - {'tools'}, self.key_name)}") from error
        except (ValueError, TypeError, AttributeError) as error:  # no JSON, or not of the expected shape
            raise ProviderError(
                f"{where}: its answer is no chat completion: {_short(error)}; is base_url right?"
            ) from error


def _tools(prompt: Prompt) -> tuple[object, ...]:
    fields = (
        {"name": t.name, "description": t.description, "parameters": json.loads(t.parameters)} for t in prompt.tools
    )
    return tuple({"type": "function", "function": function} for function in fields)


def _completions(answer: ChatCompletion) -> Iterator[Completion]:
    """One for each choice. The call's tokens stand on the first, so that they are counted once.

    The client checks nothing that a server sends: anything may be missing or of another type.
    """
    if not getattr(answer, "choices", None):
        raise ValueError(answer if isinstance(answer, str) else answer.to_json(indent=None))
    usage = Usage(getattr(answer.usage, "prompt_tokens", None), getattr(answer.usage, "completion_tokens", None))
    for choice in answer.choices:
        message = choice.message
        text = message.refusal or message.content or ""
        if not isinstance(text, str):
            raise TypeError(f"content is {text!r}")
        calls = [call.function for call in message.tool_calls or () if call.type == "function"]
        # A refusal ends with "stop" like any answer; the pipeline knows it by the reason content_filter.
        reason = "content_filter" if message.refusal else choice.finish_reason or "stop"
        tool_calls = tuple(ToolCall(call.name, call.arguments) for call in calls)
        yield Completion(text, tool_calls=tool_calls, finish_reason=reason, usage=usage)
        usage = Usage()


def _line(error: OpenAIError, sent: Set[str], key_name: str) -> str:
    """What happened, how often, and what to do about it."""
    from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

    tries = 1 + int(error.request.headers.get("x-stainless-retry-count", 0)) if isinstance(error, APIError) else 1
    tried = f", tried {tries} times" if tries > 1 else ""
    if isinstance(error, APITimeoutError):
        return f"no answer in time{tried}; a longer timeout, or fewer --workers?"
    if isinstance(error, APIConnectionError):
        return f"no connection ({_short(error.__cause__)}){tried}; is the server running, and base_url right?"
    if not isinstance(error, APIStatusError):
        return _short(error)
    body, status = error.body, error.status_code
    said = _short(
        body.get("message") or body.get("detail") or body if isinstance(body, dict) else body or "no reason given"
    )
    remedies = {
        400: _refused(str(error.param), said, sent),
        401: f"set {key_name} to a key of this server",
        403: f"may the key in {key_name} use this model?",
        404: "are name and base_url right? it mostly ends in /v1",
        422: _refused(str(error.param), said, sent),
        429: "fewer --workers, more retries, or is the quota used up?",
    }
    passing = status in (408, 409) or status >= 500
    otherwise = "--retry asks again" if passing else "the request is to be changed"
    return f"{status}{tried}: {said}; {remedies.get(status, otherwise)}"


def _refused(param: str, said: str, sent: Set[str]) -> str:
    """What to do about the parameter that the server names, if it is one of those sent."""
    named = [key for key in sorted(sent) if re.search(rf"\b{key}\b", said)]
    refused = param if param in sent else max(named, key=len, default="")
    limits = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
    if refused in limits:
        return f"it refuses {refused!r}: change it, or give {limits[refused]!r} instead"
    return f'it refuses {refused!r}: change it, or omit = ["{refused}"]' if refused else "the request is to be changed"


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else f"{line[:200]}…"
