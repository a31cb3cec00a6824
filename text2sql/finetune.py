"""The commands of ``text2sql finetune``, thin as all of the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from text2sql.experiment import Experiment

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Make tuned models from the train split.")

File = Annotated[Path, typer.Argument(help="An experiment file with a [tuner.NAME].")]
One = Annotated[str | None, typer.Option("--tuner", help="Which one; not needed where there is one alone.")]
Some = Annotated[list[str] | None, typer.Option("--tuner", help="Only the one of this name; repeatable.")]
Data = Annotated[str | None, typer.Option("--data", help="A data set by name, or a Spider-format folder.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="Override: key=value, as in tuner.small.data.size=500.")]
MaxCost = Annotated[float | None, typer.Option(min=0, help="Dollars: begin nothing that may cost more.")]
PriceLists = Annotated[list[Path] | None, typer.Option("--prices", help="A price list that goes before the others.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the table as Markdown.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bars.")]


def _load(experiment: Path, data: str | None, overrides: list[str] | None) -> Experiment:
    from text2sql import config

    return config.load(experiment, data=data, overrides=overrides or [])


@app.command()
def export(
    experiment: File,
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    tuner: Some = None,
    from_run: Annotated[
        str | None, typer.Option(help="Only what this run on the train split got wrong, as data.failures_of says.")
    ] = None,
    data: Data = None,
    set_: Set = None,
    max_cost: MaxCost = None,
    prices: PriceLists = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Write what models are tuned on, as chat JSONL for train and validation, and a report on it."""
    from text2sql import tune, tuning, tuning_report

    reports = []
    for one in tuning.tunings_of(_load(experiment, data, set_), tuner or [], prices=prices or []):
        chosen = one.learning_from(from_run) if from_run else one
        with tune.telling(f"preparing {chosen.name}", not quiet) as tell:
            prepared = chosen.prepared(tell, max_cost=max_cost)
        written = tuning_report.export_data(chosen, out, prepared)
        reports.append(written.report)
        if not as_json:
            files = [str(file) for file in (written.train, written.validation) if file]
            print(tuning_report.data_text(written.report, markdown=markdown), "", ", ".join(files), "", sep="\n")
    if as_json:
        print(json.dumps(reports, indent=2, ensure_ascii=False))


@app.command()
def check(files: Annotated[list[Path], typer.Argument(help="Chat JSONL, as export writes it.")]) -> None:
    """Check files against the format of supervised fine-tuning. Fails where a provider would refuse one."""
    from text2sql import chat_data

    found = [f"{file}{', ' if one.line else ': '}{one}" for file in files for one in chat_data.problems(file)]
    print("\n".join(found) if found else f"{len(files)} files are well-formed" if len(files) > 1 else "well-formed")
    if found:
        raise typer.Exit(1)


@app.command()
def start(
    experiment: File,
    tuner: Some = None,
    data: Data = None,
    set_: Set = None,
    again: Annotated[bool, typer.Option("--again", help="Make it anew although it exists.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Report on the data and the cost; ask and begin nothing.")
    ] = False,
    max_cost: MaxCost = None,
    prices: PriceLists = None,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Make a tuned model: on this machine at once, at a provider as a job; go on where it was cut off."""
    from text2sql import estimate, tune, tuning, tuning_report

    loaded, lists = _load(experiment, data, set_), prices or []
    chosen = tuning.tunings_of(loaded, tuner, prices=lists) if tuner else [tuning.tuning_of(loaded, prices=lists)]
    for one in chosen:
        if dry_run:
            with tune.telling(f"preparing {one.name}", not quiet) as tell:
                prepared, drafts = estimate.dry_tuning(one, tell)
            print(tuning_report.data_text(tuning_report.data_report(one, prepared), markdown=markdown))
            print(estimate.drafts_text(drafts), end="\n" if drafts else "")
            continue
        job = tune.start_tuning(one, again=again, max_cost=max_cost, progress=not quiet)
        print(tuning_report.job_text(one, job, events=0))
        if job.status in ("failed", "cancelled"):
            raise typer.Exit(1)


@app.command()
def status(
    experiment: File,
    tuner: Some = None,
    data: Data = None,
    set_: Set = None,
    events: Annotated[int, typer.Option(min=0, help="So many of the last events.")] = 5,
    plot: Annotated[Path | None, typer.Option(help="Draw the loss curves to this .svg or .png.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say how the tuned models of an experiment stand: state, loss curve, events."""
    from text2sql import plots, tuning, tuning_report
    from text2sql.errors import TuningFailed

    if plot:
        plots.check_target(plot)
    found, failed = [], []
    for one in tuning.tunings_of(_load(experiment, data, set_), tuner or []):
        try:
            found.append((one, one.poll()))
        except TuningFailed as error:  # the others are told all the same
            failed.append(str(error))
    if as_json:
        print(json.dumps([tuning_report.job_json(one, job) for one, job in found], indent=2, ensure_ascii=False))
    elif found:
        print("\n".join(tuning_report.job_text(one, job, events=events) for one, job in found))
    if plot:
        plots.draw_losses({one.name: job.losses for one, job in found if job and job.losses}, plot)
    if failed:
        raise TuningFailed("\ntext2sql: ".join(failed))


@app.command()
def wait(
    experiment: File,
    tuner: One = None,
    data: Data = None,
    set_: Set = None,
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between two looks.")] = 15.0,
    quiet: Quiet = False,
) -> None:
    """Wait until a tuned model is made. Fails where it is not."""
    from text2sql import tune, tuning, tuning_report

    one = tuning.tuning_of(_load(experiment, data, set_), tuner)
    job = tune.wait_for_tuning(one, every=every, progress=not quiet)
    print(tuning_report.job_text(one, job))
    if job.status != "succeeded":
        raise typer.Exit(1)


@app.command()
def cancel(experiment: File, tuner: One = None, data: Data = None, set_: Set = None) -> None:
    """End a tuning that is under way."""
    from text2sql import tuning, tuning_report

    one = tuning.tuning_of(_load(experiment, data, set_), tuner)
    print(tuning_report.line(one, one.cancel()))


@app.command()
def forgetting(
    experiment: File,
    data: Data = None,
    split: Annotated[str | None, typer.Option(help="dev, train or test.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many questions, round-robin over databases.")] = None,
    set_: Set = None,
    out: Annotated[Path | None, typer.Option(help="Where run folders are; default: runs/ beside the file.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Dollars: ask nothing that may cost more.")] = None,
    prices: PriceLists = None,
    as_json: AsJson = False,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Say whether a tuned model still profits from examples in the prompt; what has not run yet is run."""
    from text2sql import config, forgetting_report
    from text2sql import forgetting as measuring

    loaded = config.load(experiment, data=data, split=split, overrides=set_ or [])
    found = measuring.measure_forgetting(
        loaded, limit=limit, out=out, max_cost=max_cost, prices=prices or [], progress=not quiet
    )
    if as_json:
        print(json.dumps(forgetting_report.forgetting_json(loaded.path.stem, found), indent=2, ensure_ascii=False))
    else:
        print(forgetting_report.forgetting_text(found, markdown=markdown))
