"""Fingerprints and ballots of results, the official comparison, rule by rule and against brute force, and JSON."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from text2sql.results import COMPARISONS as ALL
from text2sql.results import ballot, fingerprint, from_json, to_json
from text2sql.types import Cell, Digest, Result, Row

COMPARISONS = {name: ALL[name] for name in ("any_order", "in_order")}
ROWS: list[Row] = [(1, "a"), (2, "b"), (2, "b")]


def result(rows: Sequence[Row], columns: int | None = None) -> Result:
    """The result that a statement with these rows has."""
    width = columns if columns is not None else len(rows[0])
    names = tuple(f"c{i}" for i in range(width))
    return Result(columns=names, row_count=len(rows), rows=tuple(rows), digest=fingerprint(rows))


def equal(gold: Sequence[Row], predicted: Sequence[Row], *, by: str = "any_order") -> float:
    """The comparison as the executor does it: settled by fingerprints if possible, else decided by rows."""
    comparison = COMPARISONS[by]
    settled = comparison.settle(result(gold, 1 if not gold else None), result(predicted, 1 if not predicted else None))
    decided = comparison.decide(gold, predicted)
    assert settled is None or settled == decided
    return decided


# --- fingerprints


def test_order_of_rows_is_in_the_sequence_alone() -> None:
    one, other = fingerprint(ROWS), fingerprint(ROWS[::-1])
    assert one.sequence != other.sequence
    assert (one.bag, one.columns) == (other.bag, other.columns)


def test_rows_are_a_multiset() -> None:
    assert fingerprint(ROWS).bag != fingerprint(ROWS[:2]).bag
    assert fingerprint([(1,), (1,), (2,)]).bag != fingerprint([(1,), (2,), (2,)]).bag


def test_each_column_has_its_digest() -> None:
    assert fingerprint([(1, "a"), (2, "b")]).columns == tuple(fingerprint([("b", 2), ("a", 1)]).columns[::-1])
    assert fingerprint([(1, "a"), (2, "b")]).bag != fingerprint([(1, "b"), (2, "a")]).bag


def test_integral_floats_count_as_integers() -> None:
    whole, floats = fingerprint([(1, 2.5), (2, -0.0)]), fingerprint([(1.0, 2.5), (2.0, 0)])
    assert (whole.sequence, whole.bag, whole.columns) == (floats.sequence, floats.bag, floats.columns)
    assert (whole.integral_floats, floats.integral_floats) == (True, True)
    assert not fingerprint([(1, 2.5), (2, None)]).integral_floats
    assert fingerprint([(1e300,)]).integral_floats and not fingerprint([(float("inf"),)]).integral_floats


@pytest.mark.parametrize("cells", list(itertools.combinations([1, "1", b"1", None, "", b"", 1.5, "None", 2**62], 2)))
def test_cells_of_other_types_differ(cells: tuple[Cell, Cell]) -> None:
    one, other = (fingerprint([(cell,)]) for cell in cells)
    assert one.sequence != other.sequence and one.bag != other.bag and one.columns != other.columns


def test_no_rows() -> None:
    empty = fingerprint([])
    assert empty == Digest(empty.sequence, empty.sequence, (), empty.sequence, empty.sequence, False)


def test_a_cell_does_not_run_into_the_next() -> None:
    assert fingerprint([("ab", "c")]).sequence != fingerprint([("a", "bc")]).sequence
    assert fingerprint([("a",), ("b",)]).sequence != fingerprint([("a", "b")]).sequence


def test_ballots_cluster_equal_results() -> None:
    rows, other = result([(1, "a"), (2, "b")]), result([(2.0, "b"), (1, "a")])
    assert ballot(rows, ordered=False) == ballot(other, ordered=False)
    assert ballot(rows, ordered=True) != ballot(other, ordered=True)
    assert ballot(rows, ordered=False) != ballot(rows, ordered=True)
    assert ballot(result([(1, "a")]), ordered=False) != ballot(result([("a", 1)]), ordered=False)
    assert ballot(result([], 1), ordered=False) != ballot(result([], 2), ordered=False)


# --- the official comparison, rule by rule (EVALUATOR.md 1.3)


def test_no_rows_on_both_sides_are_equal_whatever_the_columns() -> None:
    for by in COMPARISONS:
        assert COMPARISONS[by].settle(result([], 1), result([], 3)) is True
        assert COMPARISONS[by].settle(result([], 1), Result()) is True
        assert COMPARISONS[by].decide([], []) is True


def test_counts_of_rows_and_columns_must_agree() -> None:
    assert not equal([(1,)], [])
    assert not equal([], [(1,)])
    assert not equal([(1,), (1,)], [(1,)])
    assert not equal([(1, 2)], [(1,)])
    assert not equal([(1,)], [(1, 1)])


def test_one_permutation_of_columns_for_all_rows() -> None:
    assert equal([(1, "a"), (2, "b")], [("a", 1), ("b", 2)])
    assert equal([(1, "a"), (2, "b")], [("b", 2), ("a", 1)])
    assert not equal([(1, "a"), (2, "b")], [(1, "b"), (2, "a")])
    assert not equal([(1, 2), (3, 4)], [(1, 2), (4, 3)])
    assert equal([(1, 2), (1, 2), (2, 1)], [(2, 1), (2, 1), (1, 2)])


def test_rows_are_compared_as_a_multiset() -> None:
    assert equal([(1,), (2,), (2,)], [(2,), (1,), (2,)])
    assert not equal([(1,), (2,), (2,)], [(1,), (1,), (2,)])


def test_rows_in_order() -> None:
    assert equal([(1, "a"), (2, "b")], [("a", 1), ("b", 2)], by="in_order")
    assert not equal([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], by="in_order")
    assert not equal([(1, 2), (3, 4)], [(1, 2), (4, 3)], by="in_order")


def test_the_quick_rejection_tells_types_apart() -> None:
    # Equal cells, but 1 sorts before 1.5 and 1.0 after it, when the name of the type is in the key.
    for by in COMPARISONS:
        assert not equal([(1, 1.5)], [(1.0, 1.5)], by=by)
        assert equal([(1, 2.5)], [(1.0, 2.5)], by=by)


def test_integers_equal_floats() -> None:
    assert equal([(1,)], [(1.0,)])
    assert equal([(2**53,)], [(float(2**53),)])
    assert not equal([(2**53 + 1,)], [(float(2**53),)])


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", 1), ("a", b"a"), (None, 0), (None, ""), (None, "None"), ("a", "A"), ("a", "a "), (0.1 + 0.2, 0.3)],
)
def test_cells_that_differ(one: Cell, other: Cell) -> None:
    assert not equal([(one,)], [(other,)]) and not equal([(other,)], [(one,)])


@pytest.mark.parametrize("cell", [None, "é", b"\xff", float("inf"), 2**62, 0.1])
def test_cells_that_are_equal(cell: Cell) -> None:
    assert equal([(cell, 1)], [(1, cell)])


def test_results_cut_by_a_limit() -> None:
    whole, cut = result([(1,)]), Result(("c",), 1, ((1,),), fingerprint([(1,)]), truncated=True)
    for comparison in COMPARISONS.values():
        assert comparison.settle(whole, whole) is comparison.settle(cut, cut) is True
        assert comparison.settle(whole, cut) is comparison.settle(cut, whole) is False


# --- against the rules, tried out one permutation after the other


def by_the_rules(gold: Sequence[Row], predicted: Sequence[Row], by: str) -> bool:
    """EVALUATOR.md 1.3 to the letter."""
    if not gold and not predicted:
        return True
    if len(gold) != len(predicted) or len(gold[0]) != len(predicted[0]):
        return False
    one, other = ([tuple(sorted(row, key=lambda c: str(c) + str(type(c)))) for row in r] for r in (gold, predicted))
    if (one != other) if by == "in_order" else (set(one) != set(other)):
        return False
    for order in itertools.permutations(range(len(gold[0]))):
        permuted = [tuple(row[i] for i in order) for row in predicted]
        if permuted == list(gold) if by == "in_order" else Counter(permuted) == Counter(gold):
            return True
    return False


CELLS: Sequence[Sequence[Cell]] = ([1, 2], [1, 1.0, 2], [1, 1.0, 1.5, 2, "1", None], ["a", None, 0], [0, -0.0, 10, 9.5])


def similar(rows: list[Row], cells: Sequence[Cell], chance: random.Random) -> list[Row]:
    """The rows with columns and maybe rows moved about, and maybe cells or a row changed."""
    order = list(range(len(rows[0]))) if rows else []
    chance.shuffle(order)
    moved = [[row[i] for i in order] for row in rows]
    if chance.random() < 0.7:
        chance.shuffle(moved)
    for row in moved:
        for i, cell in enumerate(row):
            if type(cell) is int and chance.random() < 0.1:
                row[i] = float(cell)
    if moved and chance.random() < 0.4:
        column = chance.randrange(len(order))
        cells_of_column = [row[column] for row in moved]
        chance.shuffle(cells_of_column)
        for row, cell in zip(moved, cells_of_column, strict=True):
            row[column] = cell
    elif moved and chance.random() < 0.5:
        chance.choice(moved)[chance.randrange(len(order))] = chance.choice(cells)
    if moved and chance.random() < 0.1:
        moved.append(chance.choice(moved))
    return [tuple(row) for row in moved]


def test_as_brute_force() -> None:
    chance, found = random.Random(7), Counter[tuple[str, float | None, bool]]()
    for _ in range(4000):
        cells, width, height = chance.choice(CELLS), chance.randint(1, 4), chance.randint(0, 5)
        gold: list[Row] = [tuple(chance.choice(cells) for _ in range(width)) for _ in range(height)]
        predicted = similar(gold, cells, chance)
        for by, comparison in COMPARISONS.items():
            expected = by_the_rules(gold, predicted, by)
            settled = comparison.settle(result(gold, width), result(predicted, width))
            assert comparison.decide(gold, predicted) == expected, (gold, predicted, by)
            assert settled in (None, expected), (gold, predicted, by)
            found[by, settled, expected] += 1
    # Every way to a verdict has been taken, many times.
    ways = {(by, *way) for by in COMPARISONS for way in [(None, True), (None, False), (True, True), (False, False)]}
    assert set(found) == ways and min(found.values()) > 50


# --- many similar columns, where trying permutations has no end


def bits(rows: int, columns: int) -> list[Row]:
    chance = random.Random(rows * columns)
    return [tuple(chance.randint(0, 1) for _ in range(columns)) for _ in range(rows)]


WIDE: dict[str, Callable[[], list[Row]]] = {
    "26 alike": lambda: [(i,) * 26 for i in range(100)],
    "26 empty but for one": lambda: [(None,) * 25 + (i,) for i in range(100)],
    "26 of bits": lambda: bits(50, 26),
    "26 with one 1 each": lambda: [tuple(int(i == j) for j in range(26)) for i in range(26)],
    "2000 alike": lambda: [(1,) * 2000, (2,) * 2000],
    "2000 of bits": lambda: bits(5, 2000),
    "2000 that differ": lambda: [tuple(range(i, 2000 + i)) for i in range(5)],
}


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("by", COMPARISONS)
def test_many_columns_end_quickly(name: str, by: str) -> None:
    gold, chance = WIDE[name](), random.Random(1)
    order = list(range(len(gold[0])))
    chance.shuffle(order)
    predicted = [tuple(row[i] for i in order) for row in gold]
    if by == "any_order":
        chance.shuffle(predicted)
    assert COMPARISONS[by].decide(gold, predicted)


def test_many_columns_that_differ_in_the_end() -> None:
    gold = bits(20, 26)
    rows = [list(row) for row in gold]
    # Swapping the corners of a rectangle keeps the sums of all rows and columns.
    a, b, c, d = next(
        (a, b, c, d)
        for a, b in itertools.combinations(range(20), 2)
        for c, d in itertools.combinations(range(26), 2)
        if rows[a][c] == rows[b][d] != rows[a][d] == rows[b][c]
    )
    for row, column in ((a, c), (a, d), (b, c), (b, d)):
        rows[row][column] = 1 - int(rows[row][column] or 0)
    assert not COMPARISONS["any_order"].decide(gold, [tuple(row) for row in rows])


# --- JSON


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1, 1.5, "a", None)],
        [(b"\x00\xff", "", b"", "\x00")],
        [(float("inf"), float("-inf"), 1e300, 5e-324)],
        [(2**63 - 1, -(2**63), "😀é\u2028", '"\\')],
        [(1.0,), (2,)],
    ],
)
def test_a_result_survives_json(rows: list[Row]) -> None:
    before = result(rows, None if rows else 2)
    after = from_json(json.loads(json.dumps(to_json(before))), seconds=0.5)
    assert after == before and after.seconds == 0.5
    assert [list(map(type, row)) for row in after.rows] == [list(map(type, row)) for row in before.rows]


@pytest.mark.parametrize("before", [Result(error="timeout", message="no end"), Result(("a",), 9, truncated=True)])
def test_errors_and_cut_results_survive_json(before: Result) -> None:
    assert from_json(json.loads(json.dumps(to_json(before)))) == before


def test_equal_results_write_equal_json() -> None:
    assert to_json(result(ROWS)) == to_json(from_json(to_json(result(ROWS)), seconds=3))
