"""The downloader against a real HTTP server on localhost that misbehaves in every way that mirrors do."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import random
import re
import socket
import sqlite3
import stat
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from text2sql import download as module
from text2sql.download import MIRRORS, download, read_source
from text2sql.errors import DataError

Files = dict[str, bytes]


# ---- a server whose pages are set by the test


@dataclass
class Page:
    """One address: a body, and how it is served."""

    body: bytes = b""
    status: int = 200
    type: str = "application/octet-stream"
    ranges: bool = True
    cut_after: int | None = None  # bytes sent before the connection is closed
    stall: bool = False
    chunked: bool = False
    location: str = ""


@dataclass
class Web:
    """The pages by path, and every request seen as (path, Range)."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    def __init__(self, web: Web, *args: object) -> None:
        self.web = web
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        asked = self.headers["Range"]
        self.web.seen.append((self.path, asked))
        page = self.web.pages.get(self.path, Page(b"<html>no such page</html>", 404, "text/html"))
        if page.stall:
            self.web.release.wait(10)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and page.ranges else 0
        size = len(page.body)
        past = start > 0 and start >= size
        self.send_response(416 if past else 206 if start else page.status)
        if start:
            extent = "*" if past else f"{start}-{size - 1}"
            self.send_header("Content-Range", f"bytes {extent}/{size}")
        if page.location:
            self.send_header("Location", page.location)
        body = b"" if past else page.body[start : page.cut_after]
        self.send_header("Content-Type", page.type)
        if page.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = b"%x\r\n%s\r\n" % (len(body), body) + (b"" if page.cut_after else b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(0 if past else size - start))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close waits for every answer


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    with Server(("127.0.0.1", 0), partial(Handler, web)) as server:
        web.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield web
        web.release.set()
        server.shutdown()
        thread.join()


# ---- a small release


def sqlite_bytes() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE pet (name TEXT)")
    data = connection.serialize()
    connection.close()
    return data


PETS = sqlite_bytes()
NOISE = random.Random(0).randbytes(200_000)  # more than two chunks, not compressible
RELEASE: Files = {
    "dev.json": b'[{"db_id": "pets"}]',
    "train_spider.json": b"[]",
    "database/pets/pets.sqlite": PETS,
    "database/noise/noise.sql": NOISE,
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


HASHES = {path: sha256(data) for path, data in RELEASE.items()} | {"train_spider.json": ""}


def zipped(files: Files, top: str = "spider_data/") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, data in files.items():
            archive.writestr(top + path, data)
    return stream.getvalue()


EXTRAS = {"README.txt": b"read me", "database/.DS_Store": b"junk", "test_database/x/schema.sql": b"CREATE"}
ARCHIVE = zipped(RELEASE | EXTRAS)
UNPACKED = {path: data for path, data in (RELEASE | EXTRAS).items() if ".DS_Store" not in path}


def tree(folder: Path) -> Files:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def listing(folder: Path, *mirrors: dict[str, object], files: dict[str, str] = HASHES) -> Path:
    """A mirrors.toml; JSON's strings, numbers and booleans are TOML's too."""
    lines = [
        "[pets]",
        'page = "https://example.org/pets"',
        'take = "pets.zip"',
        "max_unpacked_bytes = 1_000_000",
    ]
    for mirror in mirrors:
        lines += ["[[pets.mirror]]", *(f"{key} = {json.dumps(value)}" for key, value in mirror.items())]
    lines += ["[pets.files]", *(f"{json.dumps(path)} = {json.dumps(known)}" for path, known in files.items())]
    file = folder / "mirrors.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def mirror(web: Web, path: str = "/pets.zip", name: str = "one", **more: object) -> dict[str, object]:
    return {"name": name, "url": web.url + path, **more}


Fetch = Callable[..., Path]


@pytest.fixture
def fetch(tmp_path: Path) -> Fetch:
    """Downloads into tmp_path/pets from the mirrors given."""

    def fetch(*mirrors: dict[str, object], progress: bool = False, files: dict[str, str] = HASHES) -> Path:
        file = listing(tmp_path, *mirrors, files=files)
        return download("pets", tmp_path / "pets", mirrors=file, progress=progress)

    return fetch


def refusal(fetch: Fetch, *mirrors: dict[str, object]) -> list[str]:
    """The reasons per mirror for which nothing was downloaded."""
    with pytest.raises(DataError) as caught:
        fetch(*mirrors)
    return [line.strip() for line in str(caught.value).splitlines()[1:-1]]


PINNED = {"sha256": sha256(ARCHIVE)}


# ---- an archive


def test_an_archive_is_fetched_unpacked_and_not_fetched_again(web: Web, fetch: Fetch, tmp_path: Path) -> None:
    junk = {"__MACOSX/spider_data/._dev.json": b"junk", "__MACOSX/._spider_data": b"junk"}
    body = zipped({f"spider_data/{path}": data for path, data in (RELEASE | EXTRAS).items()} | junk, top="")
    web.pages["/pets.zip"] = Page(body)
    assert fetch(mirror(web, sha256=sha256(body))) == tmp_path / "pets"
    assert tree(tmp_path / "pets") == UNPACKED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mirrors.toml", "pets"]
    fetch(mirror(web, sha256=sha256(body)))
    assert web.seen == [("/pets.zip", None)]


def test_an_archive_without_a_top_folder(web: Web, fetch: Fetch, tmp_path: Path) -> None:
    web.pages["/pets.zip"] = Page(zipped(RELEASE, top=""))
    assert tree(fetch(mirror(web))) == RELEASE


def test_what_breaks_off_is_continued_by_the_next_call(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, cut_after=100_000)
    assert refusal(fetch, mirror(web, **PINNED)) == [f"one: the connection ended after 100000 of {len(ARCHIVE)} bytes"]
    web.pages["/pets.zip"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED
    assert web.seen == [("/pets.zip", None), ("/pets.zip", "bytes=100000-")]


def test_what_breaks_off_is_continued_by_a_mirror_with_the_same_bytes(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, cut_after=100_000)
    web.pages["/other"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, **PINNED), mirror(web, "/other", "two", **PINNED))) == UNPACKED
    assert web.seen == [("/pets.zip", None), ("/other", "bytes=100000-")]


