"""The two sides of ``calls``, each in a process of its own, so that processor time and memory are its own.

    python -m tests.benchmarks._callers bare|run TASK.json

The last line of the output is JSON: ``seconds`` and ``cpu`` of the work, imports left out, ``samples`` of the monotonic
clock with the processor seconds until then, the peak of memory ``rss`` in MB, and questions left ``unanswered``.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


def bare(task: dict[str, Any]) -> int:
    """The client's own loop over all calls; ``prompts``: a file of messages, asked ``times`` with other seeds."""
    from openai import OpenAI

    client = OpenAI(api_key="none", base_url=task["url"], max_retries=0)
    prompts = json.loads(Path(task["prompts"]).read_text(encoding="utf-8"))
    calls = [(messages, seed) for messages in prompts for seed in range(task["times"])]
    options = {"n": task["n"]} if task["n"] > 1 else {}

    def ask(call: tuple[Any, int]) -> str | None:
        messages, seed = call
        answer = client.chat.completions.create(model="m", messages=messages, temperature=0.7, seed=seed, **options)
        return str(answer.choices[0].message.content)

    with ThreadPoolExecutor(task["workers"]) as threads:
        return sum(text is None for text in threads.map(ask, calls))


def run(task: dict[str, Any]) -> int:
    """The same by an experiment."""
    import text2sql as t2s

    experiment = t2s.load(task["experiment"])
    runs = t2s.run(experiment, workers=task["workers"], out=Path(task["out"]), progress=False)
    return sum("unanswered" in record for scored in runs.values() for record in scored.run.records.values())


def peak() -> float | None:
    """The most memory that this process has held, in MB; None where the system does not say."""
    try:  # not ru_maxrss on Linux: there it begins with what the parent process held
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    sides: dict[str, Callable[[dict[str, Any]], int]] = {"bare": bare, "run": run}
    import openai  # noqa: F401

    side, task = sides[sys.argv[1]], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    samples: list[tuple[float, float]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            samples.append((time.monotonic(), time.process_time()))

    watcher = threading.Thread(target=watch)
    start, cpu = time.perf_counter(), time.process_time()
    watcher.start()
    try:
        unanswered = side(task)
    finally:
        done.set()
    told = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "samples": samples}
    print(json.dumps({**told, "rss": peak(), "unanswered": unanswered}))


if __name__ == "__main__":
    main()
