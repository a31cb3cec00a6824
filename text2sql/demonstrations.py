"""What a model is tuned on: train examples chosen, and each shown by the very prompts that inference renders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import islice

from text2sql.artifacts import cache_folder, digest
from text2sql.assemble import Assembly
from text2sql.calls import Call, Ledger
from text2sql.chat_data import example_tokens
from text2sql.dataset import Dataset
from text2sql.differences import constructs
from text2sql.errors import ConfigError, ProviderError
from text2sql.evaluator import pool_hardness
from text2sql.exchange import Exchange
from text2sql.executor import Execute, Executor
from text2sql.experiment import Recipe
from text2sql.gold import gold_results
from text2sql.parallel import in_parallel, processors
from text2sql.remote import IN_FLIGHT
from text2sql.sandbox import OFFICIAL
from text2sql.selection import Selection, select
from text2sql.train_runs import TrainRun
from text2sql.types import Demonstration, Example, Prompt, Question, Result, TuningData

_AT_ONCE = 256  # rendered before the next are looked at: a size may be reached

Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """The demonstrations of a recipe, and what became of the pool on the way.

    ``dropped``: how many examples were left out, by the reason; ``levels``: the hardness of every example by id;
    ``calls``: what the drafts of its retriever took.
    """

    data: TuningData
    pool: int
    dropped: Mapping[str, int]
    levels: Mapping[str, str]
    calls: Sequence[Call] = ()


def prepare(
    recipe: Recipe,
    dataset: Dataset,
    exchange: Exchange,
    *,
    failures_of: TrainRun | None = None,
    teacher: TrainRun | None = None,
    tell: Tell = lambda stage, share: None,
) -> Prepared:
    """Choose the examples of a recipe and render them; calls of a retriever's drafts go through ``exchange``.

    Raises ConfigError where nothing is left, or less than the size that was asked for.
    """
    where = f"[tuner.{recipe.name}]"
    if not dataset.pool:
        raise ConfigError(f"{where}: {dataset.name} has no train examples")
    with Executor(workers=processors(), cache=cache_folder() / "executions.sqlite") as executor:
        asked, dropped = _asked(dataset.pool, failures_of, teacher)
        tell("looking at gold", 0.0)
        execute = Execute(executor, dataset.databases, OFFICIAL)
        here = set(dataset.databases)

        def results(examples: Sequence[Example]) -> Mapping[str, Result]:
            return gold_results([example for example in examples if example.question.db_id in here], execute)

        selection = select(asked, recipe.data, results=results, kind=_kind(recipe, dataset))
        dropped.update(selection.dropped)
        assembly = Assembly(recipe.prompts, dataset, executor, Ledger(), exchange=exchange)
        rendering = _Rendering(assembly, recipe, teacher, dropped, tell)
        train = rendering.first(selection.train, recipe.data.size)
        validation = rendering.first(selection.validation, None)
    _check(where, recipe, dataset, selection, train, dropped)
    data = TuningData(train, validation)
    return Prepared(data, len(dataset.pool), dict(dropped), pool_hardness(dataset), rendering.calls)


def _asked(
    pool: Sequence[Example], failures_of: TrainRun | None, teacher: TrainRun | None
) -> tuple[list[Example], Counter[str]]:
    """The examples that the runs leave, with the teacher's SQL as their target."""
    kept, dropped = [], Counter[str]()
    for example in pool:
        if failures_of is not None:
            answered = failures_of.of(example.question)
            if answered is None or answered.right:
                dropped["answered right before" if answered else "not asked before"] += 1
                continue
        if teacher is not None:
            taught = teacher.of(example.question)
            if taught is None or not taught.right:
                dropped["the teacher is wrong" if taught else "the teacher was not asked"] += 1
                continue
            example = replace(example, sql=taught.sql)
        kept.append(example)
    return kept, dropped


def _kind(recipe: Recipe, dataset: Dataset) -> Callable[[Example], str]:
    """What a recipe balances."""
    balance = recipe.data.balance
    if balance == "hardness":
        levels = pool_hardness(dataset)
        return lambda example: levels[example.question.id]
    if balance == "construct":
        return cache(lambda example: ", ".join(sorted(constructs(example.sql))))
    return lambda example: example.question.db_id


@dataclass(frozen=True)
class _Rendering:
    """Renders examples, and counts those that come to nothing."""

    assembly: Assembly
    recipe: Recipe
    teacher: TrainRun | None
    dropped: Counter[str]
    tell: Tell
    calls: list[Call] = field(default_factory=list)

    def first(self, examples: Sequence[Example], size: int | None) -> tuple[Demonstration, ...]:
        """Demonstrations of so many examples, or all, in the order of their ids, whatever the order of choice."""
        prompts = self.assembly.prompting()
        workers = IN_FLIGHT if self.assembly.remote else processors()
        found: dict[str, list[Demonstration]] = {}
        wanted = len(examples) if size is None else size
        left = iter(examples)
        # No more than are wanted, for a draft may cost something.
        while some := list(islice(left, min(_AT_ONCE, wanted - len(found)))):
            rendered = dict(in_parallel(partial(self._rendered, prompts), some, workers))
            for example in some:
                made = rendered[example.question.id]
                if isinstance(made, str):
                    self.dropped[made] += 1
                else:
                    found[example.question.id] = made
            self.tell("rendering", min(1.0, len(found) / max(1, wanted)))
        return tuple(one for id in sorted(found, key=lambda id: (len(id), id)) for one in found[id])

    def _rendered(
        self, prompts: Callable[[Question, bool], list[Prompt]], example: Example
    ) -> tuple[str, list[Demonstration] | str]:
        """The demonstrations of an example by its id, or why there are none."""
        question, data = example.question, self.recipe.data
        shown = int(digest("shots", str(data.seed), question.id)[:8], 16) < data.shots * 2**32
        try:
            rendered = prompts(question, shown)
        except ProviderError:
            return question.id, "a draft failed"
        finally:
            self.calls.extend(self.assembly.ledger.take(question.id))
        if any(one.question.db_id == question.db_id for prompt in rendered for one in prompt.examples):
            raise ConfigError(
                f"[tuner.{self.recipe.name}]: its retriever shows {question.id} examples of its own database "
                f"{question.db_id!r}, which a question of another split never sees"
            )
        made = [Demonstration(example, prompt, self._answer(example)) for prompt in rendered]
        if data.max_tokens is not None and any(example_tokens(one) > data.max_tokens for one in made):
            return question.id, f"longer than {data.max_tokens} tokens"
        return question.id, made

    def _answer(self, example: Example) -> str:
        said = self.teacher.of(example.question) if self.teacher and self.recipe.data.answers == "text" else None
        return said.text if said else example.sql


def _check(
    where: str,
    recipe: Recipe,
    dataset: Dataset,
    selection: Selection,
    train: Sequence[Demonstration],
    dropped: Mapping[str, int],
) -> None:
    why = f" ({', '.join(_reasons(dropped))})" if dropped else ""
    count = len({one.example.question.id for one in train})
    if not count:
        raise ConfigError(
            f"{where}: none of {len(dataset.pool)} train examples is left{why}; loosen its data = {{ ... }}"
        )
    if recipe.data.size is not None and count < recipe.data.size:
        held = f", {len(selection.validation)} for validation" if selection.validation else ""
        raise ConfigError(
            f"{where}: size = {recipe.data.size}, and {count} of {len(dataset.pool)} train examples are left{why}{held}"
        )


def _reasons(dropped: Mapping[str, int]) -> Iterator[str]:
    return (f"{count} {reason}" for reason, count in sorted(dropped.items(), key=lambda item: -item[1]))