def test_a_chunked_answer_that_breaks_off(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, chunked=True, cut_after=100_000)
    assert refusal(fetch, mirror(web, **PINNED)) == ["one: the connection ended early"]
    web.pages["/pets.zip"] = Page(ARCHIVE, chunked=True)
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED
    assert web.seen == [("/pets.zip", None), ("/pets.zip", "bytes=65536-")]


def test_a_server_without_ranges_starts_from_the_beginning(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, cut_after=100_000)
    refusal(fetch, mirror(web, **PINNED))
    web.pages["/pets.zip"] = Page(ARCHIVE, ranges=False)
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED
    assert web.seen == [("/pets.zip", None), ("/pets.zip", "bytes=100000-")]


def test_a_web_page_leaves_the_part_alone(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, cut_after=100_000)
    refusal(fetch, mirror(web, **PINNED))
    page = b"<html><head><title>Quota\n exceeded</title>"
    web.pages["/pets.zip"] = Page(page, type="text/html; charset=utf-8", ranges=False)
    told = "one: the mirror answered with a web page: Quota exceeded"
    assert refusal(fetch, mirror(web, **PINNED)) == [told]
    web.pages["/pets.zip"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED
    assert web.seen[-1] == ("/pets.zip", "bytes=100000-")


@pytest.mark.parametrize(
    ("part", "ranges", "known"),
    [
        pytest.param(ARCHIVE, [f"bytes={len(ARCHIVE)}-"], PINNED, id="complete"),
        pytest.param(ARCHIVE, [f"bytes={len(ARCHIVE)}-"], {}, id="complete, of unknown hash"),
        pytest.param(ARCHIVE + b"x", [f"bytes={len(ARCHIVE) + 1}-", None], PINNED, id="too long"),
        pytest.param(ARCHIVE + b"x", [f"bytes={len(ARCHIVE) + 1}-", None], {}, id="too long, of unknown hash"),
        pytest.param(b"x" * 1000, ["bytes=1000-", None], PINNED, id="of another file"),
        pytest.param(b"x" * len(ARCHIVE), [f"bytes={len(ARCHIVE)}-", None], PINNED, id="another, as long"),
        pytest.param(b"", [None], PINNED, id="empty"),
    ],
)
def test_a_part_that_was_there(
    web: Web, fetch: Fetch, tmp_path: Path, part: bytes, ranges: list[str | None], known: dict[str, str]
) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, cut_after=1)
    refusal(fetch, mirror(web, **known))
    [left] = tmp_path.glob("pets.download/*.part")
    left.write_bytes(part)
    web.pages["/pets.zip"] = Page(ARCHIVE)
    web.seen.clear()
    assert tree(fetch(mirror(web, **known))) == UNPACKED
    assert [asked for _, asked in web.seen] == ranges


