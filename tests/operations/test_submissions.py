"""The one door: idempotent, keeps what breaks a rule, separates identity, survives a race."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, Identity, Revision, Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import submissions
from tests.rounds import Interview, small_round


@pytest.fixture
def opened(database: Database) -> Database:
    """Return a database with an open round."""
    with database.transaction() as session:
        small_round(session)
    return database


def _send(database: Database, xml: bytes, actor: Actor = SYSTEM) -> submissions.Receipt:
    with database.transaction() as session:
        return submissions.receive(session, actor, xml=xml, channel="openrosa")


def _count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_record_is_stored_with_its_hash_and_an_audit_event(opened: Database) -> None:
    receipt = _send(opened, Interview().xml())
    assert receipt.is_new
    assert receipt.revision_number == 1
    with opened.reading() as session:
        events = session.scalars(select(AuditEvent.action).where(AuditEvent.subject_id == receipt.submission_id)).all()
    assert events == ["submission.receive"]


def test_names_are_kept_apart_from_answers(opened: Database) -> None:
    _send(opened, Interview().xml(name="Nguyễn Văn Bình"))
    with opened.reading() as session:
        revision = session.scalars(select(Revision).options(undefer(Revision.answers))).one()
        sealed = session.get_one(Identity, revision.identity_key)
        assert "Bình" not in str(revision.answers)
        assert revision.answers["head"]["size"] == "3"
        assert sealed.values == {"head/name": "Nguyễn Văn Bình"}


def test_a_rule_that_is_broken_becomes_a_finding_at_its_place(opened: Database) -> None:
    receipt = _send(opened, Interview().xml(size="99"))
    assert receipt.error_count == 1
    with opened.reading() as session:
        findings = session.scalars(select(Revision.findings)).one()
    assert findings[0]["path"] == "head/size"
    assert findings[0]["message"]["vi"] == "Từ 1 đến 30 người"


def test_the_same_bytes_again_are_the_same_record(opened: Database) -> None:
    xml = Interview().xml()
    first, second = _send(opened, xml), _send(opened, xml)
    assert (first.submission_id, second.is_new) == (second.submission_id, False)
    assert _count(opened, Revision) == 1


def test_an_edit_is_a_new_version_of_the_same_record(opened: Database) -> None:
    interview = Interview()
    first = _send(opened, interview.xml())
    second = _send(opened, Interview().xml(size="4", deprecated_id=interview.instance_id))
    assert second.submission_id == first.submission_id
    assert second.revision_number == 2
    assert _count(opened, Submission) == 1


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<data", "malformed-xml"),
        (b'<data id="tiny" version="1"/>', "no-instance-id"),
        (Interview().xml(form_id="khac"), "unknown-form"),
        (Interview().xml(deprecated_id="uuid:khong-co"), "unknown-deprecated"),
    ],
)
def test_a_refusal_leaves_nothing_behind(opened: Database, xml: bytes, code: str) -> None:
    before = _count(opened, AuditEvent)
    with pytest.raises(Problem) as caught:
        _send(opened, xml)
    assert caught.value.code == code
    assert [_count(opened, table) for table in (Submission, Revision, Identity)] == [0, 0, 0]
    assert _count(opened, AuditEvent) == before


def test_somebody_without_a_role_cannot_send(opened: Database) -> None:
    viewer = Actor(kind="account", account_id=1, grants=(RoleGrant("viewer"),))
    with pytest.raises(Problem, match="right"):
        _send(opened, Interview().xml(), viewer)


def _try(database: Database, xml: bytes) -> str:
    try:
        return "new" if _send(database, xml).is_new else "duplicate"
    except Problem as problem:
        return problem.code


def test_many_senders_of_the_same_bytes_make_one_record(opened: Database) -> None:
    xml = Interview().xml()
    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(lambda _: _try(opened, xml), range(50)))
    assert outcomes == {"new": 1, "duplicate": 49}
    assert _count(opened, Submission) == _count(opened, Revision) == 1


def test_many_senders_of_other_bytes_under_one_identifier_make_one_record(opened: Database) -> None:
    interview = Interview()
    documents = [interview.xml(name=f"Người {number}") for number in range(50)]
    with ThreadPoolExecutor(16) as pool:
        outcomes = Counter(pool.map(lambda xml: _try(opened, xml), documents))
    assert outcomes == {"new": 1, "instance-conflict": 49}
    assert _count(opened, Submission) == _count(opened, Revision) == 1
