"""Backup from the command line: `backup create|verify|restore`. The passphrase comes from a file or is asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from survey.cli.context import open_database, reporting_problems, settings
from survey.operations.backup import archive
from survey.operations.backup.archive import Contents

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(help="Back up, prove that the backup can be restored, restore.")
def backup() -> None:
    """Hold the commands about backups."""


def _passphrase_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that names the file with the passphrase."""
    return click.option(
        "--passphrase-file",
        "passphrase_file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File whose first line is the passphrase; without it the passphrase is asked for.",
    )(command)


@backup.command(help="Write an encrypted backup of the instance to TARGET and verify it.")
@click.argument("target", type=_FILE)
@_passphrase_option
@reporting_problems
def create(target: Path, passphrase_file: Path | None) -> None:
    """Write a backup and restore it into a scratch place at once."""
    passphrase = _passphrase(passphrase_file, confirm=True)
    config = settings()
    written = archive.create(config, open_database(config), target, passphrase)
    assert_same(archive.verify(target, passphrase), written)
    _report(target, written)


@backup.command(help="Restore SOURCE into a scratch place and compare row counts and hashes.")
@click.argument("source", type=_FILE)
@_passphrase_option
@reporting_problems
def verify(source: Path, passphrase_file: Path | None) -> None:
    """Prove that a backup can be restored."""
    _report(source, archive.verify(source, _passphrase(passphrase_file)))


@backup.command(help="Restore SOURCE into this instance, which must be migrated and empty.")
@click.argument("source", type=_FILE)
@_passphrase_option
@reporting_problems
def restore(source: Path, passphrase_file: Path | None) -> None:
    """Fill an empty instance from a backup."""
    config = settings()
    _report(source, archive.restore(source, _passphrase(passphrase_file), config, open_database(config)))


def assert_same(found: Contents, wanted: Contents) -> None:
    """Stop when a verified backup is not what was written."""
    if found != wanted:
        raise click.ClickException("the backup that was written is not the one that was read back")


def _passphrase(file: Path | None, *, confirm: bool = False) -> str:
    """Return the passphrase from a file or from the terminal."""
    if file is not None:
        return file.read_text(encoding="utf-8").splitlines()[0].strip()
    found: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    return found


def _report(path: Path, contents: Contents) -> None:
    """Print what a backup holds."""
    click.echo(f"{path}: schema {contents.schema}, {contents.row_count} rows, {len(contents.hashes)} files")
