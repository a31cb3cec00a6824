"""Speed of judging published prediction files by EX and EM, against the bare execution of what is executed.

    python -m tests.benchmarks.evaluate [FIRST SECOND] [--repeats 3] [--twenty]

``FIRST``, ``SECOND``: files of ../shared/predictions; ``--twenty`` judges all of them too, by one worker and by two,
which takes minutes. Bare: the distinct statements that the evaluation executes, in one thread, one connection per
database, every row fetched. What is compared alternates; medians are printed, and their ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.conftest import SHARED
from text2sql import rescore
from text2sql.artifacts import cache_folder
from text2sql.dataset import Dataset, load_dataset
from text2sql.executor import Executor
from text2sql.metrics._official import prepare
from text2sql.predictions import align

METRICS = ["execution_accuracy", "exact_set_match"]
SLOW_DATABASE = "wta_1"

Statement = tuple[str, str]


def statements(dataset: Dataset, files: Sequence[Path]) -> list[Statement]:
    """The distinct (db_id, SQL) that judging the files executes, gold's own check included."""
    questions = [example.question for example in dataset.examples]
    found: dict[Statement, None] = {(e.question.db_id, e.sql): None for e in dataset.examples}
    for file in files:
        for example, answer in zip(dataset.examples, align(file, questions, allow_missing=True), strict=True):
            found[example.question.db_id, prepare(example.sql, False)] = None
            predicted = prepare(answer.sqls[0].replace("value", "1"), False)
            if predicted.strip():
                found[example.question.db_id, predicted] = None
    return list(found)


def bare(dataset: Dataset, todo: Collection[Statement]) -> float:
    """Seconds of executing statements by sqlite3 alone."""
    connections: dict[str, sqlite3.Connection] = {}
    start = time.perf_counter()
    for db_id, sql in todo:
        if db_id not in connections:
            uri = f"{dataset.databases[db_id].as_uri()}?mode=ro&immutable=1"
            connections[db_id] = sqlite3.connect(uri, uri=True)
            connections[db_id].text_factory = lambda text: text.decode(errors="ignore")
        with contextlib.suppress(sqlite3.Error, sqlite3.Warning):
            connections[db_id].execute(sql).fetchall()
    return time.perf_counter() - start


def bare_in_two(dataset: Dataset, todo: Sequence[Statement]) -> float:
    """Seconds of the same in two processes, to which the statements are dealt in turn: what the machine can do."""
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(bare, [dataset, dataset], [todo[::2], todo[1::2]]))
    return time.perf_counter() - start


def ours(dataset: Dataset, files: Sequence[Path], workers: int = 1) -> float:
    """Seconds of judging the files."""
    start = time.perf_counter()
    rescore.evaluate_files(files, dataset, metrics=METRICS, workers=workers, progress=False)
    return time.perf_counter() - start


def parsed() -> float:
    """Seconds of hardness and EM of gold against itself, in a new process that has imported our modules alone."""
    code = (
        "import time\n"
        "from text2sql.dataset import load_dataset\n"
        "from text2sql.evaluator import hardness\n"
        "from text2sql.metrics.exact_set_match import exact_set_match\n"
        "from text2sql.types import Candidate, Prediction, Schema\n"
        f"dataset = load_dataset({str(SHARED / 'spider')!r})\n"
        "examples, metric = dataset.examples, exact_set_match(dataset.schemas, dataset.databases)\n"
        "dataset.checksum\n"
        "start = time.perf_counter()\n"
        "levels = hardness(dataset)\n"
        "predictions = [Prediction(e.question, Schema('', ()), (), (Candidate(e.sql),), 0) for e in examples]\n"
        "right = sum(metric(e, p).score for e, p in zip(examples, predictions))\n"
        "print(time.perf_counter() - start)\n"
        "assert right == len(levels) == 1034\n"
    )
    forget()
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def started() -> float:
    """Seconds until a new worker process has answered."""
    with tempfile.TemporaryDirectory() as place, Executor(workers=1) as executor:
        file = Path(place, "empty.sqlite")
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE t (x)")
        start = time.perf_counter()
        executor.execute(file, "SELECT * FROM t")
        return time.perf_counter() - start


def forget() -> None:
    """Empty the caches of results and of hardness."""
    for file in (*cache_folder().glob("executions.sqlite*"), *cache_folder().glob("hardness/*")):
        file.unlink()


def executed() -> int:
    """How many statements the execution cache holds."""
    with contextlib.closing(sqlite3.connect(cache_folder() / "executions.sqlite")) as connection:
        return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])


