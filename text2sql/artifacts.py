"""What was fitted or built, by digest, in the user's cache folder; and digests of files."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path


def cache_folder() -> Path:
    """The folder for what can be made again: built databases, execution results, fitted models."""
    import platformdirs

    return platformdirs.user_cache_path("text2sql", appauthor=False)


def digest(*parts: str | bytes) -> str:
    """32 hexadecimal digits over the parts, each with its length, so that no two lists collide.

    >>> digest("ab", "c") != digest("a", "bc")
    True
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "big"))
        state.update(data)
    return state.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal; read again only when the file has changed.

    Raises OSError.
    """
    stat = path.stat()
    return _file_digest(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_digest(path: Path, _size: int, _modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that readers see the old content or the new, never a part. Raises OSError."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # unlike mkstemp's, readable as any new file
    try:
        with temporary.open("xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def kept(folder: Path, build: Callable[[Path], object]) -> Path:
    """The folder, built where it is missing: in a temporary one beside it, then renamed.

    Two processes may build it at once; the first one to end wins. Raises OSError.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        build(temporary)
        temporary.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was faster
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
