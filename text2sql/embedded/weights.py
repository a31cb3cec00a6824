"""What fitting learns, and its file: a zip of arrays with fixed dates, so that equal weights are equal bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from text2sql.embedded.cues import flags
from text2sql.embedded.network import ClauseNetwork, Ranker
from text2sql.embedded.query import Condition, Query, Term, Value
from text2sql.embedded.sketches import clauses
from text2sql.errors import ConfigError

Floats = npt.NDArray[np.float32]

FORMAT = 2
"""Of the file, and of the features that its numbers weigh: a change of either is a new format."""


@dataclass(frozen=True)
class Inventory:
    """Known sketches; ``counts`` of each in the examples, ``classes`` of every clause head (0: any other)."""

    sketches: tuple[Query, ...]
    counts: tuple[int, ...]
    classes: tuple[tuple[str, ...], ...]

    @cached_property
    def numbers(self) -> dict[Query, int]:
        """The number of every sketch."""
        return {sketch: number for number, sketch in enumerate(self.sketches)}

    @cached_property
    def labels(self) -> npt.NDArray[np.int32]:
        """The class of every head of every sketch (sketches, heads)."""
        return np.array([self.label(sketch) for sketch in self.sketches], np.int32)

    @cached_property
    def flags(self) -> Floats:
        """The flags of every sketch (sketches, cues)."""
        return np.array([flags(sketch) for sketch in self.sketches], np.float32)

    @cached_property
    def _class_numbers(self) -> list[dict[str, int]]:
        return [{name: number for number, name in enumerate(names)} for names in self.classes]

    def label(self, sketch: Query) -> list[int]:
        """The class of every head; the first head is the sketch itself, whose class 0 is none of the known."""
        number = self.numbers.get(sketch, -1)
        whole = number + 1 if number >= 0 and self.counts[number] else 0
        return [whole, *(k.get(c, 0) for k, c in zip(self._class_numbers, clauses(sketch), strict=True))]


@dataclass(frozen=True)
class Weights:
    """All of the parser's weights."""

    idf: Floats
    inventory: Inventory
    clauses: ClauseNetwork
    combiner: Floats
    roles: Floats
    tables: Floats
    distinct: Floats
    rankers: tuple[Ranker, ...]

    @property
    def places(self) -> int:
        """The number of places that words are hashed to."""
        return len(self.idf)


def save(weights: Weights, file: Path) -> None:
    """Write weights; large arrays as 8 bits a number, the rest as half or single floats."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    network = weights.clauses
    for name, array in (("embedding", network.embedding), ("output", network.output)):
        scale = np.abs(array).max(axis=0) / 127 + 1e-12
        arrays[f"clauses.{name}"] = np.round(array / scale).astype(np.int8)
        arrays[f"clauses.{name}.scale"] = scale.astype(np.float32)
    arrays["clauses.bias"], arrays["clauses.output_bias"] = network.bias, network.output_bias
    arrays["idf"] = weights.idf.astype(np.float16)
    for name in ("combiner", "roles", "tables", "distinct"):
        arrays[name] = getattr(weights, name)
    for number, ranker in enumerate(weights.rankers):
        for item in fields(Ranker):
            arrays[f"ranker{number}.{item.name}"] = getattr(ranker, item.name).astype(np.float32)
    inventory = weights.inventory
    text = {
        "format": FORMAT,
        "sketches": [_listed(sketch) for sketch in inventory.sketches],
        "counts": inventory.counts,
        "classes": inventory.classes,
        "sizes": network.sizes,
        "rankers": len(weights.rankers),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            memory = io.BytesIO()
            np.save(memory, array, allow_pickle=False)
            archive.writestr(_entry(f"{name}.npy"), memory.getvalue())
        archive.writestr(_entry("text.json"), json.dumps(text, separators=(",", ":")))


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def load(file: Path) -> Weights:
    """Read weights. Raises ConfigError where the file holds none, or those of another format."""
    try:
        return _load(file)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        raise ConfigError(
            f"{file}: no weights of the embedded model, or those of another version of text2sql: fit them again"
        ) from None


def _load(file: Path) -> Weights:
    with zipfile.ZipFile(file) as archive:
        text = json.loads(archive.read("text.json"))
        if text["format"] != FORMAT:
            raise ValueError(text["format"])
        arrays = {
            name.removesuffix(".npy"): np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
            for name in archive.namelist()
            if name.endswith(".npy")
        }
    embedding, output = (
        arrays[f"clauses.{name}"].astype(np.float32) * arrays[f"clauses.{name}.scale"]
        for name in ("embedding", "output")
    )
    inventory = Inventory(
        tuple(_query(entry) for entry in text["sketches"]),
        tuple(text["counts"]),
        tuple(tuple(names) for names in text["classes"]),
    )
    return Weights(
        idf=arrays["idf"].astype(np.float32),
        inventory=inventory,
        clauses=ClauseNetwork(
            embedding, arrays["clauses.bias"], output, arrays["clauses.output_bias"], tuple(text["sizes"])
        ),
        combiner=arrays["combiner"],
        roles=arrays["roles"],
        tables=arrays["tables"],
        distinct=arrays["distinct"],
        rankers=tuple(
            Ranker(**{item.name: arrays[f"ranker{number}.{item.name}"] for item in fields(Ranker)})
            for number in range(text["rankers"])
        ),
    )


# --- sketches as lists, for JSON ---------------------------------------------------------------------------


def _listed(query: Query) -> list[Any]:
    return [
        [_term(term) for term in query.select],
        [_condition(condition) for condition in query.where],
        query.group,
        [_condition(condition) for condition in query.having],
        [[_term(term), down] for term, down in query.order],
        query.limit.kind if query.limit else "",
        query.extras,
        query.compound,
        _listed(query.other) if query.other else None,
    ]


def _term(term: Term) -> list[Any]:
    return [term.column, term.aggregate, term.distinct, term.operator, term.second]


def _condition(condition: Condition) -> list[Any]:
    right = condition.right
    if isinstance(right, Query):
        value: Any = ["query", _listed(right)]
    elif isinstance(right, Term):
        value = ["term", _term(right)]
    else:
        value = ["values", [item.kind for item in right]]
    return [_term(condition.term), condition.operator, value, condition.either]


def _query(entry: Sequence[Any]) -> Query:
    select, where, group, having, order, limit, extras, compound, other = entry
    return Query(
        select=tuple(Term(*term) for term in select),
        where=tuple(_read_condition(condition) for condition in where),
        group=tuple(group),
        having=tuple(_read_condition(condition) for condition in having),
        order=tuple((Term(*term), down) for term, down in order),
        limit=Value(limit, "1" if limit == "one" else "") if limit else None,
        extras=tuple(extras),
        compound=compound,
        other=_query(other) if other else None,
    )


def _read_condition(entry: Sequence[Any]) -> Condition:
    term, operator, (kind, value), either = entry
    right: Any
    if kind == "query":
        right = _query(value)
    elif kind == "term":
        right = Term(*value)
    else:
        right = tuple(Value(item) for item in value)
    return Condition(Term(*term), operator, right, either)
