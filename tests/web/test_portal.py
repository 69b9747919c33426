"""The portal: the code of the letter, one's own questionnaire only, save and return, receipt, correction, deadline."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import AuditEvent, Draft, Revision, Submission
from survey.model.actor import SYSTEM
from survey.operations import planning, review
from survey.web.portal.receipts import in_groups
from tests.web.filling import Scene, reviewer, stage
from tests.web.visitor import Visitor, enter


@pytest.fixture
def database(app: Flask) -> Database:
    """Return the database of the application."""
    found: Database = app.extensions["survey.db"]
    return found


@pytest.fixture
def scene(database: Database) -> Scene:
    """Return a staged round."""
    return stage(database)


@pytest.fixture
def firm(client: FlaskClient, scene: Scene) -> Visitor:
    """Return an enterprise at its home."""
    return enter(client, scene.codes["enterprise"])


def send_closed(visitor: Visitor) -> Visitor:
    """Answer that the enterprise has suspended its activity, which is all that it is asked then, and send."""
    visitor.submit("/start").press("check", visit__operating_status="2")
    return visitor.submit("/send")


def test_the_code_may_be_typed_with_blanks_dashes_and_small_letters(client: FlaskClient, scene: Scene) -> None:
    code = scene.codes["enterprise"].lower()
    visitor = enter(client, f" {code[:4]}-{code[4:8]} {code[8:]} ")
    assert visitor.path == "/portal/home"
    assert visitor.heading == "Công ty TNHH Lúa Vàng"


def test_a_wrong_code_says_nothing_about_what_is_wrong_and_is_counted(
    client: FlaskClient, scene: Scene, database: Database
) -> None:
    visitor = enter(client, "AAAA-BBBB-CCCC")
    assert visitor.status == 401
    assert "Mã không đúng" in visitor.text
    assert 'value="AAAA-BBBB-CCCC"' in visitor.text
    with database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "sign-in.failed")).first()


def test_too_many_wrong_codes_close_the_door(client: FlaskClient, scene: Scene) -> None:
    for _ in range(10):
        enter(client, "AAAA-BBBB-CCCC")
    assert enter(client, scene.codes["enterprise"]).status == 429


def test_a_replaced_code_works_no_more(client: FlaskClient, scene: Scene, database: Database) -> None:
    with database.transaction() as session:
        planning.invite(session, SYSTEM, scene.enterprise)
    assert enter(client, scene.codes["enterprise"]).status == 401


def test_without_a_code_every_address_leads_to_the_entrance(client: FlaskClient, scene: Scene) -> None:
    visitor = Visitor(client).go("/portal/questionnaire/section/visit")
    assert visitor.path == "/portal/"
    entered = visitor.submit("/portal/", login="0100109106", code=scene.codes["enterprise"])
    assert entered.path in {"/portal/home", "/portal/questionnaire/section/visit"}


def test_the_questionnaire_starts_with_the_register(firm: Visitor) -> None:
    firm.submit("/start").press(visit__operating_status="1").press(consent_section__consent="1")
    assert firm.part == "enterprise"
    assert 'value="0100109106"' in firm.field("interview-enterprise-tax_code")
    assert 'value="Công ty TNHH Lúa Vàng"' in firm.field("interview-enterprise-enterprise_name")
    assert "Phường I" in firm.field("interview-enterprise-old_commune")


def test_one_can_leave_and_come_back_with_the_same_code(firm: Visitor, app: Flask, scene: Scene) -> None:
    firm.submit("/start").press(visit__operating_status="1").press(consent_section__consent="1")
    firm.press("home", interview__enterprise__employees="12")
    assert firm.path == "/portal/home"
    firm.submit("/leave")
    back = enter(app.test_client(), scene.codes["enterprise"])
    assert "Lưu lần cuối" in back.text
    assert "Đã trả lời" in back.text
    back.go("/portal/questionnaire/section/enterprise")
    assert 'value="12"' in back.field("interview-enterprise-employees")


def test_amounts_show_their_unit_and_are_repeated_in_words(firm: Visitor) -> None:
    firm.submit("/start").press(visit__operating_status="1").press(consent_section__consent="1")
    firm.press("skip", interview__enterprise__revenue="12345").go("/portal/questionnaire/section/enterprise")
    field = firm.field("interview-enterprise-revenue")
    assert 'value="12.345"' in field
    assert "triệu đồng" in field
    assert "mười hai tỷ ba trăm bốn mươi lăm triệu đồng" in field


def test_a_choice_that_depends_on_another_is_offered_after_continue(firm: Visitor) -> None:
    firm.submit("/start").press(visit__operating_status="1").press(consent_section__consent="1")
    assert "2025G" not in firm.field("interview-enterprise-vsic_section")
    firm.press(interview__enterprise__vsic_version="2025")
    assert firm.part == "enterprise"
    assert "2025G" in firm.field("interview-enterprise-vsic_section")
    assert "2018G" not in firm.field("interview-enterprise-vsic_section")


def test_sending_gives_a_receipt_that_one_can_come_back_to(firm: Visitor, database: Database) -> None:
    send_closed(firm)
    assert firm.path == "/portal/receipts/1"
    with database.reading() as session:
        revision = session.scalars(select(Revision)).one()
    assert in_groups(revision.sha256) in firm.text
    assert f"DT-2026-{revision.submission_id[:8].upper()}-1" in firm.text
    firm.go("/portal/home")
    assert "Chúng tôi đã nhận phiếu" in firm.text
    assert firm.go("/portal/receipts/1").status == 200
    assert firm.go("/portal/receipts/2").status == 404


def test_an_answer_can_be_corrected_until_the_deadline_as_a_new_version(firm: Visitor, database: Database) -> None:
    send_closed(firm).go("/portal/home").submit("/start")
    assert firm.form()["visit-operating_status"] == "2"
    firm.press(visit__operating_status="3").press("check").submit("/send")
    assert firm.path == "/portal/receipts/2"
    with database.reading() as session:
        assert session.scalars(select(Submission)).one().revision_count == 2


def test_a_returned_questionnaire_shows_the_remark_at_its_field(
    firm: Visitor, database: Database, scene: Scene
) -> None:
    send_closed(firm)
    with database.transaction() as session:
        record = session.scalars(select(Submission)).one()
        remarks = {"visit/operating_status": "Cơ quan thuế ghi đang hoạt động"}
        review.return_for_correction(
            session, reviewer(scene), record.id, expected_revision=1, remark="Xin xem lại câu A5", remarks=remarks
        )
    assert "Xin xem lại câu A5" in firm.go("/portal/home").text
    firm.submit("/start")
    assert "Cơ quan thuế ghi đang hoạt động" in firm.field("visit-operating_status")


def test_a_unit_reaches_its_own_questionnaire_only(firm: Visitor, app: Flask, scene: Scene) -> None:
    firm.submit("/start")
    school = enter(app.test_client(), scene.codes["institution"])
    assert school.heading == "Trường THPT Vị Thanh"
    assert school.go("/portal/questionnaire/section/visit").status == 404
    assert school.go("/field/").status == 403


def test_a_closed_round_takes_nothing_new(app: Flask, database: Database) -> None:
    scene = stage(database, ends_on=date(2026, 11, 2))
    visitor = enter(app.test_client(), scene.codes["enterprise"])
    assert "Đợt điều tra đã đóng" in visitor.text
    token = visitor.text.split('name="csrf_token" value="')[1].split('"')[0]
    answer = visitor.client.post("/portal/start", data={"csrf_token": token})
    assert answer.status_code == 403
    with database.reading() as session:
        assert session.scalars(select(Draft)).first() is None
