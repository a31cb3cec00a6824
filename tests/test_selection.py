"""Which train examples a model is tuned on: what is left out, what is kept for validation, and in which order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from text2sql.protocols import Examples
from text2sql.selection import DataSettings, Selection, select
from text2sql.types import Example, Question, Result


def _example(number: int, db_id: str, text: str = "", sql: str = "") -> Example:
    return Example(Question(f"train-{number:04d}", db_id, text or f"Question {number}?"), sql or f"SELECT {number}")


def _results(examples: Examples) -> Mapping[str, Result]:
    """What gold returns is what it says: nothing, NULL, an error, or a row."""
    known = {
        "SELECT nothing": Result(("a",)),
        "SELECT NULL": Result(("a",), 1, ((None,),)),
        "SELECT broken": Result(error="no_such_column", message="no such column: broken"),
    }
    row = Result(("a",), 1, ((1,),))
    here = [example for example in examples if example.question.db_id != "not here"]
    return {example.question.id: known.get(example.sql, row) for example in here}


def _select(pool: Examples, settings: DataSettings) -> Selection:
    return select(pool, settings, results=_results, kind=lambda example: example.sql)


def _ids(examples: Examples) -> list[int]:
    return [int(example.question.id[-4:]) for example in examples]


DOUBTFUL = (
    _example(0, "a", "How many?", "SELECT 1"),
    _example(1, "a", "how  MANY?", "SELECT 2"),
    _example(2, "b", "How many?", "SELECT 1"),
    _example(3, "a", "What number?", "select  1"),
    _example(4, "a", sql="SELECT nothing"),
    _example(5, "a", sql="SELECT NULL"),
    _example(6, "a", sql="SELECT broken"),
    _example(7, "not here"),
)


def test_what_is_left_out_and_why() -> None:
    told = {
        "gold does not run": 1,
        "gold returns nothing": 2,
        "asked before": 1,
        "no database": 1,
    }
    found = _select(DOUBTFUL, DataSettings())
    assert (sorted(_ids(found.train)), found.validation, dict(found.dropped)) == ([0, 2, 3], (), told)
    found = _select(DOUBTFUL, DataSettings(duplicates="query"))
    assert (sorted(_ids(found.train)), found.dropped["asked before"]) == ([0, 2], 2)
    found = _select(DOUBTFUL, DataSettings(duplicates="keep", gold="any"))
    assert (sorted(_ids(found.train)), dict(found.dropped)) == (list(range(8)), {})
    found = _select(DOUBTFUL, DataSettings(duplicates="keep", gold="runs"))
    assert (sorted(_ids(found.train)), dict(found.dropped)) == (
        [0, 1, 2, 3, 4, 5],
        {"gold does not run": 1, "no database": 1},
    )


POOL = [_example(number, f"db{number % 10}", sql=f"SELECT {min(3, number // 20)}") for number in range(100)]


def test_validation_has_databases_of_its_own() -> None:
    found = _select(POOL, DataSettings(validation=0.15))
    databases = [{example.question.db_id for example in part} for part in (found.train, found.validation)]
    assert [len(part) for part in (found.train, found.validation)] == [80, 20]
    assert (len(databases[0]), len(databases[1]), databases[0] & databases[1]) == (8, 2, set())
    # One database is never all of it, and one that is asked for is there.
    one = [example for example in POOL if example.question.db_id == "db1"]
    assert _select(one, DataSettings(validation=0.5)).validation == ()
    two = [example for example in POOL if example.question.db_id in ("db1", "db2")]
    assert len(_select(two, DataSettings(validation=0.01)).validation) == 10


def test_an_order_of_which_every_size_is_a_start() -> None:
    found = _select(POOL, DataSettings())
    assert sorted(_ids(found.train)) == list(range(100))
    assert _ids(found.train) != list(range(100))
    # What is not in the pool changes nothing in the order of the others.
    fewer = _select(POOL[::2], DataSettings())
    assert _ids(fewer.train) == [number for number in _ids(found.train) if number % 2 == 0]
    assert _ids(_select(POOL, DataSettings(seed=1)).train) != _ids(found.train)


def test_every_start_is_balanced() -> None:
    found = _select(POOL, DataSettings(size=40, balance="construct"))
    counts = Counter(example.sql for example in POOL)
    assert counts == {"SELECT 0": 20, "SELECT 1": 20, "SELECT 2": 20, "SELECT 3": 40}
    for size in (8, 40, 80):
        chosen = Counter(example.sql for example in found.train[:size])
        assert set(chosen.values()) == {size // 4}
    assert Counter(example.sql for example in found.train) == counts
