"""Comparisons drawn: the ladder with its intervals, and scores against samples, train size, cost or seconds.

Needs the extra ``plots`` (matplotlib). The file's name says the format: .svg or .png.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from text2sql.contrast import Contrast, Side
from text2sql.errors import UsageError, nearest
from text2sql.sampling import curves
from text2sql.tables import which
from text2sql.types import Loss

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FORMATS = (".svg", ".png")


def drawings(files: Sequence[Path], kinds: Sequence[str]) -> list[tuple[Path, str]]:
    """What is to be drawn where: each file with its kind, by default ``steps``.

    Raises UsageError where that cannot be done, before anything is computed.
    """
    kinds = list(kinds) or ["steps"] * len(files)
    if len(files) != len(kinds):
        raise UsageError(f"{len(files)} --plot for {len(kinds)} --against; each --plot FILE has one")
    for file, kind in zip(files, kinds, strict=True):
        if kind not in _KINDS:
            raise UsageError(f"--against {kind}: no such plot{nearest(kind, _KINDS)}")
        check_target(file)
    return list(zip(files, kinds, strict=True))


def check_target(file: Path) -> None:
    """Raises UsageError where nothing could be drawn to this file."""
    if file.suffix not in _FORMATS:
        raise UsageError(f"{file}: a plot is a file that ends in {' or '.join(_FORMATS)}")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: no such folder")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UsageError("--plot needs matplotlib: pip install 'text2sql[plots]'") from None


def draw(found: Contrast, file: Path, kind: str = "steps") -> None:
    """Draw a comparison to a file. Raises UsageError where these sides have nothing to draw of this kind, OSError."""
    from matplotlib.figure import Figure

    height = 1.5 + 0.35 * len(found.sides) if kind == "steps" else 4.5
    figure = Figure(figsize=(7.5, height), layout="constrained")
    axes = figure.add_subplot()
    _KINDS[kind](found, axes)
    axes.set_title(f"{which(found.dataset)}, {len(found.ids)} questions", loc="left", fontsize="medium")
    _save(figure, axes, file)


def draw_losses(curves: Mapping[str, Sequence[Loss]], file: Path) -> None:
    """Draw the loss curves of tunings, by their names: train as a line, validation as points joined by dashes.

    Raises UsageError where there is no curve, OSError.
    """
    from matplotlib.figure import Figure

    if not any(curves.values()):
        raise UsageError("no loss curve to draw yet")
    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, losses) in enumerate(curves.items()):
        for part, style in (("train", "-"), ("validation", "o--")):
            points = [(loss.step, value) for loss in losses if (value := getattr(loss, part)) is not None]
            if points:
                axes.plot(*zip(*points, strict=True), style, color=f"C{number}", label=f"{name}: {part}")
    axes.set_xlabel("step")
    axes.set_ylabel("loss per token")
    axes.legend(fontsize="small")
    _save(figure, axes, file)


def _save(figure: Figure, axes: Axes, file: Path) -> None:
    axes.grid(alpha=0.3)
    # Without a date and random ids equal drawings are equal files.
    metadata = {"Date": None} if file.suffix == ".svg" else {"Software": None}
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "text2sql"}):
        figure.savefig(file, dpi=150, metadata=metadata)


def _steps(found: Contrast, axes: Axes) -> None:
    """A line per configuration, the first at the top."""
    sides = found.sides[::-1]
    for at, side in enumerate(sides):
        axes.errorbar(100 * side.score, at, xerr=_bars(side), fmt="o", capsize=3, color="C0")
    axes.set_yticks(range(len(sides)), [side.name for side in sides])
    axes.set_ylim(-0.6, len(sides) - 0.4)
    axes.set_xlabel(f"{found.metric}, %")


def _bars(side: Side) -> list[list[float]]:
    return [[100 * (side.score - side.interval.low)], [100 * (side.interval.high - side.score)]]


def _samples(found: Contrast, axes: Axes) -> None:
    """The vote over n candidates with its interval, and whether any of them is right."""
    drawn = curves(found)
    if not drawn:
        raise UsageError("--against n needs runs that have several candidates per question")
    for number, one in enumerate(drawn):
        colour, ns = f"C{number}", [point.n for point in one.points]
        axes.plot(ns, [100 * p.voted for p in one.points], "o-", color=colour, label=f"{one.name}: {one.voter}")
        axes.plot(ns, [100 * p.passed for p in one.points], "s--", color=colour, label=f"{one.name}: any of n")
        low, high = ([100 * getattr(p.voted_interval, end) for p in one.points] for end in ("low", "high"))
        axes.fill_between(ns, low, high, alpha=0.12, color=colour, linewidth=0)
    axes.set_xlabel("n, candidates per question")
    _scores(found, axes)


def _train(found: Contrast, axes: Axes) -> None:
    """Against the number at the end of a configuration's name."""
    numbered = [(int(size[0]), side) for side in found.sides if (size := re.search(r"\d+$", side.name))]
    if len({size for size, _ in numbered}) < 2:
        raise UsageError("--against train needs names that end in the number of train examples, as in 'tuned 500'")
    numbered.sort(key=lambda item: item[0])
    scores = [100 * side.score for _, side in numbered]
    bars = [[_bars(side)[end][0] for _, side in numbered] for end in (0, 1)]
    axes.errorbar([size for size, _ in numbered], scores, yerr=bars, fmt="o-", capsize=3)
    axes.set_xlim(left=0)
    axes.set_xlabel("train examples")
    axes.set_ylabel(f"{found.metric}, %")


def _cost(found: Contrast, axes: Axes) -> None:
    _front(found, axes, lambda side: side.cost, "cost of the calls alone, US dollars")


def _latency(found: Contrast, axes: Axes) -> None:
    _front(found, axes, lambda side: side.seconds, "median seconds per question")


def _front(found: Contrast, axes: Axes, of: Callable[[Side], float | None], label: str) -> None:
    """A point per configuration; the line joins those that no other beats in both."""
    points = [(x, 100 * side.score, side) for side in found.sides if (x := of(side)) is not None]
    if not points:
        raise UsageError(f"nothing to draw against: no run knows its {label}")
    for x, y, side in points:
        axes.errorbar(x, y, yerr=_bars(side), fmt="o", capsize=3, color="C0")
        axes.annotate(side.name, (x, y), textcoords="offset points", xytext=(6, 4), fontsize="small")
    front = pareto([(x, y) for x, y, _ in points])
    axes.plot(*zip(*front, strict=True), "--", color="C1", label="Pareto front")
    axes.set_xlabel(label)
    _scores(found, axes)


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points than which none is both cheaper (first) and better (second), from the cheapest on.

    >>> pareto([(1, 50), (2, 40), (3, 60), (3, 55)])
    [(1, 50), (3, 60)]
    """
    front: list[tuple[float, float]] = []
    for x, y in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or y > front[-1][1]:
            front.append((x, y))
    return front


def _scores(found: Contrast, axes: Axes) -> None:
    axes.set_ylabel(f"{found.metric}, %")
    axes.legend(fontsize="small")


_KINDS: dict[str, Callable[[Contrast, Axes], None]] = {
    "steps": _steps,
    "n": _samples,
    "train": _train,
    "cost": _cost,
    "seconds": _latency,
}
