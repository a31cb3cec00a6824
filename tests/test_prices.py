"""Price lists: which price a model has, what a call costs, and lists that are none."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from text2sql import prices as module
from text2sql.errors import ConfigError
from text2sql.prices import Price, Prices, own_prices
from text2sql.types import Request, Usage

LIST = """
["h"]
batch = 0.5
["h".small]
input = 1
output = 2
["h".small-mini]
input = 3
output = 4
["h"."ft:small"]
input = 5
output = 6
["h:81".small]
input = 7
output = 8
["*".small]
input = 9
output = 10
["*".anywhere]
input = 11
output = 12
"""


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user's own list would be: nowhere yet."""
    file = tmp_path / "own" / "prices.toml"
    monkeypatch.setattr(module, "own_prices", lambda: file)
    return file


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def written(text: str, name: str = "list.toml") -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.mark.parametrize(
    ("endpoint", "model", "input"),
    [
        ("http://h/v1", "small", 1),
        ("https://h", "small-2024-07-18", 1),
        ("http://h/v1", "small-0613", 1),
        ("http://h/v1", "small-latest", 1),
        ("http://h/v1", "small:8b", 1),
        ("http://h/v1", "small-mini", 3),
        ("http://h/v1", "small-mini-2024-07-18", 3),
        ("http://h/v1", "ft:small-2024-07-18:org::id", 5),
        ("http://h:81/v1", "small", 7),
        ("http://h:82/v1", "small", 9),
        ("http://other/v1", "small-2024-07-18", 9),
        ("http://h/v1", "anywhere", 11),
        ("http://h/v1", "ft:anywhere", None),
        ("http://h/v1", "small-2024", 1),
        ("http://h/v1", "small-maxi", None),
        ("http://h/v1", "small-2024-07", None),
        ("http://h/v1", "smal", None),
        ("http://h/v1", "a/small", None),
        ("http://h/v1", "Small", None),
    ],
)
def test_which_price_a_model_has(write: Callable[[str], Path], endpoint: str, model: str, input: float | None) -> None:
    price = Prices([write(LIST)]).of(endpoint, model)
    assert (price.input if price else None) == input


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("gpt-4o-mini", Price(0.15, 0.60, 0.075, 16384, 0.5, 3.0)),
        ("gpt-4o-mini-2024-07-18", Price(0.15, 0.60, 0.075, 16384, 0.5, 3.0)),
        ("gpt-4o-2024-08-06", Price(2.50, 10.00, 1.25, 16384, 0.5, 25.0)),
        ("ft:gpt-4o-mini-2024-07-18:org:name:id", Price(0.30, 1.20, 0.15, 16384, 0.5, 3.0)),
        ("gpt-3.5-turbo-instruct", Price(1.50, 2.00, None, 4096, 0.5)),
        ("gpt-4-32k", None),
    ],
)
def test_the_bundled_list(model: str, price: Price | None) -> None:
    assert Prices().of("https://api.openai.com/v1", model) == price
    assert Prices().of("http://localhost:8000/v1", model) is None


def test_the_bundled_list_is_whole_and_plausible() -> None:
    listed = tomllib.loads(module._BUNDLED.read_text(encoding="utf-8"))
    for host, models in listed.items():
        for model in models.keys() - {"batch"}:
            price = Prices().of(f"https://{host}/v1", model)
            assert price is not None and price.longest is not None and price.longest >= 4096, model
            assert 0 < (price.cached_input or price.input) <= price.input <= price.output, model


def test_lists_go_in_order(write: Callable[..., Path], own: Path) -> None:
    first = write('["api.openai.com".gpt-4o]\ninput = 1\noutput = 1\n', "first.toml")
    second = write(
        '["api.openai.com".gpt-4o]\ninput = 2\noutput = 2\n["api.openai.com".gpt-4o-mini]\ninput = 2\noutput = 2\n'
        '["*".m]\ninput = 2\noutput = 2\n',
        "second.toml",
    )
    own.parent.mkdir()
    own.write_text(
        '["api.openai.com".gpt-4o-mini]\ninput = 3\noutput = 3\n["api.openai.com".gpt-4]\ninput = 3\noutput = 3\n'
        '["h".m]\ninput = 3\noutput = 3\n',
        encoding="utf-8",
    )
    lists = Prices([first, second])
    found = [
        lists.of("https://api.openai.com/v1", model) for model in ("gpt-4o", "gpt-4o-mini", "gpt-4", "gpt-4-turbo")
    ]
    assert [price.input for price in found if price] == [1, 2, 3, 10]
    here = lists.of("http://h/v1", "m")
    assert here is not None and here.input == 2, "a list goes before another one, whatever their hosts"


