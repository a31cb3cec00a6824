"""Fetches a data set that may not be redistributed (Spider) from a mirror in mirrors.toml, and verifies it.

Stands before the flow: what it returns is a folder for ``dataset.py``. Until the last moment everything lies
in ``FOLDER.download`` beside it, kept for the next attempt; FOLDER itself never looks complete before it is.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shlex
import shutil
import stat
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPResponse, IncompleteRead
from itertools import chain
from pathlib import Path, PureWindowsPath
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from text2sql.errors import DataError, nearest

MIRRORS = Path(__file__).with_name("mirrors.toml")
DRIVE = "https://drive.usercontent.google.com/download"
TIMEOUT = 30.0  # seconds without a byte, while connecting or reading
CHUNK = 1 << 16  # bytes; at most this much is lost when a connection breaks

log = logging.getLogger(__name__)


class MirrorFailed(Exception):
    """Why one mirror was of no use; caught where the next one is tried, it never leaves this module."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """One place to fetch from: an archive, or single files where ``url`` contains ``{path}``.

    ``official``: the archive is the publisher's own. A file in it that differs from the list is then another
    version of the release, kept with a warning; from any other place it is a reason to refuse.
    """

    name: str
    url: str
    sha256: str = ""
    official: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One data set of mirrors.toml; ``files``: path -> sha256, empty where it is not known."""

    page: str
    take: str
    max_unpacked_bytes: int
    mirrors: tuple[Mirror, ...]
    files: Mapping[str, str]


def download(name: str, folder: Path, *, mirrors: Path = MIRRORS, progress: bool = True) -> Path:
    """Fetch what ``folder`` lacks of the data set ``name``, verify it and return ``folder``.

    Raises ``DataError`` for a name that ``mirrors`` does not list, for a folder that cannot be written, and
    where no mirror answers: then with the reason per mirror and the steps to do it by hand.
    """
    source = read_source(name, mirrors)
    place = folder.resolve()  # "." has no name to put ".download" after
    work = place.with_name(f"{place.name}.download")
    reasons = []
    try:
        lacking = {path: known for path, known in source.files.items() if not is_sound(place / path, known)}
        for mirror in source.mirrors if lacking else ():
            try:
                fetch = fetch_files if "{path}" in mirror.url else fetch_archive
                obtained = fetch(mirror, replace(source, files=lacking), work, progress=progress)
            except MirrorFailed as failure:
                reasons.append(f"{mirror.name}: {failure}")
                log.warning("%s", reasons[-1])
            else:
                install(obtained, place, lacking)
                shutil.rmtree(work)
                return folder
    except OSError as error:
        raise DataError(f"cannot store {name} in {folder}: {error}") from error
    if lacking:
        raise DataError("\n  ".join([f"{name} was not downloaded:", *reasons, by_hand(source, folder)]))
    return folder


def by_hand(source: Source, folder: Path) -> str:
    """What to do where no mirror answers."""
    to = shlex.quote(str(folder))
    return (
        f"By hand: open {source.page}, take {source.take}, unzip it, move what is in its top folder to {to} "
        f"(so that there is {to}/{next(iter(source.files))}), then check it: text2sql data check {to}"
    )


def read_source(name: str, mirrors: Path) -> Source:
    """The entry ``name`` of a file like mirrors.toml."""
    try:
        entries = tomllib.loads(mirrors.read_text(encoding="utf-8"))
        if name not in entries:
            raise DataError(f"no data set {name!r} in {mirrors.name}{nearest(name, entries)}")
        entry = dict(entries[name])
        listed = [dict(mirror) for mirror in entry.pop("mirror")]
        for mirror in listed:
            if "google_drive" in mirror:
                mirror["url"] = drive_url(mirror.pop("google_drive"))
        return Source(mirrors=tuple(Mirror(**mirror) for mirror in listed), **entry)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{mirrors} is not a list of mirrors as in mirrors.toml: {error}") from error


