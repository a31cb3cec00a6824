"""What was sent in batches and has not come back, kept beside the answers in the file of the response cache.

A sample is outstanding from before its batch is sent until its answer is kept: whatever ends the process in between,
the next one finds the batch by its token. What failed is remembered with its reason.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from text2sql.responses import Responses


@dataclass(frozen=True, slots=True)
class Sent:
    """A batch. ``id``: the endpoint's name for it, None where the process ended before that was noted.

    ``label``: the experiment that sent it, in its ``round``; ``status``: "sent", or "lost" where the endpoint did not
    know it when it was last asked; ``without``: parameters that were left out.
    """

    token: str
    id: str | None
    endpoint: str
    model: str
    path: str
    label: str
    round: int
    status: str = "sent"
    without: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample that was sent: in the batch ``token``, None where it has come back without an answer.

    It then failed so many ``tries``, of late with ``failure``; ``final``: another try would not help.
    """

    key: str
    token: str | None
    payer: str
    tries: int
    failure: str
    final: bool


class Outstanding:
    """The batches and samples of a response cache. Thread-safe. Raises DatabaseError as the cache does."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses

    def samples(self, keys: Sequence[str]) -> dict[str, Sample]:
        """What is known of these samples, by key."""
        with self._responses.transaction() as connection:
            rows = connection.execute(
                "SELECT key, token, payer, tries, failure, final FROM outstanding"
                " WHERE key IN (SELECT value FROM json_each(?))",
                (json.dumps(list(keys)),),
            ).fetchall()
        return {row[0]: Sample(*row) for row in rows}

    def batches(self) -> list[Sent]:
        """The batches that are still to be collected, in the order in which they were sent."""
        with self._responses.transaction() as connection:
            rows = connection.execute(
                "SELECT token, id, endpoint, model, path, label, round, status, without FROM batches"
                " WHERE status != 'collected' ORDER BY sent"
            ).fetchall()
        return [_sent(*row) for row in rows]

    def under_way(self) -> set[str]:
        """The samples that are in a batch now."""
        with self._responses.transaction() as connection:
            return {key for (key,) in connection.execute("SELECT key FROM outstanding WHERE token IS NOT NULL")}

    def lines(self, token: str) -> dict[str, list[Sample]]:
        """The samples of a batch that have not come back, by the name of their line, in their order."""
        with self._responses.transaction() as connection:
            rows = connection.execute(
                "SELECT line, key, token, payer, tries, failure, final FROM outstanding WHERE token = ?"
                " ORDER BY line, place",
                (token,),
            ).fetchall()
        lines: dict[str, list[Sample]] = {}
        for line, *row in rows:
            lines.setdefault(line, []).append(Sample(*row))
        return lines

    def round(self, label: str) -> int:
        """The number of an experiment's next round, from 1 on."""
        with self._responses.transaction() as connection:
            (last,) = connection.execute("SELECT max(round) FROM batches WHERE label = ?", (label,)).fetchone()
        return int(last or 0) + 1

    def send(self, batch: Sent, lines: Mapping[str, tuple[Sequence[str], str]]) -> set[str]:
        """Note a batch before it is sent: keys and payer by line. The lines that nobody else has sent by now."""
        keys = [key for samples, _ in lines.values() for key in samples]
        with self._responses.transaction() as connection:
            taken = connection.execute(
                "SELECT key FROM outstanding WHERE token IS NOT NULL AND key IN (SELECT value FROM json_each(:keys))"
                " UNION SELECT key FROM samples WHERE key IN (SELECT value FROM json_each(:keys))",
                {"keys": json.dumps(keys)},
            )
            others = {key for (key,) in taken}
            free = {line for line, (samples, _) in lines.items() if others.isdisjoint(samples)}
            rows = [
                (key, batch.token, line, place, lines[line][1])
                for line in free
                for place, key in enumerate(lines[line][0])
            ]
            connection.executemany(
                "INSERT INTO outstanding VALUES (?, ?, ?, ?, ?, 0, '', 0) ON CONFLICT DO UPDATE SET"
                " token = excluded.token, line = excluded.line, place = excluded.place, payer = excluded.payer",
                rows,
            )
            if rows:
                connection.execute(
                    "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (batch.token, batch.id, batch.endpoint, batch.model, batch.path,
                     json.dumps(sorted(batch.without)), batch.label, batch.round, batch.status, time.time()),
                )  # fmt: skip
        return free

    def note(self, token: str, *, id: str | None = None, status: str = "sent") -> None:
        """What has become known of a batch."""
        with self._responses.transaction() as connection:
            connection.execute(
                "UPDATE batches SET id = coalesce(?, id), status = ? WHERE token = ?", (id, status, token)
            )

    def answered(self, keys: Sequence[str]) -> None:
        """These samples are kept as answers."""
        with self._responses.transaction() as connection:
            connection.executemany("DELETE FROM outstanding WHERE key = ?", [(key,) for key in keys])

    def back(self, keys: Sequence[str], failure: str = "", *, tried: bool = False, final: bool = False) -> None:
        """These samples came back without an answer; ``tried``: that counts as a try."""
        with self._responses.transaction() as connection:
            connection.executemany(
                "UPDATE outstanding SET token = NULL, tries = tries + ?, failure = ?, final = ? WHERE key = ?",
                [(tried, failure, final, key) for key in keys],
            )

    def end(self, token: str, failure: str = "", *, tried: bool = False, forget: bool = False) -> None:
        """A batch is done with: what has not come back by now does not. ``forget``: it was no round of its own."""
        with self._responses.transaction() as connection:
            connection.execute(
                "UPDATE outstanding SET token = NULL, tries = tries + ?, failure = ? WHERE token = ?",
                (tried, failure, token),
            )
            if forget:
                connection.execute("DELETE FROM batches WHERE token = ?", (token,))
            else:
                connection.execute("UPDATE batches SET status = 'collected' WHERE token = ?", (token,))

    def forgive(self) -> None:
        """What failed may be sent again."""
        with self._responses.transaction() as connection:
            connection.execute("DELETE FROM outstanding WHERE token IS NULL")

    def done(self, label: str) -> None:
        """An experiment has all its answers: its rounds count from 1 again."""
        with self._responses.transaction() as connection:
            connection.execute("DELETE FROM batches WHERE label = ? AND status = 'collected'", (label,))


def _sent(
    token: str, id: str | None, endpoint: str, model: str, path: str, label: str, round: int, status: str, without: str
) -> Sent:
    return Sent(token, id, endpoint, model, path, label, round, status, frozenset(json.loads(without)))
