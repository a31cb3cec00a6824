"""A configuration -> a pipeline and its judge: strategies by name, each given what its parameters ask for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from text2sql import registry
from text2sql.calls import Ledger
from text2sql.dataset import Dataset
from text2sql.errors import ConfigError
from text2sql.evaluator import Judge
from text2sql.exchange import Exchange, Labelled
from text2sql.executor import Execute, Executor
from text2sql.experiment import Choice, Configuration
from text2sql.index import Collection, Embedder, Indexes
from text2sql.pipeline import Pipeline
from text2sql.prices import Prices
from text2sql.protocols import (
    Draft,
    Embed,
    Examples,
    Explaining,
    Generator,
    Linker,
    Remote,
    Render,
    Reranker,
    Retriever,
    Tuner,
    Voter,
)
from text2sql.sandbox import CANDIDATE, OFFICIAL
from text2sql.types import Candidates, Example, Prompt, Question, Schema

Supplied: TypeAlias = Mapping[str, Callable[[Choice], Any]]
_LABELS = {"linker": "link", "generator": "generate", "reviser": "revise", "voter": "judge"}


@dataclass(frozen=True)
class Assembly:
    """What the strategies of one configuration are built from."""

    configuration: Configuration
    dataset: Dataset
    executor: Executor
    ledger: Ledger
    indexes: Indexes = field(default_factory=Indexes)
    exchange: Exchange = field(default_factory=Exchange)
    run: str = ""  # who pays for calls
    remotes: list[Remote] = field(default_factory=list)  # the models behind endpoints, once the pipeline is built
    remote: set[str] = field(default_factory=set)  # and their names

    def pipeline(self) -> Pipeline:
        """The configuration, ready to answer. Raises ConfigError where a strategy asks for what there is not."""
        self._check_pool(*self.configuration.stages["retriever"])
        return Pipeline(
            schemas=self.dataset.schemas,
            link=self._one("linker"),
            retrieve=self._one("retriever"),
            rerank=self._one("reranker"),
            generate=self._one("generator"),
            execute=self._execute,
            revise=self._one("reviser"),
            vote=self._one("voter"),
        )

    def retrieval(self) -> Callable[[Question], Examples]:
        """What the pipeline does up to the examples, without what comes after."""
        linked = self._linked()
        return lambda question: linked(question, True)[1]

    def prompting(self) -> Callable[[Question, bool], list[Prompt]]:
        """What the pipeline does up to the prompts; the second argument: whether they are to show examples."""
        linked, renders = self._linked(), self._renders(self.configuration.stages["prompt"])
        return lambda question, shown: [render(question, *linked(question, shown)) for render in renders]

    def _linked(self) -> Callable[[Question, bool], tuple[Schema, Examples]]:
        self._check_pool(*self.configuration.stages["retriever"])
        link: Linker = self._one("linker")
        retrieve: Retriever = self._one("retriever")
        rerank: Reranker | None = self._one("reranker")

        def fetch(question: Question, shown: bool) -> tuple[Schema, Examples]:
            schema = link(question, self.dataset.schemas[question.db_id])
            examples = retrieve(question, schema) if shown else ()
            return schema, rerank(question, schema, examples) if rerank and shown else examples

        return fetch

    def explanation(self, prompt: Prompt) -> str:
        """How the configuration's model comes to its answer; empty where it cannot say."""
        model = self._build(self.configuration.stages["model"][0])
        return model.explain(prompt) if isinstance(model, Explaining) else ""

    def judge(self) -> Judge:
        """The configuration's metrics; they are the only strategies that see gold."""
        return build_judge(
            self.configuration.metrics, self.dataset, self.executor, seconds=self.configuration.limits.official
        )

    # --- what strategies may ask for ---

    @cached_property
    def _model_side(self) -> Supplied:
        return {
            "model": self._model,
            "renders": lambda _: self._renders(self.configuration.stages["prompt"]),
            "execute": lambda _: self._execute,
            "schemas": lambda _: self.dataset.schemas,
            "pool": lambda _: self.dataset.pool,
            "questions": lambda _: [example.question for example in self.dataset.examples],
            "draft": lambda _: self._draft(),
            "index": lambda _: self._index,
            "seed": lambda _: self.configuration.seed,
        }

    @cached_property
    def _execute(self) -> Execute:
        limits = replace(CANDIDATE, seconds=self.configuration.limits.candidate)
        return Execute(self.executor, self.dataset.databases, limits)

    def _model(self, choice: Choice) -> Labelled:
        """The stage's own model, else the configuration's, labelled with the stage for the ledger."""
        chosen = choice.model or self.configuration.stages["model"][0]
        return self._labelled(chosen, _LABELS.get(choice.stage, choice.stage))

    def _labelled(self, choice: Choice, stage: str) -> Labelled:
        name = str(choice.options.get("name", choice.use))
        model = self._build(choice)
        if isinstance(model, Remote):
            self.remotes.append(model)
            self.remote.add(name)
        return Labelled(model, name, stage, self.ledger, self.exchange, self.run)

    def _renders(self, choices: tuple[Choice, ...]) -> list[Render]:
        return [self._build(choice) for choice in choices]

    def _index(self, name: str, text_of: Callable[[Example], str]) -> Collection:
        """A collection over the pool, by the configuration's embedder."""
        embedder = self.configuration.stages["embedder"][0]

        def fit(corpus: Sequence[str]) -> Embed:
            embed: Embed = _build(embedder, {"corpus": lambda _: corpus})
            return embed

        known = Embedder(json.dumps(embedder.identity(), sort_keys=True), fit)
        across = not self.configuration.cross_database
        return self.indexes.collection(self.dataset.pool, name, text_of, known, across=across)

    def _draft(self) -> Draft:
        """The [draft] of the configuration; by default its model and prompt at temperature 0, no examples."""
        own, stages = self.configuration.draft, self.configuration.stages
        model = self._labelled(own.get("model", stages["model"])[0], "draft")
        renders = self._renders(own.get("prompt", stages["prompt"]))
        generator = own.get("generator", (Choice("generator", "direct", {}),))[0]
        supplied = {**self._model_side, "model": lambda _: model, "renders": lambda _: renders}

        def draft(question: Question, schema: Schema, n: int = 1) -> Candidates:
            options = dict(generator.options) | ({"n": n} if n > 1 else {})
            generate: Generator = _build(replace(generator, options=options), supplied)
            return generate(question, schema, ())

        return draft

    # --- building ---

    def _check_pool(self, retriever: Choice) -> None:
        where = f"configuration {self.configuration.name!r}: retriever {retriever.use!r}"
        pool, k = len(self.dataset.pool), retriever.options.get("k", 0)
        if not pool and not {"pool", "index"}.isdisjoint(registry.supplies(registry.find("retriever", retriever.use))):
            raise ConfigError(f"{where} needs train examples, and {self.dataset.name} has none")
        if isinstance(k, int) and k > pool > 0:
            raise ConfigError(f"{where}: k = {k} is more than the pool has, {pool} examples")

    def _one(self, stage: str) -> Any:
        choices = self.configuration.stages.get(stage, ())
        if len(choices) > 1:
            raise ConfigError(f"configuration {self.configuration.name!r}: several {stage}s, and only prompts may be")
        return self._build(choices[0]) if choices else None

    def _build(self, choice: Choice) -> Any:
        return _build(choice, self._model_side)


