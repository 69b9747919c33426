"""Plain records that arrive together are one transaction; whatever is not plain is left to the ordinary way."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Device, Identity, Quarantine, Revision, Round, Submission
from survey.model.actor import SYSTEM
from survey.operations import accounts, arrivals, audit, devices
from survey.operations.intake import Intake
from survey.operations.submissions import Receipt
from tests.rounds import Interview, small_round

PASSWORD = "mat-khau-dai"
NOWHERE = Path("/nonexistent")


@pytest.fixture
def token(database: Database) -> str:
    """Return the token of an enumerator's device in an open round."""
    with database.transaction() as session:
        small_round(session)
    return _enrol(database, "lan", "enumerator")


def _enrol(database: Database, name: str, role: str) -> str:
    with database.transaction() as session:
        account = accounts.create_account(session, SYSTEM, username=name, name=name, password=PASSWORD)
        accounts.grant_role(session, SYSTEM, account.id, role)
        return devices.enrol(session, SYSTEM, account_id=account.id, name=f"Máy của {name}")[1]


def _together(intake: Intake, documents: list[bytes], token: str) -> list[Receipt | None]:
    """Let records queue up behind a writer, then let it go."""
    with ThreadPoolExecutor(len(documents)) as pool:
        with intake._turn:
            sent = [pool.submit(intake.take_in, token, xml) for xml in documents]
            while len(intake._queue) < len(documents):
                time.sleep(0.001)
        return [one.result() for one in sent]


def _counting(database: Database) -> Callable[[], int]:
    commits: list[int] = []
    event.listen(database.engine, "commit", lambda _connection: commits.append(1))
    return lambda: len(commits)


def _count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_records_that_wait_are_committed_together_and_each_has_its_event(database: Database, token: str) -> None:
    intake = Intake(database)
    intake.take_in(token, Interview().xml())
    commits = _counting(database)
    receipts = _together(intake, [Interview().xml(size=str(1 + i)) for i in range(12)], token)
    assert commits() == 1
    assert all(receipt is not None and receipt.is_new for receipt in receipts)
    assert [_count(database, table) for table in (Submission, Revision, Identity)] == [13, 13, 13]
    with database.reading() as session:
        received = AuditEvent.action == "submission.receive"
        subjects = set(session.scalars(select(AuditEvent.subject_id).where(received)))
        assert {receipt.submission_id for receipt in receipts if receipt} < subjects
        assert audit.verify(session).broken == ()


def test_what_the_quick_way_stores_is_what_the_ordinary_way_stores(database: Database, token: str) -> None:
    quick, slow = Interview(), Interview()
    intake = Intake(database)
    assert intake.take_in(token, quick.xml(size="99", photo="a.jpg"), address="10.0.0.7") is not None
    with database.transaction() as session:
        sender = devices.recognise(session, token, address="10.0.0.7")
        assert sender is not None
        message = arrivals.Message(slow.xml(size="99", photo="a.jpg"))
        arrivals.take_in(session, sender, message, store=NOWHERE)
    with database.reading() as session:
        kept = (Submission.state, Submission.error_count, Submission.channel, Submission.account_id)
        rows = session.execute(select(*kept, Submission.unit_kind, Submission.round_id)).all()
        revisions = session.execute(select(Revision.answers, Revision.findings, Revision.device, Revision.number)).all()
        sealed = session.scalars(select(Identity.values)).all()
        events = session.execute(
            select(AuditEvent.actor, AuditEvent.address).where(AuditEvent.action == "submission.receive")
        ).all()
    assert [len(found) for found in (rows, revisions, sealed, events)] == [2, 2, 2, 2]
    assert rows[0] == rows[1]
    assert events[0] == events[1]
    assert sealed[0] == sealed[1]
    assert revisions[0].findings == revisions[1].findings
    assert revisions[0].device == revisions[1].device == "Máy của lan"


def test_the_same_record_twice_in_one_transaction_is_taken_in_once(database: Database, token: str) -> None:
    xml = Interview().xml()
    receipts = _together(Intake(database), [xml, xml, xml], token)
    assert sum(receipt is not None for receipt in receipts) == 1
    assert _count(database, Revision) == 1


def test_what_is_not_plain_is_left_to_the_ordinary_way_and_writes_nothing(database: Database, token: str) -> None:
    intake, known = Intake(database), Interview()
    intake.take_in(token, known.xml())
    viewer = _enrol(database, "binh", "viewer")
    before = _count(database, AuditEvent)
    left = [
        (token, known.xml()),
        (token, known.xml(size="4")),
        (token, Interview().xml(deprecated_id=known.instance_id)),
        (token, Interview().xml(form_id="khac")),
        (token, b"<data"),
        (viewer, Interview().xml()),
    ]
    assert [intake.take_in(*one) for one in left] == [None] * len(left)
    assert (_count(database, Revision), _count(database, AuditEvent)) == (1, before)


def test_a_device_that_was_blocked_after_it_was_met_is_left_to_the_ordinary_way(database: Database, token: str) -> None:
    intake = Intake(database)
    intake.take_in(token, Interview().xml())
    with database.transaction() as session:
        known = devices.recognise(session, token)
        assert known is not None
        devices.revoke(session, SYSTEM, known.id)
    assert intake.take_in(token, Interview().xml()) is None


def test_a_stranger_is_refused_before_the_record_is_read(database: Database, token: str) -> None:
    with pytest.raises(Problem) as caught:
        Intake(database).take_in("khong-co", b"<data")
    assert caught.value.code == "sign-in-required"


def test_a_held_record_stays_held_however_often_it_comes(database: Database, token: str) -> None:
    xml = Interview().xml()
    with database.transaction() as session:
        known = devices.recognise(session, token)
        assert known is not None
        devices.revoke(session, SYSTEM, known.id)
    with database.transaction() as session:
        blocked = devices.recognise(session, token)
        assert blocked is not None
        arrivals.take_in(session, blocked, arrivals.Message(xml), store=NOWHERE)
    with database.transaction() as session:
        device = session.get_one(Device, known.id)
        device.revoked_at = None
    assert Intake(database).take_in(token, xml) is None
    assert (_count(database, Quarantine), _count(database, Revision)) == (1, 0)


def test_a_lost_race_sends_every_record_of_the_transaction_the_ordinary_way(database: Database, token: str) -> None:
    taken = Interview()
    with database.transaction() as session:
        round_id = session.scalars(select(Round.id)).one()
        session.add(Submission(round_id=round_id, unit_kind="household", root_id=taken.instance_id, channel="field"))
    documents = [taken.xml(), Interview().xml(), Interview().xml()]
    assert _together(Intake(database), documents, token) == [None, None, None]
    assert (_count(database, Submission), _count(database, Revision)) == (1, 0)
