"""Supervised fine-tuning by OpenAI, or by any endpoint that has its fine-tuning API.

Nothing is paid twice: a job bears a digest of its data and options, by which it is found again. OpenAI itself takes new
jobs of its active fine-tuning customers alone, and until 6 January 2027 (developers.openai.com/api/docs/deprecations).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from text2sql import chat_data
from text2sql.artifacts import digest, file_digest, write_atomically
from text2sql.endpoint import Client, access, address
from text2sql.errors import CallFailed, ConfigError, TuningFailed
from text2sql.prices import Prices
from text2sql.protocols import Tuner
from text2sql.tuners._curves import of_events, of_results, validation_loss
from text2sql.tuners._jobs import JobApi, Json
from text2sql.types import Job, TuningData, TuningEstimate

Status: TypeAlias = Literal["running", "succeeded", "failed", "cancelled"]

_KEY = "OPENAI_API_KEY"
_ENDED: Mapping[str, Status] = {
    "succeeded": "succeeded", "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip
_SHORT = 16_385  # tokens of an example for gpt-3.5-turbo


def openai(
    folder: Path,
    seed: int,
    prices: Prices,
    *,
    base: str,
    epochs: int | Literal["auto"] = "auto",
    batch_size: int | Literal["auto"] = "auto",
    learning_rate_multiplier: float | Literal["auto"] = "auto",
    suffix: str | None = None,
    checkpoint: Literal["last", "best"] = "last",
    base_url: str | None = None,
    api_key_env: str = _KEY,
    timeout: float = 120.0,
    retries: int = 4,
) -> Tuner:
    """A job at an endpoint that has OpenAI's fine-tuning API; it costs money.

    ``base``: the model to tune, best by its dated name; a tuned one is tuned further. ``epochs``, ``batch_size``,
    ``learning_rate_multiplier``: by default as the provider finds fit. ``suffix``: a word in the tuned model's name.
    ``checkpoint``: the model of the last step, or the kept one with the lowest loss on the validation examples.
    ``base_url``, ``api_key_env``, ``timeout``, ``retries``: as of the model ``openai``, which the tuned one is.
    """
    who = f"tuner for {base!r}"
    url, entry = address(who, base_url), access(who, base_url, api_key_env)
    if any(given != "auto" and given <= 0 for given in (epochs, batch_size, learning_rate_multiplier)):
        raise ConfigError(f'{who}: epochs, batch_size and learning_rate_multiplier are above 0, or "auto"')
    if not timeout > 0 or retries < 0 or len(suffix or "") > 64:
        raise ConfigError(f"{who}: timeout is above 0, retries at least 0, suffix has at most 64 characters")
    hyperparameters = {
        "n_epochs": epochs, "batch_size": batch_size, "learning_rate_multiplier": learning_rate_multiplier,
    }  # fmt: skip
    options: Json = {
        "model": base,
        "seed": seed,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
    }
    client = Client(url, entry, f"{base} at {urlsplit(url).netloc}", timeout, retries)
    found = {"base_url": base_url, "api_key_env": None if api_key_env == _KEY else api_key_env}
    model = {"use": "openai", **{name: value for name, value in found.items() if value}}
    options |= {"suffix": suffix} if suffix else {}
    return _OpenAI(
        folder, options, checkpoint, model, JobApi(client, retries + 1, f"remove {folder} to begin anew"), prices
    )


@dataclass(frozen=True)
class _OpenAI:
    folder: Path
    options: Json
    checkpoint: Literal["last", "best"]
    model: Mapping[str, str]
    api: JobApi
    prices: Prices
    free: bool = False

    def estimate(self, data: TuningData) -> TuningEstimate:
        """By an estimate of tokens, and the price list that has the base."""
        longest, epochs = self._longest, self.options["method"]["supervised"]["hyperparameters"]["n_epochs"]
        tokens = sum(min(chat_data.example_tokens(one), longest) for one in data.train)
        return TuningEstimate(tokens, None if epochs == "auto" else epochs, self._cost(tokens))

    def start(self, data: TuningData, tell: Callable[[str, float], None]) -> Job:
        """Write the files, check and upload them, make the job; what is there already is taken as it is."""
        from filelock import FileLock

        if self.checkpoint == "best" and not data.validation:
            raise TuningFailed('checkpoint = "best" needs validation examples: data = { validation = 0.05 }')
        tell("checking", 0.0)
        files = self._files(data)
        # Of a job that was put aside the model is there, and yet another one is wanted.
        aside = [earlier.name for earlier in sorted(self.folder.glob("earlier-*"))]
        token = digest(json.dumps(self.options, sort_keys=True), *map(file_digest, files.values()), *aside)
        with FileLock(self.folder / "lock"), _in_one_line():
            job = self.api.find(token)
            if job is None:
                ids = {}
                for place, (name, file) in enumerate(files.items()):
                    tell(f"uploading {file.name}", (place + 1) / 3)
                    ids[name] = self.api.upload(f"text2sql-{file_digest(file)[:32]}.jsonl", file.read_bytes())
                tell("making the job", 1.0)
                write_atomically(self._token, token)
                job = self.api.create(token, self.options | ids)
            return self._stands(job)

    def poll(self, job: Job) -> Job:
        """What the endpoint says of it; a job that has ended is asked for no more.

        A start that was cut off may have made its job all the same, which then runs and costs: it is looked for.
        """
        with _in_one_line():
            if job.status == "interrupted" and self._token.is_file():
                made = self.api.find(self._token.read_text(encoding="utf-8"))
                return self._stands(made) if made else job
            return self._stands(self.api.retrieve(job.id)) if job.status == "running" else job

    def cancel(self, job: Job) -> Job:
        """A job that has ended meanwhile stays as it ended."""
        if job.status != "running":
            return job
        with _in_one_line():
            try:
                return self._stands(self.api.cancel(job.id))
            except CallFailed:
                now = self._stands(self.api.retrieve(job.id))
                if now.status == "running":
                    raise
                return now

    # --- files ---

    @property
    def _token(self) -> Path:
        """By what the job is found that was asked for last."""
        return self.folder / "token"

    def _files(self, data: TuningData) -> dict[str, Path]:
        """The files by the names that a job has for them; written, and checked by the provider's rules."""
        files: dict[str, Path] = {}
        for name, examples, least in (("training", data.train, chat_data.AT_LEAST), ("validation", data.validation, 1)):
            if name == "validation" and not examples:
                continue
            file = files[f"{name}_file"] = self.folder / ("train.jsonl" if name == "training" else "validation.jsonl")
            chat_data.write(file, examples)
            if problems := chat_data.problems(file, at_least=least, longest=self._longest):
                more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
                raise TuningFailed(f"{file}: {problems[0]}{more}")
        return files

    @property
    def _longest(self) -> int:
        return _SHORT if "gpt-3.5" in self.options["model"] else chat_data.LONGEST

    # --- how a job stands ---

    def _stands(self, said: Json) -> Job:
        """A job from what the endpoint says of it, its events and its results."""
        id, word = str(said["id"]), str(said.get("status"))
        status: Status = _ENDED.get(word, "running")
        name = said.get("fine_tuned_model")
        if status == "succeeded" and not name:
            status, word = "running", "its model is being made ready"
        events = self._events(id)
        losses, done = of_events(events)
        if status != "running":
            contents = (self.api.content(str(file)) for file in said.get("result_files") or ())
            losses = next(filter(None, map(of_results, contents)), losses)
        tokens = said.get("trained_tokens") if isinstance(said.get("trained_tokens"), int) else None
        return Job(
            id,
            status,
            {**self.model, "name": self._chosen(id, str(name))} if status == "succeeded" else {},
            message=_message(said, status, word),
            done=1.0 if status == "succeeded" else done,
            losses=losses,
            events=tuple(_line(event) for event in events if event.get("type") != "metrics"),
            tokens=tokens,
            # They are the billed ones: those of the file, times the epochs.
            cost=None if tokens is None else self._cost(tokens),
        )

    def _events(self, id: str) -> list[Json]:
        """All events so far, oldest first: those that were kept, and the new ones."""
        file = self.folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', id)}.events.jsonl"
        kept = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []
        if new := self.api.events(id, {event["id"] for event in kept}):
            kept += new
            self.folder.mkdir(parents=True, exist_ok=True)  # caches are cleared at times
            write_atomically(file, "".join(f"{json.dumps(event)}\n" for event in kept))
        return kept

    def _chosen(self, id: str, last: str) -> str:
        """The tuned model's name, by ``checkpoint``; of equal ones the later."""
        if self.checkpoint == "last":
            return last
        measured = [
            (loss, -int(one["step_number"]), str(one["fine_tuned_model_checkpoint"]))
            for one in self.api.checkpoints(id)
            if (loss := validation_loss(one.get("metrics") or {})) is not None
        ]
        return min(measured)[2] if measured else last

    def _cost(self, tokens: int) -> float | None:
        price = self.prices.of(self.api.client.url, self.options["model"])
        return None if price is None or price.training is None else tokens * price.training / 1e6


def _message(said: Json, status: str, word: str) -> str:
    """Why a job failed; of a running one what it is at, where that is not running."""
    if status == "failed":
        error: Any = said.get("error") or {}
        return " ".join(str(error.get("message") or "no reason given").split())
    return word.replace("_", " ") if status == "running" and word != "running" else ""


def _line(event: Json) -> str:
    level = event.get("level")
    return (f"{level}: " if level in ("warn", "error") else "") + " ".join(str(event.get("message")).split())


@contextmanager
def _in_one_line() -> Iterator[None]:
    try:
        yield
    except CallFailed as failure:
        raise TuningFailed(str(failure)) from None
