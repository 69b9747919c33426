"""The enumerator's pages: areas with counts, households, the result of a visit, returned questionnaires."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import AuditEvent, Submission
from survey.operations import review
from tests.web.filling import PASSWORD, Scene, reviewer, stage
from tests.web.visitor import Visitor, sign_in


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
def enumerator(client: FlaskClient, scene: Scene) -> Visitor:
    """Return an enumerator at the first page."""
    return sign_in(client, "dieutra", PASSWORD).go("/field/")


def record_visit(visitor: Visitor, scene: Scene, contact: str = "41") -> Visitor:
    """Send the questionnaire of the first household with nothing but the result of the visit."""
    visitor.go(f"/field/areas/{scene.area}").submit(f"/households/{scene.households[0]}/start", at="contact")
    visitor.press(visit__visit_no="1", visit__contact=contact).press().press("check")
    return visitor.submit("/send")


def counts(visitor: Visitor) -> list[str]:
    """Return done, due and returned as the area card shows them."""
    card = visitor.text.split('class="visit__counts"')[1].split("</ul>")[0]
    return [piece.split("</strong>")[0] for piece in card.split("<strong>")[1:]]


def test_the_first_page_counts_what_is_done_due_and_returned(enumerator: Visitor) -> None:
    assert "Ấp Thạnh Hòa 1" in enumerator.text
    assert counts(enumerator) == ["0", "2", "0"]


def test_an_enumerator_sees_the_areas_that_they_hold_and_no_other(scene: Scene, app: Flask) -> None:
    stranger = sign_in(app.test_client(), "nguoila", PASSWORD).go("/field/")
    assert "chưa được giao địa bàn" in stranger.text
    assert stranger.go(f"/field/areas/{scene.area}").status == 404


def test_a_supervisor_sees_the_areas_of_the_round(scene: Scene, app: Flask) -> None:
    supervisor = sign_in(app.test_client(), "giamsat", PASSWORD).go("/field/")
    assert "Ấp Thạnh Hòa 1" in supervisor.text


def test_reading_the_names_of_households_is_recorded(enumerator: Visitor, scene: Scene, database: Database) -> None:
    enumerator.go(f"/field/areas/{scene.area}")
    assert "Nguyễn Văn An" in enumerator.text
    assert "Trần Thị Bé" in enumerator.text
    with database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "area.read")).one()
        assert event.actor == f"account:{scene.enumerator}"


def test_a_household_not_interviewed_is_one_page_and_the_sending(
    enumerator: Visitor, scene: Scene, database: Database
) -> None:
    record_visit(enumerator, scene)
    assert enumerator.path == f"/field/areas/{scene.area}"
    assert "Đã gửi" in enumerator.text
    assert counts(enumerator.go("/field/")) == ["1", "1", "0"]
    with database.reading() as session:
        assert session.scalars(select(Submission)).one().sample_unit_id == scene.households[0]


def test_an_interview_begun_is_gone_on_with(enumerator: Visitor, scene: Scene) -> None:
    start = f"/households/{scene.households[0]}/start"
    enumerator.go(f"/field/areas/{scene.area}").submit(start).press().press("home", visit__visit_no="2")
    assert "Đang làm" in enumerator.text
    enumerator.submit(start)
    assert enumerator.part == "visit"
    assert enumerator.form()["visit-visit_no"] == "2"
    assert "1 phiếu đang làm, chưa gửi" in enumerator.go("/field/").text


def test_a_returned_questionnaire_comes_first_with_its_remarks_at_the_field(
    enumerator: Visitor, scene: Scene, database: Database
) -> None:
    record_visit(enumerator, scene)
    with database.transaction() as session:
        record = session.scalars(select(Submission)).one()
        review.return_for_correction(
            session,
            reviewer(scene),
            record.id,
            expected_revision=1,
            remark="Nhà có người ở",
            remarks={"visit/contact": "Hàng xóm nói hộ đi làm xa"},
        )
    assert counts(enumerator.go("/field/")) == ["0", "1", "1"]
    enumerator.go(f"/field/areas/{scene.area}")
    assert "Nhà có người ở" in enumerator.text
    enumerator.submit(f"/households/{scene.households[0]}/start", at="contact")
    assert "Hàng xóm nói hộ đi làm xa" in enumerator.field("visit-contact")
    enumerator.press(visit__contact="22").press("check").submit("/send")
    with database.reading() as session:
        corrected = session.scalars(select(Submission)).one()
        assert (corrected.revision_count, corrected.state) == (2, "received")


def test_the_office_has_no_business_on_the_field_pages(scene: Scene, client: FlaskClient) -> None:
    assert Visitor(client).go("/field/").path == "/auth/sign-in"
