"""How a training stands, in its folder, where other processes see it: its job, who works on it, a wish to end it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from text2sql.artifacts import write_atomically
from text2sql.errors import TuningFailed
from text2sql.types import Job, Loss

_PATIENCE = 2.0  # seconds; who looks whether somebody works holds the lock for a moment


@dataclass(frozen=True)
class Record:
    """The record in a tuning's folder."""

    folder: Path

    def read(self) -> Job | None:
        """The job as it was written down last. Raises TuningFailed where that cannot be read."""
        file = self.folder / "lora.json"
        try:
            said = json.loads(file.read_bytes())
            return Job(**said | {"losses": tuple(Loss(**at) for at in said["losses"]), "events": tuple(said["events"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise TuningFailed(f"{file}: not the record of a training ({error}); remove it to begin anew") from None

    def write(self, job: Job) -> None:
        """Write the job down. Raises OSError."""
        write_atomically(self.folder / "lora.json", json.dumps(asdict(job), indent=1))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Be the process that works on it; the system itself gives that up when a process dies, however it does.

        Raises TuningFailed where another one works on it.
        """
        from filelock import FileLock, Timeout

        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lora.lock")
        try:
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            raise TuningFailed(f"{self.folder}: another process is training it; wait for it, or cancel it") from None
        try:
            yield
        finally:
            lock.release()

    @property
    def worked_on(self) -> bool:
        """Some process works on it now."""
        from filelock import FileLock, Timeout

        if not (self.folder / "lora.lock").exists():
            return False
        try:
            with FileLock(self.folder / "lora.lock").acquire(blocking=False):
                return False
        except Timeout:
            return True

    # --- a wish to end it ---

    def ask_to_end(self) -> None:
        """Have the process that works on it end after its present step."""
        (self.folder / "cancel").touch()

    def go_on(self) -> None:
        """Nobody asks to end it any more."""
        (self.folder / "cancel").unlink(missing_ok=True)

    @property
    def asked_to_end(self) -> bool:
        """Somebody does."""
        return (self.folder / "cancel").exists()
