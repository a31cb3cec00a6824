"""How a LoRA is trained: the options of the tuner, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from text2sql.errors import ConfigError

Dtype: TypeAlias = Literal["auto", "float32", "bfloat16", "float16"]
Server: TypeAlias = Literal["transformers", "vllm"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Options as ``tuners/lora.py`` describes them. Raises ConfigError for one out of range."""

    base: str
    epochs: int
    learning_rate: float
    rank: int
    alpha: int
    dropout: float
    targets: str | Sequence[str]
    batch: int
    accumulate: int
    max_tokens: int
    save_every: int
    quantize: Literal["none", "4bit"]
    dtype: Dtype
    device: Literal["auto", "cpu"]
    merge: bool
    server: Server
    base_url: str
    seed: int

    def __post_init__(self) -> None:
        for name in ("epochs", "learning_rate", "rank", "alpha", "batch", "accumulate", "max_tokens", "save_every"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"tuner 'lora': {name} is above 0, not {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"tuner 'lora': dropout is at least 0 and below 1, not {self.dropout}")
        try:
            parts = urlsplit(self.base_url)
            fits = parts.scheme == "http" and bool(parts.hostname) and parts.port is not None
        except ValueError:
            fits = False
        if not fits:
            raise ConfigError(
                f"tuner 'lora': base_url is to read like http://localhost:8000/v1, with a port, not {self.base_url!r}"
            )
        if self.server == "transformers" and not self.merge:
            raise ConfigError(
                "tuner 'lora': 'transformers serve' takes no adapter: leave merge out, or say server = \"vllm\""
            )
        if self.quantize == "4bit" and self.device == "cpu":
            raise ConfigError('tuner \'lora\': quantize = "4bit" needs a CUDA device, not device = "cpu"')
