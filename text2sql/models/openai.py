"""Any OpenAI-compatible endpoint as a model: OpenAI, vLLM, Ollama, llama.cpp and many more.

It only translates; ``exchange.py`` keeps the answers, paces the calls and tries again. The client is imported with
the first call: that takes half a second.
"""

from __future__ import annotations

import json
import os
import re
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from text2sql.errors import CallFailed, ConfigError
from text2sql.exchange import Exchange
from text2sql.models._batch import BatchApi
from text2sql.models._failures import answer, short
from text2sql.models._wire import CHAT, COMPLETIONS, OPTIONAL, chat_body, sent, text_body
from text2sql.protocols import Model
from text2sql.types import BatchState, Completions, Prompt, Reply, Request

if TYPE_CHECKING:
    from openai import OpenAI

_OPENAI = "https://api.openai.com/v1"
_TAKEN = ("model", "messages", "prompt", "n", "best_of", "seed", "stream", "temperature", "stop", "tools")
_SECRET = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)
_SECRET_FIELD = re.compile(r"api.?key|secret|password|credential|authorization", re.IGNORECASE)
_FROM_ENVIRONMENT = re.compile(r"(?:[\w-]+[ =])?\$\{\w+\}")  # maybe after the name of a scheme or a cookie
_SHORTEST_SECRET = 8  # what is shorter, as the keys that local servers are given, is in many an answer by chance
_NO_KEY = "none"


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
    url = (base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI).rstrip("/")
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or re.search("[@?#]", url):
        raise ConfigError(
            f"model {name!r}: base_url is to read like http://localhost:8000/v1, without name, password or key, "
            f"not {_hidden(url)!r}"
        )
    if not timeout > 0 or retries < 0 or (max_tokens is not None and max_tokens < 1):
        raise ConfigError(f"model {name!r}: timeout and max_tokens are above 0, retries at least 0")
    if api == "completions" and answer != "text":
        raise ConfigError(f'model {name!r}: answer = "{answer}" needs api = "chat"')
    for header, value in (headers or {}).items():
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", header, re.ASCII) or not re.fullmatch("[ -~]*", value):
            raise ConfigError(f"model {name!r}: header {header!r} is to be a plain name with a line of ASCII")
        secret = _SECRET.search(header) or re.match(r"(?:bearer|basic)\b", value, re.IGNORECASE)
        if secret and not _FROM_ENVIRONMENT.fullmatch(value):
            raise ConfigError(
                f"model {name!r}: header {header!r} holds a secret: write ${{NAME}}, an environment variable"
            )
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
    if url == _OPENAI and path == CHAT:
        omit = (*omit, "max_tokens")  # OpenAI's own name for it, which all its chat models know
    access = _Access(api_key_env, needed=not (base_url or os.environ.get("OPENAI_BASE_URL")), headers=headers or {})
    return _Endpoint(name, url, path, answer, fields, tuple(stop), frozenset(omit), retries, timeout, access)


@dataclass(frozen=True)
class _Access:
    """What lets us in: read from the environment when it is needed, and never shown."""

    key_name: str
    needed: bool
    headers: Mapping[str, str]

    def key(self) -> str:
        """Raises CallFailed where there is none."""
        key = os.environ.get(self.key_name, "").strip()
        if not key and self.needed:
            raise CallFailed(f"no key; set {self.key_name}, or give the base_url of a server without keys", "account")
        if not re.fullmatch("[!-~]*", key):
            raise CallFailed(f"the key in {self.key_name} is not plain ASCII without blanks", "account")
        return key

    def filled(self) -> dict[str, str]:
        """The headers with the environment's values. Raises CallFailed."""
        return {name: re.sub(r"\$\{(\w+)\}", self._value, value) for name, value in self.headers.items()}

    def _value(self, match: re.Match[str]) -> str:
        if (value := os.environ.get(match[1])) is None:
            raise CallFailed(f"no environment variable {match[1]}, which a header names", "account")
        if not re.fullmatch("[ -~]*", value.strip()):
            raise CallFailed(f"the environment variable {match[1]}, for a header, is no line of plain ASCII", "account")
        return value.strip()

    def without_secrets(self, text: str) -> str:
        """A text of the server's, which may repeat what it was sent."""
        names = [self.key_name, *re.findall(r"\$\{(\w+)\}", " ".join(self.headers.values()))]
        for secret in (os.environ.get(name, "").strip() for name in names):
            if len(secret) >= _SHORTEST_SECRET:
                for written in (secret, json.dumps(secret)[1:-1]):
                    text = text.replace(written, "***")
        return text


