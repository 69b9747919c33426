"""Accounts from the command line: `people add|grant|list|password|enrol`."""

from __future__ import annotations

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.cli.context import open_database, reporting_problems, settings
from survey.errors import Problem
from survey.model import Account, Grant
from survey.model.actor import ROLES, SYSTEM
from survey.operations import accounts, collect_code, devices


@click.group(help="Accounts, their roles and their devices.")
def people() -> None:
    """Hold the commands about people."""


@people.command(help="Create an account; the password is asked for and not echoed.")
@click.argument("username")
@click.option("--name", required=True, help="Full name, as it is shown.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="May be given several times.")
@click.option("--area", help="Old district (3 digits) or old commune (5 digits) that the roles are limited to.")
@click.password_option()
@reporting_problems
def add(username: str, name: str, roles: tuple[str, ...], area: str | None, password: str) -> None:
    """Create an account and grant its roles in one transaction."""
    with open_database().transaction() as session:
        account = accounts.create_account(session, SYSTEM, username=username, name=name, password=password)
        for role in roles:
            accounts.grant_role(session, SYSTEM, account.id, role, area_code=area)
    click.echo(f"{account.username}: {', '.join(roles) or '–'}")


@people.command(help="Give an account a role.")
@click.argument("username")
@click.argument("role", type=click.Choice(ROLES))
@click.option("--area", help="Old district (3 digits) or old commune (5 digits).")
@reporting_problems
def grant(username: str, role: str, area: str | None) -> None:
    """Grant a role, everywhere or in one area."""
    with open_database().transaction() as session:
        accounts.grant_role(session, SYSTEM, _account(session, username).id, role, area_code=area)


@people.command("list", help="List accounts with their roles.")
@reporting_problems
def list_accounts() -> None:
    """Print a line per account."""
    with open_database().reading() as session:
        grants = session.scalars(select(Grant).order_by(Grant.role)).all()
        for account in session.scalars(select(Account).order_by(Account.username)):
            held = [f"{g.role}@{g.area_code}" if g.area_code else g.role for g in grants if g.account_id == account.id]
            click.echo(f"{account.username}\t{account.name}\t{account.state}\t{' '.join(held)}")


@people.command(help="Set a new password; all sessions of the account end.")
@click.argument("username")
@click.password_option()
@reporting_problems
def password(username: str, password: str) -> None:
    """Replace a password as the system."""
    with open_database().transaction() as session:
        account = _account(session, username)
        accounts.change_password(session, SYSTEM, account_id=account.id, current=None, new=password)


@people.command(help="Enrol a device for an account; print its token and the code for ODK Collect, once.")
@click.argument("username")
@click.argument("device_name")
@click.option("--url", default="", help="The installation's own address, as https://phieuso.example; prints the code.")
@reporting_problems
def enrol(username: str, device_name: str, url: str) -> None:
    """Enrol a device and print the path that an OpenRosa client is pointed at, and what it may sign in with."""
    config = settings()
    with open_database(config).transaction() as session:
        account = _account(session, username)
        device, token = devices.enrol(session, SYSTEM, account_id=account.id, name=device_name)
        password = devices.digest_password(config.secret_key, device.id, device.token_hash)
    click.echo(f"/openrosa/key/{token}")
    click.echo(f"{devices.user_name(device.id)}\t{password}")
    if url:
        click.echo(collect_code.for_terminal(collect_code.collect_settings(url, token, project=device.name)))


def _account(session: Session, username: str) -> Account:
    """Return the account of a user name."""
    found = session.scalar(select(Account).where(Account.username == username.lower()))
    if found is None:
        raise Problem("not-found")
    return found
