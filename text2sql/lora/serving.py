"""What a training leaves behind: adapter and merged model, and the command that serves them."""

from __future__ import annotations

import gc
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from text2sql.artifacts import kept
from text2sql.lora.pretrained import Base, load_model
from text2sql.lora.settings import Settings

_PROCESSOR = ("processor_config.json", "preprocessor_config.json", "video_preprocessor_config.json")
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM can make room for


def merge(folder: Path, base: Base, settings: Settings) -> None:
    """The adapter put into the base model's weights, as a model of its own: ``folder/merged``, or ``merged-2`` ...

    The weights are loaded again, since those that were quantized for training would lose by it.
    """

    def build(temporary: Path) -> None:
        from peft import PeftModel

        tuned = PeftModel.from_pretrained(load_model(base, settings, whole=True), folder / "adapter")
        tuned.merge_and_unload().save_pretrained(temporary)
        base.tokenizer.save_pretrained(temporary)
        _copy_processor(base, temporary)
        _let_sample(temporary)

    kept(folder / f"merged{_again(folder)}", build)


def _copy_processor(base: Base, folder: Path) -> None:
    """Servers begin no model that can see without its settings for images, also if it is only told words."""
    from transformers.utils import cached_file

    for name in _PROCESSOR:
        if found := cached_file(base.name, name, _raise_exceptions_for_missing_entries=False):
            shutil.copyfile(found, folder / name)


def _let_sample(folder: Path) -> None:
    """Else 'transformers serve' gives one answer at every temperature; at 0 it does not sample anyway."""
    file = folder / "generation_config.json"
    said = json.loads(file.read_bytes()) if file.is_file() else {}
    file.write_text(json.dumps({**said, "do_sample": True}, indent=2), encoding="utf-8")


def save_adapter(trainer: Any, folder: Path) -> None:
    """The adapter with tokenizer and chat template: ``folder/adapter``."""
    kept(folder / "adapter", lambda temporary: trainer.save_model(str(temporary)))


def free_memory() -> None:
    """Give back what no longer has a name, on the accelerator too."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def served_name(folder: Path, settings: Settings) -> str:
    """What the server calls the model: with the tuning's own name, so that no two are taken for one another."""
    return f"{folder.name}/{'merged' if settings.merge else 'adapter'}{_again(folder)}"


def _again(folder: Path) -> str:
    """Of a tuning that was made anew: answers and runs are kept by the model's name, and the earlier one's are not its.

    What was made before is beside it, in ``earlier-1`` and so on.
    """
    earlier = sum(1 for _ in folder.glob("earlier-*"))
    return f"-{earlier + 1}" if earlier else ""


def command(folder: Path, base: Base, settings: Settings) -> str:
    """The shell command that serves the tuned model at ``base_url``, as ``served_name``."""
    name, parts = served_name(folder, settings), urlsplit(settings.base_url)
    where = ["--port", str(parts.port)]
    if parts.hostname not in ("localhost", "127.0.0.1"):
        where = ["--host", "0.0.0.0", *where]
    if settings.server == "transformers":
        # It knows a model by its path as it is given here, seen from where it starts.
        cd = ["cd", "/d"] if os.name == "nt" else ["cd"]
        return f"{_joined([*cd, str(folder.parent)])} && {_joined(['transformers', 'serve', name, *where])}"
    if settings.merge:
        return _joined(["vllm", "serve", str(folder.parent / name), "--served-model-name", name, *where])
    room = next((rank for rank in _RANKS if rank >= settings.rank), settings.rank)
    lora = ["--enable-lora", "--max-lora-rank", str(room), "--lora-modules", f"{name}={folder / 'adapter'}"]
    return _joined(["vllm", "serve", base.name, *lora, *where])


def _joined(words: Sequence[str]) -> str:
    """A command as the system's own shell reads it."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
