"""Two configurations on the same questions: the paired difference, how sure it is, and tests of it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from text2sql.intervals import (
    MANY_CLUSTERS,
    NOTHING,
    Interval,
    bootstrap,
    clustered,
    clustered_error,
    interval,
    quantile,
    wilson,
)

__all__ = [
    "Interval",
    "Paired",
    "bootstrap",
    "clustered",
    "clustered_error",
    "holm",
    "interval",
    "mcnemar",
    "paired",
    "pooled",
    "tango",
    "wilson",
]


@dataclass(frozen=True, slots=True)
class Paired:
    """The second configuration minus the first, over the ``n`` questions of ``databases`` databases.

    ``first``, ``second``: means; ``difference``: of them, in the unit of the scores, as are ``error`` (its standard
    error), ``interval``, ``bootstrap`` and ``detectable``: the smallest true difference that so many questions and
    databases with this error would find significant with the power asked for (beyond the range of scores: none).
    ``p``: two-sided, by the test that ``interval`` belongs to, which excludes 0 where p is below 1 - level.
    ``mcnemar``: the exact p that takes questions for independent; None where scores are not all 0 or 1.
    ``gained``, ``lost``: questions that the second answers better (wrong, now right), and worse.
    """

    n: int
    databases: int
    first: float
    second: float
    difference: float
    error: float
    interval: Interval
    bootstrap: Interval
    p: float
    mcnemar: float | None
    gained: int
    lost: int
    detectable: float


def paired(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    level: float = 0.95,
    seed: int = 0,
    power: float = 0.8,
) -> Paired:
    """Compare two configurations question by question; ``clusters``: the questions' databases.

    Clustered by database, t with G - 1 degrees of freedom, where there are at least 10. Among fewer the spread
    between databases is anyone's guess: questions are then taken for independent, which the method says, by Tango's
    interval for scores of 0 and 1, by t else. Where no spread is left (no answer changed) Tango's stands in,
    for its width is never 0. Raises ValueError where there are no scores, or not equally many.
    """
    if not first:
        raise ValueError("no scores")
    differences = [b - a for a, b in zip(first, second, strict=True)]
    n, databases = len(first), len(set(clusters))
    gained, lost = sum(d > 0 for d in differences), sum(d < 0 for d in differences)
    binary = {*first, *second} <= {0, 1}
    unit = max(1.0, *first, *second)  # valid efficiency goes beyond 1
    difference = math.fsum(differences) / n

    many = databases >= MANY_CLUSTERS
    groups = clusters if many else range(n)
    resampled = bootstrap(differences, groups, seed=seed, level=level)
    error = clustered_error(differences, groups) if n > 1 and (many or not binary) else 0.0
    if error > NOTHING:
        degrees = len(set(groups)) - 1
        half = quantile(level, degrees) * error
        method = "clustered by database" if many else "t over questions"
        found = Interval(max(-unit, difference - half), min(unit, difference + half), method)
        p, needed = _t_test(difference / error, degrees, level, power)
    else:
        better, worse = (math.fsum(max(0.0, sign * d) for d in differences) / unit for sign in (1, -1))
        score = tango(better, worse, n, level=level)
        found = replace(score, low=score.low * unit, high=score.high * unit)
        error = (found.high - found.low) / 2 / quantile(level)
        p = math.erfc(abs(better - worse) / math.sqrt(2 * (better + worse))) if better + worse else 1.0
        needed = quantile(level) + NormalDist().inv_cdf(power)
    return Paired(
        n=n,
        databases=databases,
        first=math.fsum(first) / n,
        second=math.fsum(second) / n,
        difference=difference,
        error=error,
        interval=found,
        bootstrap=resampled if many else replace(resampled, method="bootstrap over questions"),
        p=p,
        mcnemar=mcnemar(gained, lost) if binary else None,
        gained=gained,
        lost=lost,
        detectable=needed * error,
    )


def _t_test(t: float, degrees: int, level: float, power: float) -> tuple[float, float]:
    """The two-sided p of t, and how many standard errors a true difference needs to be found (noncentral t)."""
    from scipy.special import nctdtrinc, stdtr

    return float(2 * stdtr(degrees, -abs(t))), float(nctdtrinc(degrees, 1 - power, quantile(level, degrees)))


def tango(gained: float, lost: float, n: int, *, level: float = 0.95) -> Interval:
    """The score interval of a paired difference of proportions, (gained - lost) / n (Tango 1998).

    It holds what McNemar's test without correction does not reject. Sums of fractional gains and losses make it
    too wide, never too narrow.

    >>> i = tango(6, 16, 161); round(i.low, 4), round(i.high, 4)  # Fagerland, Lydersen and Laake 2017
    (-0.124, -0.0054)
    """
    z = quantile(level)

    def rejected(delta: float) -> bool:
        """Whether the score statistic of this difference exceeds z; q: the likeliest share of losses given it."""
        b = (2 * n - gained + lost) * delta - gained - lost
        q = (math.sqrt(max(0.0, b * b + 8 * n * lost * delta * (1 - delta))) - b) / (4 * n)
        return (gained - lost - n * delta) ** 2 > z * z * n * (2 * q + delta * (1 - delta))

    def limit(outside: float) -> float:
        inside = (gained - lost) / n
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if rejected(middle) else (middle, outside)
        return (inside + outside) / 2

    return Interval(limit(-1.0), limit(1.0), "Tango, over questions")


def mcnemar(gained: int, lost: int) -> float:
    """McNemar's exact test: the two-sided binomial p of these changes if either way were as likely (McNemar 1947).

    >>> mcnemar(6, 1)
    0.125
    """
    from scipy.special import bdtr

    changed = gained + lost
    return min(1.0, 2 * float(bdtr(min(gained, lost), changed, 0.5))) if changed else 1.0


def holm(ps: Sequence[float]) -> list[float]:
    """p values adjusted for their number by stepping down (Holm 1979), in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, least = [0.0] * len(ps), 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        least = max(least, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = least
    return adjusted


def pooled(seeds: Sequence[Sequence[float]]) -> list[float]:
    """The mean of each question over several seeds of one configuration.

    Raises ValueError where there is no seed, or seeds have different numbers of questions.
    """
    if not seeds:
        raise ValueError("no seeds")
    return [math.fsum(scores) / len(scores) for scores in zip(*seeds, strict=True)]
