"""What leaves the system as files: `export answers`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from survey.cli.context import open_database, reporting_problems
from survey.export import answers as answers_export
from survey.model.actor import SYSTEM

KINDS = ("household", "enterprise", "institution")


@click.group(help="Write data to files.")
def export() -> None:
    """Hold the commands that write data to files."""


@export.command(help="Write the answers of a round as a zip of CSV files, one per level; names stay here.")
@click.argument("round_code", metavar="ROUND")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), default="household", show_default=True)
@click.option("--all", "everything", is_flag=True, help="Records that are not approved, too.")
@click.option("--labels", type=click.Choice(["vi", "en"]), help="Labels in this language in place of codes.")
@reporting_problems
def answers(round_code: str, file: Path, kind: str, everything: bool, labels: str | None) -> None:
    """Write a file that is either whole or not there; that it was written is recorded."""
    descriptor, name = tempfile.mkstemp(dir=file.resolve().parent, prefix=".export-")
    try:
        with os.fdopen(descriptor, "wb") as target, open_database().transaction() as session:
            count = answers_export.export(
                session,
                SYSTEM,
                round_code,
                kind=kind,
                file=target,
                is_approved=not everything,
                language=labels or "",
            )
        Path(name).replace(file)
    finally:
        Path(name).unlink(missing_ok=True)
    click.echo(f"{count}\t{file}")
