"""The official grammar and hardness: rules one by one, then agreement with the official verdicts.

The second half needs ../shared (Spider, published predictions, conformance pairs) beside the repository.
"""

from __future__ import annotations

import json
import pickle
import random
import sqlite3
import sys
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from text2sql.errors import ParseError
from text2sql.spider_sql import (
    DEEPEST,
    ColumnUnit,
    ConditionUnit,
    From,
    OrderBy,
    Query,
    Select,
    SelectUnit,
    ValueUnit,
    _words,
    hardness,
    parse,
)

BAKERY = {
    "Shop": ["Id", "Name", "Town", "Opened"],
    "Bread": ["Id", "Name", "Price", "Weight", "Shop_Id"],
    "Sale": ["Bread_Id", "Day", "Pieces"],
}


def bakery(sql: str) -> Query:
    return parse(sql, BAKERY)


def unit(column: str) -> ValueUnit:
    return ValueUnit(ColumnUnit(column))


def test_words_are_those_of_nltk() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what NLTK imports
        from nltk.tokenize.destructive import NLTKWordTokenizer
    tokenize, choose = NLTKWordTokenizer().tokenize, random.Random(0)
    pieces = [
        *"«»“”‘’„`.:,;@#$%&?!*()[]{}<>-=+/ \t\n\r\v\u00a0–—_aB1é", "``", "..", "...", "--", " . ", "x.y", "1,5",
        "not", "n",
        "cannot", "gonna", "GIMME", "lemme", "gotta", "wanna", "more", "d", "SELECT", "__val_1_2__",
    ]  # fmt: skip
    texts = ["".join(choose.choices(pieces, k=choose.randrange(10))) for _ in range(5000)]
    assert [text for text in texts if _words(text) != tokenize(text)] == []


def test_every_clause_finds_its_place() -> None:
    sql = """
        SELECT DISTINCT T1.Town, count(DISTINCT T2.Name), max(Price - Weight)
        FROM Shop AS T1 JOIN Bread AS T2 ON T1.Id = T2.Shop_Id
        WHERE Price BETWEEN 1 AND 2.5 AND T1.Name NOT LIKE 'Old%' OR Opened > 1990
        GROUP BY T1.Town, T1.Name HAVING avg(Price) >= 2
        ORDER BY count(*) DESC, Town LIMIT 3
    """
    assert bakery(sql) == Query(
        Select(
            (
                SelectUnit(unit("shop.town")),
                SelectUnit(ValueUnit(ColumnUnit("bread.name", distinct=True)), "count"),
                SelectUnit(ValueUnit(ColumnUnit("bread.price"), "-", ColumnUnit("bread.weight")), "max"),
            ),
            distinct=True,
        ),
        From(("shop", "bread"), (ConditionUnit(unit("shop.id"), "=", ColumnUnit("bread.shop_id")),)),
        where=(
            ConditionUnit(unit("bread.price"), "between", 1.0, 2.5),
            "and",
            ConditionUnit(unit("shop.name"), "like", "Old%", negated=True),
            "or",
            ConditionUnit(unit("shop.opened"), ">", 1990.0),
        ),
        group_by=(ColumnUnit("shop.town"), ColumnUnit("shop.name")),
        having=(ConditionUnit(ValueUnit(ColumnUnit("bread.price", "avg")), ">=", 2.0),),
        order_by=OrderBy((ValueUnit(ColumnUnit("*", "count")), unit("shop.town")), "desc"),
        limit=True,
    )


