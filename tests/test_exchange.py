"""The exchange: samples kept one by one, asked for once, accounted for whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from text2sql.artifacts import digest
from text2sql.budget import Budget
from text2sql.calling import Differences, Made
from text2sql.calls import Call, Ledger
from text2sql.errors import CallFailed, Halted, ProviderError
from text2sql.exchange import Account, Exchange, Labelled
from text2sql.prices import Prices
from text2sql.protocols import Remote
from text2sql.responses import Responses
from text2sql.types import Completion, Message, Prompt, Question, Reply, Request, Schema, Usage

PROMPT = Prompt((Message("user", "How many?"),), Question("q", "d", "?"), Schema("d", ()))
PRICES = """
["host"]
batch = 0.5
["host".m]
input = 1
output = 10
["host".other]
input = 1
output = 10
"""


@dataclass
class Endpoint:
    """A remote model: every answer names its seed and has 100 tokens of prompt and 10 of completion.

    ``honoured``: how many completions a call gets at most; ``fails``: what happens to the call for a seed.
    """

    url: str = "http://host/v1"
    model: str = "m"
    option: str = ""
    honoured: int = 100
    retries: int = 0
    fails: dict[int, Exception] = field(default_factory=dict)
    does: Callable[[int], object] = lambda _seed: None
    asked: list[tuple[int, int]] = field(default_factory=list)  # seed and n
    without: list[set[str]] = field(default_factory=list)

    def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> list[Completion]:
        raise AssertionError("asked by request and send")

    def request(self, prompt: Prompt, *, temperature: float) -> Request:
        text = f"{temperature} {self.option} {[message.content for message in prompt.messages]}"
        return Request(self.url, self.model, "/chat", text, prompt_bound=200, completion_bound=20)

    def send(self, request: Request, *, n: int, seed: int, without: Set[str]) -> Reply:
        self.asked.append((seed, n))
        self.without.append(set(without))
        self.does(seed)
        if seed in self.fails:
            raise self.fails[seed]
        made = 1 if "n" in without else min(n, self.honoured)
        return Reply(tuple(Completion(f"SELECT {seed + i}") for i in range(made)), Usage(100, 10 * made))


def cents(prompt_tokens: int, completion_tokens: int) -> Any:
    """Dollars of so many tokens."""
    return pytest.approx((prompt_tokens + 10 * completion_tokens) / 1e6)


@pytest.fixture
def prices(tmp_path: Path) -> Prices:
    file = tmp_path / "list.toml"
    file.write_text(PRICES, encoding="utf-8")
    return Prices([file])


@pytest.fixture
def kept(tmp_path: Path, prices: Prices) -> Callable[..., Exchange]:
    """Exchanges over one file, as one command after the other makes them."""

    def made(**options: Any) -> Exchange:
        return Exchange(Responses(tmp_path / "responses.sqlite"), prices, **{"slots": 8, **options})

    return made


def complete(exchange: Exchange, model: Remote, n: int = 1, **options: Any) -> list[str]:
    asked = {"prompt": PROMPT, "temperature": 0.5, "seed": 0, **options}
    return [one.text for one in exchange.complete(model, n=n, **asked)]


def labelled(exchange: Exchange, model: Endpoint, ledger: Ledger, **options: str) -> Labelled:
    return Labelled(model, "m", **{"stage": "generate", "run": "run", **options}, ledger=ledger, exchange=exchange)


def ask(exchange: Exchange, model: Endpoint, n: int = 1, *, seed: int = 0, **options: str) -> Call:
    """What the ledger says of one question."""
    ledger = Ledger()
    with suppress(ProviderError, Halted):
        labelled(exchange, model, ledger, **options).complete(PROMPT, n=n, temperature=0.5, seed=seed)
    (call,) = ledger.take("q")
    return call


# ---- what is kept


def test_a_larger_n_asks_for_what_is_missing(kept: Callable[..., Exchange]) -> None:
    model = Endpoint()
    with kept() as exchange:
        assert complete(exchange, model, 3) == ["SELECT 0", "SELECT 1", "SELECT 2"]
    with kept() as exchange:
        assert complete(exchange, model, 5) == [f"SELECT {i}" for i in range(5)]
        assert complete(exchange, model, 2) == ["SELECT 0", "SELECT 1"]
    assert model.asked == [(0, 3), (3, 2)]


def test_holes_are_filled_row_by_row(kept: Callable[..., Exchange]) -> None:
    model = Endpoint(honoured=1, fails={1: CallFailed("x"), 3: CallFailed("x")})
    with kept() as exchange:
        with pytest.raises(ProviderError):
            complete(exchange, model, 5)
        model.fails, model.asked = {}, []
        assert complete(exchange, model, 6) == [f"SELECT {i}" for i in range(6)]
    assert sorted(model.asked) == [(1, 1), (3, 1), (5, 1)]
    whole = Endpoint(url="http://other/v1", fails={})
    with kept() as exchange:
        for i in (0, 2, 3):  # as they are left where n is honoured and answers were removed
            request = whole.request(PROMPT, temperature=0.5)
            key = digest(digest(request.endpoint, request.path, request.body, "0"), str(i))
            exchange.responses.put("http://other/v1", "m", {key: Completion(f"old {i}")}, Usage(), payer="")
        assert complete(exchange, whole, 6) == ["old 0", "SELECT 1", "old 2", "old 3", "SELECT 4", "SELECT 5"]
    assert sorted(whole.asked) == [(1, 1), (4, 2)]


def test_whatever_asks_equally_pays_once(kept: Callable[..., Exchange]) -> None:
    with kept() as exchange:
        first = ask(exchange, Endpoint(), 2, run="one", stage="draft")
        again = ask(exchange, Endpoint(), 2, run="two")
    assert (first.cached, first.cost, first.paid, len(first.requests)) == (0, cents(100, 20), cents(100, 20), 1)
    assert (again.cached, again.cost, again.paid, again.requests) == (2, cents(100, 20), 0.0, ())


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (Endpoint(), {"temperature": 0.6}),
        (Endpoint(), {"seed": 1}),
        (Endpoint(option="top_p"), {}),
        (Endpoint(url="http://other/v1"), {}),
        (Endpoint(), {"prompt": PROMPT.then(Message("user", "Sure?"))}),
    ],
)
def test_whatever_asks_for_something_else_asks_again(
    kept: Callable[..., Exchange], model: Endpoint, options: dict[str, Any]
) -> None:
    with kept() as exchange:
        complete(exchange, Endpoint())
        complete(exchange, model, **options)
    assert len(model.asked) == 1


def test_samples_of_repeated_runs_do_not_meet(kept: Callable[..., Exchange]) -> None:
    model = Endpoint()
    with kept() as exchange:
        ask(exchange, model, 2, seed=0)
        ask(exchange, model, 2, seed=1)
    assert model.asked == [(0, 2), (1000, 2)]


def test_many_that_ask_the_same_at_once_make_one_call(kept: Callable[..., Exchange]) -> None:
    model = Endpoint(does=lambda _: time.sleep(0.05))
    with kept(slots=64) as exchange, ThreadPoolExecutor(64) as threads:
        answers = list(threads.map(lambda _: complete(exchange, model, 2), range(64)))
        assert exchange._busy == {}
    assert answers == [["SELECT 0", "SELECT 1"]] * 64
    assert model.asked == [(0, 2)]


def test_after_one_that_failed_the_next_one_asks(kept: Callable[..., Exchange]) -> None:
    model = Endpoint(fails={0: CallFailed("x")})

    def asked(_: int) -> str:
        try:
            return complete(exchange, model)[0]
        except ProviderError:
            model.fails = {}
            return "failed"

    with kept() as exchange, ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(asked, range(4))) == ["SELECT 0"] * 3 + ["failed"]
    assert model.asked == [(0, 1)] * 2


# ---- accounting


def test_a_prompt_counts_once_where_n_is_honoured(kept: Callable[..., Exchange]) -> None:
    with kept() as exchange:
        call = ask(exchange, Endpoint(), 5)
    assert (call.prompt_tokens, call.completion_tokens, call.cost, call.paid) == (
        100, 50, cents(100, 50), cents(100, 50)
    )  # fmt: skip


def test_a_prompt_counts_every_time_where_n_is_ignored(kept: Callable[..., Exchange]) -> None:
    with kept() as exchange:
        call = ask(exchange, Endpoint(honoured=1), 5)
    assert (call.prompt_tokens, call.completion_tokens, call.cost, call.paid, len(call.requests)) == (
        500, 50, cents(500, 50), cents(500, 50), 5
    )  # fmt: skip


def test_cost_alone_is_as_if_nothing_had_been_cached(kept: Callable[..., Exchange]) -> None:
    with kept() as exchange:
        ask(exchange, Endpoint(), 3, run="first")
        call = ask(exchange, Endpoint(), 5, run="second")
    assert (call.cached, call.prompt_tokens, call.completion_tokens) == (3, 100, 50)
    assert (call.cost, call.paid) == (cents(100, 50), cents(100, 20))  # the second call had the prompt again


def test_a_batch_costs_its_share(kept: Callable[..., Exchange]) -> None:
    def batched(model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        return Made(model.send(request, n=n, seed=seed, without=set()), batch=True)

    with kept(asks=batched) as exchange:
        call = ask(exchange, Endpoint(), 2)
        again = ask(exchange, Endpoint(), 2)
    assert (call.cost, call.paid) == (cents(50, 10), cents(50, 10))
    assert (again.cost, again.paid) == (cents(50, 10), 0.0)


def test_nothing_is_said_of_what_has_no_price(kept: Callable[..., Exchange]) -> None:
    with kept() as exchange:
        made = [ask(exchange, Endpoint(url="http://unpriced/v1"), 2) for _ in range(2)]
    assert [(call.prompt_tokens, call.cost, call.paid) for call in made] == [(100, None, None)] * 2


def test_what_is_paid_is_not_known_where_the_usage_is_not(prices: Prices) -> None:
    def silent(model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        return Made(Reply((Completion("x"),) * n, Usage() if seed else Usage(100, 10 * n)))

    with Exchange(prices=prices, asks=silent) as exchange:
        first, more = ask(exchange, Endpoint(), 1), ask(exchange, Endpoint(), 2)
    assert (first.paid, more.paid, more.cost) == (cents(100, 10), None, cents(100, 10))


def test_a_failed_call_still_accounts_for_what_arrived(kept: Callable[..., Exchange]) -> None:
    model = Endpoint(honoured=1, fails={1: CallFailed("busy")})
    with kept() as exchange:
        failed = ask(exchange, model, 4)
        model.fails, model.asked = {}, []
        call = ask(exchange, model, 4)
    assert (failed.error, failed.n, failed.prompt_tokens, failed.completion_tokens, failed.paid) == (
        "ProviderError: busy", 4, 300, 30, cents(300, 30)
    )  # fmt: skip
    assert len(failed.requests) == 3
    assert (call.cached, call.cost, call.paid, len(call.requests)) == (3, cents(400, 40), cents(100, 10), 1)
    assert model.asked == [(1, 1)]


def test_the_others_are_waited_for_before_an_error_is_raised(kept: Callable[..., Exchange]) -> None:
    def slow(seed: int) -> None:
        time.sleep(0.2 if seed == 3 else 0)

    model = Endpoint(honoured=1, does=slow, fails={1: CallFailed("x")})
    with kept() as exchange:
        with pytest.raises(ProviderError, match="x"):
            complete(exchange, model, 4)
        assert len(exchange.responses.tallies()) == 1
        assert exchange.responses.tallies()[0].answers == 3


def test_being_halted_goes_before_another_failure(kept: Callable[..., Exchange]) -> None:
    model = Endpoint(honoured=1, fails={1: CallFailed("bad"), 2: CallFailed("no key", "account")})
    with kept(slots=4) as exchange, pytest.raises(Halted, match="no key"):
        complete(exchange, model, 4)


@pytest.mark.parametrize("honoured", [100, 1])
def test_a_question_cut_off_counts_its_calls_exactly_once(kept: Callable[..., Exchange], honoured: int) -> None:
    model = Endpoint(honoured=honoured)
    with kept() as exchange:
        lost = ask(exchange, model, 3)  # and the process is killed before this is written down
    with kept() as exchange:
        assert ask(exchange, model, 3, run="another").paid == 0.0
        resumed = ask(exchange, model, 4)
        assert resumed.cached == 3
        assert sorted(resumed.requests)[:-1] == sorted(lost.requests)
        (new,) = set(resumed.requests) - set(lost.requests)
        assert resumed.paid == pytest.approx((lost.paid or 0) + 110e-6 + 90e-6)
        assert ask(exchange, model, 4).paid == 0.0, "counted now"
    with kept() as exchange:
        exchange.settled(resumed.requests)
        again = ask(exchange, model, 4)
    assert (again.paid, again.requests, again.cached, again.cost) == (0.0, (), 4, resumed.cost)
    assert new


def test_the_same_prompt_of_two_stages_is_counted_by_the_one_that_paid(kept: Callable[..., Exchange]) -> None:
    with kept() as exchange:
        ask(exchange, Endpoint(), 1, stage="draft")
    with kept() as exchange:
        assert ask(exchange, Endpoint(), 1, stage="generate").paid == 0.0
        assert ask(exchange, Endpoint(), 1, stage="draft").paid == cents(100, 10)


def test_batched_and_live_calls_of_one_question_are_settled_at_their_own_price(kept: Callable[..., Exchange]) -> None:
    def batched(model: Remote, request: Request, *, n: int, seed: int, keys: Sequence[str], payer: str) -> Made:
        return Made(model.send(request, n=n, seed=seed, without=set()), batch=True)

    with kept() as exchange:
        ask(exchange, Endpoint(), 1)
    with kept(asks=batched) as exchange:
        ask(exchange, Endpoint(), 2)
    with kept() as exchange:
        assert ask(exchange, Endpoint(), 2).paid == cents(150, 15)


def test_a_model_of_ones_own_is_asked_directly() -> None:
    @dataclass
    class Own:
        def complete(self, prompt: Prompt, *, n: int, temperature: float, seed: int) -> list[Completion]:
            return [
                Completion("SELECT 1", usage=Usage(5, 2, 0.5)),
                Completion("x", usage=Usage(5, 2, 0.25), cached=True),
            ]

    ledger = Ledger()
    with Exchange() as exchange:
        Labelled(Own(), "own", "generate", ledger, exchange).complete(PROMPT, n=2, temperature=0.0, seed=7)
    (call,) = ledger.take("q")
    assert (call.prompt_tokens, call.cost, call.paid, call.cached, call.requests) == (10, 0.75, 0.5, 1, ())


# ---- how endpoints are asked


def test_without_money_or_key_nobody_is_asked(prices: Prices) -> None:
    model = Endpoint(fails={0: CallFailed("no key", "account")})
    with Exchange(prices=prices, slots=8) as exchange, ThreadPoolExecutor(8) as threads:

        def said(seed: int) -> str:
            with pytest.raises(Halted) as caught:
                complete(exchange, model, seed=seed)
            return str(caught.value)

        assert said(0) == "no key"
        assert set(threads.map(said, range(8))) == {"no key"}
    assert model.asked == [(0, 1)]


def test_a_budget_is_kept_and_said(prices: Prices) -> None:
    model = Endpoint()  # a call may cost 200 + 10 * 20 tokens, and costs 100 + 10 * 10
    with Exchange(prices=prices, budget=Budget(0.0009)) as exchange:
        for seed in range(3):
            complete(exchange, model, seed=seed)
        said = "--max-cost: $0.0006 of $0.0009 are spent, and the next call may cost $0.0004"
        with pytest.raises(Halted) as caught:
            complete(exchange, model, seed=3)
        assert str(caught.value) == said
        assert complete(exchange, model, seed=2) == ["SELECT 2"], "what is cached costs nothing"
    with Exchange(prices=prices, budget=Budget(1.0)) as exchange, pytest.raises(Halted) as caught:
        complete(exchange, Endpoint(url="http://unpriced/v1"))
    assert str(caught.value) == (
        "--max-cost: what a call of 'm' can cost is not known; set max_tokens, or give it a price and a longest "
        "answer by --prices FILE"
    )


def test_what_an_endpoint_does_not_know_is_kept_and_told_once(tmp_path: Path) -> None:
    lines: list[str] = []
    responses = Responses(tmp_path / "responses.sqlite")
    request = Endpoint().request(PROMPT, temperature=0.0)
    one, other = Differences(lambda: responses, lines.append), Differences(lambda: responses, lines.append)
    assert (one.of(request), other.of(request)) == (frozenset(), frozenset())
    for parameter in ("seed", "seed", "n", "max_tokens"):
        one.note(request, parameter)
    other.note(request, "n")  # found out by another command at the same time
    assert lines == [
        "m at host: it is asked without seed, which it does not take",
        "m at host: it gives one answer a call, so n answers are n calls",
        "m at host: it is told max_completion_tokens in place of max_tokens",
    ]
    assert one.lines(["m", "x"]) == {"m at host": ["max_tokens", "n", "seed"]}
    assert (one.lines(["x"]), other.lines(["m"])) == ({}, {"m at host": ["n"]})
    later = Differences(lambda: responses, lines.append)
    assert later.lines(["m"]) == {}, "not asked yet"
    assert later.of(request) == {"max_tokens", "n", "seed"}
    another = Endpoint(url="http://host:81/v1").request(PROMPT, temperature=0.0)
    assert later.of(another) == frozenset()
    responses.close()


def test_an_account_grows_with_every_call(prices: Prices) -> None:
    account = Account()
    with Exchange(prices=prices) as exchange:
        model = Endpoint(honoured=1)
        exchange.complete(model, PROMPT, n=2, temperature=0.5, seed=0, payer="me", account=account)
    assert (account.prompt_tokens, account.completion_tokens, account.cached, account.retries) == (
        [100, 100], [10, 10], 0, [0, 0]
    )  # fmt: skip
    assert account.paid == account.cost == [cents(100, 10)] * 2
    assert len(set(account.requests)) == 2
