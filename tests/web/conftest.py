"""Fixtures of the office tests: a staffed round, built once per run, and an application over a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from tests.web.office_round import Staffed, staffed_round


@pytest.fixture(scope="session")
def staffed_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Staffed]:
    """Return an SQLite file that holds the staffed round, and the round's numbers."""
    path = tmp_path_factory.mktemp("staffed") / "template.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.transaction() as session:
        made = staffed_round(session)
    database.dispose()
    return path, made


@pytest.fixture
def staffed(staffed_template: tuple[Path, Staffed]) -> Staffed:
    """Return the numbers of the staffed round."""
    return staffed_template[1]


@pytest.fixture
def office_app(staffed_template: tuple[Path, Staffed], config: Config, tmp_path: Path) -> Iterator[Flask]:
    """Return the application over a copy of the staffed round."""
    path = tmp_path / "office.db"
    shutil.copy(staffed_template[0], path)
    application = create_app(replace(config, database_url=f"sqlite:///{path}"))
    application.testing = True
    yield application
    application.extensions["survey.db"].dispose()


@pytest.fixture
def office(office_app: Flask) -> FlaskClient:
    """Return a browser in front of the staffed round, not signed in."""
    return office_app.test_client()


@pytest.fixture
def office_database(office_app: Flask) -> Database:
    """Return the database of the staffed round."""
    found: Database = office_app.extensions["survey.db"]
    return found
