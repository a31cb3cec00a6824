"""Runs and evaluations -> terminal table, Markdown, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from text2sql.calls import total
from text2sql.comparison import Interval, interval
from text2sql.dataset import Dataset
from text2sql.evaluator import LEVELS, Judged
from text2sql.outcome import Runs, Scored
from text2sql.rescore import Evaluation

_COLUMNS = ("all", *LEVELS)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a configuration over its seeds, or a prediction file.

    Scores are fractions of 1. ``answered`` and ``errors`` count questions, ``seconds`` is the time spent
    answering, added up over the questions.
    """

    name: str
    n: int
    scores: Mapping[str, Mapping[str, float | None]]
    interval: Interval | None
    spread: float | None = None
    answered: int = 0
    errors: int = 0
    tokens: int | None = None
    cost: float | None = None
    paid: float | None = None
    seconds: float | None = None
    published: Mapping[str, float] | None = None
    run: str = ""


def rows(runs: Runs | Sequence[Scored]) -> list[Row]:
    """A row per configuration; several seeds of one are averaged, their spread is given."""
    runs = _listed(runs)
    names = dict.fromkeys(run.name for run in runs)
    return [_row([run for run in runs if run.name == name]) for name in names]


def _listed(runs: Runs | Sequence[Scored]) -> list[Scored]:
    return list(runs.values()) if isinstance(runs, Runs) else list(runs)


def _row(seeds: Sequence[Scored]) -> Row:
    first, each = seeds[0], [_judged_row(run.name, run.judged, run.dataset) for run in seeds]
    metric = next(iter(first.judge.metrics))
    finals = [value for row in each if (value := row.scores[metric]["all"]) is not None]
    shown = set(first.ids)  # a sample of a longer run shows its own calls
    calls = [call for run in seeds for call in run.run.calls() if call.question in shown]
    asked = [call for call in calls if call.stage != "question"]
    return Row(
        name=first.name,
        n=each[0].n,
        scores={m: {c: _mean([row.scores[m][c] for row in each]) for c in _COLUMNS} for m in first.judge.metrics},
        interval=each[0].interval if len(seeds) == 1 else None,
        spread=stdev(finals) if len(finals) > 1 else None,
        answered=min(len(run.ids) - len(run.unanswered) for run in seeds),
        errors=sum(_errors(run) for run in seeds) // len(seeds),
        tokens=total(total((call.prompt_tokens, call.completion_tokens)) for call in asked),
        cost=total(call.cost for call in asked),
        paid=total(call.paid for call in asked),
        seconds=sum(call.seconds for call in calls if call.stage == "question"),
        published=first.published.scores if first.published else None,
        run=str(first.run.folder),
    )


