"""The training itself, from the base model to the merged one; cut off at any instant, it goes on from a checkpoint."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from text2sql.errors import TuningFailed
from text2sql.lora import serving
from text2sql.lora.examples import Rows, tokenized
from text2sql.lora.pretrained import Base, find_base, hold_to
from text2sql.lora.record import Record
from text2sql.lora.settings import Settings
from text2sql.lora.trainer import losses_of, make_trainer, sizes_of, steps_of
from text2sql.types import Job, Loss, TuningData


@dataclass
class Training:
    """One training in its folder; ``run`` does all of it, or what is left of it."""

    record: Record
    settings: Settings
    tell: Callable[[str, float], None]
    events: list[str] = field(default_factory=list)
    tokens: int = 0
    before: tuple[Loss, ...] = ()

    def run(self, data: TuningData) -> Job:
        """To the end, or until somebody asks to end it. Raises TuningFailed where it cannot begin."""
        with _quiet():
            return self._run(data)

    def _run(self, data: TuningData) -> Job:
        folder = self.record.folder
        for cut_off in (*folder.glob(".adapter.*"), *folder.glob(".merged*")):
            shutil.rmtree(cut_off, ignore_errors=True)
        self.tell("base model", 0.0)
        base = find_base(self.settings.base)
        self.tell("examples", 0.0)
        train, validation = self._rows(data, base)
        self.tokens = train.tokens * self.settings.epochs
        hold_to(base, data, folder)
        self.record.write(self._job("running"))
        try:
            if not (folder / "adapter").is_dir() and not self._train(base, train, validation):
                return self._end("cancelled", "ended before its last step; 'text2sql finetune start' goes on with it")
            if self.settings.merge:
                self.tell("merging", 1.0)
                serving.merge(folder, base, self.settings)
        except (MemoryError, RuntimeError) as error:
            if not _of_memory(error):
                raise
            return self._end("failed", f"out of memory: lower {_hungry(self.settings)}")
        for checkpoint in folder.glob("checkpoint-*"):
            shutil.rmtree(checkpoint, ignore_errors=True)
        model = {"name": serving.served_name(folder, self.settings), "base_url": self.settings.base_url}
        done = replace(
            self._job("succeeded", done=1.0),
            model={"use": "openai", **model},
            serve=serving.command(folder, base, self.settings),
        )
        self.record.write(done)
        return done

    def _rows(self, data: TuningData, base: Base) -> tuple[Rows, Rows]:
        limit = min(self.settings.max_tokens, base.longest)
        train, validation = (
            tokenized(part, base.tokenizer, base.ends, limit, base.name) for part in (data.train, data.validation)
        )
        if not train.rows:
            raise TuningFailed(
                f"all {train.too_long} examples have more than {limit} tokens (the shortest {train.shortest}): raise "
                "max_tokens, or shorten the prompts"
            )
        self.events.append(f"{len(train.rows)} examples to learn from, {len(validation.rows)} to measure the loss on")
        if left := train.too_long + validation.too_long:
            self.events.append(f"{left} examples left out: they have more than {limit} tokens")
        return train, validation

    def _train(self, base: Base, train: Rows, validation: Rows) -> bool:
        """Whether the last step was made; the adapter is then saved."""
        checkpoint = _last_checkpoint(self.record.folder)
        self.tell("base model", 0.0)
        trainer = make_trainer(base, self.settings, self.record.folder, train, validation)
        steps, (trained, size) = steps_of(len(train.rows), self.settings), sizes_of(trainer.model)
        self.events.append(f"{trained:,} of {size:,} parameters are trained, in {steps} steps")
        if checkpoint:
            begun = int(checkpoint.name.partition("-")[2])
            self.events.append(f"goes on from step {begun}")
            known = self.record.read()
            self.before = tuple(loss for loss in known.losses if loss.step <= begun) if known else ()
        trainer.add_callback(_watch(self))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        ended = trainer.state.global_step < trainer.state.max_steps
        if not ended:
            serving.save_adapter(trainer, self.record.folder)
        self.seen(trainer.state)
        del trainer
        serving.free_memory()
        return not ended

    def seen(self, state: Any) -> None:
        """Write down how far it is, with the loss curve."""
        self.record.write(
            replace(self._job("running", losses=losses_of(state.log_history, self.before)), done=_share(state))
        )

    def _job(self, status: Any, *, losses: Sequence[Loss] | None = None, done: float | None = None) -> Job:
        """The job as it stands; what is not given is as it was."""
        before = self.record.read() or Job(self.record.folder.name, "running")
        share = before.done if done is None else done
        return replace(
            before,
            status=status,
            message="",
            done=share,
            losses=before.losses if losses is None else tuple(losses),
            events=tuple(self.events),
            tokens=round(self.tokens * share),
        )

    def _end(self, status: Any, message: str) -> Job:
        job = replace(self._job(status), message=message)
        self.record.write(job)
        return job


def _watch(training: Training) -> Any:
    """A callback that tells how far it is, writes it down, and ends it where somebody asks for that."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            training.tell(f"step {state.global_step} of {state.max_steps}", _share(state))
            if training.record.asked_to_end and state.global_step < state.max_steps:
                control.should_save = control.should_training_stop = True

        def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            training.seen(state)

    return Watch()


def _last_checkpoint(folder: Path) -> Path | None:
    """The last whole one; one whose saving was cut off is removed."""
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=lambda path: -int(path.name.partition("-")[2])):
        if (checkpoint / "trainer_state.json").is_file():  # the trainer writes it last
            return checkpoint
        shutil.rmtree(checkpoint)
    return None


def _share(state: Any) -> float:
    return state.global_step / state.max_steps if state.max_steps else 0.0


def _of_memory(error: BaseException) -> bool:
    """torch says it in a class of its own on an accelerator alone."""
    said = str(error)
    return isinstance(error, MemoryError) or "out of memory" in said or "can't allocate memory" in said


def _hungry(settings: Settings) -> str:
    """The options that memory depends on, as they stand."""
    less = f"batch (now {settings.batch}; raise accumulate with it), max_tokens (now {settings.max_tokens})"
    quantized = "" if settings.quantize == "4bit" or settings.device == "cpu" else ', or say quantize = "4bit"'
    return f"{less} or rank (now {settings.rank}){quantized}"


@contextmanager
def _quiet() -> Iterator[None]:
    """The libraries' own bars, hints, and what they say of each other's future, would tear up our bar."""
    import datasets
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield
