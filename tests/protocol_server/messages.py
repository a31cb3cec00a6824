"""Requests and answers as the parts of the server hand them on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.protocol_server.errors import Json, error
from tests.protocol_server.ledger import Entry


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written ``seconds`` later: that ``share`` of the body, and below 1 the connection ends with it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    share: float = 1.0
    kind: str = "application/json"
    entry: Entry | None = None


class Refused(Exception):
    """The request is answered by an error; ``outcome`` is its word in the ledger."""

    def __init__(self, status: int, body: Json, outcome: str = "") -> None:
        super().__init__(status)
        self.status, self.body, self.outcome = status, body, outcome or str(status)


def in_json(
    body: Json,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    seconds: float = 0.0,
    entry: Entry | None = None,
) -> Answer:
    """An answer in JSON."""
    return Answer(status, json.dumps(body).encode(), headers or {}, seconds, entry=entry)


def unknown(what: str) -> Refused:
    """There is no such thing."""
    return Refused(404, error(f"No such {what}", param="id"))
