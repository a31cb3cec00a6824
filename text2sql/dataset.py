"""A Spider-format folder read in place: examples, schemas, databases, and a checksum of it all.

Understands the releases of 2018 and 2024 as they unzip, bundled sets whose databases are built from
schema.sql on first use, and files of other questions over the same databases.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from text2sql.artifacts import cache_folder, digest, file_digest
from text2sql.errors import DatabaseError, DataError, nearest
from text2sql.sandbox import open_database
from text2sql.schema import from_record, read_schema, with_content
from text2sql.types import Example, Question, Schema

SPLITS = {
    "dev": ["dev.json"],
    "train": ["train_spider.json", "train_others.json", "train.json"],
    "test": ["test.json"],
}


@dataclass(frozen=True)
class Dataset:
    """One split of a data set, with the train examples that retrieval may use.

    ``files`` and ``train`` are the files that are read; ``questions``: the file, relative to the folder,
    that takes the place of the split's own.
    """

    name: str
    folder: Path
    split: str
    files: tuple[Path, ...]
    train: tuple[Path, ...]
    tables: Path | None
    questions: str | None = None

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The answer key: every question of the split with its gold SQL."""
        return tuple(_read_examples(self.files, Path(self.questions).stem if self.questions else self.split))

    @cached_property
    def pool(self) -> tuple[Example, ...]:
        """The train examples."""
        return tuple(_read_examples(self.train, "train"))

    @cached_property
    def databases(self) -> Databases:
        """The database file of every db_id; those that come as schema.sql are built when asked for."""
        return Databases(self.folder, "test_database" if self.split == "test" else "database")

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        """The schema of every db_id, from tables.json, else from its database; with a little content."""
        return _Schemas(self.tables, self.databases)

    @cached_property
    def checksum(self) -> str:
        """Digest of all that a result on this split can depend on: questions, gold, schemas, databases, pool.

        Raises DatabaseError where a database is missing, empty or not SQLite.
        """
        questions = [example.question for example in self.examples]
        parts = [f"{q.id}\0{q.db_id}\0{q.text}\0{q.evidence}" for q in questions]
        parts += [example.sql for example in self.examples]
        parts += [file_digest(file) for file in (*self.train, *([self.tables] if self.tables else []))]
        parts += [f"{db_id} {self.databases.fingerprint(db_id)}" for db_id in sorted({q.db_id for q in questions})]
        return digest(*parts)


def load_dataset(
    use: str | Path,
    *,
    split: str = "dev",
    train: Sequence[str] | None = None,
    questions: str | None = None,
) -> Dataset:
    """A data set by the name of a bundled or downloaded one, or by its folder.

    ``train``: the files of the pool, by default train_spider.json, else train.json. ``questions``: a file
    that takes the place of the split's own, relative to the folder. Raises DataError.
    """
    if split not in SPLITS:
        raise DataError(f"no split {split!r}{nearest(split, SPLITS)}")
    folder = _release_folder(_find(use))
    files = _split_files(folder, split) if questions is None else [_existing(folder / questions)]
    if train is None:
        pool = [p for p in (folder / "train_spider.json", folder / "train.json") if p.is_file()][:1]
    else:
        pool = [_existing(folder / name) for name in train]
    tables = folder / ("test_tables.json" if split == "test" else "tables.json")
    if not tables.is_file():
        tables = folder / "tables.json"
    dataset = Dataset(
        name=Path(use).resolve().name,
        folder=folder,
        split=split,
        files=tuple(files),
        train=tuple(pool),
        tables=tables if tables.is_file() else None,
        questions=questions,
    )
    if not dataset.examples:
        raise DataError(f"{files[0]}: no questions")
    return dataset


def splits_of(use: str | Path) -> list[str]:
    """The splits whose files a data set has. Raises DataError where it has none."""
    folder = _release_folder(_find(use))
    found = _splits_in(folder)
    if not found:
        raise DataError(f"{folder}: this is no Spider-format folder: it has no {', '.join(chain(*SPLITS.values()))}")
    return found


def bundled_folder(name: str) -> Path:
    """A folder that comes with the project (spider_data, experiments): of the checkout, or of the wheel."""
    package = Path(__file__).parent
    inside = package / "_bundled" / name
    return inside if inside.is_dir() else package.parent / name


def download_folder(name: str) -> Path:
    """Where a downloaded data set is kept: beside the bundled ones in a checkout, else in the cache folder."""
    beside = Path(__file__).parents[1] / "spider_data"
    return beside / name if beside.is_dir() else cache_folder() / "data" / name


# --- finding files -----------------------------------------------------------------------------------------


def _find(use: str | Path) -> Path:
    bundled = bundled_folder("spider_data")
    if not str(use):
        raise DataError("the name of the data set is empty")
    named = isinstance(use, str) and not any(mark in use for mark in "/\\.~")
    places = [bundled / use, download_folder(str(use))] if named else []
    own = Path(use).expanduser()
    for place in (*places, own):
        if place.is_dir() and any(place.glob("**/*.json")):
            return place
    if own.is_dir():
        raise DataError(f"{use}: no JSON files in this folder")
    if own.exists():
        raise DataError(f"{use}: a Spider-format folder is expected, not a file")
    if not named:
        raise DataError(f"{use}: no such folder")
    if use == "spider":
        raise DataError("Spider is not here yet: 'text2sql data download spider' fetches it, or give its folder")
    known = [path.name for path in bundled.iterdir() if path.is_dir()] if bundled.is_dir() else []
    raise DataError(f"no data set and no folder {use!r}{nearest(str(use), [*known, 'spider'])}")


