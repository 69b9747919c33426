"""`survey estimate`: runs of a round (run, list, show, release, withdraw, small-areas), control totals, any file."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import click

from survey.cli import estimate_file, estimate_provisional
from survey.cli.context import open_database, reporting_problems, settings, translate
from survey.model.actor import SYSTEM
from survey.operations import control_totals as totals
from survey.operations import frame_tables, publishing
from survey.pipeline.labels import categories_by_name
from survey.pipeline.run import run as make_run
from survey.query import control_totals as total_reads
from survey.query import model_figures, rounds, runs
from survey.query.model_figures import ModelFigure
from survey.query.results import VERDICTS, Figure, Indicator, RunHead, RunResults
from survey.text import N_, format_decimal


@click.group(help="Estimates: make a run from approved answers, look at it, release it.")
def estimate() -> None:
    """Hold the commands about estimates."""


estimate.add_command(estimate_file.file)
estimate.add_command(estimate_file.repeat)
estimate.add_command(estimate_provisional.provisional)


@estimate.command(help="Estimate the indicators of ROUND from its approved answers; the run is a draft.")
@click.argument("round_code", metavar="ROUND")
@click.option("--seed", type=int, default=128, show_default=True, help="Seed of everything random in the run.")
@reporting_problems
def run(round_code: str, seed: int) -> None:
    """Make a run and print its figures for the whole territory."""
    config = settings()
    database = open_database(config)
    with database.transaction() as session:
        made = make_run(session, SYSTEM, round_code, config.snapshots, seed=seed).id
    with database.reading() as session:
        _print(runs.run_results(session, made))


@estimate.command("list", help="List the estimate runs, newest first.")
@reporting_problems
def list_runs() -> None:
    """Print a line per run."""
    with open_database().reading() as session:
        for head in runs.runs(session):
            click.echo(_headline(head))


@estimate.command(help="Print the figures of RUN for the whole territory.")
@click.argument("run_id", metavar="RUN", type=int)
@reporting_problems
def show(run_id: int) -> None:
    """Print a run again."""
    with open_database().reading() as session:
        _print(runs.run_results(session, run_id))


@estimate.command(help="Make RUN public: results pages, report and downloads show it.")
@click.argument("run_id", metavar="RUN", type=int)
@reporting_problems
def release(run_id: int) -> None:
    """Release a draft."""
    with open_database().transaction() as session:
        publishing.release(session, SYSTEM, run_id)
    click.echo(translate(N_("Estimate run {run} is released.")).format(run=run_id))


@estimate.command(help="Take the released RUN back from the public.")
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--reason", required=True, help="Why, for the audit log.")
@reporting_problems
def withdraw(run_id: int, reason: str) -> None:
    """Withdraw a released run."""
    with open_database().transaction() as session:
        publishing.withdraw(session, SYSTEM, run_id, reason=reason)
    click.echo(translate(N_("Estimate run {run} is withdrawn.")).format(run=run_id))


@estimate.command("control-totals", help="Enter the known totals of FILE for ROUND, or show those entered.")
@click.argument("round_code", metavar="ROUND")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option("--source", default="", help="Where the totals were published, for lines without a source.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day they stand for, for lines without one.")
@click.option("--remove", metavar="TABLE[/MARGIN]", default="", help="Remove the totals of a table or of one margin.")
@reporting_problems
def control_totals(round_code: str, file: Path | None, source: str, as_of: datetime | None, remove: str) -> None:
    """Enter, remove or show totals, then print the sum of every margin and by how much it differs."""
    with open_database().transaction() as session:
        round_id = rounds.round_by_code(session, round_code).id
        if remove:
            table, _, margin = remove.partition("/")
            totals.remove(session, SYSTEM, round_id, table=table, margin=margin)
        if file is not None:
            content = frame_tables.read(file.read_bytes(), file.name)
            day = as_of.date() if as_of else None
            found = totals.from_table(content, categories_by_name(), source=source, as_of=day)
            totals.replace(session, SYSTEM, round_id, found)
        entered = total_reads.entered(session, round_id)
    for each in total_reads.agreements(entered):
        gap = "=" if each.agrees else format_decimal(each.difference, 0)
        click.echo(f"{each.table}\t{each.margin}\t{each.categories}\t{format_decimal(each.total, 0)}\t{gap}")
    if not entered:
        click.echo(translate(N_("No totals: the runs of this round are not calibrated.")))


@estimate.command("small-areas", help="Print model-based figures of INDICATOR in RUN where direct ones are weak.")
@click.argument("run_id", metavar="RUN", type=int)
@click.argument("indicator")
@click.option("--variant", help="One variant; all without it.")
@click.option("--by", type=click.Choice(list(model_figures.DIMENSIONS)), help="district, unit or commune.")
@click.option("--everywhere", is_flag=True, help="Also where the direct figure is publishable.")
@reporting_problems
def small_areas(run_id: int, indicator: str, variant: str | None, by: str | None, everywhere: bool) -> None:
    """Print model-based figures with their mark."""
    with open_database().reading() as session:
        found = model_figures.model_figures(
            session, run_id, indicator=indicator, variant=variant, dimension=by, everywhere=everywhere
        )
    click.echo(translate(model_figures.NOTE))
    for each in found:
        click.echo(
            f"{each.variant}\t{each.category}\t{each.label.vi}\t{_modelled(each)}\t{translate(model_figures.MARK)}"
        )


def _modelled(figure: ModelFigure) -> str:
    if figure.estimate is None or figure.ci_low is None or figure.ci_high is None:
        return f"–\tn = {figure.n}"
    ends = f"{format_decimal(figure.ci_low, 1)}; {format_decimal(figure.ci_high, 1)}"
    return f"{format_decimal(figure.estimate, 1)}% [{ends}]\tn = {figure.n}"


def _locale() -> str:
    return os.environ.get("PHIEU_SO_LOCALE", "vi")


def _headline(head: RunHead) -> str:
    moment = head.created_at.isoformat(timespec="minutes")
    return f"{head.id}\t{head.round_code}\t{head.state}\t{moment}\t{head.code_version}\t{head.digest[:12]}"


def _print(results: RunResults) -> None:
    click.echo(_headline(results.head))
    for note in results.quality.notes:
        click.echo(f"  {note.in_language(_locale())}")
    for indicator in results.indicators:
        click.echo(f"\n{indicator.code}  {indicator.name.in_language(_locale())}")
        for line in _lines(indicator):
            click.echo(f"  {line}")


def _lines(indicator: Indicator) -> list[str]:
    """Return one line per variant: label, estimate, interval, n, and the verdicts it carries."""
    lines = []
    for variant in indicator.variants:
        label = variant.label.in_language(_locale())
        if variant.figure is None:
            lines.append(f"{label}: –")
            continue
        lines.append(f"{label}: {_numbers(variant.figure)}{_verdicts(variant.figure)}")
    return lines


def _numbers(figure: Figure) -> str:
    if not figure.shown or figure.estimate is None or figure.ci_low is None or figure.ci_high is None:
        return f"– (n = {figure.n})"
    ends = f"{format_decimal(figure.ci_low, 1)}; {format_decimal(figure.ci_high, 1)}"
    return f"{format_decimal(figure.estimate, 1)}% [{ends}]  n = {figure.n}"


def _verdicts(figure: Figure) -> str:
    parts = [f"{year}: {translate(VERDICTS[code])}" for year, code in sorted(figure.verdicts.items())]
    return f"  {' · '.join(parts)}" if parts else ""
