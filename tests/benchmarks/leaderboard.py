"""How fast the leaderboard is shown: from finished runs, and run anew over warm execution caches.

    python -m tests.benchmarks.leaderboard

Fills its own cache first, which takes minutes; then prints seconds of the whole command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT, SHARED


def seconds(out: Path) -> float:
    command = [
        sys.executable, "-m", "text2sql", "run", "experiments/leaderboard.toml",
        "--data", str(SHARED / "spider"), "--out", str(out), "--quiet",
    ]  # fmt: skip
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        cold = seconds(Path(folder, "cold"))
        warm = seconds(Path(folder, "warm"))
        shown = seconds(Path(folder, "warm"))
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "text2sql", "--help"], check=True, stdout=subprocess.DEVNULL)
        told = time.perf_counter() - start
    print("twenty configurations of 1034 questions, whole command")
    for name, value in (("cold", cold), ("anew, warm cache", warm), ("finished, shown", shown), ("--help", told)):
        print(f"  {name:17} {value:8.2f} s  {value / cold:7.4f} x cold")


if __name__ == "__main__":
    main()
