"""Review has consequences, needs a reason where it sends back, and reaches only the reviewer's area."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, ReviewEvent, Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import accounts, review, submissions
from tests.rounds import Interview, small_round


@pytest.fixture
def record(database: Database) -> tuple[Database, str, int]:
    """Return a database with one received record, its number and a supervisor's account."""
    with database.transaction() as session:
        small_round(session)
        receipt = submissions.receive(session, SYSTEM, xml=Interview().xml(), channel="openrosa")
        account = accounts.create_account(session, SYSTEM, username="gsv", name="G", password="mat-khau-dai")
        return database, receipt.submission_id, account.id


def _supervisor(account_id: int, area: str | None = None) -> Actor:
    return Actor(kind="account", account_id=account_id, grants=(RoleGrant("supervisor", area_code=area),))


def _state(database: Database, submission_id: str) -> str:
    with database.reading() as session:
        return session.scalars(select(Submission.state).where(Submission.id == submission_id)).one()


def test_an_approval_is_an_event_in_the_log_and_a_state(record: tuple[Database, str, int]) -> None:
    database, number, account = record
    with database.transaction() as session:
        review.approve(session, _supervisor(account), number, expected_revision=1)
    assert _state(database, number) == "approved"
    with database.reading() as session:
        assert session.scalars(select(ReviewEvent.action)).all() == ["approve"]
        assert "submission.approve" in session.scalars(select(AuditEvent.action)).all()


def test_a_return_keeps_the_remarks_at_their_fields_and_a_correction_waits_for_review_again(
    record: tuple[Database, str, int],
) -> None:
    database, number, account = record
    with database.transaction() as session:
        remarks = {"head/size": "Hỏi lại số người"}
        review.return_for_correction(
            session, _supervisor(account), number, expected_revision=1, remark="Xem lại", remarks=remarks
        )
    assert _state(database, number) == "returned"
    with database.transaction() as session:
        assert session.scalars(select(ReviewEvent.remarks)).one() == remarks
        first = session.scalars(select(Submission.root_id)).one()
        submissions.receive(session, SYSTEM, xml=Interview().xml(size="4", deprecated_id=first), channel="openrosa")
    assert _state(database, number) == "received"


@pytest.mark.parametrize("act", [review.return_for_correction, review.reject])
def test_sending_back_and_rejecting_need_a_reason(record: tuple[Database, str, int], act) -> None:  # type: ignore[no-untyped-def]
    database, number, account = record
    with database.transaction() as session, pytest.raises(Problem, match="remark"):
        act(session, _supervisor(account), number, expected_revision=1)
    assert _state(database, number) == "received"


def test_what_changed_meanwhile_is_not_decided_blindly(record: tuple[Database, str, int]) -> None:
    database, number, account = record
    with database.transaction() as session, pytest.raises(Problem, match="changed"):
        review.approve(session, _supervisor(account), number, expected_revision=2)


@pytest.mark.parametrize("role", ["viewer", "enumerator"])
def test_others_cannot_review(record: tuple[Database, str, int], role: str) -> None:
    database, number, account = record
    actor = Actor(kind="account", account_id=account, grants=(RoleGrant(role),))
    with database.transaction() as session, pytest.raises(Problem, match="right"):
        review.approve(session, actor, number, expected_revision=1)


def test_a_record_of_no_known_place_is_beyond_a_supervisor_of_one_area(record: tuple[Database, str, int]) -> None:
    database, number, account = record
    with database.transaction() as session, pytest.raises(Problem, match="right"):
        review.approve(session, _supervisor(account, "930"), number, expected_revision=1)
