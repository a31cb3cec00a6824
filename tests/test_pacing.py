"""Calls to an endpoint with limits: simulated ones for minutes, and real threads for moments."""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.endpoints import Endpoint, FixedWindow, Meter, SlidingWindow, TokenBucket, simulate
from text2sql.errors import CallFailed, Halted
from text2sql.pacing import Pace
from text2sql.traffic import Traffic
from text2sql.types import Limits

KINDS: dict[str, Callable[[float], Meter]] = {
    "token bucket": TokenBucket,
    "token bucket of a second": lambda limit: TokenBucket(limit, burst=max(2, limit / 60)),
    "fixed window": FixedWindow,
    "sliding window": SlidingWindow,
    "sliding window, reset of the oldest": lambda limit: SlidingWindow(limit, oldest=True),
}
# Whether headers state the limit, whether a 429 says how long to wait; the most 429s after two minutes, at 60 a minute.
WAYS = {
    "stated": (True, True, 0.02),
    "stated, no Retry-After": (True, False, 0.02),
    "silent": (False, True, 0.02),
    "silent, no Retry-After": (False, False, 0.05),
}
DOWN = CallFailed("503: down", "passing")
NO_LIMITS = Limits()


@pytest.mark.parametrize("limit", [60, *(pytest.param(limit, marks=pytest.mark.slow) for limit in (600, 3000))])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_of_requests_is_used_and_hardly_passed(kind: str, way: str, limit: int) -> None:
    says, asks, share = WAYS[way]
    (log,) = simulate(Endpoint(KINDS[kind](limit), says=says, asks=asks), seconds=600)
    assert log.used(120, 600, limit) >= 0.95
    assert log.share_refused(120, 600) <= (share if limit == 60 else 0.01)
    assert sum(at < 120 for at in log.refused) <= 300


@pytest.mark.parametrize("way", ["stated", "silent, no Retry-After"])
@pytest.mark.parametrize("kind", ["token bucket", "fixed window", "sliding window"])
def test_slow_answers_do_not_blur_the_limit(kind: str, way: str) -> None:
    says, asks, _ = WAYS[way]
    (log,) = simulate(Endpoint(KINDS[kind](300), says=says, asks=asks), seconds=600, latency=8)
    assert log.used(120, 600, 300) >= 0.95
    assert log.share_refused(120, 600) <= 0.02


@pytest.mark.parametrize("latency", [0.2, 3.0])
@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("kind", ["token bucket", "fixed window", "sliding window"])
def test_a_limit_of_tokens_is_used_and_hardly_passed(kind: str, says: bool, latency: float) -> None:
    def four_times_too_many(chance: random.Random) -> tuple[int, int]:
        tokens = chance.randint(500, 3000)
        return 4 * tokens, tokens

    start, end = (
        simulate(
            Endpoint(TokenBucket(3000), KINDS[kind](200_000), says=says),
            seconds=seconds, latency=latency, announced=four_times_too_many,
        )[0]
        for seconds in (120, 720)
    )  # fmt: skip
    assert (end.spent - start.spent) / (10 * 200_000) >= (0.95 if says else 0.93)
    assert end.share_refused(120, 720) <= (0.002 if says else 0.03)


def test_what_nobody_used_is_used_at_full_speed() -> None:
    (log,) = simulate(Endpoint(TokenBucket(3000)), seconds=5)
    assert (len(log.answered) > 1200, log.refused) == (True, [])  # at the limit it would be 250


def test_no_limit_no_delay() -> None:
    traffic = Traffic()
    assert [traffic.delay(0, 10**6) for _ in range(9999) if traffic.send(0, 10**6)] == [0.0] * 9999


def test_a_limit_for_a_day_is_too_generous_and_does_no_harm() -> None:
    daily = Endpoint(TokenBucket(30), stated=lambda _: Limits(14_400, 14_000, 180.0))
    (log,) = simulate(daily, seconds=720)
    assert log.used(120, 720, 30) >= 0.95
    assert log.share_refused(120, 720) <= 0.05


ABSURD: dict[str, Callable[[Limits], Limits]] = {
    "zero": lambda _: Limits(0, 0, 0.0, 0, 0, 0.0),
    "negative": lambda _: Limits(-5, -5, -5.0, -5, -5, -5.0),
    "nothing left ever": lambda said: replace(said, requests_left=0),
    "less than nothing left": lambda said: replace(said, requests_left=-9, requests_reset=math.inf),
    "everything left": lambda said: replace(said, requests_left=10**400, requests_reset=math.nan),
    "a limit alone": lambda said: Limits(said.requests),
    "no end": lambda _: Limits(10**400, 10**400, 0.0),
}


@pytest.mark.parametrize("absurd", ABSURD)
def test_absurd_statements_stop_nothing(absurd: str) -> None:
    (log,) = simulate(Endpoint(TokenBucket(600), stated=ABSURD[absurd]), seconds=480)
    assert log.used(120, 480, 600) >= 0.95
    assert log.share_refused(120, 480) <= 0.01


