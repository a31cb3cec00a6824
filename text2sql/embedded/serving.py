"""Prompts answered on all processors, and each once: a draft's prompt is often another configuration's own."""

from __future__ import annotations

import itertools
import pickle
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from threading import Lock

from text2sql.embedded.answering import Answer, answers
from text2sql.embedded.weights import Weights, load
from text2sql.parallel import processors
from text2sql.processes import call
from text2sql.types import Prompt, Question

# A worker takes about a second to start: not for a question or two.
_ALONE = 16
_KEPT = 1 << 14
_asked = itertools.count()
_known: dict[bytes, list[Answer]] = {}
_lock = Lock()


def answered(file: Path, prompt: Prompt) -> list[Answer]:
    """The best answers of the weights in ``file``. Thread-safe; answers are kept for as long as the process lives.

    Raises ConfigError where the file holds no weights of this version.
    """
    question = Question("", prompt.question.db_id, prompt.question.text, prompt.question.evidence)
    job = pickle.dumps((file, file.stat().st_mtime_ns, Prompt((), question, prompt.schema, prompt.examples)))
    key = sha256(job).digest()
    with _lock:
        found = _known.get(key)
    if found is None:
        alone = next(_asked) < _ALONE or processors() == 1
        found = _answer(job) if alone else call(_answer, job)
        with _lock:
            _known[key] = found
            while len(_known) > _KEPT:
                del _known[next(iter(_known))]
    return found


@lru_cache(maxsize=4)
def loaded(file: Path, _changed: int) -> Weights:
    """The weights of a file, read again only when it has changed."""
    return load(file)


def _answer(job: bytes) -> list[Answer]:
    file, changed, prompt = pickle.loads(job)
    return answers(prompt, loaded(file, changed))
