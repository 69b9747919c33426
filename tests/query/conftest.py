"""A staffed round in either database, and a count of the queries that a read makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from survey.db import Database
from tests.web.office_round import Staffed, staffed_round


@pytest.fixture
def staffed(database: Database) -> Staffed:
    """Return the staffed round."""
    with database.transaction() as session:
        return staffed_round(session)


@pytest.fixture
def session(database: Database, staffed: Staffed) -> Iterator[Session]:
    """Return a reading session over the staffed round."""
    with database.reading() as opened:
        yield opened


@pytest.fixture
def counting(database: Database) -> Callable[[], object]:
    """Return a context manager whose list grows by every question that is asked."""

    @contextmanager
    def counted() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if statement.startswith("SELECT"):
                statements.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return counted