def drive_url(file_id: str) -> str:
    """Where Google Drive serves the bytes of a public file.

    Large files are first answered with a page that says they are too large for a virus scan;
    ``confirm=t`` is what the button on that page sends.
    """
    return f"{DRIVE}?id={quote(file_id)}&export=download&confirm=t"


def fetch_archive(mirror: Mirror, source: Source, work: Path, *, progress: bool) -> Path:
    """The folder inside ``work`` with the unpacked archive of a mirror, its ``source.files`` checked."""
    # Named by its content: a mirror with the same bytes continues what the one before it began.
    key = mirror.sha256 or hashlib.sha256(mirror.url.encode()).hexdigest()
    archive = work / f"{work.stem}-{key[:8]}.zip"
    if not (archive.exists() and mirror.sha256 in ("", digest(archive))):
        fetch_one(mirror.url, archive, sha256=mirror.sha256, progress=progress)
    unpacked = work / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        extract(archive, unpacked, limit=source.max_unpacked_bytes)
        check(unpacked, source.files, official=mirror.official)
    except MirrorFailed:
        archive.unlink()
        raise
    return unpacked


def fetch_files(mirror: Mirror, source: Source, work: Path, *, progress: bool) -> Path:
    """The folder inside ``work`` with ``source.files``, fetched where an earlier attempt has not done so."""
    for path, sha256 in source.files.items():
        target = work / "files" / path
        if is_sound(target, sha256):
            continue
        try:
            fetch_one(mirror.url.replace("{path}", quote(path)), target, sha256=sha256, progress=progress)
        except MirrorFailed as failure:
            raise MirrorFailed(f"{path}: {failure}") from failure
        if not is_sound(target, sha256):
            raise MirrorFailed(f"{path}: not a {target.suffix[1:]} file")
    return work / "files"


def install(obtained: Path, folder: Path, lacking: Mapping[str, str]) -> None:
    """Move what a mirror gave to where it belongs; of what is there, only what was lacking changes."""
    if not folder.exists():
        obtained.rename(folder)
        return
    # Deepest first: the question files come last, so that a folder cut off halfway does not look complete.
    for file in sorted(obtained.rglob("*"), key=lambda file: (-len(file.parts), file)):
        path = file.relative_to(obtained)
        wanted = path.as_posix() in lacking or not (folder / path).exists()
        if wanted and file.is_file() and file.suffix != ".part":
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            file.replace(folder / path)


