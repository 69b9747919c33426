"""Held records from pages: seen within reach, read on request, tried again, attached by hand, given up."""

from __future__ import annotations

import hashlib

from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import AuditEvent, FrameUnit, Quarantine, SampleUnit
from survey.model.actor import SYSTEM
from survey.operations import devices, tablet
from survey.reference import units
from tests.rounds import Interview
from tests.web.office_round import Staffed, send, sign_in

PAGE = "/office/quarantine"


def _held(database: Database, staffed: Staffed, xml: bytes, *, unit: int | None = None, blocked: bool = True) -> int:
    with database.transaction() as session:
        device, token = devices.enrol(session, SYSTEM, account_id=staffed.people["lan"], name="Máy 07")
        if blocked:
            devices.revoke(session, SYSTEM, device.id)
        digest = hashlib.sha256(xml).hexdigest()
        sender = tablet.recognise(session, token)
        tablet.take_in(
            session,
            sender,
            xml=xml,
            sha256=digest,
            instance_id="uuid:x",
            round_id=staffed.round_id,
            sample_unit_id=unit,
        )
        return session.scalars(select(Quarantine.id).where(Quarantine.sha256 == digest)).one()


def _household(database: Database, staffed: Staffed, district: str) -> tuple[int, str]:
    with database.reading() as session:
        rows = session.execute(
            select(SampleUnit.id, FrameUnit.code, FrameUnit.commune_code)
            .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
            .where(SampleUnit.kind == "household")
            .order_by(FrameUnit.code.desc())
        )
        inside = {commune.code for commune in units.old_communes_in(district)}
        return next((row.id, row.code) for row in rows if row.commune_code in inside)


def test_a_held_record_is_listed_without_its_names_and_read_on_request(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    unit, code = _household(office_database, staffed, staffed.here.code)
    number = _held(office_database, staffed, Interview().xml(name="Bí Mật"), unit=unit)
    sign_in(office, "supervisor")
    listed, page = office.get(PAGE).text, office.get(f"{PAGE}/{number}").text
    assert code in listed
    assert "Máy 07" in listed
    assert "Bí Mật" not in listed + page
    assert "Bí Mật" in send(office, f"{PAGE}/{number}", f"{PAGE}/{number}/document").text
    with office_database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "quarantine.read")).one()
    assert event.actor == f"account:{staffed.people['supervisor']}"


def test_records_outside_the_district_do_not_exist_for_a_supervisor(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    unit, _code = _household(office_database, staffed, staffed.there.code)
    there = _held(office_database, staffed, Interview().xml(), unit=unit)
    nowhere = _held(office_database, staffed, b"<broken")
    sign_in(office, "supervisor")
    for number in (there, nowhere):
        assert office.get(f"{PAGE}/{number}").status_code == 404
        assert send(office, PAGE, f"{PAGE}/{number}/dismiss", remark="x").status_code == 404
    assert f"{PAGE}/{there}" not in office.get(PAGE).text


def test_a_record_is_tried_again_and_taken_in(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    unit, _code = _household(office_database, staffed, staffed.there.code)
    number = _held(office_database, staffed, Interview().xml(), unit=unit)
    sign_in(office, "statistician")
    assert send(office, PAGE, f"{PAGE}/{number}/replay").location == PAGE
    shown = office.get(f"{PAGE}/{number}").text
    assert f"/office/rounds/{staffed.code}/review/" in shown
    assert f"{PAGE}/{number}" in office.get(f"{PAGE}?state=accepted").text


def test_what_stays_broken_stays_held_and_is_given_up_with_a_reason_only(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    number = _held(office_database, staffed, b"<broken", blocked=False)
    sign_in(office, "statistician")
    assert send(office, PAGE, f"{PAGE}/{number}/replay").status_code == 400
    assert send(office, PAGE, f"{PAGE}/{number}/dismiss", remark=" ").status_code == 400
    assert send(office, PAGE, f"{PAGE}/{number}/dismiss", remark="Bản thử máy").status_code == 302
    assert "Bản thử máy" in office.get(f"{PAGE}?state=dismissed").text
    assert "Bản thử máy" in office.get(f"{PAGE}.csv?state=dismissed").text


def test_a_record_is_attached_to_a_unit_by_hand(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    unit, code = _household(office_database, staffed, staffed.there.code)
    number = _held(office_database, staffed, Interview().xml())
    sign_in(office, "statistician")
    wrong = send(office, PAGE, f"{PAGE}/{number}/place", round=staffed.round_id, unit="khong-co")
    assert wrong.status_code == 404
    assert "khong-co" in wrong.text
    assert send(office, PAGE, f"{PAGE}/{number}/place", round=staffed.round_id, unit=code).location == PAGE
    with office_database.reading() as session:
        row = session.get_one(Quarantine, number)
        assert (row.state, row.sample_unit_id) == ("accepted", unit)


def test_a_supervisor_cannot_attach_to_a_unit_of_another_district(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    here, _code = _household(office_database, staffed, staffed.here.code)
    _there, code = _household(office_database, staffed, staffed.there.code)
    number = _held(office_database, staffed, Interview().xml(), unit=here)
    sign_in(office, "supervisor")
    assert send(office, PAGE, f"{PAGE}/{number}/place", round=staffed.round_id, unit=code).status_code == 404
    with office_database.reading() as session:
        assert session.get_one(Quarantine, number).state == "waiting"


def test_viewers_and_enumerators_do_not_enter(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "viewer")
    assert office.get(PAGE).status_code == 403
