"""Records that tablets sent and the door refused: `quarantine list|show|replay|dismiss`."""

from __future__ import annotations

import click

from survey.cli.context import open_database, reporting_problems, settings, translate
from survey.errors import CATALOGUE
from survey.model.actor import SYSTEM
from survey.operations import quarantine as operations
from survey.query import tablet as reads


@click.group(help="Records of tablets that could not be taken in.")
def quarantine() -> None:
    """Hold the commands about held records."""


@quarantine.command("list", help="List what waits, oldest first.")
@reporting_problems
def list_held() -> None:
    """Print one line a record: number, time, sender, device, files, and why it is held."""
    with open_database().reading() as session:
        for row in reads.held_records(session):
            reason = translate(CATALOGUE[row.code].message) if row.code in CATALOGUE else row.code
            cells = (
                row.id,
                f"{row.received_at:%Y-%m-%d %H:%M}",
                row.sender,
                row.device,
                row.file_count,
                row.code,
                reason,
            )
            click.echo("\t".join(str(cell) for cell in cells))


@quarantine.command(help="Print the document of a held record; that it was read is recorded.")
@click.argument("number", type=int)
@reporting_problems
def show(number: int) -> None:
    """Print the bytes as they arrived."""
    with open_database().transaction() as session:
        click.echo(operations.document_of(session, SYSTEM, number))


@quarantine.command(help="Give held records to the door again, all that wait unless numbers are given.")
@click.argument("numbers", type=int, nargs=-1)
@reporting_problems
def replay(numbers: tuple[int, ...]) -> None:
    """Replay each record in a transaction of its own and print its receipt."""
    config = settings()
    database = open_database(config)
    with database.reading() as session:
        wanted = numbers or tuple(row.id for row in reads.held_records(session))
    for number in wanted:
        with database.transaction() as session:
            receipt = operations.replay(session, SYSTEM, number, store=config.media)
        click.echo(f"{number}\t{receipt.submission_id}\t{receipt.sha256}")


@quarantine.command(help="Give a held record up; it is kept with the reason.")
@click.argument("number", type=int)
@click.option("--remark", required=True)
@reporting_problems
def dismiss(number: int, remark: str) -> None:
    """Close a record without taking it in."""
    with open_database().transaction() as session:
        operations.dismiss(session, SYSTEM, number, remark=remark)
