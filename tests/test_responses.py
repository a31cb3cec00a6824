"""The response cache: answers survive everything but a power cut, once each, for many threads and processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from text2sql import responses as module
from text2sql.errors import DatabaseError, UsageError
from text2sql.responses import Answer, Responses, Tally
from text2sql.types import Completion, ToolCall, Usage

URL = "http://localhost:8000/v1"
CALL = Usage(prompt_tokens=900, completion_tokens=10, cost=0.5, cached_tokens=128)


@pytest.fixture(params=["file", "memory"])
def responses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Responses]:
    with closing(Responses(tmp_path / "new" / "responses.sqlite" if request.param == "file" else None)) as responses:
        yield responses


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Responses with one answer, closed."""
    file = tmp_path / "responses.sqlite"
    with closing(Responses(file)) as responses:
        responses.put(URL, "m", {"a": Completion("SELECT 1")}, CALL, payer="run 1")
    return file


def told(file: Path | None) -> str:
    """What opening a file raises."""
    with pytest.raises(UsageError) as raised:
        Responses(file)
    (line,) = str(raised.value).splitlines()
    return line


# --- one process ----------------------------------------------------------------------------------------------------


def test_an_answer_comes_back_as_it_was(responses: Responses) -> None:
    full = Completion(
        text="a ✓ \ud800 \0 'quoted' \u2028",
        sql="SELECT '\udcff'",
        tool_calls=(ToolCall("run", '{"sql": "SELECT 1"}'), ToolCall("end", "")),
        finish_reason="length",
        usage=Usage(1, 2, 3.0, 4),
        logprob=-0.25,
        cached=True,
    )
    put = responses.put(URL, "m", {"a": full, "b": Completion("")}, CALL, payer="run 1", batch=True)
    call = put["a"].call
    assert put == {
        "a": Answer(replace(full, usage=Usage(900, 9, None, 128), cached=False), call, "run 1", batch=True),
        "b": Answer(Completion("", usage=Usage(900, 1, None, 128)), call, "run 1", batch=True),
    }
    assert responses.get(["b", "none", "a", "a"]) == put
    assert list(responses.get(["b", "none", "a"])) == ["b", "a"]
    assert responses.get([]) == {}


def test_what_nobody_said_stays_unknown(responses: Responses) -> None:
    put = responses.put(URL, "m", {"a": Completion("x")}, Usage(), payer="")
    assert put["a"].completion == Completion("x") == responses.get(["a"])["a"].completion


def test_tokens_are_shared_out_by_length(responses: Responses) -> None:
    texts = ["", "x" * 10, "x" * 20, "x" * 30]
    for total in (0, 1, 3, 64, 1000):
        given = {f"{total}-{i}": Completion(text) for i, text in enumerate(texts)}
        put = responses.put(URL, "m", given, Usage(1, total), payer="")
        shares = [answer.completion.usage.completion_tokens or 0 for answer in put.values()]
        assert sum(shares) == total
        assert all(abs(share - total * (1 + len(text)) / 64) < 1 for share, text in zip(shares, texts, strict=True))


def test_the_first_answer_stays(responses: Responses) -> None:
    first = responses.put(URL, "m", {"b": Completion("first")}, CALL, payer="run 1")["b"]
    both = responses.put(URL, "m", {"a": Completion("new"), "b": Completion("second")}, CALL, payer="run 2")
    assert both == responses.get(["a", "b"])
    assert (both["a"].completion.text, both["a"].payer, both["b"]) == ("new", "run 2", first)
    # The second call was paid, and a call without an answer too.
    assert responses.put(URL, "m", {}, CALL, payer="run 2") == {}
    (tally,) = responses.tallies()
    assert (tally.answers, tally.calls, tally.prompt_tokens, tally.completion_tokens) == (2, 3, 2700, 30)


def test_differences_are_news_once(responses: Responses) -> None:
    assert responses.differences(URL, "m") == frozenset()
    assert [responses.differ(URL, "m", one) for one in ("seed", "n", "seed")] == [True, True, False]
    assert responses.differ(URL, "other", "seed")
    assert responses.differences(URL, "m") == {"n", "seed"}
    assert responses.differences("http://elsewhere/v1", "m") == frozenset()