@pytest.mark.parametrize(("left", "fetches"), [("whole", 1), ("damaged", 2)])
def test_an_interrupted_extraction_leaves_no_folder_and_costs_no_second_download(
    web: Web, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str, fetches: int
) -> None:
    def interrupted(packed: object, file: io.BufferedWriter) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    web.pages["/pets.zip"] = Page(ARCHIVE)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("shutil.copyfileobj", interrupted)
        fetch(mirror(web, **PINNED))
    assert not (tmp_path / "pets").exists()
    if left == "damaged":
        [archive] = tmp_path.glob("pets.download/*.zip")
        archive.write_bytes(ARCHIVE[:-1] + b"x")
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED
    assert web.seen == [("/pets.zip", None)] * fetches


def test_an_incomplete_folder_is_completed_and_the_rest_stays(web: Web, fetch: Fetch, tmp_path: Path) -> None:
    here = RELEASE | {"dev.json": b"[damaged", "README.txt": b"mine", "notes.txt": b"mine"}
    del here["database/pets/pets.sqlite"]
    for path, data in here.items():
        (tmp_path / "pets" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pets" / path).write_bytes(data)
    web.pages["/pets.zip"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED | {"README.txt": b"mine", "notes.txt": b"mine"}


@pytest.mark.parametrize(
    ("exists", "order"),
    [
        (False, []),
        (True, ["database/noise/noise.sql", "database/pets/pets.sqlite", "dev.json", "train_spider.json"]),
    ],
)
def test_a_folder_comes_in_one_move_or_else_its_question_files_come_last(
    web: Web, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool, order: list[str]
) -> None:
    moved = []
    move = Path.replace

    def watched(file: Path, target: Path) -> Path:
        moved.append(target)
        return move(file, target)

    if exists:
        (tmp_path / "pets").mkdir()
    web.pages["/pets.zip"] = Page(zipped(RELEASE))
    monkeypatch.setattr(Path, "replace", watched)
    assert tree(fetch(mirror(web))) == RELEASE
    assert moved[1:] == [tmp_path / "pets" / path for path in order]


# ---- mirrors that fail


def test_every_mirror_is_tried_in_order_and_the_reasons_and_the_way_by_hand_are_told(
    web: Web, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/pets.zip"
    web.pages |= {
        "/slow": Page(stall=True),
        "/page": Page(b"<!DOCTYPE HTML>\n<p>sign in", type="application/zip"),
        "/wrong": Page(zipped({"dev.json": b"[]"})),
        "/damaged": Page(b"PK but no zip"),
        "/odd": Page(status=599),  # no words for it
        "/loop": Page(status=302, location="/loop"),
    }
    names = ["gone", "slow", "page", "wrong", "damaged", "odd", "loop"]
    mirrors = [mirror(web, f"/{name}", name, **(PINNED if name == "wrong" else {})) for name in names]
    with pytest.raises(DataError) as caught:
        fetch(*mirrors, {"name": "closed", "url": closed})
    wrong = f"{sha256(web.pages['/wrong'].body)[:8]}... instead of {PINNED['sha256'][:8]}..."
    reasons = [
        "gone: HTTP 404 Not Found",
        "slow: no answer for 0.2 seconds",
        "page: the mirror answered with a web page",
        f"wrong: wrong content: sha256 {wrong}",
        "damaged: its archive cannot be unpacked: File is not a zip file",
        "odd: HTTP 599",
        "loop: HTTP 302 The HTTP server returned a redirect error that would lead to an infinite loop.",
        "closed: Connection refused",
    ]
    to = tmp_path / "pets"
    by_hand = (
        f"By hand: open https://example.org/pets, take pets.zip, unzip it, move what is in its top folder to "
        f"{to} (so that there is {to}/dev.json), then check it: text2sql data check {to}"
    )
    assert str(caught.value) == "\n  ".join(["pets was not downloaded:", *reasons, by_hand])
    assert [record.message for record in caplog.records] == reasons
    assert not to.exists()
    assert list(dict.fromkeys(path for path, _ in web.seen)) == [f"/{name}" for name in names]


def test_a_mirror_after_failing_ones_serves(web: Web, fetch: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, "/gone", "first"), mirror(web, name="second", **PINNED))) == UNPACKED
    assert [record.message for record in caplog.records] == ["first: HTTP 404 Not Found"]


def test_a_redirect_is_followed_with_its_range(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(status=302, location="/moved", ranges=False)
    web.pages["/moved"] = Page(ARCHIVE, cut_after=9)
    refusal(fetch, mirror(web, **PINNED))
    web.pages["/moved"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, **PINNED))) == UNPACKED
    assert web.seen[2:] == [("/pets.zip", "bytes=9-"), ("/moved", "bytes=9-")]


