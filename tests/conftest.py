"""Fixtures: the same tests on SQLite and PostgreSQL, an application over a fresh instance, a few ready-made rows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command as alembic
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from survey.app import create_app
from survey.cli.setup import alembic_config
from survey.config import Config
from survey.db import Database
from survey.model import Base
from tests.postgres import Cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --spark, which selects the tests on Apache Spark too."""
    parser.addoption("--spark", action="store_true", help="run the tests that need the Spark extra too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests on Apache Spark unless they are asked for."""
    if config.getoption("--spark"):
        return
    left_out = [item for item in items if item.get_closest_marker("spark")]
    items[:] = [item for item in items if not item.get_closest_marker("spark")]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated, empty SQLite file that tests copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    alembic.upgrade(alembic_config(f"sqlite:///{path}"), "head")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Return the address of a migrated database in a private cluster that ends with the run."""
    cluster = Cluster()
    url = cluster.start()
    alembic.upgrade(alembic_config(url), "head")
    yield url
    cluster.stop()


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return an empty SQLite database."""
    path = tmp_path / "survey.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """Return an empty PostgreSQL database."""
    database = Database(postgres_url)
    yield database
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Return an empty database, once of each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(name)
    return found


@pytest.fixture
def config(sqlite_database: Database, tmp_path: Path) -> Config:
    """Return settings over the empty SQLite database."""
    settings = Config(
        instance=tmp_path,
        database_url=str(sqlite_database.engine.url),
        secret_key="test-only-key",
        secure_cookies=False,
    )
    for folder in (settings.snapshots, settings.reports, settings.media):
        folder.mkdir()
    return settings


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """Return the application over an empty instance; CSRF protection is on, as in production."""
    application = create_app(config)
    application.testing = True
    yield application
    application.extensions["survey.db"].dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a browser that is not signed in."""
    return app.test_client()
