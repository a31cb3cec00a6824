"""Rows matched with rows: how much two results share, and whether one differs from the other by its ties alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import count
from typing import TypeAlias, cast

from text2sql.types import Row

Numbers: TypeAlias = Sequence[int]

_EXACT = 1_000_000  # pairs of rows among which the best matching is found, in about a second


def numbered(left: Iterable[object], right: Iterable[object]) -> tuple[Numbers, Numbers]:
    """Numbers for the items of both sides: equal items, equal numbers."""
    numbers: defaultdict[object, int] = defaultdict(count().__next__)
    return [numbers[item] for item in left], [numbers[item] for item in right]


# --- soft F1 -------------------------------------------------------------------------------------------------


def soft_f1(gold: Sequence[Row], predicted: Sequence[Row]) -> float:
    """F1 of cells, rows matched one to one so that the number of equal cells is greatest; 1 without any rows.

    A row is a multiset of cells. Exact where, without equal rows and those that share nothing, a million pairs or
    fewer are left; beyond that rows are paired greedily by their rarest shared cells, and the score is a lower bound.

    >>> soft_f1([("Plover", 5), ("Dunlin", 7)], [(7,), ("Plover",)])
    0.6666666666666666
    """
    if not gold and not predicted:
        return 1.0
    left, right = Counter(map(_tokens, gold)), Counter(map(_tokens, predicted))
    same = left & right  # some best matching pairs equal rows: a swap towards that never loses a cell
    equal = sum(len(row) * copies for row, copies in same.items())
    equal += _greatest_overlap(list((left - same).elements()), list((right - same).elements()))
    cells = sum(map(len, gold)) + sum(map(len, predicted))
    return 2 * equal / cells


_Tokens: TypeAlias = frozenset[Hashable]


def _tokens(row: Row) -> _Tokens:
    """The cells as a set: the second of equal cells is told from the first."""
    cells = frozenset[Hashable](row)
    if len(cells) == len(row):
        return cells
    return frozenset((cell, i) if i else cell for cell, n in Counter(row).items() for i in range(n))


def _greatest_overlap(left: Sequence[_Tokens], right: Sequence[_Tokens]) -> int:
    shared = frozenset[Hashable]().union(*left) & frozenset[Hashable]().union(*right)
    left, right = ([kept for row in rows if (kept := row & shared)] for rows in (left, right))
    if not shared:
        return 0
    if len(left) == 1 or len(right) == 1:
        return max(len(one & other) for one in left for other in right)
    by_token = _rows_by_token(left), _rows_by_token(right)
    if len(left) * len(right) > _EXACT:
        return _greedy_overlap(left, right, by_token)
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    overlap = np.zeros((len(left), len(right)), dtype=np.int32)
    for token in shared:
        overlap[np.ix_(by_token[0][token], by_token[1][token])] += 1
    return int(overlap[linear_sum_assignment(overlap, maximize=True)].sum())


_ByToken: TypeAlias = defaultdict[Hashable, list[int]]


def _rows_by_token(rows: Sequence[_Tokens]) -> _ByToken:
    found: _ByToken = defaultdict(list)
    for i, row in enumerate(rows):
        for token in row:
            found[token].append(i)
    return found


def _greedy_overlap(left: Sequence[_Tokens], right: Sequence[_Tokens], by_token: tuple[_ByToken, _ByToken]) -> int:
    """Pairs by each shared cell in turn, the rarest first; linear in the number of cells."""
    ours, theirs = by_token
    free, taken, equal = [True] * len(left), [False] * len(right), 0
    rarest = sorted(ours, key=lambda token: (len(ours[token]) * len(theirs[token]), ours[token][0], repr(token)))
    for token in rarest:
        pairs = zip((i for i in ours[token] if free[i]), (j for j in theirs[token] if not taken[j]), strict=False)
        for i, j in list(pairs):
            free[i], taken[j] = False, True
            equal += len(left[i] & right[j])
    return equal


# --- ties ----------------------------------------------------------------------------------------------------


def could_return(ranked: Sequence[Row], predicted: Sequence[Row]) -> bool:
    """Whether a query could return the predicted rows, in this order, had it broken its ties otherwise.

    ``ranked``: all its rows as ``ties.Ranking`` gives them; ``predicted``: as many rows as it returns. The columns may
    stand in another order, the same in all rows.
    """
    ranks = cast(list[int], [row[-1] for row in ranked])
    rank_at = {rank + i: rank for rank, ties in Counter(ranks).items() for i in range(ties)}
    wanted = [rank_at.get(place) for place in range(1, len(predicted) + 1)]
    near = {*wanted}
    if None in near or not near:
        return not near
    *columns, ranks_near = zip(*(row for row in ranked if row[-1] in near), strict=True)
    others = Counter(zip(*predicted, strict=True))
    # Columns are paired one after the other as long as every predicted row still has a row of its own; of equal
    # columns one is tried. A stack instead of recursion, because a result may have 2000 columns.
    kinds, copies = list(others), list(others.values())
    stack: list[tuple[tuple[int, ...], Numbers, Numbers]] = [((), *numbered(ranks_near, wanted))]
    while stack:
        used, left, right = stack.pop()
        if len(used) == len(columns):
            return len(columns) == others.total()
        taken = Counter(used)
        for kind, column in enumerate(kinds):
            if taken[kind] < copies[kind]:
                numbers = numbered(zip(left, columns[len(used)], strict=True), zip(right, column, strict=True))
                if Counter(numbers[1]) <= Counter(numbers[0]):
                    stack.append(((*used, kind), *numbers))
    return False
