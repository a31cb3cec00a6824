"""TF-IDF of words and character n-grams, reduced by SVD: an embedder without network and without a model."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from text2sql.artifacts import cache_folder, digest, kept
from text2sql.protocols import Embed, Vectors

_FORMAT = "1"  # to be raised with every change of what is fitted
_WORD = re.compile(r"\w+|[<>=?*]")
_CHARACTERS = "#"


def lexical(corpus: Sequence[str], *, dimensions: int = 64, characters: float = 0.5) -> Embed:
    """Latent semantic analysis, fitted on the collection's texts and kept by their digest.

    ``dimensions``: of the vectors, fewer for a small corpus. ``characters``: the weight of an n-gram of
    characters against that of a word or word pair. Raises OSError where the cache cannot be written.
    """
    import numpy as np

    name = digest(_FORMAT, str(dimensions), str(characters), *corpus)
    folder = cache_folder() / "embedders" / f"lexical-{name}"
    kept(folder, lambda folder: _fit(list(corpus), dimensions, characters, folder))
    vocabulary = json.loads((folder / "vocabulary.json").read_bytes())
    return _Lexical(vocabulary, np.load(folder / "weights.npy"), np.load(folder / "projection.npy"))


@dataclass(frozen=True)
class _Lexical:
    """``weights``: of every feature. ``projection``: one row per feature, contiguous, so that few rows are read."""

    vocabulary: Mapping[str, int]
    weights: Vectors
    projection: Vectors

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimensions), rows of unit length; a text of unknown words is a row of equal numbers."""
        import numpy as np

        vectors = np.zeros((len(texts), self.projection.shape[1]), dtype=np.float32)
        for row, text in enumerate(texts):
            found = Counter(self.vocabulary[name] for name in _features(text) if name in self.vocabulary)
            features = np.array(sorted(found), dtype=np.intp)
            counts = np.array([found[feature] for feature in features.tolist()], dtype=np.float32)
            vectors[row] = (counts * self.weights[features]) @ self.projection[features]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[lengths[:, 0] < 1e-9] = 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def _features(text: str) -> Iterator[str]:
    """Words, word pairs, and the 3- and 4-grams of each word."""
    words = _WORD.findall(text.lower())
    yield from words
    yield from map(" ".join, pairwise(words))
    for word in words:
        padded = f" {word} "
        for size in (3, 4):
            yield from (_CHARACTERS + padded[i : i + size] for i in range(len(padded) - size + 1))


def _fit(corpus: list[str], dimensions: int, characters: float, folder: Path) -> None:
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
    from sklearn.preprocessing import normalize

    # What occurs once says nothing about likeness; "?" keeps the vocabulary from being empty.
    counter = CountVectorizer(analyzer=_features, min_df=2 if len(corpus) >= 100 else 1, dtype=np.float32)
    counts = counter.fit_transform([*corpus, "?", "?"])[: len(corpus)]
    names = counter.get_feature_names_out()
    weights = TfidfTransformer().fit(counts).idf_.astype(np.float32)
    weights *= np.where(np.char.startswith(names.astype(str), _CHARACTERS), characters, 1.0).astype(np.float32)
    rank = min(dimensions, min(counts.shape) - 1)
    if rank > 0:
        svd = TruncatedSVD(rank, n_iter=4, random_state=0)
        with np.errstate(invalid="ignore"):  # texts that are all alike have no variance to explain
            projection = svd.fit(normalize(counts.multiply(weights).tocsr())).components_.T
    else:
        projection = np.ones((len(names), 1))
    np.save(folder / "weights.npy", weights)
    np.save(folder / "projection.npy", np.ascontiguousarray(projection, dtype=np.float32))
    (folder / "vocabulary.json").write_text(json.dumps({str(name): at for at, name in enumerate(names)}))
