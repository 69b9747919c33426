"""`survey translate`: keep the catalogues in step with the texts of the package. Commands only; see `catalogue`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click
from babel.messages.catalog import Catalog

from survey.cli import catalogue
from survey.cli.catalogue import CatalogueFinding, Library

ROOT = Path(__file__).resolve().parents[2]


@click.group(help="Extract, update, merge, check and compile the translations.")
@click.option("--root", type=click.Path(path_type=Path, exists=True, file_okay=False), default=ROOT, hidden=True)
@click.pass_context
def translate(context: click.Context, root: Path) -> None:
    """Hold the translation commands; `--root` is the source tree they work on."""
    context.obj = Library(root)


@translate.command(help="Write every message id of the package as a template (to standard output by default).")
@click.option("--output", type=click.File("w", encoding="utf-8"), default="-")
@click.pass_obj
def extract(library: Library, output: TextIO) -> None:
    """Write the template."""
    output.write(catalogue.rendered(catalogue.extract(library), ""))


@translate.command(help="Add new message ids to the catalogues and drop those that are gone.")
@click.pass_obj
def update(library: Library) -> None:
    """Bring each catalogue in step with the package; new ids are left empty, nothing is guessed."""
    template = catalogue.extract(library)
    for language in library.languages:
        path = library.po_path(language)
        present = catalogue.updated(template, catalogue.read(path, language), language=language)
        catalogue.write(present, path, language)
        click.echo(f"{language}: {len(present)} messages, {_count_missing(catalogue.check(template, present))} missing")


@translate.command("merge-fragments", help="Fold translations/LANGUAGE/fragments/*.po into messages.po.")
@click.option("--first", is_flag=True, help="Where fragments disagree take the first by name instead of stopping.")
@click.pass_obj
def merge_fragments(library: Library, first: bool) -> None:
    """Write each catalogue from its present text and its fragments, which win; stop where fragments disagree."""
    template = catalogue.extract(library)
    for language in library.languages:
        fragments = {path.stem: catalogue.read(path, language) for path in library.fragment_paths(language)}
        union, conflicts = catalogue.fold(fragments, language)
        _report(language, conflicts)
        if conflicts and not first:
            sys.exit(1)
        path = library.po_path(language)
        merged = catalogue.updated(template, catalogue.read(path, language), union, language=language)
        catalogue.write(merged, path, language)
        missing = _count_missing(catalogue.check(template, merged))
        click.echo(f"{language}: {len(merged)} messages from {len(fragments)} fragments, {missing} missing")


@translate.command(help="Compile every catalogue for use.")
@click.pass_obj
def compile(library: Library) -> None:
    """Write messages.mo beside each messages.po."""
    for language in library.languages:
        path = library.po_path(language)
        path.with_suffix(".mo").write_bytes(catalogue.compiled(catalogue.read(path, language)))
        click.echo(path.with_suffix(".mo"))


@translate.command(help="Name every missing, fuzzy, obsolete or mismatched entry and fail if there is one.")
@click.option("--with-fragments", is_flag=True, help="Look at the catalogue as it would be after merge-fragments.")
@click.pass_obj
def check(library: Library, with_fragments: bool) -> None:
    """Print the findings and end with status 1 when there are any."""
    template = catalogue.extract(library)
    clean = True
    for language in library.languages:
        findings = findings_of(library, language, template, with_fragments=with_fragments)
        _report(language, findings)
        clean = clean and not findings
    if not clean:
        sys.exit(1)


def findings_of(
    library: Library, language: str, template: Catalog, *, with_fragments: bool = False
) -> list[CatalogueFinding]:
    """Return what is wrong with a language's catalogue, as it is or as its fragments would make it."""
    present = catalogue.read(library.po_path(language), language)
    if not with_fragments:
        return catalogue.check(template, present)
    fragments = {path.stem: catalogue.read(path, language) for path in library.fragment_paths(language)}
    union, conflicts = catalogue.fold(fragments, language)
    return conflicts + catalogue.check(template, catalogue.updated(template, present, union, language=language))


def _report(language: str, findings: list[CatalogueFinding]) -> None:
    for finding in findings:
        click.echo(f"{language}: {finding}", err=True)


def _count_missing(findings: list[CatalogueFinding]) -> int:
    return sum(finding.kind == "missing" for finding in findings)
