"""`survey forms`: check, export, import and compare questionnaire files. Publishing, which needs the database, is
`forms publish`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from survey.cli.context import reporting_problems, translate
from survey.cli.forms_published import codebook, instrument_called, paper, publish, use, versions
from survey.errors import Problem
from survey.questionnaire import lint
from survey.questionnaire.diff import changes
from survey.questionnaire.routing.compared import told, touched
from survey.questionnaire.sheets import Book, read_book, to_csv, write_xlsx
from survey.questionnaire.xform import CompiledForm, compile_form, read_media
from survey.text import N_

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help="Questionnaires: check, export to Excel and back, compare, publish.")
def forms() -> None:
    """Hold the commands."""


@forms.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
def check(files: tuple[Path, ...]) -> None:
    """Compile each FILE and say everything that is wrong with it, naming sheet, row, column, value and what is
    expected.
    """
    wrong = [file for file in files if not _check(file)]
    sys.exit(2 if wrong else 0)


def _check(file: Path) -> bool:
    try:
        compiled = compile_form(file)
    except Problem as problem:
        findings: tuple[lint.LintFinding, ...] = problem.details.get("findings", ())
        for finding in findings:
            click.echo(f"{file}: {finding.text(translate)}", err=True)
        if not findings:
            click.echo(problem.text(translate(problem.kind.message)), err=True)
        return False
    click.echo(_summary(file, compiled))
    return True


def _summary(file: Path, compiled: CompiledForm) -> str:
    asked = sum(question.is_asked for question, _ in compiled.instrument.questions())
    message = translate(N_("{file}: {form_id} version {version} is in order: {count} questions, SHA-256 {digest}"))
    return message.format(
        file=file, form_id=compiled.form_id, version=compiled.version, count=asked, digest=compiled.sha256[:16]
    )


@forms.command()
@click.argument("xlsx", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("file", type=_FILE)
@reporting_problems
def export(xlsx: Path, file: Path) -> None:
    """Write the questionnaire FILE (CSV) to the workbook XLSX, every cell as text, and check that nothing is lost."""
    book = read_book(file)
    write_xlsx(book, xlsx)
    _same(book, read_book(xlsx), xlsx.name)
    click.echo(translate(N_("{file} written; reading it back gives the same questionnaire")).format(file=xlsx))


@forms.command(name="import")
@click.argument("xlsx", type=_FILE)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@reporting_problems
def import_(xlsx: Path, file: Path) -> None:
    """Write the workbook XLSX as the single-file CSV FILE, and check that nothing is lost."""
    book = read_book(xlsx)
    text = to_csv(book)
    findings = [
        finding for finding in lint.check(book, read_media(file.parent / "media")) if finding.severity == "error"
    ]
    file.write_text(text, "utf-8")
    _same(book, read_book(file), file.name)
    for finding in findings:
        click.echo(f"{file}: {finding.text(translate)}", err=True)
    click.echo(translate(N_("{file} written; reading it back gives the same questionnaire")).format(file=file))


def _same(left: Book, right: Book, name: str) -> None:
    if to_csv(left) != to_csv(right):
        raise Problem("bad-file", name=name, reason=translate(N_("reading it back gives another questionnaire")))


@forms.command(help="Say what changed from OLD to NEW; each is a file, or a published FORM or FORM@VERSION.")
@click.argument("old")
@click.argument("new")
@click.option("--lang", type=click.Choice(["vi", "en"]), help="Of the questions; default: that of the messages.")
@reporting_problems
def diff(old: str, new: str, lang: str | None) -> None:
    """Say in words what changed between two versions of a questionnaire, and which indicators that touches."""
    before, after = instrument_called(old)[0], instrument_called(new)[0]
    for line in told(before, after, lang or os.environ.get("PHIEU_SO_LOCALE", "vi"), translate):
        click.echo(line)
    click.echo(
        translate(N_("{count} changes; indicators touched: {codes}")).format(
            count=len(changes(before, after)), codes=", ".join(touched(before, after)) or "–"
        )
    )


for _command in (publish, versions, use, paper, codebook):
    forms.add_command(_command)
