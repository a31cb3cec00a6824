"""From names to strategies, and what a config may set of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.conftest import ROOT
from text2sql import registry
from text2sql.errors import ConfigError
from text2sql.protocols import Model, Render, Retriever
from text2sql.registry import Option
from text2sql.types import Question, Schema
from text2sql.voters.majority import majority

OWN = '''
"""A strategy from outside."""
from text2sql.protocols import Retriever, Voter

def last(seed: int, *, skip: int = 0, inner: Retriever | None = None) -> Voter:
    """The last one."""
    return lambda question, schema, candidates: len(candidates) - 1 - skip

number = 3
'''


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that a user starts from, with a module in it; what is imported from it is forgotten again."""
    (tmp_path / "own_strategies.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    known = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - known:
        if not name.startswith("text2sql"):
            del sys.modules[name]


def _refusal(stage: str, use: str) -> str:
    with pytest.raises(ConfigError) as raised:
        registry.find(stage, use)
    return str(raised.value)


# --- names ------------------------------------------------------------------------------------------------------


def test_names_are_the_files_of_a_folder() -> None:
    folder = ROOT / "text2sql" / "metrics"
    assert (folder / "_official.py").is_file()
    assert registry.names("metric") == sorted(f.stem for f in folder.iterdir() if f.stem[0] != "_")
    assert {"first", "majority"} <= set(registry.names("voter"))


def test_a_stage_without_a_strategy_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "names", lambda stage: [])
    own = "or package.module:function of your own"
    assert _refusal("voter", "x") == f"no voter 'x'; none comes with this version, {own}"


def test_a_strategy_is_found_by_its_name() -> None:
    assert registry.find("voter", "majority") is majority


def test_a_name_that_is_not_there() -> None:
    assert _refusal("voter", "majorty") == "no voter 'majorty'; did you mean 'majority'?"
    own = "or package.module:function of your own"
    known = ", ".join(registry.names("voter"))
    assert _refusal("voter", "xyz") == f"no voter 'xyz'; known: {known}, {own}"
    assert _refusal("metric", "_official").startswith("no metric '_official'")
    assert _refusal("metric", "../metrics/valid_sql").startswith("no metric '../metrics/valid_sql'")


# --- from outside -------------------------------------------------------------------------------------------------


def test_a_strategy_of_a_module_in_the_folder_one_starts_from(here: Path) -> None:
    factory = registry.find("voter", "own_strategies:last")
    assert factory.__module__ == "own_strategies"
    assert registry.supplies(factory) == ["seed"]
    assert factory(7, skip=1)(Question("dev-0000", "x", "?"), Schema("x", ()), [None, None, None]) == 1


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("own_strategies:lst", "own_strategies has no 'lst'"),
        ("own_strategies:number", "not a function"),
        (
            "own_stratgies:last",
            "No module named 'own_stratgies'; is it installed, or in the folder you start from?",
        ),
        ("broken:f", "importing 'broken' fails: SyntaxError: invalid syntax (broken.py, line 1)"),
        ("raising:f", "importing 'raising' fails: ZeroDivisionError: division by zero"),
        (":f", "importing '' fails: ValueError: Empty module name"),
    ],
)
def test_a_module_that_is_of_no_use(use: str, message: str, here: Path) -> None:
    (here / "broken.py").write_text("def def")
    (here / "raising.py").write_text("1 / 0")
    assert _refusal("voter", use) == f"{use!r}: {message}"


def test_annotations_that_are_for_type_checkers_alone(here: Path) -> None:
    (here / "typed.py").write_text(
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from text2sql.protocols import Voter\ndef f() -> Voter: ...\n"
    )
    with pytest.raises(ConfigError) as raised:
        registry.options(registry.find("voter", "typed:f"))
    told = "which is not there at run time (imported under TYPE_CHECKING?)"
    assert str(raised.value) == f"typed: the annotations of 'f' name 'Voter', {told}"


# --- options --------------------------------------------------------------------------------------------------------


def _strategy(
    model: Model,
    seed: int,
    *,
    k: int,
    weight: float = 0.5,
    mode: Literal["a", "b", 3] = "a",
    names: Sequence[str] = (),
    file: Path | None = None,
    flag: bool = False,
    pair: list[Any] | None = None,
    hard: Retriever | None = None,
    easy: Retriever,
) -> Render:
    raise NotImplementedError


