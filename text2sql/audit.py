"""``data check``: what is wrong with a data set, found out before anything is measured on it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from text2sql.assemble import build_judge
from text2sql.dataset import Dataset, load_dataset, splits_of
from text2sql.errors import DatabaseError
from text2sql.evaluator import LEVELS, Judge, hardness
from text2sql.executor import Execute, Executor
from text2sql.experiment import parse_choice
from text2sql.parallel import in_parallel
from text2sql.results import all_null
from text2sql.sandbox import OFFICIAL, open_database
from text2sql.schema import quote, read_schema
from text2sql.ties import ranking
from text2sql.types import Candidate, Example, Prediction, Result, Schema


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a data set; ``kind`` is a key of ``KINDS``, ``where`` a question or a database."""

    kind: str
    where: str
    detail: str


_METRICS = ("execution_accuracy", "exact_set_match")

KINDS: dict[str, tuple[str, bool]] = {
    "missing_database": ("databases that are missing", True),
    "damaged_database": ("databases that cannot be read", True),
    "gold_error": ("gold queries that do not run", True),
    "no_quoted_strings": ("SQLite built without double-quoted strings, which gold needs", True),
    "empty_gold": ("gold queries without rows", False),
    "null_gold": ("gold queries that return NULL alone", False),
    "cut_tie": ("gold queries whose LIMIT cuts a tie: other rows would be as right", False),
    "invalid_text": ("databases with text that is not UTF-8", False),
    "value_replacement": ("gold queries that are wrong as predictions, for the evaluator replaces 'value'", False),
    "gold_mismatch": ("gold queries that are wrong as predictions, for another reason", False),
    "value": ("gold or names with 'value', which the official evaluator replaces in predictions", False),
    "schema": ("tables.json and database disagree", False),
    "extra_file": ("files that the official evaluator would open as databases", False),
    "unparsed_gold": ("gold queries that the official grammar cannot read: without hardness, wrong for EM", False),
    "shared_database": ("databases of this split that train has too", False),
}
"""Kinds of findings: what they are, and whether an evaluation on the split would be wrong."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found on one split."""

    dataset: Dataset
    counts: dict[str, int]
    findings: list[Finding]

    @property
    def wrong(self) -> bool:
        """An evaluation on this split would be wrong."""
        return any(KINDS[finding.kind][1] for finding in self.findings)


def check_data(use: str | Path, *, splits: Sequence[str] = (), workers: int | None = None) -> list[Report]:
    """Check some splits of a data set, by default all that it has. Raises DataError."""
    found = [load_dataset(use, split=split) for split in splits or splits_of(use)]
    with Executor(workers=workers) as executor:
        return [_check(dataset, executor) for dataset in found]


def _check(dataset: Dataset, executor: Executor) -> Report:
    names = sorted({example.question.db_id for example in dataset.examples})
    databases = [finding for name in names for finding in _database(dataset, name)]
    unusable = {f.where for f in databases if f.kind in ("missing_database", "damaged_database")}
    usable = dataset.without(e.question.id for e in dataset.examples if e.question.db_id in unusable)
    examples = usable.examples
    execute = Execute(executor, dataset.databases, OFFICIAL)
    judge = build_judge([parse_choice("metric", metric) for metric in _METRICS], usable, executor)
    gold = in_parallel(lambda example: list(_gold(example, execute, judge)), examples, executor.workers)
    found = {finding for findings in gold for finding in findings}
    order = {example.question.id: position for position, example in enumerate(dataset.examples)}
    levels = hardness(usable)
    sizes = Counter(levels.values())
    counts = {"questions": len(dataset.examples), "databases": len(names)} | {level: sizes[level] for level in LEVELS}
    findings = [
        *_build(examples),
        *databases,
        *sorted(found, key=lambda finding: order[finding.where]),
        *(Finding("unparsed_gold", e.question.id, e.sql) for e in examples if levels.get(e.question.id) == "unparsed"),
        *_shared(dataset, names),
    ]
    return Report(dataset, counts, findings)


# --- databases ----------------------------------------------------------------------------------------------


def _database(dataset: Dataset, name: str) -> Iterator[Finding]:
    if name not in list(dataset.databases):
        asking = sum(1 for example in dataset.examples if example.question.db_id == name)
        yield Finding("missing_database", name, f"{dataset.databases.expected(name)}: {_counted(asking, 'questions')}")
        return
    try:
        dataset.databases.fingerprint(name)
        path = dataset.databases[name]
        actual = read_schema(name, path)
        yield from _invalid_text(name, path, actual.columns_by_table)
    except DatabaseError as error:
        yield Finding("damaged_database", name, str(error))
        return
    told = dataset.schemas[name].columns_by_table
    here = {table.lower(): {column.lower() for column in columns} for table, columns in actual.columns_by_table.items()}
    for table, columns in told.items():
        if table.startswith("sqlite_"):
            continue  # SQLite's own bookkeeping, which some entries of tables.json list
        missing = [column for column in columns if column.lower() not in here.get(table.lower(), set())]
        if missing:
            yield Finding("schema", name, f"{table}: the database has no {', '.join(missing)}")
    words = [word for table, columns in told.items() for word in (table, *columns) if "value" in word]
    if words:
        yield Finding("value", name, f"names: {', '.join(words)}")
    for file in sorted(path.parent.iterdir()) if dataset.folder in path.parents else []:
        if ".sqlite" in file.name and file != path:
            yield Finding("extra_file", name, file.name)


