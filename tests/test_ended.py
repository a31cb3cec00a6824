"""An evaluation that is killed or interrupted: no process is left, and what was executed is not executed again."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.small import HARBOUR, questions, write_database, write_json
from tests.test_executor import alive, eventually

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")

QUESTIONS = 14


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data set, predictions that take some tenths of a second each, and a cache folder."""
    write_database(tmp_path / "data/database/harbour/harbour.sqlite", HARBOUR)
    write_json(
        tmp_path / "data/dev.json", questions([("harbour", "How many?", "SELECT count(*) FROM boat")] * QUESTIONS)
    )
    slow = "WITH RECURSIVE r(n) AS (SELECT {0} UNION ALL SELECT n + 1 FROM r WHERE n < 1000000) SELECT count(*) FROM r"
    lines = [slow.format(number) for number in range(QUESTIONS - 1)]
    (tmp_path / "predicted.txt").write_text("\n".join([*lines, "SELECT 3"]), encoding="utf-8")
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "text2sql",
        "evaluate",
        str(folder / "predicted.txt"),
        "--data",
        str(folder / "data"),
    ]
    return subprocess.Popen(
        [*command, "--workers", "2", "--quiet", "--json"],
        cwd=ROOT,
        env=os.environ | {"XDG_CACHE_HOME": str(folder / "cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def executed(folder: Path) -> dict[str, tuple[float, str]]:
    """What the execution cache holds: by key, the seconds that a statement took and its result."""
    file = folder / "cache/text2sql/executions.sqlite"
    if not file.is_file():
        return {}
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            return {key: (seconds, result) for key, seconds, result in connection.execute("SELECT * FROM results")}
    except sqlite3.OperationalError:  # not set up yet
        return {}


def children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if stat.read_text().rpartition(")")[2].split()[1] == str(pid):
                found.append(int(stat.parent.name))
        except OSError:
            continue  # it has just ended
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_and_nothing_lost(how: signal.Signals, folder: Path) -> None:
    process = start(folder)
    assert eventually(lambda: len(executed(folder)) >= 4 and len(children(process.pid)) == 2, seconds=60)
    workers = children(process.pid)
    os.kill(process.pid, how)  # it alone: its workers have to notice
    _, errors = process.communicate(timeout=30)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert errors == "text2sql: interrupted; what was executed is kept, and the same command does not repeat it\n"
    else:
        assert (process.returncode, errors) == (-how, "")
    assert eventually(lambda: not any(map(alive, workers)))
    before = executed(folder)
    assert 4 <= len(before) < QUESTIONS
    again = start(folder)
    printed, errors = again.communicate(timeout=60)
    assert (again.returncode, errors) == (0, "")
    (told,) = json.loads(printed)
    assert (told["n"], told["metrics"]["execution_accuracy"]["all"]) == (QUESTIONS, 1 / QUESTIONS)
    after = executed(folder)
    assert len(after) == QUESTIONS + 1  # gold, and every prediction
    assert before.items() <= after.items(), "executed again, it would have taken another time"