def medians(repeats: int, *measures: Callable[[], float]) -> list[float]:
    """The median of each measure; they alternate, so that a busy machine is busy for all."""
    rounds = [[measure() for measure in measures] for _ in range(repeats)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("first", nargs="?", default="dail_sql_gpt4")
    parser.add_argument("second", nargs="?", default="c3_chatgpt")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--twenty", action="store_true")
    options = parser.parse_args()
    dataset = load_dataset(SHARED.resolve() / "spider")
    first, second = (SHARED / f"predictions/{name}.txt" for name in (options.first, options.second))
    todo = statements(dataset, [first])
    new = set(statements(dataset, [first, second])) - set(todo)
    quick = [statement for statement in todo if statement[0] != SLOW_DATABASE]
    counts: dict[str, int] = {}

    def cold() -> float:
        forget()
        seconds = ours(dataset, [first])
        counts["first"] = executed()
        return seconds

    def then() -> float:
        seconds = ours(dataset, [second])
        counts["second"] = executed() - counts["first"]
        return seconds

    floor, quick_floor, one, more, floor_more, again = medians(
        options.repeats,
        lambda: bare(dataset, todo),
        lambda: bare(dataset, quick),
        cold,
        then,
        lambda: bare(dataset, new),
        lambda: ours(dataset, [first, second]),
    )
    print(f"EX and EM, one worker, {options.repeats} repeats, medians")
    _line("bare", f"{first.stem}: {len(todo)} statements ({quick_floor:.2f} s without {SLOW_DATABASE})", floor, floor)
    _line("cold", f"{first.stem}: {counts['first']} executed", one, floor)
    _line("second", f"{second.stem}: {counts['second']} executed, {len(new)} new; x its bare", more, floor_more)
    _line("second", "x cold", more, one)
    _line("warm", "both files, nothing executed", again, floor)
    em, start = medians(options.repeats, parsed, started)
    _line("parse", "hardness and EM of 1034 pairs, new process", em, floor)
    _line("start", "a worker process", start, floor)
    _without_slow_database(dataset, first, options.repeats)
    if options.twenty:
        _twenty(dataset, options.repeats)


def _without_slow_database(dataset: Dataset, file: Path, repeats: int) -> None:
    """The same over the questions of all databases but one."""
    with tempfile.TemporaryDirectory() as place:
        folder, predictions = Path(place), Path(place, "predictions.txt")
        for name in ("tables.json", "database"):
            (folder / name).symlink_to(dataset.folder / name)
        kept = [e for e in dataset.examples if e.question.db_id != SLOW_DATABASE]
        lines = dict(zip(dataset.examples, file.read_text(encoding="utf-8").splitlines(), strict=True))
        predictions.write_text("".join(f"{lines[e]}\n" for e in kept), encoding="utf-8")
        records = [{"db_id": e.question.db_id, "question": e.question.text, "query": e.sql} for e in kept]
        (folder / "dev.json").write_text(json.dumps(records), encoding="utf-8")
        part = load_dataset(folder)
        todo = statements(part, [predictions])

        def cold() -> float:
            forget()
            return ours(part, [predictions])

        floor, one = medians(repeats, lambda: bare(part, todo), cold)
    _line("quick", f"{file.stem} without {SLOW_DATABASE}, {len(todo)} statements", one, floor)


def _twenty(dataset: Dataset, repeats: int) -> None:
    files = sorted((SHARED / "predictions").glob("*[!s].txt"))
    files = [file for file in files if not file.stem.endswith(".components")]
    todo = statements(dataset, files)

    def cold(workers: int) -> float:
        forget()
        return ours(dataset, files, workers)

    floor, one, floor_of_two, two = medians(
        repeats,
        lambda: bare(dataset, todo),
        lambda: cold(1),
        lambda: bare_in_two(dataset, todo),
        lambda: cold(2),
    )
    print(f"{len(files)} files, {len(todo)} distinct statements, {executed()} executed")
    _line("bare", "one thread", floor, floor)
    _line("one", "one worker", one, floor)
    _line("bare", f"two processes; one thread takes {floor / floor_of_two:.2f} times as long", floor_of_two, floor)
    _line("two", f"two workers; one worker takes {one / two:.2f} times as long", two, floor)


def _line(name: str, what: str, seconds: float, floor: float) -> None:
    print(f"  {name:7} {seconds:8.2f} s  {seconds / floor:6.2f} x  {what}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        main()