def test_queries_inside_a_query() -> None:
    names = Query(Select((SelectUnit(unit("bread.name")),)), From(("bread",)))
    towns = Query(Select((SelectUnit(unit("shop.town")),)), From(("shop",)))
    asked = Query(Select((SelectUnit(unit("shop.name")),)), From(("shop",)))
    inside = (ConditionUnit(unit("shop.name"), "in", names),)

    sql = "SELECT name FROM shop WHERE name IN (SELECT name FROM bread)"
    assert bakery(sql) == Query(asked.select, asked.from_, where=inside)
    assert bakery("SELECT count(*) FROM (SELECT name FROM bread)").from_ == From((names,))
    for word, field in (("UNION", "union"), ("INTERSECT", "intersect"), ("EXCEPT", "except_")):
        assert getattr(bakery(f"SELECT name FROM shop {word} SELECT town FROM shop"), field) == towns


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        ("(SELECT name FROM shop);", "SELECT name FROM shop"),
        ("SELECT name FROM shop WHERE", "SELECT name FROM shop"),
        (
            "SELECT name FROM shop WHERE town = 'x' limit 1 and so on",
            'SELECT name FROM shop WHERE town = "x" LIMIT 3',
        ),
        ("SELECT name FROM shop LIMIT x OFFSET 2", "SELECT name FROM shop LIMIT 1"),
        ("SELECT name town FROM shop", "SELECT name, town FROM shop"),
        ("SELECT none(name) FROM shop", "SELECT name FROM shop"),
        ("SELECT count(*) FROM shop bread", "SELECT count(*) FROM shop JOIN bread"),
        ("SELECT name FROM shop WHERE id ! = 1", "SELECT name FROM shop WHERE id != 1"),
        ("SELECT name FROM shop WHERE id = opened OR town = 'x'", "SELECT name FROM shop WHERE id = opened"),
        ("SELECT name FROM shop ORDER BY town DESC, id ASC", "SELECT name FROM shop ORDER BY town, id"),
        # an alias holds in the whole text, even where it follows the end of the query
        ("SELECT s.name FROM s LIMIT 1 junk shop AS s", "SELECT name FROM shop LIMIT 1"),
        (
            "SELECT * FROM shop UNION SELECT s.id FROM shop AS s",
            "SELECT * FROM shop UNION SELECT id FROM shop",
        ),
    ],
)
def test_what_parses_though_it_looks_odd(odd: str, plain: str) -> None:
    assert bakery(odd) == bakery(plain)


def test_empty_lists_parse() -> None:
    assert bakery("SELECT FROM shop") == Query(Select(()), From(("shop",)))
    assert bakery("SELECT * FROM").from_ == From(())
    assert bakery("SELECT * FROM shop GROUP BY ORDER BY") == bakery("SELECT * FROM shop ORDER BY")
    assert bakery("SELECT * FROM shop ORDER BY LIMIT 1").order_by == OrderBy(())


def test_a_connector_may_be_missing_or_dangle() -> None:
    first, second = ConditionUnit(unit("shop.id"), ">", 1.0), ConditionUnit(unit("shop.town"), "=", "x")
    assert bakery("SELECT * FROM shop WHERE id > 1 town = 'x'").where == (first, second)
    assert bakery("SELECT * FROM shop WHERE id > 1 or").where == (first, "or")


def test_quoted_texts_keep_their_case_and_may_hold_anything() -> None:
    sql = "SELECT * FROM shop WHERE name = 'SELECT\n; FROM (' AND town = \"Bad  Ems\""
    assert [item.value for item in bakery(sql).where[::2] if not isinstance(item, str)] == [
        "SELECT\n; FROM (",
        "Bad  Ems",
    ]


OUTSIDE = """
    SELECT name FROM shop WHERE id=1
    SELECT name FROM shop WHERE id >=1
    SELECT name FROM shop WHERE name ='x'
    SELECT name FROM shop WHERE id <> 1
    SELECT name FROM shop WHERE id == 1
    SELECT `name` FROM shop
    SELECT "name" FROM shop
    SELECT name FROM shop WHERE name = 'it''s'
    SELECT name FROM shop WHERE name = 'it
    SELECT name FROM shop LEFT JOIN bread ON shop.id = bread.shop_id
    SELECT count(*) FROM shop, bread
    SELECT s.name FROM shop s
    SELECT name FROM shop AS bread
    SELECT name FROM shop LIMIT 1 ; and then AS
    SELECT name AS n FROM shop
    SELECT count(*) FROM (SELECT name FROM shop) AS t
    SELECT name FROM (SELECT name FROM shop)
    SELECT bread.* FROM bread
    SELECT shop.name.x FROM shop
    SELECT name FROM shop WHERE town IS NULL
    SELECT name FROM shop WHERE id IN (1, 2)
    SELECT name FROM shop WHERE id = (opened)
    SELECT name FROM shop WHERE id = max(opened)
    SELECT name FROM shop WHERE (id = 1)
    SELECT name FROM shop WHERE NOT id = 1
    SELECT name FROM shop WHERE EXISTS (SELECT * FROM bread)
    SELECT name FROM shop WHERE id = 1 HAVING count(*) > 1
    SELECT max(price) - min(price) FROM bread
    SELECT price * 2 FROM bread
    SELECT lower(name) FROM shop
    SELECT name FROM shop UNION ALL SELECT name FROM bread
    SELECT name FROM shop LIMIT
    SELECT name FROM bakery
    SELECT pieces FROM shop
    SELECT 1
    DELETE FROM shop
"""


