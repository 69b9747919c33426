"""Requests, incidents and destruction: deadlines are entered, readings logged, and what is destroyed is really gone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import undefer

from survey.db import Database
from survey.errors import Problem
from survey.model import (
    Account,
    AuditEvent,
    Base,
    Destruction,
    Draft,
    Identity,
    Incident,
    ReviewEvent,
    Revision,
    Submission,
)
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import accounts, attachments, audit, drafts, planning, privacy, retention, review, submissions
from survey.query import privacy as reads
from tests.rounds import Interview, small_round
from tests.web.office_round import staffed_round

DAY = date(2026, 11, 23)
SECRET = "Nguyễn Văn Bí Mật"


@pytest.fixture
def held(database: Database) -> tuple[Database, Actor, list[str]]:
    """Return a database with two records, and an administrator."""
    with database.transaction() as session:
        small_round(session)
        records = [
            submissions.receive(session, SYSTEM, xml=Interview().xml(name=name), channel="openrosa").submission_id
            for name in (SECRET, "Mai")
        ]
        account = accounts.create_account(session, SYSTEM, username="qt", name="Q", password="mat-khau-dai")
        return database, Actor("account", account.id, grants=(RoleGrant("admin"),)), records


def _request(database: Database, actor: Actor, record: str | None, kind: str = "deletion") -> int:
    with database.transaction() as session:
        given = {"kind": kind, "received_on": DAY, "channel": "letter", "name": SECRET, "contact": "0912 345 678"}
        return privacy.record_request(session, actor, submission_id=record, **given).id  # type: ignore[arg-type]


def _actions(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(AuditEvent.action)))


def test_a_request_has_the_days_of_the_law_and_its_sender_apart(held: tuple[Database, Actor, list[str]]) -> None:
    database, actor, records = held
    number = _request(database, actor, records[0])
    with database.reading() as session:
        row = reads.request(session, number)
        assert row is not None
        assert (row.reply_due, row.due, row.next_due) == (date(2026, 11, 25), date(2026, 12, 13), date(2026, 11, 25))
        assert SECRET not in str(row)
        assert not row.is_overdue(date(2026, 11, 25))
        assert row.is_overdue(date(2026, 11, 26))
        assert reads.overdue(session, date(2026, 11, 26)) == 1
    with database.transaction() as session:
        assert privacy.requester(session, actor, number)["name"] == SECRET
    assert "privacy.request-read" in _actions(database)


def test_a_confirmed_request_is_due_with_its_outcome(held: tuple[Database, Actor, list[str]]) -> None:
    database, actor, _ = held
    number = _request(database, actor, None, "access")
    with database.transaction() as session:
        privacy.confirm(session, actor, number, on=DAY + timedelta(days=1))
    with database.reading() as session:
        row = reads.request(session, number)
        assert row is not None
        assert (row.state, row.next_due) == ("acknowledged", date(2026, 12, 3))
    with database.transaction() as session:
        privacy.close(session, actor, number, on=date(2026, 12, 4), outcome="Đã cung cấp bản sao")
    with database.reading() as session:
        row = reads.request(session, number)
        assert row is not None
        assert row.is_overdue(DAY), "closed a day late"
    with database.transaction() as session, pytest.raises(Problem, match="closed"):
        privacy.close(session, actor, number, on=DAY, outcome="x")


def test_a_deletion_takes_name_and_answers_and_leaves_a_proof(held: tuple[Database, Actor, list[str]]) -> None:
    database, actor, records = held
    number = _request(database, actor, records[0])
    with database.transaction() as session:
        review.approve(session, actor, records[0], expected_revision=1)
    with database.transaction() as session:
        privacy.close(session, actor, number, on=DAY, outcome="Đã xoá", destroy="record")
    with database.reading() as session:
        query = select(Revision).where(Revision.submission_id == records[0]).options(undefer(Revision.answers))
        gone = session.scalars(query).one()
        assert (gone.answers, session.get(Identity, gone.identity_key)) == ({}, None)
        assert session.get_one(Submission, records[0]).state == "rejected"
        assert session.get_one(Submission, records[1]).state == "received"
        assert session.scalars(select(ReviewEvent.action).order_by(ReviewEvent.id)).all() == ["approve", "erase"]
        proof = session.scalars(select(Destruction)).one()
        assert (proof.scope, proof.keys, proof.request_id, proof.counts["answers"]) == ("record", 1, number, 1)
        assert retention.holds(session, proof)
        assert audit.verify(session).broken == ()
    assert {"privacy.destroy", "submission.erase", "privacy.request-close"} <= set(_actions(database))


def test_a_withdrawal_may_leave_the_answers_without_a_name(held: tuple[Database, Actor, list[str]]) -> None:
    database, actor, records = held
    with database.transaction() as session:
        retention.destroy_record(session, actor, records[0], answers=False)
    with database.reading() as session:
        query = select(Revision).where(Revision.submission_id == records[0]).options(undefer(Revision.answers))
        kept = session.scalars(query).one()
        assert kept.answers["head"]["size"] == "3"
        assert session.get(Identity, kept.identity_key) is None
        assert session.get_one(Submission, records[0]).state == "received"


def test_no_byte_of_a_name_is_left_in_the_file(sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.transaction() as session:
        small_round(session)
        xml = Interview().xml(name=SECRET)
        record = submissions.receive(session, SYSTEM, xml=xml, channel="openrosa").submission_id
    assert _bytes_with(sqlite_database, tmp_path)
    with sqlite_database.transaction() as session:
        retention.destroy_record(session, SYSTEM, record, answers=False)
    assert not _bytes_with(sqlite_database, tmp_path)


def _bytes_with(database: Database, folder: Path) -> bool:
    """Tell whether the name stands anywhere in the database file after its journal has been folded in."""
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    content = (folder / "survey.db").read_bytes()
    return SECRET.encode() in content or SECRET.encode("unicode_escape") in content


def test_a_round_keeps_its_names_until_the_days_after_its_archiving_are_over(
    held: tuple[Database, Actor, list[str]], tmp_path: Path
) -> None:
    database, actor, records = held
    with database.transaction() as session:
        round_id = session.get_one(Submission, records[0]).round_id
        with pytest.raises(Problem, match="earliest"):
            retention.destroy_round(session, actor, round_id, days=0, today=DAY)
        planning.set_round_state(session, SYSTEM, round_id, "archived")
    with database.transaction() as session:
        archived = retention.archived_on(session, round_id)
        assert archived is not None
        due = retention.due_on(session, round_id, days=90)
        assert due == (archived + timedelta(days=90)).date()
        with pytest.raises(Problem, match=f"{due:%d/%m/%Y}"):
            retention.destroy_round(session, actor, round_id, days=90, today=due - timedelta(days=1))
        proof, plan = retention.destroy_round(session, actor, round_id, days=90, today=due)
        assert (proof.scope, proof.counts, len(plan.keys)) == ("round", {"revision": 2}, 2)
        assert session.scalars(select(Identity)).all() == []
    with database.reading() as session:
        assert retention.plan_of_round(session, round_id).keys == ()


def test_a_round_that_was_opened_again_is_not_due(held: tuple[Database, Actor, list[str]]) -> None:
    database, _, records = held
    with database.transaction() as session:
        round_id = session.get_one(Submission, records[0]).round_id
        planning.set_round_state(session, SYSTEM, round_id, "archived")
        planning.set_round_state(session, SYSTEM, round_id, "closed")
    with database.reading() as session:
        assert retention.due_on(session, round_id, days=90) is None


def test_files_of_a_destroyed_record_are_removed_but_not_those_that_others_share(
    database: Database, tmp_path: Path
) -> None:
    with database.transaction() as session:
        small_round(session)
        made = [Interview(), Interview()]
        records = []
        for interview, content in zip(made, (b"own", b"shared"), strict=True):
            xml = interview.xml(photo="a.jpg")
            records.append(submissions.receive(session, SYSTEM, xml=xml, channel="openrosa").submission_id)
            given = {"instance_id": interview.instance_id, "name": "a.jpg", "content": content}
            attachments.attach(session, SYSTEM, tmp_path, **given)  # type: ignore[arg-type]
        extra = {"instance_id": made[0].instance_id, "name": "b.jpg", "content": b"shared"}
        attachments.attach(session, SYSTEM, tmp_path, **extra)  # type: ignore[arg-type]
    with database.transaction() as session:
        _, plan = retention.destroy_record(session, SYSTEM, records[0], answers=True)
    assert retention.remove_files(tmp_path, plan.files) == 1
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ""] == [b"shared"]


def test_an_unsent_draft_of_the_person_ends_with_the_identity(database: Database) -> None:
    with database.transaction() as session:
        made = staffed_round(session)
        record = session.get_one(Submission, made.records["waiting-here"])
        assert record.sample_unit_id is not None
        boss = accounts.actor_of(session, session.get_one(Account, made.people["supervisor"]))
        number = drafts.open_or_create(session, boss, record.sample_unit_id).id
        proof, plan = retention.destroy_record(session, SYSTEM, record.id, answers=False)
        assert (proof.counts["open_drafts"], proof.counts["draft"], proof.counts["frame_unit"]) == (1, 1, 1)
        assert len(plan.keys) == 3
    with database.reading() as session:
        assert session.get(Draft, number) is None
        assert session.get_one(Submission, made.records["waiting-here"]).state == "received"


def test_every_table_that_leads_to_an_identity_is_destroyed_with_its_round() -> None:
    known = set(retention._keys_of_round(1)) | {"data_request"}
    assert {table.name for table in Base.metadata.sorted_tables if "identity_key" in table.columns} == known


def test_a_person_is_found_by_name_or_number_and_the_search_is_logged(
    held: tuple[Database, Actor, list[str]],
) -> None:
    database, actor, records = held
    with database.transaction() as session:
        assert privacy.find_records(session, actor, "bi mat") == [(records[0], "")]
        with pytest.raises(Problem):
            privacy.find_records(session, actor, "a")
    assert "identity.search" in _actions(database)


def test_an_incident_is_due_after_72_hours_and_keeps_when_the_authority_was_told(
    held: tuple[Database, Actor, list[str]],
) -> None:
    database, actor, _ = held
    seen = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    with database.transaction() as session:
        number = privacy.record_incident(session, actor, detected_at=seen, title="Mất máy tính bảng", subjects=20).id
    with database.transaction() as session:
        privacy.change_incident(session, actor, number, notified=True, measures="Xoá từ xa")
    with database.reading() as session:
        found = session.scalars(select(Incident)).one()
        assert (found.due_at, found.measures) == (seen + timedelta(hours=72), "Xoá từ xa")
        assert found.notified_at is not None
    assert _actions(database)[-2:] == ["privacy.incident", "privacy.incident-change"]


@pytest.mark.parametrize("role", ["statistician", "supervisor", "viewer"])
def test_only_administrators_keep_the_register_and_destroy(held: tuple[Database, Actor, list[str]], role: str) -> None:
    database, actor, records = held
    other = Actor("account", actor.account_id, grants=(RoleGrant(role),))
    with pytest.raises(Problem, match="right"):
        _request(database, other, records[0])
    with database.transaction() as session, pytest.raises(Problem, match="right"):
        retention.destroy_record(session, other, records[0], answers=True)
