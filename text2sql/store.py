"""A run on disk: a journal that survives any end, and final files made from it in data set order.

The journal is the truth: a line per finished question and per judged one. A torn last line, left by a
kill, is cut off when the run goes on. What varies from run to run (seconds) stands in calls.jsonl alone,
so the final files of equal runs are equal to the byte.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from text2sql.artifacts import write_atomically
from text2sql.calls import Call
from text2sql.errors import RunError, RunLocked, nearest
from text2sql.results import from_json, to_json
from text2sql.sql import one_line
from text2sql.types import Candidate, Completion, Example, Message, Prediction, Prompt, Question, Schema, Verdict

Record: TypeAlias = dict[str, Any]
_CALL = tuple(field.name for field in fields(Call))
FILES = ("candidates.jsonl", "predictions.jsonl", "verdicts.jsonl", "predicted.sql")


@dataclass
class Run:
    """The stored outcome of one configuration on one data set.

    ``records``: a line of the journal per question, by id; ``verdicts``: by id and metric; ``calls``: one
    summary per question.
    """

    folder: Path
    manifest: Record
    records: dict[str, Record] = field(default_factory=dict)
    verdicts: dict[str, dict[str, Verdict]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The configuration's name."""
        return str(self.manifest["configuration"])

    @property
    def digest(self) -> str:
        """What the run is."""
        return str(self.manifest["digest"])

    def calls(self, *, damaged: Callable[[str], object] | None = None) -> list[Call]:
        """Every model call of the run, as they were made; ``damaged`` as for ``open_run``."""
        return [_call(record) for record in whole_lines(self.folder / "calls.jsonl", damaged=damaged)]


def _call(record: Record) -> Call:
    return Call(**record | {"requests": tuple(record.get("requests", ()))})


def _call_record(call: Call) -> Record:
    return {name: value for name in _CALL if (value := getattr(call, name)) not in (None, "", ())}


def open_run(folder: Path, *, damaged: Callable[[str], object] | None = None) -> Run:
    """Read a run; ``damaged`` is told of lines that are left out. Raises RunError where the folder holds none."""
    run = Run(folder, open_manifest(folder))
    for line in whole_lines(folder / "journal.jsonl", damaged=damaged):
        _replay(run, line)
    return run


def open_manifest(folder: Path) -> Record:
    """What a run says of itself. Raises RunError where the folder holds none."""
    try:
        manifest: Record = json.loads((folder / "run.json").read_bytes())
        manifest["configuration"], manifest["digest"]
    except FileNotFoundError:
        raise RunError(f"{folder}: no run here (run.json is missing)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder / 'run.json'}: damaged: {error}") from None
    return manifest


def _replay(run: Run, line: Record) -> None:
    if "candidates" in line:
        run.records[line["id"]] = line
    elif "verdicts" in line:
        found = run.verdicts.setdefault(line["id"], {})
        found |= {metric: Verdict(metric, *verdict) for metric, verdict in line["verdicts"].items()}


def whole_lines(file: Path, *, damaged: Callable[[str], object] | None = None) -> Iterator[Record]:
    """The whole lines of a JSONL file; a torn last line counts as never written.

    Any other line that cannot be read is left out and told to ``damaged``; without it raises RunError: what comes
    after such a line must not be lost unseen.
    """
    with suppress(FileNotFoundError):
        *whole, _torn = file.read_bytes().split(b"\n")
        for number, line in enumerate(whole, 1):
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if isinstance(record, dict):
                yield record
            elif damaged is None:
                raise RunError(f"{file}, line {number}: damaged; without this line the run can be used")
            else:
                damaged(f"{file}, line {number}: damaged, and left out")


