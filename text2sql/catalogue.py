"""``text2sql list``: every strategy with its options, read from signatures and docstrings."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping

from text2sql import registry
from text2sql.errors import ConfigError, nearest
from text2sql.selection import DataSettings


def text(stage: str | None = None) -> str:
    """All strategies, or those of one stage. Raises ConfigError for an unknown stage."""
    if stage is not None and stage.rstrip("s") not in registry.FOLDERS:
        raise ConfigError(f"no kind of strategy {stage!r}{nearest(stage, registry.FOLDERS)}")
    stages = [stage.rstrip("s")] if stage else list(registry.FOLDERS)
    return "\n".join(line for one in stages if registry.names(one) or stage for line in _stage(one)).rstrip()


def _stage(stage: str) -> Iterator[str]:
    yield f"{stage}  (text2sql/{registry.FOLDERS[stage]}/)"
    for name in registry.names(stage):
        factory = registry.find(stage, name)
        summary = (inspect.getdoc(factory) or "").partition("\n")[0]
        yield f"  {name}  {summary}"
        yield from _options(registry.options(factory))
    if stage == "tuner" and registry.names(stage):
        yield "  of every tuner, in data = { ... }: which train examples it learns from"
        yield from _options(registry.fields_of(DataSettings))
    if not registry.names(stage):
        yield '  none comes with this version; use = "package.module:function" takes your own'
    yield ""


def _options(options: Mapping[str, registry.Option]) -> Iterator[str]:
    for option in options.values():
        yield f"    {option.name}: {registry.describe(option.annotation)}, {_default(option)}"


def _default(option: registry.Option) -> str:
    """As a configuration would write it."""
    if option.required:
        return "required"
    return "optional" if option.default is None else f"default {json.dumps(option.default, default=str)}"