def test_a_call_of_more_tokens_than_there_ever_are_goes_all_the_same() -> None:
    traffic = Traffic()
    sent = traffic.send(0, 10**9)
    traffic.answered(1, sent, Limits(tokens=6000, tokens_left=0, tokens_reset=60.0), 10**9)
    assert 0 < traffic.delay(1, 10**9) <= 125


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("kind", ["token bucket", "fixed window", "sliding window"])
def test_processes_with_the_same_key_share_its_limit(kind: str, says: bool) -> None:
    logs = simulate(Endpoint(KINDS[kind](600), says=says), seconds=720, processes=2)
    used = [log.used(120, 720, 600) for log in logs]
    assert sum(used) >= 0.95
    assert min(used) >= 0.4
    assert max(log.share_refused(120, 720) for log in logs) <= 0.02


def test_every_caller_has_its_turn() -> None:
    (log,) = simulate(Endpoint(TokenBucket(600)), seconds=600)
    turns = Counter(caller for _, caller in log.answered)
    assert max(turns.values()) - min(turns.values()) <= 10


def test_refusals_of_calls_in_flight_are_one_and_end_in_no_burst() -> None:
    traffic = Traffic()
    answered = [traffic.send(at / 10, 1) for at in range(100)]
    for sent in answered:
        traffic.answered(sent.at + 0.1, sent, NO_LIMITS, 1)
    flying = [traffic.send(10, 1) for _ in range(64)]
    for sent in flying:
        traffic.failed(10.1, sent, CallFailed("429", "limited", retry_after=4))
    assert traffic.opened is None
    assert traffic.delay(10.1, 1) == pytest.approx(4)
    now, went = 14.1, list[float]()
    while now < 15.1:
        if wait := traffic.delay(now, 1):
            now += max(wait, 1e-6)
        else:
            went.append(now)
            traffic.send(now, 1)
    assert len(went) <= 18  # no more a second than what went before the refusals came
    assert max(Counter(went).values()) <= 1


@pytest.mark.parametrize(("asked", "waits"), [(None, 0.5), (0.0, 0.5), (-3.0, 0.5), (math.nan, 0.5), (1e9, 120.0)])
def test_retry_after_is_kept_within_bounds(asked: float | None, waits: float) -> None:
    traffic = Traffic()
    traffic.failed(1, traffic.send(0, 1), CallFailed("429", "limited", retry_after=asked))
    assert traffic.delay(1, 1) == waits


def test_an_endpoint_that_is_down_is_probed_at_growing_intervals() -> None:
    traffic, probes, now = Traffic(), list[float](), 0.0
    flying = [traffic.send(0, 1) for _ in range(64)]
    for sent in flying:  # one hiccup of all of them
        traffic.failed(1, sent, DOWN)
        traffic.ended(sent)
    assert (traffic.opened, traffic.delay(1, 1)) == (None, 0)
    for now in (2.0, 3.0):
        sent = traffic.send(now, 1)
        traffic.failed(now + 0.5, sent, DOWN)
        traffic.ended(sent)
    assert (traffic.opened, traffic.since, traffic.why) == (3.5, 1, "503: down")
    now = 3.5
    while now < 100:
        now += traffic.delay(now, 1)
        sent = traffic.send(now, 1)
        assert traffic.delay(now, 1) == math.inf
        probes.append(now)
        traffic.failed(now, sent, DOWN)
        traffic.ended(sent)
    assert probes == [4.5, 6.5, 10.5, 18.5, 34.5, 64.5, 94.5, 124.5]
    now += traffic.delay(now, 1)
    traffic.ended(traffic.send(now, 1))  # a probe that ended without a word: the next one at once
    assert traffic.delay(now, 1) == 0
    traffic.answered(now, traffic.send(now, 1), NO_LIMITS, 1)
    assert (traffic.opened, traffic.delay(now, 1)) == (None, 0)


@pytest.mark.parametrize("alive", [None, CallFailed("400", "final")])
def test_an_answer_of_any_kind_closes_the_circuit(alive: CallFailed | None) -> None:
    traffic = Traffic()
    slow = traffic.send(0, 1)
    for now in range(1, 21):
        traffic.failed(now + 0.5, traffic.send(now, 1), DOWN)
    assert (traffic.opened, traffic.delay(20.5, 1)) == (20.5, 1)
    if alive:
        traffic.failed(20.6, slow, alive)
    else:
        traffic.answered(20.6, slow, NO_LIMITS, 1)
    assert (traffic.opened, traffic.delay(20.6, 1)) == (None, 0)


