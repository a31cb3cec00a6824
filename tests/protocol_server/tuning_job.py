"""One fine-tuning job: how it stands at a time, and what it then tells of itself.

Its losses, tokens and checkpoints follow from its files and hyperparameters alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.protocol_server.errors import Json
from tests.protocol_server.settings import Settings

FINAL = ("succeeded", "failed", "cancelled")
KEPT = 3  # checkpoints: those of the last epochs
# Shares of its time after which a job leaves these states, or fails where it is to.
VALIDATED, BEGUN, FAILS = 0.1, 0.2, 0.7


@dataclass
class Job:
    """``told``: the job as the API tells of it; ``wrong``: why its files are refused, or an empty string."""

    told: Json
    examples: Sequence[Json]
    wrong: str
    of_epoch: int  # steps
    start: float = field(default_factory=time.monotonic)
    stopped: bool = False
    step: int = 0

    @property
    def steps(self) -> int:
        """All of them."""
        return int(self.told["hyperparameters"]["n_epochs"]) * self.of_epoch

    def move(self, settings: Settings) -> None:
        """To where it stands now; what has ended stays."""
        told, share = self.told, settings.tuning_at
        if told["status"] in FINAL:
            return
        if share is None:
            share = (time.monotonic() - self.start) / (settings.tuning_seconds or 1e-9)
        waits = share < BEGUN or settings.tuning == "queued"
        told["status"] = "validating_files" if share < VALIDATED else "queued" if waits else "running"
        if told["status"] == "running" and not self.wrong:
            share = min(share, FAILS if settings.tuning == "failed" else 1.0)
            self.step = int((share - BEGUN) / (1 - BEGUN) * self.steps)
        if self.stopped:
            told["status"] = "cancelled"
        elif share >= VALIDATED and self.wrong:
            self._fail("invalid_training_file", self.wrong, "training_file")
        elif told["status"] == "running" and share >= FAILS and settings.tuning == "failed":
            self._fail("server_error", "The job failed due to an internal error.", None)
        elif told["status"] == "running" and share >= 1.0:
            told["status"], self.step = "succeeded", self.steps
            told["fine_tuned_model"] = (
                f"ft:{told['model']}:tests:{told['user_provided_suffix'] or ''}:{told['id'][-4:]}"
            )
            words = sum(len(m["content"].split()) for example in self.examples for m in example["messages"])
            told["trained_tokens"] = told["hyperparameters"]["n_epochs"] * words
        if told["status"] in FINAL:
            told["finished_at"] = int(time.time())

    def _fail(self, code: str, message: str, param: str | None) -> None:
        self.told["status"], self.told["error"] = "failed", {"code": code, "message": message, "param": param}

    def metrics(self, step: int) -> Json:
        """After a step. With a validation file: on a few of its examples, at the end of an epoch on all of them."""
        train = round(2.0 / (1 + step), 4)
        measured: Json = {"step": step, "train_loss": train, "train_mean_token_accuracy": 0.9}
        if self.told["validation_file"]:
            measured |= {"valid_loss": round(train + 0.25, 4), "valid_mean_token_accuracy": 0.8}
            if step % self.of_epoch == 0:  # the second epoch is the best one
                measured["full_valid_loss"] = round(0.5 + 0.1 * abs(step // self.of_epoch - 2), 4)
        return measured

    def csv(self) -> str:
        """The file of results."""
        names = ("step", "train_loss", "train_mean_token_accuracy", "valid_loss", "full_valid_loss")
        rows = [self.metrics(step) for step in range(1, self.steps + 1)]
        table = [names, *([row.get(name, "") for name in names] for row in rows)]
        return "".join(f"{','.join(map(str, row))}\n" for row in table)

    def events(self) -> list[Json]:
        """Oldest first."""
        told, said = self.told, [("info", f"Created fine-tuning job: {self.told['id']}", Json())]
        said.append(("info", f"Validating training file: {told['training_file']}", {}))
        if self.step or told["status"] in ("running", "succeeded"):
            said += [("info", "Files validated, moving job to queued state", {}), ("info", "Job started", {})]
        for step in range(1, self.step + 1):
            data = self.metrics(step)
            text = f"Step {step}/{self.steps}: training loss={data['train_loss']:.2f}"
            for word, name in (("validation", "valid_loss"), ("full validation", "full_valid_loss")):
                text += f", {word} loss={data[name]:.2f}" if name in data else ""
            said.append(("info", text, {**data, "total_steps": self.steps}))
        if told["status"] == "succeeded":
            said.append(("info", f"New fine-tuned model created: {told['fine_tuned_model']}", {}))
        elif told["status"] == "failed":
            said.append(("error", told["error"]["message"], {}))
        elif told["status"] == "cancelled":
            said.append(("warn", "Fine-tuning job cancelled", {}))
        return [
            {
                "object": "fine_tuning.job.event",
                "id": f"ftevent-{told['id'][-6:]}-{place:05d}",
                "created_at": told["created_at"],
                "level": level,
                "message": text,
                "data": data,
                "type": "metrics" if data else "message",
            }
            for place, (level, text, data) in enumerate(said)
        ]

    def checkpoints(self) -> list[Json]:
        """Those of the last epochs, oldest first; the last step's model bears the job's own name."""
        told, epochs = self.told, self.told["hyperparameters"]["n_epochs"]
        if told["status"] != "succeeded":
            return []
        return [
            {
                "object": "fine_tuning.job.checkpoint",
                "id": f"ftckpt-{told['id'][-6:]}-{step}",
                "created_at": told["finished_at"],
                "fine_tuned_model_checkpoint": told["fine_tuned_model"] + f":ckpt-step-{step}" * (step < self.steps),
                "fine_tuning_job_id": told["id"],
                "metrics": self.metrics(step),
                "step_number": step,
            }
            for step in (epoch * self.of_epoch for epoch in range(max(1, epochs - KEPT + 1), epochs + 1))
        ]
