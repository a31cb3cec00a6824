"""Runs -> terminal table, Markdown, JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean, stdev
from typing import Any

from text2sql.calls import last_attempts, total
from text2sql.comparison import Paired, paired, pooled
from text2sql.outcome import Runs, Scored
from text2sql.tables import (
    COLUMNS,
    Row,
    dollars,
    grid,
    interval_text,
    judged_row,
    methods,
    notes_on_verdicts,
    percent,
    probability,
    which,
)


def rows(runs: Runs | Sequence[Scored]) -> list[Row]:
    """A row per configuration; several seeds of one are averaged, their spread is given."""
    runs = _listed(runs)
    names = dict.fromkeys(run.name for run in runs)
    return [_row([run for run in runs if run.name == name]) for name in names]


def _listed(runs: Runs | Sequence[Scored]) -> list[Scored]:
    return list(runs.values()) if isinstance(runs, Runs) else list(runs)


def _row(seeds: Sequence[Scored]) -> Row:
    first, each = seeds[0], [judged_row(run.name, run.judged, run.dataset) for run in seeds]
    metric = next(iter(first.judge.metrics))
    finals = [value for row in each if (value := row.scores[metric]["all"]) is not None]
    shown = set(first.ids)  # a sample of a longer run shows its own calls
    each_calls = [[call for call in run.run.calls() if call.question in shown] for run in seeds]
    calls = [call for one in each_calls for call in one]
    asked = [call for one in each_calls for call in last_attempts(one) if call.stage != "question"]
    return Row(
        name=first.name,
        n=each[0].n,
        scores={m: {c: _mean([row.scores[m][c] for row in each]) for c in COLUMNS} for m in first.judge.metrics},
        interval=each[0].interval if len(seeds) == 1 else None,
        spread=stdev(finals) if len(finals) > 1 else None,
        answered=min(len(run.ids) - len(run.unanswered) for run in seeds),
        errors=sum(_errors(run) for run in seeds) // len(seeds),
        tokens=total(total((call.prompt_tokens, call.completion_tokens)) for call in asked),
        cost=total(call.cost for call in asked),
        paid=total(call.paid for call in calls),
        seconds=sum(call.seconds for call in calls if call.stage == "question"),
        published=first.published,
        run=str(first.run.folder),
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
    header = ["configuration", *COLUMNS, "95 %", *others, "answered", "SQL errors", "tokens", "cost", "paid", "s"]
    references = list(dict.fromkeys(one.column for row in lines for one in row.published))
    body = [
        [
            row.name,
            *(percent(row.scores[metric][column]) for column in COLUMNS),
            interval_text(row),
            *(percent(row.scores[other]["all"]) for other in others),
            f"{row.answered}/{row.n}",
            str(row.errors),
            _number(row.tokens),
            dollars(row.cost),
            dollars(row.paid),
            _seconds(row.seconds),
            *(percent(_reference(row, column, metric)) for column in references),
        ]
        for row in lines
    ]
    cells = grid([header + references, *body], markdown)
    differences = _difference_table(runs, markdown)
    folder = f"\nRuns: {runs[0].run.folder.parent}"
    return "\n".join([*_headline(runs, lines), "", cells, *_sources(lines), *differences, *_notes(runs), folder])


def _reference(row: Row, column: str, metric: str) -> float | None:
    return next((one.scores.get(metric) for one in row.published if one.column == column), None)


def _sources(lines: Sequence[Row]) -> Iterator[str]:
    """Where the figures of each reference column stand."""
    sources: dict[str, dict[str, None]] = {}
    for one in (one for row in lines for one in row.published if one.source):
        sources.setdefault(one.column, {})[one.source] = None
    if sources:
        yield "\n" + "\n".join(f"{column}: {'; '.join(found)}" for column, found in sources.items())


def differences(runs: Runs | Sequence[Scored]) -> dict[str, dict[str, Paired]]:
    """Each configuration's paired difference to the one before it and to the first, by the first metric.

    ``[configuration]["step"]`` and ``["first"]``; several seeds of one are pooled by question. A configuration that
    was asked other questions than the first has none.
    """
    runs = _listed(runs)
    metric = next(iter(runs[0].judge.metrics))
    names = list(dict.fromkeys(run.name for run in runs))
    ids = list(runs[0].ids)
    databases = {example.question.id: example.question.db_id for example in runs[0].dataset.examples}
    judged = {run.name: [one.judged.verdicts[metric] for one in runs if one.name == run.name] for run in runs}
    same = [name for name in names if all(list(verdicts) == ids for verdicts in judged[name])]
    counted = [id for id in ids if all(runs[0].judge.counts(metric, v[id]) for name in same for v in judged[name])]
    scores = {name: pooled([[verdicts[id].score for id in counted] for verdicts in judged[name]]) for name in same}
    clusters = [databases[id] for id in counted]
    if not counted:
        return {}
    return {
        after: {
            "step": paired(scores[before], scores[after], clusters),
            "first": paired(scores[same[0]], scores[after], clusters),
        }
        for before, after in pairwise(same)
    }


def _difference_table(runs: Sequence[Scored], markdown: bool) -> Iterator[str]:
    found = differences(runs)
    if not found:
        return
    first, *_ = dict.fromkeys(run.name for run in runs)
    method = next(iter(found.values()))["first"].interval.method
    yield f"\nDifferences in points, paired by question, 95 % interval {method}\n"
    rows = [["configuration", "to the step before", f"to {first}", "p"]]
    rows += [
        [name, _difference(to["step"]), _difference(to["first"]), probability(to["first"].p)]
        for name, to in found.items()
    ]
    yield grid(rows, markdown)


def _difference(found: Paired) -> str:
    low, high = found.interval.low, found.interval.high
    return f"{100 * found.difference:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def _headline(runs: Sequence[Scored], lines: Sequence[Row]) -> Iterator[str]:
    dataset, n = runs[0].dataset, lines[0].n
    whole = len(dataset.examples)
    size = f"{n} questions" if n == whole else f"sample of {n} of {whole} questions"
    yield f"{which(dataset)}, {size}"
    yield f"{runs[0].judge.regime()}; in %, by hardness; 95 % interval: {methods(lines)}"


def _notes(runs: Sequence[Scored]) -> Iterator[str]:
    open_questions = {run.name: len(run.unanswered) for run in runs if run.unanswered}
    if open_questions:
        listed = ", ".join(f"{name} ({count})" for name, count in open_questions.items())
        yield f"\nIncomplete, unanswered counts as wrong, so these are lower bounds: {listed}. --retry asks again."
        reasons = Counter(str(run.run.records[id]["unanswered"]) for run in runs for id in run.unanswered)
        (reason, count), *others = reasons.most_common()
        yield f"{'Mostly' if others else 'All'} ({count}): {reason}"
    if timed := {run.name: count for run in runs if (count := _decided_by_time(run))}:
        listed = ", ".join(f"{name} ({count})" for name, count in timed.items())
        yield f"\nQuestions with a candidate or a verdict that ran into its time limit: {listed}."
    endpoints = {where: names for run in runs for where, names in run.run.manifest.get("endpoints", {}).items()}
    for where, names in sorted(endpoints.items()):
        if asked := [name for name in names if name != "max_tokens"]:  # that has another name alone
            yield f"\n{where} was asked without {', '.join(asked)}, which it does not take."
    yield from notes_on_verdicts([(run.name, run.judged) for run in runs])


def _decided_by_time(run: Scored) -> int:
    """Questions where a time limit, and so the machine, had a say."""
    judged = {
        id for verdicts in run.judged.verdicts.values() for id, v in verdicts.items() if v.reason.startswith("timeout")
    }
    return len(
        judged
        | {
            id
            for id in run.ids
            if any(c.get("result", {}).get("error") == "timeout" for c in run.run.records[id]["candidates"])
        }
    )


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


# --- JSON -----------------------------------------------------------------------------------------------------


def runs_json(experiment: str, runs: Runs | Sequence[Scored]) -> dict[str, Any]:
    """What ``run --json`` prints; scores are fractions of 1."""
    runs = _listed(runs)
    steps = differences(runs)
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
                "regimes": runs[0].judge.regimes(),
                "metrics": row.scores,
                "interval": [row.interval.low, row.interval.high] if row.interval else None,
                "interval_method": row.interval.method if row.interval else None,
                "spread": row.spread,
                "errors": row.errors,
                "tokens": row.tokens,
                "cost": {"alone": row.cost, "paid": row.paid},
                "seconds": row.seconds,
                "published": [
                    {"column": one.column, "source": one.source, "metrics": one.scores} for one in row.published
                ],
                "differences": {to: _difference_json(one) for to, one in steps.get(row.name, {}).items()},
            }
            for row in rows(runs)
        ],
    }


def _difference_json(found: Paired) -> dict[str, float]:
    interval = {"low": found.interval.low, "high": found.interval.high}
    return {"difference": found.difference, **interval, "p": found.p}
