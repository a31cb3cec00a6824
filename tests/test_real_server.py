"""The openai model against an independent server: ``transformers serve`` with a tiny model made on the spot.

    pip install -e ".[dev,real-server]"
    python -m pytest -m real_server

Nothing else is downloaded, and no GPU needed, for which torch brings gigabytes along unless its CPU build is there.
The server differs from the protocol as many do: one choice a call whatever n is, a plain-text 500 for much that is
wrong with a request, errors without an error object, no /v1/models.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tiny_model import SHORTEST, wait_for
from text2sql.config import load
from text2sql.outcome import Scored
from text2sql.queries import query
from text2sql.runner import run

pytestmark = pytest.mark.real_server

PACKAGES = ("torch", "transformers", "tokenizers", "fastapi", "uvicorn")
MODEL = "tiny-model"

EXPERIMENT = """
[data]
use = "tiny"
[[configuration]]
name = "asked"
model = { use = "embedded" }
prompt = { use = "create_table" }
generator = { use = "direct", n = 1, temperature = 0.0 }
"""


@dataclass(frozen=True)
class Server:
    """A server that runs; ``url`` ends in /v1, ``log`` is what it has printed."""

    url: str
    log: Path

    @property
    def asked(self) -> int:
        """How often it was asked for a completion."""
        return self.log.read_text(encoding="utf-8", errors="replace").count("POST /v1/chat/completions")

    def overrides(self, **more: object) -> list[str]:
        """What --set takes, to ask this server."""
        model = {"model.use": "openai", "model.name": MODEL, "model.base_url": self.url}
        return [f"{key}={value}" for key, value in {**model, **more}.items()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server, from when it answers; it never looks for a model elsewhere."""
    if missing := [name for name in PACKAGES if find_spec(name) is None]:
        pytest.skip(f"no {', '.join(missing)}: pip install -e '.[dev,real-server]'")
    folder = tmp_path_factory.mktemp("server")
    offline = {"HF_HOME": str(folder / "home"), "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    environment = os.environ | offline
    make = [sys.executable, "-m", "tests.tiny_model", str(folder / MODEL)]
    subprocess.run(make, cwd=ROOT, env=environment, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # The model is called as it is named here: by its folder, seen from the folder in which the server starts.
    serve = [sys.executable, "-m", "transformers.cli.transformers", "serve", MODEL, "--device", "cpu"]
    log = folder / "log.txt"
    with (
        log.open("wb") as printed,
        subprocess.Popen(
            [*serve, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder, env=environment, stdout=printed, stderr=subprocess.STDOUT,
        ) as process,
    ):  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, log)
            yield Server(f"http://127.0.0.1:{port}/v1", log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither keys nor proxies of the machine."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    file = tmp_path / "asked.toml"
    file.write_text(EXPERIMENT, encoding="utf-8")
    return file


def ask(experiment: Path, server: Server, limit: int, overrides: Mapping[str, object]) -> Scored:
    runs = run(load(experiment, overrides=server.overrides(**overrides)), limit=limit, progress=False)
    return runs["asked"]


def texts(done: Scored) -> list[str]:
    """What the model said, word for word."""
    candidates = [candidate for record in done.run.records.values() for candidate in record["candidates"]]
    return [text for candidate in candidates for text, _ in candidate["said"]]


def test_a_completion_has_text_and_tokens(experiment: Path, server: Server) -> None:
    done = ask(experiment, server, 1, {})
    (text,) = texts(done)
    assert text
    (call,) = (call for call in done.run.calls() if call.n)
    assert (call.stage, call.model, call.n, call.cost, call.error) == ("generate", MODEL, 1, None, "")
    assert call.completion_tokens == SHORTEST + 1
    assert call.prompt_tokens is not None and call.prompt_tokens > 100


def test_as_many_completions_as_asked_for(experiment: Path, server: Server) -> None:
    before = server.asked
    done = ask(experiment, server, 1, {"generator.n": 3, "generator.temperature": 0.8})
    # This server gives one a call: each call has a seed of its own, or all would say the same.
    assert len(set(texts(done))) == len(texts(done)) == 3
    assert server.asked - before == 3


def test_max_tokens_cuts(experiment: Path, server: Server) -> None:
    done = ask(experiment, server, 1, {"model.max_tokens": SHORTEST})
    (call,) = (call for call in done.run.calls() if call.n)
    assert call.completion_tokens == SHORTEST
    found = query("SELECT problem, sql FROM candidates", [done.run.folder]).rows
    assert [tuple(row) for row in found] == [("cut_off", "")]


def text2sql(experiment: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    sets = [word for override in overrides for word in ("--set", override)]
    return subprocess.run(
        [sys.executable, "-m", "text2sql", "run", str(experiment), "--limit", "5", "--workers", "4", "--quiet", *sets],
        cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


def test_a_run_is_answered_and_asks_nothing_twice(experiment: Path, server: Server) -> None:
    overrides = server.overrides(**{"generator.n": 2, "generator.temperature": 0.7})
    before = server.asked
    done = text2sql(experiment, *overrides)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tiny dev, sample of 5 of ")
    (row,) = (line for line in done.stdout.splitlines() if line.startswith("asked "))
    assert " 5/5 " in row
    assert server.asked - before == 10

    again = text2sql(experiment, *overrides)
    assert (again.returncode, again.stderr, again.stdout) == (0, "", done.stdout)
    assert server.asked - before == 10


def test_a_wrong_name_is_one_clear_line(experiment: Path, server: Server) -> None:
    done = text2sql(experiment, *server.overrides(**{"model.name": "another"}))
    unanswered = query("SELECT DISTINCT unanswered FROM predictions", [experiment.parent / "runs"]).rows
    said = {line for line in [*done.stderr.splitlines(), *(row[0] for row in unanswered)] if "another" in line}
    refused = f"400: Server is pinned to '{MODEL}'; requested 'another'."
    assert said and all(f"another at {server.url.split('/')[2]}: {refused}" in line for line in said)
    assert done.returncode == 3 and "text2sql: the first 5 calls failed; " in done.stderr
