"""A comparison of configurations -> terminal table, Markdown, LaTeX, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from text2sql.comparison import Interval
from text2sql.contrast import Contrast, Flip, Group, Pair, Side
from text2sql.sampling import Curve
from text2sql.tables import grid, percent, probability, which

_SHOWN_DATABASES = 8


def contrast_text(found: Contrast, *, markdown: bool = False, flips: int = 5) -> str:
    """The comparison as text; ``flips``: so many questions of each pair are shown with their SQL."""
    return "\n".join(_lines(found, markdown, flips))


def _lines(found: Contrast, markdown: bool, flips: int) -> Iterator[str]:
    yield f"{which(found.dataset)}, {len(found.ids)} questions in {_databases(found)} databases"
    yield f"{found.regime}; in %"
    yield from found.notes
    yield ""
    yield grid(_sides(found), markdown)
    if not found.pairs:
        return
    yield "\n" + _method(found)
    yield ""
    yield grid(_differences(found), markdown)
    for pair in found.pairs:
        yield f"\n{_title(pair)}: {pair.statistics.gained} gained, {pair.statistics.lost} lost"
        yield grid(_grouped(pair), markdown)
    if any(found.classes.values()):
        yield "\nWrong predictions by how their SQL differs from gold, in one way or several"
        yield grid(_classes(found), markdown)
    for pair in found.pairs:
        yield from _shown(pair, flips)


def _databases(found: Contrast) -> int:
    ids = set(found.ids)
    return len({e.question.db_id for e in found.dataset.examples if e.question.id in ids})


def _method(found: Contrast) -> str:
    one = found.pairs[0].statistics
    corrected = f", Holm over {len(found.pairs)}" if len(found.pairs) > 1 else ""
    return (
        f"Differences, paired by question, in points; 95 % interval and p {one.interval.method}{corrected}; "
        "detectable: with 80 % power"
    )


def _sides(found: Contrast) -> list[list[str]]:
    rows = [["configuration", "seeds", found.metric, "95 %", "tokens", "cost", "s/question"]]
    for side in found.sides:
        rows.append(
            [
                side.name,
                str(len(side.runs)),
                percent(side.score),
                _between(side.interval),
                "–" if side.tokens is None else f"{side.tokens:,.0f}",
                "–" if side.cost is None else f"${side.cost:.2f}",
                "–" if side.seconds is None else f"{side.seconds:.3f}",
            ]
        )
    return rows


def _differences(found: Contrast) -> list[list[str]]:
    head = ["difference", "points", "95 %", "bootstrap", "p", "Holm", "McNemar", "gained", "lost", "detectable"]
    rows = [head]
    for pair in found.pairs:
        one = pair.statistics
        rows.append(
            [
                _title(pair),
                f"{100 * one.difference:+.1f}",
                _between(one.interval, signed=True),
                _between(one.bootstrap, signed=True),
                probability(one.p),
                probability(pair.adjusted),
                "–" if one.mcnemar is None else probability(one.mcnemar),
                str(one.gained),
                str(one.lost),
                f"{100 * one.detectable:.1f}",
            ]
        )
    return rows


def _grouped(pair: Pair) -> list[list[str]]:
    rows = [["by", "group", "n", "first", "second", "points", "gained", "lost"]]
    for kind, groups in pair.groups.items():
        shown = groups
        if kind == "database":  # those in which most has changed
            shown = tuple(sorted(groups, key=lambda group: -group.gained - group.lost)[:_SHOWN_DATABASES])
        rows += [_group(kind, group) for group in shown if kind != "database" or group.gained or group.lost]
    return rows


def _group(kind: str, group: Group) -> list[str]:
    change = f"{100 * (group.second - group.first):+.1f}"
    scores = [percent(group.first), percent(group.second), change]
    return [kind, group.name, str(group.n), *scores, str(group.gained), str(group.lost)]


def _classes(found: Contrast) -> list[list[str]]:
    names = list(dict.fromkeys(name for counts in found.classes.values() for name in counts))
    rows = [["class", *(side.name for side in found.sides)]]
    rows += [[name, *(str(found.classes[side.name].get(name, 0)) for side in found.sides)] for name in names]
    return rows


def _shown(pair: Pair, most: int) -> Iterator[str]:
    shown = pair.flips[:most]
    if not shown:
        return
    yield f"\n{_title(pair)}: {len(shown)} of {len(pair.flips)} questions that changed"
    for flip in shown:
        question = flip.example.question
        yield f"\n{question.id} · {question.db_id} · {flip.hardness} · {'gained' if flip.gained else 'lost'}"
        yield f"  {question.text}"
        yield f"  {pair.first.name}: {flip.first}"
        yield f"  {pair.second.name}: {flip.second}"
        yield f"  {', '.join(flip.classes) or 'no difference found'}"
        yield from (f"    {change}" for change in flip.changes)


def _title(pair: Pair) -> str:
    return f"{pair.first.name} → {pair.second.name}"


def _between(found: Interval, *, signed: bool = False) -> str:
    low, high = 100 * found.low, 100 * found.high
    return f"[{low:+.1f}, {high:+.1f}]" if signed else f"{low:.1f}–{high:.1f}"


def curves_text(curves: Sequence[Curve], *, markdown: bool = False) -> str:
    """Curves as a table: for every n the vote and whether any candidate is right, with their intervals."""
    rows = [["configuration", "n", "vote", "95 %", "any of n", "95 %"]]
    rows += [
        [
            curve.name,
            str(p.n),
            percent(p.voted),
            _between(p.voted_interval),
            percent(p.passed),
            _between(p.passed_interval),
        ]
        for curve in curves
        for p in curve.points
    ]
    return f"By the number of candidates, resampled; vote by {curves[0].voter}\n\n{grid(rows, markdown)}"


def curves_json(curves: Sequence[Curve]) -> list[dict[str, Any]]:
    """The same for ``--json``; scores are fractions of 1."""
    return [
        {
            "name": curve.name,
            "voter": curve.voter,
            "points": [
                {
                    "n": p.n,
                    "vote": p.voted,
                    "vote_interval": _interval_json(p.voted_interval),
                    "any": p.passed,
                    "any_interval": _interval_json(p.passed_interval),
                }
                for p in curve.points
            ],
        }
        for curve in curves
    ]


# --- LaTeX --------------------------------------------------------------------------------------------------


def contrast_latex(found: Contrast) -> str:
    """The sides with their differences to the first, as a LaTeX table for the package booktabs."""
    to_first = {pair.second.name: pair for pair in found.pairs if pair.first is found.sides[0]}
    body = []
    for side in found.sides:
        pair = to_first.get(side.name)
        low, high = 100 * side.interval.low, 100 * side.interval.high
        cells = [_escaped(side.name), f"{100 * side.score:.1f} & [{low:.1f}, {high:.1f}]"]
        if pair:
            one = pair.statistics
            cells.append(
                f"${100 * one.difference:+.1f}$ & $[{100 * one.interval.low:+.1f}, {100 * one.interval.high:+.1f}]$ & "
                f"${probability(pair.adjusted)}$"
            )
        else:
            cells.append("-- & -- & --")
        body.append(" & ".join(cells) + r" \\")
    head = rf"configuration & {_escaped(found.metric)} & 95\,\% & difference & 95\,\% & $p$ (Holm) \\"
    caption = f"{which(found.dataset)}, {len(found.ids)} questions. {found.regime}."
    lines = [
        r"\begin{table}", r"\centering", r"\begin{tabular}{lrrrrr}", r"\toprule", head, r"\midrule", *body,
        r"\bottomrule", r"\end{tabular}", rf"\caption{{{_escaped(caption)}}}", r"\end{table}",
    ]  # fmt: skip
    return "\n".join(lines)


_SPECIAL = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "→": r"$\to$"}


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, "\\" + c if c in "&%$#_{}" else c) for c in text)


# --- JSON ---------------------------------------------------------------------------------------------------


def contrast_json(found: Contrast) -> dict[str, Any]:
    """What ``compare --json`` prints; scores and differences are fractions of 1."""
    return {
        "data": found.dataset.name,
        "split": found.dataset.split,
        "n": len(found.ids),
        "databases": _databases(found),
        "metric": found.metric,
        "regime": found.regime,
        "notes": list(found.notes),
        "configurations": [_side_json(side, found) for side in found.sides],
        "pairs": [_pair_json(pair) for pair in found.pairs],
    }


def _side_json(side: Side, found: Contrast) -> dict[str, Any]:
    return {
        "name": side.name,
        "runs": [str(run.run.folder) for run in side.runs],
        "score": side.score,
        "interval": _interval_json(side.interval),
        "tokens": side.tokens,
        "cost": side.cost,
        "seconds": side.seconds,
        "classes": dict(found.classes[side.name]),
        "classes_by_construct": {
            construct: dict(counts)
            for construct, counts in found.classes_by_construct[side.name].items()
            if construct != "all"
        },
    }


def _pair_json(pair: Pair) -> dict[str, Any]:
    one = pair.statistics
    return {
        "first": pair.first.name,
        "second": pair.second.name,
        "difference": one.difference,
        "error": one.error,
        "interval": _interval_json(one.interval),
        "bootstrap": _interval_json(one.bootstrap),
        "p": one.p,
        "p_holm": pair.adjusted,
        "mcnemar": one.mcnemar,
        "gained": one.gained,
        "lost": one.lost,
        "detectable": one.detectable,
        "groups": {kind: [_group_json(group) for group in groups] for kind, groups in pair.groups.items()},
        "flips": [_flip_json(flip) for flip in pair.flips],
    }


def _interval_json(found: Interval) -> dict[str, Any]:
    return {"low": found.low, "high": found.high, "method": found.method}


def _group_json(group: Group) -> dict[str, Any]:
    counts = {"n": group.n, "gained": group.gained, "lost": group.lost}
    return {"name": group.name, "first": group.first, "second": group.second, **counts}


def _flip_json(flip: Flip) -> dict[str, Any]:
    return {
        "id": flip.example.question.id,
        "db_id": flip.example.question.db_id,
        "question": flip.example.question.text,
        "hardness": flip.hardness,
        "gold": flip.example.sql,
        "first": flip.first,
        "second": flip.second,
        "gained": flip.gained,
        "classes": list(flip.classes),
        "changes": [str(change) for change in flip.changes],
    }
