"""How sure a score is: intervals for accuracies over questions that share databases."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

_MANY_CLUSTERS = 10


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval of a score, and the method that gave it."""

    low: float
    high: float
    method: str


def interval(scores: Sequence[float], clusters: Sequence[Hashable], *, level: float = 0.95) -> Interval:
    """The interval of a mean score: clustered by database where there are at least 10 that differ, else Wilson's.

    ``scores``: one per question, 0 to 1, or beyond (valid efficiency): then as shares of the greatest; ``clusters``:
    their databases. Raises ValueError without scores.
    """
    if not scores:
        raise ValueError("no scores")
    if (greatest := max(scores)) > 1:
        shares = interval([score / greatest for score in scores], clusters, level=level)
        return Interval(shares.low * greatest, shares.high * greatest, shares.method)
    if len(set(clusters)) >= _MANY_CLUSTERS:
        found = clustered(scores, clusters, level=level)
        if found.low < found.high:  # databases that all agree would give an interval of no width
            return found
    return wilson(sum(scores), len(scores), level=level)


def wilson(successes: float, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson 1927).

    >>> i = wilson(8, 10); round(i.low, 4), round(i.high, 4)
    (0.4902, 0.9433)
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(max(0.0, centre - half), min(1.0, centre + half), "Wilson")


def clustered(scores: Sequence[float], clusters: Sequence[Hashable], *, level: float = 0.95) -> Interval:
    """Mean plus and minus t times its cluster-robust standard error (Liang and Zeger 1986), t with G - 1 degrees.

    Questions over one database succeed and fail together; an interval that takes them for independent
    is too narrow.
    """
    from scipy.special import stdtrit

    n, mean = len(scores), sum(scores) / len(scores)
    residuals: Mapping[Hashable, list[float]] = defaultdict(list)
    for score, cluster in zip(scores, clusters, strict=True):
        residuals[cluster].append(score - mean)
    groups = len(residuals)
    variance = groups / (groups - 1) * sum(math.fsum(group) ** 2 for group in residuals.values()) / n**2
    half = float(stdtrit(groups - 1, (1 + level) / 2)) * math.sqrt(variance)
    return Interval(max(0.0, mean - half), min(1.0, mean + half), "clustered by database")
