"""The layer table of the design: who may import whom, and that the door opens quickly."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "text2sql"

WORDS = ["errors", "types", "protocols"]
TOOLS = [
    "artifacts", "parallel", "processes", "registry", "matching", "results", "sandbox", "failures", "worker", "schema",
    "sql", "ties", "spider_sql", "spider_match", "structures", "vocabulary", "linking", "skeleton", "terms",
    "normal_form", "differences", "predictions", "databases", "dataset", "pairs", "embedded", "lora", "execution_cache",
    "executor", "endpoint", "chat_data", "responses", "calls", "prices", "budget", "rates", "traffic", "pacing",
    "calling", "exchange", "outstanding", "collecting", "batches", "index", "download",
]  # fmt: skip
STRATEGIES = [
    "linkers", "models", "embedders", "retrievers", "rerankers", "prompts", "generators", "revisers", "voters",
    "metrics", "tuners",
]  # fmt: skip
STAGES = ["pipeline", "evaluator"]
WORK = [
    "selection", "experiment", "experiment_file", "choices", "recipes", "config", "intervals", "comparison", "curves",
    "store", "manifest", "outcome", "verdicts", "assemble", "gold", "remote", "train_runs", "demonstrations", "tuning",
    "tune", "tuned", "runner", "rescore", "stored", "revote", "tables", "report", "estimate", "evaluation_report",
    "contrast", "sampling", "contrast_report", "forgetting", "forgetting_report", "plots", "tuning_report", "run_files",
    "views", "queries", "retrieval", "show", "ask", "audit", "caches", "catalogue",
]  # fmt: skip
DOOR = ["finetune", "cli", "__init__", "__main__"]

ONLY_IN = {
    "openai": {"endpoint.py"},
    "chromadb": {"index.py"},
}
HEAVY = {
    "numpy",
    "scipy",
    "sklearn",
    "nltk",
    "sqlglot",
    "duckdb",
    "tqdm",
    "filelock",
    "platformdirs",
    "sqlparse",
    "loky",
    "torch",
    "transformers",
    "peft",
    "trl",
    "datasets",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """The module, or the strategy folder, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """Full names of the modules that a file imports, but for annotations alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else [n for n in ast.walk(tree) if not _typing_only(n)]
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node not in _under_type_checking(tree):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _under_type_checking(tree: ast.Module) -> set[ast.AST]:
    return {inner for node in ast.walk(tree) if _typing_only(node) for inner in ast.walk(node)}


def own(names: set[str]) -> set[str]:
    """The parts of this package among imported names."""
    return {name.split(".")[1] for name in names if name.startswith("text2sql.") and name != "text2sql.__version__"}


def test_every_module_has_a_place() -> None:
    known = {*WORDS, *TOOLS, *STRATEGIES, *STAGES, *WORK, *DOOR}
    assert {part(path) for path in modules()} == known


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_layers(path: Path) -> None:
    name, used = part(path), own(imports(path))
    if name in WORDS:
        allowed = set(WORDS[: WORDS.index(name)])
    elif name in TOOLS:
        allowed = {*WORDS, *TOOLS[: TOOLS.index(name)], name}
    elif name in STRATEGIES:
        allowed = {*WORDS, *TOOLS, name} - {"registry"}
    elif name in STAGES:
        allowed = {*WORDS, *TOOLS}
    elif name in WORK:
        allowed = {*WORDS, *TOOLS, *STAGES, *WORK[: WORK.index(name)]}
    else:
        allowed = used
    assert used <= allowed, f"{path.name} may not import {used - allowed}"


@pytest.mark.parametrize("folder", STRATEGIES)
def test_strategies_import_helpers_alone(folder: str) -> None:
    for path in (PACKAGE / folder).glob("*.py"):
        siblings = {name.split(".")[2] for name in imports(path) if name.startswith(f"text2sql.{folder}.")}
        assert all(sibling.startswith("_") for sibling in siblings), path


def test_some_libraries_are_imported_in_one_place() -> None:
    for path in modules():
        roots = {name.split(".")[0] for name in imports(path)}
        for library, places in ONLY_IN.items():
            assert library not in roots or str(path.relative_to(PACKAGE).as_posix()) in places, path


def test_heavy_libraries_are_imported_inside_functions() -> None:
    for path in modules():
        roots = {name.split(".")[0] for name in imports(path, top_level=True)}
        # The embedded parser works on arrays throughout; its strategy imports it when it is asked.
        allowed = {"numpy", "sqlglot"} if part(path) == "embedded" else set()
        assert not roots & (HEAVY - allowed), path


def test_files_say_what_they_are() -> None:
    for path in modules():
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_help_and_the_package_load_nothing_heavy() -> None:
    code = (
        "import sys; from text2sql import cli; import text2sql.worker\n"
        "try: cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'scipy', 'sklearn', 'nltk', 'sqlglot', 'duckdb', 'tqdm', 'openai', 'chromadb', 'sqlite3'}\n"
        "print('loaded:', sorted((heavy - {'sqlite3'}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"
