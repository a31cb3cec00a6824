"""What is done with each request: routes, refusals, limits, faults, and the answer."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from tests.protocol_server.answers import Answers, completion
from tests.protocol_server.batches import Batches
from tests.protocol_server.errors import Json, error, failure, no_quota, unsupported
from tests.protocol_server.files import Files
from tests.protocol_server.fine_tuning import FineTuning
from tests.protocol_server.ledger import Entry, Ledger
from tests.protocol_server.limits import Limits
from tests.protocol_server.messages import Answer, Refused, Request, in_json, unknown
from tests.protocol_server.settings import CONTENT_FAULTS, Settings, changed, is_status

COMPLETIONS = {"/v1/chat/completions": "messages", "/v1/completions": "prompt"}


class Service:
    """The server but for its connections. Not thread-safe: all in the one loop."""

    def __init__(self, settings: Settings) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._use(settings)
        self.ledger = Ledger()
        self._forget()

    def _use(self, settings: Settings) -> None:
        self.settings, self._since = settings, time.monotonic()
        self._answers = Answers(settings)

    def _forget(self) -> None:
        self.ledger = Ledger(in_flight=self.ledger.in_flight, connections=self.ledger.connections)
        self._attempts: Counter[str] = Counter()
        self._limits = Limits(self.settings)
        self._files = Files()
        self._batches = Batches(self._files, lambda: self.settings, self._line)
        self._tuning = FineTuning(self._files, lambda: self.settings)

    def respond(self, request: Request) -> Answer:
        """The answer, at once; nobody waits here."""
        if request.path in COMPLETIONS and request.method == "POST":
            return self._complete(request)
        try:
            if request.path.startswith("/_"):
                return in_json(self._control(request))
            self._authorise(request)
            what, *rest = request.path.removeprefix("/v1/").split("/")
            if what == "files":
                if request.method == "POST":
                    return self._tuning.faulty("upload", lambda: self._files.respond(request, rest))
                return self._files.respond(request, rest)
            if what == "batches":
                return self._batches.respond(request, rest)
            if what == "fine_tuning":
                return self._tuning.respond(request, rest)
            if request.path == "/v1/models":
                names = self.settings.models or ["any"]
                models = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in names]
                return in_json({"object": "list", "data": models})
            raise unknown(f"URL: {request.method} {request.path}")
        except Refused as refused:
            return in_json(refused.body, refused.status)

    # ---- completions

    def _complete(self, request: Request) -> Answer:
        self.ledger.begin()
        entry = Entry(_digest(request.body))
        headers: Mapping[str, str] = {}
        try:
            if self.settings.down_by == "503" and any(start <= 0 < end for start, end in self.downtimes()):
                raise Refused(503, failure(503), "down")
            self._authorise(request)
            body = self._checked(request.path, request.body)
            entry.seed, entry.n = body.get("seed"), body.get("n") or 1
            attempt = self._attempts[entry.digest] + 1
            id = f"{entry.digest}-{attempt}"
            fault = self._draw(entry.digest, attempt, self.settings.faults)
            said = completion(body, self._answers_of(body["model"]), self.settings, id, fault)
            # What may come is counted against the limit on tokens, as providers do.
            reserved = entry.n * (body.get("max_completion_tokens") or body.get("max_tokens") or 0)
            tokens = said.prompt_tokens + max(reserved, said.completion_tokens)
            limited, headers = self._limits.admit(tokens, time.monotonic() - (self.ledger.first or 0.0))
            if limited:
                raise Refused(429, limited, "limited")
        except Refused as refused:
            entry.status, entry.outcome = refused.status, refused.outcome
            return in_json(refused.body, refused.status, headers, entry=entry)
        # An attempt is what has come this far: limits depend on time, and faults may not.
        self._attempts[entry.digest] = entry.attempt = attempt
        entry.outcome = fault or "fine"
        entry.prompt_tokens, entry.completion_tokens = said.prompt_tokens, said.completion_tokens
        return self._spoilt(said.body, fault, entry, {**headers, "x-request-id": f"req_{id}"})

    def _spoilt(self, body: Json, fault: str, entry: Entry, headers: Mapping[str, str]) -> Answer:
        """The answer with the fault that it meets, if any."""
        settings = self.settings
        seconds = settings.late_seconds if fault == "late" else settings.latency
        status = 429 if fault == "quota" else int(fault[:3]) if is_status(fault[:3]) else 200
        if status != 200:
            entry.status, entry.prompt_tokens, entry.completion_tokens = status, 0, 0
            headers = {**headers, "retry-after": f"{settings.retry_after:g}"} if "+" in fault else headers
            return in_json(no_quota() if fault == "quota" else failure(status), status, headers, seconds, entry)
        data = json.dumps(body).encode()
        data = data[: len(data) // 2] if fault == "malformed" else data
        share = {"dropped": 0.0, "dropped_midway": 0.5}.get(fault, 1.0)
        return Answer(200, data, headers, seconds, share, entry=entry)

    def _checked(self, path: str, data: bytes) -> Json:
        """The request's body, with all that it must have and nothing that is refused."""
        settings = self.settings
        try:
            body: Any = json.loads(data)
        except ValueError:
            raise Refused(400, error("We could not parse the JSON body of your request.")) from None
        for name in ("model", COMPLETIONS[path]):
            if not isinstance(body, dict) or not body.get(name):
                said = f"Missing required parameter: '{name}'."
                raise Refused(400, error(said, param=name, code="missing_required_parameter"))
        if settings.models and body["model"] not in settings.models:
            said = f"The model `{body['model']}` does not exist or you do not have access to it."
            raise Refused(404, error(said, code="model_not_found"))
        for name in (*settings.refuse, *(["stream"] if body.get("stream") else [])):
            if name in body:
                raise Refused(*unsupported(name, body[name], settings.refuse_as))
        if body.get("n") not in (1, None):
            if settings.n == "refused":
                raise Refused(*unsupported("n", body["n"], settings.refuse_as))
            if settings.n == "sampled" and body.get("temperature") == 0:
                raise Refused(*unsupported("n", body["n"], "vllm"))
        return dict(body)

    def _draw(self, digest: str, attempt: int, shares: Mapping[str, float]) -> str:
        """The fault that this attempt at this request meets, or an empty string: the same in every run."""
        settings = self.settings
        if attempt > settings.faulty_attempts:
            return ""
        if attempt <= len(settings.schedule):
            return settings.schedule[attempt - 1]
        left = int(_digest(f"{settings.seed}:{digest}:{attempt}".encode()), 16) / 2**64 if shares else 1.0
        for fault, share in shares.items():
            left -= share
            if left < 0:
                return fault
        return ""

    def _answers_of(self, model: str) -> Answers:
        """A tuned model's own answers, else those that are set."""
        if not model.startswith("ft:"):
            return self._answers
        answers = self._tuning.answers(model)
        if answers is None:
            raise Refused(404, error(f"The model `{model}` does not exist.", code="model_not_found"))
        return Answers(dataclasses.replace(self.settings, answers=answers))

    def _line(self, path: str, body: Json) -> tuple[int, Json]:
        """Status and body of what one line of a batch gets; of the faults, those of status and content."""
        data = json.dumps(body, sort_keys=True).encode()
        digest = _digest(data)
        fault = self._draw(digest, 1, self.settings.batch_faults)
        try:
            body = self._checked(path, data)
            answers = self._answers_of(body["model"])
        except Refused as refused:
            return refused.status, refused.body
        if is_status(fault):
            return int(fault), failure(int(fault))
        said = completion(body, answers, self.settings, digest, fault if fault in CONTENT_FAULTS else "")
        tokens = {"prompt_tokens": said.prompt_tokens, "completion_tokens": said.completion_tokens}
        self.ledger.batches.update({"lines": 1, **tokens})
        return 200, said.body

    # ---- the rest

    def downtimes(self) -> list[tuple[float, float]]:
        """The windows in which the server is down, in seconds from now."""
        now = time.monotonic() - self._since
        return [(start - now, end - now) for start, end in self.settings.down]

    def _authorise(self, request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.settings.key and given != self.settings.key:
            # Some servers say the whole key in what they answer; nobody may write it down.
            raise Refused(401, error(f"Incorrect API key provided: {given}.", code="invalid_api_key"))

    def _control(self, request: Request) -> Json:
        if (request.method, request.path) == ("GET", "/_stats"):
            return {**self.ledger.told(), "tuning": self._tuning.counts()}
        if (request.method, request.path) == ("POST", "/_set"):
            old = self.settings
            try:
                self._use(changed(old, json.loads(request.body)))
            except (ValueError, TypeError) as wrong:
                raise Refused(400, error(str(wrong))) from None
            if Limits.chosen(old) != Limits.chosen(self.settings):
                self._limits = Limits(self.settings)
            self.on_change()
            return {}
        if (request.method, request.path) == ("POST", "/_reset"):
            self._forget()
            return {}
        raise unknown(f"URL: {request.method} {request.path}")


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
