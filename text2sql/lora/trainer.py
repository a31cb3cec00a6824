"""trl's SFTTrainer with peft's LoRA as the settings want it, and what it says of itself.

LoRA: Hu et al. 2021, on quantized weights QLoRA: Dettmers et al. 2023.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from text2sql.errors import TuningFailed
from text2sql.lora.examples import Rows
from text2sql.lora.pretrained import Base, load_model, precision
from text2sql.lora.settings import Settings
from text2sql.types import Loss

_POINTS = 200  # of the training loss, at most


def make_trainer(base: Base, settings: Settings, folder: Path, train: Rows, validation: Rows) -> Any:
    """The trainer, ready to begin. Raises TuningFailed."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    kind, targets = precision(settings), settings.targets
    cpu = settings.device == "cpu" or not torch.accelerator.is_available()
    try:
        arguments = SFTConfig(
            output_dir=str(folder),
            num_train_epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            lr_scheduler_type="cosine",
            warmup_steps=0.03,  # of all steps
            per_device_train_batch_size=settings.batch,
            per_device_eval_batch_size=settings.batch,
            gradient_accumulation_steps=settings.accumulate,
            max_length=None,  # examples that are too long are left out, none is cut
            eval_strategy="epoch" if validation.rows else "no",
            logging_steps=max(1, steps_of(len(train.rows), settings) // _POINTS),
            logging_first_step=True,
            save_strategy="steps",
            save_steps=settings.save_every,
            save_total_limit=2,
            bf16=kind is torch.bfloat16,
            fp16=kind is torch.float16,
            use_cpu=cpu,
            dataloader_pin_memory=not cpu,
            seed=settings.seed % 2**32,
            report_to="none",
            disable_tqdm=True,
        )
        if arguments.n_gpu > 1:
            arguments._n_gpu = 1  # the first of them: over several at once trl does not train in one process
        trainer = SFTTrainer(
            model=load_model(base, settings),
            args=arguments,
            train_dataset=Dataset.from_list(list(train.rows)),
            eval_dataset=Dataset.from_list(list(validation.rows)) if validation.rows else None,
            processing_class=base.tokenizer,
            peft_config=LoraConfig(
                r=settings.rank,
                lora_alpha=settings.alpha,
                lora_dropout=settings.dropout,
                target_modules=targets if isinstance(targets, str) else list(targets),
                task_type="CAUSAL_LM",
            ),
        )
    except ValueError as error:  # targets that the model does not have
        raise TuningFailed(f"base {base.name!r}: {' '.join(str(error).split())}") from None
    trainer.remove_callback(PrinterCallback)
    if kind is torch.float16:
        in_float32(trainer.model)
    return trainer


def in_float32(model: Any) -> None:
    """What is trained. trl makes it bfloat16 in a quantized model, and float16's gradient scaler refuses that."""
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()


def steps_of(examples: int, settings: Settings) -> int:
    """Of all epochs; the last step of an epoch may have fewer examples."""
    batches = -(-examples // settings.batch)
    return settings.epochs * -(-batches // settings.accumulate)


def sizes_of(model: Any) -> tuple[int, int]:
    """Parameters that are trained, and all."""
    weights = list(model.parameters())
    return sum(weight.numel() for weight in weights if weight.requires_grad), sum(w.numel() for w in weights)


def losses_of(history: Iterable[Mapping[str, Any]], before: Iterable[Loss] = ()) -> list[Loss]:
    """The loss curve of the trainer's log, and of what was measured ``before``.

    A checkpoint at the end of an epoch is saved before the epoch's validation, and does not know of it.
    """
    points = {loss.step: loss for loss in before}
    for entry in history:
        step = int(entry["step"])
        known = points.get(step, Loss(step))
        train, validation = entry.get("loss", known.train), entry.get("eval_loss", known.validation)
        if train is not None or validation is not None:
            points[step] = Loss(step, train, validation)
    return [points[step] for step in sorted(points)]
