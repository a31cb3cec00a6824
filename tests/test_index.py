"""The lexical embedder and the example store, with a real chromadb."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from text2sql import artifacts, index
from text2sql.artifacts import kept
from text2sql.embedders.lexical import lexical
from text2sql.index import Collection, Embedder, Indexes
from text2sql.protocols import Embed, Vectors
from text2sql.types import Example, Question

WORDS = ["oak", "elm", "ash", "yew", "fir", "bay", "fig", "box"]


def example(number: int, text: str, db_id: str = "wood") -> Example:
    return Example(Question(f"train-{number:04d}", db_id, text), f"SELECT {number}")


def pool(size: int = 200) -> list[Example]:
    """Every text but the first stands twice, in two databases; numbers make them differ a little."""
    texts = [f"{WORDS[i % 8]} {WORDS[(i * 3 + 1) % 8]} tree number {i // 2}" for i in range(size)]
    return [example(i, text, "wood" if i % 5 else "park") for i, text in enumerate(texts)]


def collection(examples: Sequence[Example], *, across: bool = True) -> Collection:
    return Collection(examples, [e.question.text for e in examples], Embedder("lexical", lexical), across=across)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    for module in (artifacts, index):
        monkeypatch.setattr(module, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr("text2sql.embedders.lexical.cache_folder", lambda: tmp_path)
    return tmp_path


# --- the embedder -------------------------------------------------------------------------------------------


def test_vectors_have_unit_length_and_say_what_is_alike() -> None:
    texts = [e.question.text for e in pool()]
    embed = lexical(texts, dimensions=32)
    vectors = embed([texts[0], texts[1], texts[0].upper(), "zzz", ""])
    assert vectors.shape == (5, 32) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert vectors[0] @ vectors[2] == pytest.approx(1.0, abs=1e-5) and vectors[0] @ vectors[1] < 0.99
    assert vectors[3].tolist() == vectors[4].tolist(), "texts of unknown words are all the same"


def test_a_fitted_embedder_is_kept(folder: Path) -> None:
    texts = [e.question.text for e in pool()]
    first = lexical(texts)(texts)
    (kept_folder,) = (folder / "embedders").iterdir()
    before = {file.name: file.stat().st_mtime_ns for file in kept_folder.iterdir()}
    assert np.array_equal(first, lexical(texts)(texts))
    assert before == {file.name: file.stat().st_mtime_ns for file in kept_folder.iterdir()}
    lexical(texts, characters=0.1)
    assert len(list((folder / "embedders").iterdir())) == 2


@pytest.mark.parametrize("texts", [["one"], ["one", "two"], ["one", "one"], [""]])
def test_small_corpora(texts: list[str]) -> None:
    vectors = lexical(texts)(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


# --- the store ----------------------------------------------------------------------------------------------


def test_the_nearest_equal_brute_force_and_two_builds_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = pool(1200)
    texts = [e.question.text for e in examples]
    vectors = lexical(texts)(texts)
    first = collection(examples)
    found = [[e.question.id for e, _ in first.nearest(text, 10)] for text in texts[::40]]
    brute = []
    for text in texts[::40]:
        scores = vectors @ lexical(texts)([text])[0]
        brute.append([examples[i].question.id for i in np.lexsort((np.arange(len(texts)), -scores.round(5)))[:10]])
    assert [sorted(ids) for ids in found] == [sorted(ids) for ids in brute]
    # Not in the same place: chromadb keeps one client per folder, which would go on with the files of the first.
    monkeypatch.setattr("text2sql.index.cache_folder", lambda: folder / "elsewhere")
    second = collection(examples)
    assert len(list((folder / "elsewhere/indexes").iterdir())) == 1
    assert [[e.question.id for e, _ in second.nearest(text, 10)] for text in texts[::40]] == found


def test_scores_fall_and_are_cosines(folder: Path) -> None:
    examples = pool()
    scores = [score for _, score in collection(examples).nearest(examples[7].question.text, 20)]
    assert scores == sorted(scores, reverse=True) and scores[0] == pytest.approx(1.0, abs=1e-5)


def test_the_questions_own_database_is_left_out_unless_asked_for(folder: Path) -> None:
    examples = pool()
    text = examples[5].question.text  # of the park
    assert collection(examples).nearest(text, 1)[0][0].question.db_id == "park"
    fetched = collection(examples).nearest(text, 100, to="park")
    assert len(fetched) == 100 and {e.question.db_id for e, _ in fetched} == {"wood"}
    assert collection(examples, across=False).nearest(text, 1, to="park")[0][0].question.db_id == "park"
    assert len(collection(examples).nearest(text, 500)) == 200


def test_equal_texts_share_a_vector_and_come_in_the_order_of_the_pool(folder: Path) -> None:
    embedded: list[int] = []

    def counting(corpus: Sequence[str]) -> Embed:
        embed = lexical(corpus)

        def count(texts: Sequence[str]) -> Vectors:
            embedded.append(len(texts))
            return embed(texts)

        return count

    examples = [example(i, f"{WORDS[i % 3]} tree") for i in range(9)]
    texts = [e.question.text for e in examples]
    made = Collection(examples, texts, Embedder("counting", counting))
    assert [e.question.id for e, _ in made.nearest("elm tree", 4)][:3] == ["train-0001", "train-0004", "train-0007"]
    assert embedded == [3, 1]


def test_a_changed_pool_is_another_index_and_configurations_share_one(folder: Path) -> None:
    examples, indexes = pool(), Indexes()

    def text_of(example: Example) -> str:
        return example.question.text

    embedder = Embedder("lexical", lexical)
    one = indexes.collection(examples, "question", text_of, embedder)
    assert indexes.collection(examples, "question", text_of, embedder) is one
    collection([*examples, example(200, "willow")])
    assert len(list((folder / "indexes").iterdir())) == 2
    assert not list((folder / "indexes").glob(".*")), "no temporary folder is left"


def test_what_is_kept_is_whole(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        (folder / "part").write_text("half")
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError, match="out of luck"):
        kept(tmp_path / "thing", fails)
    assert list(tmp_path.iterdir()) == []
    assert kept(tmp_path / "thing", lambda folder: (folder / "all").write_text("whole")) == tmp_path / "thing"
    assert [file.name for file in (tmp_path / "thing").iterdir()] == ["all"]
    assert kept(tmp_path / "thing", fails) == tmp_path / "thing"


def test_another_process_may_be_faster(tmp_path: Path) -> None:
    def overtaken(folder: Path) -> None:
        (folder / "mine").write_text("")
        (tmp_path / "thing").mkdir()
        (tmp_path / "thing" / "theirs").write_text("")

    kept(tmp_path / "thing", overtaken)
    assert [file.name for file in (tmp_path / "thing").iterdir()] == ["theirs"]
    assert [file.name for file in tmp_path.iterdir()] == ["thing"]
