"""The Batch API: a file of requests goes in, files of answers and errors come out, in time and in another order."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.protocol_server.errors import Json, error
from tests.protocol_server.files import Files
from tests.protocol_server.messages import Answer, Refused, Request, in_json, unknown
from tests.protocol_server.settings import Settings

ENDPOINTS = ("/v1/chat/completions", "/v1/completions")
FINAL = ("completed", "failed", "expired", "cancelled")
# Shares of batch_seconds after which a batch leaves these states; cancelling takes as long as validating.
VALIDATED, WORKED = 0.1, 0.8
_DAY = 24 * 3600


@dataclass
class _Batch:
    told: Json
    lines: list[tuple[str, Any]]  # custom_id and body, in the order in which they are worked on
    start: float = field(default_factory=time.monotonic)
    cancelled_at: float | None = None


class Batches:
    """The batches, by id. They move on when one looks at them."""

    def __init__(self, files: Files, settings: Callable[[], Settings], ask: Callable[[str, Json], Any]) -> None:
        self._files, self._settings, self._ask = files, settings, ask
        self._batches: dict[str, _Batch] = {}

    def respond(self, request: Request, rest: Sequence[str]) -> Answer:
        """The answer to a request under /v1/batches; ``rest``: the parts of its path after that. Raises Refused."""
        if request.method == "POST" and not rest:
            return in_json(self._create(request.body))
        if request.method == "GET" and not rest:
            return in_json(self._list(request.query.get("after", ""), int(request.query.get("limit", "20"))))
        if rest and rest[0] not in self._batches:
            raise unknown(f"batch: {rest[0]}")
        if request.method == "GET" and len(rest) == 1:
            return in_json(self._looked_at(self._batches[rest[0]]))
        if request.method == "POST" and rest[1:] == ["cancel"]:
            return in_json(self._cancel(self._batches[rest[0]]))
        raise unknown(f"URL: {request.method} {request.path}")

    def _create(self, data: bytes) -> Json:
        body = json.loads(data or b"{}")
        if body.get("endpoint") not in ENDPOINTS:
            said = f"Invalid value: {body.get('endpoint')!r}. Supported values are: {', '.join(ENDPOINTS)}."
            raise Refused(400, error(said, param="endpoint", code="invalid_value"))
        if body.get("completion_window") != "24h":
            raise Refused(400, error("Invalid value. Supported values are: '24h'.", param="completion_window"))
        content = self._files.read(body["input_file_id"], "batch")
        id, now = f"batch_{len(self._batches) + 1:06d}", int(time.time())
        moments = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
        told: Json = {
            "id": id,
            "object": "batch",
            "endpoint": body["endpoint"],
            "model": None,
            "errors": None,
            "input_file_id": body["input_file_id"],
            "completion_window": "24h",
            "status": "validating",
            "output_file_id": None,
            "error_file_id": None,
            "created_at": now,
            **{f"{moment}_at": None for moment in moments},
            "expires_at": now + _DAY,
            "request_counts": {"total": 0, "completed": 0, "failed": 0},
            "usage": None,
            "metadata": body.get("metadata"),
        }
        lines, told["_wrong"] = _read(content, body["endpoint"])
        if self._settings().batch == "failed" and not told["_wrong"]:
            said = "Enqueued token limit reached. Please try again once some in_progress batches have been completed."
            told["_wrong"] = [{"code": "token_limit_exceeded", "message": said, "param": None, "line": None}]
        random.Random(f"{self._settings().seed}:{id}").shuffle(lines)
        self._batches[id] = _Batch(told, lines)
        return self._looked_at(self._batches[id])

    def _list(self, after: str, limit: int) -> Json:
        newest = [self._looked_at(batch) for batch in reversed(self._batches.values())]
        ids = [told["id"] for told in newest]
        start = ids.index(after) + 1 if after in ids else 0
        page = newest[start : start + limit]
        ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
        return {"object": "list", "data": page, **ends, "has_more": start + limit < len(newest)}

    def _cancel(self, batch: _Batch) -> Json:
        told = self._looked_at(batch)
        if told["status"] not in ("validating", "in_progress", "finalizing"):
            raise Refused(409, error(f"Cannot cancel a batch with status '{told['status']}'."))
        batch.cancelled_at = time.monotonic()
        return self._looked_at(batch)

    # ---- how a batch moves on

    def _looked_at(self, batch: _Batch) -> Json:
        """The batch as it stands now."""
        told, settings = batch.told, self._settings()
        if told["status"] not in FINAL:
            status, share = _state(batch, settings)
            total = len(batch.lines)
            if status == "failed":
                told["errors"] = {"object": "list", "data": told["_wrong"]}
            elif status in FINAL:
                share = {"completed": 1.0, "expired": 0.5}.get(status, share)
                self._put_out(batch, status, round(share * total))
            elif status != "validating":
                told["request_counts"] = {"total": total, "completed": int(share * total), "failed": 0}
            order = ("in_progress", "finalizing", "completed")
            passed = [*order[: order.index(status) + 1]] if status in order else [status]
            for moment in passed if status != "validating" else ():
                told[f"{moment}_at"] = told[f"{moment}_at"] or int(time.time())
            told["status"] = status
        return {name: value for name, value in told.items() if name != "_wrong"}

    def _put_out(self, batch: _Batch, status: str, done: int) -> None:
        """Ask for the first lines, and write both files."""
        told = batch.told
        good: list[Json] = []
        bad: list[Json] = []
        tokens = Counter[str]()
        for number, (custom_id, body) in enumerate(batch.lines):
            line: Json = {"id": f"batch_req_{told['id']}_{number}", "custom_id": custom_id}
            if number < done:
                code, said = self._ask(told["endpoint"], body)
                line |= {"response": {"status_code": code, "request_id": f"req_{number}", "body": said}, "error": None}
                usage = said.get("usage") or {}
                tokens.update({k: v for k, v in usage.items() if isinstance(v, int)})
                told["model"] = body.get("model")
                (good if code == 200 else bad).append(line)
            else:
                said = {
                    "expired": "This request could not be executed before the completion window expired.",
                    "cancelled": "This request was cancelled before it was executed.",
                }[status]
                bad.append(line | {"response": None, "error": {"code": f"batch_{status}", "message": said}})
        for name, lines in (("output", good), ("error", bad)):
            if lines:
                content = "".join(json.dumps(line) + "\n" for line in lines).encode()
                file = self._files.add(f"{told['id']}_{name}.jsonl", "batch_output", content)
                told[f"{name}_file_id"] = file["id"]
        told["request_counts"] = {"total": len(batch.lines), "completed": len(good), "failed": len(bad)}
        told["usage"] = {
            "input_tokens": tokens["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": tokens["prompt_tokens"] + tokens["completion_tokens"],
        }


def _state(batch: _Batch, settings: Settings) -> tuple[str, float]:
    """The status now, and the share of lines that are done."""
    whole = settings.batch_seconds or 1e-9
    now = (time.monotonic() - batch.start) / whole
    cancelled = 0.5 if settings.batch == "cancelled" else None
    if batch.cancelled_at is not None:
        cancelled = (batch.cancelled_at - batch.start) / whole
    until = now if cancelled is None else min(now, cancelled)
    share = min(1.0, max(0.0, (until - VALIDATED) / (WORKED - VALIDATED)))
    if cancelled is not None and now >= cancelled:
        return ("cancelled" if now >= cancelled + VALIDATED else "cancelling"), share
    if now < VALIDATED:
        return "validating", 0.0
    if batch.told["_wrong"]:
        return "failed", 0.0
    if settings.batch == "expired":
        return ("expired", share) if now >= 1.0 else ("in_progress", share / 2)
    return ("completed" if now >= 1.0 else "finalizing" if now >= WORKED else "in_progress"), share


def _read(content: bytes, endpoint: str) -> tuple[list[tuple[str, Any]], list[Json]]:
    """The lines of an input file, and what is wrong with them."""
    lines: dict[str, Any] = {}
    wrong = list(_wrong(content, endpoint, lines))
    return list(lines.items()), wrong


def _wrong(content: bytes, endpoint: str, lines: dict[str, Any]) -> Iterator[Json]:
    if not content.strip():
        yield {"code": "empty_file", "message": "The input file is empty.", "param": None, "line": None}
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        at: Json = {"param": None, "line": number}
        try:
            line = json.loads(text)
            custom_id, method, url, body = (line[name] for name in ("custom_id", "method", "url", "body"))
        except (ValueError, KeyError, TypeError):
            yield {"code": "invalid_json_line", "message": "This line is not parseable as valid JSON.", **at}
            continue
        if custom_id in lines:
            said = f"The custom_id '{custom_id}' for this request is a duplicate of another request."
            yield {"code": "duplicate_custom_id", "message": f"{said} It must be unique.", **at, "param": "custom_id"}
        if method != "POST":
            yield {"code": "invalid_method", "message": "The method must be POST.", **at, "param": "method"}
        if url != endpoint:
            said = f"The URL provided for this request does not match the batch endpoint {endpoint}."
            yield {"code": "mismatched_url", "message": said, **at, "param": "url"}
        lines[custom_id] = body
