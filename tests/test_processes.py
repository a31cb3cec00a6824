"""Work in worker processes: order, errors, and workers that die."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from text2sql import processes
from text2sql.processes import call, spread


def square(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * number


def elsewhere(_: int) -> int:
    return os.getpid()


def die_in_a_worker(parent: int) -> str:
    if os.getpid() != parent:
        os._exit(1)
    return "here"


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "processors", lambda: 2)


def test_outcomes_come_in_the_order_of_the_items() -> None:
    assert list(spread(square, range(20))) == [n * n for n in range(20)]


def test_the_work_is_done_elsewhere() -> None:
    assert os.getpid() not in set(spread(elsewhere, [1, 2, 3]))
    assert call(elsewhere, 1) != os.getpid()


def test_one_processor_needs_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "processors", lambda: 1)
    assert set(spread(elsewhere, [1, 2])) == {os.getpid()}


def test_an_error_is_the_callers_and_the_next_call_works() -> None:
    with pytest.raises(ValueError, match="-1 is negative"):
        list(spread(square, [2, -1, 3]))
    assert call(square, 3) == 9


def test_what_a_killed_worker_leaves_is_done_here() -> None:
    assert call(die_in_a_worker, os.getpid()) == "here"
    assert call(square, 4) == 16


def test_a_script_without_a_main_guard_may_use_workers(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from text2sql import processes\n"
        "processes.processors = lambda: 2\n"
        "print(sum(processes.spread(abs, [-1, -2, -3])))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("6\n", "")