@pytest.mark.parametrize("sql", ["", *map(str.strip, OUTSIDE.strip().splitlines())])
def test_what_does_not_parse(sql: str) -> None:
    with pytest.raises(ParseError) as error:
        bakery(sql)
    assert "\n" not in str(error.value)


HARDNESS = """
    easy    SELECT name FROM shop
    easy    SELECT name FROM shop WHERE town = 'x'
    easy    SELECT max(price - weight) FROM bread
    medium  SELECT name, town FROM shop
    medium  SELECT name FROM shop WHERE town = 'x' AND id = 1
    medium  SELECT bread.name FROM bread JOIN shop ON bread.shop_id = shop.id WHERE town = 'x'
    medium  SELECT name FROM shop WHERE town LIKE 'x'
    hard    SELECT name FROM shop WHERE id IN (SELECT shop_id FROM bread)
    hard    SELECT name FROM shop EXCEPT SELECT name FROM bread
    hard    SELECT town FROM shop WHERE id > 1 GROUP BY town ORDER BY count(*)
    hard    SELECT max(id), min(id) FROM shop WHERE id > 1 AND id < 9 GROUP BY town
    extra   SELECT town FROM shop WHERE id > 1 GROUP BY town ORDER BY count(*) LIMIT 1
    extra   SELECT name, id FROM shop WHERE id IN (SELECT shop_id FROM bread)
    extra   SELECT name FROM shop WHERE id IN (SELECT shop_id FROM bread) LIMIT 1
    extra   SELECT town FROM shop WHERE name LIKE 'x' OR name LIKE 'y'
"""


@pytest.mark.parametrize("line", HARDNESS.strip().splitlines())
def test_hardness(line: str) -> None:
    level, sql = line.split(maxsplit=1)
    assert hardness(bakery(sql)) == level


@pytest.mark.parametrize(
    ("odd", "plain"),
    [
        # NOT is an aggregate: with one more there are two
        ("SELECT max(id) FROM shop WHERE id NOT IN (1)", "SELECT max(id) FROM shop WHERE id IN (1)"),
        # so is every connector in HAVING
        (
            "SELECT count(*) FROM sale GROUP BY day HAVING pieces > 1 AND pieces < 9",
            "SELECT day FROM sale GROUP BY day HAVING pieces > 1 AND pieces < 9",
        ),
        # an aggregate in the brackets of a select item is none
        (
            "SELECT max(id), min(id) FROM shop ORDER BY id LIMIT 1",
            "SELECT (max(id)), id FROM shop ORDER BY id LIMIT 1",
        ),
        # ORDER BY without items is one all the same; GROUP BY is not
        ("SELECT name FROM shop ORDER BY LIMIT 1", "SELECT name FROM shop GROUP BY LIMIT 1"),
        # a dangling connector makes a second condition
        ("SELECT name FROM shop WHERE id = 1 AND", "SELECT name FROM shop WHERE id = 1"),
    ],
)
def test_hardness_counts_oddly(odd: str, plain: str) -> None:
    levels = ["easy", "medium", "hard", "extra"]
    assert levels.index(hardness(bakery(odd))) > levels.index(hardness(bakery(plain)))


def test_a_query_in_from_is_not_nested_but_every_other_is() -> None:
    assert hardness(bakery("SELECT count(*) FROM (SELECT id FROM shop UNION SELECT id FROM bread)")) == "easy"
    bounds = "BETWEEN (SELECT min(id) FROM shop) AND (SELECT max(id) FROM shop)"
    assert hardness(bakery(f"SELECT name FROM shop WHERE id {bounds}")) == "extra"


