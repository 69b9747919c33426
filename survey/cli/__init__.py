"""The command line: `survey`. A command's module is imported only when it is called, so that every start is quick."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "init": "setup:init",
    "migrate": "setup:migrate",
    "serve": "serve:serve",
    "audit-verify": "setup:audit_verify",
    "forms": "forms:forms",
    "people": "people:people",
    "fieldwork": "fieldwork:fieldwork",
    "invitations": "invitations:invitations",
    "mail": "mail:mail",
    "quarantine": "quarantine:quarantine",
    "quality": "quality:quality",
    "privacy": "privacy:privacy",
    "estimate": "estimate:estimate",
    "report": "report:report",
    "sample": "sampling:sample",
    "backup": "backup:backup",
    "demo": "demo:demo",
    "export": "export:export",
    "tokens": "tokens:tokens",
    "units": "units:units",
    "translate": "translate:translate",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(f"survey.cli.{module}"), attribute)
        return command


@click.command(cls=LazyGroup, name="survey", help="Phiếu Số: the survey system of plan 128/KH-UBND.")
def cli() -> None:
    """Hold the commands."""
