"""`survey forms publish|versions|use|paper|codebook`: what is published, and what is printed of a questionnaire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from survey.cli.context import TRANSLATIONS, open_database, reporting_problems, translate
from survey.db import Database
from survey.errors import Problem
from survey.model.actor import SYSTEM
from survey.operations import forms as operations
from survey.query.rounds import round_by_code
from survey.questionnaire.instrument import Instrument
from survey.questionnaire.xform import compile_form
from survey.text import N_

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_LANGUAGE = click.Choice(["vi", "en"])


@contextmanager
def _database() -> Iterator[Database]:
    """Open the instance's database for one command."""
    database = open_database()
    try:
        yield database
    finally:
        database.dispose()


def instrument_called(name: str) -> tuple[Instrument, str]:
    """Return the questionnaire of a file, or the published one called `FORM` or `FORM@VERSION`, with its SHA-256."""
    path = Path(name)
    if path.is_file():
        compiled = compile_form(path)
        return compiled.instrument, compiled.sha256
    if path.suffix:
        raise Problem("bad-file", name=name, reason=translate(N_("there is no such file")))
    with _database() as database, database.reading() as session:
        row = operations.named(session, name)
        return operations.instrument_of(session, row.id), row.sha256


@click.command(help="Publish each FILE: from then on this version never changes.")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@reporting_problems
def publish(files: tuple[Path, ...]) -> None:
    """Compile all files first, then publish them in one transaction; a version already there is left as it is."""
    compiled = [(file, compile_form(file)) for file in files]
    with _database() as database, database.transaction() as session:
        for file, form in compiled:
            known = operations.find(session, form.form_id, form.version) is not None
            row = operations.publish(session, SYSTEM, form, source=file.read_bytes())
            message = N_("{file}: version {version} of {form_id} was published before, byte for byte the same")
            if not known:
                message = N_("{file}: published as version {version} of {form_id}, SHA-256 {digest}")
            click.echo(
                translate(message).format(file=file, form_id=row.form_id, version=row.version, digest=row.sha256)
            )


@click.command(help="List the published versions with the work done on them.")
@click.argument("form_id", required=False)
@reporting_problems
def versions(form_id: str | None) -> None:
    """Print a line per version: name, day, digest, rounds, records, open drafts, title."""
    with _database() as database, database.reading() as session:
        found = operations.versions(session, form_id)
    if not found:
        click.echo(translate(N_("No questionnaire has been published.")))
    for row in found:
        counts = translate(N_("{records} records, {drafts} open drafts"))
        fields = [
            f"{row.form_id}@{row.version}",
            f"{row.published_at:%Y-%m-%d}",
            row.sha256[:16],
            ",".join(row.rounds) or "–",
            counts.format(records=row.submissions, drafts=row.open_drafts),
            row.title,
        ]
        click.echo("\t".join(fields))


@click.command(help="Let units of a KIND answer FORM (FORM@VERSION, or the newest of FORM) in ROUND from now on.")
@click.argument("round_code", metavar="ROUND")
@click.argument("kind", type=click.Choice(("household", "enterprise", "institution")))
@click.argument("form")
@reporting_problems
def use(round_code: str, kind: str, form: str) -> None:
    """Give a round a form version; drafts and records on the one before are still taken in."""
    with _database() as database, database.transaction() as session:
        row = operations.named(session, form)
        operations.use_in_round(session, SYSTEM, round_by_code(session, round_code), kind, row)
        click.echo(f"{round_code}\t{kind}\t{row.form_id}@{row.version}")


@click.command(help="Set FORM (a file, or a published FORM@VERSION) as a questionnaire on paper, in PDF.")
@click.argument("form")
@click.option("--out", type=_OUT, required=True)
@click.option("--lang", type=_LANGUAGE, default="vi", show_default=True)
@click.option("--agency", default="", help="Name of the agency in charge.")
@click.option("--decision", default="", help="Number of the survey decision.")
@click.option("--contact", default="", help="Where respondents can ask.")
@reporting_problems
def paper(form: str, out: Path, lang: str, agency: str, decision: str, contact: str) -> None:
    """Write the paper questionnaire and print where."""
    from survey.report import language
    from survey.report.paper.render import paper_pdf

    instrument, digest = instrument_called(form)
    given = {"agency_name": agency, "decision_no": decision, "agency_contact": contact}
    filled = {name: value for name, value in given.items() if value}
    out.write_bytes(paper_pdf(instrument, language.load(lang, TRANSLATIONS), digest=digest, filled=filled))
    click.echo(str(out))


@click.command(
    help="Write the codebook of FORM (a file, or a published FORM@VERSION): .html, .pdf, .csv, .json, or .xml (DDI)."
)
@click.argument("form")
@click.option("--out", type=_OUT, required=True)
@click.option("--lang", type=_LANGUAGE, default="vi", show_default=True, help="Of the page; CSV and JSON hold both.")
@reporting_problems
def codebook(form: str, out: Path, lang: str) -> None:
    """Write the codebook in the format that the name of the file asks for, and print where."""
    from survey.export.codebook import build, ddi, page, tables
    from survey.report import language
    from survey.report.paper.render import pdf

    instrument, digest = instrument_called(form)
    spoken = {code: language.load(code, TRANSLATIONS).gettext for code in instrument.languages}
    book = build.codebook(instrument, spoken, digest)
    writers = {
        ".json": lambda: tables.as_json(book),
        ".xml": lambda: ddi.as_ddi(book),
        ".csv": lambda: tables.as_csv(book),
        ".html": lambda: page.html(book, lang, spoken[lang]).encode(),
        ".pdf": lambda: pdf(page.html(book, lang, spoken[lang]), stylesheet=None),
    }
    if out.suffix not in writers:
        raise click.BadParameter(", ".join(writers), param_hint="--out")
    out.write_bytes(writers[out.suffix]())
    click.echo(str(out))