def test_google_drive_is_asked_for_the_file_and_not_for_its_warning(
    web: Web, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DRIVE", f"{web.url}/download")
    web.pages["/download?id=a-B_1&export=download&confirm=t"] = Page(ARCHIVE)
    assert tree(fetch({"name": "Drive", "google_drive": "a-B_1", **PINNED})) == UNPACKED


# ---- archives that must be refused


def with_member(name: str, mode: int) -> bytes:
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    stream = io.BytesIO(ARCHIVE)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(member, b"/etc")
    return stream.getvalue()


def encrypted() -> bytes:
    at = ARCHIVE.index(b"PK\1\2") + 8  # the flags of the first member in the central directory
    return ARCHIVE[:at] + b"\1" + ARCHIVE[at + 1 :]


def badly_compressed() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x", b"x", zipfile.ZIP_DEFLATED)
    data = stream.getvalue()
    return data[:31] + b"\xff" + data[32:]  # 30 bytes of header, the name, then a block of no valid type


def corrupted() -> bytes:
    at = ARCHIVE.index(NOISE)
    return ARCHIVE[:at] + b"x" * 100 + ARCHIVE[at + 100 :]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        *(
            pytest.param(with_member(name, mode), f"its archive has an unsafe member: {name!r}", id=name)
            for name, mode in {
                "../evil": stat.S_IFREG,
                "spider_data/../../evil": stat.S_IFREG,
                "/evil": stat.S_IFREG,
                "a\\..\\..\\evil": stat.S_IFREG,
                "C:evil": stat.S_IFREG,
                "spider_data/link": stat.S_IFLNK,
            }.items()
        ),
        pytest.param(
            corrupted(),
            "its archive cannot be unpacked: Bad CRC-32 for file 'spider_data/database/noise/noise.sql'",
            id="damaged",
        ),
        pytest.param(
            badly_compressed(),
            "its archive cannot be unpacked: Error -3 while decompressing data: invalid block type",
            id="badly compressed",
        ),
        pytest.param(
            zipped(RELEASE | {"big": bytes(800_000)}),
            f"its archive unpacks to {sum(map(len, RELEASE.values())) + 800_000} bytes, 1000000 are allowed",
            id="too large",
        ),
        pytest.param(
            zipped({path: data for path, data in RELEASE.items() if path != "dev.json"}),
            "its archive lacks dev.json",
            id="incomplete",
        ),
        pytest.param(
            zipped(RELEASE | {"train_spider.json": b'{"not": "a list"}'}),
            "its archive has a damaged or another version of train_spider.json",
            id="not a list",
        ),
        pytest.param(
            zipped(RELEASE | {"database/pets/pets.sqlite": b"SQLite format 2"}),
            "its archive has a damaged or another version of database/pets/pets.sqlite",
            id="not SQLite",
        ),
    ],
)
def test_an_archive_is_refused_even_from_the_publisher(
    web: Web, fetch: Fetch, tmp_path: Path, body: bytes, reason: str
) -> None:
    web.pages["/pets.zip"] = Page(body)
    assert refusal(fetch, mirror(web, official=True)) == [f"one: {reason}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mirrors.toml", "pets.download"]
    assert list(tmp_path.glob("pets.download/*.zip")) == []  # it would fail again, and for ever
    web.pages["/pets.zip"] = Page(ARCHIVE)
    assert tree(fetch(mirror(web, official=True))) == UNPACKED


