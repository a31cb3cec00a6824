"""Questions as sparse vectors for the sketch network and for nearest neighbours: hashed n-grams, no vocabulary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

_WORD = re.compile(r"<\w+>|\w+|[^\w\s]")


@dataclass(frozen=True)
class Vector:
    """A sparse vector of unit length: places, each once, and their weights."""

    places: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def encode(masked: str, size: int) -> Vector:
    """A masked question's words and word pairs, weighted 1 + log of their count, hashed to ``size`` places."""
    words = ["^", *_WORD.findall(masked), "$"]
    grams = Counter([*words[1:-1], *(f"{a} {b}" for a, b in pairwise(words))])
    for first, second in zip(words[1:], words[3:], strict=False):
        grams[f"{first} _ {second}"] += 1
    found: dict[int, float] = {}
    for gram, count in grams.items():
        place = crc32(gram.encode()) % size
        found[place] = max(found.get(place, 0.0), 1 + float(np.log(count)))
    places = np.fromiter(sorted(found), np.int32, len(found))
    return Vector(places, np.array([found[place] for place in places.tolist()], np.float32))


def idf(vectors: Sequence[Vector], size: int) -> npt.NDArray[np.float32]:
    """Inverse document frequency of every place, smoothed."""
    counts = np.zeros(size, np.float32)
    for vector in vectors:
        counts[vector.places] += 1
    return (np.log((1 + len(vectors)) / (1 + counts)) + 1).astype(np.float32)


def weighted(vector: Vector, weights: npt.NDArray[np.float32]) -> Vector:
    """The vector times idf, of unit length."""
    product = vector.weights * weights[vector.places]
    return Vector(vector.places, (product / max(float(np.linalg.norm(product)), 1e-9)).astype(np.float32))


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of two vectors of unit length."""
    _, left, right = np.intersect1d(one.places, other.places, assume_unique=True, return_indices=True)
    return float(one.weights[left] @ other.weights[right])


@dataclass(frozen=True)
class Neighbours:
    """Many vectors by place, for fast similarities: postings of place p are ``starts[p]:starts[p+1]``."""

    starts: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    count: int

    def similarities(self, vector: Vector) -> npt.NDArray[np.float32]:
        """The cosine of a vector with every row."""
        total = np.zeros(self.count, np.float32)
        for place, weight in zip(vector.places.tolist(), vector.weights.tolist(), strict=True):
            span = slice(self.starts[place], self.starts[place + 1])
            total[self.rows[span]] += weight * self.weights[span]
        return total


def neighbours(vectors: Sequence[Vector], size: int) -> Neighbours:
    """Index vectors of unit length."""
    places = np.concatenate([vector.places for vector in vectors]) if vectors else np.zeros(0, np.int32)
    weights = np.concatenate([vector.weights for vector in vectors]) if vectors else np.zeros(0, np.float32)
    rows = np.repeat(np.arange(len(vectors), dtype=np.int32), [len(vector.places) for vector in vectors])
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(size + 1)).astype(np.int32)
    return Neighbours(starts, rows[order], weights[order], len(vectors))
