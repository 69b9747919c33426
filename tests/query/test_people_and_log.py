"""Accounts with their roles, rounds in sight, and the search of the audit log."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from survey.model import Account
from survey.model.actor import Actor, RoleGrant
from survey.model.base import utc_now
from survey.operations import accounts
from survey.query import audit_log, people, rounds
from survey.query.audit_log import Sought
from tests.web.office_round import Staffed


def test_people_are_listed_by_given_name_with_their_roles(session: Session, staffed: Staffed) -> None:
    found = people.people(session)
    assert [person.name.split()[-1] for person in found] == ["An", "Kê", "Lan", "Sát", "Trị", "Xem"]
    supervisor = next(person for person in found if person.username == "supervisor")
    assert [(r.role, r.round_code, r.area_code) for r in supervisor.roles] == [
        ("supervisor", staffed.code, staffed.here.code)
    ]


def test_only_active_enumerators_of_the_round_can_be_given_work(session: Session, staffed: Staffed) -> None:
    assert [name for _, name in people.enumerators(session, staffed.round_id)] == ["Nguyễn Văn An", "Võ Thị Lan"]
    assert people.enumerators(session, staffed.round_id + 1) == []
    session.get_one(Account, staffed.people["an"]).state = "locked"
    assert [name for _, name in people.enumerators(session, staffed.round_id)] == ["Võ Thị Lan"]


def test_rounds_in_sight_are_those_of_the_roles(session: Session, staffed: Staffed) -> None:
    inside = Actor(kind="account", account_id=1, grants=(RoleGrant("viewer", staffed.round_id),))
    outside = Actor(kind="account", account_id=1, grants=(RoleGrant("viewer", staffed.round_id + 1),))
    assert [r.code for r in rounds.visible_rounds(session, inside, "viewer")] == [staffed.code]
    assert rounds.visible_rounds(session, outside, "viewer") == []
    assert rounds.visible_rounds(session, inside, "supervisor") == []


def test_a_round_knows_its_frames_draws_and_forms(session: Session, staffed: Staffed) -> None:
    assert rounds.frame_counts(session, staffed.round_id) == {"area": 2, "household": 8}
    assert [(d.kind, d.main) for d in rounds.draws(session, staffed.round_id)] == [("area", 2), ("household", 8)]
    assert [form.form_id for form in rounds.used_forms(session, staffed.round_id)] == ["tiny"]


def test_the_log_is_searched_by_who_what_and_when(session: Session, staffed: Staffed) -> None:
    lan = audit_log.events(session, Sought(account_id=staffed.people["lan"]))
    assert {event.action for event in lan.rows} == {"submission.receive"}
    assert {event.who for event in lan.rows} == {"Võ Thị Lan"}
    returned = audit_log.events(session, Sought(subject_kind="submission", action="submission.return"))
    assert [event.subject_id for event in returned.rows] == [staffed.records["returned-here"]]
    later = audit_log.events(session, Sought(since=utc_now() + timedelta(hours=1)))
    assert later.total == 0
    assert audit_log.events(session, Sought(until=utc_now() + timedelta(hours=1))).total > 10


def test_the_log_comes_newest_first_in_pages(session: Session, staffed: Staffed) -> None:
    first = audit_log.events(session, Sought(), size=3)
    second = audit_log.events(session, Sought(), page=2, size=3)
    ids = [event.id for event in (*first.rows, *second.rows)]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 6


def test_actors_of_accounts_reach_what_was_granted(session: Session, staffed: Staffed) -> None:
    account = session.get_one(Account, staffed.people["supervisor"])
    assert accounts.actor_of(session, account).roles == {"supervisor"}
