"""From a name in a configuration to a strategy: the file that has this name, or ``package.module:function``.

There is nothing to register. A strategy's parameters say all: those before ``*`` are supplied by the
pipeline, those after it are its options, checked here by their annotations.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from text2sql import protocols
from text2sql.artifacts import digest
from text2sql.errors import ConfigError, nearest

Factory: TypeAlias = Callable[..., Any]

FOLDERS: dict[str, str] = {
    "linker": "linkers",
    "model": "models",
    "embedder": "embedders",
    "retriever": "retrievers",
    "reranker": "rerankers",
    "prompt": "prompts",
    "generator": "generators",
    "reviser": "revisers",
    "voter": "voters",
    "metric": "metrics",
    "tuner": "tuners",
}
"""A stage as a configuration names it -> the folder of its strategies."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a strategy; ``stage`` is set where its value is a strategy itself."""

    name: str
    annotation: Any
    default: Any
    stage: str = ""

    @property
    def required(self) -> bool:
        """It has no default."""
        return self.default is inspect.Parameter.empty


def names(stage: str) -> list[str]:
    """The strategies of a stage, sorted."""
    package = importlib.import_module(f"text2sql.{FOLDERS[stage]}")
    return sorted(info.name for info in pkgutil.iter_modules(package.__path__) if not info.name.startswith("_"))


def find(stage: str, use: str) -> Factory:
    """The factory of a strategy. Raises ConfigError where there is none of this name."""
    if ":" in use:
        return _outside(use)
    known = names(stage)
    if use not in known:
        hint = nearest(use, known) or "; none comes with this version"
        own = "" if hint.endswith("?") else ", or package.module:function of your own"
        raise ConfigError(f"no {stage} {use!r}{hint}{own}")
    factory: Factory = getattr(importlib.import_module(f"text2sql.{FOLDERS[stage]}.{use}"), use)
    return factory


def _outside(use: str) -> Factory:
    module, _, function = use.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)  # an installed command does not look into the folder it is started from
    try:
        factory = getattr(importlib.import_module(module), function, None)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{use!r}: {error}; is it installed, or in the folder you start from?") from None
    except Exception as error:  # whatever a module of the user's does when it is imported
        raise ConfigError(f"{use!r}: importing {module!r} fails: {type(error).__name__}: {error}") from error
    if factory is None:
        raise ConfigError(f"{use!r}: {module} has no {function!r}")
    if not (inspect.isroutine(factory) or inspect.isclass(factory)):
        raise ConfigError(f"{use!r}: not a function")
    return typing.cast(Factory, factory)


def supplies(factory: Factory) -> list[str]:
    """What a strategy asks the pipeline for, by parameter name."""
    return [p.name for p in inspect.signature(factory).parameters.values() if p.kind is not p.KEYWORD_ONLY]


def options(factory: Factory) -> dict[str, Option]:
    """What a configuration may set, by name. Raises ConfigError where an annotation cannot be read."""
    try:
        hints = typing.get_type_hints(factory)
    except NameError as error:
        raise ConfigError(
            f"{factory.__module__}: the annotations of {factory.__name__!r} name {error.name!r}, "
            "which is not there at run time (imported under TYPE_CHECKING?)"
        ) from None
    found = {}
    for parameter in inspect.signature(factory).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            annotation = hints.get(parameter.name, Any)
            found[parameter.name] = Option(parameter.name, annotation, parameter.default, _stage_of(annotation))
    return found


def fields_of(settings: type) -> dict[str, Option]:
    """The fields of a dataclass, all with defaults, as if they were options."""
    hints = typing.get_type_hints(settings)
    return {field.name: Option(field.name, hints[field.name], field.default) for field in fields(settings)}


def _stage_of(annotation: Any) -> str:
    """The stage whose Protocol an annotation names, alone or with None."""
    stages = {getattr(protocols, name): stage for name, stage in _PROTOCOLS.items()}
    members = typing.get_args(annotation) or (annotation,)
    return next((stages[member] for member in members if isinstance(member, type) and member in stages), "")


