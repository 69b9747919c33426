"""Keys for exports from the command line: `tokens issue|list|revoke`."""

from __future__ import annotations

import click
from sqlalchemy import select

from survey.cli.context import open_database, reporting_problems
from survey.model import ExportToken, Round
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import export_tokens
from survey.query import rounds


@click.group(help="Keys with which programs fetch exports.")
def tokens() -> None:
    """Hold the commands on keys."""


@tokens.command(help="Issue a key and print it; it is shown this once.")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(export_tokens.SCOPES))
@click.option("--round", "round_code", help="Limit the key to one round.")
@click.option("--days", type=click.IntRange(1, export_tokens.MOST_DAYS), default=90, show_default=True)
@reporting_problems
def issue(name: str, scopes: tuple[str, ...], round_code: str | None, days: int) -> None:
    """Print the number of the key and the key."""
    with open_database().transaction() as session:
        round_id = rounds.round_by_code(session, round_code).id if round_code else None
        made, token = export_tokens.issue(session, SYSTEM, name=name, scopes=scopes, days=days, round_id=round_id)
        number = made.id
    click.echo(f"{number}\t{token}")


@tokens.command("list", help="List the keys: number, name, scope, round, end, last use, state.")
@reporting_problems
def list_tokens() -> None:
    """Print a line per key, never the key itself."""
    now = utc_now()
    with open_database().reading() as session:
        query = select(ExportToken, Round.code).outerjoin(Round, Round.id == ExportToken.round_id)
        for token, code in session.execute(query.order_by(ExportToken.id)):
            used = f"{token.used_at:%Y-%m-%d}" if token.used_at else "–"
            state = "revoked" if token.revoked_at else "expired" if token.expires_at <= now else "valid"
            fields = (token.id, token.name, " ".join(token.scopes), code or "*", f"{token.expires_at:%Y-%m-%d}")
            click.echo("\t".join(map(str, (*fields, used, state))))


@tokens.command(help="End a key at once.")
@click.argument("number", type=int)
@reporting_problems
def revoke(number: int) -> None:
    """Revoke a key and print its name."""
    with open_database().transaction() as session:
        click.echo(export_tokens.revoke(session, SYSTEM, number).name)
