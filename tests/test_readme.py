"""What the READMEs promise: every command exists and runs, the printed table is the real one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, SHARED
from tests.small import write_database

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def commands() -> list[str]:
    lines = [line.partition(" #")[0].strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith("text2sql")]


def text2sql(arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "text2sql", *shlex.split(arguments)],
        cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands read, so that their runs do not land in this checkout."""
    folder = tmp_path_factory.mktemp("work") / "checkout"
    folder.mkdir()
    for name in ("experiments", "spider_data"):
        _copy(ROOT / name, folder / name)
    if SHARED.is_dir():
        os.symlink(SHARED, folder.parent / "shared")
    return folder


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for path in source.iterdir():
        if path.name in ("runs", "spider"):
            continue
        if path.is_dir():
            _copy(path, target / path.name)
        else:
            (target / path.name).write_bytes(path.read_bytes())


def test_there_are_commands() -> None:
    assert len(commands()) >= 9


@pytest.mark.slow
def test_every_command_runs(checkout: Path) -> None:
    for command in commands():
        if arguments := _quick(command, checkout):
            done = text2sql(arguments, checkout)
            assert (done.returncode, done.stderr if done.returncode else "") == (0, ""), command
            assert done.stdout.strip(), command


def _quick(command: str, checkout: Path) -> str:
    """The arguments of a documented command, on a few questions; empty where its data are not here."""
    arguments = command.removeprefix("text2sql ")
    if "../shared" in arguments:
        if not SHARED.is_dir():
            return ""
        # The whole of it takes minutes: here a sample is enough.
        if pairs := re.search(r"--pairs (\S+)", arguments):
            lines = (checkout / pairs[1]).read_text(encoding="utf-8").splitlines(keepends=True)
            (checkout / "pairs.jsonl").write_text("".join(lines[:4]), encoding="utf-8")
            arguments = arguments.replace(pairs[1], "pairs.jsonl")
        else:
            arguments = re.sub(r" --limit \d+", "", arguments) + " --limit 4"
    if arguments.startswith("data download"):
        arguments += " --help"  # the network is not part of this test: test_download.py has a server
    if arguments.startswith("finetune start"):
        arguments = arguments.replace("start", "status")  # fitting takes minutes: test_tuning.py has a quick tuner
    if arguments.startswith("finetune export"):
        arguments += " --tuner plain"
    if arguments.startswith("finetune forgetting"):
        arguments += " --help"  # the same: test_forgetting.py
    if "ladder.toml" in arguments and arguments.startswith("run"):
        arguments += " --limit 4 --only zero-shot --only HyDE"  # without what is tuned
    if "finetune.toml" in arguments and arguments.startswith("run"):
        arguments += " --limit 4 --only base --only RAG"
    if arguments.startswith("retrieval"):
        arguments += " --limit 4 --only 'masked question' --only HyDE"
    if arguments.startswith("ask"):
        arguments = arguments.replace("shop.sqlite", str(_shop(checkout)))
    return arguments


def _shop(folder: Path) -> Path:
    return write_database(
        folder / "shop.sqlite",
        "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE orders (customer_id INTEGER, day DATE,"
        " FOREIGN KEY (customer_id) REFERENCES customer (id)); INSERT INTO customer VALUES (1, 'Ada');",
    )


def test_the_first_table_is_what_is_printed(checkout: Path) -> None:
    printed = text2sql("run experiments/tiny.toml --quiet", checkout).stdout
    shown = next(block for block in blocks("") if block.startswith("tiny dev"))

    def without_seconds(table: str) -> list[str]:
        return [re.sub(r"\s+(\d+\.\d|s|-+)$", "", line) for line in table.strip().splitlines()]

    assert without_seconds(printed) == without_seconds(shown)


@pytest.mark.slow
def test_the_ladder_is_what_is_printed(checkout: Path) -> None:
    shown = next(block for block in blocks("") if block.startswith("spiderling dev"))
    printed = text2sql("run experiments/ladder.toml --quiet", checkout).stdout

    def scores(table: str) -> dict[str, float]:
        found = re.findall(r"^(\S.*?) {2,}(\d+\.\d)  ", table, re.MULTILINE)
        return {name: float(score) for name, score in found}

    # Another processor sums in another order, and a close choice may fall otherwise.
    assert scores(printed) == pytest.approx(scores(shown), abs=1.5)
    assert len(scores(shown)) == 10


def test_the_experiment_runs(checkout: Path) -> None:
    experiment, *_ = blocks("toml")
    (checkout / "experiments/readme.toml").write_text(experiment, encoding="utf-8")
    printed = text2sql("run experiments/readme.toml --quiet --only 'majority of 5 · generator.n=5'", checkout).stdout
    assert re.search(r"majority of 5 · generator.n=5 +76.7 .* 76.7$", printed, re.MULTILINE)


def test_the_python_runs(checkout: Path) -> None:
    code = blocks("python")[0] + "\nprint(verdicts.scores('execution_accuracy')['all'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "0.8"


def test_the_strategy_works(checkout: Path) -> None:
    (checkout / "my_module.py").write_text(blocks("python")[1], encoding="utf-8")
    text2sql("run experiments/tiny.toml --quiet", checkout)
    done = text2sql("vote majority-of-5 --voter my_module:longest", checkout)
    assert done.returncode == 0, done.stderr
    assert "majority of 5 · my_module:longest" in done.stdout


def test_ci_runs_the_test_commands() -> None:
    (tests,) = [block for block in blocks("sh") if "pytest" in block]
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert all(line in ci for line in tests.strip().splitlines())


def test_the_file_tree_is_true() -> None:
    tree = next(block for block in blocks("") if block.startswith("text2sql/"))
    told = set(re.findall(r"^  (\w+\.py) ", tree, re.MULTILINE))
    assert told == {path.name for path in (ROOT / "text2sql").glob("[a-z]*.py")}
    folders = set(re.findall(r"^  (\w+)/ ", tree, re.MULTILINE))
    folders |= set(re.findall(r"(\w+)/", tree.split("strategies:")[1].split("\n")[0]))
    assert folders == {path.parent.name for path in (ROOT / "text2sql").glob("*/__init__.py")}
