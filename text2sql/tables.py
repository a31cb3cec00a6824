"""What all tables share: their rows, their headings and notes, and how they are laid out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from text2sql.comparison import Interval, interval
from text2sql.dataset import Dataset
from text2sql.evaluator import LEVELS, Judged
from text2sql.experiment import Published

COLUMNS = ("all", *LEVELS)


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
    published: Sequence[Published] = ()
    run: str = ""


def judged_row(name: str, judged: Judged, dataset: Dataset) -> Row:
    metric = next(iter(judged.verdicts))
    verdicts = judged.verdicts[metric]
    databases = {example.question.id: example.question.db_id for example in dataset.examples}
    counted = {id: verdict.score for id, verdict in verdicts.items() if judged.judge.counts(metric, verdict)}
    return Row(
        name=name,
        n=len(verdicts),
        scores={metric: judged.scores(metric) for metric in judged.verdicts},
        interval=interval(list(counted.values()), [databases[id] for id in counted]) if counted else None,
    )


def which(dataset: Dataset) -> str:
    """The data set and its split, as tables name them."""
    return f"{dataset.name} {dataset.split}{f' ({dataset.questions})' if dataset.questions else ''}"


def methods(lines: Sequence[Row]) -> str:
    return " or ".join(dict.fromkeys(row.interval.method for row in lines if row.interval)) or "spread over seeds"


def notes_on_verdicts(judged: Sequence[tuple[str, Judged]]) -> Iterator[str]:
    """What the metrics after the first, whose regime heads the table, measure; and what verdicts hang on."""
    judge = judged[0][1].judge
    others = {label: regime for label, regime in judge.regimes().items() if label != next(iter(judge.metrics))}
    if others:
        yield "\n" + "\n".join(f"{label}: {regime}" for label, regime in others.items())
    if cut := [f"{name} ({count})" for name, one in judged if (count := _cut_by_plug_cap(one))]:
        yield f"\nWrong verdicts for which plug_cap left candidates untried: {', '.join(cut)}."
    yield from (f"\n{name}: {note}" for name, one in judged for note in one.notes())


def _cut_by_plug_cap(judged: Judged) -> int:
    reasons = (verdict.reason for verdicts in judged.verdicts.values() for verdict in verdicts.values())
    return sum(1 for reason in reasons if reason.endswith("plug_cap"))


def grid(cells: Sequence[Sequence[str]], markdown: bool) -> str:
    """Aligned columns: text to the left, figures to the right."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    left = [i == 0 or not any(row[i].lstrip("≤ $")[:1].isdigit() for row in cells[1:]) for i in range(len(widths))]
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


def dollars(value: float | None) -> str:
    """An amount of US dollars."""
    return "–" if value is None else f"${value:.2f}"


def probability(p: float) -> str:
    """A p value with three decimals, the smallest as a bound.

    >>> probability(0.0321), probability(0.00001)
    ('0.032', '<0.001')
    """
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def interval_text(row: Row) -> str:
    if row.spread is not None:
        return f"± {100 * row.spread:.1f}"
    return f"{100 * row.interval.low:.1f}–{100 * row.interval.high:.1f}" if row.interval else "–"
