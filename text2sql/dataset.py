"""A Spider-format folder read in place: examples, schemas, databases, and a checksum of it all.

Understands the releases of 2018 and 2024 as they unzip, bundled sets whose databases are built from
schema.sql on first use, and files of other questions over the same databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from text2sql.artifacts import cache_folder, digest, file_digest
from text2sql.databases import Databases, Schemas, read_json
from text2sql.errors import DatabaseError, DataError, nearest
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
    that takes the place of the split's own; ``left_out``: ids of questions that are passed over.
    """

    name: str
    folder: Path
    split: str
    files: tuple[Path, ...]
    train: tuple[Path, ...]
    tables: Path | None
    questions: str | None = None
    left_out: frozenset[str] = frozenset()

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """The answer key: every question of the split with its gold SQL."""
        found = _read_examples(self.files, Path(self.questions).stem if self.questions else self.split)
        return tuple(example for example in found if example.question.id not in self.left_out)

    def without(self, ids: Iterable[str]) -> Dataset:
        """The same without some questions; the others keep their ids."""
        return replace(self, left_out=self.left_out | frozenset(ids))

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
        return Schemas(self.tables, self.databases)

    @cached_property
    def checksum(self) -> str:
        """Digest of all that a result on this split can depend on: questions, gold, schemas, databases, pool.

        Raises DatabaseError where a database is missing, empty or not SQLite.
        """
        questions = [example.question for example in self.examples]
        parts = [f"{q.id}\0{q.db_id}\0{q.text}\0{q.evidence}" for q in questions]
        parts += [example.sql for example in self.examples]
        parts += [file_digest(file) for file in (*self.train, *([self.tables] if self.tables else []))]
        for db_id in sorted({question.db_id for question in questions}):
            if db_id not in list(self.databases):
                raise self.missing(db_id)
            parts.append(f"{db_id} {self.databases.fingerprint(db_id)}")
        return digest(*parts)

    def locate(self, id: str) -> str:
        """Where a question stands, for an error message: file, record in it, and the question's id."""
        row = int(id.rpartition("-")[2])  # ids count through the files
        for file in self.files:
            records = len(read_json(file))
            if row < records:
                return f"{file}, record {row} ({id})"
            row -= records
        raise DataError(f"no question {id!r}")

    def missing(self, db_id: str, remedy: str = "") -> DatabaseError:
        """The error that names a missing database and the questions about it; ``remedy``: what can be done."""
        first, *others = [e.question.id for e in self.examples if e.question.db_id == db_id]
        asking = f"{first} and {len(others)} more" if others else first
        names = ", ".join(file.name for file in self.files)
        meant = "" if db_id in self.schemas else nearest(db_id, self.databases)
        file = self.databases.expected(db_id)
        return DatabaseError(f"{file}: no such database, asked about by {asking} of {names}{meant}{remedy}")


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
