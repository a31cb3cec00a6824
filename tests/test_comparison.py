"""Intervals: known values, and coverage by simulation."""

from __future__ import annotations

import random

import pytest

from text2sql.comparison import clustered, interval, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_published_values(successes: int, n: int, low: float, high: float) -> None:
    # Newcombe 1998, table I, method 3, for the last two.
    found = wilson(successes, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_clustered_by_hand() -> None:
    # Two clusters of means 1 and 0: residual sums 1 and -1, variance 2/1 * 2 / 16, t(1) = 12.7062.
    found = clustered([1, 1, 0, 0], ["a", "a", "b", "b"])
    assert (found.low, found.high, found.method) == (0.0, 1.0, "clustered by database")
    eleven = clustered([float(i % 2) for i in range(22)], [i // 2 for i in range(22)])
    assert (eleven.low, eleven.high) == (0.5, 0.5), "every database is half right"


def test_singleton_clusters_give_the_plain_standard_error() -> None:
    scores = [1.0] * 30 + [0.0] * 10
    found = clustered(scores, range(40))
    assert (found.high - found.low) / 2 == pytest.approx(2.0227 * (0.75 * 0.25 / 39) ** 0.5, rel=1e-4)


def test_the_method_depends_on_the_number_of_databases() -> None:
    assert interval([1, 0] * 9, [i // 2 for i in range(18)]).method == "Wilson"
    assert interval([1, 1, 1, 0] * 5, [i // 2 for i in range(20)]).method == "clustered by database"
    perfect = interval([1] * 20, range(20))
    assert (perfect.method, round(perfect.low, 4), perfect.high) == ("Wilson", 0.8389, 1.0)
    with pytest.raises(ValueError, match="no scores"):
        interval([], [])


def test_clustered_intervals_cover_what_independent_ones_miss() -> None:
    randomness = random.Random(0)
    covered = naive = 0
    for _ in range(600):
        rates = [randomness.betavariate(4, 2) for _ in range(20)]
        clusters = [c for c in range(20) for _ in range(25)]
        scores = [float(randomness.random() < rates[c]) for c in clusters]
        ours, plain = clustered(scores, clusters), wilson(sum(scores), len(scores))
        covered += ours.low <= 4 / 6 <= ours.high
        naive += plain.low <= 4 / 6 <= plain.high
    assert 0.92 <= covered / 600 <= 0.98
    assert naive / 600 < 0.75
