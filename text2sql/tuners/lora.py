"""LoRA of a causal chat model on this machine; the result is served by transformers or vLLM and asked as ``openai``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from text2sql.errors import TuningFailed
from text2sql.lora.record import Record
from text2sql.lora.settings import Settings
from text2sql.protocols import Tuner
from text2sql.types import Job, TuningData


def lora(
    folder: Path,
    seed: int,
    *,
    base: str,
    epochs: int = 3,
    learning_rate: float = 2e-4,
    rank: int = 16,
    alpha: int = 32,
    dropout: float = 0.05,
    targets: str | Sequence[str] = "all-linear",
    batch: int = 4,
    accumulate: int = 4,
    max_tokens: int = 4096,
    save_every: int = 50,
    quantize: Literal["none", "4bit"] = "none",
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
    device: Literal["auto", "cpu"] = "auto",
    merge: bool = True,
    server: Literal["transformers", "vllm"] = "transformers",
    base_url: str = "http://localhost:8000/v1",
) -> Tuner:
    """Train low-rank updates of a chat model's weights: hours on one GPU, resumed from checkpoints.

    ``base``: folder or hub name of a causal model with a chat template. ``rank``, ``alpha``, ``dropout``, ``targets``:
    of the LoRA, and which layers get one. ``batch`` examples are in memory at once, ``batch`` times ``accumulate`` make
    a step. ``max_tokens``: of prompt and answer; longer examples are left out. ``save_every``: steps between
    checkpoints. ``quantize``: "4bit" is QLoRA, which needs CUDA and bitsandbytes. ``merge``: make a whole model of the
    result, not only an adapter. ``server``, ``base_url``: what is to serve it, and where.
    """
    settings = Settings(
        base=base, epochs=epochs, learning_rate=learning_rate, rank=rank, alpha=alpha, dropout=dropout, targets=targets,
        batch=batch, accumulate=accumulate, max_tokens=max_tokens, save_every=save_every, quantize=quantize,
        dtype=dtype, device=device, merge=merge, server=server, base_url=base_url, seed=seed,
    )  # fmt: skip
    return _Lora(Record(folder), settings)


@dataclass(frozen=True)
class _Lora:
    record: Record
    settings: Settings
    free: bool = False

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        """Train, from the last checkpoint where there is one; another process may poll and cancel meanwhile."""
        from text2sql.lora.pretrained import need_packages
        from text2sql.lora.training import Training

        if not data.train:
            raise TuningFailed("there are no examples to learn from")
        need_packages(self.settings.quantize)
        with self.record.working():
            known = self.record.read()
            if known and known.status == "succeeded" and (self.record.folder / "adapter").is_dir():
                return known
            self.record.go_on()
            if known:  # from now on, not only when the base model is there
                self.record.write(replace(known, status="running", message=""))
            return Training(self.record, self.settings, tell).run(data)

    def poll(self, job: Job) -> Job:
        """What the training wrote down last; whether a process still works on it is looked at, not believed."""
        known = self.record.read() or job
        if not job.id and known.status in ("failed", "cancelled"):
            known = job  # it was an earlier start that ended so
        if known.status not in ("running", "interrupted"):
            return known
        return replace(known, status="running" if self.record.worked_on else "interrupted")

    def cancel(self, job: Job) -> Job:
        """Have the process that trains end after its present step, with a checkpoint to go on from."""
        known = self.poll(job)
        if known.status == "running":
            self.record.ask_to_end()
            return replace(known, status="cancelled", message="it ends after the step that it is at")
        if known.status == "interrupted":
            known = replace(known, status="cancelled")
            self.record.write(known)
        return known
