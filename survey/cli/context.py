"""What every command needs: the instance's settings, its database, and Problems written as one clear line."""

from __future__ import annotations

import gettext
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

from survey.config import Config, load
from survey.db import Database
from survey.errors import Problem

P = ParamSpec("P")
R = TypeVar("R")

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"


def settings() -> Config:
    """Return the settings of the instance, or end with a line that says how to make one."""
    try:
        return load()
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def open_database(config: Config | None = None) -> Database:
    """Return the instance's database."""
    return Database((config or settings()).database_url)


def translate(message: str) -> str:
    """Return a message in the language of PHIEU_SO_LOCALE (Vietnamese unless set)."""
    language = os.environ.get("PHIEU_SO_LOCALE", "vi")
    return gettext.translation("messages", TRANSLATIONS, [language], fallback=True).gettext(message)


def reporting_problems(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a Problem into one line on standard error and exit status 2."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Problem as problem:
            click.echo(problem.text(translate(problem.kind.message)), err=True)
            sys.exit(2)

    return wrapped
