"""What a command may spend: room for calls in flight, and what happens when there is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from text2sql.budget import Budget
from text2sql.errors import Halted


def spend(budget: Budget, bound: float | None, cost: float | None) -> None:
    with budget.reserved(bound, "m") as settle:
        settle(cost)


def halted(budget: Budget, bound: float | None) -> str:
    with pytest.raises(Halted) as caught:
        spend(budget, bound, 0.0)
    return str(caught.value)


def in_flight(budget: Budget, bound: float, cost: float) -> tuple[threading.Thread, Callable[[], object]]:
    """A call that has its room, and what ends it."""
    begun, end = threading.Event(), threading.Event()

    def call() -> None:
        with budget.reserved(bound, "m") as settle:
            begun.set()
            end.wait(10)
            settle(cost)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert begun.wait(10)
    return thread, end.set


def test_without_a_limit_costs_are_added_up() -> None:
    budget = Budget()
    for bound, cost in ((1.0, 0.25), (None, None), (None, 0.5), (2.0, None)):
        spend(budget, bound, cost)
    assert budget.spent == 2.75


def test_what_a_call_costs_makes_room_again() -> None:
    budget = Budget(1.0)
    for _ in range(3):
        spend(budget, 0.5, 0.25)
    assert budget.spent == 0.75
    assert halted(budget, 0.5) == "--max-cost: $0.7500 of $1.0000 are spent, and the next call may cost $0.5000"
    assert halted(budget, 0.0) == halted(budget, 0.5), "and it stays so"


def test_a_call_whose_cost_is_not_known_costs_its_bound() -> None:
    budget = Budget(1.0)
    spend(budget, 0.75, None)
    assert budget.spent == 0.75


def test_a_call_that_failed_costs_nothing() -> None:
    budget = Budget(1.0)
    for _ in range(5):
        with pytest.raises(ValueError), budget.reserved(1.0, "m"):
            raise ValueError
    assert budget.spent == 0.0
    spend(budget, 1.0, 1.0)


def test_nothing_that_costs_goes_with_a_limit_of_nothing() -> None:
    budget = Budget(0.0)
    spend(budget, 0.0, 0.0)
    assert halted(budget, 0.01) == "--max-cost: $0.0000 of $0.0000 are spent, and the next call may cost $0.0100"


def test_a_bound_must_be_known() -> None:
    budget = Budget(1.0)
    assert halted(budget, None) == (
        "--max-cost: what a call of 'm' can cost is not known; set max_tokens, or give it a price and a longest "
        "answer by --prices FILE"
    )
    spend(budget, 1.0, 0.5)  # of another model


def test_a_call_waits_for_those_in_flight() -> None:
    budget = Budget(1.0)
    first, end = in_flight(budget, 0.75, 0.25)
    second = threading.Thread(target=spend, args=(budget, 0.75, 0.5), daemon=True)
    second.start()
    second.join(0.05)
    assert second.is_alive()
    end()
    first.join(5)
    second.join(5)
    assert (second.is_alive(), budget.spent) == (False, 0.75)


def test_those_in_flight_end_well_when_it_is_closed() -> None:
    budget = Budget(1.0)
    call, end = in_flight(budget, 0.75, 0.5)
    said: list[str] = []
    waiting = threading.Thread(target=lambda: said.append(halted(budget, 0.75)), daemon=True)
    waiting.start()
    budget.close("interrupted")
    budget.close("later")
    waiting.join(5)
    assert said == ["interrupted"]
    end()
    call.join(5)
    assert (budget.spent, halted(budget, 0.0)) == (0.5, "interrupted")


def test_many_threads_never_pass_it() -> None:
    budget, most = Budget(1.0), [0.0]

    def call(i: int) -> Any:
        try:
            with budget.reserved(0.125, "m") as settle:
                most[0] = max(most[0], budget.spent + budget._reserved)
                settle(0.0625 if i % 2 else 0.125)
        except Halted as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(16) as threads:
        said = set(threads.map(call, range(200)))
    assert 0.875 < budget.spent <= 1.0 and most[0] <= 1.0
    assert said == {"", halted(budget, 0.125)}
