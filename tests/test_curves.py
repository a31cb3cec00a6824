"""Resampling curves against enumeration of all subsets, and by simulation."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise
from statistics import fmean

import pytest

from text2sql.comparison import interval
from text2sql.curves import Elect, Point, curve, pass_at, voting


def majority(ballots: Sequence[Sequence[object]]) -> Elect:
    """The earliest of the largest group of equal ballots, as the voter of that name."""

    def elect(index: int, positions: tuple[int, ...]) -> int:
        votes = Counter(ballots[index][position] for position in positions)
        return max(positions, key=lambda position: (votes[ballots[index][position]], -position))

    return elect


def sampled(questions: int, candidates: int, *, seed: int = 0) -> tuple[list[list[bool]], list[list[int]]]:
    """Ballots, of which 0 is right, of questions that differ in how hard they are."""
    randomness = random.Random(seed)
    ballots = []
    for _ in range(questions):
        hard = randomness.random()
        ballots.append([randomness.randrange(1, 4) if randomness.random() < hard else 0 for _ in range(candidates)])
    return [[ballot == 0 for ballot in row] for row in ballots], ballots


@pytest.mark.parametrize("right", [[True, False, True, False, False], [False] * 4, [True] * 3, [False, True]])
def test_pass_at_is_the_share_of_subsets_with_a_right_one(right: list[bool]) -> None:
    for n in range(1, len(right) + 1):
        shares = fmean(any(subset) for subset in combinations(right, n))
        assert pass_at(right, n) == pytest.approx(shares, abs=1e-15)


@pytest.mark.parametrize("n", [0, 3])
def test_n_beyond_the_candidates_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"n is 1 to the number of candidates, 2; not {n}"):
        pass_at([True, False], n)
    with pytest.raises(ValueError, match=f"n is 1 to the number of candidates, 2; not {n}"):
        voting([[True, False], []], lambda index, positions: positions[0], n)


def test_few_subsets_are_all_voted_on() -> None:
    right, ballots = sampled(30, 6)
    elect = majority(ballots)
    for n in range(1, 7):
        expected = [
            fmean(row[elect(index, positions)] for positions in combinations(range(6), n))
            for index, row in enumerate(right)
        ]
        assert voting(right, elect, n) == pytest.approx(expected), "at most 20 subsets"


def test_random_subsets_come_near_all_of_them() -> None:
    right, ballots = sampled(40, 8)
    elect = majority(ballots)
    exact, drawn = voting(right, elect, 4, rounds=70), voting(right, elect, 4, rounds=69)
    assert 0 < max(abs(a - b) for a, b in zip(exact, drawn, strict=True)) < 0.25
    assert fmean(drawn) == pytest.approx(fmean(exact), abs=0.02)
    many = voting(right, elect, 3, rounds=55)
    assert fmean(many) == pytest.approx(fmean(voting(right, elect, 3, rounds=56)), abs=0.02)


def test_one_and_all_are_exact_in_a_single_round() -> None:
    right, ballots = sampled(25, 9)
    elect = majority(ballots)
    assert voting(right, elect, 1, rounds=1) == [sum(row) / 9 for row in right]
    assert voting(right, elect, 9, rounds=1) == [float(row[elect(i, tuple(range(9)))]) for i, row in enumerate(right)]


def test_who_is_asked_about_what() -> None:
    asked: list[tuple[int, tuple[int, ...]]] = []

    def elect(index: int, positions: tuple[int, ...]) -> int:
        asked.append((index, positions))
        return positions[-1]

    right = [[True, False] * 5, [True] * 10, [False] * 10, [], [False, True] * 5]
    first = voting(right, elect, 5, rounds=200, seed=3)
    assert len(set(asked)) == len(asked), "equal subsets are voted on once"
    assert {index for index, _ in asked} == {0, 4}, "no vote where it cannot matter"
    assert all(list(positions) == sorted({*positions}) and len(positions) == 5 for _, positions in asked)
    assert voting(right, elect, 5, rounds=200, seed=3) == first != voting(right, elect, 5, rounds=200, seed=4)
    assert first[1:4] == [1.0, 0.0, 0.0]


def test_questions_may_have_different_numbers_of_candidates() -> None:
    right = [[True, False, False], [False, True] * 5, []]
    probabilities = voting(right, lambda index, positions: positions[0], 2, rounds=30)
    assert probabilities[0] == pytest.approx(2 / 3)
    assert 0 < probabilities[1] < 1
    assert probabilities[2] == 0


def test_bad_elections_are_refused() -> None:
    with pytest.raises(ValueError, match=r"candidate 9 was elected among \(0,\)"):
        voting([[True, False]], lambda index, positions: 9, 1)
    with pytest.raises(ValueError, match="rounds is 1 or more, not 0"):
        voting([[True, False]], lambda index, positions: 0, 1, rounds=0)
    with pytest.raises(ValueError, match="no candidates"):
        curve([[], []], lambda index, positions: 0, ["a", "b"])


def test_curve() -> None:
    right: list[list[bool]] = [[True, True, False], [False, False, True], []]
    points = curve(right, majority([[0, 0, 1], [1, 1, 0], []]), ["a", "b", "b"])

    def point(n: int, passed: list[float], voted: list[float]) -> Point:
        clusters = ["a", "b", "b"]
        return Point(n, sum(passed) / 3, interval(passed, clusters), sum(voted) / 3, interval(voted, clusters))

    assert points == [
        point(1, [2 / 3, 1 / 3, 0], [2 / 3, 1 / 3, 0]),
        point(2, [1, 1 - 1 / 3, 0], [1, 0, 0]),  # of two that differ, the earlier
        point(3, [1, 1, 0], [1, 0, 0]),
    ]
    assert [p.passed_interval.method for p in points] == ["Wilson"] * 3


def test_curve_ends_at_the_stored_samples_and_clusters() -> None:
    right, ballots = sampled(60, 7)
    elect = majority(ballots)
    clusters = [index % 12 for index in range(60)]
    points = curve(right, elect, clusters, rounds=15, seed=1)
    assert points == curve(right, elect, clusters, rounds=15, seed=1)
    assert [p.n for p in points] == [1, 2, 3, 4, 5, 6, 7]
    assert points[0].passed == pytest.approx(points[0].voted), "one sample has no rival"
    assert points[-1].passed == fmean(any(row) for row in right)
    assert points[-1].voted == fmean(row[elect(i, tuple(range(7)))] for i, row in enumerate(right))
    assert all(a.passed <= b.passed and b.voted <= b.passed for a, b in pairwise(points))
    assert {p.voted_interval.method for p in points} == {"clustered by database"}


def test_curves_are_quick() -> None:
    right, _ = sampled(1034, 10)
    started = time.process_time()
    curve(right, lambda index, positions: positions[0], [index % 20 for index in range(1034)])
    assert time.process_time() - started < 2, "beside the votes themselves"
