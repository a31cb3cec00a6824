"""The command line: thin, one function a command, each importing what it needs when it runs."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A benchmark system for text-to-SQL on Spider: run, evaluate and compare configurations.",
)
data_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check a data set, or fetch one.")
app.add_typer(data_app, name="data")
finetune_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make tuned models from the train split.")
app.add_typer(finetune_app, name="finetune")
cache_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What is kept on this machine.")
app.add_typer(cache_app, name="cache")

Data = Annotated[str, typer.Option("--data", help="A data set by name, or a Spider-format folder.")]
OptionalData = Annotated[str | None, typer.Option("--data", help="A data set by name, or a Spider-format folder.")]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1, help="How many at once; 1 is strictly serial. Default: one per processor, 32 where endpoints are asked."
    ),
]
GoldErrors = Annotated[
    bool, typer.Option("--allow-gold-errors", help="Score questions whose gold does not run as wrong.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; scores are fractions of 1.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bars.")]
Out = Annotated[Path | None, typer.Option(help="Where run folders are; default: runs/ beside the experiment file.")]


def _version(wanted: bool) -> None:
    if wanted:
        from text2sql import __version__

        print(f"text2sql {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass  # both are looked at elsewhere: --debug where an error ends the command


@app.command()
def run(
    experiment: Annotated[Path, typer.Argument(help="An experiment file, as in experiments/.")],
    data: OptionalData = None,
    split: Annotated[str | None, typer.Option(help="dev, train or test.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many questions, round-robin over databases.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only the configuration of this name; repeatable.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value, as in generator.n=5.")] = None,
    workers: Workers = None,
    out: Out = None,
    retry: Annotated[bool, typer.Option("--retry", help="Ask unanswered questions again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count calls, tokens and cost, as upper bounds; send nothing.")
    ] = False,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Dollars: stop before more is spent now.")] = None,
    prices: Annotated[list[Path] | None, typer.Option(help="A price list that goes before the others.")] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask in batches, for half the price; the same command collects them later.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="With --batch: wait for the batches.")] = False,
    allow_gold_errors: GoldErrors = False,
    as_json: AsJson = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Run the configurations of an experiment, or go on where an earlier run ended; print their table."""
    from text2sql import config, report, runner
    from text2sql import estimate as estimating

    loaded = config.load(experiment, data=data, split=split, overrides=set_ or [])
    if only:
        loaded = loaded.only(only)
    if dry_run:
        estimates = estimating.dry_run(
            loaded, limit=limit, out=out, retry=retry, prices=prices or [], batch=batch, progress=not quiet
        )
        if as_json:
            _print_json(estimating.estimates_json(estimates))
        else:
            print(estimating.estimate_table(loaded, estimates, markdown=markdown))
        return
    runs = runner.run(
        loaded,
        limit=limit,
        workers=workers,
        out=out,
        retry=retry,
        allow_gold_errors=allow_gold_errors,
        max_cost=max_cost,
        prices=prices or [],
        batch=batch,
        wait=wait,
        progress=not quiet,
    )
    if as_json:
        _print_json(report.runs_json(loaded.path.stem, runs))
    else:
        print(report.table(runs, markdown=markdown))


