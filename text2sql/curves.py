"""What other numbers of samples would have given: pass@n and voting, resampled from stored candidates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from text2sql.intervals import Interval, interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Elect: TypeAlias = Callable[[int, tuple[int, ...]], int]
"""Of a question (its index) and candidates of it (their positions, ascending): the position of the elected one."""


@dataclass(frozen=True, slots=True)
class Point:
    """Scores with ``n`` samples per question, means of 0 to 1 with their intervals over questions.

    ``passed``: some sample is right (pass@n); ``voted``: the elected one is.
    """

    n: int
    passed: float
    passed_interval: Interval
    voted: float
    voted_interval: Interval


def curve(
    right: Sequence[Sequence[bool]],
    elect: Elect,
    clusters: Sequence[Hashable],
    *,
    rounds: int = 20,
    seed: int = 0,
    level: float = 0.95,
) -> list[Point]:
    """A point for every n, up to what each question with candidates has.

    ``right``, ``elect``, ``rounds``: as for ``voting``; ``clusters``: the questions' databases. Questions without
    candidates are wrong at every n. Raises ValueError where no question has any.
    """
    counts = [len(candidates) for candidates in right if candidates]
    if not counts:
        raise ValueError("no candidates")
    points = []
    for n in range(1, min(counts) + 1):
        passed = [pass_at(candidates, n) if candidates else 0.0 for candidates in right]
        voted = voting(right, elect, n, rounds=rounds, seed=seed)
        points.append(
            Point(
                n,
                math.fsum(passed) / len(passed),
                interval(passed, clusters, level=level),
                math.fsum(voted) / len(voted),
                interval(voted, clusters, level=level),
            )
        )
    return points


def pass_at(right: Sequence[bool], n: int) -> float:
    """The probability that some of n candidates is right, 1 - C(N-c, n) / C(N, n), unbiased (Chen et al. 2021).

    ``right``: of each of the N candidates, whether it is. Raises ValueError where n is not 1 to N.

    >>> pass_at([True, False, False, False], 2)
    0.5
    """
    _check(right, n)
    return 1 - math.comb(len(right) - sum(right), n) / math.comb(len(right), n)


def voting(right: Sequence[Sequence[bool]], elect: Elect, n: int, *, rounds: int = 20, seed: int = 0) -> list[float]:
    """Of each question, the probability that the vote among n of its candidates is right.

    ``right``: per question, of each candidate in stored order, whether it is. The vote is held over ``rounds`` random
    subsets, or over each one where they are no more than that or n is 1: then the probability is exact. Random ones
    are the same for the same seed, and grow with n, which keeps noise out of curves. Equal ones are voted on once;
    there is no vote where all candidates are right, or none. Questions without candidates have 0. Raises ValueError
    where n is not 1 to the number of candidates of each other one, or somebody is elected who does not stand.
    """
    if rounds < 1:
        raise ValueError(f"rounds is 1 or more, not {rounds}")
    for candidates in right:
        if candidates:
            _check(candidates, n)
    drawn = _orders([len(candidates) for candidates in right], rounds, seed)[:, :, :n]
    drawn.sort(axis=2)
    probabilities = []
    for index, candidates in enumerate(right):
        if len(set(candidates)) < 2:  # whoever is elected
            probabilities.append(float(any(candidates)))
            continue
        subsets: Iterable[tuple[int, ...]] = combinations(range(len(candidates)), n)
        if n > 1 and math.comb(len(candidates), n) > rounds:
            subsets = map(tuple, drawn[index].tolist())
        tally = Counter(subsets)
        hits = sum(times for subset, times in tally.items() if candidates[_elected(elect, index, subset)])
        probabilities.append(hits / tally.total())
    return probabilities


def _orders(counts: Sequence[int], rounds: int, seed: int) -> NDArray[np.intp]:
    """Random orders of each question's candidates, (questions, rounds, most candidates), its own before the rest."""
    import numpy as np

    widest = max(counts, default=0)
    keys = np.random.default_rng(seed).random((len(counts), rounds, widest))
    own = np.arange(widest) < np.array(counts)[:, None, None]
    return np.where(own, keys, 2).argsort(axis=2)


def _elected(elect: Elect, index: int, subset: tuple[int, ...]) -> int:
    position = elect(index, subset)
    if position not in subset:
        raise ValueError(f"candidate {position} was elected among {subset}")
    return position


def _check(right: Sequence[bool], n: int) -> None:
    if not 1 <= n <= len(right):
        raise ValueError(f"n is 1 to the number of candidates, {len(right)}; not {n}")
