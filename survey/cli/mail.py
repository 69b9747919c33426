"""The outbox from the command line: `mail deliver|list|retry`. A timer calls `deliver` every few minutes."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select

from survey.cli.context import open_database, reporting_problems, settings, translate
from survey.model import MailMessage
from survey.model.actor import SYSTEM
from survey.operations import mail as operations
from survey.operations import reminders
from survey.query import rounds
from survey.text import N_


@click.group(help="E-mail that waits to be sent.")
def mail() -> None:
    """Hold the commands about the outbox."""


@mail.command(help="Send what is due. Ends with status 1 when e-mail is switched off.")
@click.option("--limit", type=click.IntRange(1), default=500, show_default=True, help="At most so many messages.")
@reporting_problems
def deliver(limit: int) -> None:
    """Take back what is no longer needed, send what is due and print one line of counts."""
    config = settings()
    database = open_database(config)
    with database.transaction() as session:
        for survey_round in rounds.visible_rounds(session, SYSTEM):
            reminders.take_back_settled(session, SYSTEM, survey_round.id)
    run = operations.deliver(database, config, limit=limit)
    if not run.is_on:
        click.echo(translate(N_("E-mail is switched off: set SMTP_HOST and MAIL_FROM in config.py.")), err=True)
        sys.exit(1)
    counts = {"sent": run.sent, "retried": run.retried, "failed": run.failed, "bounced": run.bounced}
    said = translate(N_("{sent} sent, {retried} to be tried again, {failed} given up, {bounced} refused."))
    click.echo(said.format(**{name: len(ids) for name, ids in counts.items()}))


@mail.command("list", help="List what waits or was given up, without addresses.")
@click.option("--all", "everything", is_flag=True, help="Also what was sent.")
@reporting_problems
def list_messages(everything: bool) -> None:
    """Print a line per message: number, kind, what it is about, state, attempts, next attempt, reason."""
    query = select(MailMessage).order_by(MailMessage.id)
    if not everything:
        query = query.where(MailMessage.state.in_(("queued", "failed", "bounced")))
    with open_database().reading() as session:
        for row in session.scalars(query):
            about = f"{row.subject_kind}:{row.subject_id}"
            cells = (row.id, row.kind, about, row.state, row.attempts, f"{row.next_at:%Y-%m-%d %H:%M}", row.reason)
            click.echo("\t".join(str(cell) for cell in cells))


@mail.command(help="Try a message again that was given up.")
@click.argument("number", type=int)
@reporting_problems
def retry(number: int) -> None:
    """Give a message a new set of attempts."""
    with open_database().transaction() as session:
        operations.retry(session, SYSTEM, number)
