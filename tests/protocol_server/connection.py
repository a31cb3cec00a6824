"""HTTP/1.1 by hand, since that is several times as fast as asyncio's streams: connections, and where they come in."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

from tests.protocol_server.messages import Answer, Request
from tests.protocol_server.service import Service

_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


class Connection(asyncio.Protocol):
    """One client's connection: a request, its answer, the next request."""

    def __init__(self, service: Service, open_ones: set[Connection]) -> None:
        self._service, self._open = service, open_ones
        self._buffer = bytearray()
        self._head: tuple[str, str, dict[str, str], int] | None = None
        self._answer: Answer | None = None  # waiting to be written, or to have left
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # Without a buffer of its own, the transport says exactly when everything has been written.
        transport.set_write_buffer_limits(0)
        self.transport = transport
        self._open.add(self)
        self._service.ledger.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        self._service.ledger.connections -= 1
        if self._timer:
            self._timer.cancel()
        self._end(written=False)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def resume_writing(self) -> None:
        self._end(written=True)
        self._next()

    def _next(self) -> None:
        """Answer the requests that are here, one after the other."""
        while self._answer is None and (request := self._request()):
            answer = self._answer = self._service.respond(request)
            if answer.seconds > 0:
                self._timer = asyncio.get_running_loop().call_later(answer.seconds, self._later)
            else:
                self._write()

    def _later(self) -> None:
        self._timer = None
        self._write()
        self._next()

    def _write(self) -> None:
        assert self._answer is not None
        answer, transport = self._answer, self.transport
        if answer.share == 0.0:
            transport.abort()
            return
        head = f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Status')}\r\ncontent-type: {answer.kind}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        data = f"{head}content-length: {len(answer.body)}\r\n\r\n".encode() + answer.body
        if answer.share < 1.0:
            transport.write(data[: len(data) - int(len(answer.body) * (1 - answer.share))])
            transport.close()
            return
        transport.write(data)
        if not transport.is_closing() and not transport.get_write_buffer_size():
            self._end(written=True)

    def _end(self, *, written: bool) -> None:
        answer, self._answer = self._answer, None
        if answer and answer.entry:
            self._service.ledger.end(answer.entry, written=written, keep=self._service.settings.log)

    def _request(self) -> Request | None:
        """The next request, once all of it is here."""
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return None
            first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
            del self._buffer[: end + 4]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            method, target, _ = first.split(" ", 2)
            if "transfer-encoding" in headers:
                self.transport.abort()  # no client of ours sends chunks
                return None
            self._head = method, target, headers, int(headers.get("content-length", "0"))
        method, target, headers, length = self._head
        if len(self._buffer) < length:
            return None
        body, self._head = bytes(self._buffer[:length]), None
        del self._buffer[:length]
        path, _, query = target.partition("?")
        return Request(method, unquote(path), dict(parse_qsl(query)), headers, body)


class Listener:
    """Takes connections, but for the time in which the server is down by refusing them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._open: set[Connection] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        service.on_change = self._plan

    async def start(self, port: int) -> None:
        """Listen. Raises OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._service, self._open), "127.0.0.1", port, backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        if not self._timers:
            self._plan()

    def stop(self) -> None:
        """End listening and every connection."""
        if self._server:
            self._server.close()
            self._server = None
        for connection in list(self._open):
            connection.transport.abort()

    def _plan(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        if self._service.settings.down_by == "refused":
            for start, end in self._service.downtimes():
                self._at(start, self.stop)
                self._at(end, self._again)

    def _at(self, seconds: float, do: Callable[[], None]) -> None:
        if seconds > 0 or do == self.stop:
            self._timers.append(asyncio.get_running_loop().call_later(max(seconds, 0), do))

    def _again(self) -> None:
        if self._server is None:
            task = asyncio.get_running_loop().create_task(self.start(self.port))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def listen(service: Service, port: int, ready: Callable[[int], None], stop: asyncio.Event) -> None:
    """Serve until ``stop``; ``ready`` is told the port."""
    listener = Listener(service)
    await listener.start(port)
    ready(listener.port)
    await stop.wait()
    listener.stop()
    await asyncio.sleep(0)  # aborted connections say so in the loop's next round