def test_what_stands_before_the_star_is_supplied_and_after_it_an_option() -> None:
    assert registry.supplies(_strategy) == ["model", "seed"]
    options = registry.options(_strategy)
    names = ["k", "weight", "mode", "names", "file", "flag", "pair", "hard", "easy"]
    assert list(options) == names
    assert options["weight"] == Option("weight", float, 0.5)
    assert [name for name in names if options[name].required] == ["k", "easy"]
    assert [name for name in names if options[name].stage] == ["hard", "easy"]
    assert options["easy"] == Option("easy", Retriever, options["k"].default, "retriever")


def _check(**given: Any) -> dict[str, Any]:
    return registry.check("here", "strategy", registry.options(_strategy), {"k": 1, "easy": "none"} | given)


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("k", 3, 3),
        ("weight", 0.25, 0.25),
        ("weight", 1, 1.0),
        ("mode", "b", "b"),
        ("mode", 3, 3),
        ("names", ["a", "b"], ("a", "b")),
        ("names", [], ()),
        ("file", "x/y.txt", Path("x/y.txt")),
        ("file", None, None),
        ("flag", True, True),
        ("pair", [1, "x"], (1, "x")),
        ("easy", {"use": "anything"}, {"use": "anything"}),
    ],
)
def test_values_that_fit(name: str, given: object, taken: object) -> None:
    found = _check(**{name: given})[name]
    assert (found, type(found)) == (taken, type(taken))


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("k", "3", "int"),
        ("k", 3.0, "int"),
        ("k", True, "int"),
        ("k", None, "int"),
        ("weight", "0.5", "float"),
        ("weight", False, "float"),
        ("mode", "c", "'a' or 'b' or 3"),
        ("mode", 3.0, "'a' or 'b' or 3"),
        ("names", "a", "list of str"),
        ("names", ["a", 1], "list of str"),
        ("file", 3, "path"),
        ("flag", 1, "bool"),
        ("flag", "true", "bool"),
    ],
)
def test_values_that_do_not_fit(name: str, given: object, wanted: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _check(**{name: given})
    assert str(raised.value) == f"here.{name}: {wanted} is expected, not {given!r}"


def test_options_that_are_unknown_or_lacking() -> None:
    known = registry.options(_strategy)
    for given, message in (
        ({"k": 1, "easy": "x", "wieght": 1}, "here: 'strategy' has no option 'wieght'; did you mean 'weight'?"),
        ({"weight": 1}, "here: 'strategy' needs the option 'k'"),
    ):
        with pytest.raises(ConfigError) as raised:
            registry.check("here", "strategy", known, given)
        assert str(raised.value) == message
    with pytest.raises(ConfigError, match=r"^here: 'majority' has no option 'n' \(it has none\)$"):
        registry.check("here", "majority", registry.options(majority), {"n": 1})


# --- versions -------------------------------------------------------------------------------------------------------


def test_a_version_changes_with_the_source(here: Path) -> None:
    registry.find("voter", "own_strategies:last")
    before = registry.version("voter", "own_strategies:last")
    assert len(before) == 32
    assert registry.version("voter", "own_strategies:last") == before
    (here / "another.py").write_text("x = 1")
    assert registry.version("voter", "own_strategies:last") == before
    (here / "own_strategies.py").write_text(OWN.replace("- 1 -", "- 2 -"))
    assert registry.version("voter", "own_strategies:last") != before


def test_the_version_of_a_package_is_that_of_all_its_files(here: Path) -> None:
    (here / "own_package").mkdir()
    (here / "own_package" / "__init__.py").write_text("from own_package.rule import f")
    (here / "own_package" / "rule.py").write_text("def f(): ...")
    registry.find("voter", "own_package:f")
    before = registry.version("voter", "own_package:f")
    (here / "own_package" / "rule.py").write_text("def f(): pass")
    assert registry.version("voter", "own_package:f") != before


def test_the_version_of_a_strategy_is_that_of_its_file_and_its_folders_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from text2sql import voters

    for name in ("loud", "quiet", "_shared"):
        (tmp_path / f"{name}.py").write_text(f"def {name}(): ...")
    monkeypatch.setattr(voters, "__path__", [*voters.__path__, str(tmp_path)])
    before = {name: registry.version("voter", name) for name in ("loud", "quiet", "first")}
    (tmp_path / "loud.py").write_text("def loud(): pass")
    after = {name: registry.version("voter", name) for name in ("loud", "quiet", "first")}
    assert [name for name in before if before[name] != after[name]] == ["loud"]
    (tmp_path / "_shared.py").write_text("def shared(): pass")
    last = {name: registry.version("voter", name) for name in ("loud", "quiet", "first")}
    assert [name for name in after if after[name] != last[name]] == ["loud", "quiet"]


def test_what_has_no_source_has_no_version() -> None:
    assert registry.version("voter", "sys:exit") == ""
