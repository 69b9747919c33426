"""Doors of the portal over HTTP: ways in, one section for a colleague, requests, sign-off; and bad input at each."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdfium2 import PdfDocument
from sqlalchemy import event, func, select, update

from survey.db import Database
from survey.model import AuditEvent, Draft, Registration, Revision, SignInSession, SignOff
from survey.model.actor import SYSTEM
from survey.model.base import utc_now
from survey.operations import accounts, invitations, portal_sessions
from tests.web.filling import PASSWORD, Scene, stage
from tests.web.visitor import Visitor, enter

OWN = "mat-khau-rieng-2026"


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


def refused(database: Database) -> list[tuple[str, int]]:
    """Return view and status of everything that the portal refused."""
    with database.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "portal.refused"))
        return [(event.subject_id, event.details["status"]) for event in events]


def chief(app: Flask, scene: Scene) -> Visitor:
    """Return a statistician of the round."""
    database: Database = app.extensions["survey.db"]
    with database.transaction() as session:
        accounts.grant_role(session, SYSTEM, scene.supervisor, "statistician", round_id=scene.round_id)
        token = accounts.sign_in(session, username="giamsat", password=PASSWORD)
    client = app.test_client()
    client.set_cookie("session", str(token))
    return Visitor(client)


def consented(visitor: Visitor) -> Visitor:
    """Go to the first part of the questionnaire."""
    return visitor.submit("/start").press(visit__operating_status="1").press(consent_section__consent="1")


def passed_on(firm: Visitor, app: Flask) -> Visitor:
    """Return a colleague in the section on digital platforms."""
    consented(firm).go("/portal/sections/digital/pass-on").submit("/pass-on", name="Chị Hoa", days="3")
    match = re.search(r'token-link">([^<]+)<', firm.text)
    assert match
    path = "/portal" + match.group(1).split("/portal", 1)[1]
    return Visitor(app.test_client()).go(path).submit("/section/open/")


def test_a_known_and_an_unknown_tax_code_read_the_same(app: Flask, scene: Scene) -> None:
    known = enter(app.test_client(), "AAAABBBBCCCC", "0100109106")
    unknown = enter(app.test_client(), "AAAABBBBCCCC", "6374257428")
    assert known.status == unknown.status == 401
    token = re.compile(r'value="[^"]{30,}"')
    assert token.sub("", known.text).replace("0100109106", "") == token.sub("", unknown.text).replace("6374257428", "")


def test_a_doubtful_check_digit_is_a_warning_only(app: Flask, scene: Scene) -> None:
    visitor = enter(app.test_client(), "AAAABBBBCCCC", "0100109107")
    assert 'id="login-doubt"' in visitor.text
    assert 'id="login-doubt"' not in enter(app.test_client(), "AAAABBBBCCCC", "0100109106").text


def test_an_own_password_brings_the_unit_back(firm: Visitor, app: Flask) -> None:
    firm.go("/portal/account").submit("/password", password=OWN, again="khac-nhau-2026")
    assert firm.status == 400
    firm.submit("/password", password=OWN, again=OWN)
    assert firm.path == "/portal/home"
    back = Visitor(app.test_client()).go("/portal/").submit("/sign-in", login="0100109106", password=OWN)
    assert back.path == "/portal/home"
    wrong = Visitor(app.test_client()).go("/portal/").submit("/sign-in", login="0100109106", password="sai")
    assert wrong.status == 401


def test_asking_for_a_link_says_the_same_to_everybody(firm: Visitor, app: Flask) -> None:
    firm.go("/portal/account").submit("/email", email="ketoan@luavang.example")
    said = []
    for login in ("0100109106", "6374257428"):
        visitor = Visitor(app.test_client()).go("/portal/").submit("/portal/link", login=login)
        said.append(re.sub(r'value="[^"]*"', "", visitor.text))
    assert said[0] == said[1]


def test_a_personal_link_works_once_and_only_when_pressed(app: Flask, scene: Scene, database: Database) -> None:
    with database.transaction() as session:
        invitation = invitations.ensure(session, SYSTEM, scene.enterprise)
        path = invitations.link_path(invitations.issue_link(session, SYSTEM, invitation.id))
    visitor = Visitor(app.test_client())
    visitor.go(path).go(path).submit("/portal/l/")
    assert visitor.heading == "Công ty TNHH Lúa Vàng"
    assert Visitor(app.test_client()).go(path).status == 410
    assert ("personal_link", 410) in refused(database)


@pytest.mark.parametrize("path", ["/portal/l/khong-co", "/portal/section/open/khong-co"])
def test_an_unknown_link_is_a_clear_page_and_an_event(client: FlaskClient, database: Database, path: str) -> None:
    visitor = Visitor(client).go(path)
    assert visitor.status == 410
    assert "<h1>" in visitor.text
    assert refused(database)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignInSession)) == 0


def test_a_colleague_fills_one_section_and_everything_else_is_closed(
    firm: Visitor, app: Flask, database: Database
) -> None:
    helper = passed_on(firm, app)
    assert helper.path == "/portal/section/form/section/digital"
    assert "0100109106" not in helper.text
    assert "Trần Hưng Đạo" not in helper.text
    helper.press("home", interview__digital__econtract="2")
    assert helper.path == "/portal/section/done"
    with database.reading() as session:
        assert session.scalars(select(Draft)).one().answers["interview"]["digital"]["econtract"] == "2"
    for address in (
        "/portal/home",
        "/portal/questionnaire/section/digital",
        "/portal/questionnaire/check",
        "/portal/section/form/section/enterprise",
        "/portal/receipts/1",
        "/portal/questionnaire.pdf",
        "/office/",
        "/field/",
    ):
        assert helper.client.get(address).status_code == 403, address
    assert ("home", 403) in refused(database)


def test_a_colleague_cannot_post_into_another_section(firm: Visitor, app: Flask, database: Database) -> None:
    helper = passed_on(firm, app)
    data = helper.form()
    data["interview-enterprise-employees"] = "99"
    answer = helper.client.post("/portal/section/form/section/enterprise", data=data)
    assert answer.status_code == 403
    with database.reading() as session:
        assert not session.scalars(select(Draft)).one().answers["interview"]["enterprise"].get("employees")


def test_the_owner_sees_who_works_where_and_takes_it_back(firm: Visitor, app: Flask) -> None:
    helper = passed_on(firm, app)
    firm.go("/portal/home")
    assert "Chị Hoa" in firm.text
    firm.submit("/revoke")
    assert "Chị Hoa" not in firm.text
    assert helper.go("/portal/section/form/section/digital").path == "/portal/"


def test_two_at_one_section_see_both_values(firm: Visitor, app: Flask) -> None:
    helper = passed_on(firm, app)
    firm.go("/portal/questionnaire/section/digital")
    helper.press("home", interview__digital__econtract="2")
    firm.press(interview__digital__econtract="1")
    assert firm.status == 409
    assert "q__conflict" in firm.text


def test_the_empty_questionnaire_comes_as_pdf(firm: Visitor) -> None:
    for _ in range(60):
        answer = firm.client.get("/portal/questionnaire.pdf")
        if answer.status_code == 200:
            break
        assert answer.status_code == 202
        assert answer.headers["Refresh"]
    assert answer.mimetype == "application/pdf"
    assert len(PdfDocument(answer.data)) > 2


def test_the_receipt_has_the_answers_as_pdf_with_the_same_hash(firm: Visitor, database: Database) -> None:
    firm.submit("/start").press("check", visit__operating_status="2").submit("/send")
    for _ in range(60):
        answer = firm.client.get("/portal/receipts/1/answers.pdf")
        if answer.status_code == 200:
            break
    page = PdfDocument(answer.data)[0].get_textpage().get_text_range()
    with database.reading() as session:
        sha256 = session.scalars(select(Revision.sha256)).one()
    assert sha256[:8] in page
    assert "Công ty TNHH Lúa Vàng" in page
    assert firm.client.get("/portal/receipts/2/answers.pdf").status_code == 404


def test_the_size_of_the_enterprise_is_shown_with_what_decided(firm: Visitor) -> None:
    consented(firm)
    changes = {
        "vsic_version": "2025",
        "vsic_section": "2025G",
        "employees": "60",
        "revenue": "120000",
        "capital": "40000",
    }
    posted: dict[str, Any] = {f"interview__enterprise__{name}": value for name, value in changes.items()}
    firm.press("skip", interview__enterprise__vsic_version="2025")
    firm.go("/portal/questionnaire/section/enterprise").press("skip", **posted)
    firm.go("/portal/questionnaire/section/enterprise?lang=en")
    assert "Medium enterprise" in firm.text
    assert "Decided by employees" in firm.text
    firm.press(json=True, **posted)
    assert "Medium enterprise" in firm.answer.get_json()["size"]


def school_ready(client: FlaskClient, scene: Scene) -> Visitor:
    """Return an institution whose questionnaire lacks nothing but its head."""
    visitor = enter(client, scene.codes["institution"]).submit("/start")
    visitor.press(visit__operating_status="1").press(consent_section__consent="1")
    visitor.press("skip", interview__institution__kind="6")
    return visitor


def test_nothing_is_signed_for_a_school_that_is_closed(app: Flask, scene: Scene, database: Database) -> None:
    visitor = enter(app.test_client(), scene.codes["institution"]).submit("/start")
    visitor.press("check", visit__operating_status="2").submit("/send")
    assert visitor.path == "/portal/receipts/1"
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(SignOff)) == 0


def test_more_time_is_asked_for_granted_and_used(app: Flask, database: Database) -> None:
    scene = stage(database, ends_on=date(2026, 11, 2))
    firm = enter(app.test_client(), scene.codes["enterprise"])
    firm.submit("/reopen", reason="Kế toán trưởng nghỉ ốm đến hết tháng.")
    assert firm.path == "/portal/home"
    office = chief(app, scene).go("/office/rounds/DT-2026/requests")
    assert "nghỉ ốm" in office.text
    assert "Công ty TNHH Lúa Vàng" in office.text
    until = f"{utc_now() + timedelta(days=5):%d/%m/%Y}"
    office.submit("/requests/late/", act="grant", until="hôm nào đó")
    assert "banner--wrong" in office.text
    office.submit("/requests/late/", act="grant", until=until, remark="Xin gửi sớm")
    assert until in office.text
    firm.go("/portal/home")
    assert "Xin gửi sớm" in firm.text
    firm.submit("/start").press("check", visit__operating_status="2").submit("/send")
    assert firm.path == "/portal/receipts/1"


def test_a_unit_without_a_letter_asks_to_be_added(
    client: FlaskClient, app: Flask, scene: Scene, database: Database
) -> None:
    visitor = Visitor(client).go("/portal/register").submit("/register", kind="enterprise")
    assert visitor.status == 400
    filled = {
        "kind": "enterprise",
        "login": "0100109106",
        "name": "Công ty Mới",
        "commune": "31318",
        "contact": "Anh Ba",
    }
    visitor.submit("/register", **filled, consent="1")
    with database.transaction() as session:
        number = session.scalars(select(Registration.number)).one()
    assert number in visitor.text
    assert "DN-001" not in visitor.text
    office = chief(app, scene).go("/office/rounds/DT-2026/requests")
    assert "DN-001" in office.text
    office.submit("/requests/new/", act="accept")
    assert office.path == "/office/rounds/DT-2026/requests"


def test_without_the_token_of_the_page_nothing_changes(firm: Visitor, database: Database) -> None:
    answer = firm.client.post("/portal/start", data={})
    assert answer.status_code == 400
    assert ("start", 400) in refused(database)
    with database.reading() as session:
        assert session.scalars(select(Draft)).first() is None


def test_a_billion_fields_are_refused_in_words(firm: Visitor, database: Database) -> None:
    firm.submit("/start")
    flood = "&".join(["visit-operating_status=1"] * 700_000)
    address = "/portal/questionnaire/section/visit"
    kind = "application/x-www-form-urlencoded"
    answer = firm.client.post(address, data=flood.encode(), content_type=kind)
    assert answer.status_code == 413
    assert "<h1>" in answer.text
    assert ("save_section", 413) in refused(database)


def test_what_was_typed_survives_an_idle_session(firm: Visitor, app: Flask, scene: Scene, database: Database) -> None:
    consented(firm)
    idle = utc_now() - portal_sessions.IDLE_LIMIT - timedelta(minutes=1)
    with database.transaction() as session:
        session.execute(update(SignInSession).values(seen_at=idle))
    firm.press(interview__enterprise__employees="77")
    assert firm.status == 401
    kept = firm.form("")
    assert 'name="interview-enterprise-employees" value="77"' in firm.text
    token = enter(firm.client, scene.codes["enterprise"])
    assert token.path == "/portal/home"
    firm.post("/portal/questionnaire/section/enterprise", kept)
    with database.reading() as session:
        assert session.scalars(select(Draft)).one().answers["interview"]["enterprise"]["employees"] == "77"


def test_the_clock_of_the_server_says_how_long_a_session_lives(firm: Visitor, database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(SignInSession).values(seen_at=utc_now() - timedelta(minutes=44)))
    left = firm.client.get("/portal/clock").get_json()["left"]
    assert 0 < left <= 60
    assert firm.client.get("/portal/clock").get_json()["left"] <= left
    token = firm.form("")["csrf_token"]
    renewed = firm.client.post("/portal/clock", data={"csrf_token": token}, headers={"Accept": "application/json"})
    assert renewed.get_json()["left"] > 2600


def test_an_autosave_reads_its_draft_once_and_asks_little(firm: Visitor, database: Database) -> None:
    consented(firm).press("stay", json=True, interview__enterprise__employees="11")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        firm.press("stay", json=True, interview__enterprise__employees="12")
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    assert firm.status == 200
    assert sum("draft.answers" in statement for statement in asked) == 1
    assert len([statement for statement in asked if not statement.startswith("BEGIN")]) <= 9
