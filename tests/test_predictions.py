"""Prediction files: text and JSONL, as people have them, and every way not to fit the split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from text2sql.errors import ConfigError, PredictionsError, ProviderError
from text2sql.models.recorded import recorded
from text2sql.predictions import Answer, align, read_predictions
from text2sql.types import Completion, Prompt, Question, Schema

QUESTIONS = [Question(f"dev-{position:04d}", "harbour", "?") for position in range(3)]


def _write(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def _jsonl(folder: Path, *records: object) -> Path:
    return _write(folder, "predicted.jsonl", "".join(json.dumps(record) + "\n" for record in records))


def _refusal(file: Path, *, allow_missing: bool = False) -> str:
    """What is said of a file, without its folder."""
    with pytest.raises(PredictionsError) as raised:
        align(file, QUESTIONS, allow_missing=allow_missing)
    assert str(raised.value).startswith(str(file))
    return str(raised.value).removeprefix(str(file))


# --- text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "SELECT 1\nSELECT 2\nSELECT 3\n",
        "SELECT 1\nSELECT 2\nSELECT 3",
        "SELECT 1\r\nSELECT 2\r\nSELECT 3\r\n",
        "\ufeffSELECT 1\nSELECT 2\nSELECT 3\n",
        "SELECT 1\tharbour\n  SELECT 2 \nSELECT 3\tharbour\t0.7\n",
        "SELECT 1\nSELECT 2\nSELECT 3\n   ",
    ],
    ids=["plain", "no final newline", "CRLF", "BOM", "TAB", "blanks at the end"],
)
def test_text_is_one_sql_a_line(content: str, tmp_path: Path) -> None:
    expected = [Answer(1, ("SELECT 1",)), Answer(2, ("SELECT 2",)), Answer(3, ("SELECT 3",))]
    assert read_predictions(_write(tmp_path, "predicted.sql", content)) == expected


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_a_newline_ends_a_line(mark: str, tmp_path: Path) -> None:
    file = _write(tmp_path, "predicted.txt", f"SELECT 'a{mark}b'\nSELECT 2\n")
    assert read_predictions(file) == [Answer(1, (f"SELECT 'a{mark}b'",)), Answer(2, ("SELECT 2",))]


def test_a_blank_line_is_an_answer_without_sql(tmp_path: Path) -> None:
    file = _write(tmp_path, "predicted.txt", "SELECT 1\n \t\nSELECT 3\n")
    assert read_predictions(file) == [Answer(1, ("SELECT 1",)), Answer(2, ()), Answer(3, ("SELECT 3",))]
    assert _refusal(file) == ", line 2: blank: dev-0001 has no prediction; --allow-missing scores it as wrong"
    assert align(file, QUESTIONS, allow_missing=True) == read_predictions(file)


def test_missing_lines(tmp_path: Path) -> None:
    file = _write(tmp_path, "predicted.txt", "SELECT 1\n")
    counts = "1 predictions for the 3 questions of dev"
    assert _refusal(file) == f": {counts}, dev-0001 has none; --allow-missing scores it as wrong"
    assert align(file, QUESTIONS, allow_missing=True) == [Answer(1, ("SELECT 1",)), Answer(0, ()), Answer(0, ())]
    assert _refusal(_write(tmp_path, "empty.txt", "")).startswith(": 0 predictions for the 3 questions of dev, ")


@pytest.mark.parametrize("allow_missing", [False, True])
def test_extra_lines_are_never_cut(allow_missing: bool, tmp_path: Path) -> None:
    file = _write(tmp_path, "predicted.txt", "SELECT 1\n" * 4)
    assert _refusal(file, allow_missing=allow_missing) == ": 4 predictions for the 3 questions of dev"
    file = _write(tmp_path, "predicted.txt", "SELECT 1\n" * 3 + "\n\n")
    assert _refusal(file, allow_missing=allow_missing) == ": 5 predictions for the 3 questions of dev"


# --- JSONL ----------------------------------------------------------------------------------------------------


def test_the_shapes_of_jsonl(tmp_path: Path) -> None:
    file = _jsonl(
        tmp_path,
        {"sql": "SELECT 1", "db_id": "harbour", "question": "?"},
        {"candidates": ["SELECT 1", "SELECT 2"]},
        {"candidates": [{"sql": "SELECT 3", "score": 0.5}]},
        {"predicted": "SELECT\n4"},
        {"prediction": ["SELECT 5"]},
    )
    assert read_predictions(file) == [
        Answer(1, ("SELECT 1",), "harbour"),
        Answer(2, ("SELECT 1", "SELECT 2")),
        Answer(3, ("SELECT 3",)),
        Answer(4, ("SELECT\n4",)),
        Answer(5, ("SELECT 5",)),
    ]
    assert read_predictions(file.rename(tmp_path / "predicted.JSONL")) == read_predictions(tmp_path / "predicted.JSONL")


@pytest.mark.parametrize("record", [{"sql": ""}, {"sql": None}, {"candidates": []}, {"candidates": ["", " "]}, None])
def test_a_line_of_jsonl_without_sql_is_blank(record: object, tmp_path: Path) -> None:
    line = "" if record is None else json.dumps(record)
    file = _write(tmp_path, "predicted.jsonl", f'{{"sql": "SELECT 1"}}\n{line}\n{{"sql": "SELECT 3"}}\n')
    assert read_predictions(file) == [Answer(1, ("SELECT 1",)), Answer(2, ()), Answer(3, ("SELECT 3",))]
    assert _refusal(file) == ", line 2: blank: dev-0001 has no prediction; --allow-missing scores it as wrong"


def test_a_blank_candidate_keeps_its_place(tmp_path: Path) -> None:
    file = _jsonl(tmp_path, {"candidates": ["", "SELECT 1", None, {"sql": None}]})
    assert read_predictions(file) == [Answer(1, ("", "SELECT 1", "", ""))]


def test_an_index_gives_the_order(tmp_path: Path) -> None:
    file = _jsonl(tmp_path, *({"index": index, "sql": f"SELECT {index}"} for index in (2, 0, 1)))
    assert read_predictions(file) == [Answer(2, ("SELECT 0",)), Answer(3, ("SELECT 1",)), Answer(1, ("SELECT 2",))]
    file = _jsonl(tmp_path, {"index": 2, "sql": "SELECT 2"}, {"index": 0, "sql": "SELECT 0"})
    assert _refusal(file) == ", no line with index 1: dev-0001 has no prediction; --allow-missing scores it as wrong"
    assert align(file, QUESTIONS, allow_missing=True) == [
        Answer(2, ("SELECT 0",)),
        Answer(0, ()),
        Answer(1, ("SELECT 2",)),
    ]
    file = _jsonl(tmp_path, {"index": 1, "sql": "SELECT 1"}, {"index": 1, "sql": "SELECT 1"})
    assert _refusal(file) == ", line 2: index 1 again, first in line 1"


def test_an_answer_to_another_database(tmp_path: Path) -> None:
    records = [{"sql": "SELECT 1", "db_id": db_id} for db_id in ("harbour", "orchard", "harbour")]
    assert _refusal(_jsonl(tmp_path, *records)) == ", line 2: is about 'orchard', but dev-0001 about 'harbour'"


def test_a_broken_line_of_jsonl(tmp_path: Path) -> None:
    file = _write(tmp_path, "predicted.jsonl", '{"sql": "SELECT 1"}\n{"sql": "SELECT 2"\n{"sql": "SELECT 3"}\n')
    wanted = "an object with 'candidates' or 'sql' is expected"
    assert _refusal(file) == f", line 2: not JSON, {wanted}: Expecting ',' delimiter"


@pytest.mark.parametrize(
    "record",
    [
        {"question": "?"},
        {"sql": 3},
        {"candidates": ["SELECT 1", 2]},
        {"candidates": [{"text": "SELECT 1"}]},
        {"sql": "SELECT 1", "index": "0"},
        {"sql": "SELECT 1", "index": -1},
        {"sql": "SELECT 1", "index": True},
        ["SELECT 1"],
        "sql",
        None,
    ],
)
def test_a_line_of_jsonl_that_says_no_sql(record: object, tmp_path: Path) -> None:
    wanted = "an object with 'candidates' or 'sql' is expected; 'index' counts from 0"
    assert _refusal(_jsonl(tmp_path, {"sql": "SELECT 1"}, record)) == f", line 2: {wanted}"


# --- files ------------------------------------------------------------------------------------------------------


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert _refusal(tmp_path / "nowhere.txt") == ": no such file"
    assert _refusal(tmp_path) == ": Is a directory"
    assert _refusal(_write(tmp_path, "latin.txt", "SELECT 'é'".encode("latin-1"))) == ": not UTF-8 text at byte 8"


# --- as a model -------------------------------------------------------------------------------------------------


def _ask(model_file: Path, question: Question, *, n: int = 1, pick: int | None = None) -> list[str]:
    model = recorded(QUESTIONS, file=model_file, pick=pick, allow_missing=True)
    prompt = Prompt((), question, Schema("harbour", ()))
    completions = model.complete(prompt, n=n, temperature=1.0, seed=7)
    assert all(completion == Completion(completion.text, completion.text) for completion in completions)
    return [completion.text for completion in completions]


def test_recorded_outputs_are_given_in_order(tmp_path: Path) -> None:
    file = _jsonl(tmp_path, {"candidates": ["a", "b", "c"]}, {"candidates": ["d", ""]}, {"sql": ""})
    assert _ask(file, QUESTIONS[0]) == ["a"]
    assert _ask(file, QUESTIONS[0], n=2) == ["a", "b"]
    assert _ask(file, QUESTIONS[0], n=5) == ["a", "b", "c"]
    assert _ask(file, QUESTIONS[0], n=5, pick=1) == ["b"]
    assert _ask(file, QUESTIONS[1], pick=1) == [""]
    with pytest.raises(ProviderError, match=r"^predicted\.jsonl has no output for dev-0002$"):
        _ask(file, QUESTIONS[2])


def test_recorded_outputs_that_are_missing(tmp_path: Path) -> None:
    file = _jsonl(tmp_path, {"candidates": ["a", "b"]}, {"candidates": ["c"]}, {"sql": ""})
    remedy = "allow_missing = true leaves it unanswered"
    with pytest.raises(PredictionsError) as raised:
        recorded(QUESTIONS, file=file)
    assert str(raised.value) == f"{file}, line 3: blank: dev-0002 has no prediction; {remedy}"
    with pytest.raises(PredictionsError) as raised:
        recorded(QUESTIONS[:2], file=_jsonl(tmp_path, {"candidates": ["a", "b"]}, {"sql": "c"}), pick=1)
    assert str(raised.value) == f"{file}: dev-0001 has no candidate 1; {remedy}"
    for pick in (2, -1):
        with pytest.raises(ConfigError, match=rf"no question has a candidate {pick} \(they count from 0\)$"):
            recorded(QUESTIONS, file=file, pick=pick, allow_missing=True)


def test_published_outputs_fit_spider(shared: Path) -> None:
    questions = [Question(f"dev-{position:04d}", "", "?") for position in range(1034)]
    files = [file for file in (shared / "predictions").glob("*.txt") if ".components." not in file.name]
    assert {len(align(file, questions)) for file in files} == {1034}
    pool = read_predictions(shared / "samples" / "sft_7b_pool.jsonl")
    assert [len(answer.sqls) for answer in pool] == [5] * 1034
