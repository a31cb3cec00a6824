"""The grammar of experiment files: what they mean, and what is said of those that are wrong."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.small import write_release
from text2sql import registry
from text2sql.config import load
from text2sql.dataset import Dataset, load_dataset
from text2sql.errors import ConfigError, DataError, Text2SQLError
from text2sql.experiment import NEUTRAL, Choice, Configuration, Experiment, Published, parse_choice, run_digest
from text2sql.selection import DataSettings

TINY = ROOT / "spider_data" / "tiny"
STRONG = '{ use = "recorded", file = "{data}/recorded/strong.txt" }'
HEAD = f"""\
[data]
use = "tiny"

[defaults]
model = {STRONG}
"""
OWN = '''
"""Strategies of the test's own, for what the package has none of yet."""
from typing import Literal
from text2sql.protocols import Model, Retriever, Voter

def near(pool, *, k: int = 5, search: Literal["question", "skeleton"] = "question") -> Retriever: ...
def routed(*, easy: Retriever, hard: Retriever | None = None) -> Retriever: ...
def judge(model: Model, *, rounds: int = 1) -> Voter: ...
def folder(*, place: "pathlib.Path") -> Model: ...
import pathlib
'''


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """Writes an experiment file into an empty folder, from which it is loaded."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "shelf.py").write_text(OWN)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text: str) -> Path:
        (folder / "x.toml").write_text(text, encoding="utf-8")
        return Path("x.toml")

    yield write
    sys.modules.pop("shelf", None)


Write = Callable[[str], Path]


def _labels(configuration: Configuration) -> dict[str, str]:
    """The strategies of a configuration, without its model and those that are there by default."""
    return {
        stage: " + ".join(choice.label for choice in choices)
        for stage, choices in configuration.stages.items()
        if stage != "model" and [choice.label for choice in choices] != [NEUTRAL.get(stage)]
    }


def _all_labels(experiment: Experiment) -> dict[str, dict[str, str]]:
    return {configuration.name: _labels(configuration) for configuration in experiment.configurations}


def _refusal(file: Path, overrides: Sequence[str] = (), **options: Any) -> str:
    with pytest.raises(Text2SQLError) as raised:
        load(file, overrides=overrides, **options)
    message = str(raised.value)
    assert "\n" not in message
    return message


# --- what a file means --------------------------------------------------------------------------------------------


def test_the_least_that_a_file_may_say(write: Write) -> None:
    file = write(f'[data]\nuse = "tiny"\n[[configuration]]\nname = "one"\nmodel = {STRONG}\n')
    experiment = load(file)
    assert (experiment.path, experiment.title, experiment.recipes) == (file, "x", {})
    (one,) = experiment.configurations
    options = {"file": TINY / "recorded" / "strong.txt", "pick": None, "allow_missing": False}
    shown = {"foreign_keys": True, "rows": 0, "values": 0, "labels": False}
    prompt = shown | {"instruction": None, "chain_of_thought": False}
    assert one == Configuration(
        name="one",
        stages={
            "linker": (Choice("linker", "all", {}),),
            "retriever": (Choice("retriever", "none", {}),),
            "prompt": (Choice("prompt", "create_table", prompt),),
            "generator": (Choice("generator", "direct", {"n": 1, "temperature": 0.0}),),
            "voter": (Choice("voter", "first", {"executable": False}),),
            "model": (Choice("model", "recorded", options),),
        },
        metrics=(
            Choice("metric", "execution_accuracy", {"keep_distinct": False, "plug_value": False, "plug_cap": 50}),
        ),
        draft={},
        seed=0,
        cross_database=False,
        published=(),
    )


def test_a_configuration_replaces_the_defaults_stage_by_stage(write: Write) -> None:
    file = write(
        HEAD + 'generator = { use = "direct", n = 5, temperature = 0.7 }\nvoter = "majority"\nmetrics = ["valid_sql"]\n'
        '[[configuration]]\nname = "as is"\n'
        '[[configuration]]\nname = "other"\ngenerator = { use = "direct", n = 3 }\nmetrics = ["pass_at_n(n=3)"]\n'
    )
    experiment = load(file)
    assert _all_labels(experiment) == {
        "as is": {"generator": "direct(n=5, temperature=0.7)", "voter": "majority"},
        "other": {"generator": "direct(n=3)", "voter": "majority"},
    }
    assert [[m.label for m in c.metrics] for c in experiment.configurations] == [["valid_sql"], ["pass_at_n(n=3)"]]


def test_the_grid_is_every_combination_on_top_of_each_configuration(write: Write) -> None:
    file = write(
        HEAD + 'prompt = "question"\n[[configuration]]\nname = "A"\n'
        '[[configuration]]\nname = "B"\ngenerator = { use = "direct", temperature = 0.5 }\n'
        '[grid]\n"generator.n" = [1, 2]\nvoter = ["first(executable=true)", { use = "majority" }]\n'
    )
    assert _all_labels(load(file)) == {
        "A · generator.n=1 · voter=first(executable=true)": {"prompt": "question", "voter": "first(executable=true)"},
        "B · generator.n=1 · voter=first(executable=true)": {
            "prompt": "question",
            "generator": "direct(temperature=0.5)",
            "voter": "first(executable=true)",
        },
        "A · generator.n=1 · voter=majority": {"prompt": "question", "voter": "majority"},
        "B · generator.n=1 · voter=majority": {
            "prompt": "question",
            "generator": "direct(temperature=0.5)",
            "voter": "majority",
        },
        "A · generator.n=2 · voter=first(executable=true)": {
            "prompt": "question",
            "generator": "direct(n=2)",
            "voter": "first(executable=true)",
        },
        "B · generator.n=2 · voter=first(executable=true)": {
            "prompt": "question",
            "generator": "direct(n=2, temperature=0.5)",
            "voter": "first(executable=true)",
        },
        "A · generator.n=2 · voter=majority": {
            "prompt": "question",
            "generator": "direct(n=2)",
            "voter": "majority",
        },
        "B · generator.n=2 · voter=majority": {
            "prompt": "question",
            "generator": "direct(n=2, temperature=0.5)",
            "voter": "majority",
        },
    }


def test_the_grid_goes_on_from_the_defaults_and_leaves_them_alone(write: Write) -> None:
    file = write(
        HEAD + 'generator = { use = "direct", temperature = 0.5 }\n[[configuration]]\nname = "A"\n'
        '[[configuration]]\nname = "B"\n[grid]\ngenerator.n = [1, 2]\nprompt.foreign_keys = [false]\n'
    )
    assert _all_labels(load(file)) == {
        f"{name} · generator.n={n} · prompt.foreign_keys=false": {
            "prompt": "create_table(foreign_keys=false)",
            "generator": "direct(temperature=0.5)" if n == 1 else "direct(n=2, temperature=0.5)",
        }
        for n in (1, 2)
        for name in ("A", "B")
    }


def test_seeds_repeat_every_configuration(write: Write) -> None:
    file = write("seeds = [3, 0]\n" + HEAD + '[[configuration]]\nname = "A"\n[[configuration]]\nname = "B"\n')
    found = [(configuration.name, configuration.seed) for configuration in load(file).configurations]
    assert found == [("A", 3), ("A", 0), ("B", 3), ("B", 0)]


def test_published_figures_are_percentages_there_and_fractions_here(write: Write) -> None:
    file = write(
        HEAD + '[[configuration]]\nname = "A"\npublished = { execution_accuracy = 72.5, source = "a paper" }\n'
        '[[configuration]]\nname = "B"\npublished = { pass_at_n = 100, valid_sql = 0 }\n'
        '[[configuration]]\nname = "C"\npublished = [\n  { execution_accuracy = 69, column = "as told" },\n'
        '  { execution_accuracy = 72.3, source = "a paper" },\n]\n'
    )
    assert [configuration.published for configuration in load(file).configurations] == [
        (Published({"execution_accuracy": 0.725}, "a paper"),),
        (Published({"pass_at_n": 1.0, "valid_sql": 0.0}, ""),),
        (
            Published({"execution_accuracy": 0.69}, column="as told"),
            Published({"execution_accuracy": 0.723}, "a paper", "published"),
        ),
    ]


def test_a_label_is_as_good_as_a_table(write: Write) -> None:
    file = write(
        HEAD + '[[configuration]]\nname = "A"\ngenerator = "direct(n=5, temperature=0.7)"\n'
        'prompt = "create_table(instruction=\\"Ask.\\")"\nretriever = "shelf:near(k=3)"\n'
        '[[configuration]]\nname = "B"\ngenerator = { use = "direct", n = 5, temperature = 0.7 }\n'
        'prompt = { use = "create_table", instruction = "Ask." }\nretriever = { use = "shelf:near", k = 3 }\n'
    )
    first, second = load(file).configurations
    assert first.stages == second.stages
    assert _labels(first) == {
        "retriever": "shelf:near(k=3)",
        "prompt": 'create_table(instruction="Ask.")',
        "generator": "direct(n=5, temperature=0.7)",
    }


@pytest.mark.parametrize(
    "label", ["majority", "first(executable=true)", "execution_accuracy(keep_distinct=true)", "pass_at_n(n=3)"]
)
def test_a_label_is_read_back(label: str) -> None:
    stage = "voter" if label in ("majority", "first(executable=true)") else "metric"
    assert parse_choice(stage, label).label == label
    assert parse_choice(stage, f" {label.replace('(', ' ( ')} ").label == label


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("first(executable)", "'first(executable)': options read option=value, separated by commas"),
        ("first(", "'first(': name or name(option=value, ...) is expected"),
        ("", "'': name or name(option=value, ...) is expected"),
        ("first(executable=3)", "voter.executable: bool is expected, not 3"),
        ("first(use='majority')", "\"first(use='majority')\": 'use' is no option"),
        ("frist", "no voter 'frist'; did you mean 'first'?"),
    ],
)
def test_a_label_that_is_wrong(label: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_choice("voter", label)
    assert str(raised.value) == message


def test_several_prompts(write: Write) -> None:
    file = write(HEAD + '[[configuration]]\nname = "A"\nprompt = ["question", { use = "create_table" }]\n')
    assert _all_labels(load(file)) == {"A": {"prompt": "question + create_table"}}


def test_a_stage_may_have_a_model_of_its_own(write: Write) -> None:
    file = write(
        HEAD + '[[configuration]]\nname = "A"\nvoter = { use = "shelf:judge", rounds = 2, '
        f"model = {STRONG.replace('strong', 'weak')} }}\n"
    )
    (voter,) = load(file).configurations[0].stages["voter"]
    assert (voter.label, voter.options) == ("shelf:judge(rounds=2)", {"rounds": 2})
    assert voter.model is not None
    assert voter.model.options["file"] == TINY / "recorded" / "weak.txt"


def test_a_draft_may_have_a_model_prompt_and_generator_of_its_own(write: Write) -> None:
    file = write(
        HEAD + '[[configuration]]\nname = "A"\n'
        f'draft = {{ model = {STRONG.replace("strong", "weak")}, prompt = "question", generator = "direct(n=2)" }}\n'
    )
    draft = load(file).configurations[0].draft
    assert {stage: choices[0].use for stage, choices in draft.items()} == {
        "model": "recorded",
        "prompt": "question",
        "generator": "direct",
    }
    assert draft["generator"][0].label == "direct(n=2)"


def test_an_option_that_is_a_strategy_is_a_nested_table(write: Write) -> None:
    file = write(
        HEAD + '[[configuration]]\nname = "A"\n'
        'retriever = { use = "shelf:routed", easy = { use = "shelf:near", k = 2 }, hard = "none" }\n'
        '[[configuration]]\nname = "B"\nretriever = { use = "shelf:routed", easy = "none" }\n'
    )
    nested, plain = (configuration.stages["retriever"][0] for configuration in load(file).configurations)
    assert nested.options == {
        "easy": Choice("retriever", "shelf:near", {"k": 2, "search": "question"}),
        "hard": Choice("retriever", "none", {}),
    }
    assert nested.label == "shelf:routed(easy=shelf:near(k=2), hard=none)"
    assert plain.options == {"easy": Choice("retriever", "none", {}), "hard": None}
    (nested_error,) = [
        _refusal(write(HEAD + f'[[configuration]]\nname = "A"\nretriever = {table}\n'))
        for table in ['{ use = "shelf:routed", easy = { use = "shelf:near", kk = 2 } }']
    ]
    where = "x.toml, line 8: configuration 'A': retriever.easy"
    assert nested_error == f"{where}: 'shelf:near' has no option 'kk'; did you mean 'k'?"


def test_only_some_configurations(write: Write) -> None:
    experiment = load(write(HEAD + "".join(f'[[configuration]]\nname = "{name}"\n' for name in "ABC")))
    assert [configuration.name for configuration in experiment.only(["C", "A"]).configurations] == ["A", "C"]
    with pytest.raises(ConfigError) as raised:
        experiment.only(["A", "D"])
    assert str(raised.value) == "x.toml: no configuration 'D'; known: A, B, C"


@pytest.mark.parametrize("file", sorted((ROOT / "experiments").glob("*.toml")), ids=lambda file: file.stem)
def test_the_experiments_that_come_with_the_project(file: Path, shared: Path) -> None:
    data = None if file.stem == "tiny" else shared / "spider"
    assert load(file, data=data).configurations


# --- data and paths -----------------------------------------------------------------------------------------------


def test_the_data_set_of_the_file_and_of_the_call(write: Write, tmp_path: Path) -> None:
    write_release(tmp_path / "other")
    model = '{ use = "shelf:folder", place = "{data}" }'
    text = f'[[configuration]]\nname = "A"\nmodel = {model}\n[data]\nuse = "../other"\nsplit = "train"\n'
    file = write(text + 'train = ["train_others.json"]\ncross_database = true\n')
    experiment = load(file)
    dataset = experiment.dataset
    assert (dataset.name, dataset.split, [path.name for path in dataset.train]) == (
        "other",
        "train",
        ["train_others.json"],
    )
    assert experiment.configurations[0].cross_database
    (chosen,) = experiment.configurations[0].stages["model"]
    assert Path(chosen.options["place"]).resolve() == tmp_path / "other"
    assert load(file, split="dev").dataset.split == "dev"
    assert load(file, data="tiny", split="dev", overrides=["data.train=[]"]).dataset.folder == TINY


def test_a_path_counts_from_the_file_that_says_it(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_release(tmp_path / "work" / "data")
    shutil.copy(TINY / "recorded" / "strong.txt", tmp_path / "work" / "mine.txt")
    write('[[configuration]]\nname = "A"\nmodel = { use = "recorded", file = "mine.txt" }\n[data]\nuse = "./data"\n')
    monkeypatch.chdir(tmp_path)
    experiment = load("work/x.toml")
    assert experiment.dataset.folder.resolve() == tmp_path / "work" / "data"
    assert experiment.configurations[0].stages["model"][0].options["file"].resolve() == tmp_path / "work" / "mine.txt"
    # What stands in a --set counts from where one is.
    (tmp_path / "mine.txt").write_text("SELECT 1\n")
    (overridden,) = load("work/x.toml", overrides=["model.file=mine.txt"]).configurations[0].stages["model"]
    assert overridden.options["file"].resolve() == tmp_path / "mine.txt"


def test_a_file_that_is_not_there(write: Write) -> None:
    file = write(HEAD.replace("strong.txt", "strog.txt") + '[[configuration]]\nname = "A"\n')
    missing = TINY / "recorded" / "strog.txt"
    assert _refusal(file) == f"x.toml, line 5: configuration 'A': model.file: no such file: {missing}"
    assert _refusal(file, ["model.file=none.txt"]) == "x.toml: configuration 'A': model.file: no such file: none.txt"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("use = 3", "x.toml, line 2: [data]: use is to be text, not 3"),
        (
            'use = "tiny"\ntrain = "train.json"',
            "x.toml, line 3: [data]: train is to be a list of file names, not 'train.json'",
        ),
        ('use = "tiny"\nsplit = ["dev"]', "x.toml, line 3: [data]: split is to be text, not ['dev']"),
        (
            'use = "tiny"\ncross_database = "no"',
            "x.toml, line 3: [data]: cross_database is to be true or false, not 'no'",
        ),
        ('use = "tiny"\nsplits = "dev"', "x.toml, line 3: [data]: unknown key 'splits'; did you mean 'split'?"),
        ('split = "dev"', "x.toml: [data] needs use = a data set, or give --data"),
        ('use = "tinny"', "no data set and no folder 'tinny'; did you mean 'tiny'?"),
        ('use = "tiny"\nsplit = "dve"', "no split 'dve'; did you mean 'dev'?"),
    ],
)
def test_a_data_table_that_is_wrong(line: str, message: str, write: Write) -> None:
    assert _refusal(write(f'[data]\n{line}\n[[configuration]]\nname = "A"\nmodel = {STRONG}\n')) == message


def test_a_data_set_that_is_only_a_name(write: Write) -> None:
    assert _refusal(write('data = "tiny"\n[[configuration]]\nname = "A"\n')) == (
        "x.toml, line 1: [data] is to be a table, not 'tiny'"
    )


# --- what is refused ------------------------------------------------------------------------------------------------

ONE = HEAD + '[[configuration]]\nname = "A"\n'  # lines 1 to 7


def _of_a(lines: str, message: str) -> tuple[str, str]:
    return ONE + lines, f"line 8: configuration 'A': {message}"


WRONG = {
    # unknown keys
    "top": (
        HEAD + '[[configuraton]]\nname = "A"\n',
        "line 6: unknown key 'configuraton'; did you mean 'configuration'?",
    ),
    "defaults": (
        HEAD + 'promt = "question"\n' + ONE[len(HEAD) :],
        "line 6: [defaults]: unknown key 'promt'; did you mean 'prompt'?",
    ),
    "configuration": _of_a('voters = "first"\n', "unknown key 'voters'; did you mean 'voter'?"),
    "option": _of_a(
        'generator = { use = "direct", m = 5 }\n', "generator: 'direct' has no option 'm'; known: n, temperature"
    ),
    "option of none": _of_a(
        'voter = { use = "majority", n = 5 }\n', "voter: 'majority' has no option 'n' (it has none)"
    ),
    "draft": _of_a('draft = { modle = "recorded" }\n', "draft: unknown key 'modle'; did you mean 'model'?"),
    "published": _of_a(
        "published = { execution_acuracy = 80 }\n",
        "published: unknown key 'execution_acuracy'; did you mean 'execution_accuracy'?",
    ),
    "grid": (
        ONE + '[grid]\n"retreiver.k" = [1]\n',
        "line 9: configuration 'A · retreiver.k=1': unknown key 'retreiver'; did you mean 'retriever'?",
    ),
    "strategy": _of_a('voter = "majorty"\n', "voter: no voter 'majorty'; did you mean 'majority'?"),
    "metric": _of_a('metrics = ["valid_sqll"]\n', "metrics: no metric 'valid_sqll'; did you mean 'valid_sql'?"),
    "label": _of_a(
        'voter = "first(executable"\n', "voter: 'first(executable': name or name(option=value, ...) is expected"
    ),
    # models
    "model of a model": _of_a(
        f'model = {STRONG[:-2]}, model = "gpt" }}\n',
        "model: 'recorded' has no option 'model'; known: allow_missing, file, pick",
    ),
    "model of no use": _of_a(
        f'voter = {{ use = "majority", model = {STRONG} }}\n', "voter: 'majority' calls no model, so it takes none"
    ),
    "no model": (
        '[data]\nuse = "tiny"\n[[configuration]]\nname = "A"\n',
        'configuration \'A\': needs a model, as in model = { use = "recorded", file = "..." }',
    ),
    "tuned, no tuner": _of_a('model = { tuned = "small" }\n', "model: no [tuner.small] in this file"),
    "tuned, another": _of_a(
        'model = { tuned = "smal" }\n[tuner.small]\nuse = "x"\n',
        "model: no [tuner.smal] in this file; did you mean 'small'?",
    ),
    "tuned, and another": _of_a(
        'model = { tuned = "small", use = "x" }\n', "model: 'tuned' says which model it is, so 'use' is not to"
    ),
    "tuner without use": (
        ONE + 'model = { tuned = "small" }\n[tuner.small]\nsteps = 3\n',
        f"[tuner.small]: needs use = a tuner, one of {', '.join(registry.names('tuner'))}",
    ),
    "tuner is no table": (
        ONE + 'model = { tuned = "small" }\n[tuner]\nsmall = 3\n',
        "line 10: [tuner.small] is to be a table, not 3",
    ),
    "tuner unknown": (
        ONE + 'model = { tuned = "small" }\n[tuner.small]\nuse = "shelf:small"\n',
        "[tuner.small]: 'shelf:small': shelf has no 'small'",
    ),
    # types
    "int": _of_a('generator = { use = "direct", n = "5" }\n', "generator.n: int is expected, not '5'"),
    "bool": _of_a(
        'prompt = { use = "create_table", foreign_keys = 1 }\n', "prompt.foreign_keys: bool is expected, not 1"
    ),
    "literal": _of_a(
        'retriever = { use = "shelf:near", search = "all" }\n',
        "retriever.search: 'question' or 'skeleton' is expected, not 'all'",
    ),
    "stage": _of_a("voter = 3\n", "voter: a table with use = is expected, not 3"),
    "no use": _of_a("voter = { executable = true }\n", "voter: says no use = a strategy"),
    "date": _of_a("voter = 2021-05-01\n", "voter: a table with use = is expected, not datetime.date(2021, 5, 1)"),
    "required": _of_a('model = "recorded"\n', "model: 'recorded' needs the option 'file'"),
    "list": _of_a('voter = ["first", "majority"]\n', "voter is to be one strategy; only prompt may be a list"),
    "empty list": _of_a("prompt = []\n", "prompt is to be one strategy; only prompt may be a list"),
    "metrics": _of_a('metrics = "valid_sql"\n', "metrics is to be a list of names, as in ['execution_accuracy']"),
    "no metrics": _of_a("metrics = []\n", "metrics is to be a list of names, as in ['execution_accuracy']"),
    "draft is a table": _of_a('draft = "direct"\n', "draft is to be a table"),
    "published is a table": _of_a("published = 80.1\n", "published is to be a table, or a list of tables"),
    "published tables": _of_a("published = [80.1]\n", "published is to be a table, or a list of tables"),
    "published twice": _of_a(
        "published = [{ execution_accuracy = 80 }, { execution_accuracy = 81 }]\n",
        "published: two are called 'published'; column = \"...\" names one",
    ),
    "source": _of_a("published = { source = 5 }\n", "published.source is to be text, not 5"),
    "column": _of_a('published = { column = "" }\n', "published.column is to be text, not ''"),
    "percentage": _of_a(
        "published = { execution_accuracy = 801 }\n", "published.execution_accuracy is a percentage, 0 to 100, not 801"
    ),
    "percentage as text": _of_a(
        'published = { execution_accuracy = "80" }\n',
        "published.execution_accuracy is a percentage, 0 to 100, not '80'",
    ),
    "title": ("title = 3\n" + ONE, "line 1: title is to be text, not 3"),
    "seeds": ("seeds = 3\n" + ONE, "line 1: seeds is to be a list of whole numbers, as in [0], not 3"),
    "no seeds": ("seeds = []\n" + ONE, "line 1: seeds is to be a list of whole numbers, as in [0], not []"),
    "true seeds": ("seeds = [true]\n" + ONE, "line 1: seeds is to be a list of whole numbers, as in [0], not [True]"),
    "seeds twice": ("seeds = [1, 1]\n" + ONE, "line 1: seeds has the same number twice"),
    "defaults is a table": (
        'defaults = 3\n[data]\nuse = "tiny"\n[[configuration]]\nname = "A"\n',
        "line 1: [defaults] is to be a table, not 3",
    ),
    "grid is a list": (
        ONE + '[grid]\n"generator.n" = 3\n',
        "line 9: [grid]: generator.n is to be a list of values, not 3",
    ),
    "grid is empty": (
        ONE + "[grid]\ngenerator.n = []\n",
        "line 9: [grid]: generator.n is to be a list of values, not []",
    ),
    # configurations
    "none": (HEAD, "no [[configuration]] (in two brackets) in this file"),
    "one bracket": (
        HEAD + '[configuration]\nname = "A"\n',
        "line 6: no [[configuration]] (in two brackets) in this file",
    ),
    "no name": (ONE + '[[configuration]]\nvoter = "first"\n', "line 8: a [[configuration]] has no name"),
    "a number": (ONE + "[[configuration]]\nname = 3\n", "line 8: a [[configuration]] has no name"),
    "same name": (ONE + '[[configuration]]\nname = "A"\n', "two configurations are called 'A'"),
    # TOML
    "broken": (ONE + "voter = \n", "line 8: not TOML: Invalid value"),
    "twice": (ONE + 'voter = "first"\nvoter = "first"\n', "line 9: not TOML: Cannot overwrite a value"),
    "end": (ONE + 'voter = "first', "not TOML: Unterminated string (at end of document)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_wrong(name: str, write: Write) -> None:
    text, message = WRONG[name]
    told = _refusal(write(text)).removeprefix("x.toml")
    assert told == (f", {message}" if message.startswith("line ") else f": {message}")


def test_a_tuned_model_is_known_by_its_tuner(write: Write, tmp_path: Path) -> None:
    (tmp_path / "work" / "trainers.py").write_text("def small(*, steps: int = 1): ...")
    experiment = load(write(ONE + 'model = { tuned = "small" }\n[tuner.small]\nuse = "trainers:small"\nsteps = 3\n'))
    assert experiment.configurations[0].stages["model"] == (Choice("model", "", {}, tuned="small"),)
    recipe = experiment.recipes["small"]
    assert (recipe.tuner, recipe.data) == (Choice("tuner", "trainers:small", {"steps": 3}), DataSettings())
    assert experiment.configurations[0].stages["model"][0].label == "tuned small"


RECIPES = """
[data]
use = "spiderling"
[defaults]
model = { use = "embedded" }
prompt = { use = "create_table", rows = 2 }
[[configuration]]
name = "A"
model = { tuned = "small-20" }
[tuner.small]
retriever = "masked_question"
data = { sizes = [10, 20], balance = "hardness", shots = 0.5 }
"""


def test_what_a_tuner_makes_its_demonstrations_of(write: Write) -> None:
    """Without ``use`` it tunes the default model; its prompts are those of [defaults] but for what it says itself."""
    experiment = load(write(RECIPES))
    assert list(experiment.recipes) == ["small", "small-10", "small-20"]
    assert [recipe.data.size for recipe in experiment.recipes.values()] == [None, 10, 20]
    recipe = experiment.recipes["small-20"]
    assert recipe.data == DataSettings(size=20, balance="hardness", shots=0.5)
    assert (recipe.name, recipe.tuner) == ("small-20", Choice("tuner", "embedded", {}))
    stages = recipe.prompts.stages
    assert [stages[stage][0].use for stage in ("retriever", "prompt")] == ["masked_question", "create_table"]
    assert stages["prompt"][0].options["rows"] == 2
    text = RECIPES.replace('{ use = "embedded" }', '{ use = "openai", name = "m", timeout = 9.0 }')
    assert load(write(text)).recipes["small"].tuner.label == 'openai(base="m", timeout=9.0)'


def test_overrides_reach_tuners(write: Write) -> None:
    file = write(RECIPES)
    changed = ["tuner.small.data.shots=1", "retriever.k=2", "prompt.rows=1", "tuner.small.data.sizes=[5, 20]"]
    recipe = load(file, overrides=changed).recipes["small-5"]
    assert recipe.data == DataSettings(size=5, balance="hardness")
    stages = recipe.prompts.stages
    assert (stages["retriever"][0].options["k"], stages["prompt"][0].options["rows"]) == (2, 1)
    grid = file.with_name("grid.toml")
    grid.write_text(RECIPES + '[grid]\n"model.tuned" = ["small-10", "small-20"]\n')
    assert [(c.name, c.stages["model"][0].tuned) for c in load(grid).configurations] == [
        ("A · model.tuned=small-10", "small-10"),
        ("A · model.tuned=small-20", "small-20"),
    ]
    grid.write_text(RECIPES + '[grid]\nmodel = [{ tuned = "small" }, { use = "embedded" }]\n')
    assert [c.name for c in load(grid).configurations] == ["A · model=small", "A · model=embedded"]
    assert _refusal(file, ["tuner.smal.data.size=5"]) == (
        "--set 'tuner.smal.data.size=5': no [tuner.smal]; did you mean 'small'?"
    )
    assert load(file, overrides=["tuner.new.use=embedded"]).recipes.keys() > {"new", "small"}
    (tuned,) = load(file, overrides=["model.tuned=small"]).configurations
    assert tuned.stages["model"][0].tuned == "small"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ('sizes = [10, 20], balance = "size"', "line 11: [tuner.small]: data.balance: 'none' or 'hardness' or"),
        ("sizes = [20], sises = 1", "line 11: [tuner.small]: data: 'data' has no option 'sises'; did you mean"),
        ("sizes = [10, 10, 20]", "line 11: [tuner.small]: data: sizes has the same number twice"),
        ("sizes = [20, 0]", "line 11: [tuner.small]: data: sizes is to be 1 or more, not 0"),
        ("sizes = [20], size = 2", "line 11: [tuner.small]: data: size or sizes, not both"),
        ("sizes = [20], validation = 0.6", "line 11: [tuner.small]: data: validation is a share, 0 to 0.5, not 0.6"),
        ('sizes = [20] }\n[tuner."../up"]\ndata = { size = 3',
         "line 12: [tuner.../up]: files are called so: a letter or digit first, no slash, no colon"),
        ("sizes = 20", "line 8: configuration 'A': model: no [tuner.small-20] in this file"),
        ("sizes = [20] }\n[tuner.small-20]\ndata = { size = 3",
         "line 11: two tuners are called 'small-20': sizes makes one of this name"),
        ('sizes = [20] }\n[tuner.small.draft]\nmodel = { tuned = "small-20"',
         "line 13: [tuner.small]: its model is to be one that is there, not a tuned one"),
        ('sizes = [20], answers = "text"', 'line 11: [tuner.small]: data: answers = "text" needs a teacher: gold has'),
    ],
)  # fmt: skip
def test_data_of_a_tuner_that_is_wrong(changed: str, told: str, write: Write) -> None:
    before = 'sizes = [10, 20], balance = "hardness", shots = 0.5'
    assert _refusal(write(RECIPES.lstrip().replace(before, changed))).startswith(f"x.toml, {told}")


def test_the_line_is_that_of_the_configuration_that_is_wrong(write: Write) -> None:
    text = (
        HEAD
        + """
[[configuration]]
name = "A"                      # line 8
generator = { use = "direct", n = 3 }

[[configuration]]
name = "B"
# generator = { use = "direct", n = "3" }
  [configuration.generator]
  use = "direct"
  n = "3"                       # line 16

[[configuration]]
name = "C"
"""
    )
    assert _refusal(write(text)) == "x.toml, line 16: configuration 'B': generator.n: int is expected, not '3'"


def test_a_byte_order_mark_is_no_harm(write: Write) -> None:
    assert _all_labels(load(write("\ufeff" + ONE))) == {"A": {}}


def test_files_that_are_none(write: Write, tmp_path: Path) -> None:
    file = write(ONE)
    file.rename("voting2.toml")
    known = ", ".join(sorted(f"experiments/{bundled.name}" for bundled in (ROOT / "experiments").glob("*.toml")))
    assert _refusal(Path("x1.tml")) == f"x1.tml: no such experiment file; known: {known}, voting2.toml"
    assert _refusal(Path("voting3.toml")) == "voting3.toml: no such experiment file; did you mean 'voting2.toml'?"
    assert _refusal(Path("experiments/tinny.toml")) == (
        "experiments/tinny.toml: no such experiment file; did you mean 'experiments/tiny.toml'?"
    )
    latin = tmp_path / "latin.toml"
    latin.write_bytes("title = 'é'".encode("latin-1"))
    assert _refusal(latin) == f"{latin}: not UTF-8 text at byte 9"
    # The experiments that come along are found from everywhere.
    assert load("experiments/tiny.toml").configurations[0].name == "first of 5"


# --- overrides ------------------------------------------------------------------------------------------------------

THREE = (
    HEAD
    + """
[[configuration]]
name = "A"
generator = { use = "direct", n = 5 }
[[configuration]]
name = "B"
generator = "direct(temperature=0.5)"
[[configuration]]
name = "C"
"""
)


@pytest.mark.parametrize(
    ("override", "labels"),
    [
        # A stage that is chosen somewhere changes there ...
        ("generator.n=3", ["direct(n=3)", "direct(n=3, temperature=0.5)", ""]),
        ("generator.temperature=1", ["direct(n=5, temperature=1.0)", "direct(temperature=1.0)", ""]),
        ("generator=direct(n=2)", ["direct(n=2)", "direct(n=2)", ""]),
        ('generator = { use = "direct", n = 4 }', ["direct(n=4)", "direct(n=4)", ""]),
        ("generator.use=direct", ["direct(n=5)", "direct(temperature=0.5)", ""]),
        # ... one that is chosen nowhere, in the defaults.
        ("voter.executable=true", ["first(executable=true)"] * 3),
        ("voter=majority", ["majority"] * 3),
        ('voter.use="majority"', ["majority"] * 3),
        ("retriever.use=shelf:near", ["shelf:near"] * 3),
        ('prompt=["question", "create_table"]', ["question + create_table"] * 3),
        ("prompt.instruction=Just answer.", ['create_table(instruction="Just answer.")'] * 3),
    ],
)
def test_an_override(override: str, labels: list[str], write: Write) -> None:
    stage = override.partition("=")[0].partition(".")[0].strip()
    experiment = load(write(THREE), overrides=[override])
    assert [_labels(configuration).get(stage, "") for configuration in experiment.configurations] == labels


def test_another_strategy_has_other_options(write: Write, tmp_path: Path) -> None:
    file = write(THREE + 'retriever = { use = "shelf:near", k = 3 }\n')
    same = load(file, overrides=["retriever.use=shelf:near"]).configurations[2]
    assert _labels(same) == {"retriever": "shelf:near(k=3)"}
    assert _labels(load(file, overrides=["retriever.use=none"]).configurations[2]) == {}
    # Another data set has the same ones.
    file = write(
        THREE.replace('use = "tiny"', 'use = "tiny"\nsplit = "train"\ntrain = []').replace(STRONG, '"shelf:judge"')
    )
    write_release(tmp_path / "work" / "other")
    with pytest.raises(ConfigError, match=r"configuration 'A': model: "):
        load(file, overrides=["model.use=nothing"])
    dataset = load(file, overrides=["data.use=./other"]).dataset
    assert (dataset.name, dataset.split, dataset.train) == ("other", "train", ())


def test_overrides_in_turn_and_of_everything_else(write: Write) -> None:
    file = write(THREE)
    overrides = ["title=Another", "seeds=[1, 2]", "data.split=dev", 'metrics=["valid_sql"]', "draft.prompt=question"]
    experiment = load(file, overrides=[*overrides, "voter=majority", "voter.use=first", "voter.executable=true"])
    assert experiment.title == "Another"
    assert [configuration.seed for configuration in experiment.configurations] == [1, 2] * 3
    for configuration in experiment.configurations:
        assert configuration.stages["voter"][0].label == "first(executable=true)"
        assert [metric.label for metric in configuration.metrics] == ["valid_sql"]
        assert [choice.label for choice in configuration.draft["prompt"]] == ["question"]
    names = [configuration.name for configuration in load(file, overrides=["grid.voter=['majority']"]).configurations]
    assert names == ["A · voter=majority", "B · voter=majority", "C · voter=majority"]


def test_a_tuned_model_is_not_overridden(write: Write) -> None:
    file = write(ONE + 'model = { tuned = "small" }\n')
    told = "x.toml, line 8: configuration 'A': model: no [tuner.small] in this file"
    assert _refusal(file, ["model.use=recorded"]) == told


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("voter", "--set 'voter': key=value is expected, as in model.use=openai"),
        ("=majority", "--set '=majority': key=value is expected, as in model.use=openai"),
        ("voter.=majority", "--set 'voter.=majority': key=value is expected, as in model.use=openai"),
        ("vouter.use=majority", "--set 'vouter.use=majority': unknown key 'vouter'; did you mean 'voter'?"),
        ("generator.n.x=3", "--set 'generator.n.x=3': 'n' is not a table"),
        ("configuration.name=x", "--set 'configuration.name=x': 'configuration' is not a table"),
        ("configuration=3", "x.toml: no [[configuration]] (in two brackets) in this file"),
        ("generator.n=many", "x.toml: configuration 'A': generator.n: int is expected, not 'many'"),
        ("generator.m=3", "x.toml: configuration 'A': generator: 'direct' has no option 'm'; known: n, temperature"),
        ("voter=majorty", "x.toml: configuration 'A': voter: no voter 'majorty'; did you mean 'majority'?"),
        ("reranker.k=3", "x.toml: configuration 'A': reranker: says no use = a strategy"),
        ("data.splitt=dev", "x.toml: [data]: unknown key 'splitt'; did you mean 'split'?"),
        ("seeds=3", "x.toml: seeds is to be a list of whole numbers, as in [0], not 3"),
    ],
)
def test_an_override_that_is_wrong(override: str, message: str, write: Write) -> None:
    assert _refusal(write(THREE), [override]) == message


# --- what a run is ----------------------------------------------------------------------------------------------------


def _digest(file: Path, version: str = "1", **options: Any) -> str:
    experiment = load(file, **options)
    return run_digest(experiment.configurations[0], experiment.dataset, version)


SAME = {
    "defaults spelt out": ONE
    + 'generator = { use = "direct", n = 1, temperature = 0 }\nvoter = "first(executable=false)"\n',
    "other metrics": ONE + 'metrics = ["valid_sql"]\n',
    "another name": ONE.replace('"A"', '"B"'),
    "a title": 'title = "T"\n' + ONE,
    "published figures": ONE + "published = { execution_accuracy = 80 }\n",
    "a table for a label": ONE + 'linker = { use = "all" }\n',
}
OTHER = {
    "option": ONE + 'generator = "direct(n=2)"\n',
    "strategy": ONE + 'voter = "majority"\n',
    "seed": "seeds = [1]\n" + ONE,
    "file": ONE.replace("strong", "weak"),
    "draft": ONE + 'draft = { prompt = "question" }\n',
    "several prompts": ONE + 'prompt = ["create_table", "create_table"]\n',
    "across databases": ONE.replace("[data]", "[data]\ncross_database = true"),
    "pool": ONE.replace("[data]", "[data]\ntrain = []"),
}


@pytest.mark.parametrize("name", SAME)
def test_the_digest_is_the_same_with(name: str, write: Write) -> None:
    expected = _digest(write(ONE))
    assert _digest(write(SAME[name])) == expected


@pytest.mark.parametrize("name", OTHER)
def test_the_digest_is_another_with_another(name: str, write: Write) -> None:
    expected = _digest(write(ONE))
    assert _digest(write(OTHER[name])) != expected


def test_the_digest_depends_on_what_files_hold_and_not_on_where_they_are(write: Write, tmp_path: Path) -> None:
    expected = _digest(write(ONE))
    copied = Path(shutil.copy(TINY / "recorded" / "strong.txt", tmp_path / "copied.sql"))
    assert _digest(write(ONE), overrides=[f"model.file={copied}"]) == expected
    assert _digest(write(ONE), version="2") != expected
    with copied.open("a") as file:
        file.write("\n")
    assert _digest(write(ONE), overrides=[f"model.file={copied}"]) != expected
    moved = shutil.copytree(TINY, tmp_path / "moved")
    assert _digest(write(ONE), data=moved) == expected
    (moved / "dev.json").write_text((moved / "dev.json").read_text().replace("live in", "are from"))
    assert _digest(write(ONE), data=moved) != expected


def test_the_digest_of_a_folder_is_that_of_its_files(write: Write, tmp_path: Path) -> None:
    place = tmp_path / "weights"
    (place / "deep").mkdir(parents=True)
    (place / "deep" / "a").write_text("1")
    file = write(ONE + f'model = {{ use = "shelf:folder", place = "{place}" }}\n')
    expected = _digest(file)
    assert _digest(file) == expected
    (place / "deep" / "a").write_text("2")
    assert _digest(file) != expected


def test_the_digest_depends_on_the_code_of_strategies(write: Write, tmp_path: Path) -> None:
    file = write(ONE + 'retriever = "shelf:near"\n')
    expected = _digest(file)
    (tmp_path / "work" / "shelf.py").write_text(OWN + "# changed")
    assert _digest(file) != expected


def test_a_digest_is_32_digits_and_depends_on_the_split(write: Write) -> None:
    experiment = load(write(ONE))
    other: Dataset = load_dataset("tiny", split="train")
    digests = {run_digest(experiment.configurations[0], dataset, "1") for dataset in (experiment.dataset, other)}
    assert [len(digest) for digest in digests] == [32, 32]


def test_errors_of_data_are_errors_of_data(write: Write) -> None:
    with pytest.raises(DataError):
        load(write(ONE), data="nowhere")


def test_reasoning_is_not_learned_from_bare_sql(write: Write) -> None:
    thinking = RECIPES.replace("rows = 2", "chain_of_thought = true")
    assert _refusal(write(thinking)) == (
        "x.toml: [tuner.small]: its prompt asks for reasoning, and SQL alone has none: chain_of_thought = false, or "
        'learn a teacher\'s whole text by data = { teacher = "NAME", answers = "text" }'
    )
    taught = thinking.replace("shots = 0.5", 'shots = 0.5, teacher = "B", answers = "text"')
    assert load(write(taught)).recipes["small"].data.teacher == "B"
