"""The Batch API: a file of calls goes in, and files with what became of them come out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from text2sql.endpoint import Told, short
from text2sql.errors import CallFailed
from text2sql.models._failures import answer, no_answer, refusal
from text2sql.models._wire import Json
from text2sql.types import BatchState, Reply

_TOKEN = "text2sql"  # the metadata by which a batch is found again
_PAGES = 10  # of a hundred batches each, newest first, among which one is looked for
_ROOT = "/v1"  # of the paths in a batch, whatever the endpoint's own URL
_ENDED = ("completed", "expired", "cancelled")


@dataclass(frozen=True)
class BatchApi:
    """The batches of an endpoint, for calls of one path. Its methods are as ``Batching`` has them.

    ``called``: gives the answer to a call of the client with the headers that it is to have. Raises CallFailed.
    """

    called: Callable[[Callable[[Any, Mapping[str, Any]], Any]], Told]
    path: str
    key_name: str
    where: str

    def submit(self, lines: Sequence[tuple[str, str]], token: str) -> str:
        file = ("text2sql.jsonl", _input_file(lines, self._target))
        given = self._said(lambda files, _, more: files.create(file=file, purpose="batch", **more))
        options = {"input_file_id": given["id"], "endpoint": self._target, "completion_window": "24h"}
        made = self._said(lambda _, batches, more: batches.create(**options, metadata={_TOKEN: token}, **more))
        return str(made["id"])

    def find(self, token: str) -> str | None:
        options: Json = {"limit": 100}
        for _ in range(_PAGES):
            page = self._said(lambda _, batches, more: batches.list(**options, **more), "data")
            for batch in page["data"]:
                if (batch.get("metadata") or {}).get(_TOKEN) == token:
                    return str(batch["id"])
            if not page["data"] or not page.get("has_more"):
                break
            options["after"] = page["data"][-1]["id"]
        return None

    def state(self, batch: str) -> BatchState:
        told = self._told(lambda _, batches, more: batches.retrieve(batch, **more))
        if told[0] == 404:
            return BatchState("lost", "not found", message=f"is the key in {self.key_name} the one that sent it?")
        return _state(self._json(told, "status"))

    def results(self, batch: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Reply | CallFailed]]:
        """``body``: what the lines may have held, as for ``refusal``."""
        ended = self._said(lambda _, batches, more: batches.retrieve(batch, **more))
        for name in ("output_file_id", "error_file_id"):
            if file := ended.get(name):
                yield from self._lines(str(file), body)

    def _lines(self, file: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Reply | CallFailed]]:
        told = self._told(lambda files, _, more: files.content(file, **more))
        if told[0] == 404:
            return  # it was deleted: its lines have no answer
        if told[0] >= 400:
            self._json(told)
        for line in filter(None, told[1].split("\n")):
            try:
                said = json.loads(line)
                name, response = str(said["custom_id"]), said.get("response")
                status, content = (int(response["status_code"]), json.dumps(response["body"])) if response else (0, "")
            except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
                continue  # a call whose line is broken counts as one without an answer
            try:
                if not response:
                    error = said.get("error")
                    reason = error.get("message") if isinstance(error, dict) else "no answer"
                    raise CallFailed(f"{self.where}: {short(reason)}; --retry asks again", "passing")
                yield name, answer(status, content, {}, body=body, key_name=self.key_name, where=self.where)
            except CallFailed as failure:
                yield name, failure

    @property
    def _target(self) -> str:
        return _ROOT + self.path

    def _said(self, call: Callable[[Any, Any, Json], Any], field: str = "id") -> Json:
        return self._json(self._told(call), field)

    def _told(self, call: Callable[[Any, Any, Json], Any]) -> Told:
        """The answer to a call of the client's files or batches; it takes ``more`` options."""

        def raw(client: Any, headers: Mapping[str, Any]) -> Any:
            more = {"extra_headers": headers}
            return call(client.files.with_raw_response, client.batches.with_raw_response, more)

        return self.called(raw)

    def _json(self, told: Told, field: str = "id") -> Json:
        """What the Batch API said, which has this field."""
        status, content, headers = told
        if status in (404, 405, 501):
            raise CallFailed(f"{self.where}: {status}: it has no Batch API; run without --batch", "account")
        if status >= 400:
            raise refusal(status, content, headers, body={}, key_name=self.key_name, where=self.where)
        try:
            said: Json = json.loads(content)
            said[field]
        except (ValueError, TypeError, LookupError) as error:
            raise no_answer(content, error, self.where) from None
        return said


def _input_file(lines: Sequence[tuple[str, str]], target: str) -> bytes:
    head = f'"method": "POST", "url": {json.dumps(target)}, "body": '
    return "".join(f'{{"custom_id": {json.dumps(id)}, {head}{body}}}\n' for id, body in lines).encode()


def _state(batch: Json) -> BatchState:
    said, counts = str(batch["status"]), batch.get("request_counts") or {}
    done = int(counts.get("completed") or 0) + int(counts.get("failed") or 0)
    if said == "failed":
        errors = (batch.get("errors") or {}).get("data") or [{}]
        line, more = errors[0].get("line"), len(errors) - 1
        message = f"line {line}: " * bool(line) + short(errors[0].get("message") or "no reason given")
        return BatchState("failed", said, message=message + f", and {more} more" * bool(more))
    return BatchState("ended" if said in _ENDED else "running", said, done, int(counts.get("total") or 0))
