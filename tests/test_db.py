"""A connection that rested is tried before it is used again; one that the server closed is replaced unseen."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine.interfaces import DBAPIConnection

from survey import db
from survey.db import Database

_OTHERS = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :one")


def test_a_connection_that_the_server_closed_while_it_rested_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite closes nothing")
    monkeypatch.setattr(db, "_REST", 0.0)
    own = Database(database.engine.url.render_as_string(hide_password=False))
    with own.reading() as session:
        resting = session.scalar(text("SELECT pg_backend_pid()"))
    with database.reading() as session:
        assert session.scalar(_OTHERS, {"one": resting})
    with own.reading() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != resting
    own.dispose()


def test_a_connection_that_was_used_a_moment_ago_is_not_tried(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite is never tried")
    own = Database(database.engine.url.render_as_string(hide_password=False))
    tried: list[object] = []
    ping = own.engine.dialect.do_ping

    def counted(connection: DBAPIConnection) -> bool:
        tried.append(connection)
        return ping(connection)

    monkeypatch.setattr(own.engine.dialect, "do_ping", counted)
    for _ in range(3):
        with own.reading() as session:
            session.scalar(text("SELECT 1"))
    own.dispose()
    assert tried == []
