"""An OpenAI-compatible endpoint: its address, what lets us in, and the client's calls. Nothing here tells a secret.

The client is imported with the first call: that takes half a second.
"""

from __future__ import annotations

import json
import os
import re
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from text2sql.errors import CallFailed, ConfigError

if TYPE_CHECKING:
    from openai import OpenAI

OPENAI = "https://api.openai.com/v1"
USED_UP = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
"""The codes of a quota that no waiting brings back."""

Told: TypeAlias = tuple[int, str, Mapping[str, str]]
"""Status, body and headers of an answer."""

_SECRET = re.compile(r"auth|key|token|secret|cookie|password|credential", re.IGNORECASE)
_FROM_ENVIRONMENT = re.compile(r"(?:[\w-]+[ =])?\$\{\w+\}")  # maybe after the name of a scheme or a cookie
_SHORTEST_SECRET = 8  # what is shorter, as the keys that local servers are given, is in many an answer by chance
_NO_KEY = "none"


def address(who: str, base_url: str | None) -> str:
    """The URL of an endpoint: as given, else OPENAI_BASE_URL, else OpenAI's. Raises ConfigError in the name of who."""
    url = (base_url or os.environ.get("OPENAI_BASE_URL") or OPENAI).rstrip("/")
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or re.search("[@?#]", url):
        raise ConfigError(
            f"{who}: base_url is to read like http://localhost:8000/v1, without name, password or key, "
            f"not {_hidden(url)!r}"
        )
    return url


def access(who: str, base_url: str | None, key_name: str, headers: Mapping[str, str] | None = None) -> Access:
    """What lets us in; with a ``base_url`` the key may be missing. Raises ConfigError for headers that may not be."""
    for header, value in (headers or {}).items():
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", header, re.ASCII) or not re.fullmatch("[ -~]*", value):
            raise ConfigError(f"{who}: header {header!r} is to be a plain name with a line of ASCII")
        secret = _SECRET.search(header) or re.match(r"(?:bearer|basic)\b", value, re.IGNORECASE)
        if secret and not _FROM_ENVIRONMENT.fullmatch(value):
            raise ConfigError(f"{who}: header {header!r} holds a secret: write ${{NAME}}, an environment variable")
    return Access(key_name, needed=not (base_url or os.environ.get("OPENAI_BASE_URL")), headers=headers or {})


@dataclass(frozen=True)
class Access:
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
class Client:
    """The calls of one endpoint. ``where``: its name in lines for people; ``timeout``: seconds of silence.

    ``retries``: further tries that the library makes of a call that failed in passing; ``late``: what may help
    where no answer comes in time.
    """

    url: str
    access: Access
    where: str
    timeout: float
    retries: int = 0
    late: str = "a longer timeout?"
    making: Lock = field(default_factory=Lock, repr=False, compare=False)

    def called(self, call: Callable[[OpenAI, Mapping[str, Any]], Any]) -> Told:
        """Status, body and headers of the answer to a raw call, given its headers.

        Raises CallFailed where none comes; a refusal is an answer.
        """
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
            line = f"no answer in time; {self.late}"
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
        more: dict[str, Any] = {"timeout": patience, "max_retries": self.retries, "default_headers": headers}
        try:
            client = OpenAI(api_key=key or _NO_KEY, base_url=self.url, **more)
        except Exception as error:  # a proxy or certificates of the environment, or the URL
            line = f"{self.where}: no client: {short(error)}; look at base_url, *_PROXY and SSL_CERT_FILE"
            raise CallFailed(self.access.without_secrets(line), "account") from None
        # The client refers to itself: else its connections would stay open until the garbage collector comes by.
        weakref.finalize(self, client.close).atexit = False
        return client


def short(text: object) -> str:
    """One line of at most 200 characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else f"{line[:200]}…"


def error_of(content: str) -> dict[str, Any]:
    """The error of an answer's body, in the shapes that servers have for it; empty where it has none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, dict):
        return {}
    error = body.get("error")
    if isinstance(error, str):
        return {"message": error}
    if isinstance(error, dict):
        return error
    return body if "message" in body or "detail" in body else {}


def _hidden(url: str) -> str:
    """A URL without what may be secret in it."""
    return re.sub(r"[?#].*", "", re.sub(r"^(\w+://)?.*@", r"\1***@", url))
