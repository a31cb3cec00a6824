"""How fast SQL over many runs is, against the bare counting of their lines by DuckDB.

    python -m tests.benchmarks.query [--runs 100] [--questions 1034] [--candidates 5] [--repeats 3]

Makes runs of words and numbers, all alike but for their names, with prompts and results of the usual length. Prints
seconds of the whole command, medians, and their ratio to what DuckDB takes for counting the lines of the same files,
parsed as far as the query needs them. At the end the same of one run that is still writing, from its journal.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from text2sql.evaluator import LEVELS

METRICS = ("execution_accuracy", "exact_set_match", "valid_sql")
QUERIES = {
    "verdicts": "select configuration, hardness, avg(score) from verdicts group by all",
    "predictions": "select db_id, count(distinct sql) from predictions group by all",
    "candidates": "select error, elected, count(*), avg(row_count) from candidates group by all",
    "calls": "select configuration, sum(cost), sum(seconds) from calls group by all",
}
JOINED = "select error, avg(score) from candidates join verdicts using (run, question) where elected group by all"
BARE = {
    "verdicts": "{v: 'MAP(VARCHAR, JSON)'}, records = false",
    "predictions": "{id: 'VARCHAR', db_id: 'VARCHAR', sql: 'VARCHAR', elected: 'INTEGER'}",
    "candidates": "{id: 'VARCHAR', candidates: 'STRUCT(result STRUCT(error VARCHAR, row_count BIGINT))[]'}",
    "calls": "{question: 'VARCHAR', cost: 'DOUBLE', seconds: 'DOUBLE'}",
}


def write_runs(folder: Path, runs: int, questions: int, candidates: int) -> None:
    """Run folders, whose files are links to those of the first."""
    source = random.Random(0)
    lines: dict[str, list[dict[str, object]]] = {name: [] for name in ("journal", *QUERIES)}
    for number in range(questions):
        id = f"dev-{number:04d}"
        head: dict[str, object] = {"id": id, "db_id": f"db_{number // 52}"}
        tried = [_candidate(source) for _ in range(candidates)]
        told: dict[str, object] = {
            "examples": [f"train-{source.randrange(7000):04d}" for _ in range(5)],
            "candidates": tried,
        }
        told["prompts"] = [[["user", _words(source, 700)]]]
        scores = {metric: float(source.random() < 0.7) for metric in METRICS}
        verdicts = {metric: {"score": score, "reason": ""} for metric, score in scores.items()}
        lines["candidates"].append(head | told)
        lines["predictions"].append(head | {"question": _words(source, 12), "sql": tried[0]["sql"], "elected": 0})
        lines["verdicts"].append(head | {"hardness": source.choice(LEVELS)} | verdicts)
        lines["journal"] += [{"id": id, "elected": 0} | told]
        lines["journal"] += [{"id": id, "verdicts": {metric: [score, ""] for metric, score in scores.items()}}]
        lines["calls"] += [
            {"question": id, "stage": "generate", "model": "m", "n": candidates, "seconds": 1.2, "cost": 0.001},
            {"question": id, "stage": "question", "n": 0, "seconds": 1.3},
        ]
    for number in range(runs):
        run = folder / f"configuration-{number}"
        run.mkdir(parents=True)
        for name, records in lines.items():
            if number:
                os.link(folder / f"configuration-0/{name}.jsonl", run / f"{name}.jsonl")
            else:
                text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records)
                (run / f"{name}.jsonl").write_text(text, encoding="utf-8")
        manifest = {"configuration": run.name, "digest": str(number), "questions": questions, "metrics": METRICS}
        (run / "run.json").write_text(json.dumps(manifest), encoding="utf-8")


def _candidate(source: random.Random) -> dict[str, object]:
    if source.random() < 0.05:
        return {"sql": "SELECT x", "prompt": 0, "result": {"error": "no_such_column", "message": "no such column: x"}}
    digest = [f"{source.getrandbits(128):032x}" for _ in range(4)] + [f"{source.getrandbits(64):016x}"] * 2
    rows = [[number, _words(source, 1)] for number in range(5)]
    result = {"columns": ["a", "b"], "row_count": 5, "rows": rows, "digest": digest}
    return {"sql": f"SELECT {_words(source, 20)}", "prompt": 0, "result": result}


def _words(source: random.Random, count: int) -> str:
    return " ".join(f"w{source.randrange(2000)}" for _ in range(count))


def bare(folder: Path, name: str) -> None:
    """Count lines of all runs."""
    import duckdb

    files = sorted(str(path) for path in folder.glob(f"*/{name}.jsonl"))
    options = f"format = 'newline_delimited', hive_partitioning = false, columns = {BARE[name]}"
    with duckdb.connect() as connection:
        connection.execute(f"SELECT count(COLUMNS(*)) FROM read_json({files}, {options})").fetchall()


def command(folder: Path, sql: str) -> None:
    """The whole command."""
    line = [sys.executable, "-m", "text2sql", "query", sql, "--runs", str(folder)]
    # It complains of the data set, which is none.
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def seconds(repeats: int, work: Callable[[], None]) -> float:
    """The median of several times."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, number in {"runs": 100, "questions": 1034, "candidates": 5, "repeats": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=number)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        finished, writing = Path(folder, "finished"), Path(folder, "writing")
        write_runs(finished, told.runs, told.questions, told.candidates)
        print(f"{told.runs} runs of {told.questions} questions with {told.candidates} candidates each")
        _line("runs", seconds(told.repeats, lambda: command(finished, "from runs")), None)
        floors = {}
        for name, sql in QUERIES.items():
            floors[name] = seconds(told.repeats, lambda name=name: bare(finished, name))  # type: ignore[misc]
            _line(name, seconds(told.repeats, lambda sql=sql: command(finished, sql)), floors[name])  # type: ignore[misc]
        joined = seconds(told.repeats, lambda: command(finished, JOINED))
        _line("both joined", joined, floors["candidates"] + floors["verdicts"])
        print(f"memory at most {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")
        write_runs(writing, 1, told.questions, told.candidates)
        alone = seconds(told.repeats, lambda: command(writing, QUERIES["candidates"]))
        for name in ("candidates", "predictions", "verdicts"):
            (writing / "configuration-0" / f"{name}.jsonl").unlink()
        print("one run, against the same from its final files")
        _line("from its journal", seconds(told.repeats, lambda: command(writing, QUERIES["candidates"])), alone)


def _line(name: str, taken: float, floor: float | None) -> None:
    print(f"  {name:17} {taken:8.2f} s" + (f"  {taken / floor:6.2f} x" if floor else ""), flush=True)


if __name__ == "__main__":
    main()
