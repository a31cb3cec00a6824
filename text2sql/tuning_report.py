"""Tuning for people: what a model is to be tuned on, and how a tuning stands; as files, tables, JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from text2sql import chat_data
from text2sql.artifacts import write_atomically
from text2sql.demonstrations import Prepared
from text2sql.errors import UsageError
from text2sql.evaluator import LEVELS
from text2sql.tables import dollars, grid
from text2sql.tuning import Tuning
from text2sql.types import Demonstration, Job, Loss

_SHOWN = 12  # points of a loss curve in a terminal


@dataclass(frozen=True, slots=True)
class Exported:
    """Files of one tuning, and the report on what is in them."""

    train: Path
    validation: Path | None
    report: dict[str, Any]


def export_data(tuning: Tuning, out: str | Path, prepared: Prepared) -> Exported:
    """Write NAME-train.jsonl, NAME-validation.jsonl and NAME-report.json into a folder. Raises UsageError, OSError."""
    out = Path(out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: a folder is expected, not a file")
    out.mkdir(parents=True, exist_ok=True)
    report = data_report(tuning, prepared)
    train, validation = (out / f"{tuning.name}-{part}.jsonl" for part in ("train", "validation"))
    chat_data.write(train, prepared.data.train)
    if prepared.data.validation:
        chat_data.write(validation, prepared.data.validation)
    else:
        validation.unlink(missing_ok=True)  # of an earlier export: it would be taken for this one's
    write_atomically(out / f"{tuning.name}-report.json", json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return Exported(train, validation if prepared.data.validation else None, report)


def data_report(tuning: Tuning, prepared: Prepared) -> dict[str, Any]:
    """Counts, tokens (estimated) and, where the tuner knows it, cost in dollars."""
    data = prepared.data
    found: dict[str, Any] = {
        "tuner": tuning.name,
        "use": tuning.recipe.tuner.label,
        "pool": prepared.pool,
        "left_out": dict(sorted(prepared.dropped.items(), key=lambda item: (-item[1], item[0]))),
        "train": _counts(data.train, prepared),
        "validation": _counts(data.validation, prepared),
    }
    estimate = tuning.estimate(data)
    return found | ({"estimate": asdict(estimate)} if estimate else {})


def _counts(demonstrations: Sequence[Demonstration], prepared: Prepared) -> dict[str, Any]:
    questions = {one.example.question.id: one.example.question.db_id for one in demonstrations}
    levels = Counter(prepared.levels[id] for id in questions)
    lengths = [chat_data.example_tokens(one) for one in demonstrations]
    return {
        "demonstrations": len(demonstrations),
        "questions": len(questions),
        "databases": len(set(questions.values())),
        "with_examples": sum(bool(one.prompt.examples) for one in demonstrations),
        "hardness": {level: levels[level] for level in (*LEVELS, "unparsed") if levels[level]},
        "tokens": sum(lengths),
        "tokens_mean": round(fmean(lengths), 1) if lengths else None,
        "tokens_median": median(lengths) if lengths else None,
        "tokens_longest": max(lengths, default=None),
        "answer_tokens": sum(chat_data.tokens(one.answer) for one in demonstrations),
    }


def data_text(report: dict[str, Any], *, markdown: bool = False) -> str:
    """A data report as ``finetune export`` prints it."""
    parts = [part for part in ("train", "validation") if report[part]["demonstrations"]]
    lines = [f"{report['tuner']}: {report['use']}, pool of {report['pool']} examples"]
    if report["left_out"]:
        lines.append("left out: " + ", ".join(f"{count} {reason}" for reason, count in report["left_out"].items()))
    rows = [["", *parts]]
    for key, label in _ROWS.items():
        rows.append([label, *(_figure(report[part][key]) for part in parts)])
    for level in (*LEVELS, "unparsed"):
        if any(level in report[part]["hardness"] for part in parts):
            rows.append([level, *(_figure(report[part]["hardness"].get(level, 0)) for part in parts)])
    lines += ["", grid(rows, markdown)]
    if estimate := report.get("estimate"):
        lines += ["", _estimated(estimate)]
    return "\n".join(lines)


def _estimated(estimate: dict[str, Any]) -> str:
    tokens, epochs, cost = estimate["tokens"], estimate["epochs"], estimate["cost"]
    if cost is None:
        price = "its price is in no list"
    else:
        price = f"about {dollars(cost)} an epoch" if epochs is None else f"about {dollars(cost * epochs)}"
    count = "the provider chooses the epochs" if epochs is None else f"{epochs} epoch{'s' if epochs != 1 else ''}"
    return f"{tokens:,} tokens an epoch, {count}: {price}"


_ROWS = {
    "demonstrations": "demonstrations",
    "questions": "questions",
    "databases": "databases",
    "with_examples": "with examples",
    "tokens": "tokens, estimated",
    "tokens_mean": "mean",
    "tokens_median": "median",
    "tokens_longest": "longest",
    "answer_tokens": "of answers",
}


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,}"


# --- how tunings stand ---------------------------------------------------------------------------------------


def line(tuning: Tuning, job: Job | None) -> str:
    """One line on how a tuning stands."""
    if job is None:
        return f"{tuning.name}: not made yet"
    told = [f"{100 * job.done:.0f} %"] if job.status in ("running", "interrupted") else []
    if job.status == "succeeded":
        model = tuning.model(job)
        told.append(f"{model.use} {job.model['name']}" if "name" in job.model else f"{model.use} in {tuning.folder}")
    told += [f"{job.tokens:,} tokens"] if job.tokens else []
    told += [f"{dollars(job.cost)}"] if job.cost is not None else []
    told += ["'text2sql finetune start' goes on with it"] if job.status == "interrupted" else []
    end = f" ({job.message})" if job.message else ""
    return f"{tuning.name}: {', '.join([job.status, *told])}{end}"


def job_text(tuning: Tuning, job: Job | None, *, events: int = 5) -> str:
    """How a tuning stands: the line, the loss curve, the last events, and how to serve what it made."""
    parts = [line(tuning, job)]
    if job is not None:
        if job.losses:
            parts.append(
                _indented(grid([["step", "train loss", "validation loss"], *map(_point, _some(job.losses))], False))
            )
        if events and job.events:
            parts.append(_indented("\n".join(job.events[-events:])))
        if job.status == "succeeded" and job.serve:
            parts.append(_indented(f"serve it by: {job.serve}"))
    return "\n".join(parts)


def _some(losses: Sequence[Loss]) -> Iterator[Loss]:
    """About a dozen points, the first and the last among them, and all with a validation loss if they are few."""
    validated = [loss for loss in losses if loss.validation is not None]
    if 1 < len(validated) <= _SHOWN:
        return iter(validated)
    count = min(_SHOWN, len(losses))
    return (losses[round(i * (len(losses) - 1) / max(1, count - 1))] for i in range(count))


def _point(loss: Loss) -> list[str]:
    return [str(loss.step), *("–" if value is None else f"{value:.4f}" for value in (loss.train, loss.validation))]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def job_json(tuning: Tuning, job: Job | None) -> dict[str, Any]:
    """The same as JSON."""
    return {"tuner": tuning.name, "folder": str(tuning.folder)} | ({"job": asdict(job)} if job else {"job": None})
