"""`survey report`: write the report of a run as a PDF, with its figures attached."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy.orm import Session

from survey.cli.context import TRANSLATIONS, open_database, reporting_problems, settings
from survey.errors import Problem
from survey.model.actor import SYSTEM
from survey.operations import audit
from survey.query import rounds, runs
from survey.query.findings import edited
from survey.report import edits
from survey.report.edits import Edits
from survey.report.loading import Loaded
from survey.text import N_

_READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help="Build the report for the People's Committee.")
def report() -> None:
    """Hold the commands on reports."""


@report.command(help="Write the report of a round's last run, or of one run, as a PDF.")
@click.argument("round_code", metavar="ROUND", required=False)
@click.option("--run", "run_id", type=int, help="The number of an estimate run.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; default: the instance.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@click.option("--findings", type=_READABLE, help="Findings edited in a file; default: as edited on the office page.")
@reporting_problems
def build(round_code: str | None, run_id: int | None, out: Path | None, lang: str, findings: Path | None) -> None:
    """Build the report and print where it was written."""
    from survey.export.figures import figures_csv, file_name
    from survey.report import context, language, render

    config = settings()
    loaded = _load(round_code, run_id)
    text = language.load(lang, TRANSLATIONS)
    changed = _kept_edits(loaded.results.head.id, lang)
    if findings is not None:
        changed = edits.read(findings.read_text(encoding="utf-8"), loaded.results, name=findings.name)
    built = context.build(
        loaded.results,
        config.agency,
        text,
        previous=loaded.previous,
        edits=changed,
        model_figures=loaded.modelled,
    )
    figures = render.Attached(
        file_name(loaded.results, "csv"), figures_csv(loaded.results), text.text(N_("All figures of the report"))
    )
    path = out or config.reports / file_name(loaded.results, "pdf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(render.pdf(built, [figures]))
    click.echo(str(path))


@report.command(help="Write the findings of a run as a JSON file to edit before the report is built.")
@click.argument("round_code", metavar="ROUND", required=False)
@click.option("--run", "run_id", type=int, help="The number of an estimate run.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to write.")
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@reporting_problems
def findings(round_code: str | None, run_id: int | None, out: Path, lang: str) -> None:
    """Write the generated sentences and room for recommendations."""
    from survey.report import context, language

    loaded = _load(round_code, run_id)
    text = language.load(lang, TRANSLATIONS)
    outlook = context.outlook(loaded.results, loaded.previous, text)
    out.write_text(edits.draft(loaded.results, outlook, text), encoding="utf-8")
    click.echo(str(out))


@report.command(help="Write the anonymised microdata of a run: tables, labels, an R script that reproduces the shares.")
@click.option("--run", "run_id", type=int, required=True, help="The number of an estimate run.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; default: the instance.")
@click.option("--k", "least", type=click.IntRange(3), default=5, show_default=True, help="Least number of rows alike.")
@reporting_problems
def microdata(run_id: int, out: Path | None, least: int) -> None:
    """Write the archive and print where; nothing is written when a file cannot be made safe."""
    from survey.export import opening, shelf

    config = settings()
    try:
        with open_database(config).reading() as session:
            content = opening.microdata(session, run_id, config.snapshots, key=config.secret_key, k=least)
    except Problem as problem:
        if out is None and problem.code == "small-cells":
            shelf.refuse(config.reports, run_id, problem)
        raise
    if out is None:
        path = shelf.put(config.reports, run_id, content)
    else:
        path = out
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    click.echo(str(path))


@report.command(
    help="Sign the report of a run with a PKCS#12 key; the signed copy lies beside it, which stays as it was."
)
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--pkcs12", type=_READABLE, required=True, help="The key and its certificate: a .p12 or .pfx file.")
@click.option("--reason", default="", help="Why it is signed; default: approval of the report.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; default: beside it.")
@click.option("--password", prompt=True, hide_input=True, help="Asked for where it is not given.")
@reporting_problems
def sign(run_id: int, pkcs12: Path, reason: str, out: Path | None, password: str) -> None:
    """Print where the signed report was written, and who signed it; that it was signed is recorded."""
    from survey.export.figures import file_name
    from survey.report import language, signing

    config, database, text = settings(), open_database(), language.load("vi", TRANSLATIONS)
    with database.reading() as session:
        name = file_name(runs.run_results(session, run_id), "pdf")
    path = config.reports / name
    if not path.is_file():
        raise Problem("no-report", run=run_id)
    signed = signing.sign(
        path.read_bytes(),
        pkcs12,
        password.encode(),
        text,
        reason=reason or text.text(N_("Approval of the report")),
        place=config.agency.place,
    )
    target = out or path.with_name(f"{path.stem}-signed.pdf")
    with database.transaction() as session:
        audit.record(session, SYSTEM, "report.sign", "estimate_run", run_id, by=signed.by, file=target.name)
        target.write_bytes(signed.content)
    click.echo(f"{target}\t{signed.by}")


def _load(round_code: str | None, run_id: int | None) -> Loaded:
    """Return the run that the arguments name: one by its number, or the last of a round."""
    from survey.report import loading

    if (round_code is None) == (run_id is None):
        raise click.UsageError("Give a round or --run.")
    with open_database().reading() as session:
        return loading.load(session, run_id if run_id is not None else _last_run(session, round_code or ""))


def _kept_edits(run_id: int, lang: str) -> Edits:
    """Return the findings of a run as the office has edited them on its page."""
    with open_database().reading() as session:
        return edits.kept({place: each.text for place, each in edited(session, run_id, language=lang).items()})


def _last_run(session: Session, round_code: str) -> int:
    """Return the newest run of a round that has not been withdrawn, a released one before a draft."""
    found = runs.runs(session, round_id=rounds.round_by_code(session, round_code).id)
    standing = [head for head in found if head.state != "withdrawn"]
    if not standing:
        raise Problem("no-run", run=round_code)
    return next((head.id for head in standing if head.state == "released"), standing[0].id)
