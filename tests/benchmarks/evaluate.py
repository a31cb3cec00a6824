"""EX of one published prediction file, cold and warm, against the bare execution of its statements.

    python -m tests.benchmarks.evaluate [NAME] [--repeats 3]

``NAME``: a file of ../shared/predictions. Bare: the distinct statements that the evaluation runs, in one
thread, one connection per database, every row fetched. Bare and ours alternate; the medians are compared.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from tests.conftest import SHARED
from text2sql import rescore
from text2sql.artifacts import cache_folder
from text2sql.dataset import Dataset, load_dataset
from text2sql.evaluator import hardness
from text2sql.metrics._official import prepare
from text2sql.predictions import align


def statements(dataset: Dataset, file: Path) -> list[tuple[str, str]]:
    answers = align(file, [example.question for example in dataset.examples])
    found: dict[tuple[str, str], None] = {}
    for example, answer in zip(dataset.examples, answers, strict=True):
        found[example.question.db_id, prepare(example.sql, False)] = None
        found[example.question.db_id, prepare(answer.sqls[0].replace("value", "1"), False)] = None
    return list(found)


def bare(dataset: Dataset, todo: list[tuple[str, str]]) -> float:
    connections: dict[str, sqlite3.Connection] = {}
    start = time.perf_counter()
    for db_id, sql in todo:
        if db_id not in connections:
            uri = f"{dataset.databases[db_id].as_uri()}?mode=ro&immutable=1"
            connections[db_id] = sqlite3.connect(uri, uri=True)
            connections[db_id].text_factory = lambda text: text.decode(errors="ignore")
        with contextlib.suppress(sqlite3.Error):
            connections[db_id].execute(sql).fetchall()
    return time.perf_counter() - start


def ours(dataset: Dataset, file: Path) -> float:
    start = time.perf_counter()
    rescore.evaluate_files([file], dataset, workers=1, progress=False)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", default="dail_sql_gpt4")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    dataset = load_dataset(SHARED.resolve() / "spider")
    file = SHARED / f"predictions/{options.name}.txt"
    todo = statements(dataset, file)
    hardness(dataset)
    measured: dict[str, list[float]] = {"bare": [], "cold": [], "warm": []}
    for _ in range(options.repeats):
        (cache_folder() / "executions.sqlite").unlink(missing_ok=True)
        measured["bare"].append(bare(dataset, todo))
        measured["cold"].append(ours(dataset, file))
        measured["warm"].append(ours(dataset, file))
    medians = {name: statistics.median(times) for name, times in measured.items()}
    print(f"{file.stem}: {len(todo)} distinct statements, one worker, {options.repeats} repeats, medians")
    for name, seconds in medians.items():
        print(f"  {name:5} {seconds:8.2f} s  {seconds / medians['bare']:6.2f} x bare")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        main()
