"""A correction in the office is a new version with a reason at every answer; names pass on unseen, the old stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from survey.db import Database
from survey.errors import Problem
from survey.model import AnswerCorrection, AuditEvent, Identity, ReviewEvent, Revision, Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import accounts, corrections, review, submissions
from tests.rounds import Interview, small_round


@pytest.fixture
def record(database: Database) -> tuple[Database, str, Actor]:
    """Return a database with one record that breaks a rule, its number, and a statistician."""
    with database.transaction() as session:
        small_round(session)
        receipt = submissions.receive(session, SYSTEM, xml=Interview().xml(size="99"), channel="openrosa")
        account = accounts.create_account(session, SYSTEM, username="tk", name="T", password="mat-khau-dai")
        actor = Actor(kind="account", account_id=account.id, grants=(RoleGrant("statistician"),))
        return database, receipt.submission_id, actor


def _correct(database: Database, actor: Actor, number: str, value: str, reason: str = "Gõ nhầm", seen: int = 1) -> None:
    with database.transaction() as session:
        changes, reasons = {"head/size": value}, {"head/size": reason}
        corrections.correct(session, actor, number, changes=changes, reasons=reasons, expected_revision=seen)


def test_a_correction_is_judged_again_and_waits_for_review(record: tuple[Database, str, Actor]) -> None:
    database, number, actor = record
    _correct(database, actor, number, "9")
    with database.reading() as session:
        submission = session.get_one(Submission, number)
        assert (submission.state, submission.revision_count, submission.error_count) == ("received", 2, 0)
        kept = session.scalars(select(AnswerCorrection)).one()
        assert (kept.before, kept.after, kept.reason, kept.revision_number) == ("99", "9", "Gõ nhầm", 2)
        assert "submission.correct" in session.scalars(select(AuditEvent.action)).all()
        assert session.scalars(select(ReviewEvent.action)).all() == ["correct"]


def test_the_old_version_stays_and_the_name_passes_on(record: tuple[Database, str, Actor]) -> None:
    database, number, actor = record
    _correct(database, actor, number, "9")
    with database.reading() as session:
        query = select(Revision).order_by(Revision.number).options(undefer(Revision.answers))
        first, second = session.scalars(query).all()
        assert (first.answers["head"]["size"], second.answers["head"]["size"]) == ("99", "9")
        assert second.channel == "office"
        assert second.deprecated_id == first.instance_id
        names = [session.get_one(Identity, each.identity_key).values["head/name"] for each in (first, second)]
        assert names == ["Lan", "Lan"]


def test_an_approved_record_that_is_corrected_leaves_the_estimates_until_it_is_approved_again(
    record: tuple[Database, str, Actor],
) -> None:
    database, number, actor = record
    with database.transaction() as session:
        review.approve(session, actor, number, expected_revision=1)
    _correct(database, actor, number, "5")
    with database.reading() as session:
        assert session.get_one(Submission, number).state == "received"


@pytest.mark.parametrize(
    ("changes", "reasons", "code"),
    [
        ({"head/size": "9"}, {}, "remark-needed"),
        ({"head/size": "99"}, {"head/size": "x"}, "no-change"),
        ({"head/name": "Mai"}, {"head/name": "x"}, "not-correctable"),
        ({"head/photo": "a.jpg"}, {"head/photo": "x"}, "not-correctable"),
        ({"head/rows[1]/age": "1"}, {"head/rows[1]/age": "x"}, "not-correctable"),
    ],
)
def test_what_cannot_be_corrected_changes_nothing(
    record: tuple[Database, str, Actor], changes: dict[str, str], reasons: dict[str, str], code: str
) -> None:
    database, number, actor = record
    with database.transaction() as session, pytest.raises(Problem) as caught:
        corrections.correct(session, actor, number, changes=changes, reasons=reasons, expected_revision=1)
    assert caught.value.code == code
    with database.reading() as session:
        assert session.get_one(Submission, number).revision_count == 1


def test_a_version_that_is_no_longer_the_newest_is_not_corrected(record: tuple[Database, str, Actor]) -> None:
    database, number, actor = record
    _correct(database, actor, number, "9")
    with pytest.raises(Problem, match="changed"):
        _correct(database, actor, number, "8", seen=1)


@pytest.mark.parametrize("role", ["enumerator", "viewer"])
def test_only_reviewers_correct(record: tuple[Database, str, Actor], role: str) -> None:
    database, number, actor = record
    other = Actor(kind="account", account_id=actor.account_id, grants=(RoleGrant(role),))
    with pytest.raises(Problem, match="right"):
        _correct(database, other, number, "9")


def test_clean_records_are_approved_together_and_others_stay(record: tuple[Database, str, Actor]) -> None:
    database, broken, actor = record
    with database.transaction() as session:
        clean = [
            submissions.receive(session, SYSTEM, xml=Interview().xml(), channel="openrosa").submission_id
            for _ in range(3)
        ]
    with database.transaction() as session:
        seen = [(number, 1) for number in clean[:2]] + [(clean[2], 7), (broken, 1), ("gone", 1)]
        assert review.approve_clean(session, actor, seen) == 2
    with database.reading() as session:
        states = {row.id: row.state for row in session.scalars(select(Submission))}
    assert [states[number] for number in (*clean, broken)] == ["approved", "approved", "received", "received"]