def test_where_the_users_own_list_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert own_prices().name == "prices.toml" and own_prices().parent.name == "text2sql"


@pytest.mark.parametrize(
    ("usage", "batch", "dollars"),
    [
        (Usage(1000, 100), False, 0.0014),
        (Usage(1000, 100), True, 0.0007),
        (Usage(1000, 100, cached_tokens=400), False, 0.0011),
        (Usage(1000, 100, cached_tokens=4000), False, 0.00065),
        (Usage(0, 0), False, 0.0),
        (Usage(None, 100), False, None),
        (Usage(1000, None), False, None),
    ],
)
def test_what_tokens_cost(usage: Usage, batch: bool, dollars: float | None) -> None:
    price = Price(input=1.0, output=4.0, cached_input=0.25, batch=0.5)
    assert price.cost(usage, batch=batch) == (None if dollars is None else pytest.approx(dollars))


def test_without_a_price_of_their_own_cached_tokens_cost_the_same() -> None:
    assert Price(1.0, 4.0).cost(Usage(1000, 0, cached_tokens=1000)) == Price(1.0, 4.0).cost(Usage(1000, 0))
    assert Price(1.0, 4.0, cached_input=0.0).cost(Usage(1000, 0, cached_tokens=1000)) == 0.0


def test_the_most_that_a_call_can_cost() -> None:
    short, long = Request("e", "m", "/p", "{}", 1000, 50), Request("e", "m", "/p", "{}", 1000)
    assert Price(1.0, 4.0, longest=100).bound(short, 3) == pytest.approx(0.0016)
    assert Price(1.0, 4.0, longest=100).bound(long, 3) == pytest.approx(0.0022)
    assert Price(1.0, 4.0, longest=100, batch=0.5).bound(long, 3, batch=True) == pytest.approx(0.0011)
    assert Price(1.0, 4.0, cached_input=0.1).bound(short, 1) == pytest.approx(0.0012), "nobody knows what is cached"
    assert Price(1.0, 4.0).bound(long, 3) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[", "no list of prices: "),
        ("h = 1", 'h is to be a table, as in ["api.example.com"."model-name"]'),
        ('["h"]\nm = 1', "h.m is to be a table with input and output, not 1"),
        ('["h".m]\ninput = 1', "h.m needs output = dollars per million tokens"),
        ('["h".m]\noutput = 1', "h.m needs input = dollars per million tokens"),
        ('["h".m]\ninput = 1\noutput = 1\ncached = 1', "h.m: unknown key 'cached'; did you mean 'cached_input'?"),
        (
            '["h".m-1.5]\ninput = 1\noutput = 1',
            "h.m-1: unknown key '5'; known: cached_input, input, longest, output, training",
        ),
        ('["h".m]\ninput = "1"\noutput = 1', "h.m.input is to be a number from 0 up, not '1'"),
        ('["h".m]\ninput = -1\noutput = 1', "h.m.input is to be a number from 0 up, not -1"),
        ('["h".m]\ninput = nan\noutput = 1', "h.m.input is to be a number from 0 up, not nan"),
        ('["h".m]\ninput = 1\noutput = inf', "h.m.output is to be a number from 0 up, not inf"),
        ('["h".m]\ninput = true\noutput = 1', "h.m.input is to be a number from 0 up, not True"),
        ('["h".m]\ninput = 1\noutput = 1\nlongest = [1]', "h.m.longest is to be a number from 0 up, not [1]"),
        ('["h"]\nbatch = "half"', "h.batch is to be a number from 0 up, not 'half'"),
    ],
)
def test_what_is_no_list(write: Callable[[str], Path], text: str, line: str) -> None:
    file = write(text)
    with pytest.raises(ConfigError) as caught:
        Prices([file])
    said = str(caught.value)
    assert said.startswith(f"{file}: {line}") and "\n" not in said
    if "no list" not in line:
        assert said == f"{file}: {line}"


def test_lists_that_cannot_be_read(tmp_path: Path, own: Path) -> None:
    for file, line in ((tmp_path / "none.toml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigError) as caught:
            Prices([file])
        assert str(caught.value) == f"{file}: {line}"
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    with pytest.raises(ConfigError, match=r"latin\.toml: no list of prices: 'utf-8' codec can't decode"):
        Prices([tmp_path / "latin.toml"])
    own.parent.mkdir()
    own.write_text("x = 1", encoding="utf-8")
    with pytest.raises(ConfigError, match="own"):
        Prices().of("https://api.openai.com/v1", "gpt-4o")


def test_a_list_as_some_editors_write_it(write: Callable[[str], Path]) -> None:
    price = Prices([write("\ufeff" + LIST)]).of("http://h/v1", "small")
    assert price == Price(1.0, 2.0, batch=0.5)