def nested(depth: int) -> str:
    return "SELECT id FROM shop" + " JOIN bread ON id IN ( SELECT id FROM shop" * depth + " )" * depth


def test_deep_queries_parse_up_to_a_bound() -> None:
    deepest, again = bakery(nested(DEEPEST - 1)), bakery(nested(DEEPEST - 1))
    assert deepest == again and hash(deepest) == hash(again)
    assert pickle.loads(pickle.dumps(deepest)) == again
    for sql in (nested(DEEPEST), nested(9_999), " UNION ".join(["SELECT id FROM shop"] * 9_999)):
        with pytest.raises(ParseError, match="inside one another"):
            bakery(sql)


def test_a_stack_that_is_nearly_full_is_a_parse_error() -> None:
    sql = nested(DEEPEST - 1)
    bakery(sql)
    used = 0
    frame = sys._getframe()
    while frame.f_back:
        frame, used = frame.f_back, used + 1

    def deeper(frames: int) -> Query:
        return deeper(frames - 1) if frames else bakery(sql)

    with pytest.raises(ParseError, match="too large to parse"):
        deeper(sys.getrecursionlimit() - used - 120)


@pytest.mark.parametrize(
    "sql",
    [
        "(" * 200_000,
        "SELECT name FROM shop WHERE id = " + "1" * 1_000_000 + " x",
        "SELECT pieces " + "pieces " * 60_000 + "FROM " + "shop " * 80_000 + "x",
    ],
    ids=["brackets", "digits", "tables"],
)
def test_large_texts_end_soon(sql: str) -> None:
    with pytest.raises(ParseError):
        bakery(sql)


# ---- agreement with the official verdicts

SHARED = Path(__file__).parents[2] / "shared"
PUBLISHED = sorted(file.name.split(".")[0] for file in (SHARED / "predictions").glob("*.official.jsonl"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared beside this checkout")


def records(name: str) -> list[dict[str, Any]]:
    with (SHARED / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@cache
def columns_by_table(db_id: str) -> Mapping[str, Sequence[str]]:
    """As the official code reads them: SQLite's own tables too, names not quoted."""
    file = SHARED / "spider" / "database" / db_id / f"{db_id}.sqlite"
    with closing(sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}


@cache
def gold() -> list[tuple[str, str]]:
    """Dev's databases and gold queries."""
    examples = json.loads((SHARED / "spider" / "dev.json").read_text(encoding="utf-8"))
    return [(example["db_id"], example["query"]) for example in examples]


@cache
def gold_hardness(db_id: str, sql: str) -> str:
    return hardness(parse(sql, columns_by_table(db_id)))


@cache
def official_parses(db_id: str, predicted: str) -> bool:
    """Whether a prediction parses after what the official file driver does to it."""
    try:
        parse(predicted.replace("value", "1"), columns_by_table(db_id))
    except ParseError:
        return False
    return True


@needs_shared
def test_hardness_of_dev() -> None:
    levels = Counter(gold_hardness(*example) for example in gold())
    assert levels == {"easy": 248, "medium": 446, "hard": 174, "extra": 166}


@needs_shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_predictions(name: str) -> None:
    # not splitlines: only \n ends a line of a prediction file
    lines = (SHARED / "predictions" / f"{name}.txt").read_bytes().decode("utf-8").split("\n")
    predictions = [line.strip().split("\t")[0] for line in lines]
    verdicts = records(f"predictions/{name}.official.jsonl")
    assert len(verdicts) == len(gold())
    wrong = [
        (verdict["index"], predicted)
        for verdict, (db_id, sql), predicted in zip(verdicts, gold(), predictions[:1034], strict=True)
        if verdict["hardness"] != gold_hardness(db_id, sql) or verdict["parsed"] != official_parses(db_id, predicted)
    ]
    assert wrong == []


@needs_shared
def test_conformance_pairs() -> None:
    pairs = records("conformance/pairs.jsonl")
    wrong = [
        pair
        for pair in pairs
        if pair["hardness"] != gold_hardness(pair["db_id"], pair["gold"])
        or pair["parsed"] != official_parses(pair["db_id"], pair["predicted"])
    ]
    assert len(pairs) == 3000 and wrong == []
