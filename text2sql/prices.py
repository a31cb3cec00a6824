"""What tokens cost: one data file, prices.toml, and users' own that go before it. Prices are no part of a run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from text2sql.errors import ConfigError, nearest
from text2sql.types import Request, Usage

_BUNDLED = Path(__file__).with_name("prices.toml")
_MODEL = ("input", "output", "cached_input", "longest", "training")
_ALIKE = r"(?:-\d{4}(?:-\d{2}-\d{2})?|-latest)?(?::.*)?"  # a dated version; a fine-tuned one's owner


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens; ``batch``: the share that a batch costs; ``longest``: tokens an answer may have.

    ``training``: of tokens that the model is tuned on, counted once an epoch; None where it cannot be tuned.
    """

    input: float
    output: float
    cached_input: float | None = None
    longest: int | None = None
    batch: float = 1.0
    training: float | None = None

    def cost(self, usage: Usage, *, batch: bool = False) -> float | None:
        """What so many tokens cost, in dollars; None where their number is not known."""
        if usage.prompt_tokens is None or usage.completion_tokens is None:
            return None
        cached = min(usage.cached_tokens or 0, usage.prompt_tokens)
        cached_price = self.input if self.cached_input is None else self.cached_input
        dear = (usage.prompt_tokens - cached) * self.input + cached * cached_price
        return (dear + usage.completion_tokens * self.output) * (self.batch if batch else 1.0) / 1e6

    def bound(self, request: Request, n: int, *, batch: bool = False) -> float | None:
        """The most that a call for ``n`` answers can cost; None where an answer's length has no bound."""
        longest = request.completion_bound or self.longest
        if longest is None:
            return None
        return self.cost(Usage(request.prompt_bound, n * longest), batch=batch)


class Prices:
    """Price lists, the first one that has a model counts. ``files``: before the user's own and the bundled one.

    Raises ConfigError for a list that cannot be read or has what no list has.
    """

    def __init__(self, files: Sequence[Path] = ()) -> None:
        self._lists = [_read(file) for file in files]
        self._known: dict[tuple[str, str], Price | None] = {}

    def of(self, endpoint: str, model: str) -> Price | None:
        """The price of a model at an endpoint's URL; None where no list has it."""
        key = (endpoint, model)
        if key not in self._known:
            parts = urlsplit(endpoint)
            usual = {"https": 443, "http": 80}.get(parts.scheme)
            host = (parts.hostname or "") if parts.port in (None, usual) else parts.netloc.lower()
            lists = [*self._lists, *([_read(own)] if (own := own_prices()).is_file() else []), _read(_BUNDLED)]
            found = (_find(one.get(at, {}), model) for one in lists for at in (host, "*"))
            self._known[key] = next(filter(None, found), None)
        return self._known[key]


def own_prices() -> Path:
    """Where users keep a price list of their own."""
    import platformdirs

    return platformdirs.user_config_path("text2sql", appauthor=False) / "prices.toml"


def _find(models: Mapping[str, Price], model: str) -> Price | None:
    fitting = [name for name in models if re.fullmatch(re.escape(name) + _ALIKE, model)]
    return models[max(fitting, key=len)] if fitting else None


@cache
def _read(file: Path) -> Mapping[str, Mapping[str, Price]]:
    try:
        toml = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: no list of prices: {error}") from None
    return {host: _host(file, host, table) for host, table in toml.items()}


def _host(file: Path, host: str, table: Any) -> Mapping[str, Price]:
    if not isinstance(table, dict):
        raise ConfigError(f'{file}: {host} is to be a table, as in ["api.example.com"."model-name"]')
    batch = _number(file, f"{host}.batch", table.get("batch", 1.0))
    return {name: _price(file, f"{host}.{name}", given, batch) for name, given in table.items() if name != "batch"}


def _price(file: Path, where: str, table: Any, batch: float) -> Price:
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: {where} is to be a table with input and output, not {table!r}")
    for key in table:
        if key not in _MODEL:
            raise ConfigError(f"{file}: {where}: unknown key {key!r}{nearest(key, _MODEL)}")
    for key in ("input", "output"):
        if key not in table:
            raise ConfigError(f"{file}: {where} needs {key} = dollars per million tokens")
    values = {key: _number(file, f"{where}.{key}", value) for key, value in table.items()}
    longest = values.pop("longest", None)
    return Price(**values, longest=None if longest is None else int(longest), batch=batch)


def _number(file: Path, where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise ConfigError(f"{file}: {where} is to be a number from 0 up, not {value!r}")
    return float(value)
