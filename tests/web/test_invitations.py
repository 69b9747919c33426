"""The pages of letters, messages and verification: what a statistician does there, and who may not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from survey.model import (
    Attachment,
    AuditEvent,
    FrameUnit,
    Invitation,
    MailMessage,
    MailStep,
    Revision,
    Round,
    SampleUnit,
    Verification,
)
from survey.model.actor import SYSTEM
from survey.operations import accounts, attachments
from survey.query.invitations import invited_units
from tests.operations.self_report import invited_round, school_answers
from tests.web.office_round import PASSWORD, STAFF, send, sign_in

EMAILS = {"DN1": "dn1@example.vn", "GD1": "gd1@example.vn"}
PAGE = "/office/rounds/MOI/invitations"


@pytest.fixture
def site(config: Config) -> Iterator[Flask]:
    """Return the application over a round with three enterprises and a school that has answered."""
    database = Database(config.database_url)
    with database.transaction() as session:
        survey_round, units = invited_round(session, EMAILS)
        for username in ("admin", "statistician", "supervisor", "viewer"):
            name, role, _area = STAFF[username]
            account = accounts.create_account(session, SYSTEM, username=username, name=name, password=PASSWORD)
            accounts.grant_role(session, SYSTEM, account.id, role)
        school_answers(session, survey_round, units["GD1"])
    database.dispose()
    application = create_app(replace(config, public_address="https://phieuso.example.vn"))
    application.testing = True
    yield application
    application.extensions["survey.db"].dispose()


@pytest.fixture
def office(site: Flask) -> FlaskClient:
    return sign_in(site.test_client(), "statistician")


@pytest.fixture
def database(site: Flask) -> Database:
    found: Database = site.extensions["survey.db"]
    return found


def ids(database: Database) -> dict[str, int]:
    query = select(FrameUnit.code, SampleUnit.id).join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
    with database.reading() as session:
        return {row[0]: row[1] for row in session.execute(query)}


def states(session: Session) -> dict[str, str]:
    return {unit.code: unit.state for unit in invited_units(session, 1)}


def test_the_list_filters_without_accents_and_says_that_names_were_read(
    office: FlaskClient, database: Database
) -> None:
    everything = office.get(PAGE).text
    found = office.get(f"{PAGE}?q=cong+ty+dn2&kind=enterprise&state=not-sent").text
    assert all(code in everything for code in ("DN1", "DN2", "DN3", "GD1"))
    assert "Công ty DN2" in found
    assert "Công ty DN1" not in found
    assert "Công ty" not in office.get(f"{PAGE}?q=khong+co").text
    with database.reading() as session:
        read = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "invitation.read")
        assert session.scalar(read) == 3


def test_letters_say_what_they_end_then_come_as_one_pdf_whose_codes_open_the_portal(
    office: FlaskClient, database: Database
) -> None:
    shown = send(office, PAGE, "/office/rounds/MOI/letters?kind=enterprise&lang=vi", all="1")
    assert shown.status_code == 200
    hidden = re.findall(r'name="unit" value="(\d+)"', shown.text)
    assert len(hidden) == 3
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0
    [prepared] = set(re.findall(r'name="prepared" value="([^"]+)"', shown.text))
    answer = send(office, PAGE, "/office/rounds/MOI/letters.pdf?lang=en", unit=hidden, prepared=prepared)
    again = send(office, PAGE, "/office/rounds/MOI/letters.pdf?lang=en", unit=hidden, prepared=prepared)
    assert again.status_code == 409, "a second press must not end the codes of the first"
    assert send(office, PAGE, "/office/rounds/MOI/letters.pdf", unit=hidden).status_code == 400
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    document = pypdfium2.PdfDocument(io.BytesIO(answer.data))
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    assert len(texts) == 3
    with database.transaction() as session:
        for text in texts:
            line = next(line for line in text.splitlines() if re.fullmatch(r"\s*(\w{4}\s+){2}\w{4}\s*", line))
            assert accounts.claim_invitation(session, code=line) is not None
    with database.reading() as session:
        assert states(session) == {"DN1": "opened", "DN2": "opened", "DN3": "opened", "GD1": "submitted"}


def test_units_out_of_reach_and_an_empty_choice_change_nothing(office: FlaskClient, database: Database) -> None:
    assert send(office, PAGE, PAGE, action="revoke").status_code == 303
    assert send(office, PAGE, PAGE, action="revoke", unit=["99999"]).status_code == 403
    assert send(office, PAGE, "/office/rounds/MOI/letters.pdf", unit=["99999"]).status_code == 403
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_inviting_by_mail_refusing_and_revoking_show_on_the_list(office: FlaskClient, database: Database) -> None:
    units = ids(database)
    assert send(office, PAGE, PAGE, action="email", all="1").status_code == 303
    with database.reading() as session:
        assert [m.kind for m in session.scalars(select(MailMessage))] == ["invitation.invitation"]
    assert (
        send(office, PAGE, PAGE, action="refuse", unit=[units["DN1"]], reason="Từ chối qua điện thoại").status_code
        == 303
    )
    assert send(office, PAGE, PAGE, action="refuse", unit=[units["DN1"]]).status_code == 400
    shown = office.get(f"{PAGE}?state=refused").text
    assert "Từ chối qua điện thoại" in shown
    send(office, PAGE, PAGE, action="unrefuse", unit=[units["DN1"]])
    send(office, PAGE, PAGE, action="revoke", unit=[units["DN1"]])
    with database.reading() as session:
        assert states(session)["DN1"] == "revoked"


def test_the_file_holds_what_the_list_shows_and_no_formula(office: FlaskClient, database: Database) -> None:
    lines = office.get(f"{PAGE}.csv?kind=institution").text.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("GD1,")
    assert "Trường Tiểu học Vị Tân" in lines[1]


def test_register_and_labels_come_as_pdf(office: FlaskClient) -> None:
    for name in ("register", "labels"):
        answer = send(office, PAGE, f"/office/rounds/MOI/{name}.pdf?lang=en")
        assert answer.data.startswith(b"%PDF"), name


def test_words_of_a_reminder_are_tried_out_then_stored_and_a_wrong_name_comes_back(
    office: FlaskClient, database: Database
) -> None:
    page = "/office/rounds/MOI/messages"
    own = {"subject-vi": "Nhắc {unit}", "body-vi": "Xin vào {link}", "subject-en": "{unit}", "body-en": "{link}"}
    shown = send(office, page, f"{page}/reminder-1", action="preview", days_before="20", is_active="1", **own)
    assert "Nhắc DN00000" in shown.text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MailStep)) == 0
    wrong = send(office, page, f"{page}/reminder-1", days_before="20", **{**own, "body-vi": "{link} {mật_khẩu}"})
    assert wrong.status_code == 400
    assert "{mật_khẩu}" in wrong.text
    assert send(office, page, f"{page}/reminder-1", days_before="20", is_active="1", **own).status_code == 303
    assert "11/12/2026" in office.get(page).text


def test_messages_of_the_round_are_listed_and_can_be_marked_as_come_back(
    office: FlaskClient, database: Database
) -> None:
    send(office, PAGE, PAGE, action="email", unit=[ids(database)["DN1"]])
    with database.transaction() as session:
        message = session.scalars(select(MailMessage)).one()
        message.state = "sent"
    page = "/office/rounds/MOI/messages"
    assert "DN1" in office.get(page).text
    assert send(office, page, f"{page}/outbox/{message.id}", action="bounced").status_code == 303
    assert "Công ty DN1" in office.get(f"{PAGE}?email=bounced").text
    assert send(office, page, f"{page}/outbox/999", action="retry").status_code == 404


def test_a_self_assessment_is_verified_component_by_component(office: FlaskClient, database: Database) -> None:
    listing = "/office/rounds/MOI/verification"
    [address] = re.findall(rf'href="({listing}/[^"?]+)"', office.get(listing).text)
    opened = office.get(address).text
    assert "79,5" in opened
    refused = send(office, address, address, revision="1", **{"finding-activity": "refused", "reason-activity": ""})
    assert refused.status_code == 400
    assert 'value="refused" checked' in refused.text
    sent = {
        "finding-activity": "refused",
        "reason-activity": "Liên kết không mở được",
        "finding-governance": "accepted",
    }
    assert send(office, address, address, revision="1", **sent).status_code == 303
    assert "Liên kết không mở được" in office.get(address).text
    assert "2/4" in office.get(f"{listing}?state=begun").text
    record = office.get(address.replace("/verification/", "/review/")).text
    assert "Liên kết không mở được" in record
    with database.reading() as session:
        found = {row.component: row.value for row in session.scalars(select(Verification))}
    assert found == {"activity": "3", "governance": "1"}


def test_evidence_is_handed_over_as_a_download_only_and_the_reading_is_logged(site: Flask, database: Database) -> None:
    office = sign_in(site.test_client(), "statistician")
    listing = "/office/rounds/MOI/verification"
    store = site.extensions["survey.config"].media
    with database.transaction() as session:
        revision = session.scalars(select(Revision)).one()
        row = Attachment(revision_id=revision.id, name="anh.png", sha256="ab" * 32, size=6)
        session.add(row)
        session.flush()
        attachments.put(store, "ab" * 32, b"<html>")
        record, number = revision.submission_id, row.id
    answer = office.get(f"{listing}/{record}/files/{number}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="anh.png"'
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert office.get(f"{listing}/{record}/files/{number + 1}").status_code == 404
    with database.reading() as session:
        assert session.scalar(select(AuditEvent.id).where(AuditEvent.action == "attachment.read")) is not None


@pytest.mark.parametrize("path", ["invitations", "invitations.csv", "messages"])
def test_only_statisticians_see_letters(site: Flask, path: str) -> None:
    for username in ("viewer", "supervisor"):
        assert sign_in(site.test_client(), username).get(f"/office/rounds/MOI/{path}").status_code == 403
    assert site.test_client().get(f"/office/rounds/MOI/{path}").status_code in {302, 401}


def test_an_empty_round_says_what_comes_first(office: FlaskClient, database: Database) -> None:
    with database.transaction() as session:
        first = session.get_one(Round, 1)
        session.add(
            Round(
                code="TRONG",
                title="Đợt trống",
                reference_date=first.reference_date,
                starts_on=first.starts_on,
                ends_on=first.ends_on,
            )
        )
    for page in ("invitations", "messages", "verification"):
        assert 'class="empty"' in office.get(f"/office/rounds/TRONG/{page}").text