def find_run(name: str, folders: Sequence[Path]) -> Path:
    """A run's folder by path, by slug, by folder name or by the start of its digest.

    The first folder with a run of this name counts, and there the run that was written last: a strategy that was
    edited makes a new run of the same name. Raises RunError where none fits, or a digest's start fits several.
    """
    if (Path(name) / "run.json").is_file():
        return Path(name)
    wanted, known = name.lower(), []
    for folder in folders:
        runs = [file.parent for file in sorted(folder.glob("**/run.json"))]
        known += [run.name for run in runs]
        if named := [run for run in runs if wanted in (run.name.lower(), run.name.lower().rpartition("-")[0])]:
            return max(named, key=lambda run: (run / "run.json").stat().st_mtime_ns)
        begun = [run for run in runs if len(wanted) >= 4 and run.name.rpartition("-")[2].startswith(wanted)]
        if len(begun) > 1:
            raise RunError(f"{name!r} fits {len(begun)} runs: {', '.join(map(str, begun))}")
        if begun:
            return begun[0]
    places = ", ".join(map(str, folders))
    raise RunError(f"no run {name!r} under {places}{nearest(name, known)}")


# --- writing ----------------------------------------------------------------------------------------------


class Writer:
    """Adds to a run; made by ``write_run``, which holds the folder's lock meanwhile."""

    def __init__(self, run: Run, journal: BinaryIO, calls: BinaryIO) -> None:
        self.run, self._journal, self._calls = run, journal, calls

    def add(self, prediction: Prediction, schema: Schema, calls: Sequence[Call], seconds: float) -> None:
        """Note a finished question, its database's whole schema, its model calls and the seconds it took."""
        ended = Call(prediction.question.id, "question", seconds=round(seconds, 6))
        _append(self._calls, *map(_call_record, (*calls, ended)))
        self._note(to_record(prediction, schema))

    def judge(self, question: str, verdicts: Mapping[str, Verdict]) -> None:
        """Note the verdicts on a question."""
        self._note({"id": question, "verdicts": {m: [v.score, v.reason] for m, v in verdicts.items()}})

    def finish(self, examples: Sequence[Example], hardness: Mapping[str, str], metrics: Sequence[str]) -> None:
        """Write the final files, in the order of the examples."""
        done = [example for example in examples if example.question.id in self.run.records]
        finals = [_final(self.run, example, hardness[example.question.id], metrics) for example in done]
        for name in FILES:
            lines = (line if isinstance(line := final[name], str) else _dump(line) for final in finals)
            write_atomically(self.run.folder / name, "".join(f"{line}\n" for line in lines))
        unanswered = sum(1 for example in done if self.run.records[example.question.id].get("unanswered"))
        self.run.manifest |= {"unanswered": unanswered, "metrics": list(metrics), "questions": len(done)}
        _write_manifest(self.run)

    def _note(self, line: Record) -> None:
        _append(self._journal, line)
        _replay(self.run, line)