def test_many_threads_at_once(responses: Responses) -> None:
    def ask(i: int) -> None:
        key = str(i % 100)  # every key is put by several
        put = responses.put(URL, "m", {key: Completion(f"{key} of {i}")}, CALL, payer=str(i))
        assert put == responses.get([key])

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(ask, range(400)))
    (tally,) = responses.tallies()
    assert (tally.answers, tally.calls) == (100, 400)


def test_tallies_and_pruning(responses: Responses, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([100.0, 200.0, 300.0, 400.0, 500.0, 600.0])
    clock = SimpleNamespace(time=lambda: next(times), time_ns=time.time_ns)
    monkeypatch.setattr("text2sql.responses.time", clock)
    responses.put(URL, "m", {"a": Completion("x"), "b": Completion("y")}, CALL, payer="")
    responses.put(URL, "m", {"c": Completion("x")}, Usage(), payer="")
    responses.put(URL, "m", {"d": Completion("x")}, CALL, payer="", batch=True)
    responses.put("https://elsewhere/v1", "big", {"e": Completion("x")}, Usage(), payer="")
    responses.differ(URL, "m", "seed")
    responses.differ("https://elsewhere/v1", "big", "n")
    here = Tally(URL, "m", False, 3, 2, 900, 128, 10, 100.0, 200.0)
    batch = Tally(URL, "m", True, 1, 1, 900, 128, 10, 300.0, 300.0)
    there = Tally("https://elsewhere/v1", "big", False, 1, 1, None, None, None, 400.0, 400.0)
    assert responses.tallies() == [here, batch, there]
    assert responses.prune(before=200.0, model="big") == responses.prune(before=100.0) == 0
    assert responses.tallies() == [here, batch, there]
    assert responses.prune(before=200.0, endpoint="localhost", model="m") == 2
    assert responses.tallies() == [Tally(URL, "m", False, 1, 1, None, None, None, 200.0, 200.0), batch, there]
    assert responses.prune(endpoint="elsewhere") == 1
    assert list(responses.get(list("abcde"))) == ["c", "d"]
    assert responses.differences(URL, "m") == {"seed"}
    assert responses.differences("https://elsewhere/v1", "big") == frozenset()


# --- the file -------------------------------------------------------------------------------------------------------


def test_it_is_there_the_next_time(file: Path) -> None:
    with closing(Responses(file)) as responses:
        assert responses.get(["a"])["a"].payer == "run 1"
    assert [path.name for path in file.parent.iterdir()] == ["responses.sqlite"]


def test_space_is_given_back(file: Path) -> None:
    with closing(Responses(file)) as responses, closing(Responses(file)) as other:
        big = {f"{i}": Completion("x" * 2000) for i in range(200)}
        responses.put(URL, "big", big, CALL, payer="")
        assert other.prune(model="big") == 200
        assert file.stat().st_size < 50_000
        assert list(responses.get(["a", "0"])) == ["a"]


def damage(file: Path) -> None:
    """Leave the head of a file as it is, and nothing behind it."""
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


def test_a_damaged_file_is_refused_and_stays(file: Path) -> None:
    advice = (
        "move it away to keep what can be saved of the answers paid for, or 'text2sql cache clear responses' deletes it"
    )
    damage(file)
    before = file.read_bytes()
    with closing(Responses(file)) as responses:  # what is wrong shows when it is read
        for use in (
            lambda: responses.get(["a"]),
            lambda: responses.put(URL, "m", {"b": Completion("x")}, CALL, payer=""),
            responses.tallies,
        ):
            with pytest.raises(DatabaseError) as raised:
                use()
            assert str(raised.value) == f"{file}: damaged (database disk image is malformed); {advice}"
    assert file.read_bytes() == before
    file.write_bytes(b"what once was an answer " * 400)
    assert told(file) == f"{file}: damaged (file is not a database); {advice}"
    assert file.read_bytes() == b"what once was an answer " * 400


def test_a_damaged_answer_is_refused(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE samples SET completion = '{\"text\"'")
    with closing(Responses(file)) as responses, pytest.raises(DatabaseError, match=r"damaged \(Expecting ':'"):
        responses.get(["a"])


def test_another_version_or_another_database_is_refused(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert told(file) == f"{file}: made by a newer version of text2sql: update this one, or move the file away"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(*) FROM samples").fetchone() == (1,)
        connection.execute("PRAGMA user_version = 0")
    assert told(file) == f"{file}: a database, but not one of responses; move it away"


def test_a_later_version_adds_its_tables(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = len(module._STEPS)
    monkeypatch.setattr(module, "_STEPS", (*module._STEPS, ("CREATE TABLE jobs (id TEXT PRIMARY KEY)",)))
    for place in (file, file.with_name("new.sqlite")):
        with closing(Responses(place)) as responses:
            assert len(responses.get(["a"])) == (place == file)
        with closing(sqlite3.connect(place)) as connection:
            assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (0,)
            assert connection.execute("PRAGMA user_version").fetchone() == (version + 1,)


def test_a_failing_write_is_seen_and_leaves_no_half_call(file: Path) -> None:
    with closing(Responses(file)) as responses:
        pages = responses._connection.execute("PRAGMA page_count").fetchone()[0]
        responses._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
        many = {str(i): Completion("x" * 500) for i in range(100)}
        with pytest.raises(DatabaseError) as raised:
            responses.put(URL, "m", many, CALL, payer="")
        assert str(raised.value) == (f"{file}: answers of models cannot be kept or read here: database or disk is full")
        assert list(responses.get(["a", *many])) == ["a"]
        assert [tally.calls for tally in responses.tallies()] == [1]
        assert list(responses.put(URL, "m", {"b": Completion("x")}, CALL, payer="")) == ["b"]


def test_a_place_that_cannot_be_written_is_seen(file: Path, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"responses\.sqlite"):
        Responses(file / "responses.sqlite")
    (tmp_path / "folder").mkdir()
    assert told(tmp_path / "folder") == (
        f"{tmp_path / 'folder'}: answers of models cannot be kept or read here: unable to open database file"
    )


def test_after_its_end_nothing_is_lost_in_silence(responses: Responses) -> None:
    responses.close()
    with pytest.raises(DatabaseError, match=r"cannot be kept or read here: Cannot operate on a closed database"):
        responses.put(URL, "m", {"a": Completion("x")}, CALL, payer="")


# --- several processes ----------------------------------------------------------------------------------------------

WRITER = """
import json, sys
from pathlib import Path
from text2sql.responses import Responses
from text2sql.types import Completion, Usage
responses, name = Responses(Path(sys.argv[1])), sys.argv[2]
for i in range(int(sys.argv[3])):
    given = {f"{i}-{k}": Completion(f"{name} {i} {k}") for k in range(3)}
    put = responses.put("u", "m", given, Usage(10, 7), payer=name)
    print(json.dumps({key: answer.completion.text for key, answer in put.items()}), flush=True)
"""


def writer(file: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_processes_share_a_file_that_none_has_made_yet(tmp_path: Path) -> None:
    file = tmp_path / "responses.sqlite"
    processes = [writer(file, name, 100) for name in "pqr"]
    printed = [process.communicate(timeout=60)[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert printed[0] == printed[1] == printed[2], "all were given the same answers"
    seen = {key: text for line in printed[0] for key, text in json.loads(line).items()}
    with closing(Responses(file)) as responses:
        assert {key: answer.completion.text for key, answer in responses.get(list(seen)).items()} == seen
        (tally,) = responses.tallies()
        assert (len(seen), tally.answers, tally.calls, tally.completion_tokens) == (300, 300, 300, 2100)


@pytest.mark.skipif(os.name != "posix", reason="kill is POSIX")
def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "responses.sqlite"
    seen: dict[str, str] = {}
    for round_ in range(3):
        process = writer(file, str(round_), 1_000_000)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(100 * (round_ + 1))]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
        found = {key: text for line in lines if line.endswith("\n") for key, text in json.loads(line).items()}
        assert seen.items() <= found.items()
        seen |= found
    with closing(Responses(file)) as responses:
        assert {key: answer.completion.text for key, answer in responses.get(list(seen)).items()} == seen
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT count(*) FROM samples GROUP BY call HAVING count(*) <> 3").fetchall() == []


def test_a_waiting_writer_is_patient(file: Path) -> None:
    with closing(Responses(file)) as responses, closing(sqlite3.connect(file, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, other.rollback).start()
        assert list(responses.put(URL, "m", {"b": Completion("x")}, CALL, payer="")) == ["b"]
