"""spiderling keeps its promises: everything countable in spider_data/README.md and spiderling's own README."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from text2sql.audit import check_data
from text2sql.dataset import Dataset, load_dataset
from text2sql.evaluator import LEVELS, Judge, hardness
from text2sql.executor import Execute, Executor
from text2sql.metrics.exact_set_match import exact_set_match
from text2sql.metrics.execution_accuracy import execution_accuracy
from text2sql.sandbox import OFFICIAL
from text2sql.schema import from_record, read_schema
from text2sql.types import Candidate, Example, Prediction, Schema

SPLITS = ("train", "dev")
SPIDER_DEV = {"easy": 24, "medium": 43, "hard": 17, "extra": 16}


@cache
def split(name: str) -> Dataset:
    return load_dataset("spiderling", split=name)


@cache
def databases(name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(example.question.db_id for example in split(name).examples))


def everything() -> list[Example]:
    return [example for name in SPLITS for example in split(name).examples]


@cache
def tree(sql: str) -> Any:
    return sqlglot.parse_one(sql, read="sqlite")


@pytest.fixture(scope="module")
def connections() -> Iterator[dict[str, sqlite3.Connection]]:
    opened = {
        db_id: sqlite3.connect(split(name).databases[db_id], check_same_thread=False)
        for name in SPLITS
        for db_id in databases(name)
    }
    yield opened
    for connection in opened.values():
        connection.close()


# --- databases -----------------------------------------------------------------------------------------------


def test_databases_are_many_and_of_one_split_each() -> None:
    train, dev = databases("train"), databases("dev")
    assert len(train) >= 12 and len(dev) >= 8 and not set(train) & set(dev)
    assert sorted((*train, *dev)) == sorted(split("dev").databases) == sorted(split("dev").schemas)


@pytest.mark.parametrize("db_id", sorted(split("dev").databases))
def test_a_database(db_id: str, connections: dict[str, sqlite3.Connection]) -> None:
    connection, schema = connections[db_id], read_schema(db_id, split("dev").databases[db_id])
    assert 3 <= len(schema.tables) <= 7
    assert all(table.primary_key for table in schema.tables)
    assert len(schema.foreign_keys) >= 3
    assert bridges(schema), "a bridge table has a primary key that is made of foreign keys"
    sizes = [connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0] for table in schema.tables]
    assert 100 <= sum(sizes) <= 2000 and min(sizes) > 0
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    names = [name for table in schema.tables for name in (table.name, *schema.columns_by_table[table.name])]
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name) and "value" not in name.lower() for name in names)


def test_tables_json_says_what_the_databases_are() -> None:
    records = json.loads((split("dev").folder / "tables.json").read_text(encoding="utf-8"))
    for record in records:
        told, actual = from_record(record), read_schema(record["db_id"], split("dev").databases[record["db_id"]])
        assert told.columns_by_table == actual.columns_by_table
        assert set(told.foreign_keys) == set(actual.foreign_keys)
        for one, other in zip(told.tables, actual.tables, strict=True):
            assert set(one.primary_key) == set(other.primary_key)
        assert set(record["column_types"]) <= {"text", "number", "time", "boolean"}
        assert len(record["column_names"]) == len(record["column_names_original"]) == len(record["column_types"])
        assert all(re.fullmatch(r"\*|[a-z0-9][a-z0-9 /%'-]*", name) for _, name in record["column_names"])


def test_the_data_are_not_too_clean(connections: dict[str, sqlite3.Connection]) -> None:
    """Accents, apostrophes, NULLs, numbers as text, and columns of equal name in several tables."""
    found = Counter[str]()
    for db_id, connection in connections.items():
        schema = read_schema(db_id, split("dev").databases[db_id])
        cells = [
            cell for table in schema.tables for row in connection.execute(f"SELECT * FROM {table.name}") for cell in row
        ]
        texts = [cell for cell in cells if isinstance(cell, str)]
        names = Counter(name.lower() for columns in schema.columns_by_table.values() for name in columns)
        found["accents"] += any(not text.isascii() for text in texts)
        found["apostrophes"] += any("'" in text for text in texts)
        found["nulls"] += any(cell is None for cell in cells)
        found["dates"] += any(re.fullmatch(r"\d{4}-\d\d-\d\d", text) for text in texts)
        found["codes"] += any(re.fullmatch(r"[A-Z]{1,4}-?\d[\dA-Z-]*", text) for text in texts)
        found["numbers as text"] += any(re.fullmatch(r"0\d+|\d+([.,]\d+)? ?[a-zA-Z%]+", text) for text in texts)
        found["equal names"] += names.most_common(1)[0][1] > 1
    assert all(count >= len(connections) * 0.8 for count in found.values()), found


def test_domains_are_not_spiders(shared: Path) -> None:
    spider = json.loads((shared / "spider/tables.json").read_text(encoding="utf-8"))
    theirs = {record["db_id"] for record in spider}
    tables = [{name.lower() for name in record["table_names_original"]} for record in spider]
    for db_id, schema in split("dev").schemas.items():
        own = {table.name.lower() for table in schema.tables}
        assert db_id not in theirs
        assert all(len(own & other) / len(own | other) < 0.4 for other in tables), db_id


def test_no_question_is_spiders(shared: Path) -> None:
    files = [shared / "spider" / name for name in ("dev.json", "train_spider.json", "train_others.json")]
    theirs = {_plain(record["question"]) for file in files for record in json.loads(file.read_text(encoding="utf-8"))}
    assert [e.question.text for e in everything() if _plain(e.question.text) in theirs] == []


def bridges(schema: Schema) -> set[str]:
    """Tables whose primary key holds two foreign keys."""
    keys = defaultdict(set)
    for key in schema.foreign_keys:
        keys[key.table].add(key.column)
    return {table.name.lower() for table in schema.tables if len(keys[table.name] & set(table.primary_key)) > 1}


# --- examples ------------------------------------------------------------------------------------------------


def test_examples_are_many_and_spread_over_the_databases() -> None:
    for name, least in (("train", 600), ("dev", 400)):
        counts = Counter(example.question.db_id for example in split(name).examples)
        assert counts.total() >= least
        assert min(counts.values()) >= 30


@pytest.mark.parametrize("name", SPLITS)
def test_hardness_is_spread_as_in_spider_dev(name: str) -> None:
    levels = Counter(hardness(split(name)).values())
    shares: dict[str, float] = {level: 100 * levels[level] / levels.total() for level in LEVELS}
    assert levels.keys() == set(LEVELS)
    assert all(abs(shares[level] - share) <= 4 for level, share in SPIDER_DEV.items()), shares


@pytest.mark.parametrize("name", SPLITS)
def test_about_half_of_the_sql_is_asked_in_two_clearly_different_wordings(name: str) -> None:
    wordings = defaultdict(list)
    for example in split(name).examples:
        wordings[example.question.db_id, example.sql].append(_words(example.question.text))
    counts = Counter(map(len, wordings.values()))
    assert set(counts) == {1, 2} and 0.4 <= counts[2] / counts.total() <= 0.6
    pairs = [pair for pair in wordings.values() if len(pair) == 2]
    assert max(_likeness(*pair) for pair in pairs) < 0.8
    assert sum(_likeness(*pair) for pair in pairs) / len(pairs) < 0.4


@pytest.mark.parametrize("name", SPLITS)
def test_constructs_are_all_there(name: str) -> None:
    least = {
        "2 tables": 100, "3 tables": 25, "4 tables": 8, "bridge": 30, "self join": 8,
        "IN": 10, "NOT IN": 10, "compared with aggregate": 10, "INTERSECT": 8, "EXCEPT": 8, "UNION": 8,
        "HAVING": 20, "ORDER BY LIMIT": 30, "LIKE": 10, "BETWEEN": 8, "DISTINCT": 10, "COUNT(DISTINCT)": 8,
        "several aggregates": 8, "arithmetic": 8,
    }  # fmt: skip
    found = Counter[str]()
    for example in split(name).examples:
        found.update(constructs(example.sql, bridges(split(name).schemas[example.question.db_id])))
    assert {kind: found[kind] for kind in least if found[kind] < least[kind]} == {}


def constructs(sql: str, bridge: set[str]) -> set[str]:
    """What a query uses, of what the coverage test counts."""
    query, found = tree(sql), set()
    for select in query.find_all(exp.Select):
        sources = [part.this for part in (select.find(exp.From), *(select.args.get("joins") or ())) if part]
        names = [source.name.lower() for source in sources]
        found |= {f"{min(len(names), 4)} tables"} if len(names) > 1 else set()
        found |= {"bridge"} if len(names) > 1 and bridge & set(names) else set()
        found |= {"self join"} if len(set(names)) < len(names) else set()
        found |= {"HAVING"} if select.args.get("having") else set()
        found |= {"DISTINCT"} if select.args.get("distinct") else set()
        found |= {"ORDER BY LIMIT"} if select.args.get("order") and select.args.get("limit") else set()
        found |= {"several aggregates"} if sum(bool(item.find(exp.AggFunc)) for item in select.selects) > 1 else set()
    for inside in query.find_all(exp.In):
        if inside.args.get("query"):
            found.add("NOT IN" if isinstance(inside.parent, exp.Not) else "IN")
    for comparison in query.find_all(exp.GT, exp.LT, exp.GTE, exp.LTE, exp.EQ, exp.NEQ):
        if isinstance(comparison.expression, exp.Subquery) and comparison.expression.find(exp.AggFunc):
            found.add("compared with aggregate")
    if any(isinstance(count.this, exp.Distinct) for count in query.find_all(exp.Count)):
        found.add("COUNT(DISTINCT)")
    if query.find(exp.Add, exp.Sub, exp.Mul, exp.Div):
        found.add("arithmetic")
    kinds = {
        "INTERSECT": exp.Intersect,
        "EXCEPT": exp.Except,
        "UNION": exp.Union,
        "LIKE": exp.Like,
        "BETWEEN": exp.Between,
    }
    return found | {name for name, kind in kinds.items() if any(type(node) is kind for node in query.walk())}


# --- gold ----------------------------------------------------------------------------------------------------


def test_the_audit_finds_nothing() -> None:
    """Every gold runs, parses and returns rows that are not all NULL; no LIMIT cuts through a tie; and the like."""
    for report in check_data("spiderling"):
        assert not report.findings


def test_no_answer_depends_on_the_order_in_which_rows_are_read(connections: dict[str, sqlite3.Connection]) -> None:
    """Ties, sums that do not add exactly, and bare columns beside an aggregate would show."""
    for example in everything():
        connection = connections[example.question.db_id]
        results = []
        for direction in ("OFF", "ON"):
            connection.execute(f"PRAGMA reverse_unordered_selects = {direction}")
            results.append(connection.execute(example.sql).fetchall())
        if not tree(example.sql).args.get("order"):
            results = [sorted(rows, key=repr) for rows in results]
        assert results[0] == results[1], example


def test_sums_and_averages_add_exactly(connections: dict[str, sqlite3.Connection]) -> None:
    """They are over integers, or over multiples of 1/64, in whatever order."""
    for example in everything():
        for sums in tree(example.sql).find_all(exp.Sum, exp.Avg):
            for column in sums.find_all(exp.Column):
                for table, columns in split("dev").schemas[example.question.db_id].columns_by_table.items():
                    if column.name.lower() in map(str.lower, columns):
                        sql = f"SELECT {column.name} FROM {table} WHERE typeof({column.name}) = 'real'"
                        cells = [cell for (cell,) in connections[example.question.db_id].execute(sql)]
                        assert all(cell * 64 == round(cell * 64) for cell in cells), example.sql


def test_every_part_of_gold_matters(connections: dict[str, sqlite3.Connection]) -> None:
    """Without a condition, an arm of a set operation, or DISTINCT in a count, the answer is another one."""
    for example in everything():
        connection = connections[example.question.db_id]

        def answer(sql: str, connection: sqlite3.Connection = connection, gold: str = example.sql) -> list[object]:
            rows = connection.execute(sql).fetchall()
            return rows if tree(gold).args.get("order") else sorted(rows, key=repr)

        gold = answer(example.sql)
        for shorter in without_a_part(example.sql):
            assert answer(shorter) != gold, f"{example.sql}\n{shorter}"


def without_a_part(sql: str) -> Iterator[str]:
    """The query, each time without one part that its question asks for."""

    def changed(position: int, new: Callable[[Any], Any]) -> str:
        copy = exp.Paren(this=tree(sql).copy())
        node = list(copy.this.walk())[position]
        node.replace(new(node))
        return str(copy.this.sql(dialect="sqlite"))

    for position, node in enumerate(tree(sql).walk()):
        if isinstance(node, exp.Where | exp.Having):
            yield changed(position, lambda node: None)
        elif isinstance(node, exp.And | exp.Or | exp.SetOperation):
            yield changed(position, lambda node: node.this)
            yield changed(position, lambda node: node.expression)
        elif isinstance(node, exp.Count) and isinstance(node.this, exp.Distinct):
            yield changed(position, lambda node: exp.Count(this=node.this.expressions[0]))


def test_order_by_stands_where_it_counts() -> None:
    """The official evaluator takes any ORDER BY for one of the result; gold has none in a sub-query alone."""
    for example in everything():
        orders = len(list(tree(example.sql).find_all(exp.Order)))
        assert not orders or tree(example.sql).args.get("order"), example.sql


def test_gold_against_gold_is_right_by_every_official_measure() -> None:
    with Executor(workers=1) as executor:
        for name in SPLITS:
            data = split(name)
            execute = Execute(executor, data.databases, OFFICIAL)
            judge = Judge(
                {
                    "EX": execution_accuracy(execute),
                    "EX keep_distinct": execution_accuracy(execute, keep_distinct=True),
                    "EM": exact_set_match(data.schemas, data.databases),
                }
            )
            for example in data.examples:
                schema = data.schemas[example.question.db_id]
                prediction = Prediction(example.question, schema, (), (Candidate(example.sql),), 0)
                verdicts = judge(example, prediction).values()
                assert [verdict.score for verdict in verdicts] == [1.0, 1.0, 1.0], example


def test_the_gold_files_of_the_official_evaluator_are_the_same_gold() -> None:
    for name in SPLITS:
        lines = (split(name).folder / f"{name}_gold.sql").read_text(encoding="utf-8").splitlines()
        assert lines == [f"{example.sql}\t{example.question.db_id}" for example in split(name).examples]


# --- questions -----------------------------------------------------------------------------------------------


def test_questions_are_clean_and_different() -> None:
    texts = [(example.question.db_id, _plain(example.question.text)) for example in everything()]
    assert [text for text, count in Counter(texts).items() if count > 1] == []
    for example in everything():
        text = example.question.text
        assert text == text.strip() and "  " not in text and len(text) >= 12, text
        assert not re.search(r"\b(SELECT|FROM|JOIN|T\d)\b", text), text


@pytest.mark.parametrize("name", SPLITS)
def test_values_often_differ_from_the_stored_ones(name: str) -> None:
    """In case, number or form, in at least a fifth of the questions whose gold has a text literal."""
    asked, different = 0, 0
    for example in split(name).examples:
        literals = [node.this for node in tree(example.sql).find_all(exp.Literal) if node.is_string]
        asked += bool(literals)
        different += any(literal.strip("%") not in example.question.text for literal in literals)
    assert different >= 0.2 * asked, (different, asked)


def test_train_and_dev_share_no_near_duplicates() -> None:
    """Neither a question, by its words, nor a query but for its values."""
    train, dev = ([example for example in split(name).examples] for name in SPLITS)
    queries = {_without_values(example.sql) for example in train}
    assert [example.sql for example in dev if _without_values(example.sql) in queries] == []
    questions = [(_words(example.question.text), example.question.text) for example in train]
    near = [
        (text, example.question.text)
        for example in dev
        for words, text in questions
        if _likeness(words, _words(example.question.text)) >= 0.75
    ]
    assert near == []


@pytest.mark.parametrize("name", SPLITS)
def test_queries_of_one_database_seldom_differ_in_values_alone(name: str) -> None:
    distinct = {(example.question.db_id, example.sql) for example in split(name).examples}
    skeletons = Counter((db_id, _without_values(sql)) for db_id, sql in distinct)
    assert sum(count - 1 for count in skeletons.values()) <= 0.02 * len(distinct)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity."""
    return len(one & other) / len(one | other)


