"""Speed of comparing ten published outputs, against reading their runs.

    python -m tests.benchmarks.compare [--repeats 3]

Runs ten configurations of experiments/leaderboard.toml on ../shared/spider first, which takes a while. First: with an
empty cache of classes; again: as it stays. Seconds of the whole command, and their ratio to opening the ten runs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import ROOT, SHARED

RUNS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = place
        out = Path(place, "runs")
        leaderboard = ROOT / "experiments/leaderboard.toml"
        _text2sql("run", leaderboard, "--data", SHARED / "spider", "--out", out, "--quiet")
        runs = sorted((out / "leaderboard").iterdir())[:RUNS]
        code = "import sys; from pathlib import Path; from text2sql.store import open_run; "
        opening = f"{code}[open_run(Path(folder)) for folder in sys.argv[1:]]"

        def first() -> float:
            shutil.rmtree(Path(place, "text2sql/classes"), ignore_errors=True)
            return _seconds(lambda: _text2sql("compare", *runs, "--flips", "0"))

        def again() -> float:
            return _seconds(lambda: _text2sql("compare", *runs, "--flips", "0"))

        rounds = [[_seconds(lambda: _python("-c", opening, *runs)), first(), again()] for _ in range(repeats)]
        floor, *others = (statistics.median(times) for times in zip(*rounds, strict=True))
        for name, seconds in (("opened", floor), *zip(("first", "again"), others, strict=True)):
            print(f"  {name:7} {seconds:6.2f} s  {seconds / floor:6.2f} x  {RUNS} runs of 1034 questions")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _text2sql(*arguments: object) -> None:
    _python("-m", "text2sql", *arguments)


def _python(*arguments: object) -> None:
    subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