@pytest.mark.parametrize("slots", [1, 64])
def test_a_third_of_calls_failing_at_random_opens_nothing(slots: int) -> None:
    traffic, chance, flying = Traffic(), random.Random(1), []
    for call in range(20_000):
        assert traffic.delay(call / 300, 1) == 0
        flying.append(traffic.send(call / 300, 1))
        if len(flying) == slots:
            sent = flying.pop(chance.randrange(slots))
            if chance.random() < 1 / 3:
                traffic.failed(call / 300 + 0.001, sent, DOWN)
            else:
                traffic.answered(call / 300 + 0.001, sent, NO_LIMITS, 1)
            traffic.ended(sent)


def in_threads(count: int, work: Callable[[int], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def test_slots_are_held_at_most_and_never_lost() -> None:
    pace, most, lock, flying = Pace(3), 0, threading.Lock(), 0

    def work(number: int) -> None:
        nonlocal most, flying
        for _ in range(20):
            try:
                with pace.slot(1):
                    with lock:
                        flying += 1
                        most = max(most, flying)
                    time.sleep(0.001)
                    with lock:
                        flying -= 1
                    if number % 2:
                        raise ValueError
                    pace.answered(NO_LIMITS, 1)
            except ValueError:
                pass

    for thread in in_threads(16, work):
        thread.join(10)
    assert (most, flying) == (3, 0)
    with pace.slot(1), pace.slot(1), pace.slot(1):
        pass


def test_first_come_first_served() -> None:
    pace, order = Pace(1), list[int]()

    def work(number: int) -> None:
        with pace.slot(1):
            order.append(number)

    with pace.slot(1):
        threads = []
        for number in range(8):
            threads += in_threads(1, lambda _, number=number: work(number))  # type: ignore[misc]
            time.sleep(0.01)
    for thread in threads:
        thread.join(10)
    assert order == list(range(8))


def test_close_ends_every_wait_at_once() -> None:
    pace, ends = Pace(1), list[str]()

    def wait(number: int) -> None:
        try:
            if number % 2:
                pace.rest(CallFailed("503", "passing", retry_after=60), 1)
            else:
                with pace.slot(1):
                    raise AssertionError
        except Halted as halted:
            ends.append(str(halted))

    with pace.slot(1):
        threads = in_threads(64, wait)
        time.sleep(0.05)
        start = time.perf_counter()
        pace.close("the money is spent")
        pace.close("once more")
        for thread in threads:
            thread.join(10)
        assert time.perf_counter() - start < 0.4  # less than a tick
    assert ends == ["the money is spent"] * 64
    with pytest.raises(Halted, match="the money is spent"), pace.slot(1):
        pass
    with pytest.raises(Halted, match="the money is spent"):
        pace.rest(CallFailed("429", "limited"), 1)


def test_patience_ends_and_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("text2sql.traffic._PROBE", 0.05)
    monkeypatch.setattr("text2sql.traffic._LONGEST", 0.3)
    pace, up = Pace(32, patience=0.5), threading.Event()
    ends = list[str]()

    def work(_: int) -> None:
        while True:
            try:
                with pace.slot(1):
                    time.sleep(0.01)
                    pace.answered(NO_LIMITS, 1) if up.is_set() else pace.failed(DOWN)
            except CallFailed as failure:
                ends.append(f"{failure.kind}: {failure}")
                return

    for thread in in_threads(32, work):
        thread.join(10)
    assert len(ends) == 32
    hour = time.strftime("%H:")
    assert all(line.startswith(f"passing: no call went well since {hour}") for line in ends)
    assert all(line.endswith("; the last one: 503: down") for line in ends)
    up.set()
    time.sleep(0.3)
    for _ in range(2):  # a probe, and then as if nothing had been
        with pace.slot(1):
            pace.answered(NO_LIMITS, 1)


def test_rests_grow_within_bounds_and_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    slept, now = list[float](), 0.0

    def wait(seconds: float) -> bool:
        nonlocal now
        now += seconds
        return False

    pace = Pace(1)
    monkeypatch.setattr("text2sql.pacing.time.monotonic", lambda: now)
    monkeypatch.setattr(pace._closed, "wait", wait)
    for tries in (1, 2, 3, 9, 10**9):
        start = now
        pace.rest(DOWN, tries)
        slept.append(now - start)
    bounds = [(0.25, 0.5), (0.5, 1), (1, 2), (15, 30), (15, 30)]
    assert [low <= time <= high for (low, high), time in zip(bounds, slept, strict=True)] == [True] * 5
    start = now
    pace.rest(CallFailed("503", "passing", retry_after=50), 1)
    pace.rest(CallFailed("429", "limited", retry_after=50), 1)
    assert now - start == pytest.approx(50)


def test_pacing_costs_hardly_any_processor_time() -> None:
    pace = Pace(64)

    def work(_: int) -> None:
        for _ in range(10):
            with pace.slot(1000):
                time.sleep(0.05)
                pace.answered(NO_LIMITS, 1000)

    start, used = time.perf_counter(), time.process_time()
    for thread in in_threads(64, work):
        thread.join(20)
    assert time.perf_counter() - start < 2  # 0.5 without pacing
    assert time.process_time() - used < 0.5  # 640 calls
