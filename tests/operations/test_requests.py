"""What respondents ask of the office: more time, to be added; what the office makes of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, FrameUnit, Identity, Registration, Reopening, SampleUnit
from survey.model.actor import Actor, RoleGrant
from survey.model.base import utc_now
from survey.operations import drafts, registration, reopening
from survey.operations.registration import Wish
from survey.query import requests
from survey.questionnaire.value import ZONE
from tests.web.filling import Scene, stage

OVER = date(2026, 11, 2)
REASON = "Kế toán trưởng nghỉ ốm đến hết tháng."
CHIEF = Actor(kind="account", account_id=3, grants=(RoleGrant("statistician"),))
WISH: dict[str, Any] = {
    "kind": "enterprise",
    "login": "0100109106",
    "name": "Công ty Mới",
    "commune_code": "31318",
    "address": "",
    "contact": "Anh Ba",
    "phone": "0912345678",
    "email": "",
    "consents": True,
}


def unit(scene: Scene) -> Actor:
    """Return the enterprise."""
    return Actor(kind="invitation", invitation_id=1, sample_unit_id=scene.enterprise, round_id=scene.round_id)


def asked(database: Database, scene: Scene) -> int:
    """Return the number of a request to answer after the deadline."""
    with database.transaction() as session:
        return reopening.ask(session, unit(scene), reason=REASON).id


def today() -> date:
    """Return the day in Vietnam."""
    return utc_now().astimezone(ZONE).date()


def test_a_granted_day_lets_one_unit_send_after_the_deadline(database: Database) -> None:
    scene = stage(database, ends_on=OVER)
    request = asked(database, scene)
    with database.transaction() as session:
        draft = drafts.open_or_create(session, unit(scene), scene.enterprise)
        with pytest.raises(Problem) as problem:
            drafts.submit(session, unit(scene), draft.id, channel="portal")
        assert problem.value.code == "round-closed"
        reopening.grant(session, CHIEF, request, until=today() + timedelta(days=3), remark="Đến thứ Sáu")
        assert drafts.submit(session, unit(scene), draft.id, channel="portal") is None
        late = utc_now() + timedelta(days=5)
        with pytest.raises(Problem):
            drafts.submit(session, unit(scene), draft.id, channel="portal", now=late)


def test_a_refusal_needs_a_reason_and_is_said_once(database: Database) -> None:
    scene = stage(database, ends_on=OVER)
    request = asked(database, scene)
    with database.transaction() as session:
        with pytest.raises(Problem) as problem:
            reopening.refuse(session, CHIEF, request, remark=" ")
        assert problem.value.code == "remark-needed"
        reopening.refuse(session, CHIEF, request, remark="Đã hết thời gian tổng hợp")
        with pytest.raises(Problem) as problem:
            reopening.grant(session, CHIEF, request, until=today())
        assert problem.value.code == "request-decided"
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "reopening.refused")).one()


def test_more_time_is_asked_for_once_late_and_with_a_reason(database: Database) -> None:
    scene = stage(database, ends_on=OVER)
    with database.transaction() as session:
        with pytest.raises(Problem) as problem:
            reopening.ask(session, unit(scene), reason="bận")
        assert problem.value.code == "remark-needed"
        reopening.ask(session, unit(scene), reason=REASON)
        with pytest.raises(Problem) as problem:
            reopening.ask(session, unit(scene), reason=REASON)
        assert problem.value.code == "request-waiting"
        assert session.scalar(select(func.count()).select_from(Reopening)) == 1


def test_before_the_deadline_there_is_nothing_to_ask(database: Database) -> None:
    scene = stage(database)
    with database.transaction() as session, pytest.raises(Problem) as problem:
        reopening.ask(session, unit(scene), reason=REASON)
    assert problem.value.code == "request-needless"


def test_a_day_that_is_over_and_a_stranger_to_the_area_are_refused(database: Database) -> None:
    scene = stage(database, ends_on=OVER)
    request = asked(database, scene)
    elsewhere = Actor(kind="account", account_id=3, grants=(RoleGrant("supervisor", scene.round_id, "932"),))
    with database.transaction() as session:
        with pytest.raises(Problem) as problem:
            reopening.grant(session, CHIEF, request, until=today() - timedelta(days=1))
        assert problem.value.code == "bad-value"
        with pytest.raises(Problem) as problem:
            reopening.grant(session, elsewhere, request, until=today())
        assert problem.value.code == "forbidden"


def test_a_unit_taken_up_is_in_no_sample_and_no_frame_count(database: Database) -> None:
    scene = stage(database)
    with database.transaction() as session:
        sampled = session.scalar(select(func.count()).select_from(SampleUnit))
        made = registration.ask(session, Wish(**WISH), address="10.0.0.1")
        frame = registration.accept(session, CHIEF, made.id)
        assert frame.kind == "new-enterprise"
        assert frame.attributes["source"] == "self-registered"
        assert session.scalar(select(func.count()).select_from(SampleUnit)) == sampled
        firms = select(func.count()).where(FrameUnit.round_id == scene.round_id, FrameUnit.kind == "enterprise")
        assert session.scalar(firms) == 1
        assert session.get_one(Identity, frame.identity_key).values["name"] == "Công ty Mới"


def test_the_office_sees_twins_and_the_asker_learns_nothing(database: Database) -> None:
    scene = stage(database)
    with database.transaction() as session:
        known = registration.ask(session, Wish(**WISH))
        unknown = registration.ask(session, Wish(**{**WISH, "login": "6374257410"}))
        assert known.number[:3] == unknown.number[:3] == "DK-"
        rows = requests.registrations(session, scene.round_id, None).rows
        assert [row.twins for row in rows] == [(), ("DN-001",)]
        assert requests.waiting_counts(session, scene.round_id, None) == (0, 2)
        assert requests.registrations(session, scene.round_id, frozenset({"31321"})).total == 0


@pytest.mark.parametrize(
    "change",
    [
        {"consents": False},
        {"name": " "},
        {"contact": ""},
        {"login": "abc"},
        {"commune_code": "99999"},
        {"kind": "area"},
    ],
)
def test_a_wish_that_lacks_something_leaves_nothing_behind(database: Database, change: dict[str, Any]) -> None:
    stage(database)
    with pytest.raises(Problem), database.transaction() as session:
        registration.ask(session, Wish(**{**WISH, **change}))
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Registration)) == 0


def test_one_address_asks_only_so_often(database: Database) -> None:
    stage(database)
    with database.transaction() as session:
        for _ in range(registration.MOST):
            registration.ask(session, Wish(**WISH), address="10.0.0.9")
        with pytest.raises(Problem) as problem:
            registration.ask(session, Wish(**WISH), address="10.0.0.9")
        assert problem.value.code == "too-many-attempts"
        registration.ask(session, Wish(**WISH), address="10.0.0.10")