def digest(file: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_sound(file: Path, sha256: str) -> bool:
    """Whether a listed file is there: these bytes, or, where the hash is not known, a file of its kind."""
    return file.is_file() and (digest(file) == sha256 if sha256 else is_of_its_kind(file))


def is_of_its_kind(file: Path) -> bool:
    """Whether a .json file holds a list, a .sqlite file begins like one, and any other is not empty."""
    if file.suffix == ".json":
        try:
            return isinstance(json.loads(file.read_bytes()), list)
        except ValueError:
            return False
    with file.open("rb") as stream:
        start = stream.read(16)
    return start == b"SQLite format 3\0" if file.suffix == ".sqlite" else bool(start)


def check(unpacked: Path, files: Mapping[str, str], *, official: bool) -> None:
    """Hold an archive's files against the list; ``Mirror`` says what ``official`` forgives."""
    for path, sha256 in files.items():
        file = unpacked / path
        if not file.is_file():
            raise MirrorFailed(f"its archive lacks {path}")
        if is_sound(file, sha256):
            continue
        if not (official and is_of_its_kind(file)):
            raise MirrorFailed(f"its archive has a damaged or another version of {path}")
        log.warning("another version of %s than listed: kept, as the archive is the official one", path)


def extract(archive: Path, into: Path, *, limit: int) -> None:
    """Unpack a zip of at most ``limit`` bytes without its top folder; nothing is written outside ``into``."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = {inside(member): member for member in zipped.infolist() if not member.is_dir()}
            paths = [path for path in members if "__MACOSX" not in path and path[-1] != ".DS_Store"]
            size = sum(members[path].file_size for path in paths)
            if size > limit:  # what zipfile reads of a member is never more than the size it declares
                raise MirrorFailed(f"its archive unpacks to {size} bytes, {limit} are allowed")
            top = len({path[0] for path in paths}) == 1 and all(len(path) > 1 for path in paths)
            for path in paths:
                target = into.joinpath(*path[top:])
                target.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(members[path]) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        raise MirrorFailed(f"its archive cannot be unpacked: {error}") from error


def inside(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """The parts of a member's path, which must be a plain file below the folder it is unpacked into."""
    path = PureWindowsPath(member.filename)  # knows both separators, drives and shares
    if path.anchor or not path.parts or ".." in path.parts or stat.S_ISLNK(member.external_attr >> 16):
        raise MirrorFailed(f"its archive has an unsafe member: {member.filename!r}")
    return path.parts


def fetch_one(url: str, target: Path, *, sha256: str, progress: bool) -> None:
    """Fetch a file to ``target`` by way of ``target.part``, which the next call continues if this one breaks.

    Raises ``MirrorFailed``, as do all that it calls.
    """
    part = target.with_name(f"{target.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    resumed = part.exists()
    receive(url, part, progress=progress)
    if sha256 in ("", found := digest(part)):
        part.replace(target)
        return
    part.unlink()
    if not resumed:
        raise MirrorFailed(f"wrong content: sha256 {found[:8]}... instead of {sha256[:8]}...")
    fetch_one(url, target, sha256=sha256, progress=progress)  # the part was the beginning of something else


def receive(url: str, part: Path, *, progress: bool) -> None:
    """Append to ``part`` what it lacks of the file at ``url``, or write it anew."""
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"User-Agent": "text2sql"} | ({"Range": f"bytes={have}-"} if have else {}))
    try:
        response: HTTPResponse = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        with error:
            if error.code != 416 or not have:
                raise MirrorFailed(f"HTTP {error.code} {error.reason}".splitlines()[0].strip()) from error
            complete = error.headers["Content-Range"] == f"bytes */{have}"  # only its renaming was cut off
        if not complete:
            part.unlink()
            receive(url, part, progress=progress)
    except (OSError, HTTPException) as error:
        raise MirrorFailed(broken(error)) from error
    else:
        with response:
            save(response, part, start=have if response.status == 206 else 0, progress=progress)


def save(response: HTTPResponse, part: Path, *, start: int, progress: bool) -> None:
    """Write the body of ``response`` to ``part`` from byte ``start`` on."""
    from tqdm import tqdm

    total = None if response.length is None else start + response.length
    body = chunks(response)
    first = next(body, b"")  # refuses a web page while the part is still untouched
    bar = tqdm(desc=part.stem, initial=start, total=total, unit="B", unit_scale=True, disable=not progress)
    with bar, part.open("ab" if start else "wb") as file:
        for chunk in chain([first], body):
            file.write(chunk)
            bar.update(len(chunk))
    size = part.stat().st_size
    if total is not None and size < total:
        raise MirrorFailed(f"the connection ended after {size} of {total} bytes")


def chunks(response: HTTPResponse) -> Iterator[bytes]:
    """The body of ``response``, which must not be a page that says why there is no file."""
    try:
        chunk = response.read(CHUNK)
        if response.headers.get_content_type() == "text/html" or chunk[:14].lower() == b"<!doctype html":
            title = re.search(rb"<title>(.*?)</title>", chunk, re.DOTALL | re.IGNORECASE)
            says = f": {' '.join(title[1].decode(errors='replace').split())}" if title else ""
            raise MirrorFailed(f"the mirror answered with a web page{says}")
        while chunk:
            yield chunk
            chunk = response.read(CHUNK)
    except (OSError, HTTPException) as error:
        raise MirrorFailed(broken(error)) from error


def broken(error: Exception) -> str:
    """One line on a connection that failed."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer for {TIMEOUT:g} seconds"
    if isinstance(cause, IncompleteRead):
        return "the connection ended early"
    return getattr(cause, "strerror", None) or str(cause)