def test_an_encrypted_archive_is_refused(web: Web, fetch: Fetch) -> None:
    web.pages["/pets.zip"] = Page(encrypted())
    [reason] = refusal(fetch, mirror(web))
    assert re.fullmatch(r"one: its archive cannot be unpacked: File .*dev\.json.* is encrypted, .*", reason)


def test_another_version_is_kept_from_the_publisher_alone(
    web: Web, fetch: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    older = RELEASE | {"dev.json": b"[ ]"}
    web.pages["/copy"] = Page(zipped(older | {"not in the other archive": b""}))
    web.pages["/own"] = Page(zipped(older, top="spider/"))
    assert tree(fetch(mirror(web, "/copy", "copy"), mirror(web, "/own", "own", official=True))) == older
    assert [(record.levelno, record.message) for record in caplog.records] == [
        (logging.WARNING, "copy: its archive has a damaged or another version of dev.json"),
        (
            logging.WARNING,
            "another version of dev.json than listed: kept, as the archive is the official one",
        ),
    ]


# ---- single files


def serve(web: Web, files: Files) -> dict[str, object]:
    web.pages |= {f"/f/{path.replace(' ', '%20')}": Page(data) for path, data in files.items()}
    return mirror(web, "/f/{path}")


def test_single_files_are_fetched_where_they_are_missing(web: Web, fetch: Fetch, tmp_path: Path) -> None:
    one = serve(web, RELEASE)
    assert tree(fetch(one)) == RELEASE
    assert web.seen == [(f"/f/{path}", None) for path in RELEASE]
    (tmp_path / "pets/dev.json").write_bytes(b"[ ]")
    (tmp_path / "pets/database/pets/pets.sqlite").unlink()
    web.seen.clear()
    assert tree(fetch(one)) == RELEASE
    assert web.seen == [("/f/dev.json", None), ("/f/database/pets/pets.sqlite", None)]
    assert not (tmp_path / "pets.download").exists()


def test_single_files_continue_where_they_broke_off(web: Web, fetch: Fetch, tmp_path: Path) -> None:
    one = serve(web, RELEASE)
    web.pages["/f/database/noise/noise.sql"].cut_after = 150_000
    told = "one: database/noise/noise.sql: the connection ended after 150000 of 200000 bytes"
    assert refusal(fetch, one) == [told]
    assert not (tmp_path / "pets").exists()
    web.pages["/f/database/noise/noise.sql"].cut_after = None
    web.seen.clear()
    assert tree(fetch(one)) == RELEASE
    assert web.seen == [("/f/database/noise/noise.sql", "bytes=150000-")]


def test_the_part_of_a_file_that_has_come_from_elsewhere_is_no_part_of_the_data(
    web: Web, fetch: Fetch, tmp_path: Path
) -> None:
    (tmp_path / "pets").mkdir()
    one = serve(web, RELEASE)
    web.pages["/f/database/noise/noise.sql"].cut_after = 150_000
    refusal(fetch, one)
    (tmp_path / "pets/database/noise").mkdir(parents=True)
    (tmp_path / "pets/database/noise/noise.sql").write_bytes(NOISE)
    assert tree(fetch(one)) == RELEASE


def test_a_single_file_must_be_the_listed_one_even_from_the_publisher(web: Web, fetch: Fetch) -> None:
    one = serve(web, RELEASE | {"dev.json": b"[ ]"}) | {"official": True}
    found, known = sha256(b"[ ]")[:8], HASHES["dev.json"][:8]
    assert refusal(fetch, one) == [f"one: dev.json: wrong content: sha256 {found}... instead of {known}..."]


def test_a_single_file_without_a_known_hash_must_be_of_its_kind(web: Web, fetch: Fetch) -> None:
    one = serve(web, RELEASE | {"train_spider.json": b"version https://git-lfs.github.com/spec/v1"})
    assert refusal(fetch, one) == ["one: train_spider.json: not a json file"]
    serve(web, RELEASE)
    assert tree(fetch(one)) == RELEASE


def test_a_single_file_of_any_other_kind_must_not_be_empty(web: Web, fetch: Fetch) -> None:
    with pytest.raises(DataError, match=r"\n  one: gold\.sql: not a sql file\n"):
        fetch(serve(web, {"gold.sql": b""}), files={"gold.sql": ""})


def test_a_path_is_quoted_in_an_address(web: Web, fetch: Fetch) -> None:
    files = {"a b.json": b"[]"}
    assert tree(fetch(serve(web, files), files={"a b.json": ""})) == files


# ---- the call


def test_progress_is_shown_when_asked_for(web: Web, fetch: Fetch, capsys: pytest.CaptureFixture[str]) -> None:
    web.pages["/pets.zip"] = Page(ARCHIVE, cut_after=100_000)
    refusal(fetch, mirror(web, **PINNED))
    assert capsys.readouterr().err == ""
    web.pages["/pets.zip"] = Page(ARCHIVE)
    fetch(mirror(web, **PINNED), progress=True)
    shown = capsys.readouterr().err
    name = f"pets-{PINNED['sha256'][:8]}.zip"
    steps = re.findall(r"\r(\S+):\s+(\d+%)", shown)
    assert (steps[0], steps[-1]) == ((name, f"{100_000 / len(ARCHIVE):.0%}"), (name, "100%"))


def test_the_way_by_hand_can_be_pasted(web: Web, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"text2sql data check '.*/my pets'$"):
        download("pets", tmp_path / "my pets", mirrors=listing(tmp_path, mirror(web)))


def test_a_name_that_is_not_listed(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        download("pet", tmp_path / "x", mirrors=listing(tmp_path))
    assert str(caught.value) == "no data set 'pet' in mirrors.toml; did you mean 'pets'?"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[pets", "Expected ']' at the end of a table declaration (at end of document)"),
        ("[pets]", "'mirror'"),
        ("[pets]\n[[pets.mirror]]\nuri = 'x'", "Mirror.__init__() got an unexpected keyword argument 'uri'"),
    ],
)
def test_a_list_that_cannot_be_read(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(DataError) as caught:
        download("pets", tmp_path / "x", mirrors=file)
    # Later versions of Python go on with what may have been meant.
    assert str(caught.value).startswith(f"{file} is not a list of mirrors as in mirrors.toml: {reason}")


def test_a_folder_that_cannot_be_written_is_not_blamed_on_a_mirror(web: Web, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "pets"
    mirrors = listing(tmp_path, mirror(web, name="one"), mirror(web, name="two"))
    with pytest.raises(DataError) as caught:
        download("pets", folder, mirrors=mirrors)
    assert str(caught.value).startswith(f"cannot store pets in {folder}: [Errno")
    assert web.seen == []


def test_the_current_folder(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    web.pages["/pets.zip"] = Page(ARCHIVE)
    mirrors = listing(tmp_path, mirror(web))
    assert download("pets", Path("."), mirrors=mirrors, progress=False) == Path(".")
    assert tree(Path(".")) == UNPACKED


# ---- the bundled list


def test_the_bundled_list_of_spider() -> None:
    source = read_source("spider", MIRRORS)
    databases = [path for path in source.files if path.startswith("database/")]
    assert [path for path in source.files if path not in databases] == [
        "dev.json",
        "train_spider.json",
        "train_others.json",
        "tables.json",
        "dev_gold.sql",
        "train_gold.sql",
    ]
    assert len(databases) == 166
    assert databases == [f"database/{path.split('/')[1]}/{path.split('/')[1]}.sqlite" for path in databases]
    assert [path for path, known in source.files.items() if not known] == [
        "train_spider.json",
        "train_others.json",
        "database/baseball_1/baseball_1.sqlite",
        "database/soccer_1/soccer_1.sqlite",
        "database/wta_1/wta_1.sqlite",
    ]
    hashes = [*source.files.values(), *(mirror.sha256 for mirror in source.mirrors)]
    assert [known for known in hashes if known and not re.fullmatch("[0-9a-f]{64}", known)] == []
    assert [mirror.url for mirror in source.mirrors if not mirror.url.startswith("https://")] == []
    assert [mirror.name for mirror in source.mirrors if not (mirror.sha256 or mirror.official)] == []
