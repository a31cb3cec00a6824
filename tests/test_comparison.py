"""Intervals and paired comparisons: known values, statsmodels, enumeration, and coverage by simulation."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import nct, ttest_1samp
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

from text2sql.comparison import (
    Interval,
    Paired,
    bootstrap,
    clustered,
    clustered_error,
    holm,
    interval,
    mcnemar,
    paired,
    pooled,
    tango,
    wilson,
)


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


@pytest.mark.parametrize(("successes", "n"), [(0, 7), (3, 7), (640, 1034)])
def test_wilson_is_statsmodels(successes: int, n: int) -> None:
    found = wilson(successes, n, level=0.9)
    assert (found.low, found.high) == pytest.approx(proportion_confint(successes, n, alpha=0.1, method="wilson"))


def near(value: float, rel: float = 1e-9) -> Any:
    """An approximate value, in the place of a float."""
    return pytest.approx(value, rel=rel)


# --- clustered, and bootstrapped ------------------------------------------------------------------------------


def scored(sizes: Sequence[int], *, seed: int = 0) -> tuple[list[float], list[float], list[int]]:
    """Scores of 0 and 1 of two configurations, and the databases, shuffled; databases differ in how hard they are."""
    randomness = random.Random(seed)
    rows = []
    for database, size in enumerate(sizes):
        rate, gain = randomness.betavariate(4, 2), randomness.uniform(0, 0.3)
        for _ in range(size):
            before = float(randomness.random() < rate)
            rows.append((before, before or float(randomness.random() < gain), database))
    randomness.shuffle(rows)
    first, second, databases = zip(*rows, strict=True)
    return list(first), list(second), list(databases)


def ols(scores: Sequence[float], clusters: Sequence[int]) -> Any:
    """A mean as a regression on nothing: with one parameter both put G / (G - 1) before the variance."""
    fit = {"groups": np.array(clusters)}
    return OLS(np.array(scores), np.ones(len(scores))).fit(cov_type="cluster", cov_kwds=fit, use_t=True)


def test_clustered_is_statsmodels() -> None:
    scores, _, databases = scored(range(3, 40, 3))
    known, found = ols(scores, databases), clustered(scores, databases)
    assert clustered_error(scores, databases) == pytest.approx(known.bse[0], rel=1e-12)
    assert (found.low, found.high) == pytest.approx(known.conf_int()[0], rel=1e-12)


def test_clustered_error_of_agreeing_databases_is_zero() -> None:
    assert clustered_error([1, 0, 0] * 11, [i // 3 for i in range(33)]) == 0, "not a rounding error"
    assert interval([1, 0, 0] * 11, [i // 3 for i in range(33)]).method == "Wilson"
    thirds = pooled([[1, 0, 0] * 11, [0, 0, 0] * 11, [0, 0, 1] * 11])
    assert interval(thirds, [i // 3 for i in range(33)]).method == "Wilson"


def test_one_database_has_no_clustered_error() -> None:
    with pytest.raises(ValueError, match="one database alone"):
        clustered_error([1, 0], ["a", "a"])
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        clustered_error([1, 0, 1], ["a", "b"])


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_bootstrap_of_three_databases_is_their_enumeration(level: float) -> None:
    databases: dict[str, list[float]] = {"a": [1, 1, 0], "b": [0, 0, 0, 0, 1], "c": [1, 1]}
    drawn = []
    for names in product(databases, repeat=3):
        scores = [score for name in names for score in databases[name]]
        drawn.append(sum(scores) / len(scores))
    drawn.sort()
    low, high = (drawn[math.ceil(27 * share) - 1] for share in ((1 - level) / 2, (1 + level) / 2))
    flat = [(score, name) for name, scores in databases.items() for score in scores]
    found = bootstrap([score for score, _ in flat], [name for _, name in flat], level=level)
    assert found == Interval(near(low), near(high), "bootstrap over databases")


def test_bootstrap_is_the_same_for_the_same_seed() -> None:
    scores, _, databases = scored(range(2, 22))
    assert bootstrap(scores, databases, seed=1) == bootstrap(scores, databases, seed=1)
    assert bootstrap(scores, databases, seed=1) != bootstrap(scores, databases, seed=2)
    few, many = bootstrap(scores, databases, rounds=100), bootstrap(scores, databases, rounds=100_000)
    assert (few.low, few.high) == pytest.approx((many.low, many.high), abs=0.03)
    with pytest.raises(ValueError, match="no scores"):
        bootstrap([], [])


# --- paired ---------------------------------------------------------------------------------------------------


def test_paired_is_statsmodels_on_the_differences() -> None:
    first, second, databases = scored(range(3, 40, 3))
    differences = [b - a for a, b in zip(first, second, strict=True)]
    known, power = ols(differences, databases), TTestPower().solve_power(nobs=13, alpha=0.05, power=0.8)
    found = paired(first, second, databases)
    low, high = known.conf_int()[0]
    assert found == Paired(
        n=273,
        databases=13,
        first=near(sum(first) / 273),
        second=near(sum(second) / 273),
        difference=near(known.params[0]),
        error=near(known.bse[0]),
        interval=Interval(near(low), near(high), "clustered by database"),
        bootstrap=bootstrap(differences, databases),
        p=near(known.pvalues[0]),
        mcnemar=mcnemar(found.gained, 0),
        gained=sum(d > 0 for d in differences),
        lost=0,
        detectable=near(power * 13**0.5 * known.bse[0], rel=1e-4),
    )


def test_a_detectable_difference_is_found_as_often_as_asked() -> None:
    first, second, databases = scored(range(3, 40, 3))
    found = paired(first, second, databases, level=0.9, power=0.6)
    shift, reach = found.detectable / found.error, (found.interval.high - found.difference) / found.error
    assert nct.sf(reach, 12, shift) + nct.cdf(-reach, 12, shift) == pytest.approx(0.6, abs=1e-3)


def test_swapped_configurations_mirror() -> None:
    first, second, databases = scored(range(2, 22), seed=5)
    there, back = paired(first, second, databases), paired(second, first, databases)
    assert (back.difference, back.error, back.p) == (-there.difference, there.error, there.p)
    assert (back.gained, back.lost) == (there.lost, there.gained)
    for one, other in [(there.interval, back.interval), (there.bootstrap, back.bootstrap)]:
        assert (other.low, other.high) == pytest.approx((-one.high, -one.low))


def test_few_databases_take_questions_for_independent_and_say_so() -> None:
    first, second = [1.0] * 59 + [1.0] * 6 + [0.0] * 16 + [0.0] * 80, [1.0] * 59 + [0.0] * 6 + [1.0] * 16 + [0.0] * 80
    found = paired(first, second, [i % 9 for i in range(161)])
    # Cavo's data in Fagerland, Lydersen and Laake 2017: p of McNemar's test asymptotic and exact, Tango's interval.
    assert (round(found.p, 6), round(found.mcnemar or 0, 6)) == (0.033006, 0.052479)
    assert (round(found.interval.low, 4), round(found.interval.high, 4)) == (0.0054, 0.124)
    assert (found.interval.method, found.bootstrap.method) == ("Tango, over questions", "bootstrap over questions")
    assert (found.gained, found.lost, found.databases) == (16, 6, 9)
    assert found.error == pytest.approx((22 - 10**2 / 161) ** 0.5 / 161, rel=0.1), "near Wald's"
    assert paired(first, second, [i % 10 for i in range(161)]).interval.method == "clustered by database"


def test_seeds_pooled_over_few_databases() -> None:
    first = pooled([[1, 0, 1, 0, 1], [1, 0, 0, 0, 1], [1, 1, 0, 0, 1]])
    assert first == [1, 1 / 3, 1 / 3, 0, 1]
    second = [1.0, 1.0, 0.0, 1.0, 1.0]
    found = paired(first, second, ["a"] * 5)
    known = ttest_1samp([0, 2 / 3, -1 / 3, 1, 0], 0)
    low, high = known.confidence_interval()
    assert found.interval == Interval(near(low), near(high), "t over questions")
    assert found.p == pytest.approx(known.pvalue)
    assert (found.mcnemar, found.gained, found.lost) == (None, 2, 1)


@pytest.mark.parametrize("databases", [1, 20])
def test_no_change_is_no_certainty(databases: int) -> None:
    scores = [1.0] * 30 + [0.0] * 10
    found = paired(scores, scores, [i % databases for i in range(40)])
    z = 1.959964
    width = near(z**2 / (40 + z**2), rel=1e-6)
    assert (-found.interval.low, found.interval.high, found.p, found.mcnemar) == (width, width, 1.0, 1.0)
    # Four changes, all one way, would be significant: 80 % of the time where about 5.5 are to be expected.
    assert 5 / 40 < found.detectable < 6 / 40


def test_equal_gains_everywhere_are_no_certainty() -> None:
    first, second = [0.0, 0.0] * 12, [1.0, 0.0] * 12
    found = paired(first, second, [i // 2 for i in range(24)])
    assert found.interval == tango(12, 0, 24)
    thirds = paired([0.0] * 24, [1 / 3] * 24, range(24))
    assert thirds.interval == tango(8, 0, 24)
    assert thirds.interval.low < 1 / 3 < thirds.interval.high


def test_a_single_question() -> None:
    found = paired([0.5], [1.0], ["a"])
    assert (found.difference, found.interval.method, found.p > 0.05) == (0.5, "Tango, over questions", True)
    assert found.detectable > 1, "none"
    with pytest.raises(ValueError, match="no scores"):
        paired([], [], [])
    with pytest.raises(ValueError, match="shorter"):
        paired([1.0, 0.0], [1.0], ["a", "b"])


def test_intervals_end_where_scores_do() -> None:
    apart = paired([0.0] * 19 + [1.0], [1.0] * 20, [i % 10 for i in range(20)])
    assert apart.interval.high == 1
    first, second, databases = [0.5] * 19 + [2.0], [2.0] * 20, [i % 10 for i in range(20)]
    found = paired(first, second, databases)
    assert (found.interval.high > 1, found.interval.high <= 2, found.mcnemar) == (True, True, None)
    same = paired([2.0, 1.0], [2.0, 1.0], ["a", "b"])
    assert same.interval.high == pytest.approx(2 * tango(0, 0, 2).high), "in the unit of the scores"


def test_p_and_interval_agree() -> None:
    randomness = random.Random(2)
    seen = set()
    for _ in range(150):
        databases, n = randomness.choice([(3, 40), (20, 200)])
        values = randomness.choice([[0.0, 1.0], [0.0, 0.5, 1.0]])
        first = [randomness.choice(values) for _ in range(n)]
        second = [min(1.0, a + (randomness.random() < 0.1)) if randomness.random() < 0.8 else 0.0 for a in first]
        found = paired(first, second, [i % databases for i in range(n)])
        assert (found.p < 0.05) == (not found.interval.low <= 0 <= found.interval.high)
        seen.add((found.interval.method, found.p < 0.05))
    assert len(seen) == 6, "three methods, with and without significance"


@pytest.mark.parametrize(("gained", "lost", "n"), [(6, 16, 161), (1, 7, 21), (3, 0, 12), (0, 5, 5), (10, 10, 20)])
def test_tango_limits_are_where_the_score_statistic_is_z(gained: int, lost: int, n: int) -> None:
    found = tango(gained, lost, n)
    for delta in {found.low, found.high} - {-1.0, 1.0}:
        # The likeliest share of losses, given the difference, searched for.
        least, most = max(0.0, -delta), (1 - delta) / 2

        def unlikelihood(q: float, delta: float = delta) -> float:
            cells = [(gained, q + delta), (lost, q), (n - gained - lost, 1 - 2 * q - delta)]
            return -sum(count * math.log(max(share, 1e-300)) for count, share in cells if count)

        q = minimize_scalar(unlikelihood, bounds=(least, most), method="bounded", options={"xatol": 1e-12}).x
        statistic = (gained - lost - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))
        assert abs(statistic) == pytest.approx(1.959964, rel=1e-4)


def test_tango_of_fractions_is_no_narrower() -> None:
    whole, halves = tango(8, 4, 40), tango(0.5 * 16, 0.5 * 8, 40)
    assert halves == whole
    differences = [0.5] * 16 + [-0.5] * 8 + [0.0] * 16
    low, high = ttest_1samp(differences, 0).confidence_interval()
    assert halves.high - halves.low > high - low


# --- tests ----------------------------------------------------------------------------------------------------


def test_mcnemar_is_statsmodels_and_enumeration() -> None:
    for gained, lost in product(range(8), repeat=2):
        found, changed = mcnemar(gained, lost), gained + lost
        if changed:
            known = statsmodels_mcnemar([[5, gained], [lost, 5]], exact=True).pvalue
            assert found == pytest.approx(known, rel=1e-12)
        tails = sum(
            min(sum(ways), changed - sum(ways)) <= min(gained, lost) for ways in product((0, 1), repeat=changed)
        )
        assert found == pytest.approx(tails / 2**changed, rel=1e-12), "both tails, the middle once"
    assert mcnemar(0, 0) == 1
    assert mcnemar(3000, 2800) == pytest.approx(statsmodels_mcnemar([[0, 3000], [2800, 0]], exact=True).pvalue)


def test_holm_is_statsmodels() -> None:
    randomness = random.Random(0)
    for length in range(1, 9):
        ps = [randomness.choice([0.001, 0.01, 0.02, randomness.random()]) for _ in range(length)]
        assert holm(ps) == pytest.approx(list(multipletests(ps, method="holm")[1]), rel=1e-12)
    assert holm([]) == []
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_pooled_seeds() -> None:
    assert pooled([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]) == [0.5, 0.0, 1.0]
    orders = [pooled([[seed] for seed in seeds])[0] for seeds in [(1, 0.1, 0.2), (0.2, 1, 0.1), (0.1, 0.2, 1)]]
    assert len(set(orders)) == 1, "seeds in another order are no change"
    with pytest.raises(ValueError, match="shorter"):
        pooled([[1.0, 0.0], [1.0]])
    with pytest.raises(ValueError, match="no seeds"):
        pooled([])


# --- coverage -------------------------------------------------------------------------------------------------


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


def coverage(sizes: Sequence[int], rounds: int) -> dict[str, float]:
    """How often the intervals of a mean and of a difference hold the truth, over databases that differ in both.

    Rates are 0.7 in the mean; what is wrong at first is right then with 0.2 in the mean, and the reverse with 0.05.
    """
    randomness = np.random.default_rng(0)
    databases = [database for database, size in enumerate(sizes) for _ in range(size)]
    covered = dict.fromkeys(["mean", "difference", "bootstrap"], 0)
    truth = 0.3 * 0.2 - 0.7 * 0.05
    for _ in range(rounds):
        rates, gains, losses = (
            randomness.beta(*shape, size=len(sizes))[databases] for shape in ((14, 6), (4, 16), (1, 19))
        )
        draws = randomness.random((2, len(databases)))
        before = draws[0] < rates
        after = np.where(before, draws[1] >= losses, draws[1] < gains)
        first, second = before.astype(float).tolist(), after.astype(float).tolist()
        found, mean = paired(first, second, databases), interval(first, databases)
        covered["mean"] += mean.low <= 0.7 <= mean.high
        covered["difference"] += found.interval.low <= truth <= found.interval.high
        covered["bootstrap"] += found.bootstrap.low <= truth <= found.bootstrap.high
    return {name: count / rounds for name, count in covered.items()}


def test_coverage_over_twenty_databases_of_unequal_sizes() -> None:
    found = coverage(range(4, 24), 200)
    assert 0.91 <= found["mean"] <= 0.99
    assert 0.91 <= found["difference"] <= 0.99


@pytest.mark.slow
def test_coverage_over_twenty_databases_of_unequal_sizes_at_length() -> None:
    found = coverage(range(10, 110, 5), 2000)
    assert 0.93 <= found["mean"] <= 0.97
    assert 0.93 <= found["difference"] <= 0.97
    assert 0.90 <= found["bootstrap"] <= found["difference"], "the percentile interval is a little narrow"