def _invalid_text(name: str, path: Path, tables: Iterable[str]) -> Iterator[Finding]:
    with closing(open_database(path)) as connection:
        connection.text_factory = _is_text  # blobs do not pass through it
        count = 0
        for table in tables:
            try:
                rows = connection.execute(f"SELECT * FROM {quote(table)}")
                count += sum(1 for row in rows if any(cell is False for cell in row))
            except sqlite3.Error as error:
                raise DatabaseError(f"{path}: {table}: {error}") from None
    if count:
        yield Finding("invalid_text", name, _counted(count, "rows"))


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


# --- gold ---------------------------------------------------------------------------------------------------


def _gold(example: Example, execute: Execute, judge: Judge) -> Iterator[Finding]:
    id, result = example.question.id, execute(example.question.db_id, example.sql)
    if not result.ok:
        yield Finding("gold_error", id, f"{result.error}: {result.message}: {example.sql}")
        return
    if result.row_count == 0:
        yield Finding("empty_gold", id, example.sql)
    elif all_null(result):
        yield Finding("null_gold", id, example.sql)
    if wrong := _wrong(example, judge):
        # The replacement is all that the evaluator does to a prediction and not to gold.
        kind = "value_replacement" if "value" in example.sql else "gold_mismatch"
        yield Finding(kind, id, f"{wrong}: {example.sql}")
    elif "value" in example.sql:
        yield Finding("value", id, example.sql)
    if _cuts_tie(example, result, execute):
        yield Finding("cut_tie", id, example.sql)


def _wrong(example: Example, judge: Judge) -> str:
    """By which metrics gold is wrong as a prediction, and why; gold that does not parse is found elsewhere."""
    prediction = Prediction(example.question, Schema("", ()), candidates=(Candidate(example.sql),), elected=0)
    verdicts = judge(example, prediction).values()
    return ", ".join(
        f"{verdict.metric} {verdict.reason}" for verdict in verdicts if verdict.reason not in ("", "gold_unparsed")
    )


def _cuts_tie(example: Example, result: Result, execute: Execute) -> bool:
    """Whether the first row behind the LIMIT ties with the last one before it, in the ORDER BY."""
    ranked = ranking(example.sql)
    if ranked is None:
        return False
    ranks = [row[len(result.columns) :] for row in execute(example.question.db_id, ranked.boundary).rows]
    return len(ranks) == 2 and ranks[0] == ranks[1]


def _build(examples: Sequence[Example]) -> Iterator[Finding]:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute('SELECT "text"')
        except sqlite3.OperationalError:
            quoted = sum(1 for example in examples if '"' in example.sql)
            if quoted:
                yield Finding("no_quoted_strings", "SQLite", f"gold with double quotes: {quoted}")


def _shared(dataset: Dataset, names: Sequence[str]) -> Iterator[Finding]:
    train = {example.question.db_id for example in dataset.pool} if dataset.split != "train" else set()
    yield from (Finding("shared_database", name, "") for name in names if name in train)


# --- as text --------------------------------------------------------------------------------------------------


def report_text(reports: Sequence[Report], *, listed: int | None = 5) -> str:
    """What ``data check`` prints; ``listed``: how many findings of a kind, None for all."""
    return "\n\n".join("\n".join(_report_lines(report, listed)) for report in reports)


def _report_lines(report: Report, listed: int | None) -> Iterator[str]:
    counts = ", ".join(_counted(count, name) for name, count in report.counts.items() if count)
    yield f"{report.dataset.name} {report.dataset.split}: {counts}"
    for kind, (text, wrong) in KINDS.items():
        found = [finding for finding in report.findings if finding.kind == kind]
        if found:
            yield f"  {'WRONG' if wrong else 'note '}  {len(found):>4} × {text}"
            yield from (f"           {f.where}  {f.detail}".rstrip() for f in found[:listed])
            if listed is not None and len(found) > listed:
                yield f"           ... and {len(found) - listed} more (--all lists them)"
    if not report.findings:
        yield "  nothing found"


def _counted(count: int, name: str) -> str:
    return f"{count} {name.removesuffix('s') if count == 1 else name}"


def report_json(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """What ``data check --json`` prints."""
    return [
        {
            "data": report.dataset.name,
            "split": report.dataset.split,
            "wrong": report.wrong,
            "counts": report.counts,
            "findings": [{"kind": f.kind, "where": f.where, "detail": f.detail} for f in report.findings],
        }
        for report in reports
    ]