def _release_folder(folder: Path) -> Path:
    """The folder that holds the question files: a release unzips to one folder inside."""
    if _splits_in(folder):
        return folder
    inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and _splits_in(path)]
    return inside[0] if len(inside) == 1 else folder


def _splits_in(folder: Path) -> list[str]:
    return [split for split, names in SPLITS.items() if any((folder / name).is_file() for name in names)]


def _split_files(folder: Path, split: str) -> list[Path]:
    files = [folder / name for name in SPLITS[split] if (folder / name).is_file()]
    if not files:
        here = ", ".join(_splits_in(folder))
        raise DataError(
            f"{folder}: split {split!r} needs {' or '.join(SPLITS[split])}; "
            + (f"splits here: {here}" if here else "this is no Spider-format folder")
        )
    return files


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    return path


# --- reading questions ---------------------------------------------------------------------------------------


def read_json(path: Path) -> Any:
    """A JSON file's content. Raises DataError with file and line."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: not JSON: {error.msg}") from None


def _read_examples(files: Sequence[Path], split: str) -> Iterator[Example]:
    position = 0
    for path in files:
        records = read_json(path)
        if not isinstance(records, list):
            raise DataError(f"{path}: a list of questions is expected")
        for row, record in enumerate(records):
            yield _example(path, row, record, f"{split}-{position:04d}")
            position += 1


def _example(path: Path, row: int, record: Any, id: str) -> Example:
    fields = record if isinstance(record, dict) else {}
    # Spider-Syn calls its question by the variant's name.
    text = fields.get("question", fields.get("SpiderSynQuestion"))
    missing = [
        name
        for name, given in (("db_id", fields.get("db_id")), ("question", text), ("query", fields.get("query")))
        if not isinstance(given, str)
    ]
    if missing:
        raise DataError(f"{path}, record {row} (the first is 0): no text in {', '.join(missing)}")
    question = Question(id, fields["db_id"], str(text), str(fields.get("evidence") or ""))
    return Example(question, fields["query"])


# --- databases and schemas -------------------------------------------------------------------------------------


class Databases(Mapping[str, Path]):
    """db_id -> database file, for the databases that are there."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name if (folder / name).is_dir() else folder / "database"

    def fingerprint(self, db_id: str) -> str:
        """Digest of a database's content: of its file, or of the schema.sql that it is built from.

        Raises DatabaseError where it is missing, empty or not SQLite.
        """
        file = self._found.get(db_id)
        if file is None:
            raise DatabaseError(f"{self.folder / db_id / db_id}.sqlite: no such database, and questions ask about it")
        if not file.stat().st_size:
            raise DatabaseError(f"{file}: an empty file, not a database")
        if file.suffix != ".sql":
            open_database(file).close()
        return file_digest(file)

    @cached_property
    def _found(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for place in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            files = [place / f"{place.name}.sqlite", *sorted(place.glob("*.sqlite")), place / "schema.sql"]
            if file := next((file for file in files if file.is_file()), None):
                found[place.name] = file
        return found

    def __getitem__(self, db_id: str) -> Path:
        file = self._found[db_id]
        return _build(db_id, file) if file.suffix == ".sql" else file

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _build(db_id: str, script: Path) -> Path:
    """The database that a schema.sql makes, in the cache folder; two processes may build it at once."""
    target = cache_folder() / "databases" / f"{db_id}-{file_digest(script)[:16]}.sqlite"
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    os.close(handle)
    temporary = Path(name)
    try:
        with closing(sqlite3.connect(temporary)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # nobody reads it before it is whole
            connection.executescript(script.read_text(encoding="utf-8"))
            connection.commit()
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise DatabaseError(f"{script}: {error}") from None
    except PermissionError:
        if not target.is_file():  # Windows: another process has just put it there and opened it
            raise
    finally:
        temporary.unlink(missing_ok=True)
    return target


class _Schemas(Mapping[str, Schema]):
    """db_id -> Schema, read when it is first asked for."""

    def __init__(self, tables: Path | None, databases: Mapping[str, Path]) -> None:
        self._tables, self._databases = tables, databases
        self._loaded: dict[str, Schema] = {}

    @cached_property
    def _records(self) -> dict[str, Any]:
        if self._tables is None:
            return {}
        try:
            return {record["db_id"]: record for record in read_json(self._tables)}
        except (KeyError, TypeError):
            raise DataError(f"{self._tables}: a list of schemas with db_id is expected") from None

    def __getitem__(self, db_id: str) -> Schema:
        if db_id not in self._loaded:
            self._loaded[db_id] = self._load(db_id)
        return self._loaded[db_id]

    def _load(self, db_id: str) -> Schema:
        database = self._databases.get(db_id)
        if db_id in self._records:
            try:
                schema = from_record(self._records[db_id])
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise DataError(f"{self._tables}: schema of {db_id}: {type(error).__name__} {error}") from None
        elif database is not None:
            schema = read_schema(db_id, database)
        else:
            raise DataError(f"no schema of {db_id!r}{nearest(db_id, self)}")
        return with_content(schema, database) if database is not None else schema

    def __contains__(self, db_id: object) -> bool:
        return db_id in self._records or db_id in self._databases

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._records, *self._databases]))

    def __len__(self) -> int:
        return sum(1 for _ in self)
