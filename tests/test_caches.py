"""The cache folder: counted, pruned and cleared, and nothing taken from a process that uses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

import text2sql as t2s
from tests.conftest import ROOT
from text2sql.artifacts import cache_folder
from text2sql.caches import PARTS, Part, stats_json
from text2sql.cli import main
from text2sql.errors import UsageError
from text2sql.execution_cache import ExecutionCache
from text2sql.responses import Responses, Tally
from text2sql.types import Completion, Result, Usage

NOW = 1_750_000_000.0
DAY = 86400.0
OPENAI, LOCAL = "https://api.openai.com/v1", "http://localhost:8000/v1"
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder that is not there yet."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    return cache_folder()


@pytest.fixture
def filled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder with an index, results, and answers that are 10, 5 and 1 days old."""
    (folder / "indexes" / "one" / "two").mkdir(parents=True)
    (folder / "indexes" / "one" / "two" / "vectors").write_bytes(b"x" * 1500)
    with closing(ExecutionCache(folder / "executions.sqlite")) as executions:
        executions.put({key: Result(("a",), 1, ((1,),)) for key in "abc"})
    with closing(Responses(folder / "responses.sqlite")) as responses:
        for days, endpoint, model, texts, batch in (
            (10, OPENAI, "gpt-4o", ["x"] * 1200, False),
            (5, OPENAI, "gpt-4o-mini", ["x", "y"], True),
            (1, LOCAL, "sqlcoder", ["x", "y", "z"], False),
        ):
            clock = SimpleNamespace(time=lambda days=days: NOW - days * DAY, time_ns=time.time_ns)
            monkeypatch.setattr("text2sql.responses.time", clock)
            answers = {f"{model} {i}": Completion(text) for i, text in enumerate(texts)}
            usage = Usage(900, 2000, None, 100) if endpoint == OPENAI else Usage()
            responses.put(endpoint, model, answers, usage, payer="run", batch=batch)
    monkeypatch.undo()
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(folder.parent))
    monkeypatch.setattr("text2sql.caches.time", SimpleNamespace(time=lambda: NOW))
    return folder


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Exit status and output of ``text2sql cache ...``."""

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["text2sql", "cache", *arguments])
        monkeypatch.setattr(sys, "path", list(sys.path))
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, printed.out, printed.err

    return command


def size(folder: Path, name: str) -> int:
    return (folder / name).stat().st_size


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_part_that_is_written_is_known() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "text2sql").rglob("*.py")]
    written = {name for text in sources for name in re.findall(r'cache_folder\(\) / "(\w+)(?:\.sqlite)?"', text)}
    assert written | {"responses"} == set(PARTS)


def test_stats(filled: Path) -> None:
    stats = t2s.cache_stats()
    assert stats.folder == filled
    assert stats.parts == (
        Part("executions", filled / "executions.sqlite", 3, size(filled, "executions.sqlite")),
        Part("indexes", filled / "indexes", 1, 1500),
        Part("responses", filled / "responses.sqlite", 1205, size(filled, "responses.sqlite")),
    )
    assert stats.responses == (
        Tally(LOCAL, "sqlcoder", False, 3, 1, None, None, None, NOW - DAY, NOW - DAY),
        Tally(OPENAI, "gpt-4o", False, 1200, 1, 900, 100, 2000, NOW - 10 * DAY, NOW - 10 * DAY),
        Tally(OPENAI, "gpt-4o-mini", True, 2, 1, 900, 100, 2000, NOW - 5 * DAY, NOW - 5 * DAY),
    )


def test_stats_as_printed(filled: Path, command: Command) -> None:
    def day(days: int) -> str:
        return datetime.fromtimestamp(NOW - days * DAY, UTC).astimezone().strftime("%Y-%m-%d")

    results, answers = (size(filled, f"{name}.sqlite") for name in ("executions", "responses"))
    status, printed, errors = command("stats")
    assert (status, errors) == (0, "")
    expected = f"""\
{filled}: {(results + answers + 1500) / 1000:.1f} kB

part        entries      size  path               holds
----------  -------  --------  -----------------  --------------------------------------
executions        3  {results / 1000:>5.1f} kB  executions.sqlite  results of statements
indexes           1    1.5 kB  indexes            vectors of examples
responses     1,205  {answers / 1000:>5.1f} kB  responses.sqlite   answers of models, which were paid for

