"""Comparing execution results: fingerprints of rows, equality for voting, the official comparison and others.

Most comparisons are settled by fingerprints alone, so that rows neither leave the worker process
nor have to be fetched twice; the rest is decided on the rows, inside a worker.
"""

from __future__ import annotations

import hashlib
import marshal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from text2sql.matching import Numbers, could_return, numbered, soft_f1
from text2sql.types import Cell, Digest, Result, Row

# Version 2 writes equal values as equal bytes: later versions add references and interning.
_MARSHAL = 2


def fingerprint(rows: Sequence[Row]) -> Digest:
    """The digest of all rows.

    >>> fingerprint([(1, "a"), (2, "b")]).bag == fingerprint([(2.0, "b"), (1, "a")]).bag
    True
    """
    typed = list(zip(*rows, strict=True))
    columns = [tuple(map(_integral, column)) if float in set(map(type, column)) else column for column in typed]
    integral_floats = any(
        list(map(type, ours)) != list(map(type, theirs))
        for ours, theirs in zip(columns, typed, strict=True)
        if ours is not theirs
    )
    prints = [_hash(sorted(_encode(column)), 8) for column in columns]
    order = sorted(range(len(prints)), key=lambda i: prints[i])
    encoded = _encode(zip(*columns, strict=True) if integral_floats else rows)
    if integral_floats or order != list(range(len(order))):
        canonical = _encode(zip(*(typed[i] for i in order), strict=True))
    else:
        canonical = encoded
    bag = _hash(sorted(encoded), 16)
    return Digest(
        sequence=_hash(encoded, 16),
        bag=bag,
        columns=tuple(prints),
        canonical_sequence=_hash(canonical, 16),
        canonical_bag=bag if canonical is encoded else _hash(sorted(canonical), 16),
        integral_floats=integral_floats,
    )