def build_judge(
    metrics: Sequence[Choice], dataset: Dataset, executor: Executor, *, seconds: float = OFFICIAL.seconds
) -> Judge:
    """The metrics over a data set; ``seconds`` is the time limit of every statement."""
    execute = Execute(executor, dataset.databases, replace(OFFICIAL, seconds=seconds))
    supplied: Supplied = {
        "databases": lambda _: dataset.databases,
        "schemas": lambda _: dataset.schemas,
        "execute": lambda _: execute,
    }
    return Judge({choice.label: _build(choice, supplied) for choice in metrics})


def build_voter(voter: Choice, seed: int) -> Voter:
    """A voter that needs no model. Raises ConfigError where it asks for one."""
    vote: Voter = _build(voter, {"seed": lambda _: seed})
    return vote


def build_tuner(tuner: Choice, dataset: Dataset, folder: Path, seed: int, prices: Prices) -> Tuner:
    """A tuner over the pool of a data set; its files go to ``folder``."""
    supplied: Supplied = {
        "schemas": lambda _: dataset.schemas,
        "folder": lambda _: folder,
        "prices": lambda _: prices,
        "seed": lambda _: seed,
    }
    built: Tuner = _build(tuner, supplied)
    return built


def _build(choice: Choice, supplied: Supplied) -> Any:
    """The strategy, with what it asks for and its options."""
    factory = registry.find(choice.stage, choice.use)
    wanted = registry.supplies(factory)
    if missing := [name for name in wanted if name not in supplied]:
        raise ConfigError(
            f"{choice.stage} {choice.use!r} asks for {missing[0]!r}, which is not supplied here; "
            f"there is: {', '.join(sorted(supplied))}"
        )
    options = {
        name: _build(value, supplied) if isinstance(value, Choice) else value for name, value in choice.options.items()
    }
    return factory(**{name: supplied[name](choice) for name in wanted}, **options)