endpoint                   model                answers  calls  prompt tokens  completion tokens   cost  first call   last call
-------------------------  -------------------  -------  -----  -------------  -----------------  -----  ----------  ----------
http://localhost:8000/v1   sqlcoder                   3      1              –                  –      –  {day(1)}  {day(1)}
https://api.openai.com/v1  gpt-4o                 1,200      1            900              2,000  $0.02  {day(10)}  {day(10)}
https://api.openai.com/v1  gpt-4o-mini (batch)        2      1            900              2,000  $0.00  {day(5)}  {day(5)}
"""  # noqa: E501
    assert printed == expected
    _, printed, _ = command("stats", "--json")
    found = json.loads(printed)
    assert found == json.loads(json.dumps(stats_json(t2s.cache_stats())))
    assert found["parts"][1] == {
        "name": "indexes", "path": str(filled / "indexes"), "entries": 1, "size": 1500, "problem": "",
    }  # fmt: skip
    assert found["responses"][2] == {
        "endpoint": OPENAI, "model": "gpt-4o-mini", "batch": True, "answers": 2, "calls": 1, "prompt_tokens": 900,
        "cached_tokens": 100, "completion_tokens": 2000, "cost": 0.00066375, "first": "2025-06-10T15:06:40+00:00",
        "last": "2025-06-10T15:06:40+00:00",
    }  # fmt: skip


def test_an_empty_cache(folder: Path, command: Command) -> None:
    assert command("stats") == (0, f"{folder} is empty\n", "")
    pruned = f"nothing to prune: {folder} has no answers of models\n"
    assert command("prune", "--older-than", "1", "--model", "x") == (0, pruned, "")
    assert command("clear", "responses", "all") == (0, f"nothing to clear: {folder} has none of that\n", "")
    status, printed, errors = command("clear")
    assert (status, printed) == (2, "")
    assert errors == f"text2sql: cache clear needs the name of a part: {', '.join(PARTS)}, all\n"
    assert not folder.exists()


def test_pruning(filled: Path, command: Command) -> None:
    assert t2s.prune_responses(older_than=5.1, model="gpt-4o-mini").answers == 0
    assert t2s.prune_responses(older_than=4.9, endpoint="api.openai.com", model="gpt-4o-mini").answers == 2
    before = size(filled, "responses.sqlite")
    status, printed, _ = command("prune", "--older-than", "7.5")
    gone = before - size(filled, "responses.sqlite")
    assert (status, printed) == (0, f"1,200 answers removed, {gone / 1000:.1f} kB less\n")
    assert gone > 50_000
    assert [tally.model for tally in t2s.cache_stats().responses] == ["sqlcoder"]
    assert command("prune", "--endpoint", "localhost")[1].startswith("3 answers removed, ")
    assert t2s.cache_stats().responses == ()
    assert kept(filled) == ["executions.sqlite", "indexes", "responses.sqlite"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prune"], "pruning needs --older-than DAYS, --model NAME or --endpoint URL"),
        (["prune", "--older-than", "-1"], "answers are pruned that are older than 0 days or more, not -1"),
        (["prune", "--older-than", "nan"], "answers are pruned that are older than 0 days or more, not nan"),
        (["prune", "--model", "gpt-4"], "no answers of a model 'gpt-4'; did you mean 'gpt-4o'?"),
        (
            ["prune", "--endpoint", "vllm"],
            f"no answers of an endpoint with 'vllm' in its URL; known: {LOCAL}, {OPENAI}",
        ),
        (["clear"], "cache clear needs the name of a part: executions, indexes, responses, all"),
        (["clear", "indexes", "response"], "no part 'response' of the cache; did you mean 'responses'?"),
    ],
)
def test_what_cannot_be(filled: Path, command: Command, arguments: list[str], message: str) -> None:
    assert command(*arguments) == (2, "", f"text2sql: {message}\n")
    assert [part.entries for part in t2s.cache_stats().parts] == [3, 1, 1205]


def test_clearing(filled: Path, command: Command) -> None:
    (filled / "left.tmp").write_bytes(b"x" * 10)
    assert command("clear", "indexes", "tuned", "left.tmp") == (
        0, "indexes cleared, 1.5 kB less\nleft.tmp cleared, 10 B less\n", "",
    )  # fmt: skip
    assert kept(filled) == ["executions.sqlite", "responses.sqlite"]
    cleared = [part.name for part in t2s.clear_cache("all")]
    assert (cleared, kept(filled)) == (["executions", "responses"], [])


@pytest.mark.parametrize("opened", ["executions", "responses"])
def test_nothing_is_cleared_in_use(filled: Path, opened: str) -> None:
    code = (
        "import sys; from pathlib import Path; from text2sql.responses import Responses;"
        "from text2sql.execution_cache import ExecutionCache as Executions;"
        f"cache = {opened.title()}(Path(sys.argv[1])); print('open', flush=True); input()"
    )
    file = filled / f"{opened}.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        for part in ("all", "indexes"):
            with pytest.raises(UsageError) as raised:
                t2s.clear_cache(part)
            assert str(raised.value) == f"{file} is in use: clear the cache when what uses it has ended"
        process.kill()
    assert [part.entries for part in t2s.cache_stats().parts] == [3, 1, 1205]
    assert len(t2s.clear_cache("all")) == 3
    assert kept(filled) == []


def test_a_damaged_file_is_told_and_can_be_cleared(filled: Path, command: Command) -> None:
    for name in ("executions", "responses"):
        (filled / f"{name}.sqlite").write_bytes(b"damaged " * 1000)
        (filled / f"{name}.sqlite-wal").write_bytes(b"damaged ")
    results, index, answers = t2s.cache_stats().parts
    assert (results.entries, results.size, results.problem) == (None, 8008, "file is not a database")
    assert (index.entries, answers.entries, t2s.cache_stats().responses) == (1, None, ())
    assert command("stats")[1].endswith(f"\nexecutions: file is not a database\n\nresponses: {answers.problem}\n")
    status, printed, errors = command("prune", "--older-than", "1")
    assert (status, printed, errors) == (2, "", f"text2sql: {answers.problem}\n")
    assert "'text2sql cache clear responses' deletes it" in errors
    assert [part.name for part in t2s.clear_cache("responses", "executions")] == ["executions", "responses"]
    assert kept(filled) == ["indexes"]


def test_what_cannot_be_removed_is_one_line(filled: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "used by another process", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(Path, "rename", refuse)
    for part, name in (("indexes", "indexes"), ("responses", "responses.sqlite-wal")):
        path = filled / name
        assert command("clear", part) == (2, "", f"text2sql: [Errno 13] used by another process: {str(path)!r}\n")


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_a_folder_that_lies_elsewhere_is_only_let_go(filled: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "model").write_bytes(b"x" * 7)
    (filled / "tuned").symlink_to(elsewhere)
    assert t2s.clear_cache("tuned") == [Part("tuned", filled / "tuned", 1, 7)]
    assert ("tuned" in kept(filled), kept(elsewhere)) == (False, ["model"])
