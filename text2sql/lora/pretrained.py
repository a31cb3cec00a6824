"""The base model: found, checked, loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from text2sql.artifacts import digest, file_digest, write_atomically
from text2sql.errors import TuningFailed
from text2sql.lora.settings import Settings
from text2sql.types import TuningData

_PACKAGES = ("torch", "transformers", "peft", "trl")
_CAUSAL = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def need_packages(quantize: str = "none") -> None:
    """Raises TuningFailed where the extra is not installed, or what quantizing needs is not there."""
    if missing := [name for name in _PACKAGES if find_spec(name) is None]:
        raise TuningFailed(f"the tuner 'lora' needs {', '.join(missing)}: pip install 'text2sql[lora]'")
    if quantize == "4bit":
        import torch

        if not torch.cuda.is_available():
            raise TuningFailed('quantize = "4bit" needs a CUDA device, and this machine has none: leave it out')
        if find_spec("bitsandbytes") is None:
            raise TuningFailed('quantize = "4bit" needs bitsandbytes: pip install bitsandbytes')


@dataclass(frozen=True)
class Base:
    """The base model's tokenizer and configuration; ``name`` is a folder's full path, or a name on the hub."""

    name: str
    tokenizer: Any
    config: Any
    ends: tuple[str, ...]

    @property
    def longest(self) -> int:
        """Tokens that it can look at."""
        return int(getattr(self.config.get_text_config(), "max_position_embeddings", None) or 10**9)


def find_base(name: str) -> Base:
    """Tokenizer and configuration of a causal chat model. Raises TuningFailed where it is none."""
    from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig, AutoTokenizer, GenerationConfig

    known = str(Path(name).resolve()) if Path(name).is_dir() else name
    try:
        config = AutoConfig.from_pretrained(known)
    except (OSError, ValueError, KeyError) as error:
        where = "has no model" if known != name or Path(name).is_dir() else "no folder, and no model that can be had"
        raise TuningFailed(f"base {name!r}: {where} ({_line(error)})") from None
    kinds = getattr(config, "architectures", None) or ()
    causal = type(config) in MODEL_FOR_CAUSAL_LM_MAPPING and not getattr(config, "is_encoder_decoder", False)
    if not causal or (kinds and not any(kind.endswith(_CAUSAL) for kind in kinds)):
        raise TuningFailed(f"base {name!r}: no causal language model, but {', '.join(kinds) or config.model_type}")
    try:
        tokenizer = AutoTokenizer.from_pretrained(known)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TuningFailed(f"base {name!r}: no tokenizer that can be read ({_line(error)})") from None
    if not tokenizer.chat_template:
        raise TuningFailed(f"base {name!r}: no chat template; take the model's variant for chats (Instruct, Chat, it)")
    try:
        stops = GenerationConfig.from_pretrained(known).eos_token_id
    except OSError:
        stops = None
    listed = [stops] if isinstance(stops, int) else stops or []
    # The tokenizer's own comes first: it is what ends an answer where the template does not.
    ends = dict.fromkeys([tokenizer.eos_token, *map(tokenizer.convert_ids_to_tokens, listed)])
    if not (found := tuple(end for end in ends if end)):
        raise TuningFailed(f"base {name!r}: no token ends its answers (eos_token)")
    return Base(known, tokenizer, config, found)


def load_model(base: Base, settings: Settings, *, whole: bool = False) -> Any:
    """The base model in the settings' precision; ``whole``: not quantized, in main memory. Raises TuningFailed."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    kind = precision(settings)
    options: dict[str, Any] = {"dtype": kind}
    if settings.quantize == "4bit" and not whole:
        # QLoRA (Dettmers et al. 2023): NF4 with double quantization.
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=kind
        )
        options["device_map"] = {"": torch.cuda.current_device()}
    try:
        return AutoModelForCausalLM.from_pretrained(base.name, **options)
    except (OSError, ValueError, KeyError) as error:
        raise TuningFailed(f"base {base.name!r}: its weights cannot be read ({_line(error)})") from None


def precision(settings: Settings) -> Any:
    """The torch dtype: by default bfloat16 where the accelerator has it, else float32. Raises TuningFailed."""
    import torch

    cuda = settings.device == "auto" and torch.cuda.is_available()
    if settings.dtype == "float16" and not cuda:
        raise TuningFailed('dtype = "float16" needs a CUDA device: leave dtype out')
    if settings.dtype == "auto":
        return torch.bfloat16 if cuda and torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    return getattr(torch, settings.dtype)


def hold_to(base: Base, data: TuningData, folder: Path) -> None:
    """Write down which base and which examples the folder's checkpoints are of, or compare.

    Raises TuningFailed where they are of others.
    """
    file, begun = folder / "base.json", any(folder.glob("checkpoint-*"))
    now = {"base": base.name, "weights": _weights(base), "data": _examples(data)}
    before = json.loads(file.read_bytes()) if file.is_file() else {}
    anew = f"remove {folder} to begin anew"
    if begun and any(before.get(key) != now[key] for key in ("base", "weights")):
        other = before.get("base", "unknown")
        which = f"of another base model, {other}" if other != base.name else f"of other weights of {base.name}"
        raise TuningFailed(f"the checkpoints here are {which}; {anew}")
    if begun and before.get("data") != now["data"]:
        raise TuningFailed(f"the checkpoints here are of other examples; {anew}")
    write_atomically(file, json.dumps(now, indent=1))


def _examples(data: TuningData) -> str:
    """Of the texts and not of the tokens: templates such as Llama 3's put the day's date into a prompt."""
    texts = [
        [[(m.role, m.content) for m in one.prompt.messages], [t.parameters for t in one.prompt.tools], one.answer]
        for one in (*data.train, *data.validation)
    ]
    return digest(json.dumps([len(data.train), texts]))


def _weights(base: Base) -> str:
    """The hub's commit, else a digest over the folder's files."""
    if commit := getattr(base.config, "_commit_hash", None):
        return str(commit)
    files = sorted(f for f in Path(base.name).iterdir() if f.suffix in (".json", ".safetensors", ".bin", ".jinja"))
    return digest(*(f"{file.name} {file_digest(file)}" for file in files))


def _line(error: BaseException) -> str:
    """The first sentence of what a library says, on one line."""
    line = " ".join(str(error).split())
    return line if len(line) <= 160 else f"{line[:157]}..."
