"""``text2sql list``: every strategy with its options, read from signatures and docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from text2sql import registry
from text2sql.errors import ConfigError, nearest


def text(stage: str | None = None) -> str:
    """All strategies, or those of one stage. Raises ConfigError for an unknown stage."""
    if stage is not None and stage.rstrip("s") not in registry.FOLDERS:
        raise ConfigError(f"no kind of strategy {stage!r}{nearest(stage, registry.FOLDERS)}")
    stages = [stage.rstrip("s")] if stage else list(registry.FOLDERS)
    return "\n".join(line for one in stages if registry.names(one) for line in _stage(one))


def _stage(stage: str) -> Iterator[str]:
    yield f"{stage}  (text2sql/{registry.FOLDERS[stage]}/)"
    for name in registry.names(stage):
        factory = registry.find(stage, name)
        summary = (inspect.getdoc(factory) or "").partition("\n")[0]
        yield f"  {name}  {summary}"
        for option in registry.options(factory).values():
            default = "required" if option.required else f"default {option.default!r}"
            yield f"    {option.name}: {registry.describe(option.annotation)}, {default}"
    yield ""
