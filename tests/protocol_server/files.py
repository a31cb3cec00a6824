"""Files as the API keeps them: uploaded in parts, told of, read, deleted."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from tests.protocol_server.errors import Json, error
from tests.protocol_server.messages import Answer, Refused, Request, in_json, unknown

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")


class Files:
    """The files, by id."""

    def __init__(self) -> None:
        self._told: dict[str, Json] = {}
        self._content: dict[str, bytes] = {}

    def add(self, name: str, purpose: str, content: bytes) -> Json:
        """A new file as the API tells of it."""
        id = f"file-{len(self._told) + 1:06d}"
        told = {"object": "file", "id": id, "purpose": purpose, "filename": name, "bytes": len(content)}
        told |= {"created_at": int(time.time()), "expires_at": None, "status": "processed", "status_details": None}
        self._told[id], self._content[id] = told, content
        return told

    def read(self, id: str, purpose: str = "") -> bytes:
        """A file's content. Raises Refused where there is none, or none for this purpose."""
        if id not in self._content:
            raise unknown(f"File object: {id}")
        if purpose not in ("", self._told[id]["purpose"]):
            said = f"File {id} has purpose {self._told[id]['purpose']!r}, not {purpose!r}."
            raise Refused(400, error(said, code="invalid_file_purpose"))
        return self._content[id]

    def respond(self, request: Request, rest: Sequence[str]) -> Answer:
        """The answer to a request under /v1/files; ``rest``: the parts of its path after that. Raises Refused."""
        if request.method == "POST" and not rest:
            return in_json(self._upload(request))
        if request.method == "GET" and not rest:
            wanted = request.query.get("purpose", "")
            listed = [told for told in self._told.values() if wanted in ("", told["purpose"])]
            return in_json({"object": "list", "data": listed[::-1], "has_more": False})
        if request.method == "GET" and len(rest) == 1:
            self.read(rest[0])
            return in_json(self._told[rest[0]])
        if request.method == "GET" and rest[1:] == ["content"]:
            return Answer(200, self.read(rest[0]), kind="application/octet-stream")
        if request.method == "DELETE" and len(rest) == 1:
            self.read(rest[0])
            del self._content[rest[0]]  # its number is not given again
            self._told[rest[0]]["purpose"] = "deleted"
            return in_json({"id": rest[0], "object": "file", "deleted": True})
        raise unknown(f"URL: {request.method} {request.path}")

    def _upload(self, request: Request) -> Json:
        fields = parts(request.headers.get("content-type", ""), request.body)
        purpose = fields.get("purpose", ("", b""))[1].decode()
        if purpose not in PURPOSES:
            said = f"'{purpose}' is not one of {list(PURPOSES)} - 'purpose'"
            raise Refused(400, error(said, param="purpose"))
        if "file" not in fields:
            raise Refused(400, error("'file' is a required property", param="file"))
        name, content = fields["file"]
        return self.add(name, purpose, content)


def parts(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """The fields of multipart/form-data: name -> file name and content."""
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    found: dict[str, tuple[str, bytes]] = {}
    for part in body.split(b"--" + boundary[1].encode())[1:-1] if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        names = dict(re.findall(r'\b(name|filename)="([^"]*)"', head.decode()))
        found[names.get("name", "")] = (names.get("filename", ""), content.removesuffix(b"\r\n"))
    return found
