"""Personal data over HTTP: the register, the 72 hours, destruction with its proof, the data flow."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.db import Database
from survey.model import AuditEvent, DataRequest, Destruction, Identity, Incident, Revision, Submission
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import planning
from survey.web.office.privacy import today
from tests.web.office_round import Staffed, send, sign_in

HOME = "/office/system/privacy"


def _enter(office: FlaskClient, **changes: str) -> str:
    """Enter a request for deletion and return its address."""
    given = {"kind": "deletion", "channel": "letter", "name": "Người Yêu Cầu", "received_on": today().isoformat()}
    answer = send(office, f"{HOME}/new", f"{HOME}/new", **{**given, **changes})
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def test_a_request_is_entered_found_carried_out_and_proved(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    sign_in(office, "admin")
    page = _enter(office)
    assert "Người Yêu Cầu" not in office.get(page).text
    assert "Người Yêu Cầu" in send(office, page, f"{page}/requester").text
    found = send(office, page, f"{page}/find", q="bi mat").text
    record = staffed.records["approved-here"]
    assert f'name="record" value="{record}"' in found
    assert send(office, page, page, action="record", record=record).status_code == 302
    assert send(office, page, page, action="confirm").status_code == 302
    assert send(office, page, page, action="done", outcome="", destroy="record").status_code == 400
    with office_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Destruction)) == 0
    assert send(office, page, page, action="done", outcome="Đã xoá và báo lại", destroy="record").status_code == 302
    text = office.get(page).text
    with office_database.reading() as session:
        proof = session.scalars(select(Destruction)).one()
        key = session.scalars(select(Revision.identity_key).where(Revision.submission_id == record)).one()
        assert session.get(Identity, key) is None
        assert session.get_one(Submission, record).state == "rejected"
        actions = set(session.scalars(select(AuditEvent.action)))
    assert proof.keys_sha256[:32] in text
    assert {"privacy.request-read", "identity.search", "privacy.destroy", "submission.erase"} <= actions
    assert send(office, f"{HOME}/new", page, action="refused", outcome="x").status_code == 409


def test_what_is_late_is_said_at_the_top(office: FlaskClient, office_database: Database) -> None:
    sign_in(office, "admin")
    _enter(office, received_on=(today() - timedelta(days=40)).isoformat())
    page = office.get(HOME).text
    assert page.count("tag--wrong") == 1
    assert 'role="alert"' in page


@pytest.mark.parametrize("changes", [{"name": ""}, {"received_on": "2999-01-01"}, {"received_on": "hôm qua"}])
def test_a_request_without_a_name_or_from_the_future_is_not_entered(
    office: FlaskClient, office_database: Database, changes: dict[str, str]
) -> None:
    sign_in(office, "admin")
    given = {"kind": "access", "channel": "letter", "name": "A", "received_on": today().isoformat(), **changes}
    assert send(office, f"{HOME}/new", f"{HOME}/new", **given).status_code == 400
    with office_database.reading() as session:
        assert session.scalars(select(DataRequest)).all() == []


def test_an_incident_shows_what_is_left_of_the_72_hours(office: FlaskClient, office_database: Database) -> None:
    sign_in(office, "admin")
    page = f"{HOME}/incidents"
    given = {"detected_at": "2026-01-05T08:00", "title": "Mất máy tính bảng", "is_harmful": "yes", "subjects": "20"}
    assert send(office, page, page, **given).status_code == 302
    with office_database.reading() as session:
        made = session.scalars(select(Incident)).one()
    assert made.due_at - made.detected_at == timedelta(hours=72)
    assert "tag--wrong" in office.get(page).text
    assert send(office, page, f"{page}/{made.id}", action="notified").status_code == 302
    assert (
        send(office, page, f"{page}/{made.id}", action="save", title="Mất máy", measures="Xoá từ xa").status_code == 302
    )
    text = office.get(page).text
    assert "Xoá từ xa" in text
    assert send(office, page, page, detected_at="", title="x").status_code == 400


def test_identities_of_a_round_are_destroyed_only_when_due_and_after_its_code_was_typed(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    sign_in(office, "admin")
    page, address = f"{HOME}/retention", f"{HOME}/retention/{staffed.code}"
    assert address not in office.get(page).text
    send(office, f"{HOME}/new", address, code=staffed.code)
    with office_database.transaction() as session:
        planning.set_round_state(session, SYSTEM, staffed.round_id, "archived")
    assert _held(office_database) == 13
    with office_database.transaction() as session:
        query = select(AuditEvent).where(AuditEvent.action == "round.state").order_by(AuditEvent.id.desc())
        event = session.scalars(query).first()
        assert event is not None
        event.at = utc_now() - timedelta(days=100)
    assert address in office.get(page).text
    send(office, page, address, code="khac")
    assert _held(office_database) == 13
    assert send(office, page, address, code=staffed.code).status_code == 302
    assert _held(office_database) == 0
    with office_database.reading() as session:
        proof = session.scalars(select(Destruction)).one()
    assert (proof.scope, proof.counts) == ("round", {"revision": 5, "frame_unit": 8})
    assert proof.keys_sha256[:32] in office.get(page).text
    shown = office.get(f"/office/rounds/{staffed.code}/review/{staffed.records['waiting-here']}")
    assert shown.status_code == 200


def _held(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Identity)) or 0


def test_the_data_flow_names_questions_tables_and_roles_from_the_product(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    page = office.get(f"{HOME}/flow").text
    assert "Họ và tên chủ hộ" in page
    assert "frame_unit" in page
    assert staffed.code in page
    assert not re.search(r"\sstyle=", page)


@pytest.mark.parametrize("username", ["statistician", "supervisor", "viewer"])
@pytest.mark.parametrize("rest", ["", "/new", "/incidents", "/retention", "/flow", "/1"])
def test_only_administrators_enter(office: FlaskClient, username: str, rest: str) -> None:
    assert sign_in(office, username).get(HOME + rest).status_code == 403
