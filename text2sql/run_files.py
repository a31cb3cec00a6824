"""The files of many runs, in a form that DuckDB reads: a finished run's as they are, else made from its journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from text2sql.errors import RunError, UsageError
from text2sql.evaluator import hardness
from text2sql.store import Record, Run, open_manifest, open_run, whole_lines
from text2sql.stored import dataset_of
from text2sql.types import Verdict

Complain: TypeAlias = Callable[[str], object]
FINAL = ("candidates", "predictions", "verdicts")


@dataclass(frozen=True, slots=True)
class RunFiles:
    """A run: its row of the table of runs, and the files that hold its lines, by kind (``FINAL`` and "calls").

    ``scratch``: a folder for files made in place of those that cannot be read as they are.
    """

    folder: Path
    row: Record
    files: dict[str, Path]
    scratch: Path

    def repair(self, kind: str, complain: Complain) -> None:
        """Replace a file by a copy of its whole lines; ``complain`` is told of the others."""
        lines = whole_lines(self.files[kind], damaged=complain)
        self.files[kind] = write_lines(self.scratch / f"{kind}.jsonl", lines)


def run_folders(places: Iterable[str | Path]) -> list[Path]:
    """The run folders among these and below them, each once. Raises RunError where there are none."""
    folders = [Path(place) for place in places]
    if absent := [folder for folder in folders if not folder.is_dir()]:
        raise RunError(f"{absent[0]}: no such folder; a run's is expected, or one with runs below it")
    found = {file.parent.resolve(): file.parent for folder in folders for file in sorted(folder.glob("**/run.json"))}
    if not found:
        raise RunError(f"no run under {', '.join(map(str, folders)) or 'no folder'}; 'text2sql run' makes one")
    return list(found.values())


def collect(folders: Sequence[Path], scratch: Path, complain: Complain, *, journals: bool = True) -> list[RunFiles]:
    """The files of runs that can be read; ``complain`` is told what cannot, one line each.

    ``scratch``: an empty folder; ``journals``: read them where final files are missing or lag behind, else only calls
    are sure to be whole. Raises RunError where no run is left.
    """
    known: dict[str, dict[str, Record]] = {}
    found = []
    for number, (folder, name) in enumerate(_names(folders).items()):
        try:
            run = Run(folder, open_manifest(folder))
        except RunError as error:
            complain(f"{error}; left out")
            continue
        paths = {kind: folder / f"{kind}.jsonl" for kind in (*FINAL, "calls")}
        final = "questions" in run.manifest and all(paths[kind].is_file() for kind in FINAL)
        files = RunFiles(folder, {}, paths, scratch / str(number))
        if not final:
            files.repair("calls", complain)  # the last line may be torn
            if journals:
                run = open_run(folder, damaged=complain)
                files.files.update(_replayed(run, _heads(run, known, complain), files.scratch))
        files.row.update(_row(run, name, final))
        found.append(files)
    if not found:
        raise RunError("none of the runs can be read")
    return found


def write_lines(file: Path, records: Iterable[Mapping[str, object]]) -> Path:
    """Write JSONL that DuckDB reads: half a surrogate pair, which a model may say, becomes a question mark."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        out.writelines(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for record in records)
    return file


def _names(folders: Sequence[Path]) -> dict[Path, str]:
    """What each run is called: its folder's name, after as many parents' as tell it from the others."""
    parts = {folder: folder.resolve().parts for folder in folders}
    depths = dict.fromkeys(folders, 1)
    while True:
        names = {folder: "/".join(parts[folder][-depth:]) for folder, depth in depths.items()}
        often = Counter(names.values())
        if len(often) == len(names):
            return names
        depths = {folder: depth + (often[names[folder]] > 1) for folder, depth in depths.items()}


def _row(run: Run, name: str, final: bool) -> Record:
    manifest, data, identity = run.manifest, run.manifest.get("data", {}), run.manifest.get("identity", {})
    journal = {} if final else {
        "questions": len(run.records),
        "unanswered": sum(1 for record in run.records.values() if "unanswered" in record),
        "metrics": _metrics(run),
    }  # fmt: skip
    return {
        "run": name,
        "data": data.get("name"),
        "split": data.get("split"),
        "questions_file": data.get("questions"),
        "checksum": data.get("checksum"),
        "seed": identity.get("seed"),
        "final": final,
        "folder": str(run.folder),
        **{key: value for key, value in manifest.items() if key != "data"},
        **journal,
    }


def _metrics(run: Run) -> list[str]:
    """What a run that is still writing is judged by, as far as it shows."""
    judged = (metric for verdicts in run.verdicts.values() for metric in verdicts)
    return list(dict.fromkeys([*run.manifest.get("metrics", []), *judged]))


# --- a run that is still writing ----------------------------------------------------------------------------


def _replayed(run: Run, heads: Mapping[str, Record], scratch: Path) -> dict[str, Path]:
    """The final files as far as its journal goes, without what no table shows, and where they are."""
    unanswered = {metric: Verdict(metric, 0.0, "unanswered") for metric in _metrics(run)}
    lines: dict[str, list[Record]] = {kind: [] for kind in FINAL}
    for id, record in sorted(run.records.items()):
        candidates, elected, told = record["candidates"], record["elected"], heads.get(id, {})
        verdicts = unanswered if "unanswered" in record else run.verdicts.get(id, {})
        head = {"id": id, "db_id": told.get("db_id")}
        answer = {"sql": candidates[elected]["sql"] if elected >= 0 else "", "elected": elected}
        answer |= {"question": told.get("question"), "unanswered": record.get("unanswered")}
        scores = {metric: {"score": v.score, "reason": v.reason} for metric, v in verdicts.items()}
        lines["candidates"].append(head | {"examples": record["examples"], "candidates": [*map(_shown, candidates)]})
        lines["predictions"].append(head | answer)
        lines["verdicts"].append(head | {"hardness": told.get("hardness")} | scores)
    return {kind: write_lines(scratch / f"{kind}.jsonl", records) for kind, records in lines.items()}


def _shown(candidate: Record) -> Record:
    result = candidate.get("result") or {}
    return {
        "sql": candidate["sql"],
        "problem": candidate.get("problem"),
        "result": {"error": result.get("error"), "row_count": result.get("row_count")},
    }


def _heads(run: Run, known: dict[str, dict[str, Record]], complain: Complain) -> Mapping[str, Record]:
    """What a journal does not say of its questions: from final files that lag behind, else from the data set.

    ``known``: what data sets have said already.
    """
    heads: dict[str, Record] = {}
    for kind in ("predictions", "verdicts"):
        for line in whole_lines(run.folder / f"{kind}.jsonl", damaged=lambda _: None):
            heads.setdefault(line.get("id", ""), {}).update(line)
    if heads.keys() >= run.records.keys():
        return heads
    data = json.dumps(run.manifest.get("data"), sort_keys=True)
    if data not in known:
        known[data] = _told_by_data(run, complain)
    return heads | known[data]


def _told_by_data(run: Run, complain: Complain) -> dict[str, Record]:
    try:
        dataset = dataset_of(run)
        levels = hardness(dataset)
    except (UsageError, OSError, KeyError, TypeError) as error:
        why = "its run.json names none" if isinstance(error, KeyError | TypeError) else str(error)
        complain(f"{run.folder}: without its data set, databases and hardness are unknown as yet: {why}")
        return {}
    return {
        (question := example.question).id: {
            "db_id": question.db_id,
            "question": question.text,
            "hardness": levels[question.id],
        }
        for example in dataset.examples
    }
