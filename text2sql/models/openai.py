"""Any OpenAI-compatible endpoint as a model: OpenAI, vLLM, Ollama, llama.cpp and many more.

It only translates; ``exchange.py`` keeps the answers, paces the calls and tries again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from text2sql.endpoint import OPENAI, Client, Told, access, address
from text2sql.errors import CallFailed, ConfigError
from text2sql.exchange import Exchange
from text2sql.models._batch import BatchApi
from text2sql.models._failures import answer
from text2sql.models._wire import CHAT, COMPLETIONS, OPTIONAL, chat_body, sent, text_body
from text2sql.protocols import Model
from text2sql.types import BatchState, Completions, Prompt, Reply, Request

_TAKEN = ("model", "messages", "prompt", "n", "best_of", "seed", "stream", "temperature", "stop", "tools")
_SECRET_FIELD = re.compile(r"api.?key|secret|password|credential|authorization", re.IGNORECASE)


def openai(
    *,
    name: str,
    base_url: str | None = None,
    api_key_env: str = "OPENAI_API_KEY",
    api: Literal["chat", "completions"] = "chat",
    answer: Literal["text", "json", "tool"] = "text",
    max_tokens: int | None = None,
    stop: Sequence[str] = (),
    top_p: float | None = None,
    frequency_penalty: float | None = None,
    presence_penalty: float | None = None,
    reasoning_effort: str | None = None,
    logprobs: bool = False,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    omit: Sequence[Literal["n", "seed", "stop", "temperature", "logprobs", "max_tokens"]] = (),
    timeout: float = 120.0,
    retries: int = 6,
) -> Model:
    """A model behind an OpenAI-compatible endpoint.

    ``base_url``: mostly ends in /v1; by default OPENAI_BASE_URL, else OpenAI's. ``api_key_env``: the environment
    variable that holds the key; with a ``base_url`` it may be missing. ``api``: "completions" for base models, which
    go on with a text. ``answer``: SQL found in the text, or handed over as "json" by a schema or by a "tool" call.
    ``max_tokens``: of each answer, sent as ``max_completion_tokens`` where the endpoint wants that. ``stop``: texts
    that end an answer, further to the prompt's. ``reasoning_effort``: of models that think first. ``logprobs``: ask
    for log-probabilities. ``body``: further fields of the request, as a server has them. ``headers``: further
    headers; ${NAME} in one is the environment variable of this name. ``omit``: what this server does not know;
    mostly it is found out by itself. ``timeout``: seconds of silence. ``retries``: further tries of a call that
    failed in passing, at growing intervals or when the server says.
    """
    who = f"model {name!r}"
    url, entry = address(who, base_url), access(who, base_url, api_key_env, headers)
    if not timeout > 0 or retries < 0 or (max_tokens is not None and max_tokens < 1):
        raise ConfigError(f"model {name!r}: timeout and max_tokens are above 0, retries at least 0")
    if api == "completions" and answer != "text":
        raise ConfigError(f'model {name!r}: answer = "{answer}" needs api = "chat"')
    given = {
        "max_tokens": max_tokens,
        "top_p": top_p,
        "frequency_penalty": frequency_penalty,
        "presence_penalty": presence_penalty,
        "reasoning_effort": reasoning_effort,
        "logprobs": logprobs or None,
    }
    if taken := [field for field in body or {} if field in _TAKEN or field in given]:
        raise ConfigError(f"model {name!r}: body may not hold {taken[0]!r}: that is set elsewhere")
    if secrets := [field for field in _fields(body or {}) if _SECRET_FIELD.search(field)]:
        raise ConfigError(f"model {name!r}: body field {secrets[0]!r} holds a secret: a header may, as ${{NAME}}")
    fields = {key: value for key, value in given.items() if value is not None} | dict(body or {})
    path = CHAT if api == "chat" else COMPLETIONS
    if url == OPENAI and path == CHAT:
        omit = (*omit, "max_tokens")  # OpenAI's own name for it, which all its chat models know
    where = f"{name} at {urlsplit(url).netloc}"
    client = Client(url, entry, where, timeout, late="a longer timeout, or fewer --workers?")
    return _Endpoint(name, path, answer, fields, tuple(stop), frozenset(omit), retries, client)


@dataclass(frozen=True)
class _Endpoint:
    name: str
    path: str
    answer: str
    fields: Mapping[str, Any]
    stop: tuple[str, ...]
    omit: frozenset[str]
    retries: int
    client: Client

    @property
    def url(self) -> str:
        return self.client.url

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> Completions:
        """``n`` completions, by itself: nothing is kept. A run asks by ``request`` and ``send``."""
        return self._exchange.complete(self, prompt, n=n, temperature=temperature, seed=seed)

    @cached_property
    def _exchange(self) -> Exchange:
        return Exchange(slots=64)

    def request(self, prompt: Prompt, *, temperature: float) -> Request:
        body = chat_body(prompt, self.answer) if self.path == CHAT else text_body(prompt)
        stop = [*prompt.stop, *self.stop]
        body |= {"model": self.name, "temperature": temperature} | ({"stop": stop} if stop else {}) | dict(self.fields)
        # What is left out for good shapes no answer; max_tokens is sent by its other name.
        body = {name: value for name, value in body.items() if name not in self.omit or name == "max_tokens"}
        text = json.dumps(body, sort_keys=True)
        # A token is at least a byte, in every tokenizer that starts from bytes; and JSON only adds some.
        headers = json.dumps(dict(self.client.access.headers), sort_keys=True) if self.client.access.headers else ""
        bounds = (len(text), self._longest_answer)
        return Request(self.url, self.name, self.path, text, *bounds, headers=headers, single="n" in self.omit)

    @property
    def _longest_answer(self) -> int | None:
        longest = self.fields.get("max_tokens", self.fields.get("max_completion_tokens"))
        return longest if isinstance(longest, int) else None

    def send(self, request: Request, *, n: int, seed: int, without: Set[str]) -> Reply:
        body = sent(json.loads(request.body), self.path, n=n, seed=seed, without=self.omit | without)
        told = self._post(json.dumps(body).encode())
        return answer(*told, body=body, key_name=self.client.access.key_name, where=self.client.where)

    def _post(self, body: bytes) -> Told:
        # What the library makes of an answer takes it longer than the call itself: it is asked for the text.
        raw = {"X-Stainless-Raw-Response": "true"}

        def post(client: Any, headers: Mapping[str, Any]) -> Any:
            return client.post(self.path, cast_to=object, content=body, options={"headers": {**raw, **headers}})

        return self.client.called(post)

    # --- in batches ---

    def line(self, request: Request, *, n: int, seed: int, without: Set[str]) -> str:
        return json.dumps(sent(json.loads(request.body), self.path, n=n, seed=seed, without=self.omit | without))

    def submit(self, lines: Sequence[tuple[str, str]], token: str) -> str:
        return self._batches.submit(lines, token)

    def find(self, token: str) -> str | None:
        return self._batches.find(token)

    def state(self, batch: str) -> BatchState:
        return self._batches.state(batch)

    def results(self, batch: str) -> Iterator[tuple[str, Reply | CallFailed]]:
        # What a line held is not kept: it may have had any of these.
        names = {*OPTIONAL, *self.fields, "tools", "tool_choice", "response_format"}
        return self._batches.results(batch, dict.fromkeys(names) | {"n": 2})

    @property
    def _batches(self) -> BatchApi:
        return BatchApi(self.client.called, self.path, self.client.access.key_name, self.client.where)


def _fields(value: Any) -> Iterator[str]:
    """The names in a value of JSON, at any depth."""
    if isinstance(value, Mapping):
        yield from map(str, value)
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from _fields(inner)
