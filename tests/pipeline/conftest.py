"""One small synthetic round for all tests of the pipeline, built by the command that a user runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from alembic import command as alembic
from click.testing import CliRunner

from survey.cli.demo import demo
from survey.cli.setup import alembic_config
from survey.config import Config, load, write_default
from survey.db import Database


@dataclass(frozen=True)
class Instance:
    """A migrated instance with the synthetic round in it, and what the command printed."""

    config: Config
    database: Database
    output: str


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """Build a round of about 140 households, 120 enterprises and 330 institutions with `survey demo`."""
    instance = make_instance(tmp_path_factory.mktemp("synthetic"))
    yield instance
    instance.database.dispose()


def make_instance(folder: Path, *options: str) -> Instance:
    """Return a new instance in a folder after `survey demo` with options has run there."""
    write_default(folder)
    alembic.upgrade(alembic_config(f"sqlite:///{folder / 'survey.db'}"), "head")
    result = run_in(folder, *options)
    assert result.exit_code == 0, result.output
    config = load(folder)
    return Instance(config, Database(config.database_url), result.output)


def run_in(folder: Path, *options: str):  # type: ignore[no-untyped-def]
    """Run `survey demo` in an instance folder."""
    arguments = [*options] if options else ["--households", "140", "--no-previous"]
    environment = {"PHIEU_SO_INSTANCE": str(folder), "PHIEU_SO_LOCALE": "en"}
    return CliRunner(env=os.environ | environment).invoke(demo, arguments)