@app.command()
def evaluate(
    data: Data,
    files: Annotated[list[Path] | None, typer.Argument(help="Prediction files: one SQL per line, or JSONL.")] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="In place of files: JSONL with db_id, gold and predicted, over any databases of the data."),
    ] = None,
    gold: Annotated[bool, typer.Option("--gold", help="Judge gold itself too, as if it were predicted.")] = False,
    split: Annotated[str, typer.Option(help="dev, train or test.")] = "dev",
    questions: Annotated[
        str | None, typer.Option(help="A questions file, in the data set's folder, in place of the split's own.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="A metric, as 'text2sql list metric' names them.")] = None,
    verdicts: Annotated[
        Path | None, typer.Option(help="Write a JSON line per example: official verdicts, class of failure, metrics.")
    ] = None,
    components: Annotated[
        bool, typer.Option("--components", help="Add accuracy, recall and F1 of exact set match by component.")
    ] = False,
    allow_missing: Annotated[bool, typer.Option("--allow-missing", help="Score missing lines as wrong.")] = False,
    allow_gold_errors: GoldErrors = False,
    only_runnable: Annotated[
        bool, typer.Option("--only-runnable", help="Leave out questions without a database or whose gold does not run.")
    ] = False,
    seconds: Annotated[float, typer.Option(min=0.001, help="Time limit of a statement.")] = 60.0,
    workers: Workers = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Judge prediction files, or gold/predicted pairs, by the official rules."""
    from text2sql import evaluation_report, rescore
    from text2sql import verdicts as verdict_files
    from text2sql.dataset import load_dataset
    from text2sql.errors import UsageError

    if bool(files or gold) == bool(pairs):
        raise UsageError("evaluate needs prediction files, --gold or --pairs FILE" + (", not both" if pairs else ""))
    if pairs and questions:
        raise UsageError("--questions does not go with --pairs, which have their own gold")
    judged = [*(files or []), *([rescore.GOLD] if gold else [])]
    metrics = metric or ["execution_accuracy"]
    if verdicts:
        verdict_files.check_target(verdicts, [pairs] if pairs else judged)
        metrics = list(dict.fromkeys([*metrics, *verdict_files.OFFICIAL_METRICS]))
    options: dict[str, Any] = {
        "metrics": metrics,
        "workers": workers,
        "allow_missing": allow_missing,
        "allow_gold_errors": allow_gold_errors,
        "only_runnable": only_runnable,
        "seconds": seconds,
        "progress": not quiet,
    }
    if pairs:
        evaluations = [rescore.evaluate_pairs(pairs, data=data, split=split, **options)]
    else:
        evaluations = rescore.evaluate_files(judged, load_dataset(data, split=split, questions=questions), **options)
    if verdicts:
        verdict_files.write_verdicts(verdicts, evaluations)
    if as_json:
        _print_json(evaluation_report.evaluations_json(evaluations, components=components))
    else:
        print(evaluation_report.evaluation_table(evaluations, components=components, markdown=markdown))


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or the start of its digest.")],
    question: Annotated[str, typer.Argument(help="A question's id, as in dev-0017.")],
    data: OptionalData = None,
    out: Out = None,
) -> None:
    """Show one question of a run, from its prompt to the verdict."""
    from text2sql import show, store, stored

    found = store.open_run(_find_run(run, out))
    print(show.show(found, stored.dataset_of(found, data), question))


@app.command()
def vote(
    run: Annotated[str, typer.Argument(help="A run: its folder, its name, or the start of its digest.")],
    voter: Annotated[str, typer.Option(help="A voter, as 'text2sql list voter' names them.")] = "majority",
    n: Annotated[int | None, typer.Option(min=1, help="Vote among the first n candidates.")] = None,
    data: OptionalData = None,
    out: Out = None,
    workers: Workers = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
) -> None:
    """Elect again among the stored candidates of a run; no model is called. The outcome is a run of its own."""
    from text2sql import report, revote

    runs = revote.vote(_find_run(run, out), voter, n=n, data=data, workers=workers)
    if as_json:
        _print_json(report.runs_json(str(runs[0].run.manifest["experiment"]), runs))
    else:
        print(report.table(runs, markdown=markdown))


@app.command()
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(help="Runs: folders, names or starts of digests; a folder of runs stands for all. First: base."),
    ],
    metric: Annotated[str | None, typer.Option(help="The metric; by default the first that all runs have.")] = None,
    steps: Annotated[bool, typer.Option("--steps", help="Compare each with the one before it, too.")] = False,
    common: Annotated[
        bool, typer.Option("--common", help="Compare incomplete runs over the questions that all of them answered.")
    ] = False,
    different_data: Annotated[
        bool, typer.Option("--different-data", help="Compare runs of different data over the questions they share.")
    ] = False,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit with 1 where a run is worse than the first, beyond chance.")
    ] = False,
    flips: Annotated[int, typer.Option(min=0, help="So many changed questions of a pair are shown.")] = 5,
    curves: Annotated[
        bool, typer.Option("--curves", help="Add the scores of 1, 2, ... candidates per question, resampled.")
    ] = False,
    plot: Annotated[
        list[Path] | None, typer.Option(help="Draw to this .svg or .png, as --against says; repeatable with it.")
    ] = None,
    against: Annotated[
        list[str] | None, typer.Option(help="What a plot draws scores against: steps, n, train, cost or seconds.")
    ] = None,
    data: OptionalData = None,
    out: Out = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print a LaTeX table.")] = False,
) -> None:
    """Compare runs on the same questions: differences, whether they are real, what changed and why."""
    from text2sql import contrast, contrast_report, plots, sampling

    folders = [folder for run in runs for folder in _runs_in(run, out)]
    drawings = plots.drawings(plot or [], against or [])
    found = contrast.compare(
        *folders,
        metric=metric,
        steps=steps,
        common=common,
        different_data=different_data,
        alone=curves or bool(drawings),
        data=data,
    )
    sampled = sampling.curves(found) if curves else []
    if as_json:
        _print_json(contrast_report.contrast_json(found) | {"curves": contrast_report.curves_json(sampled)})
    elif latex:
        print(contrast_report.contrast_latex(found))
    else:
        print(contrast_report.contrast_text(found, markdown=markdown, flips=flips))
        if sampled:
            print("\n" + contrast_report.curves_text(sampled, markdown=markdown))
    for file, kind in drawings:
        plots.draw(found, file, kind)
    if fail_if_worse and (worse := contrast.worse(found)):
        listed = ", ".join(f"{pair.second.name} ({100 * pair.statistics.difference:+.1f})" for pair in worse)
        print(f"text2sql: worse than {worse[0].first.name}: {listed}", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def query(
    sql: Annotated[
        str | None, typer.Argument(help="SQL over runs, predictions, candidates, verdicts, calls; 'describe runs'.")
    ] = None,
    runs: Annotated[
        list[Path] | None, typer.Option(help="A run's folder, or one with runs below it; repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the rows to a .csv, .parquet or .json file.")] = None,
    export: Annotated[Path | None, typer.Option(help="In place of SQL: write every table into this folder.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Export CSV in place of Parquet.")] = False,
    as_json: AsJson = False,
    markdown: Markdown = False,
) -> None:
    """Query stored runs by SQL, also those still writing; DuckDB answers. Nothing of them is changed."""
    from text2sql import queries
    from text2sql.errors import UsageError

    if (sql is None) == (export is None):
        raise UsageError("query needs SQL, or --export FOLDER" + (", not both" if sql else ""))
    places = runs or _places_with_runs()
    if export:
        written = queries.write_tables(export, places, suffix=".csv" if csv else ".parquet", complain=_complain)
        print("\n".join(f"{file}: {count} rows" for file, count in written.items()))
    elif out:
        print(f"{out}: {queries.write_query(out, sql or '', places, complain=_complain)} rows")
    else:
        found = queries.query(sql or "", places, complain=_complain)
        if as_json:
            _print_json(found.records())
        else:
            print(found.table(markdown=markdown))


@app.command()
def retrieval(
    experiment: Annotated[Path, typer.Argument(help="An experiment file, as in experiments/.")],
    data: OptionalData = None,
    split: Annotated[str | None, typer.Option(help="dev, train or test.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many questions, round-robin over databases.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only the configuration of this name; repeatable.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value, as in retriever.k=3.")] = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Measure the retrievers of an experiment against gold: hits, similarity, latency. Nothing is generated."""
    from text2sql import config, retrieval

    loaded = config.load(experiment, data=data, split=split, overrides=set_ or [])
    if only:
        loaded = loaded.only(only)
    found = retrieval.measure_retrieval(loaded, limit=limit, progress=not quiet)
    if as_json:
        _print_json(retrieval.retrieval_json(found))
    else:
        print(retrieval.retrieval_table(loaded, found, markdown=markdown))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    db: Annotated[Path, typer.Option(help="An SQLite database; it is only read.")],
    experiment: Annotated[Path, typer.Option(help="Where the configuration stands.")] = Path("experiments/ladder.toml"),
    only: Annotated[str, typer.Option(help="The configuration that answers.")] = "HyDE",
    data: OptionalData = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value, as in generator.n=5.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say how the model came to its answer.")] = False,
    quiet: Quiet = False,
) -> None:
    """Ask one question about a database of your own: its SQL and what it returns."""
    from text2sql import ask as asking
    from text2sql import config

    loaded = config.load(experiment, data=data, overrides=set_ or []).only([only])
    print(asking.answer_text(asking.ask(db, question, loaded, explain=explain, progress=not quiet)))


@app.command(name="list")
def list_(
    stage: Annotated[str | None, typer.Argument(help="Only one kind, as in 'voter'.")] = None,
) -> None:
    """List every strategy with its options and defaults."""
    from text2sql import catalogue

    print(catalogue.text(stage))


@data_app.command()
def check(
    data: Annotated[str, typer.Argument(help="A data set by name, or a Spider-format folder.")],
    split: Annotated[list[str] | None, typer.Option(help="Only this split; repeatable.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="List every finding.")] = False,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Check a data set. Fails where an evaluation on it would be wrong (on train: only if asked for by --split)."""
    from text2sql import audit

    reports = audit.check_data(data, splits=split or [], workers=workers)
    if as_json:
        _print_json(audit.report_json(reports))
    else:
        print(audit.report_text(reports, listed=None if all_ else 5))
    if any(report.wrong for report in reports if split or report.dataset.split != "train"):
        raise typer.Exit(1)


@data_app.command()
def download(
    name: Annotated[str, typer.Argument(help="The data set: spider.")],
    to: Annotated[Path | None, typer.Option(help="The folder to put it in.")] = None,
    quiet: Quiet = False,
) -> None:
    """Fetch a data set and verify it."""
    from text2sql import dataset, download

    folder = download.download(name, to or dataset.download_folder(name), progress=not quiet)
    print(f"{name} is in {folder}; 'text2sql data check {folder}' checks it")


@finetune_app.command()
def start(
    experiment: Annotated[Path, typer.Argument(help="An experiment file with a [tuner.NAME].")],
    tuner: Annotated[str | None, typer.Option(help="Which one; not needed where there is one alone.")] = None,
    data: OptionalData = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Make it anew although it exists.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make a tuned model: on this machine at once, at a provider as a job."""
    from text2sql import config, tuning

    loaded = config.load(experiment, data=data, overrides=set_ or [])
    found = tuning.tuning_of(loaded, tuner)
    print(tuning.start(found, again=again, progress=not quiet))


@finetune_app.command()
def status(
    experiment: Annotated[Path, typer.Argument(help="An experiment file with a [tuner.NAME].")],
    data: OptionalData = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value.")] = None,
) -> None:
    """Say how every tuned model of an experiment stands."""
    from text2sql import config, tuning

    for line in tuning.status(config.load(experiment, data=data, overrides=set_ or [])):
        print(line)


@finetune_app.command()
def forgetting(
    experiment: Annotated[Path, typer.Argument(help="An experiment file with a [tuner.NAME].")],
    data: OptionalData = None,
    split: Annotated[str | None, typer.Option(help="dev, train or test.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many questions, round-robin over databases.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override: key=value, as in generator.n=5.")] = None,
    out: Out = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Say whether a tuned model still profits from examples in the prompt; what has not run yet is run."""
    from text2sql import config, forgetting_report
    from text2sql import forgetting as measuring

    loaded = config.load(experiment, data=data, split=split, overrides=set_ or [])
    found = measuring.measure_forgetting(loaded, limit=limit, out=out, progress=not quiet)
    if as_json:
        _print_json(forgetting_report.forgetting_json(loaded.path.stem, found))
    else:
        print(forgetting_report.forgetting_text(found, markdown=markdown))


@cache_app.command()
def stats(as_json: AsJson = False) -> None:
    """Show every part of the cache, and what the answers of models took, by endpoint and model."""
    from text2sql import caches

    found = caches.cache_stats()
    if as_json:
        _print_json(caches.stats_json(found))
    else:
        print(caches.stats_text(found))


@cache_app.command()
def prune(
    older_than: Annotated[float | None, typer.Option(metavar="DAYS", help="Only those asked so many days ago.")] = None,
    model: Annotated[str | None, typer.Option(help="Only those of this model.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="Only those of endpoints with this in their URL.")] = None,
) -> None:
    """Remove answers of models; at least one option says which. Runs keep theirs."""
    from text2sql import caches

    print(caches.pruned_text(caches.prune_responses(older_than=older_than, model=model, endpoint=endpoint)))


@cache_app.command()
def clear(
    parts: Annotated[
        list[str] | None, typer.Argument(help="Parts, as 'text2sql cache stats' names them, or all.")
    ] = None,
) -> None:
    """Remove whole parts of the cache. All can be had again, but answers of models were paid for."""
    from text2sql import caches

    print(caches.cleared_text(caches.clear_cache(*(parts or []))))


def _runs_in(name: str, out: Path | None) -> list[Path]:
    """The run of this name; all runs below a folder that is none, in the order in which they were written."""
    if Path(name).is_dir() and not (Path(name) / "run.json").is_file():
        found = sorted(Path(name).glob("**/run.json"), key=lambda file: file.stat().st_mtime_ns)
        if found:
            return [file.parent for file in found]
    return [_find_run(name, out)]


def _find_run(name: str, out: Path | None) -> Path:
    from text2sql import store

    places = {place.resolve(): place for place in ([out] if out else _usual_places()) if place.is_dir() or out}
    return store.find_run(name, list(places.values()) or _usual_places()[:1])


def _places_with_runs() -> list[Path]:
    """The first of the usual places that has a run, as a run's name means the first one found."""
    return [place for place in _usual_places() if next(place.glob("**/run.json"), None)][:1] or _usual_places()[:1]


def _usual_places() -> list[Path]:
    from text2sql import dataset

    return [Path("experiments/runs"), Path("runs"), dataset.bundled_folder("experiments") / "runs"]


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def main() -> None:
    """The ``text2sql`` command: errors made on purpose are one line, and exit status 2."""
    # A strategy of one's own may lie in the folder one starts from; last, so that it hides nothing.
    sys.path.append(os.getcwd())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow terminal shows "?", and no traceback
    with _plain_errors():
        sys.exit(_run_app())


def _run_app() -> int:
    try:
        status = app(standalone_mode=False)
    except Exception as error:
        # What typer raises for a wrong call; its classes move with its versions.
        if not isinstance(getattr(error, "exit_code", None), int) or not hasattr(error, "format_message"):
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            print(error.format_message())
            return 0
        command = getattr(getattr(error, "ctx", None), "command_path", "text2sql")
        _complain(f"{error.format_message().rstrip('.')}; '{command} --help' says more")
        return 2
    if status == 130:  # typer turns an interrupt into this status
        raise KeyboardInterrupt
    return status if isinstance(status, int) else 0


@contextmanager
def _plain_errors() -> Iterator[None]:
    from text2sql.errors import Halted, Interrupted, Text2SQLError

    try:
        yield
    except Interrupted as error:
        _complain(str(error))
        _end_at_once(130)
    except Halted as error:
        _complain(str(error))
        _end_at_once(3)
    except KeyboardInterrupt:
        _complain("interrupted")
        _end_at_once(130)
    except BrokenPipeError:
        _end_at_once(0)  # the reader of our output has seen enough
    except (Text2SQLError, OSError) as error:
        if "--debug" in sys.argv:
            raise
        _complain(str(error))
        raise SystemExit(2) from None


def _complain(message: str) -> None:
    print(f"text2sql: {message}", file=sys.stderr)


def _end_at_once(status: int) -> NoReturn:
    # Threads that wait for a model are not waited for.
    sys.stderr.flush()
    os._exit(status)
