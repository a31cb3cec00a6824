"""An HTTP server on localhost that speaks the OpenAI protocol as a test tells it to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer; ``status`` 0 closes the connection without a word, ``seconds`` pass before it."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class Endpoint:
    """The answers in their order, the last one for good, and all that was seen; ``keep`` connections or end them.

    ``answers``: what makes the answer to a body, in place of ``replies``.
    """

    url: str = ""
    replies: list[Reply] = field(default_factory=list)
    answers: Callable[[Any], Reply] | None = None
    paths: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    open: set[object] = field(default_factory=set)
    keep: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        """Name and port."""
        return self.url.split("/")[2]

    def reply(self, path: str, body: Any, headers: dict[str, str]) -> Reply:
        """Note a request; its answer."""
        with self.lock:
            self.paths.append(path)
            self.bodies.append(body)
            self.headers.append(headers)
            if self.answers is None:
                return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        return self.answers(body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, endpoint: Endpoint, *args: object) -> None:
        self.endpoint = endpoint
        super().__init__(*args)  # type: ignore[arg-type]

    def handle(self) -> None:
        self.endpoint.open.add(self.client_address)
        super().handle()
        self.endpoint.open.remove(self.client_address)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        reply = self.endpoint.reply(self.path, body, {name.lower(): value for name, value in self.headers.items()})
        time.sleep(reply.seconds)
        self.close_connection = not self.endpoint.keep
        if not reply.status:
            return
        sent = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        kind = {"Content-Type": "application/json", "Connection": "keep-alive" if self.endpoint.keep else "close"}
        for name, value in {**kind, **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        with suppress(OSError):  # the client did not wait
            self.wfile.write(sent)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for every answer
    request_queue_size = 128  # many clients come at once


@contextmanager
def serving() -> Iterator[Endpoint]:
    """An endpoint that listens."""
    endpoint = Endpoint()
    with _Server(("127.0.0.1", 0), partial(_Handler, endpoint)) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()


def choice(text: str | None, reason: str | None = "stop", **message: object) -> dict[str, object]:
    """One completion of a chat."""
    said = {"role": "assistant", "content": text, **message}
    return {"index": 0, "finish_reason": reason, "message": said}


def chat(*choices: dict[str, object], usage: tuple[int, int] | None = (7, 3)) -> dict[str, object]:
    """The body of an answer; ``usage``: tokens of the prompt and of all completions."""
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": list(choices)}
    if usage is None:
        return body
    prompt, completion = usage
    tokens = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return {**body, "usage": tokens}


def failure(
    message: str, *, param: object = None, code: object = None, type: str = "invalid_request_error"
) -> dict[str, object]:
    """The body of a refusal."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}
