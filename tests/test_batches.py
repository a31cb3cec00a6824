"""Runs over the Batch API, round by round, against a server that has one: paid once, lost never, equal to live runs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.protocol_server import Served, serve
from text2sql import batches, cli, collecting
from text2sql.caches import clear_cache
from text2sql.config import load
from text2sql.dataset import Dataset
from text2sql.errors import CallFailed, ConfigError, Halted, Interrupted, SetAside, UsageError
from text2sql.estimate import dry_run
from text2sql.exchange import Exchange
from text2sql.models.openai import openai
from text2sql.outcome import Runs
from text2sql.outstanding import Outstanding, Sample, Sent
from text2sql.prices import Prices
from text2sql.report import rows
from text2sql.responses import Responses
from text2sql.runner import run
from text2sql.store import FILES
from text2sql.types import Completion, Message, Prompt, Question, Schema, Usage

PRICES = """
["*"]
batch = 0.5
["*".m]
input = 1.0
output = 10.0
"""
DIRECT = """
[[configuration]]
name = "direct"
prompt = "question"
"""
HYDE = """
[[configuration]]
name = "HyDE"
prompt = "question"
retriever = { use = "hyde", k = 1 }
generator = { use = "direct", n = 2, temperature = 0.7 }
"""
ENDPOINT: Any = type(openai(name="m", base_url="http://h/v1"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither keys nor proxies of the machine, an empty cache, and no long waiting."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(collecting, "_FIRST", 0.05)
    for module in ("runner", "remote", "estimate", "caches"):
        monkeypatch.setattr(f"text2sql.{module}.cache_folder", lambda: tmp_path / "cache")
    (tmp_path / "prices.toml").write_text(PRICES, encoding="utf-8")


@pytest.fixture
def server(tiny: Dataset) -> Iterator[Served]:
    answers = {one.question.text: [one.sql, f"{one.sql} LIMIT 1"] for one in tiny.examples}
    with serve(answers=answers, batch_seconds=0.0, log=True) as served:
        yield served


class Command:
    """``text2sql run`` on a few questions of the tiny data set, as often as a test likes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.config = folder, url, DIRECT

    def __call__(self, *, limit: int = 4, out: str = "runs", overrides: tuple[str, ...] = (), **options: Any) -> Runs:
        given: dict[str, Any] = {"batch": True, "progress": False, "workers": 4} | options
        given.setdefault("prices", [self.folder / "prices.toml"])
        return run(self.load(overrides), limit=limit, out=self.folder / out, **given)

    def load(self, overrides: tuple[str, ...] = ()) -> Any:
        file = self.folder / "asked.toml"
        model = f'model = {{ use = "openai", name = "m", base_url = "{self.url}", max_tokens = 50, retries = 1 }}'
        head = f'[data]\nuse = "tiny"\n[defaults]\n{model}\nmetrics = ["execution_accuracy"]\n'
        file.write_text(head + self.config, encoding="utf-8")
        return load(file, overrides=list(overrides))

    def waits(self, **options: Any) -> str:
        """What is said where batches are outstanding."""
        with pytest.raises(SetAside) as aside:
            self(**options)
        return str(aside.value)

    def finals(self, runs: str) -> dict[str, bytes]:
        """The final files of all configurations by name."""
        found = sorted((self.folder / runs).glob("**/*"))
        return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in found if file.name in FILES}


@pytest.fixture
def command(tmp_path: Path, server: Served) -> Command:
    return Command(tmp_path, server.url)


def lines(server: Served) -> int:
    """How many lines the server has answered in batches."""
    return int(server.stats()["batches"].get("lines", 0))


# ---- rounds


