"""`list`: every strategy with its options, as a configuration would write them."""

from __future__ import annotations

import pytest

from text2sql import registry
from text2sql.catalogue import text
from text2sql.errors import ConfigError


def test_every_strategy_and_option_is_listed() -> None:
    lines = text().splitlines()
    for stage in registry.FOLDERS:
        for name in registry.names(stage):
            assert [line for line in lines if line.startswith(f"  {name}  ")], f"{stage} {name}"
            for option in registry.options(registry.find(stage, name)):
                assert [line for line in lines if line.startswith(f"    {option}: ")], f"{stage} {name} {option}"


@pytest.mark.parametrize("stage", ["model", "models"])
def test_one_kind(stage: str) -> None:
    assert "\n".join(text(stage).splitlines()[:1]) == "model  (text2sql/models/)"
    assert (
        "  recorded  Recorded outputs, in the order of the split.\n"
        "    file: path, required\n"
        "    pick: int, optional\n"
        "    allow_missing: bool, default false"
    ) in text(stage)


def test_a_kind_without_strategies_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda stage: [])
    assert text("voter") == (
        'voter  (text2sql/voters/)\n  none comes with this version; use = "package.module:function" takes your own'
    )
    assert text() == ""


def test_an_unknown_kind() -> None:
    with pytest.raises(ConfigError) as raised:
        text("metrcs")
    assert str(raised.value) == "no kind of strategy 'metrcs'; did you mean 'metric'?"


def test_what_every_tuner_s_data_may_say() -> None:
    told = text("tuner").partition("  of every tuner, in data = { ... }: which train examples it learns from\n")[2]
    assert told.splitlines()[:3] == [
        "    size: int, optional",
        "    sizes: list of int, default []",
        "    validation: float, default 0.0",
    ]
