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
from text2sql.models import _batch
from text2sql.models._failures import no_answer, refusal, short
from text2sql.models._wire import CHAT, COMPLETIONS, OPTIONAL, chat_body, reply, sent, text_body
from text2sql.protocols import Model
from text2sql.types import BatchState, Completions, Prompt, Reply, Request

if TYPE_CHECKING:
    from openai import OpenAI

_OPENAI = "https://api.openai.com/v1"
_PAGES = 10  # of a hundred batches each, newest first, among which one is looked for
_TAKEN = ("model", "messages", "prompt", "n", "seed", "stream", "temperature", "stop", "tools", "max_tokens")
_SECRET = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)


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
    if not fits or "@" in url or "?" in url:
        raise ConfigError(
            f"model {name!r}: base_url is to read like http://localhost:8000/v1, without name, password or key, "
            f"not {_hidden(url)!r}"
        )
    if timeout <= 0 or retries < 0 or (max_tokens or 1) < 1:
        raise ConfigError(f"model {name!r}: timeout and max_tokens are above 0, retries at least 0")
    if api == "completions" and answer != "text":
        raise ConfigError(f'model {name!r}: answer = "{answer}" needs api = "chat"')
    for header, value in (headers or {}).items():
        if _SECRET.search(header) and "${" not in value:
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
    if taken := [field for field in body or {} if field in _TAKEN]:
        raise ConfigError(f"model {name!r}: body may not hold {taken[0]!r}: that is set elsewhere")
    fields = {key: value for key, value in given.items() if value is not None} | dict(body or {})
    if url == _OPENAI and "max_tokens" in fields:
        omit = (*omit, "max_tokens")  # OpenAI's own name for it, which all its models know
    access = _Access(api_key_env, needed=not (base_url or os.environ.get("OPENAI_BASE_URL")), headers=headers or {})
    path = CHAT if api == "chat" else COMPLETIONS
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
        if not key.isascii():
            raise CallFailed(f"the key in {self.key_name} is not plain ASCII", "account")
        return key

    def filled(self) -> dict[str, str]:
        """The headers with the environment's values. Raises CallFailed."""
        return {name: re.sub(r"\$\{(\w+)\}", self._value, value) for name, value in self.headers.items()}

    def _value(self, match: re.Match[str]) -> str:
        if (value := os.environ.get(match[1])) is None:
            raise CallFailed(f"no environment variable {match[1]}, which a header names", "account")
        return value.strip()

    def without_secrets(self, text: str) -> str:
        """A text of the server's, which may repeat what it was sent."""
        names = [self.key_name, *re.findall(r"\$\{(\w+)\}", " ".join(self.headers.values()))]
        for secret in filter(None, (os.environ.get(name, "").strip() for name in names)):
            text = text.replace(secret, "***")
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
        text = json.dumps(body, sort_keys=True)
        # A token is at least a byte, in every tokenizer that starts from bytes.
        longest = len(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        return Request(self.url, self.name, self.path, text, longest, self._longest_answer)

    @property
    def _longest_answer(self) -> int | None:
        return self.fields.get("max_tokens") or self.fields.get("max_completion_tokens")

    def send(self, request: Request, *, n: int, seed: int, without: Set[str]) -> Reply:
        body = sent(json.loads(request.body), self.path, n=n, seed=seed, without=self.omit | without)
        status, content, headers = self._post(json.dumps(body).encode())
        if status >= 400:
            names = body.keys() - {"model", "messages", "prompt"}
            raise refusal(status, content, headers, sent=names, key_name=self.access.key_name, where=self.where)
        try:
            return reply(json.loads(content), headers)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise no_answer(content, error, self.where) from None

    def _post(self, body: bytes) -> tuple[int, str, Mapping[str, str]]:
        # What the library makes of an answer takes it longer than the call itself: it is asked for the text.
        raw: Any = {"headers": {"X-Stainless-Raw-Response": "true"}}
        return self._called(lambda client: client.post(self.path, cast_to=object, content=body, options=raw))

    def _called(self, call: Callable[[OpenAI], Any]) -> tuple[int, str, Mapping[str, str]]:
        """Status, body and headers of the raw answer to a call. Raises CallFailed where none comes."""
        from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

        try:
            answer = call(self._client).http_response
            return 200, self.access.without_secrets(answer.text), answer.headers
        except APIStatusError as error:
            return error.status_code, self.access.without_secrets(error.response.text), error.response.headers
        except APITimeoutError:
            line = "no answer in time; a longer timeout, or fewer --workers?"
        except APIConnectionError as error:
            line = f"no connection ({short(error.__cause__)}); is the server running, and base_url right?"
        except OpenAIError as error:
            line = short(error)
        # Not "from error": what hangs on it holds the request, and the key with it.
        raise CallFailed(f"{self.where}: {self.access.without_secrets(line)}", "passing")

    # --- in batches ---

    def line(self, request: Request, *, n: int, seed: int, without: Set[str]) -> str:
        return json.dumps(sent(json.loads(request.body), self.path, n=n, seed=seed, without=self.omit | without))

    def submit(self, lines: Sequence[tuple[str, str]], token: str) -> str:
        file = ("text2sql.jsonl", _batch.input_file(lines, self.path))
        given = self._said(lambda client: client.files.with_raw_response.create(file=file, purpose="batch"))
        options: Any = {"endpoint": _batch.target(self.path), "completion_window": "24h"}
        options |= {"input_file_id": given["id"], "metadata": {_batch.TOKEN: token}}
        return str(self._said(lambda client: client.batches.with_raw_response.create(**options))["id"])

    def find(self, token: str) -> str | None:
        options: dict[str, Any] = {"limit": 100}
        for _ in range(_PAGES):
            page = self._said(lambda client: client.batches.with_raw_response.list(**options), "data")
            for batch in page["data"]:
                if (batch.get("metadata") or {}).get(_batch.TOKEN) == token:
                    return str(batch["id"])
            if not page["data"] or not page.get("has_more"):
                break
            options["after"] = page["data"][-1]["id"]
        return None

    def state(self, batch: str) -> BatchState:
        status, content, headers = self._called(lambda client: client.batches.with_raw_response.retrieve(batch))
        if status == 404:
            said = f"is the key in {self.access.key_name} the one that sent it?"
            return BatchState("lost", "not found", message=said)
        return _batch.state(self._json(status, content, headers, "status"))

    def results(self, batch: str) -> Iterator[tuple[str, Reply | CallFailed]]:
        names = frozenset({*OPTIONAL, *self.fields, "tools", "tool_choice", "response_format"})
        for file in _batch.output_files(self._said(lambda client: client.batches.with_raw_response.retrieve(batch))):
            yield from _batch.results(self._content(file), sent=names, key_name=self.access.key_name, where=self.where)

    def _content(self, file: str) -> str:
        """A file's text; none where it was deleted: its lines have no answer then."""
        status, content, headers = self._called(lambda client: client.files.with_raw_response.content(file))
        if status >= 400 and status != 404:
            self._json(status, content, headers)
        return content if status < 400 else ""

    def _said(self, call: Callable[[OpenAI], Any], field: str = "id") -> dict[str, Any]:
        return self._json(*self._called(call), field)

    def _json(self, status: int, content: str, headers: Mapping[str, str], field: str = "id") -> dict[str, Any]:
        """An answer of the Batch API, which has this field. Raises CallFailed where it is none."""
        if status in (404, 405, 501):
            raise CallFailed(f"{self.where}: {status}: it has no Batch API; run without --batch", "account")
        if status >= 400:
            raise refusal(status, content, headers, sent=set(), key_name=self.access.key_name, where=self.where)
        try:
            said: dict[str, Any] = json.loads(content)
            said[field]
            return said
        except (ValueError, TypeError, LookupError) as error:
            raise no_answer(content, error, self.where) from None

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
        key, headers = self.access.key(), self.access.filled()
        client = OpenAI(
            api_key=key or "none", base_url=self.url, timeout=patience, max_retries=0, default_headers=headers
        )
        # The client refers to itself: else its connections would stay open until the garbage collector comes by.
        weakref.finalize(self, client.close).atexit = False
        return client


def _hidden(url: str) -> str:
    """A URL without what may be secret in it."""
    return re.sub(r"//[^/@]*@", "//***@", url.partition("?")[0])
