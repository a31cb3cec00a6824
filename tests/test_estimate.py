"""Dry runs: what a run would ask and cost at most; nothing is sent, and no key is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.endpoint import Endpoint, Reply, chat, choice, failure, serving
from text2sql import cli
from text2sql.config import load
from text2sql.estimate import Estimate, dry_run, estimate_table, estimates_json
from text2sql.experiment import Experiment
from text2sql.runner import run

NOBODY = "http://127.0.0.1:9/v1"  # the port of the discard service, which nobody has
FILE = """
[data]
use = "tiny"

[defaults]
model = { use = "openai", name = "m", base_url = "URL", max_tokens = 50, retries = 0 }
prompt = "question"

[[configuration]]
name = "zero-shot"

[[configuration]]
name = "five"
generator = { use = "direct", n = 5, temperature = 0.7 }

[[configuration]]
name = "HyDE"
retriever = { use = "hyde", k = 2 }
draft = { model = { use = "openai", name = "small", base_url = "URL", max_tokens = 20, retries = 0 } }
prompt = "create_table"

[[configuration]]
name = "offline"
model = { use = "recorded", file = "{data}/recorded/samples.jsonl" }
prompt = "question"
"""
PRICES = '["*".m]\ninput = 1\noutput = 10\n["*".small]\ninput = 0.5\noutput = 5\n'


@pytest.fixture(autouse=True)
def _environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No keys of the machine, and a response cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with serving() as endpoint:
        endpoint.answers = lambda body: Reply(chat(*[choice("SELECT 1")] * body.get("n", 1), usage=(30, 10)))
        yield endpoint


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    file = tmp_path / "prices.toml"
    file.write_text(PRICES, encoding="utf-8")
    return file


def experiment(folder: Path, url: str = NOBODY, text: str = FILE, only: str = "") -> Experiment:
    file = folder / "asked.toml"
    file.write_text(text.replace("URL", url), encoding="utf-8")
    loaded = load(file)
    return loaded.only([only]) if only else loaded


def shown(estimates: list[Estimate]) -> list[tuple[Any, ...]]:
    return [(e.configuration, e.stage, e.model, e.calls, e.cached, e.completion_tokens) for e in estimates]


def test_calls_tokens_and_cost_of_every_stage(tmp_path: Path, prices: Path) -> None:
    estimates = dry_run(experiment(tmp_path), prices=[prices], progress=False)
    assert shown(estimates) == [
        ("zero-shot", "generate", "m", 30, 0, 30 * 50),
        ("five", "generate", "m", 30, 0, 30 * 5 * 50),
        ("HyDE", "draft", "small", 30, 0, 30 * 20),
        ("HyDE", "generate", "m", 30, 0, 30 * 50),
    ]
    for one in estimates:
        assert one.prompt_tokens is not None and one.completion_tokens is not None
        share = 0.5 if one.model == "small" else 1
        assert one.cost == pytest.approx(share * (one.prompt_tokens + 10 * one.completion_tokens) / 1e6)
    zero, five, draft, hyde = (one.prompt_tokens or 0 for one in estimates)
    assert zero == five < draft < hyde, "n answers share a prompt; examples make it longer"


def test_half_price_for_batches(tmp_path: Path, prices: Path) -> None:
    prices.write_text('["*"]\nbatch = 0.5\n' + PRICES, encoding="utf-8")
    live, batch = (dry_run(experiment(tmp_path), prices=[prices], batch=b, progress=False) for b in (False, True))
    assert shown(batch) == shown(live)
    assert [one.cost for one in batch] == [pytest.approx((one.cost or 0) / 2) for one in live]


def test_what_is_stored_or_cached_is_not_counted(tmp_path: Path, prices: Path, endpoint: Endpoint) -> None:
    five = experiment(tmp_path, endpoint.url, only="five")
    fewer = experiment(tmp_path, endpoint.url, FILE.replace("n = 5", "n = 3"), only="five")
    dry: dict[str, Any] = {"prices": [prices], "progress": False}
    run(fewer, limit=10, out=tmp_path / "fewer", progress=False)
    sent = len(endpoint.bodies)
    assert shown(dry_run(five, out=tmp_path / "a", **dry)) == [
        ("five", "generate", "m", 30, 30, (20 * 5 + 10 * 2) * 50)
    ]
    assert shown(dry_run(fewer, out=tmp_path / "a", **dry)) == [("five", "generate", "m", 20, 30, 20 * 3 * 50)]
    assert shown(dry_run(fewer, out=tmp_path / "fewer", **dry)) == [("five", "generate", "m", 20, 0, 20 * 3 * 50)]
    (cached,) = dry_run(fewer, limit=10, out=tmp_path / "a", **dry)
    assert cached == Estimate("five", "generate", "m", 0, 30, 0, 0, 0)
    assert dry_run(fewer, limit=10, out=tmp_path / "fewer", **dry) == []
    assert len(endpoint.bodies) == sent


def test_equal_prompts_of_two_configurations_are_asked_once(tmp_path: Path, prices: Path) -> None:
    text = FILE.split("[[configuration]]")[0] + '[[configuration]]\nname = "a"\n[[configuration]]\nname = "b"\n'
    text += 'generator = { use = "direct", n = 2 }\n'
    estimates = dry_run(experiment(tmp_path, text=text), prices=[prices], progress=False)
    assert shown(estimates) == [("a", "generate", "m", 30, 0, 1500), ("b", "generate", "m", 30, 30, 1500)]


def test_where_n_is_ignored_every_answer_is_a_call(tmp_path: Path, prices: Path, endpoint: Endpoint) -> None:
    endpoint.answers = lambda body: Reply(chat(choice("SELECT 1"), usage=(30, 10)))
    five = experiment(tmp_path, endpoint.url, only="five")
    before, *_ = dry_run(five, prices=[prices], progress=False)
    run(five, limit=2, out=tmp_path / "out", progress=False)
    after, *_ = dry_run(five, out=tmp_path / "out", prices=[prices], progress=False)
    assert (before.calls, after.calls, after.cached) == (30, 28 * 5, 0)
    assert after.completion_tokens == 28 * 5 * 50 and (after.prompt_tokens or 0) > 4 * (before.prompt_tokens or 0)


def test_unanswered_questions_count_with_retry(tmp_path: Path, prices: Path, endpoint: Endpoint) -> None:
    endpoint.answers = lambda _: Reply(failure("bad"), 400)
    zero = experiment(tmp_path, endpoint.url, only="zero-shot")
    run(zero, limit=4, out=tmp_path / "out", workers=1, progress=False)
    counts = [
        [one.calls for one in dry_run(zero, limit=6, out=tmp_path / "out", retry=retry, progress=False)]
        for retry in (False, True)
    ]
    assert counts == [[2], [6]]


def test_a_dry_run_leaves_nothing_behind(tmp_path: Path, prices: Path) -> None:
    first = dry_run(experiment(tmp_path), prices=[prices], progress=False)
    assert dry_run(experiment(tmp_path), prices=[prices], progress=False) == first
    assert not list(tmp_path.glob("**/run.json"))


def test_without_a_price_or_a_longest_answer(tmp_path: Path, prices: Path) -> None:
    (unpriced,) = dry_run(experiment(tmp_path, only="zero-shot"), limit=2, progress=False)
    assert (unpriced.calls, unpriced.completion_tokens, unpriced.cost) == (2, 100, None)
    endless = experiment(tmp_path, text=FILE.replace("max_tokens = 50, ", ""), only="zero-shot")
    (unbounded,) = dry_run(endless, limit=2, prices=[prices], progress=False)
    assert (unbounded.calls, unbounded.completion_tokens, unbounded.cost) == (2, None, None)
    assert (unbounded.prompt_tokens or 0) > 0
    prices.write_text(PRICES.replace("output = 10", "output = 10\nlongest = 70"), encoding="utf-8")
    longer = tmp_path / "longer.toml"
    longer.write_text(prices.read_text(encoding="utf-8"), encoding="utf-8")
    (bounded,) = dry_run(endless, limit=2, prices=[longer], progress=False)
    assert bounded.completion_tokens == 140
    said = [estimate_table(endless, [one]).splitlines()[-1] for one in (unpriced, unbounded, bounded)]
    assert said[:2] == [
        "A model has no price: --prices FILE gives one.",
        "Nobody says how long an answer may be: set model.max_tokens.",
    ]
    assert said[2].startswith("all ")


def test_part_of_the_answers_cached_and_no_longest_answer(tmp_path: Path, prices: Path, endpoint: Endpoint) -> None:
    text = FILE.replace("max_tokens = 50, ", "")
    run(experiment(tmp_path, endpoint.url, text.replace("n = 5", "n = 3"), "five"), limit=2, progress=False)
    more = experiment(tmp_path, endpoint.url, text, "five")
    (one,) = dry_run(more, limit=2, out=tmp_path / "out", prices=[prices], progress=False)
    assert (one.calls, one.cached, one.completion_tokens, one.cost) == (2, 6, None, None)


def test_the_table(tmp_path: Path) -> None:
    found = [
        Estimate("zero-shot", "generate", "m", 1234, 5, 1000, 2000, 1.5),
        Estimate("HyDE", "draft", "small", 1, 0, 10, 20, 0.25),
    ]
    lines = [" ".join(line.split()) for line in estimate_table(experiment(tmp_path), found, markdown=True).splitlines()]
    assert lines[:4] + lines[5:] == [
        "tiny dev: what a run would ask now, at most; nothing was sent",
        "A prompt has no more tokens than bytes, and mostly a third of that; answers are counted at full length.",
        "",
        "| configuration | stage | model | calls | cached | prompt tokens | completion tokens | cost |",
        "| zero-shot | generate | m | 1,234 | 5 | ≤ 1,000 | ≤ 2,000 | ≤ $1.50 |",
        "| HyDE | draft | small | 1 | 0 | ≤ 10 | ≤ 20 | ≤ $0.25 |",
        "| all | | | 1,235 | 5 | ≤ 1,010 | ≤ 2,020 | ≤ $1.75 |",
    ]
    assert estimate_table(experiment(tmp_path), []) == (
        "No calls: everything is stored, or no configuration asks a model behind an endpoint. Nothing was sent."
    )
    assert estimates_json(found)[1] == {
        "configuration": "HyDE", "stage": "draft", "model": "small", "calls": 1, "cached": 0, "prompt_tokens": 10,
        "completion_tokens": 20, "cost": 0.25,
    }  # fmt: skip


def test_the_command(tmp_path: Path, prices: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = experiment(tmp_path).path
    cli.app(
        ["run", str(file), "--dry-run", "--limit", "2", "--prices", str(prices), "--json", "--quiet"],
        standalone_mode=False,
    )
    told = json.loads(capsys.readouterr().out)
    assert [(one["configuration"], one["stage"], one["calls"]) for one in told] == [
        ("zero-shot", "generate", 2), ("five", "generate", 2), ("HyDE", "draft", 2), ("HyDE", "generate", 2)
    ]  # fmt: skip
    cli.app(["run", str(file), "--dry-run", "--only", "offline", "--quiet"], standalone_mode=False)
    assert capsys.readouterr().out.startswith("No calls: ")
