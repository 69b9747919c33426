"""`survey units import-geometry`: boundaries of the present units that the maps of this installation show."""

from __future__ import annotations

from pathlib import Path

import click

from survey.cli.context import open_database, reporting_problems, settings
from survey.model.actor import SYSTEM
from survey.operations import audit
from survey.reference import geometry


@click.group(help="Administrative units.")
def units() -> None:
    """Hold the commands on units."""


@units.command("import-geometry", help="Show the boundaries of a GeoJSON file (WGS 84) on the maps of the results.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--code", default="code", show_default=True, help="The property that holds the code of a unit.")
@click.option("--size", type=click.IntRange(5_000), default=60_000, show_default=True, help="Most bytes to keep.")
@reporting_problems
def import_geometry(file: Path, code: str, size: int) -> None:
    """Check, simplify and keep the file; print where and how large. Unknown (+) and missing (-) codes are named."""
    made = geometry.read(file.read_bytes(), name=file.name, code=code, most_bytes=size)
    config = settings()
    target = config.instance / geometry.FILE
    with open_database(config).transaction() as session:
        audit.record(session, SYSTEM, "geometry.import", "file", file.name, bytes=len(made))
        part = target.with_suffix(".part")
        part.write_bytes(made)
        part.replace(target)
    click.echo(f"{target}\t{len(made)}")