@contextmanager
def write_run(folder: Path, manifest: Record) -> Iterator[Writer]:
    """Open a run to go on with it, or begin it. Raises RunLocked where another process is writing it."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "run.lock")
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise RunLocked(f"{folder}: {_holder(folder)} is writing this run; wait for it, or end it") from None
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror or error}; --out names another place") from None
    try:
        (folder / "run.holder").write_text(f"process {os.getpid()} on {platform.node()}", encoding="utf-8")
        if not (folder / "run.json").is_file():
            _write_manifest(Run(folder, manifest))
        for name in ("journal.jsonl", "calls.jsonl"):
            _cut_torn_line(folder / name)
        run = open_run(folder)
        # Until they are written again the final files lag behind the journal, whatever ends this process.
        if run.manifest.pop("questions", None) is not None:
            _write_manifest(run)
        with (folder / "journal.jsonl").open("ab", 0) as journal, (folder / "calls.jsonl").open("ab", 0) as calls:
            yield Writer(run, journal, calls)
    finally:
        (folder / "run.holder").unlink(missing_ok=True)
        lock.release()


def _holder(folder: Path) -> str:
    with suppress(OSError):
        return (folder / "run.holder").read_text(encoding="utf-8")
    return "another process"


def _write_manifest(run: Run) -> None:
    write_atomically(run.folder / "run.json", json.dumps(run.manifest, indent=1, ensure_ascii=False) + "\n")


def _cut_torn_line(file: Path) -> None:
    if file.is_file():
        content = file.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(file, whole)


def _append(file: BinaryIO, *records: Record) -> None:
    # Unbuffered and in one write: a kill leaves whole lines, but for the last at worst.
    file.write("".join(f"{_dump(record)}\n" for record in records).encode("utf-8", "surrogatepass"))


_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


# --- records ---------------------------------------------------------------------------------------------


def to_record(prediction: Prediction, schema: Schema) -> Record:
    """A prediction as JSON values: prompts once each, examples by id, the linked schema where it differs."""
    prompts: list[Prompt] = []
    record: Record = {
        "id": prediction.question.id,
        "examples": [example.question.id for example in prediction.examples],
        "candidates": [_to_candidate(candidate, prompts) for candidate in prediction.candidates],
        "elected": prediction.elected,
    }
    record["prompts"] = [[[message.role, message.content] for message in prompt.messages] for prompt in prompts]
    if prediction.schema != schema:
        record["linked"] = {table.name: [c.name for c in table.columns] for table in prediction.schema.tables}
    if prediction.unanswered:
        record["unanswered"] = prediction.unanswered
    return record


def _to_candidate(candidate: Candidate, prompts: list[Prompt]) -> Record:
    record: Record = {"sql": candidate.sql}
    if candidate.problem:
        record["problem"] = candidate.problem
    if candidate.prompt is not None:
        if candidate.prompt not in prompts:
            prompts.append(candidate.prompt)
        record["prompt"] = prompts.index(candidate.prompt)
    if any(completion.text != candidate.sql or completion.logprob is not None for completion in candidate.completions):
        record["said"] = [[completion.text, completion.logprob] for completion in candidate.completions]
    if candidate.result is not None:
        record["result"] = to_json(candidate.result)
    if candidate.revises is not None:
        record["revises"] = _to_candidate(candidate.revises, prompts)
    return record


def from_record(record: Record, question: Question, schema: Schema, pool: Mapping[str, Example]) -> Prediction:
    """The prediction that ``to_record`` wrote; ``schema`` is the whole one, ``pool`` has the examples by id."""
    if linked := record.get("linked"):
        tables = (table for table in schema.tables if table.name in linked)
        kept = tuple(
            replace(table, columns=tuple(c for c in table.columns if c.name in linked[table.name])) for table in tables
        )
        schema = Schema(schema.db_id, kept, schema.foreign_keys)
    examples = tuple(pool[id] for id in record["examples"] if id in pool)
    prompts = [
        Prompt(tuple(Message(role, content) for role, content in messages), question, schema, examples)
        for messages in record["prompts"]
    ]
    candidates = tuple(_from_candidate(candidate, prompts) for candidate in record["candidates"])
    return Prediction(question, schema, examples, candidates, record["elected"], record.get("unanswered", ""))


def _from_candidate(record: Record, prompts: Sequence[Prompt]) -> Candidate:
    return Candidate(
        sql=record["sql"],
        problem=record.get("problem", ""),
        prompt=prompts[record["prompt"]] if "prompt" in record else None,
        completions=tuple(Completion(text, logprob=logprob) for text, logprob in record.get("said", ())),
        result=from_json(record["result"]) if "result" in record else None,
        revises=_from_candidate(record["revises"], prompts) if "revises" in record else None,
    )


def _final(run: Run, example: Example, hardness: str, metrics: Sequence[str]) -> dict[str, Record | str]:
    """One question's line in each of the final files."""
    question = example.question
    record = run.records[question.id]
    sql: str = record["candidates"][record["elected"]]["sql"] if record["elected"] >= 0 else ""
    head = {"id": question.id, "db_id": question.db_id}
    predicted = head | {"question": question.text, "sql": sql, "elected": record["elected"]}
    if "unanswered" in record:
        predicted["unanswered"] = record["unanswered"]
    verdicts = run.verdicts.get(question.id, {})
    scores = {m: {"score": verdicts[m].score, "reason": verdicts[m].reason} for m in metrics if m in verdicts}
    candidates = {key: value for key, value in record.items() if key not in ("elected", "unanswered")}
    return {
        "candidates.jsonl": head | candidates,
        "predictions.jsonl": predicted,
        "verdicts.jsonl": head | {"hardness": hardness} | scores,
        # The official reader takes a blank line for the end of a session: SELECT is the customary stand-in.
        "predicted.sql": one_line(sql) or "SELECT",
    }
