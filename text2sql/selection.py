"""Which train examples a model is tuned on: filters, a split by database, an order of which every size is a start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, zip_longest
from typing import Any, Literal, TypeAlias

from text2sql.artifacts import digest
from text2sql.protocols import Examples
from text2sql.results import all_null
from text2sql.types import Example, Result

Balance: TypeAlias = Literal["none", "hardness", "construct", "database"]


@dataclass(frozen=True, slots=True)
class DataSettings:
    """``data`` of a [tuner.NAME].

    ``size``: so many train examples, all by default; ``sizes``: a tuner NAME-SIZE for each, a smaller one's examples
    being among a larger one's. ``validation``: the share of the examples whose databases are kept for validation, 0 to
    0.5. ``balance``: as many of each kind as there are, where ``size`` takes some. ``gold``: only gold that "returns"
    something, or at least "runs", or "any", which is not run. ``duplicates``: "drop" questions asked before of the same
    database, "query": and those whose SQL was seen before, or "keep" all. ``max_tokens``: longer demonstrations are
    left out. ``shots``: the share of the prompts that show examples, where there is a retriever. ``failures_of``: a run
    on the train split, whose wrong answers are what is learned. ``teacher``: such a run, whose right answers are the
    targets in place of gold; ``answers``: its "sql" alone or the whole "text", which may hold its reasoning. ``seed``:
    of the order.
    """

    size: int | None = None
    sizes: tuple[int, ...] = ()
    validation: float = 0.0
    balance: Balance = "none"
    gold: Literal["returns", "runs", "any"] = "returns"
    duplicates: Literal["keep", "drop", "query"] = "drop"
    max_tokens: int | None = None
    shots: float = 1.0
    failures_of: str = ""
    teacher: str = ""
    answers: Literal["sql", "text"] = "sql"
    seed: int = 0

    def problem(self) -> str:
        """What is wrong with the values, or nothing."""
        if not 0 <= self.validation <= 0.5:
            return f"validation is a share, 0 to 0.5, not {self.validation:g}"
        if not 0 <= self.shots <= 1:
            return f"shots is a share, 0 to 1, not {self.shots:g}"
        for name, value in (("size", self.size), ("max_tokens", self.max_tokens), *(("sizes", n) for n in self.sizes)):
            if value is not None and value < 1:
                return f"{name} is to be 1 or more, not {value}"
        if self.sizes and self.size is not None:
            return "size or sizes, not both"
        if len(set(self.sizes)) < len(self.sizes):
            return "sizes has the same number twice"
        if self.balance != "none" and self.size is None and not self.sizes:
            return f'balance = "{self.balance}" chooses among examples, so it needs a size'
        if self.answers == "text" and not self.teacher:
            return 'answers = "text" needs a teacher: gold has no text but its SQL'
        return ""

    def identity(self) -> dict[str, Any]:
        """What the demonstrations depend on; the runs go in by what is in them."""
        return {k: v for k, v in asdict(self).items() if k not in ("sizes", "failures_of", "teacher")}


@dataclass(frozen=True, slots=True)
class Selection:
    """Examples to learn from, in the order in which a size takes them, and for validation, in the pool's order.

    ``dropped``: how many of the pool were left out, by the reason.
    """

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    dropped: Mapping[str, int]


def select(
    pool: Examples,
    settings: DataSettings,
    *,
    results: Callable[[Examples], Mapping[str, Result]],
    kind: Callable[[Example], str],
) -> Selection:
    """Choose; ``results``: what gold returns, by question id, of examples that have a database; ``kind``: of what a
    balance has as many as it can.
    """
    dropped: Counter[str] = Counter()
    kept = list(_undoubled(pool, settings.duplicates, dropped))
    if settings.gold != "any":
        returned = results(kept)
        kept = [e for e in kept if not _failing(returned.get(e.question.id), settings.gold, dropped)]
    held_out = _held_out(kept, settings)
    train = [e for e in kept if e.question.db_id not in held_out]
    ordered = sorted(train, key=lambda e: _draw(settings.seed, e.question.id))
    if settings.balance != "none":
        ordered = list(_in_turn(ordered, kind))
    return Selection(tuple(ordered), tuple(e for e in kept if e.question.db_id in held_out), dropped)


def _undoubled(pool: Examples, duplicates: str, dropped: Counter[str]) -> Iterator[Example]:
    seen: set[tuple[str, str]] = set()
    for example in pool:
        question = example.question
        keys = {(question.db_id, "?" + " ".join(question.text.casefold().split()))}
        if duplicates == "query":
            keys.add((question.db_id, " ".join(example.sql.casefold().split())))
        if duplicates != "keep" and keys & seen:
            dropped["asked before"] += 1
        else:
            yield example
        seen |= keys


def _failing(result: Result | None, gold: str, dropped: Counter[str]) -> bool:
    if result is None:
        why = "no database"
    elif not result.ok:
        why = "gold does not run"
    else:
        why = "gold returns nothing" if gold == "returns" and all_null(result) else ""
    dropped.update([why] if why else [])
    return bool(why)


def _held_out(examples: Sequence[Example], settings: DataSettings) -> set[str]:
    """Databases with about this share of the examples; at least one where a share is asked for, and never all."""
    counts = Counter(example.question.db_id for example in examples)
    wanted, found = settings.validation * len(examples), set[str]()
    if not wanted:
        return found
    for db_id in sorted(counts, key=lambda db_id: _draw(settings.seed, db_id))[: len(counts) - 1]:
        if sum(counts[known] for known in found) >= wanted:
            break
        found.add(db_id)
    return found


def _in_turn(examples: Sequence[Example], kind: Callable[[Example], str]) -> Iterator[Example]:
    """One of each kind, again and again, each kind in its order."""
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(kind(example), []).append(example)
    rounds = zip_longest(*(groups[name] for name in sorted(groups)))
    return (example for example in chain.from_iterable(rounds) if example is not None)


def _draw(seed: int, what: str) -> str:
    """Drawn by name: what else is in the pool does not change it, so a smaller size is part of a larger one."""
    return digest(str(seed), what)
