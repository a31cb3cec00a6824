"""The server beside a test: started, set, asked for its ledger, stopped."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.protocol_server.connection import listen
from tests.protocol_server.service import Service
from tests.protocol_server.settings import Settings, changed

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running server; ``url`` is the base_url of clients, ``pid`` its process where that is its own."""

    port: int
    pid: int | None = None

    @property
    def url(self) -> str:
        """It ends in /v1."""
        return f"http://127.0.0.1:{self.port}/v1"

    def set(self, **settings: Any) -> None:
        """Change settings. Raises urllib.error.HTTPError for what cannot be."""
        self._call("/_set", settings)

    def reset(self) -> None:
        """Forget everything but the settings: the ledger, attempts, limits, files, batches, jobs."""
        self._call("/_reset", {})

    def stats(self) -> dict[str, Any]:
        """The server's own account; ``ledger.py`` says what is in it."""
        told: dict[str, Any] = self._call("/_stats")
        return told

    def _call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data)
        # No proxy of the machine's stands between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def serve(*, apart: bool = False, **settings: Any) -> Iterator[Served]:
    """A server with these settings on a free port, in a thread, or ``apart`` in a process of its own."""
    if apart:
        with _process() as served:
            served.set(**settings)
            yield served
    else:
        with _thread(changed(Settings(), settings)) as served:
            yield served


@contextmanager
def _thread(settings: Settings) -> Iterator[Served]:
    started: SimpleQueue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()

    async def main() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        await listen(Service(settings), 0, lambda port: started.put((port, loop, stop)), stop)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    port, loop, stop = started.get(timeout=30)
    try:
        yield Served(port)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@contextmanager
def _process() -> Iterator[Served]:
    command = [sys.executable, "-m", "tests.protocol_server", "--while-stdin"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        try:
            yield Served(int(process.stdout.readline().rpartition(":")[2].split("/")[0]), process.pid)
        finally:
            process.stdin.close()  # which ends it, as our own end would