def _integral(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _encode(items: Iterable[Row | Cell]) -> list[bytes]:
    return [marshal.dumps(item, _MARSHAL) for item in items]


def _hash(parts: Sequence[bytes], size: int) -> str:
    return hashlib.blake2b(b"".join(parts), digest_size=size).hexdigest()


def all_null(result: Result) -> bool:
    """Whether no cell holds anything; so too where there are no rows.

    >>> all_null(Result(("a",), 1, ((None,),), fingerprint([(None,)])))
    True
    """
    if any(cell is not None for row in result.rows for cell in row):
        return False
    if len(result.rows) == result.row_count:
        return True
    return result.digest.columns == fingerprint([(None,)] * result.row_count).columns * len(result.columns)


# --- equality for voting ---------------------------------------------------------------------------


def ballot(result: Result, *, ordered: bool) -> str:
    """What a candidate votes for: equal rows give equal ballots, and so candidates form clusters.

    ``ordered``: the candidate's outermost query has ORDER BY, its rows are compared as a list.
    """
    digest = result.digest.sequence if ordered else result.digest.bag
    return f"{'list' if ordered else 'bag'}:{len(result.columns)}:{result.row_count}:{digest}"


# --- the official comparison (result_eq of test-suite-sql-eval) --------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """A way to compare two results: ``settle`` by fingerprints if it can (else None), ``decide`` by rows.

    The outcome is whether they are equal (a bool), or how much, from 0 to 1.
    """

    settle: Callable[[Result, Result], float | None]
    decide: Callable[[Sequence[Row], Sequence[Row]], float]


def _settle(gold: Result, predicted: Result, *, ordered: bool) -> bool | None:
    if gold.row_count == 0 and predicted.row_count == 0:
        return True
    if gold.row_count != predicted.row_count or len(gold.columns) != len(predicted.columns):
        return False
    if gold.truncated != predicted.truncated:  # one has rows beyond the limit, the other ends there
        return False
    left, right = gold.digest, predicted.digest
    if sorted(left.columns) != sorted(right.columns):
        return False
    if ordered and left.canonical_sequence == right.canonical_sequence:
        return True
    if not ordered and left.canonical_bag == right.canonical_bag:
        return True
    # Columns that all differ can be paired in one way only, and it has failed. With integral floats the rows are
    # needed: 1 equals 1.0, though the official quick rejection tells them by their types.
    if len(set(left.columns)) == len(left.columns) and not left.integral_floats and not right.integral_floats:
        return False
    return None


def _decide(gold: Sequence[Row], predicted: Sequence[Row], *, ordered: bool) -> bool:
    if not gold and not predicted:
        return True
    if len(gold) != len(predicted) or len(gold[0]) != len(predicted[0]):
        return False
    left, right = _cells_sorted(gold), _cells_sorted(predicted)
    if (left != right) if ordered else (set(left) != set(right)):
        return False
    if ordered:
        # Equality is transitive, so any pairing of equal columns extends to a permutation.
        return Counter(zip(*gold, strict=True)) == Counter(zip(*predicted, strict=True))
    return _some_permutation(Counter(gold), Counter(predicted))


def _cells_sorted(rows: Sequence[Row]) -> list[Row]:
    # The official quick rejection: its key holds the type's name, so (1, 1.5) and (1.0, 1.5) differ.
    return [tuple(sorted(row, key=lambda cell: str(cell) + str(type(cell)))) for row in rows]


def _some_permutation(gold: Counter[Row], predicted: Counter[Row]) -> bool:
    """Whether some order of the predicted columns gives the gold multiset of rows.

    Gold columns, those with the fewest partners first, are paired with predicted ones, going back where the rows
    no longer agree, until the pairs tell all rows apart: that settles the rest. Equal columns are one, because they
    are interchangeable. A stack instead of recursion, because a result may have 2000 columns.
    """
    if Counter(gold.values()) != Counter(predicted.values()):
        return False
    ours, theirs = Counter(zip(*gold, strict=True)), Counter(zip(*predicted, strict=True))
    partners: defaultdict[object, list[Row]] = defaultdict(list)
    for column, copies in theirs.items():
        partners[copies, _bag(column)].append(column)
    pairs = sorted(
        ((column, partners[copies, _bag(column)]) for column, copies in ours.items()), key=lambda p: len(p[1])
    )
    stack = [iter([numbered(gold.values(), predicted.values())])]
    while stack:
        left, right = next(stack[-1], ((), ()))
        if not left:
            stack.pop()
        elif len(set(left)) < len(left):
            stack.append(_paired(*pairs[len(stack) - 1], left, right))
        elif _arranged(ours, left) == _arranged(theirs, right):
            return True
    return False


def _paired(column: Row, partners: Sequence[Row], left: Numbers, right: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """The rows' numbers on both sides after each pairing under which they agree.

    (A partner that was taken before does not agree again: it could only with a column equal to that before.)
    """
    for partner in partners:
        numbers = numbered(zip(left, column, strict=True), zip(right, partner, strict=True))
        if Counter(numbers[0]) == Counter(numbers[1]):
            yield numbers


def _arranged(columns: Counter[Row], numbers: Numbers) -> Counter[Row]:
    """The columns with their cells in the order of the rows' numbers."""
    order = sorted(range(len(numbers)), key=numbers.__getitem__)
    return Counter({tuple(column[i] for i in order): copies for column, copies in columns.items()})


def _bag(column: Row) -> frozenset[tuple[Cell, int]]:
    return frozenset(Counter(column).items())


# --- other comparisons ------------------------------------------------------------------------------------


def _settle_strict(gold: Result, predicted: Result, *, ordered: bool) -> bool | None:
    settled = _settle(gold, predicted, ordered=ordered)
    if settled is False or gold.row_count == 0:
        return settled
    left, right = gold.digest, predicted.digest
    if (left.sequence != right.sequence) if ordered else (left.bag != right.bag):
        return False
    return None if left.integral_floats or right.integral_floats else True


def _decide_strict(gold: Sequence[Row], predicted: Sequence[Row], *, ordered: bool) -> bool:
    """The official comparison, its quick rejection included, without its permutation of columns."""
    same = list(gold) == list(predicted) if ordered else Counter(gold) == Counter(predicted)
    return (same or not (gold or predicted)) and _decide(gold, predicted, ordered=ordered)


def _settle_sets(gold: Result, predicted: Result) -> bool | None:
    if gold.row_count == 0 or predicted.row_count == 0:
        return gold.row_count == predicted.row_count
    if len(gold.columns) != len(predicted.columns):
        return False
    return True if gold.digest.bag == predicted.digest.bag else None


def _settle_soft_f1(gold: Result, predicted: Result) -> float | None:
    if gold.row_count == 0 or predicted.row_count == 0:
        return float(gold.row_count == predicted.row_count)
    left, right = gold.digest, predicted.digest
    return 1.0 if left.bag == right.bag or left.canonical_bag == right.canonical_bag else None


def _settle_ties(ranked: Result, predicted: Result) -> bool | None:
    return False if ranked.truncated or len(ranked.columns) != len(predicted.columns) + 1 else None


COMPARISONS = {
    "any_order": Comparison(partial(_settle, ordered=False), partial(_decide, ordered=False)),
    "in_order": Comparison(partial(_settle, ordered=True), partial(_decide, ordered=True)),
    "strict_any_order": Comparison(partial(_settle_strict, ordered=False), partial(_decide_strict, ordered=False)),
    "strict_in_order": Comparison(partial(_settle_strict, ordered=True), partial(_decide_strict, ordered=True)),
    "as_sets": Comparison(_settle_sets, lambda gold, predicted: set(gold) == set(predicted)),
    "soft_f1": Comparison(_settle_soft_f1, soft_f1),
    "but_for_ties": Comparison(_settle_ties, could_return),
}
"""Comparisons by name: a worker process is told a name, never handed a function."""


def undecided(gold: Result, predicted: Result) -> bool:
    """Whether a limit on rows or bytes cut off what could still decide the comparison.

    A result that was cut has at least the rows that were fetched.
    """
    if len(gold.columns) != len(predicted.columns) or not (gold.truncated or predicted.truncated):
        return False
    if gold.truncated and predicted.truncated:
        return True
    whole, cut = (predicted, gold) if gold.truncated else (gold, predicted)
    return whole.row_count >= cut.row_count


# --- results as JSON -----------------------------------------------------------------------------------


def to_json(result: Result) -> dict[str, Any]:
    """A result as plain JSON values; its seconds stay out, so that equal runs write equal files."""
    if result.error:
        return {"error": result.error, "message": result.message}
    digest = result.digest
    hashes = (digest.sequence, digest.bag, digest.canonical_sequence, digest.canonical_bag)
    record: dict[str, Any] = {
        "columns": list(result.columns),
        "row_count": result.row_count,
        "rows": [[{"hex": c.hex()} if isinstance(c, bytes) else c for c in row] for row in result.rows],
        "digest": [*hashes, *digest.columns],
    }
    if digest.integral_floats:
        record["integral_floats"] = True
    if result.truncated:
        record["truncated"] = True
    return record


def from_json(record: dict[str, Any], seconds: float = 0.0) -> Result:
    """The result that ``to_json`` wrote."""
    if "error" in record:
        return Result(error=record["error"], message=record["message"], seconds=seconds)
    sequence, bag, canonical_sequence, canonical_bag, *columns = record["digest"]
    integral_floats = record.get("integral_floats", False)
    return Result(
        columns=tuple(record["columns"]),
        row_count=record["row_count"],
        rows=tuple(
            tuple(bytes.fromhex(cell["hex"]) if isinstance(cell, dict) else cell for cell in row)
            for row in record["rows"]
        ),
        digest=Digest(sequence, bag, tuple(columns), canonical_sequence, canonical_bag, integral_floats),
        truncated=record.get("truncated", False),
        seconds=seconds,
    )
