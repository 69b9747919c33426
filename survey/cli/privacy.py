"""`survey privacy`: what the law asks to be done and when, and the destruction of identities with its proof."""

from __future__ import annotations

from datetime import datetime

import click
from sqlalchemy import select

from survey.cli.context import open_database, reporting_problems, settings, translate
from survey.model import Destruction, Round
from survey.model.actor import SYSTEM
from survey.operations import retention
from survey.query import privacy as reads
from survey.query.rounds import round_by_code
from survey.questionnaire.value import ZONE
from survey.text import N_


@click.group(help="Personal data: open requests, retention, destruction.")
def privacy() -> None:
    """Hold the commands about personal data."""


@privacy.command("requests", help="List the open requests of data subjects, the most urgent first.")
@reporting_problems
def requests() -> None:
    """Print one line a request: number, kind, received, due, state; overdue ones are marked."""
    today = datetime.now(ZONE).date()
    with open_database().reading() as session:
        for row in reads.requests(session, reads.Sought(state="open")).rows:
            mark = translate(N_("overdue")) if row.is_overdue(today) else ""
            cells = (row.id, row.kind, row.received_on, row.next_due, row.state, mark)
            click.echo("\t".join(str(cell) for cell in cells))


@privacy.command("destroy", help="Destroy the identities of the archived ROUND, once its time has come.")
@click.argument("round_code", metavar="ROUND")
@click.option("--dry-run", is_flag=True, help="Only say what would be destroyed.")
@reporting_problems
def destroy(round_code: str, dry_run: bool) -> None:
    """Print what is destroyed by table, the number of keys and the hash over them."""
    config, database = settings(), open_database()
    days = config.identity_retention_days
    if dry_run:
        with database.reading() as session:
            found = round_by_code(session, round_code)
            plan, due = retention.plan_of_round(session, found.id), retention.due_on(session, found.id, days=days)
        _print(plan.counts, len(plan.keys), plan.digest)
        click.echo(translate(N_("Due on: {day}. Nothing was changed.")).format(day=due or "–"))
        return
    with database.transaction() as session:
        round_id = round_by_code(session, round_code).id
        today = datetime.now(ZONE).date()
        made, plan = retention.destroy_round(session, SYSTEM, round_id, days=days, today=today)
        _print(made.counts, made.keys, made.keys_sha256)
    removed = retention.remove_files(config.media, plan.files)
    click.echo(translate(N_("Destroyed. {files} files were removed.")).format(files=removed))


@privacy.command("verify", help="Check every proof of destruction: none of its keys may lead to anybody.")
@reporting_problems
def verify() -> None:
    """Print a line per proof; exit with 1 when one does not hold."""
    broken = False
    with open_database().reading() as session:
        codes = {row.id: row.code for row in session.scalars(select(Round))}
        for made in session.scalars(select(Destruction).order_by(Destruction.id)):
            holds = retention.holds(session, made)
            broken |= not holds
            word = translate(N_("holds")) if holds else translate(N_("does not hold"))
            click.echo(f"{made.id}\t{made.at:%Y-%m-%d}\t{codes.get(made.round_id or 0, '–')}\t{made.keys}\t{word}")
    if broken:
        raise click.exceptions.Exit(1)


def _print(counts: dict[str, int], keys: int, digest: str) -> None:
    for name, number in sorted(counts.items()):
        click.echo(f"{name}\t{number}")
    word = translate(N_("keys"))
    click.echo(f"{word}\t{keys}\t{digest}")