_PROTOCOLS = {
    "Linker": "linker",
    "Model": "model",
    "Embed": "embedder",
    "Retriever": "retriever",
    "Reranker": "reranker",
    "Render": "prompt",
    "Generator": "generator",
    "Reviser": "reviser",
    "Voter": "voter",
    "Metric": "metric",
    "Tuner": "tuner",
}


def check(where: str, use: str, known: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as the factory takes them. Raises ConfigError for an unknown, missing or ill-typed one."""
    for name in given:
        if name not in known:
            raise ConfigError(f"{where}: {use!r} has no option {name!r}{nearest(name, known) or ' (it has none)'}")
    for name, option in known.items():
        if option.required and name not in given:
            raise ConfigError(f"{where}: {use!r} needs the option {name!r}")
    return {name: _coerce(f"{where}.{name}", known[name], value) for name, value in given.items()}


def _coerce(where: str, option: Option, value: Any) -> Any:
    if option.stage:
        return value
    fitting = _fit(option.annotation, value)
    if fitting is None:
        raise ConfigError(f"{where}: {describe(option.annotation)} is expected, not {value!r}")
    return fitting[0]


def _fit(annotation: Any, value: Any) -> tuple[Any] | None:
    """The value as the annotation wants it, in a tuple; None where it does not fit."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return (value,)
    if origin in (typing.Union, types.UnionType):
        return next((fit for member in arguments if (fit := _fit(member, value))), None)
    if origin is Literal:
        return next(((value,) for known in arguments if known == value and type(known) is type(value)), None)
    if origin in (list, tuple, Sequence) or getattr(origin, "__name__", "") == "Sequence":
        if not isinstance(value, list):
            return None
        fits = [_fit(arguments[0], item) for item in value]
        return None if None in fits else (tuple(fit[0] for fit in fits if fit),)
    if getattr(origin, "__name__", "") == "Mapping":
        if not isinstance(value, Mapping):
            return None
        values = {key: _fit(arguments[1], item) for key, item in value.items()}
        return None if None in values.values() else ({key: fit[0] for key, fit in values.items() if fit},)
    if annotation is None or annotation is types.NoneType:
        return (None,) if value is None else None
    if annotation is float:
        return (float(value),) if isinstance(value, int | float) and not isinstance(value, bool) else None
    if annotation is int:
        return (value,) if isinstance(value, int) and not isinstance(value, bool) else None
    if annotation is Path:
        return (Path(value),) if isinstance(value, str | Path) else None
    return (value,) if isinstance(annotation, type) and isinstance(value, annotation) else None


def describe(annotation: Any) -> str:
    """An annotation in words: ``int``, ``"a" or "b"``, ``list of str``."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(describe(member) for member in arguments if member is not types.NoneType)
    if origin is Literal:
        return " or ".join(repr(argument) for argument in arguments)
    if getattr(origin, "__name__", "") == "Mapping":
        return f"table of {describe(arguments[1])}"
    if arguments:
        return f"list of {describe(arguments[0])}"
    return "path" if annotation is Path else getattr(annotation, "__name__", str(annotation))


def version(stage: str, use: str) -> str:
    """Digest of a strategy's source: of its file and its folder's helpers, or of its package.

    A strategy may have a package of its name among the tools, as ``embedded`` does: with it go its data files.
    """
    module = use.partition(":")[0] if ":" in use else f"text2sql.{FOLDERS[stage]}.{use}"
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.has_location or not spec.origin:
        return ""
    file = Path(spec.origin)
    if file.name == "__init__.py":
        files = sorted(file.parent.rglob("*.py"))
    else:
        files = [file]
        if ":" not in use:
            files += sorted(file.parent.glob("_[a-z]*.py"))
            files += sorted(path for path in (file.parents[1] / use).glob("*.*") if path.is_file())
    return digest(*(path.read_bytes() for path in files))