def _judged_row(name: str, judged: Judged, dataset: Dataset) -> Row:
    metric = next(iter(judged.verdicts))
    verdicts = judged.verdicts[metric]
    databases = {example.question.id: example.question.db_id for example in dataset.examples}
    scores = [verdict.score for verdict in verdicts.values()]
    return Row(
        name=name,
        n=len(verdicts),
        scores={metric: judged.scores(metric) for metric in judged.verdicts},
        interval=interval(scores, [databases[id] for id in verdicts]) if scores else None,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _errors(run: Scored) -> int:
    """Questions whose elected SQL did not run."""
    records = (run.run.records[id] for id in run.ids)
    elected = (record["candidates"][record["elected"]] for record in records if record["elected"] >= 0)
    return sum(1 for candidate in elected if "error" in candidate.get("result", {"error": "none"}))


# --- tables ---------------------------------------------------------------------------------------------------


def table(runs: Runs | Sequence[Scored], *, markdown: bool = False) -> str:
    """The table that ends a run, with a line above it that says what its figures are."""
    runs = _listed(runs)
    lines = rows(runs)
    metric, *others = runs[0].judge.metrics
    header = ["configuration", *_COLUMNS, "95 %", *others, "answered", "SQL errors", "tokens", "cost", "paid", "s"]
    published = any(row.published for row in lines)
    body = [
        [
            row.name,
            *(percent(row.scores[metric][column]) for column in _COLUMNS),
            _interval_text(row),
            *(percent(row.scores[other]["all"]) for other in others),
            f"{row.answered}/{row.n}",
            str(row.errors),
            _number(row.tokens),
            _dollars(row.cost),
            _dollars(row.paid),
            _seconds(row.seconds),
            *([percent((row.published or {}).get(metric))] if published else []),
        ]
        for row in lines
    ]
    cells = grid([header + (["published"] if published else []), *body], markdown)
    return "\n".join([*_headline(runs, lines), "", cells, *_notes(runs), f"\nRuns: {runs[0].run.folder.parent}"])


def _headline(runs: Sequence[Scored], lines: Sequence[Row]) -> Iterator[str]:
    dataset, n = runs[0].dataset, lines[0].n
    whole = len(dataset.examples)
    size = f"{n} questions" if n == whole else f"sample of {n} of {whole} questions"
    yield f"{which(dataset)}, {size}"
    yield f"{runs[0].judge.regime()}; in %, by hardness; 95 % interval: {_methods(lines)}"


def _methods(lines: Sequence[Row]) -> str:
    return " or ".join(dict.fromkeys(row.interval.method for row in lines if row.interval)) or "spread over seeds"


def which(dataset: Dataset) -> str:
    """The data set and its split, as tables name them."""
    return f"{dataset.name} {dataset.split}{f' ({dataset.questions})' if dataset.questions else ''}"


def _notes(runs: Sequence[Scored]) -> Iterator[str]:
    open_questions = {run.name: len(run.unanswered) for run in runs if run.unanswered}
    if open_questions:
        listed = ", ".join(f"{name} ({count})" for name, count in open_questions.items())
        yield f"\nIncomplete, unanswered counts as wrong, so these are lower bounds: {listed}. --retry asks again."
    if timed := {run.name: count for run in runs if (count := _decided_by_time(run))}:
        listed = ", ".join(f"{name} ({count})" for name, count in timed.items())
        yield f"\nQuestions with a candidate or a verdict that ran into its time limit: {listed}."


def _decided_by_time(run: Scored) -> int:
    """Questions where a time limit, and so the machine, had a say."""
    judged = {id for verdicts in run.judged.verdicts.values() for id, v in verdicts.items() if v.reason == "timeout"}
    return len(
        judged
        | {
            id
            for id in run.ids
            if any(c.get("result", {}).get("error") == "timeout" for c in run.run.records[id]["candidates"])
        }
    )


def evaluation_table(evaluations: Sequence[Evaluation], *, markdown: bool = False) -> str:
    """The table of ``text2sql evaluate``."""
    first = evaluations[0]
    metrics = list(first.judged.verdicts)
    lines = [_judged_row(one.file.name, one.judged, one.dataset) for one in evaluations]
    body = []
    for row in lines:
        for metric in metrics:
            scores = row.scores[metric]
            shown = _interval_text(row) if metric == metrics[0] else ""
            body.append([row.name, metric, *(percent(scores[column]) for column in _COLUMNS), shown])
    cells = grid([["file", "metric", *_COLUMNS, "95 %"], *body], markdown)
    head = f"{which(first.dataset)}, {_size(first)}"
    regime = f"{first.judged.judge.regime()}; in %, by hardness; 95 % interval: {_methods(lines)}"
    wrong = f"\n\nGold that does not run counts as wrong where it is executed: {first.gold_errors}." * bool(
        first.gold_errors
    )
    return "\n".join([head, regime, "", cells]) + wrong


_LEFT_OUT = {"missing_database": "without a database", "gold_error": "whose gold does not run"}


def _size(evaluation: Evaluation) -> str:
    """How many questions were judged; of how many, where some were left out, and why."""
    n, left_out = len(evaluation.dataset.examples), evaluation.left_out
    if not left_out:
        return f"{n} questions"
    reasons = ", ".join(f"{count} {_LEFT_OUT[kind]}" for kind, count in left_out.items())
    return f"{n} of {n + sum(left_out.values())} questions; left out: {reasons}"


def grid(cells: Sequence[Sequence[str]], markdown: bool) -> str:
    """Aligned columns: text to the left, figures to the right."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    left = [i == 0 or not any(row[i][:1].isdigit() for row in cells[1:]) for i in range(len(widths))]
    lines = [
        [cell.ljust(w) if to_left else cell.rjust(w) for cell, w, to_left in zip(row, widths, left, strict=True)]
        for row in cells
    ]
    if markdown:
        rule = ["-" * w if to_left else "-" * (w - 1) + ":" for w, to_left in zip(widths, left, strict=True)]
        return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])
    return "\n".join("  ".join(line).rstrip() for line in [lines[0], ["-" * w for w in widths], *lines[1:]])


def percent(value: float | None) -> str:
    """A fraction as a percentage with one decimal."""
    return "–" if value is None else f"{100 * value:.1f}"


def _interval_text(row: Row) -> str:
    if row.spread is not None:
        return f"± {100 * row.spread:.1f}"
    return f"{100 * row.interval.low:.1f}–{100 * row.interval.high:.1f}" if row.interval else "–"


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _dollars(value: float | None) -> str:
    return "–" if value is None else f"${value:.2f}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


# --- JSON -----------------------------------------------------------------------------------------------------


def runs_json(experiment: str, runs: Runs | Sequence[Scored]) -> dict[str, Any]:
    """What ``run --json`` prints; scores are fractions of 1."""
    runs = _listed(runs)
    return {
        "experiment": experiment,
        "data": runs[0].dataset.name,
        "split": runs[0].dataset.split,
        "configurations": [
            {
                "name": row.name,
                "run": row.run,
                "n": row.n,
                "answered": row.answered,
                "regime": runs[0].judge.regime(),
                "metrics": row.scores,
                "interval": [row.interval.low, row.interval.high] if row.interval else None,
                "interval_method": row.interval.method if row.interval else None,
                "spread": row.spread,
                "errors": row.errors,
                "tokens": row.tokens,
                "cost": {"alone": row.cost, "paid": row.paid},
                "seconds": row.seconds,
                "published": row.published,
            }
            for row in rows(runs)
        ],
    }


def evaluations_json(evaluations: Sequence[Evaluation]) -> list[dict[str, Any]]:
    """What ``evaluate --json`` prints; scores are fractions of 1."""
    return [
        {
            "file": str(evaluation.file),
            "n": len(evaluation.dataset.examples),
            "left_out": dict(evaluation.left_out),
            "gold_errors": evaluation.gold_errors,
            "regime": evaluation.judged.judge.regime(),
            "metrics": {metric: evaluation.judged.scores(metric) for metric in evaluation.judged.verdicts},
        }
        for evaluation in evaluations
    ]
