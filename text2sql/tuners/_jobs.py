"""The fine-tuning API of an OpenAI-compatible endpoint: files go up, a job is made, looked at, ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from text2sql.endpoint import USED_UP, Client, error_of, short
from text2sql.errors import CallFailed

Json: TypeAlias = dict[str, Any]

_TOKEN = "text2sql"  # the metadata by which a job is found again
_PAGE, _PAGES = 100, 100  # entries of one page, and pages at most
_FIRST, _LONGEST = 0.5, 8.0  # seconds between two tries of making a job
_DEAD = ("failed", "cancelled")


@dataclass(frozen=True)
class JobApi:
    """The calls of one endpoint; all raise CallFailed.

    ``tries``: how often at most a job is tried to be made; ``gone``: what may help where one is no longer there.
    """

    client: Client
    tries: int
    gone: str

    def upload(self, name: str, content: bytes) -> str:
        """The id of the file of this name and size; uploaded where the endpoint has none."""
        listed = self._json(
            lambda client, more: client.files.with_raw_response.list(purpose="fine-tune", **more), "data"
        )
        for file in listed["data"] or ():
            if (file.get("filename"), file.get("bytes")) == (name, len(content)) and file.get("status") != "error":
                return str(file["id"])

        def create(client: Any, more: Json) -> Any:
            return client.files.with_raw_response.create(file=(name, content), purpose="fine-tune", **more)

        return str(self._json(create)["id"])

    def create(self, token: str, options: Mapping[str, Any]) -> Json:
        """A new job. Where its answer was lost, the job is looked for by its token before another one is made."""
        seconds, options = _FIRST, {**options, **_mark(token)}
        for left in reversed(range(self.tries)):
            try:
                return self._json(lambda client, more: _jobs(client, retries=0).create(**options, **more))
            except CallFailed as failure:
                if failure.kind != "passing" or not left:
                    raise
            time.sleep(seconds)
            seconds = min(2 * seconds, _LONGEST)
            if found := self.find(token):
                return found
        raise AssertionError

    def find(self, token: str) -> Json | None:
        """The newest job with this token that has neither failed nor been cancelled."""
        for job in self._listed(lambda client: _jobs(client).list, _mark(token)):
            if (job.get("metadata") or {}).get(_TOKEN) == token and job.get("status") not in _DEAD:
                return job
        return None

    def retrieve(self, id: str) -> Json:
        """A job as it stands."""
        return self._json(lambda client, more: _jobs(client).retrieve(id, **more), job=id)

    def cancel(self, id: str) -> Json:
        """End a job."""
        return self._json(lambda client, more: _jobs(client).cancel(id, **more), job=id)

    def events(self, id: str, known: Collection[str]) -> list[Json]:
        """What happened since the known events, oldest first."""
        return self._listed(lambda client: _jobs(client).list_events, {"fine_tuning_job_id": id}, known)[::-1]

    def checkpoints(self, id: str) -> list[Json]:
        """The models that a job has kept on its way."""
        path = {"fine_tuning_job_id": id}
        return self._listed(lambda client: client.fine_tuning.jobs.checkpoints.with_raw_response.list, path)

    def content(self, file: str) -> str:
        """What is in a file; empty where it is no longer there."""
        status, content, _ = self._told(lambda client, more: client.files.with_raw_response.content(file, **more))
        if status >= 400 and status != 404:
            raise self._refusal(status, content)
        return content if status < 400 else ""

    def _listed(
        self, resource: Callable[[Any], Callable[..., Any]], options: Json, known: Collection[str] = ()
    ) -> list[Json]:
        """All entries of a list, newest first, up to those that are known."""
        found: list[Json] = []
        options = {"limit": _PAGE, **options}
        for _ in range(_PAGES):
            page = self._json(lambda client, more: resource(client)(**options, **more), "data")
            entries = [entry for entry in page["data"] or () if isinstance(entry, dict) and "id" in entry]
            for entry in entries:
                if entry["id"] in known:
                    return found
                found.append(entry)
            if not page.get("has_more") or not entries:
                break
            options["after"] = entries[-1]["id"]
        return found

    def _told(self, call: Callable[[Any, Json], Any]) -> tuple[int, str, Mapping[str, str]]:
        return self.client.called(lambda client, headers: call(client, {"extra_headers": headers}))

    def _json(self, call: Callable[[Any, Json], Any], field: str = "id", *, job: str = "") -> Json:
        """What was said, which has this field; ``job``: the one that was asked for."""
        status, content, _ = self._told(call)
        if status >= 400:
            raise self._refusal(status, content, job)
        try:
            said = json.loads(content)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict) or field not in said:
            raise CallFailed(
                f"{self.client.where}: its answer is none: {short(content)}; is base_url right?", "passing"
            )
        return said

    def _refusal(self, status: int, content: str, job: str = "") -> CallFailed:
        """An answer of 400 and above."""
        error, key = error_of(content), self.client.access.key_name
        code, reason = error.get("code"), error.get("message") or error.get("detail") or content or "no reason given"
        line = f"{self.client.where}: {status}: {short(reason)}; "
        if status == 401 or code == "invalid_api_key":
            return CallFailed(f"{line}set {key} to a key of this server", "account")
        if status == 402 or code in USED_UP or error.get("type") in USED_UP:
            return CallFailed(f"{line}the quota of the key in {key} is used up", "account")
        if code == "training_not_available":  # OpenAI takes no new jobs of most organisations since May 2026
            return CallFailed(f'{line}tune elsewhere: use = "lora", or the base_url of another endpoint', "account")
        if status == 403:
            return CallFailed(f"{line}may the key in {key} fine-tune?", "account")
        if code == "model_not_found":
            return CallFailed(f"{line}may the key in {key} tune this base, and has it this name?", "account")
        if status in (404, 405, 501):
            hint = f"{job} has expired, or belongs to another key than the one in {key}; {self.gone}" if job else ""
            return CallFailed(line + (hint or "has this endpoint a fine-tuning API? is base_url right?"), "account")
        if status in (408, 409, 429) or status >= 500:
            return CallFailed(f"{line}the same command goes on later", "passing")
        return CallFailed(f"{line}the tuner's options or its data are to be changed", "final")


def _jobs(client: Any, *, retries: int | None = None) -> Any:
    """The raw calls of jobs; the library's own retries would make a second job where an answer was lost."""
    given = client if retries is None else client.with_options(max_retries=retries)
    return given.fine_tuning.jobs.with_raw_response


def _mark(token: str) -> Json:
    return {"metadata": {_TOKEN: token}}
