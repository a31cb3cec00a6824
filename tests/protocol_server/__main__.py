"""python -m tests.protocol_server: the first line that it prints is its URL."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import sys
import threading

from tests.protocol_server.connection import listen
from tests.protocol_server.service import Service
from tests.protocol_server.settings import Settings, changed, from_text


async def serve(settings: Settings, port: int, while_stdin: bool) -> None:
    """Serve until an interrupt, or the end of the standard input."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop.set)

    if while_stdin:
        threading.Thread(target=watch, daemon=True).start()
    await listen(Service(settings), port, lambda port: print(f"http://127.0.0.1:{port}/v1", flush=True), stop)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.protocol_server", description=Settings.__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, default=0, help="by default a free one")
    parser.add_argument("--while-stdin", action="store_true", help="end when the standard input ends")
    names = [field.name for field in dataclasses.fields(Settings)]
    for name in names:
        parser.add_argument(f"--{name.replace('_', '-')}")
    told = vars(parser.parse_args())
    try:
        given = {name: from_text(name, told[name]) for name in names if told[name] is not None}
        settings = changed(Settings(), given)
    except (ValueError, OSError) as wrong:
        parser.error(str(wrong))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(settings, told["port"], told["while_stdin"]))


if __name__ == "__main__":
    main()
