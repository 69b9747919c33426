"""The database: one engine per installation and the only place that commits.

SQLite runs in WAL mode with synchronous=FULL so that an acknowledged record is on disk; its writers queue at a lock
instead of polling. PostgreSQL runs as it comes.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=30000",
)
_PATIENCE = 60
_REST = 1.0
"""Seconds after which a connection that nobody used is tried before it is given out again."""


class Database:
    """An engine and its two kinds of session: `transaction()` commits, `reading()` never does."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        file = self.engine.url.database if self.engine.dialect.name == "sqlite" else None
        self._turn = _Turn(Path(f"{file}-turn")) if file else None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Yield a session and commit it; any exception rolls everything back."""
        with (
            self._turn or nullcontext(),
            Session(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection(execution_options={"writing": True})
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session whose changes are thrown away."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


class _Turn:
    """A queue for the writers of one SQLite file, across threads and processes; the system wakes the next at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=_PATIENCE):
            raise TimeoutError("a writing transaction waits for another one of its own thread or a stuck one")
        try:
            self._file = self._path.open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._threads.release()
            raise

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self._threads.release()


def _engine(url: str) -> Engine:
    """Create the engine with the settings that durability needs."""
    if not url.startswith("sqlite"):
        return _trying_rested(create_engine(url))
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _trying_rested(engine: Engine) -> Engine:
    """Let an engine try connections that rested, and replace those that the server has closed meanwhile.

    One that was used a moment ago is trusted: trying each at every use costs a round trip a transaction.
    """

    def rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    def rise(connection: Any, record: Any, _holder: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) > _REST:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

    event.listen(engine, "checkin", rest)
    event.listen(engine, "checkout", rise)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Set the pragmas and take transaction control from the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    """Take the write lock at once in writing transactions, so that two writers queue instead of failing."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