def test_two_rounds_come_to_the_files_of_a_live_run(
    command: Command, server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command.config = DIRECT + HYDE
    # The drafts ask what "direct" asks: they are asked once.
    assert command.waits() == (
        "round 1: 4 calls sent in 1 batch (batch_000001), at most $0.00; the same command collects them"
    )
    assert command.waits() == (
        "round 2: 4 calls sent in 1 batch (batch_000002), at most $0.00; the same command collects them"
    )
    batched = command()
    assert (lines(server), server.stats()["received"]) == (8, 0)
    assert [line for line in capfd.readouterr().err.splitlines() if line] == [
        "text2sql: round 1: batch_000001 completed, 4 of 4 answered",
        "text2sql: round 2: batch_000002 completed, 4 of 4 answered",
    ]
    for module in ("runner", "remote", "estimate", "caches"):
        monkeypatch.setattr(f"text2sql.{module}.cache_folder", lambda: tmp_path / "another cache")
    live = command(out="live", batch=False)
    assert command.finals("runs") == command.finals("live")
    assert [run.scores("execution_accuracy")["all"] for run in batched.values()] == [1.0, 1.0]
    # Half the price, and whoever asked first has paid; HyDE's calls have a prompt and two answers.
    for in_batch, alone in zip(rows(batched), rows(live), strict=True):
        assert in_batch.cost == pytest.approx((alone.cost or 0.0) / 2)
        assert in_batch.tokens == alone.tokens
    assert sum(row.paid or 0.0 for row in rows(batched)) == pytest.approx(
        sum(row.paid or 0.0 for row in rows(live)) / 2
    )
    assert sum(row.paid or 0.0 for row in rows(batched)) == pytest.approx(
        sum(tokens * price for tokens, price in zip(spent(server), (0.5e-6, 5e-6), strict=True))
    )
    assert command() and lines(server) == 8  # finished: nothing is asked


def spent(server: Served) -> tuple[int, int]:
    told = server.stats()["batches"]
    return told["prompt_tokens"], told["completion_tokens"]


@pytest.mark.slow
def test_waiting_goes_through_all_rounds(command: Command, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    server.set(batch_seconds=0.3)
    command.config = HYDE
    runs = command(wait=True, limit=2)
    assert (runs["HyDE"].scores("execution_accuracy")["all"], lines(server)) == (1.0, 4)
    (row,) = rows(runs)
    assert row.paid == pytest.approx(row.cost) and row.paid
    said = [line for line in capfd.readouterr().err.splitlines() if line]
    sent = [line.removeprefix("text2sql: ") for line in said if "sent" in line or "completed" in line]
    assert sent == [
        "round 1: 2 calls sent in 1 batch (batch_000001), at most $0.00; the same command collects them",
        "round 1: batch_000001 completed, 2 of 2 answered",
        "round 2: 2 calls sent in 1 batch (batch_000002), at most $0.00; the same command collects them",
        "round 2: batch_000002 completed, 2 of 2 answered",
    ]


def test_what_is_under_way_is_not_sent_again(command: Command, server: Served) -> None:
    server.set(batch_seconds=60.0)
    command.waits(limit=3)
    assert command.waits(limit=3) == ("round 1: batch_000001 validating, 0 of 0 done; the same command asks again")
    # Another experiment with equal prompts waits for the same batch, and sends what is new.
    command.config = DIRECT.replace("direct", "other")
    assert command.waits(limit=4, out="others").startswith("round 2: 1 call sent in 1 batch (batch_000002)")
    command.config = DIRECT.replace('"direct"', '"more"') + 'generator = { use = "direct", n = 3 }\n'
    assert command.waits(limit=3, out="more").startswith("round 3: 3 calls sent in 1 batch (batch_000003)")
    server.set(batch_seconds=0.0)
    assert command(limit=3, out="more")
    # One sample each of the first, two more of the last: seeds count on.
    assert lines(server) == 3 + 1 + 3


def test_live_calls_do_not_pay_for_what_is_under_way(command: Command, server: Served) -> None:
    server.set(batch_seconds=60.0)
    command.waits(limit=2)
    with pytest.raises(Halted, match="calls are under way in a batch, and would be paid twice; --batch collects them"):
        command(limit=4, batch=False)
    with pytest.raises(UsageError, match="2 answers are on their way in batches, and paid for"):
        clear_cache("responses")
    server.set(batch_seconds=0.0)
    assert len(command(limit=2)["direct"].run.records) >= 2
    before = lines(server)
    assert not command(limit=4, batch=False)["direct"].unanswered
    assert before == lines(server) == 2
    assert server.stats()["received"] == 2


@pytest.mark.slow
def test_batches_are_split(command: Command, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_LINES", 3)
    assert command.waits(limit=7).startswith(
        "round 1: 7 calls sent in 3 batches (batch_000001, batch_000002, batch_000003)"
    )
    monkeypatch.setattr(batches, "_LINES", 50_000)
    assert command(limit=7)
    monkeypatch.setattr(batches, "_BYTES", 1)
    assert command.waits(limit=9).startswith("round 1: 2 calls sent in 2 batches")


def test_an_endpoint_that_ignores_n(command: Command, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    server.set(n="ignored")
    command.config = DIRECT + 'generator = { use = "direct", n = 3, temperature = 0.7 }\n'
    assert "2 calls" in command.waits(limit=2)
    assert "4 calls" in command.waits(limit=2)  # one answer a call
    runs = command(limit=2)
    assert lines(server) == 6
    assert f"m at {server.url.split('/')[2]}: it gives one answer a call, so n answers" in capfd.readouterr().err
    assert runs["direct"].run.manifest["endpoints"] == {f"m at {server.url.split('/')[2]}": ["n"]}


# ---- what fails


def test_a_parameter_that_is_not_known_is_left_out(command: Command, server: Served) -> None:
    server.set(refuse=["temperature"])
    assert command.waits().startswith("round 1: 4 calls")
    assert command.waits().startswith("round 2: 4 calls")
    assert command()["direct"].unanswered == []
    assert lines(server) == 4


@pytest.mark.slow
def test_lines_that_fail_in_passing_go_out_again_and_then_no_more(command: Command, server: Served) -> None:
    server.set(batch_faults={"500": 1.0})
    command.waits(limit=2)
    assert command.waits(limit=2).startswith("round 2: 2 calls")
    runs = command(limit=2)  # retries = 1
    records = [runs["direct"].run.records[id]["unanswered"] for id in runs["direct"].unanswered]
    assert (
        records
        == [
            f"m at {server.url.split('/')[2]}: 500: The server had an error while processing your request. Sorry about "
            "that!; --retry asks again (tried 2 times)"
        ]
        * 2
    )
    server.set(batch_faults={})
    assert command(limit=2)["direct"].unanswered == runs["direct"].unanswered
    assert command.waits(limit=2, retry=True).startswith("round 1: 2 calls")
    assert command(limit=2, retry=True)["direct"].unanswered == []


@pytest.mark.slow
def test_what_fails_for_good_is_remembered(command: Command, server: Served) -> None:
    server.set(batch_faults={"400": 1.0})
    command.waits(limit=2)
    runs = command(limit=2)
    assert len(runs["direct"].unanswered) == 2
    command.config = DIRECT.replace("direct", "other")
    assert len(command(limit=2)["other"].unanswered) == 2  # not sent
    command.waits(limit=2, retry=True)
    assert len(command(limit=2, retry=True)["other"].unanswered) == 2  # sent once more, and no more
    server.set(batch_faults={})
    command.waits(limit=2, retry=True)
    assert command(limit=2, retry=True)["other"].unanswered == []


@pytest.mark.slow
def test_some_lines_fail(command: Command, server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    server.set(batch_faults={"429": 0.3, "empty_choices": 0.3})
    command.waits(limit=20)
    command.waits(limit=20)
    first = next(line for line in capfd.readouterr().err.splitlines() if "completed" in line)
    assert "of 20 answered; " in first and " failed, the first: m at 127.0.0.1:" in first


@pytest.mark.slow
def test_an_expired_batch_keeps_what_is_finished(command: Command, server: Served) -> None:
    server.set(batch="expired")
    command.waits(limit=6)
    server.set(batch="completed")
    assert command.waits(limit=6).startswith("round 2: 3 calls sent")
    assert command(limit=6)["direct"].unanswered == []
    assert lines(server) == 6


@pytest.mark.slow
def test_a_batch_that_is_refused_goes_out_with_the_next_command(command: Command, server: Served) -> None:
    server.set(batch="failed", batch_seconds=0.0)
    command.waits(limit=2)
    assert command.waits(limit=2) == (
        "round 1: batch_000001 failed: Enqueued token limit reached. Please try again once some in_progress batches "
        "have been completed.; the same command sends its calls again"
    )
    server.set(batch="completed")
    assert command.waits(limit=2).startswith("round 1: 2 calls sent in 1 batch (batch_000002)")
    assert command(limit=2)["direct"].unanswered == []
    server.set(batch="failed")
    with pytest.raises(Halted, match=r"^round 1: batch_000003 failed: Enqueued token limit"):
        command(limit=3, wait=True)


@pytest.mark.slow
def test_an_unknown_model_is_no_answer(command: Command, server: Served) -> None:
    server.set(models=["other"])
    command.waits(limit=2)
    said = command.waits(limit=2)
    assert "404: The model `m` does not exist" in said and said.endswith("the same command sends it again")
    server.set(models=[])
    assert command.waits(limit=2).startswith("round 2: 2 calls")
    assert command(limit=2)["direct"].unanswered == []


@pytest.mark.slow
def test_a_batch_that_is_gone(command: Command, server: Served) -> None:
    command.waits(limit=2)
    server.reset()
    assert command.waits(limit=2) == (
        "round 1: batch_000001 not found; is the key in OPENAI_API_KEY the one that sent it? "
        "the same command sends its calls again"
    )
    assert command.waits(limit=2).startswith("round 1: 2 calls sent")
    assert command(limit=2)["direct"].unanswered == []


def test_an_endpoint_without_batches(command: Command, server: Served) -> None:
    command.url = command.url.replace("/v1", "/v2")
    with pytest.raises(CallFailed) as failed:
        command()
    assert str(failed.value) == f"m at {server.url.split('/')[2]}: 404: it has no Batch API; run without --batch"
    with closing(sqlite3.connect(command.folder / "cache" / "responses.sqlite")) as connection:
        assert connection.execute("SELECT count(*) FROM batches").fetchone() == (0,)
    assert command.waits(overrides=(f"model.base_url={server.url}",)).startswith("round 1: 4 calls")


def test_a_wrong_key(command: Command, server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    server.set(key="sk-the-right-one")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-wrong-one")
    with pytest.raises(CallFailed) as failed:
        command()
    assert str(failed.value) == (
        f"m at {server.url.split('/')[2]}: 401: Incorrect API key provided: ***.; "
        "set OPENAI_API_KEY to a key of this server"
    )
    monkeypatch.setenv("OPENAI_API_KEY", "sk-the-right-one")
    assert command.waits().startswith("round 1: 4 calls")


def test_a_model_that_knows_no_batches() -> None:
    class Plain:
        retries = 0

        def request(self, prompt: Prompt, *, temperature: float) -> Any:
            return openai(name="m", base_url="http://h/v1").request(prompt, temperature=temperature)  # type: ignore[attr-defined]

        def send(self, *_: object, **__: object) -> Any:
            raise AssertionError

    responses = Responses(None)
    asks = batches.Batches(responses, Prices(), label="", lock=Path("none"))
    prompt = Prompt((Message("user", "?"),), Question("q", "d", "?"), Schema("d", ()))
    with pytest.raises(ConfigError, match="model 'm' cannot be asked in batches; run without --batch"):
        Exchange(responses, asks=asks).complete(Plain(), prompt, n=1, temperature=0.0, seed=0)


# ---- cut off


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["before", "created"])
def test_cut_off_while_sending(command: Command, server: Served, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    submit = ENDPOINT.submit

    def killed(*given: Any) -> str:
        if moment == "created":
            submit(*given)
        raise SystemExit("killed")

    with monkeypatch.context() as patch:
        patch.setattr(ENDPOINT, "submit", killed)
        with pytest.raises(SystemExit):
            command()
    if moment == "before":
        assert command.waits().startswith("round 1: 4 calls sent in 1 batch (batch_000001)")
    assert command()["direct"].unanswered == []
    assert lines(server) == 4


@pytest.mark.slow
@pytest.mark.parametrize("method", ["put", "back", "answered", "end"])
def test_cut_off_while_collecting(
    command: Command, server: Served, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    command.config = DIRECT + 'generator = { use = "direct", n = 2, temperature = 0.7 }\n'
    server.set(n="ignored" if method == "back" else "honoured")
    command.waits()
    owner: Any = Responses if method == "put" else Outstanding
    real, calls = getattr(owner, method), []

    def killed(self: Any, *given: Any, **options: Any) -> Any:
        calls.append(method)
        if len(calls) == 3 or method == "end":
            raise SystemExit("killed")
        found = real(self, *given, **options)
        if len(calls) == 2:
            raise SystemExit("killed")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, killed)
        with pytest.raises(SystemExit):
            command()
    if method == "back":
        command.waits()
    runs, calls_made = command(), 8 if method == "back" else 4
    (row,) = rows(runs)
    assert (runs["direct"].unanswered, lines(server)) == ([], calls_made)
    prompt, completion = spent(server)
    assert row.paid == pytest.approx(prompt * 0.5e-6 + completion * 5e-6)
    with closing(sqlite3.connect(command.folder / "cache" / "responses.sqlite")) as connection:
        assert connection.execute("SELECT count(*), sum(completion_tokens), sum(batch) FROM calls").fetchone() == (
            calls_made, completion, calls_made,
        )  # fmt: skip
        assert connection.execute("SELECT count(*) FROM outstanding").fetchone() == (0,)


@pytest.mark.slow
def test_a_batch_that_may_have_been_created_is_looked_for(
    command: Command, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = ENDPOINT.submit
    heard: list[str] = []

    def cut_off(*given: Any) -> str:
        heard.append(submit(*given))
        raise CallFailed("no answer in time", "passing")

    with monkeypatch.context() as patch:
        patch.setattr(ENDPOINT, "submit", cut_off)
        assert command.waits().startswith("round 1: 4 calls sent in 1 batch (batch_000001)")
        assert heard == ["batch_000001"]
        with pytest.raises(CallFailed, match=r"^no answer in time$"):
            command(limit=6, overrides=("model.retries=0",))
    assert command(limit=6)["direct"].unanswered == []
    assert lines(server) == 6


def test_a_batch_is_found_among_many(server: Served) -> None:
    endpoint: Any = openai(name="m", base_url=server.url)
    for number in range(102):
        endpoint.submit([("line", "{}")], f"token {number}")
    assert [endpoint.find(token) for token in ("token 0", "token 101", "token")] == [
        "batch_000001", "batch_000102", None,
    ]  # fmt: skip


def test_two_commands_at_once_send_a_line_once() -> None:
    responses = Responses(None)
    outstanding = Outstanding(responses)
    first, second = (Sent(token, None, "http://h/v1", "m", "/chat/completions", "", 1) for token in "ab")
    assert outstanding.send(first, {"k0": (["k0", "k1"], "us"), "k2": (["k2"], "us")}) == {"k0", "k2"}
    responses.put("http://h/v1", "m", {"k4": Completion("SELECT 1")}, Usage(), payer="them")
    assert outstanding.send(second, {"k1": (["k1"], "them"), "k3": (["k3"], "them"), "k4": (["k4", "k5"], "them")}) == {
        "k3"
    }
    assert outstanding.lines("b") == {"k3": [Sample("k3", "b", "them", 0, "", False)]}
    assert outstanding.send(second, {"k0": (["k0"], "them")}) == set()


def test_an_interrupt_leaves_the_batches_alone(
    command: Command, server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("text2sql.collecting.time.sleep", interrupted)
        with pytest.raises(Interrupted, match=r"^interrupted; the batches go on, and the same command collects them$"):
            command(wait=True)
    assert command()["direct"].unanswered == []
    assert lines(server) == 4


# ---- money


def test_a_dry_run_counts_at_the_price_of_batches(command: Command, server: Served) -> None:
    lists = [command.folder / "prices.toml"]
    whole = dry_run(command.load(), limit=4, out=command.folder / "runs", prices=lists, progress=False)
    half = dry_run(command.load(), limit=4, out=command.folder / "runs", prices=lists, batch=True, progress=False)
    assert [one.calls for one in whole] == [one.calls for one in half] == [4]
    assert half[0].cost == pytest.approx((whole[0].cost or 0.0) / 2)
    assert server.stats()["received"] == 0


def test_nothing_is_sent_that_may_cost_too_much(command: Command, server: Served) -> None:
    lists = [command.folder / "prices.toml"]
    (one,) = dry_run(command.load(), limit=4, prices=lists, batch=True, progress=False)
    most = one.cost or 0.0
    with pytest.raises(Halted) as halted:
        command(max_cost=most * 0.99)
    assert str(halted.value) == (
        f"--max-cost: $0.0000 of ${most * 0.99:.4f} are spent, and the next 4 calls may cost ${most:.4f}; "
        "nothing was sent"
    )
    assert not isinstance(halted.value, SetAside)
    with pytest.raises(Halted, match=r"^--max-cost: what these calls can cost is not known; set max_tokens, or give"):
        command(max_cost=1.0, prices=[], overrides=("model.name=unpriced",))
    command.waits(max_cost=most * 1.01)
    assert command(max_cost=0.0)["direct"].unanswered == []  # what is there costs nothing more


@pytest.mark.slow
def test_waiting_spends_what_the_batches_did_cost(command: Command, server: Served) -> None:
    command.config = HYDE
    drafts = dry_run(command.load(), limit=2, prices=[command.folder / "prices.toml"], batch=True, progress=False)
    most = {one.stage: one.cost or 0.0 for one in drafts}
    # Room for the answers' bound once the drafts have cost far less than they might have.
    assert command(limit=2, wait=True, max_cost=most["generate"] + most["draft"] / 2)["HyDE"].unanswered == []


# ---- the command


def test_the_command_ends_with_status_3(
    command: Command, server: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    command.load()
    ended: list[int] = []

    def end(status: int) -> None:
        ended.append(status)
        raise SystemExit(status)

    monkeypatch.setattr(cli, "_end_at_once", end)
    arguments = ["text2sql", "run", str(command.folder / "asked.toml"), "--batch", "--limit", "2", "--quiet"]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit):
        cli.main()
    assert ended == [3]
    assert capfd.readouterr().err == (
        "text2sql: round 1: 2 calls sent in 1 batch (batch_000001); the same command collects them\n"
    )
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 0
    assert "2/2" in capfd.readouterr().out


def test_waiting_is_for_batches(command: Command) -> None:
    with pytest.raises(UsageError, match=r"^--wait is for batches: add --batch$"):
        command(batch=False, wait=True)
