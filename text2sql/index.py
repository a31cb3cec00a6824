"""The example store: the pool's examples by one text each, as vectors in a chromadb collection.

A collection is built once in a temporary folder, renamed into the cache folder under the digest of its texts and
its embedder, and then only read. chromadb finds the neighbourhood and this module scores it exactly, so that
the same inputs give the same examples: its graph alone does not, two builds of it differ.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from text2sql.artifacts import cache_folder, digest, kept
from text2sql.protocols import Embed, Examples, Vectors
from text2sql.types import Example

if TYPE_CHECKING:
    from chromadb.api.client import Client

_NAME: Final = "examples"
_VECTORS: Final = "vectors.npy"
_MARGIN: Final = 50  # texts that are scored exactly beyond those asked for
_GRAPH: Final[Any] = {"hnsw": {"space": "ip", "ef_construction": 200, "ef_search": 200, "max_neighbors": 32}}
_FORMAT: Final = "2"  # to be raised with every change of what is stored


@dataclass(frozen=True, slots=True)
class Embedder:
    """An embedder before it has seen texts; ``identity`` changes with its vectors."""

    identity: str
    fit: Callable[[Sequence[str]], Embed]


@dataclass
class Indexes:
    """All collections of one process: configurations with the same pool, texts and embedder share them."""

    _known: dict[tuple[str, ...], Collection] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def collection(
        self, pool: Examples, name: str, text_of: Callable[[Example], str], embedder: Embedder, *, across: bool = True
    ) -> Collection:
        """The pool by one text each; ``name`` says which one.

        ``across``: leave the examples of a question's own database out.
        """
        key = (name, text_of.__module__, text_of.__qualname__, embedder.identity, str(across), str(id(pool)))
        with self._lock:
            if key not in self._known:
                self._known[key] = Collection(pool, list(map(text_of, pool)), embedder, across=across)
            return self._known[key]


class Collection:
    """Examples of the pool by one text each; safe to share between threads.

    One vector stands for each distinct text and points at all examples that have it, in the order of the pool.
    """

    def __init__(self, pool: Examples, texts: Sequence[str], embedder: Embedder, *, across: bool = True) -> None:
        self._pool, self._across, self._lock = pool, across, Lock()
        self._by_text: dict[str, list[int]] = defaultdict(list)
        for position, text in enumerate(texts):
            self._by_text[text].append(position)
        self._texts = list(self._by_text)
        self._sizes = Counter(example.question.db_id for example in pool)
        self._embed = embedder.fit(self._texts)
        self._folder = kept(cache_folder() / "indexes" / digest(_FORMAT, embedder.identity, *self._texts), self._build)

    def nearest(self, text: str, k: int, *, to: str = "") -> list[tuple[Example, float]]:
        """The ``k`` examples with the nearest texts and their cosine, best first, ties in the order of the pool.

        ``to``: the database of the question, whose own examples are left out.
        """
        import numpy as np

        query = self._embed([text])
        own = self._sizes[to] if self._across else 0
        fetched = min(k + _MARGIN + own, len(self._texts))
        with self._lock:
            found = self._graph.query(query_embeddings=query, n_results=fetched, include=[])
        texts = np.array(found["ids"][0], dtype=np.intp)  # in the order in which they first stand in the pool
        scores = self._vectors[texts] @ query[0]
        ranked = np.lexsort((texts, -scores))
        hits = (
            (self._pool[position], float(scores[rank]))
            for rank in ranked.tolist()
            for position in self._by_text[self._texts[texts[rank]]]
        )
        return list(islice((hit for hit in hits if not own or hit[0].question.db_id != to), k))

    @cached_property
    def _graph(self) -> Any:
        return _client(self._folder).get_collection(_NAME, embedding_function=None)

    @cached_property
    def _vectors(self) -> Vectors:
        import numpy as np

        vectors: Vectors = np.load(self._folder / _VECTORS)
        return vectors

    def _build(self, folder: Path) -> None:
        import numpy as np

        vectors = self._embed(self._texts)
        # chromadb would give them back too, but many times slower than it finds them.
        np.save(folder / _VECTORS, vectors)
        client = _client(folder)
        graph: Any = client.create_collection(_NAME, embedding_function=None, configuration=_GRAPH)
        step = client.get_max_batch_size()
        for start in range(0, len(vectors), step):
            batch = vectors[start : start + step]
            graph.add(ids=[str(start + at) for at in range(len(batch))], embeddings=batch)
        client.close()


def _client(folder: Path) -> Client:
    import chromadb
    from chromadb.config import Settings

    client: Any = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    found: Client = client
    return found
