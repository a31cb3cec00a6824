"""The whole way of a user with an endpoint: start, wait, run, compare, on a small data set and a local server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Command
from tests.protocol_server import Served, serve
from tests.small import write_json, write_release

EXPERIMENT = """
[data]
use = "{data}"
[defaults]
model = {{ use = "openai", name = "gpt-4o-mini-2024-07-18", base_url = "{url}" }}
[[configuration]]
name = "base"
[[configuration]]
name = "tuned"
model = {{ tuned = "mine", max_tokens = 50 }}
[tuner.mine]
epochs = 2
data = {{ duplicates = "keep" }}
"""
PRICES = """
["{host}"."gpt-4o-mini-2024-07-18"]
input = 1.0
output = 2.0
training = 10.0
"""


@pytest.fixture
def server() -> Iterator[Served]:
    with serve(tuning_seconds=3.0) as served:
        yield served


@pytest.fixture
def file(tmp_path: Path, server: Served, cache: Path) -> Path:
    folder = write_release(tmp_path / "release")
    records = [
        {"db_id": "orchard", "question": f"Trees planted after {1990 + n}?", "query": f"SELECT {n} FROM tree"}
        for n in range(12)
    ]
    write_json(folder / "train_spider.json", records)
    (tmp_path / "x.toml").write_text(EXPERIMENT.format(data=folder.as_posix(), url=server.url))
    return tmp_path / "x.toml"


def test_from_the_train_split_to_a_tuned_model_in_a_table(
    file: Path, server: Served, text2sql: Command, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES.format(host=server.url.split("/")[2]))
    status, printed, _ = text2sql("run", file, "--quiet")
    assert status == 2
    told = text2sql("finetune", "start", file, "--dry-run", "--quiet", "--prices", prices)[1].splitlines()
    assert told[0].startswith('mine: openai(base="gpt-4o-mini-2024-07-18", epochs=2, base_url="http://')
    tokens = int(told[-1].split()[0].replace(",", ""))
    assert told[-1] == f"{tokens:,} tokens an epoch, 2 epochs: about ${2 * tokens * 10 / 1e6:.2f}"
    assert server.stats()["tuning"]["jobs"] == []
    dear = text2sql("finetune", "start", file, "--quiet", "--max-cost", 0.001, "--prices", prices)
    assert (dear[0], dear[2]) == (
        2,
        f"text2sql: mine: 12 demonstrations cost about ${2 * tokens * 10 / 1e6:.2f}: not begun\n",
    )
    assert text2sql("finetune", "start", file, "--quiet")[:2] == (0, "mine: running, 0 % (validating files)\n")
    assert text2sql("run", file, "--quiet")[2].endswith(
        f"the tuned model 'mine' is still being made; 'text2sql finetune wait {file} --tuner mine' waits for it\n"
    )
    status, printed, _ = text2sql("finetune", "wait", file, "--quiet", "--every", 0.05)
    assert (status, printed.splitlines()[0][:33]) == (0, "mine: succeeded, openai ft:gpt-4o")
    assert "train loss" in printed.splitlines()[1]
    assert len(server.stats()["tuning"]["jobs"]) == 1
    # Again in the same words: it is there, and nothing is made anew.
    assert text2sql("finetune", "start", file, "--quiet")[1].startswith("mine: succeeded, openai ft:gpt-4o")
    assert len(server.stats()["tuning"]["jobs"]) == 1
    status, printed, _ = text2sql("run", file, "--quiet", "--json")
    assert status == 0
    assert [one["name"] for one in json.loads(printed)["configurations"]] == ["base", "tuned"]
    record = json.loads(text2sql("finetune", "status", file, "--json")[1])[0]["job"]
    assert record["model"]["name"].startswith("ft:gpt-4o-mini-2024-07-18")
    assert server.stats()["received"] == 6


def test_a_dry_run_asks_no_draft_and_says_what_they_would_cost(
    file: Path, server: Served, text2sql: Command, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES.format(host=server.url.split("/")[2]))
    mine = '[tuner.mine]\nretriever = { use = "hyde", k = 1 }\n'
    other = [{"db_id": "quarry", "question": f"Stones above {n}?", "query": f"SELECT {n} FROM stone"} for n in range(5)]
    train = file.parent / "release" / "train_spider.json"
    write_json(train, [*json.loads(train.read_text()), *other])
    file.write_text(file.read_text().replace("[tuner.mine]\n", mine).replace("base_url", "max_tokens = 50, base_url"))
    file.write_text(file.read_text().replace('duplicates = "keep"', "size = 11"))
    dry = ("finetune", "start", file, "--dry-run", "--quiet", "--prices", prices)
    *_, tuning, drafts = text2sql(*dry)[1].splitlines()
    assert " tokens an epoch, 2 epochs: about $" in tuning
    assert drafts.startswith("11 drafts of gpt-4o-mini-2024-07-18 come first (0 cached): at most $0.")
    assert server.stats()["received"] == 0
    # No more are asked for than the size needs, and once.
    text2sql("finetune", "export", file, "--out", tmp_path / "data", "--quiet")
    assert server.stats()["received"] == 11
    assert text2sql(*dry)[1].splitlines()[-1] == (
        "0 drafts of gpt-4o-mini-2024-07-18 come first (11 cached): at most $0.00"
    )
