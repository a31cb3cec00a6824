"""Forgetting as tables, Markdown, JSON: a row for the untuned and the tuned model, and one for their difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from text2sql.comparison import Interval, Paired
from text2sql.forgetting import Forgetting
from text2sql.tables import grid, percent, probability, which


def forgetting_text(found: Sequence[Forgetting], *, markdown: bool = False) -> str:
    """A table for every quadruple, and its answer in words."""
    return "\n".join(_lines(found, markdown))


def _lines(found: Sequence[Forgetting], markdown: bool) -> Iterator[str]:
    yield "Does the tuned model still profit from examples in the prompt?"
    yield f"{which(found[0].dataset)}; {found[0].regime}; in %, differences in points, paired by question"
    for one in found:
        four = "; ".join(f"{without} → {some}" for without, some in (one.of.untuned, one.of.tuned))
        yield f"\n{four}: {len(one.ids)} questions in {one.interaction.databases} databases\n"
        yield grid(_rows(one), markdown)
        yield f"\n{_sentence(one)}"
        yield f"95 % intervals and p: {_methods(one)}."
        if one.unanswered:
            yield f"Left out, since not all four answered: {one.unanswered}."


def _rows(one: Forgetting) -> list[list[str]]:
    between = [_signed(change.difference) for change in (one.without, one.with_examples)]
    return [
        ["model", "without examples", "with examples", "gain", "95 %", "p", "mended", "broken"],
        ["untuned", *_row(one.untuned)],
        ["tuned", *_row(one.tuned)],
        ["tuned - untuned", *between, *_gain(one.interaction), "–", "–"],
    ]


def _row(found: Paired) -> list[str]:
    return [percent(found.first), percent(found.second), *_gain(found), str(found.gained), str(found.lost)]


def _gain(found: Paired) -> list[str]:
    return [_signed(found.difference), _between(found.interval), probability(found.p)]


def _sentence(one: Forgetting) -> str:
    """The answer, with what it rests on."""
    own = f"its gain {_signed(one.tuned.difference)} {_between(one.tuned.interval)}"
    less = f"tuned minus untuned gain {_signed(one.interaction.difference)} {_between(one.interaction.interval)}"
    said = "undecided whether the tuned model still profits"
    if one.answer != "undecided":
        said = f"the tuned model {one.answer}"
    return f"{said[0].upper()}{said[1:]} from examples: {own}, {less}."


def _methods(one: Forgetting) -> str:
    gains = " or ".join(dict.fromkeys(found.interval.method for found in (one.untuned, one.tuned)))
    difference = one.interaction.interval.method
    return gains if difference == gains else f"{gains}; of the difference of the gains {difference}"


def _signed(value: float) -> str:
    return f"{100 * value:+.1f}"


def _between(found: Interval) -> str:
    return f"[{_signed(found.low)}, {_signed(found.high)}]"


def forgetting_json(experiment: str, found: Sequence[Forgetting]) -> dict[str, Any]:
    """The same for ``--json``; scores and differences are fractions of 1."""
    return {
        "experiment": experiment,
        "data": found[0].dataset.name,
        "split": found[0].dataset.split,
        "metric": found[0].metric,
        "regime": found[0].regime,
        "quadruples": [_json(one) for one in found],
    }


def _json(one: Forgetting) -> dict[str, Any]:
    return {
        "n": len(one.ids),
        "databases": one.interaction.databases,
        "unanswered": one.unanswered,
        "untuned": _model_json(one.of.untuned, one.untuned),
        "tuned": _model_json(one.of.tuned, one.tuned),
        "without_examples": _difference_json(one.without),
        "with_examples": _difference_json(one.with_examples),
        "interaction": _difference_json(one.interaction),
        "answer": one.answer,
    }


def _model_json(names: tuple[str, str], found: Paired) -> dict[str, Any]:
    return {
        "without_examples": {"name": names[0], "score": found.first},
        "with_examples": {"name": names[1], "score": found.second},
        "gain": _difference_json(found),
        "mended": found.gained,
        "broken": found.lost,
    }


def _difference_json(found: Paired) -> dict[str, Any]:
    interval = {"low": found.interval.low, "high": found.interval.high, "method": found.interval.method}
    return {"difference": found.difference, "error": found.error, "interval": interval, "p": found.p}
