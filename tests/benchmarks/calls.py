"""How fast models behind endpoints are called, against a bare loop of the ``openai`` client over the same calls.

    python -m tests.benchmarks.calls [honoured] [ignored] [limits] [cached] [--minutes 2] [--repeats 1]

The server waits 200 ms before every answer and has a process of its own, as each side has. ``honoured``: n = 5 in one
call; ``ignored``: one choice a call, whatever n is. Throughput is taken while calls are made, from the first that
reached the server to the last answer, and over the whole, which has the data set's loading and the run's files in it.
``limits``: 600 requests a minute, four servers at a time; what counts is what comes after the first minute. ``cached``:
the whole command once more, into an empty folder, after the server has gone. All statements have been executed before.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, SHARED
from tests.protocol_server import Served, serve
from text2sql.dataset import Dataset, bundled_folder, load_dataset
from text2sql.prompts.create_table import create_table

WORKERS, LATENCY, SAMPLES, LIMIT = 64, 0.2, 5, 600
PARTS = ("honoured", "ignored", "limits", "cached")
EXPERIMENT = """
title = "calls"
[data]
use = {data}
[defaults]
model = {{ use = "openai", name = "m", base_url = {url} }}
[[configuration]]
name = "direct"
generator = {{ use = "direct", n = {n}, temperature = 0.7 }}
voter = {{ use = "majority" }}
"""


@dataclass(frozen=True)
class Bench:
    """A temporary folder with all that both sides need; ``warm``: a cache with every statement executed."""

    folder: Path
    dataset: Dataset
    answers: dict[str, list[str]]
    prompts: Path
    warm: Path
    numbers: Any

    def experiment(self, url: str) -> Path:
        """The experiment file for a server."""
        file = self.folder / f"experiment-{next(self.numbers)}.toml"
        told = {"data": json.dumps(str(self.dataset.folder)), "url": json.dumps(url), "n": SAMPLES}
        file.write_text(EXPERIMENT.format(**told), encoding="utf-8")
        return file

    def out(self) -> Path:
        """An empty folder for runs."""
        return self.folder / f"runs-{next(self.numbers)}"

    def environment(self) -> dict[str, str]:
        """Variables of a side: a cache of its own, in which everything is executed and nothing was asked."""
        cache = self.folder / f"cache-{next(self.numbers)}"
        # What a server once said, or is like, is known to nobody.
        shutil.copytree(self.warm, cache, ignore=shutil.ignore_patterns("responses*", "endpoints*"))
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        return kept | {"XDG_CACHE_HOME": str(cache), "NO_PROXY": "*", "PYTHONPATH": str(ROOT)}

    def side(self, name: str, **task: Any) -> subprocess.Popen[str]:
        """One side at work."""
        file = self.folder / f"task-{next(self.numbers)}.json"
        file.write_text(json.dumps({"workers": WORKERS, **task}, default=str), encoding="utf-8")
        line = [sys.executable, "-m", "tests.benchmarks._callers", name, str(file)]
        return subprocess.Popen(line, env=self.environment(), cwd=ROOT, stdout=subprocess.PIPE, text=True)


@dataclass(frozen=True)
class Measured:
    """One side over one set of calls: seconds and processor seconds, in all and while calls were made."""

    calls: int
    prompt_tokens: int
    seconds: float
    cpu: float
    calling: float
    calling_cpu: float
    rss: float
    unanswered: int


def prepare(folder: Path) -> Bench:
    """Data, answers, prompts, and a first run that executes every statement."""
    dataset = load_dataset(SHARED.resolve() / "spider") if SHARED.is_dir() else load_dataset(_spiderling(folder))
    sqls = [example.sql for example in dataset.examples]
    # Three samples are gold; the others vary, so that there is something to vote on.
    answers = {
        example.question.text: [sql, sql, other, sql, other]
        for example, sql, other in zip(dataset.examples, sqls, [*sqls[1:], *sqls[:1]], strict=True)
    }
    render, prompts = create_table(), folder / "prompts.json"
    rendered = [render(e.question, dataset.schemas[e.question.db_id], ()) for e in dataset.examples]
    messages = [[{"role": m.role, "content": m.content} for m in prompt.messages] for prompt in rendered]
    prompts.write_text(json.dumps(messages), encoding="utf-8")
    warm = folder / "warm"
    warm.mkdir()
    bench = Bench(folder, dataset, answers, prompts, warm, count())
    with serve(apart=True, answers=answers) as server:
        environment = bench.environment()
        line = [sys.executable, "-m", "text2sql", "run", str(bench.experiment(server.url)), "--out", str(bench.out())]
        line += ["--workers", str(WORKERS), "--quiet"]
        subprocess.run(line, check=True, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    return Bench(folder, dataset, answers, prompts, Path(environment["XDG_CACHE_HOME"]), bench.numbers)


def _spiderling(folder: Path) -> Path:
    """The bundled questions of dev and train as one split, up to as many as Spider dev has."""
    source, made = bundled_folder("spider_data") / "spiderling", folder / "data"
    made.mkdir()
    for name in ("tables.json", "database"):
        (made / name).symlink_to(source / name)
    records = [r for part in ("dev", "train") for r in json.loads((source / f"{part}.json").read_text("utf-8"))]
    (made / "dev.json").write_text(json.dumps(records[:1034]), encoding="utf-8")
    return made


# ---- throughput


def throughput(bench: Bench, n: str, repeats: int) -> None:
    """Both sides in turn, with n honoured or ignored."""
    calls = len(bench.dataset.examples) * (1 if n == "honoured" else SAMPLES)
    print(f"n = {SAMPLES} {n}: {calls} calls, {WORKERS} in flight, {1000 * LATENCY:.0f} ms each")
    sides: dict[str, list[Measured]] = {"bare": [], "run": []}
    with serve(apart=True, answers=bench.answers, latency=LATENCY, n=n) as server:
        for _ in range(repeats):
            asked = {"n": SAMPLES, "times": 1} if n == "honoured" else {"n": 1, "times": SAMPLES}
            task = {"url": server.url, "prompts": bench.prompts, **asked}
            sides["bare"].append(measure(bench, server, "bare", **task))
            task = {"experiment": bench.experiment(server.url), "out": bench.out()}
            sides["run"].append(measure(bench, server, "run", **task))
    if len({(one.calls, one.prompt_tokens) for found in sides.values() for one in found}) > 1:
        told = {side: [(one.calls, one.prompt_tokens) for one in found] for side, found in sides.items()}
        print(f"  not the same calls on both sides; calls and tokens of prompts: {told}")
    ways = {"calling": ("calling", "calling_cpu"), "whole": ("seconds", "cpu")}
    for name, (seconds, cpu) in ways.items():
        medians = {side: _medians(found, seconds, cpu) for side, found in sides.items()}
        for side, (took, used) in medians.items():
            rate, floor = sides[side][0].calls / took, sides["bare"][0].calls / medians["bare"][0]
            print(f"  {name:7} {side:4} {took:7.2f} s  {rate:6.1f} calls/s  {rate / floor:5.3f} x  cpu {used:5.2f} s")
        more = (medians["run"][1] - medians["bare"][1]) / medians["run"][0]
        print(f"  {name:7} cpu of the run on top: {100 * more:.1f} % of a core")
    for side, found in sides.items():
        peak, lost = max(one.rss for one in found), max(one.unanswered for one in found)
        print(f"  memory  {side:4} {peak:7.0f} MB" + (f"  {lost} questions unanswered" if lost else ""), flush=True)


def _medians(found: Sequence[Measured], *names: str) -> list[float]:
    return [statistics.median(getattr(one, name) for one in found) for name in names]


def measure(bench: Bench, server: Served, side: str, **task: Any) -> Measured:
    """One side from its start to its end."""
    server.reset()
    process = bench.side(side, **task)
    printed, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{side} ended with {process.returncode}")
    told, stats = json.loads(printed.splitlines()[-1]), server.stats()
    first, last = stats["first"], stats["last"]
    return Measured(
        stats["delivered"],
        stats["prompt_tokens"],
        told["seconds"],
        told["cpu"],
        last - first,
        _cpu(told["samples"], last) - _cpu(told["samples"], first),
        told["rss"],
        told["unanswered"],
    )


def _cpu(samples: Sequence[tuple[float, float]], moment: float) -> float:
    """Processor seconds until a moment."""
    return min(samples, key=lambda sample: abs(sample[0] - moment))[1]


# ---- limits


def limits(bench: Bench, minutes: int) -> None:
    """How much of a limit is used, and how many calls it turns away."""
    print(f"{LIMIT} requests a minute, from minute 1 to {minutes}")
    kinds = [(window, told) for window in ("bucket", "fixed") for told in (True, False)]
    with ExitStack() as stack:
        servers, sides = [], []
        for window, told in kinds:
            limit = {"requests_per_minute": LIMIT, "window": window, "limit_headers": told, "limit_retry_after": told}
            settings = {"answers": bench.answers, "latency": LATENCY, "n": "ignored", **limit}
            servers.append(stack.enter_context(serve(apart=True, **settings)))
            task = {"experiment": bench.experiment(servers[-1].url), "out": bench.out()}
            sides.append(bench.side("run", **task))
            # The counts are of whole seconds since the first call, so that they need no exact moment.
        while not all(server.stats()["first"] for server in servers):
            time.sleep(0.1)
        time.sleep(60 * minutes + 1)
        found = [server.stats() for server in servers]
        early = [side.poll() is not None for side in sides]
        for side in sides:
            side.kill()
            side.communicate()
    for (window, told), stats, ended in zip(kinds, found, early, strict=True):
        answered, limited = (
            sum(calls for second, calls in stats[name].items() if 60 <= int(second) < 60 * minutes)
            for name in ("answered_per_second", "limited_per_second")
        )
        used, turned_away = answered / (LIMIT * (minutes - 1)), limited / max(1, answered + limited)
        headers = "headers" if told else "no headers"
        line = f"  {window:6} {headers:10} {100 * used:6.1f} % used  {100 * turned_away:5.1f} % of calls 429"
        print(line + ("  ended before its time: questions given up" if ended else ""), flush=True)


# ---- cached


def cached(bench: Bench, patience: float = 60.0) -> None:
    """The whole command with a server that answers at once, then without the server."""
    print(f"the whole command over {len(bench.dataset.examples)} questions, n = {SAMPLES}, all executed")
    environment = bench.environment()
    with serve(apart=True, answers=bench.answers) as server:
        line = [sys.executable, "-m", "text2sql", "run", str(bench.experiment(server.url)), "--quiet"]
        line += ["--workers", str(WORKERS), "--out"]
        _command(line, bench.out(), environment, "asked", None)
    _command(line, bench.out(), environment, "cached", patience)


def _command(line: Sequence[str], out: Path, environment: dict[str, str], name: str, patience: float | None) -> None:
    start = time.perf_counter()
    with subprocess.Popen([*line, str(out)], env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            print(f"  {name:7} more than {patience:.0f} s")
            return
    seconds = time.perf_counter() - start
    lost = sum('"unanswered"' in line for file in out.glob("**/journal.jsonl") for line in file.open(encoding="utf-8"))
    print(f"  {name:7} {seconds:7.2f} s" + (f"  {lost} questions unanswered" if lost else ""), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; by default all")
    parser.add_argument("--minutes", type=int, default=2, help="of the limits, at least 2")
    parser.add_argument("--repeats", type=int, default=1)
    told = parser.parse_args()
    parts = told.parts or PARTS
    if not set(parts) <= set(PARTS) or told.minutes < 2:
        parser.error(f"parts are {', '.join(PARTS)}; minutes are at least 2")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder, "own"))
        bench = prepare(Path(folder))
        for part in parts:
            if part == "limits":
                limits(bench, told.minutes)
            elif part == "cached":
                cached(bench)
            else:
                throughput(bench, part, told.repeats)


if __name__ == "__main__":
    main()
