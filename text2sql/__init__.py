"""text2sql: a benchmark system for text-to-SQL on Spider.

>>> import text2sql as t2s
>>> experiment = t2s.load("experiments/tiny.toml", data="tiny")
>>> runs = t2s.run(experiment, progress=False)
>>> round(runs["majority of 5"].scores("execution_accuracy")["all"], 3)
0.767
>>> print(t2s.table(runs).splitlines()[0])
tiny dev, 30 questions
>>> verdicts = t2s.evaluate("spider_data/tiny/recorded/strong.txt", data="tiny", split="dev")
>>> verdicts.scores("execution_accuracy")["all"]
0.8
>>> verdicts.verdicts["execution_accuracy"]["dev-0000"]
Verdict(metric='execution_accuracy', score=1.0, reason='')
>>> verdicts.failures("execution_accuracy")
{'wrong_rows': 3, 'no_such_column': 1, 'syntax': 1, 'wrong_order': 1}
>>> verdicts.components()["f1"]["select"]["easy"]
1.0
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from text2sql.audit import check_data as check_data
    from text2sql.caches import cache_stats as cache_stats
    from text2sql.caches import clear_cache as clear_cache
    from text2sql.caches import prune_responses as prune_responses
    from text2sql.config import load as load
    from text2sql.contrast import compare as compare
    from text2sql.contrast_report import contrast_text as contrast_text
    from text2sql.dataset import load_dataset as load_dataset
    from text2sql.errors import Text2SQLError as Text2SQLError
    from text2sql.forgetting import measure_forgetting as measure_forgetting
    from text2sql.forgetting_report import forgetting_text as forgetting_text
    from text2sql.queries import query as query
    from text2sql.queries import write_query as write_query
    from text2sql.queries import write_tables as write_tables
    from text2sql.report import table as table
    from text2sql.rescore import evaluate as evaluate
    from text2sql.rescore import evaluate_pairs as evaluate_pairs
    from text2sql.retrieval import measure_retrieval as measure_retrieval
    from text2sql.revote import vote as vote
    from text2sql.runner import run as run
    from text2sql.tune import start_tuning as start_tuning
    from text2sql.tune import wait_for_tuning as wait_for_tuning
    from text2sql.tuning import tuning_of as tuning_of
    from text2sql.tuning_report import export_data as export_data
    from text2sql.verdicts import OFFICIAL_METRICS as OFFICIAL_METRICS
    from text2sql.verdicts import write_verdicts as write_verdicts

__version__ = "0.1.0"

_HOME = {
    "OFFICIAL_METRICS": "verdicts",
    "Text2SQLError": "errors",
    "cache_stats": "caches",
    "check_data": "audit",
    "clear_cache": "caches",
    "compare": "contrast",
    "contrast_text": "contrast_report",
    "evaluate": "rescore",
    "evaluate_pairs": "rescore",
    "export_data": "tuning_report",
    "forgetting_text": "forgetting_report",
    "load": "config",
    "load_dataset": "dataset",
    "measure_forgetting": "forgetting",
    "measure_retrieval": "retrieval",
    "prune_responses": "caches",
    "query": "queries",
    "run": "runner",
    "start_tuning": "tune",
    "table": "report",
    "tuning_of": "tuning",
    "vote": "revote",
    "wait_for_tuning": "tune",
    "write_query": "queries",
    "write_tables": "queries",
    "write_verdicts": "verdicts",
}

__all__ = [
    "OFFICIAL_METRICS",
    "Text2SQLError",
    "__version__",
    "cache_stats",
    "check_data",
    "clear_cache",
    "compare",
    "contrast_text",
    "evaluate",
    "evaluate_pairs",
    "export_data",
    "forgetting_text",
    "load",
    "load_dataset",
    "measure_forgetting",
    "measure_retrieval",
    "prune_responses",
    "query",
    "run",
    "start_tuning",
    "table",
    "tuning_of",
    "vote",
    "wait_for_tuning",
    "write_query",
    "write_tables",
    "write_verdicts",
]


def __getattr__(name: str) -> Any:
    # Imported when first used: `import text2sql` itself must cost nothing.
    if name not in _HOME:
        raise AttributeError(f"module 'text2sql' has no attribute {name!r}")
    return getattr(importlib.import_module(f"text2sql.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