@dataclass(frozen=True)
class _Endpoint:
    name: str
    url: str
    path: str
    answer: str
    fields: Mapping[str, Any]
    stop: tuple[str, ...]
    omit: frozenset[str]
    retries: int
    timeout: float
    access: _Access
    making: Lock = field(default_factory=Lock, repr=False, compare=False)

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
        headers = json.dumps(dict(self.access.headers), sort_keys=True) if self.access.headers else ""
        bounds = (len(text), self._longest_answer)
        return Request(self.url, self.name, self.path, text, *bounds, headers=headers, single="n" in self.omit)

    @property
    def _longest_answer(self) -> int | None:
        longest = self.fields.get("max_tokens", self.fields.get("max_completion_tokens"))
        return longest if isinstance(longest, int) else None

    def send(self, request: Request, *, n: int, seed: int, without: Set[str]) -> Reply:
        body = sent(json.loads(request.body), self.path, n=n, seed=seed, without=self.omit | without)
        told = self._post(json.dumps(body).encode())
        return answer(*told, body=body, key_name=self.access.key_name, where=self.where)

    def _post(self, body: bytes) -> tuple[int, str, Mapping[str, str]]:
        # What the library makes of an answer takes it longer than the call itself: it is asked for the text.
        raw = {"X-Stainless-Raw-Response": "true"}

        def post(client: OpenAI, headers: Mapping[str, Any]) -> Any:
            return client.post(self.path, cast_to=object, content=body, options={"headers": {**raw, **headers}})

        return self._called(post)

    def _called(self, call: Callable[[OpenAI, Mapping[str, Any]], Any]) -> tuple[int, str, Mapping[str, str]]:
        """Status, body and headers of the answer to a call, given its headers. Raises CallFailed where none comes."""
        from openai import APIConnectionError, APIStatusError, APITimeoutError, Omit, OpenAIError

        client, headers = self._client, dict[str, Any]()
        if client.api_key == _NO_KEY and "authorization" not in map(str.lower, self.access.headers):
            headers["Authorization"] = Omit()  # beside a header such as Azure's api-key it would count
        lost = False
        try:
            answer = call(client, headers).http_response
            return 200, self.access.without_secrets(answer.text), answer.headers
        except APIStatusError as error:
            return error.status_code, self.access.without_secrets(error.response.text), error.response.headers
        except APITimeoutError:
            lost = True
            line = "no answer in time; a longer timeout, or fewer --workers?"
        except APIConnectionError as error:
            lost = not type(error.__cause__).__name__.startswith(("Connect", "Proxy"))
            line = f"no connection ({short(error.__cause__ or error)}); is the server running, and base_url right?"
        except OpenAIError as error:
            line = short(error)
        except (ValueError, OSError) as error:  # such as a host name that is none
            line = f"{self.where}: {self.access.without_secrets(short(error))}; is base_url right?"
            raise CallFailed(line, "account") from None
        # Not "from error": what hangs on it holds the request, and the key with it.
        raise CallFailed(f"{self.where}: {self.access.without_secrets(line)}", "passing", lost=lost)

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
        return BatchApi(self._called, self.path, self.access.key_name, self.where)

    @property
    def where(self) -> str:
        """Model and server, as lines for people name them."""
        return f"{self.name} at {urlsplit(self.url).netloc}"

    @property
    def _client(self) -> OpenAI:
        with self.making:
            return self._made

    @cached_property
    def _made(self) -> OpenAI:
        from openai import OpenAI, Timeout

        # A server that is there takes a connection at once, however long its answers take.
        patience = Timeout(self.timeout, connect=min(self.timeout, 10.0))
        try:
            key, headers = self.access.key(), self.access.filled()
        except CallFailed as failure:
            raise CallFailed(f"{self.where}: {failure}", failure.kind) from None
        try:
            client = OpenAI(
                api_key=key or _NO_KEY, base_url=self.url, timeout=patience, max_retries=0, default_headers=headers
            )
        except Exception as error:  # a proxy or certificates of the environment, or the URL
            line = f"{self.where}: no client: {short(error)}; look at base_url, *_PROXY and SSL_CERT_FILE"
            raise CallFailed(self.access.without_secrets(line), "account") from None
        # The client refers to itself: else its connections would stay open until the garbage collector comes by.
        weakref.finalize(self, client.close).atexit = False
        return client


def _hidden(url: str) -> str:
    """A URL without what may be secret in it."""
    return re.sub(r"[?#].*", "", re.sub(r"^(\w+://)?.*@", r"\1***@", url))


def _fields(value: Any) -> Iterator[str]:
    """The names in a value of JSON, at any depth."""
    if isinstance(value, Mapping):
        yield from map(str, value)
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        yield from _fields(inner)
