"""Evaluations of prediction files -> terminal table, Markdown, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from text2sql.pairs import Pairs
from text2sql.tables import COLUMNS, grid, interval_text, judged_row, methods, notes_on_verdicts, percent, which
from text2sql.verdicts import Evaluation

_LEFT_OUT = {"missing_database": "without a database", "gold_error": "whose gold does not run"}


def evaluation_table(evaluations: Sequence[Evaluation], *, components: bool = False, markdown: bool = False) -> str:
    """The table of ``text2sql evaluate``; ``components``: with the component tables of every file below it."""
    first = evaluations[0]
    metrics = list(first.verdicts)
    lines = [judged_row(one.file.name, one.judged, one.dataset) for one in evaluations]
    body = []
    for row in lines:
        for metric in metrics:
            scores = row.scores[metric]
            shown = interval_text(row) if metric == metrics[0] else ""
            body.append([row.name, metric, *(percent(scores[column]) for column in COLUMNS), shown])
    cells = grid([["file", "metric", *COLUMNS, "95 %"], *body], markdown)
    head = f"{first.dataset.name if isinstance(first.dataset, Pairs) else which(first.dataset)}, {_size(first)}"
    regime = f"{first.judged.judge.regime()}; in %, by hardness; 95 % interval: {methods(lines)}"
    notes = notes_on_verdicts([(one.file.name, one.judged) for one in evaluations])
    tables = [_component_text(one, markdown) for one in evaluations] if components else []
    return "\n".join(
        [head, regime, "", cells, *_gold_note(first), *_failure_notes(evaluations, metrics), *notes, *tables]
    )


def _size(evaluation: Evaluation) -> str:
    """How many questions were judged; of how many, where some were left out, and why."""
    n, left_out = len(evaluation.dataset.examples), evaluation.left_out
    what = ("pair" if isinstance(evaluation.dataset, Pairs) else "question") + "s" * (n + sum(left_out.values()) != 1)
    if not left_out:
        return f"{n} {what}"
    reasons = ", ".join(f"{count} {_LEFT_OUT[kind]}" for kind, count in left_out.items())
    return f"{n} of {n + sum(left_out.values())} {what}; left out: {reasons}"


def _gold_note(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.gold_errors:
        yield f"\nGold that does not run counts as wrong where it is executed: {evaluation.gold_errors}."


def _failure_notes(evaluations: Sequence[Evaluation], metrics: Sequence[str]) -> Iterator[str]:
    metric = "execution_accuracy" if "execution_accuracy" in metrics else metrics[0]
    wrong = {one.file.name: failures for one in evaluations if (failures := one.failures(metric))}
    if wrong:
        yield f"\nWrong by {metric}, by class of failure:"
    for name, failures in wrong.items():
        classes = ", ".join(f"{failure or 'no reason given'} {count}" for failure, count in failures.items())
        yield f"{name}: {sum(failures.values())} ({classes})"


def _component_text(evaluation: Evaluation, markdown: bool) -> str:
    head = (
        f"\n{evaluation.file.name}: exact set match by component, as the official script prints it, in fractions of 1\n"
    )
    cells = [
        [measure, component, *(_three_decimals(scores[column]) for column in COLUMNS)]
        for measure, components in evaluation.components().items()
        for component, scores in components.items()
    ]
    return f"{head}\n{grid([['measure', 'component', *COLUMNS], *cells], markdown)}"


def _three_decimals(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def evaluations_json(evaluations: Sequence[Evaluation], *, components: bool = False) -> list[dict[str, Any]]:
    """What ``evaluate --json`` prints; scores are fractions of 1, failures counts of wrong predictions."""
    return [
        {
            "file": str(evaluation.file),
            "n": len(evaluation.dataset.examples),
            "left_out": dict(evaluation.left_out),
            "gold_errors": evaluation.gold_errors,
            "regime": evaluation.judged.judge.regime(),
            "regimes": evaluation.judged.judge.regimes(),
            "metrics": {metric: evaluation.scores(metric) for metric in evaluation.verdicts},
            "failures": {metric: evaluation.failures(metric) for metric in evaluation.verdicts},
            **({"components": evaluation.components()} if components else {}),
        }
        for evaluation in evaluations
    ]
