"""The fine-tuning API: jobs over uploaded files, with events, checkpoints and results, in a time of their own."""

from __future__ import annotations

import base64
import json
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.protocol_server.errors import Json, error, failure
from tests.protocol_server.files import Files
from tests.protocol_server.messages import Answer, Refused, Request, in_json, unknown
from tests.protocol_server.settings import Settings, is_status
from tests.protocol_server.tuning_job import FINAL, Job

_OPERATIONS = ("create", "list", "retrieve", "cancel", "events", "checkpoints")
_CREATE_KEYS = {"model", "training_file", "validation_file", "method", "seed", "suffix", "metadata", "integrations"}
_MESSAGE_KEYS = {"role", "content", "weight", "name", "tool_calls", "tool_call_id"}


class FineTuning:
    """The jobs, by id. They move on when one looks at them."""

    def __init__(self, files: Files, settings: Callable[[], Settings]) -> None:
        self._files, self._settings = files, settings
        self._jobs: dict[str, Job] = {}
        self._calls: Counter[str] = Counter()

    def answers(self, model: str) -> Mapping[str, Sequence[str]] | None:
        """What a tuned model says to a message: what its train file answers. None where there is no such model."""
        for job in self._jobs.values():
            self._told(job)
            if model in {job.told["fine_tuned_model"], *(c["fine_tuned_model_checkpoint"] for c in job.checkpoints())}:
                pairs = [[message["content"] for message in example["messages"]][-2:] for example in job.examples]
                return {asked: [answered] for asked, answered in pairs}
        return None

    def counts(self) -> Json:
        """How often each operation was asked for, and what the jobs were made from."""
        made = ("model", "seed", "training_file", "validation_file", "hyperparameters", "metadata")
        return {"calls": dict(self._calls), "jobs": [{n: job.told[n] for n in made} for job in self._jobs.values()]}

    def respond(self, request: Request, rest: Sequence[str]) -> Answer:
        """The answer to a request under /v1/fine_tuning; ``rest``: the parts of its path after that. Raises Refused."""
        short = {("POST", 1): "create", ("GET", 1): "list", ("GET", 2): "retrieve"}
        operation = short.get((request.method, len(rest))) or (rest[2] if len(rest) == 3 else "")
        if rest[:1] != ["jobs"] or operation not in _OPERATIONS:
            raise unknown(f"URL: {request.method} {request.path}")
        return self.faulty(operation, lambda: in_json(self._do(operation, request, rest)))

    def faulty(self, operation: str, do: Callable[[], Answer]) -> Answer:
        """What is done, with the fault that this call of the operation meets: a status, or its answer is lost."""
        self._calls[operation] += 1
        schedule, call = self._settings().tuning_faults.get(operation, ()), self._calls[operation]
        fault = schedule[call - 1] if call <= len(schedule) else ""
        if is_status(fault):
            raise Refused(int(fault), failure(int(fault)))
        answer = do()
        return Answer(answer.status, answer.body, share=0.0) if fault == "dropped" else answer

    def _do(self, operation: str, request: Request, rest: Sequence[str]) -> Json:
        if operation == "create":
            return self._create(request.body)
        if operation == "list":
            wanted = {name[9:-1]: value for name, value in request.query.items() if name.startswith("metadata[")}
            jobs = [self._told(job) for job in reversed(self._jobs.values())]
            return _page([job for job in jobs if wanted.items() <= (job["metadata"] or {}).items()], request)
        job = self._jobs.get(rest[1])
        if job is None or self._settings().tuning == "vanished":
            raise Refused(404, error(f"Could not find fine tune: {rest[1]}", param="fine_tune_id"))
        told = self._told(job)
        if operation == "cancel":
            if told["status"] in FINAL:
                raise Refused(400, error(f"Job has already completed: {rest[1]}", code="job_completed"))
            job.stopped = True
            return self._told(job)
        if operation == "events":
            return _page(job.events()[::-1], request)
        return _page(job.checkpoints()[::-1], request) if operation == "checkpoints" else told

    def _create(self, data: bytes) -> Json:
        body: Any = json.loads(data)
        settings = self._settings()
        if settings.tuning == "unavailable":
            said = "OpenAI is winding down the fine-tuning platform and your organization is no longer able to create"
            raise Refused(403, error(f"{said} new fine-tuning training jobs.", code="training_not_available"))
        for key in body.keys() - _CREATE_KEYS:
            raise Refused(400, error(f"Unknown parameter: '{key}'.", param=key, code="unknown_parameter"))
        if settings.models and body["model"] not in settings.models:
            raise Refused(400, error(f"The model `{body['model']}` is not available for fine-tuning.", param="model"))
        train, wrong = self._files.read(body["training_file"], "fine-tune"), ""
        for name in ("validation_file", "training_file"):
            if body.get(name):
                wrong = _wrong(self._files.read(body[name], "fine-tune"), name) or wrong
        examples = [] if wrong else [json.loads(line) for line in train.splitlines()]
        chosen = body["method"]["supervised"]["hyperparameters"]
        auto = {"n_epochs": 3, "batch_size": math.ceil(len(examples) / 50) or 1, "learning_rate_multiplier": 1.8}
        used = {name: auto[name] if chosen.get(name, "auto") == "auto" else chosen[name] for name in auto}
        told: Json = {
            "object": "fine_tuning.job",
            "id": f"ftjob-{len(self._jobs) + 1:06d}",
            "created_at": int(time.time()),
            "error": None,
            "fine_tuned_model": None,
            "finished_at": None,
            "hyperparameters": used,
            "model": body["model"],
            "organization_id": "org-tests",
            "result_files": [],
            "seed": body.get("seed", 0),
            "status": "validating_files",
            "trained_tokens": None,
            "training_file": body["training_file"],
            "validation_file": body.get("validation_file"),
            "user_provided_suffix": body.get("suffix"),
            "metadata": body.get("metadata"),
            "method": {"type": "supervised", "supervised": {"hyperparameters": used}},
        }
        self._jobs[told["id"]] = Job(told, examples, wrong, math.ceil(len(examples) / used["batch_size"]))
        return dict(told)

    def _told(self, job: Job) -> Json:
        """The job as it stands now; the file of results comes with its end."""
        job.move(self._settings())
        if job.told["status"] == "succeeded" and not job.told["result_files"]:
            content = base64.b64encode(job.csv().encode())
            job.told["result_files"] = [self._files.add("step_metrics.csv", "fine-tune-results", content)["id"]]
        return dict(job.told)


def _page(entries: Sequence[Json], request: Request) -> Json:
    """A page of a list that begins with the newest."""
    ids, after = [entry["id"] for entry in entries], request.query.get("after")
    first = ids.index(after) + 1 if after in ids else 0
    page = entries[first : first + int(request.query.get("limit", 20))]
    return {"object": "list", "data": list(page), "has_more": first + len(page) < len(entries)}


def _wrong(content: bytes, name: str) -> str:
    """Why a file is refused; an empty string for a good one."""
    lines = content.splitlines()
    if name == "training_file" and len(lines) < 10:
        return f"Training file has {len(lines)} example(s), but must have at least 10 examples"
    for number, line in enumerate(lines, 1):
        try:
            example = json.loads(line)
            messages = example["messages"]
            fine = example.keys() <= {"messages", "tools"} and messages[-1]["role"] == "assistant"
            fine = fine and all(message.keys() <= _MESSAGE_KEYS and message["content"] for message in messages)
        except (ValueError, LookupError, TypeError, AttributeError):
            fine = False
        if not fine:
            return f"The job failed due to an invalid {name.replace('_', ' ')}. Invalid file format. Line {number}"
    return ""
