"""The databases and schemas of a data set's folder, by db_id, each found, built and read when it is asked for."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

from text2sql.artifacts import cache_folder, file_digest
from text2sql.errors import DatabaseError, DataError, nearest
from text2sql.sandbox import open_database
from text2sql.schema import from_record, read_schema, with_content
from text2sql.types import Schema


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
            raise DatabaseError(f"{self.expected(db_id)}: no such database")
        if not file.stat().st_size:
            raise DatabaseError(f"{file}: an empty file, not a database")
        if file.suffix != ".sql":
            open_database(file).close()
        return file_digest(file)

    def expected(self, db_id: str) -> Path:
        """Where a database's file belongs."""
        return self.folder / db_id / f"{db_id}.sqlite"

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


class OneDatabase(Databases):
    """A single file as the only database."""

    def __init__(self, db_id: str, file: Path) -> None:
        super().__init__(file.parent, "")
        self._only = {db_id: file}

    @property
    def _found(self) -> dict[str, Path]:
        return self._only


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


class Schemas(Mapping[str, Schema]):
    """db_id -> Schema, read when it is first asked for."""

    def __init__(self, tables: Path | None, databases: Mapping[str, Path]) -> None:
        self._tables, self._databases = tables, databases
        self._loaded: dict[str, Schema] = {}
        self._lock = threading.Lock()

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
            with self._lock:  # many questions about one database come at once
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
