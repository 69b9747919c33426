"""The audit log cannot be changed unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import delete, select, update

from survey.db import Database
from survey.model import AuditEvent
from survey.model.actor import SYSTEM
from survey.operations import audit


def _write(database: Database, count: int) -> None:
    with database.transaction() as session:
        for number in range(count):
            audit.record(session, SYSTEM, "test", "thing", number, note="có dấu")


def test_an_untouched_log_holds(database: Database) -> None:
    _write(database, 3)
    _write(database, 2)
    with database.reading() as session:
        assert audit.verify(session) == audit.Verification(5, ())


def test_a_changed_event_is_named(database: Database) -> None:
    _write(database, 3)
    with database.transaction() as session:
        session.execute(update(AuditEvent).where(AuditEvent.subject_id == "1").values(actor="account:9"))
        changed = session.scalar(select(AuditEvent.id).where(AuditEvent.subject_id == "1"))
    with database.reading() as session:
        assert audit.verify(session).broken == (changed,)


def test_a_removed_event_breaks_the_one_after_it(database: Database) -> None:
    _write(database, 3)
    with database.transaction() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.subject_id == "1"))
    with database.reading() as session:
        assert len(audit.verify(session).broken) == 1


def test_concurrent_writers_keep_the_chains_whole(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _write(database, 2), range(24)))
    with database.reading() as session:
        assert audit.verify(session) == audit.Verification(48, ())
