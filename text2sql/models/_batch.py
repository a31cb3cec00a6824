"""The Batch API as JSON: the file that goes in, how a batch stands, the files that come out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set

from text2sql.errors import CallFailed
from text2sql.models._failures import no_answer, refusal, short
from text2sql.models._wire import Json, reply
from text2sql.types import BatchState, Reply

TOKEN = "text2sql"  # the metadata by which a batch is found again
_ROOT = "/v1"  # of the paths in a batch, whatever the endpoint's own URL
_ENDED = ("completed", "expired", "cancelled")


def target(path: str) -> str:
    """The path that a batch names for its calls."""
    return _ROOT + path


def input_file(lines: Sequence[tuple[str, str]], path: str) -> bytes:
    """The JSONL of ids and bodies."""
    head = f'"method": "POST", "url": {json.dumps(target(path))}, "body": '
    return "".join(f'{{"custom_id": {json.dumps(id)}, {head}{body}}}\n' for id, body in lines).encode()


def state(batch: Json) -> BatchState:
    """How a batch stands, from what the endpoint says of it."""
    said, counts = str(batch["status"]), batch.get("request_counts") or {}
    done = int(counts.get("completed") or 0) + int(counts.get("failed") or 0)
    if said == "failed":
        errors = (batch.get("errors") or {}).get("data") or [{}]
        line, more = errors[0].get("line"), len(errors) - 1
        message = f"line {line}: " * bool(line) + short(errors[0].get("message") or "no reason given")
        return BatchState("failed", said, message=message + f", and {more} more" * bool(more))
    return BatchState("ended" if said in _ENDED else "running", said, done, int(counts.get("total") or 0))


def output_files(batch: Json) -> list[str]:
    """The ids of the files with what became of the lines."""
    return [str(batch[name]) for name in ("output_file_id", "error_file_id") if batch.get(name)]


def results(content: str, *, sent: Set[str], key_name: str, where: str) -> Iterator[tuple[str, Reply | CallFailed]]:
    """What became of the lines, by id; ``sent`` and the others as for ``refusal``. A broken line is left out."""
    for line in content.split("\n"):
        try:
            said = json.loads(line)
            name, response = str(said["custom_id"]), said.get("response")
            status, body = (int(response["status_code"]), response["body"]) if response else (0, None)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            continue
        text = json.dumps(body)
        if not response:
            error = said.get("error")
            reason = short(error.get("message") if isinstance(error, dict) else "no answer")
            yield name, CallFailed(f"{where}: {reason}", "passing")
        elif status >= 400:
            yield name, refusal(status, text, {}, sent=sent, key_name=key_name, where=where)
        else:
            try:
                yield name, reply(body, {})
            except (ValueError, TypeError, LookupError, AttributeError) as wrong:
                yield name, no_answer(text, wrong, where)
