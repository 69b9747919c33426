"""Set up and check an instance: `init`, `migrate`, `audit-verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from alembic import command as alembic
from alembic.config import Config as AlembicConfig

from survey import config as configuration
from survey.cli.context import open_database, reporting_problems, settings
from survey.operations import audit

ROOT = Path(__file__).resolve().parents[2]


@click.command(help="Create the instance folder and its secret key.")
def init() -> None:
    """Create the instance folder with its settings file."""
    path = configuration.write_default(configuration.instance_folder())
    click.echo(path)


@click.command(help="Bring the database to the present version.")
def migrate() -> None:
    """Run every migration that the database has not seen."""
    config = settings()
    for folder in (config.snapshots, config.reports, config.media):
        folder.mkdir(parents=True, exist_ok=True)
    alembic.upgrade(alembic_config(config.database_url), "head")


def alembic_config(url: str) -> AlembicConfig:
    """Return the migration settings for a database."""
    settings_ = AlembicConfig()
    settings_.set_main_option("script_location", str(ROOT / "survey" / "migrations"))
    settings_.set_main_option("path_separator", "os")
    settings_.attributes["url"] = url
    return settings_


@click.command("audit-verify", help="Check the hash chain of the audit log.")
@reporting_problems
def audit_verify() -> None:
    """Recompute the chain; exit with 1 and the numbers of broken events when it does not hold."""
    with open_database().reading() as session:
        found = audit.verify(session)
    click.echo(f"{found.events} events, {len(found.broken)} broken")
    if found.broken:
        click.echo(" ".join(map(str, found.broken[:50])), err=True)
        sys.exit(1)