def _without_values(sql: str) -> str:
    return re.sub(r"'[^']*'|\b\d+(\.\d+)?\b", "?", sql).lower()


# --- its documents -------------------------------------------------------------------------------------------


def test_the_readme_counts_right() -> None:
    folder = split("dev").folder
    text = (folder / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, re.M))
    assert rows.keys() == set(split("dev").databases)
    for name in SPLITS:
        for db_id in databases(name):
            schema = split(name).schemas[db_id]
            with closing(sqlite3.connect(split(name).databases[db_id])) as connection:
                sizes = [connection.execute(f"SELECT count(*) FROM {t.name}").fetchone()[0] for t in schema.tables]
            asked = [example for example in split(name).examples if example.question.db_id == db_id]
            counts = (len(sizes), sum(sizes), len(asked), len({example.sql for example in asked}))
            cells = rows[db_id].split(" | ")
            assert (cells[0], *map(int, cells[2:])) == (name, *counts), db_id
        levels = Counter(hardness(split(name)).values())
        total = (len(split(name).examples), len({(e.question.db_id, e.sql) for e in split(name).examples}))
        wanted = " | ".join(map(str, (name, len(databases(name)), *total, *(levels[level] for level in LEVELS))))
        assert f"| {wanted} |" in text
    assert "CC BY 4.0" in text and "Attribution 4.0" in (folder / "LICENSE.txt").read_text(encoding="utf-8")
