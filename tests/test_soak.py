"""Thousands of calls to an endpoint that fails in every way, in a run that is killed again and again."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from tests.protocol_server import Served, serve
from text2sql.store import FILES

pytestmark = pytest.mark.slow

EXPERIMENT = """
[data]
use = "spiderling"
[defaults]
model = { use = "openai", name = "m", base_url = "URL", max_tokens = 50, timeout = 2.0, retries = 8 }
[[configuration]]
name = "soaked"
retriever = { use = "hyde", k = 3 }
generator = { use = "direct", n = 4, temperature = 0.7 }
voter = "majority"
"""
PRICES = '["*".m]\ninput = 1.0\noutput = 10.0\n'
# A third of all calls.
FAULTS = {
    **{"late": 0.01, "dropped": 0.04, "dropped_midway": 0.04, "malformed": 0.04, "empty_choices": 0.03},
    **{"429": 0.02, "429+retry_after": 0.02, "500": 0.04, "503": 0.03, "cut_off": 0.01, "refused": 0.01},
    **{"usage_negative": 0.01, "usage_missing": 0.01, "usage_text": 0.01, "usage_huge": 0.01},
}
WHOLE = {"fine", "cut_off", "refused"}  # the answer came, with its tokens
UNCOUNTED = {"usage_negative", "usage_missing", "usage_text", "usage_huge"}  # it came, without
KILLS, WORKERS = 5, 64


def test_nothing_is_lost_asked_twice_or_counted_wrong(tmp_path: Path) -> None:
    server_settings = {
        **{"latency": 0.05, "n": "ignored", "faults": FAULTS, "faulty_attempts": 4, "late_seconds": 3.0},
        **{"retry_after": 0.05, "refuse": ["temperature"], "text": "SELECT {sample}", "log": True},
    }
    with serve(apart=True, **server_settings) as server:
        file = _experiment(tmp_path / "cut", server)
        for kill in range(KILLS):
            process = _start(file, "run")
            _until_received(400 * (kill + 1), server, process)
            process.kill()
            process.wait()
        assert _start(file, "run").wait() == 0
        stats = server.stats()
        asked_of_the_finished = len(stats["calls"])
        assert _start(file, "run").wait() == 0
        assert len(server.stats()["calls"]) == asked_of_the_finished

        came = defaultdict[tuple[str, int], list[tuple[int, int] | None]](list)  # tokens, None where untold
        for digest, seed, _, _, outcome, *tokens in stats["calls"]:
            if outcome in WHOLE | UNCOUNTED:
                came[digest, seed].append((tokens[0], tokens[1]) if outcome in WHOLE else None)
        run = next((tmp_path / "cut" / "runs").glob("**/run.json")).parent
        predictions = [json.loads(line) for line in (run / "predictions.jsonl").read_text().splitlines()]
        assert len(stats["calls"]) > 2000
        assert len(predictions) == 459 and not any("unanswered" in prediction for prediction in predictions)

        # Each answer once: what came and was not kept was in flight when a run was killed.
        with closing(sqlite3.connect(tmp_path / "cut" / "cache" / "text2sql" / "responses.sqlite")) as cache:
            calls = cache.execute("SELECT id, prompt_tokens, completion_tokens FROM calls").fetchall()
            (samples,) = cache.execute("SELECT count(*) FROM samples").fetchone()
        assert samples == len(calls) == 459 * (1 + 4)
        lost = sum(map(len, came.values())) - len(calls)
        assert 0 <= lost <= KILLS * WORKERS

        # The ledger is the server's own account, of what came.
        lines = [json.loads(line) for line in (run / "calls.jsonl").read_text().splitlines()]
        requests = [request for line in lines for request in line.get("requests", ())]
        assert sorted(requests) == sorted(id for id, _, _ in calls)
        known = Counter((prompt, completion) for _, prompt, completion in calls if prompt is not None)
        told = Counter(tokens for each in came.values() for tokens in each if tokens is not None)
        assert known <= told and (told - known).total() <= lost
        paid = sum(line["paid"] for line in lines if line.get("paid") is not None)
        assert paid == pytest.approx(sum(prompt + 10 * completion for prompt, completion in known.elements()) / 1e6)


def test_the_final_files_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    faults = {"dropped": 0.1, "dropped_midway": 0.1, "malformed": 0.05, "500": 0.05, "usage_missing": 0.05}
    with serve(apart=True, n="ignored", text="SELECT {sample}", latency=0.1, faults=faults) as server:
        cut = _experiment(tmp_path / "cut", server)
        for kill in range(3):
            process = _start(cut, "run", "--limit", "100")
            _until_received(150 * (kill + 1), server, process)
            process.kill()
            process.wait()
        assert _start(cut, "run", "--limit", "100").wait() == 0
        server.set(faults={}, latency=0.0)
        whole = _experiment(tmp_path / "whole", server)
        assert _start(whole, "run", "--limit", "100").wait() == 0
    (one,), (other,) = ((file.parent / "runs" / "soak").iterdir() for file in (cut, whole))
    assert one.name == other.name
    for name in FILES:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def _experiment(folder: Path, server: Served) -> Path:
    folder.mkdir()
    (folder / "prices.toml").write_text(PRICES, encoding="utf-8")
    file = folder / "soak.toml"
    file.write_text(EXPERIMENT.replace("URL", server.url), encoding="utf-8")
    return file


def _start(file: Path, command: str, *options: str) -> subprocess.Popen[bytes]:
    arguments = [
        str(file),
        *options,
        "--quiet",
        "--workers",
        str(WORKERS),
        "--prices",
        str(file.with_name("prices.toml")),
    ]
    environment = os.environ | {"XDG_CACHE_HOME": str(file.parent / "cache"), "NO_PROXY": "*"}
    return subprocess.Popen(
        [sys.executable, "-m", "text2sql", command, *arguments], env=environment, stdout=subprocess.DEVNULL
    )


def _until_received(calls: int, server: Served, process: subprocess.Popen[bytes]) -> None:
    while server.stats()["received"] < calls:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.05)
