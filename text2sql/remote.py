"""The way to models behind endpoints: one exchange over the response cache in the user's cache folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from text2sql.artifacts import cache_folder
from text2sql.budget import Budget
from text2sql.exchange import Exchange
from text2sql.outstanding import Outstanding
from text2sql.prices import Prices

IN_FLIGHT = 32
"""Questions that wait for endpoints, where nobody says how many."""


def exchange(*, workers: int | None = None, max_cost: float | None = None, prices: Sequence[Path] = ()) -> Exchange:
    """The exchange of one command; ``max_cost`` in dollars, ``prices``: lists that go before the others."""
    return Exchange(
        cache_folder() / "responses.sqlite",
        Prices(prices),
        slots=workers or IN_FLIGHT,
        budget=Budget(max_cost),
        under_way=lambda responses: Outstanding(responses).under_way(),
        tell=tell,
    )


def tell(line: str) -> None:
    """A line for the user, above any progress bar."""
    from tqdm import tqdm

    tqdm.write(f"text2sql: {line}", file=sys.stderr)
