"""Comparing execution results: fingerprints of rows, equality for voting, the official comparison.

Most comparisons are settled by fingerprints alone, so that rows neither leave the worker process
nor have to be fetched twice; the rest is decided on the rows, inside a worker.
"""

from __future__ import annotations

import hashlib
import marshal
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from text2sql.types import Cell, Digest, Result, Row

# Version 2 writes equal values as equal bytes: later versions add references and interning.
_MARSHAL = 2


def fingerprint(rows: Sequence[Row]) -> Digest:
    """The digest of all rows.

    >>> fingerprint([(1, "a"), (2, "b")]).bag == fingerprint([(2.0, "b"), (1, "a")]).bag
    True
    """
    columns = list(zip(*rows, strict=True))
    integral_floats = False
    for index, column in enumerate(columns):
        if float in set(map(type, column)):
            as_integers = tuple(map(_integral, column))
            integral_floats |= list(map(type, as_integers)) != list(map(type, column))
            columns[index] = as_integers
    encoded = _encode(zip(*columns, strict=True) if integral_floats else rows)
    return Digest(
        sequence=_hash(encoded, 16),
        bag=_hash(sorted(encoded), 16),
        columns=tuple(_hash(sorted(_encode(column)), 8) for column in columns),
        integral_floats=integral_floats,
    )


def _integral(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _encode(items: Iterable[Row | Cell]) -> list[bytes]:
    return [marshal.dumps(item, _MARSHAL) for item in items]


def _hash(parts: Sequence[bytes], size: int) -> str:
    return hashlib.blake2b(b"".join(parts), digest_size=size).hexdigest()


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
    """A way to compare two results: ``settle`` by fingerprints if it can (else None), ``decide`` by rows."""

    settle: Callable[[Result, Result], bool | None]
    decide: Callable[[Sequence[Row], Sequence[Row]], bool]


def _settle(gold: Result, predicted: Result, *, ordered: bool) -> bool | None:
    if gold.row_count == 0 and predicted.row_count == 0:
        return True
    if gold.row_count != predicted.row_count or len(gold.columns) != len(predicted.columns):
        return False
    left, right = gold.digest, predicted.digest
    if sorted(left.columns) != sorted(right.columns):
        return False
    same = left.sequence == right.sequence if ordered else left.bag == right.bag
    # Integral floats need the rows: the official quick rejection tells 1 from 1.0 by its type.
    if same and not left.integral_floats and not right.integral_floats:
        return True
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
    return _some_permutation(list(zip(*gold, strict=True)), list(zip(*predicted, strict=True)))


def _cells_sorted(rows: Sequence[Row]) -> list[Row]:
    # The official quick rejection: its key holds the type's name, so (1, 1.5) and (1.0, 1.5) differ.
    return [tuple(sorted(row, key=lambda cell: str(cell) + str(type(cell)))) for row in rows]


def _some_permutation(gold: Sequence[Row], predicted: Sequence[Row]) -> bool:
    """Whether some order of the predicted columns gives the gold multiset of rows.

    Both are given as columns. Backtracking over the columns with the fewest partners first; a stack
    instead of recursion, because a result may have 2000 columns.
    """
    contents = [Counter(column) for column in predicted]
    partners = {i: [j for j, cells in enumerate(contents) if cells == Counter(gold[i])] for i in range(len(gold))}
    order = sorted(partners, key=lambda i: len(partners[i]))
    left = [gold[i] for i in order]
    chosen: list[int] = []
    untried = [iter(partners[order[0]])]
    while untried:
        column = next((j for j in untried[-1] if j not in chosen and _agree(left, predicted, [*chosen, j])), None)
        if column is None:
            untried.pop()
            del chosen[-1:]
            continue
        chosen.append(column)
        if len(chosen) == len(left):
            return True
        untried.append(iter(partners[order[len(chosen)]]))
    return False


def _agree(left: Sequence[Row], predicted: Sequence[Row], chosen: Sequence[int]) -> bool:
    """Whether the columns chosen so far give the same multiset of partial rows."""
    ours = zip(*(predicted[j] for j in chosen), strict=True)
    return Counter(zip(*left[: len(chosen)], strict=True)) == Counter(ours)


COMPARISONS = {
    "any_order": Comparison(
        lambda gold, predicted: _settle(gold, predicted, ordered=False),
        lambda gold, predicted: _decide(gold, predicted, ordered=False),
    ),
    "in_order": Comparison(
        lambda gold, predicted: _settle(gold, predicted, ordered=True),
        lambda gold, predicted: _decide(gold, predicted, ordered=True),
    ),
}
"""Comparisons by name: a worker process is told a name, never handed a function."""


# --- results as JSON -----------------------------------------------------------------------------------


def to_json(result: Result) -> dict[str, Any]:
    """A result as plain JSON values; its seconds stay out, so that equal runs write equal files."""
    if result.error:
        return {"error": result.error, "message": result.message}
    digest = result.digest
    record: dict[str, Any] = {
        "columns": list(result.columns),
        "row_count": result.row_count,
        "rows": [[{"hex": c.hex()} if isinstance(c, bytes) else c for c in row] for row in result.rows],
        "digest": [digest.sequence, digest.bag, *digest.columns],
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
    sequence, bag, *columns = record["digest"]
    return Result(
        columns=tuple(record["columns"]),
        row_count=record["row_count"],
        rows=tuple(
            tuple(bytes.fromhex(cell["hex"]) if isinstance(cell, dict) else cell for cell in row)
            for row in record["rows"]
        ),
        digest=Digest(sequence, bag, tuple(columns), record.get("integral_floats", False)),
        truncated=record.get("truncated", False),
        seconds=seconds,
    )
