"""Files on the pages of a questionnaire: chosen, kept, replaced, taken out, looked into, sent with the record."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from survey.config import Config
from survey.db import Database
from survey.model import Attachment, Draft, Round
from survey.model.actor import SYSTEM
from survey.operations import attachments, submissions
from survey.operations.forms import instrument_of
from survey.questionnaire.instance import serialise
from survey.web.fill.uploads import MAX_BYTES, objection_to
from tests.web.filling import Scene, stage
from tests.web.visitor import Visitor, enter

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n"
NAME = "interview-governance-governance_file"


@pytest.fixture
def school(app: Flask, client: FlaskClient) -> Visitor:
    """Return an institution on the page that asks for a file as evidence."""
    database: Database = app.extensions["survey.db"]
    scene: Scene = stage(database)
    visitor = enter(client, scene.codes["institution"])
    visitor.submit("/start").press("next", visit__operating_status="1")
    visitor.press("next", consent_section__consent="1")
    visitor.go("/portal/questionnaire/section/governance")
    visitor.press("next", interview__governance__governance_level="1")
    visitor.go("/portal/questionnaire/section/governance")
    return visitor.press("next", interview__governance__governance_evidence=["2"])


def _choose(visitor: Visitor, name: str, content: bytes, **extra: str) -> Visitor:
    """Press Continue with a file chosen."""
    values = visitor.form()
    data: MultiDict[str, Any] = MultiDict([*values.items(multi=True), *extra.items(), ("_go", "next")])
    data[f"_file:{NAME}"] = (io.BytesIO(content), name)
    visitor._remember(
        visitor.client.post(visitor.path, data=data, content_type="multipart/form-data", follow_redirects=True)
    )
    return visitor


def _draft(app: Flask) -> Draft:
    database: Database = app.extensions["survey.db"]
    with database.reading() as session:
        return session.scalars(select(Draft)).one()


def _answer(app: Flask) -> str:
    return str(_draft(app).answers["interview"]["governance"].get("governance_file", ""))


def test_a_chosen_file_is_stored_under_its_hash_and_named_in_the_answers(
    app: Flask, school: Visitor, config: Config
) -> None:
    assert school.sees(NAME)
    _choose(school, "Quyết định đã ký.pdf", PDF)
    assert _answer(app) == "Quyết định đã ký.pdf"
    note = _draft(app).margin["files"]["Quyết định đã ký.pdf"]
    assert (config.media / note["sha256"][:2] / note["sha256"]).read_bytes() == PDF
    school.go("/portal/questionnaire/section/governance")
    assert "Quyết định đã ký.pdf" in school.field(NAME)


def test_another_file_of_the_same_name_does_not_replace_the_content_of_the_first(app: Flask, school: Visitor) -> None:
    _choose(school, "a.pdf", PDF)
    school.go("/portal/questionnaire/section/governance")
    _choose(school, "a.pdf", PDF + b"2")
    assert _answer(app) not in {"", "a.pdf"}
    assert set(_draft(app).margin["files"]) == {"a.pdf", _answer(app)}


def test_a_file_can_be_taken_out_again(app: Flask, school: Visitor) -> None:
    _choose(school, "a.pdf", PDF)
    school.go("/portal/questionnaire/section/governance")
    values = school.form()
    values[f"_drop:{NAME}"] = "1"
    school.post(school.path, values)
    assert _answer(app) == ""


def test_a_refused_file_says_why_and_the_rest_of_the_page_is_saved(app: Flask, school: Visitor) -> None:
    level = school.form()
    level["interview-governance-governance_level"] = "2"
    data: MultiDict[str, Any] = MultiDict([*level.items(multi=True), ("_go", "next")])
    data[f"_file:{NAME}"] = (io.BytesIO(b"MZ program"), "a.pdf")
    school._remember(school.client.post(school.path, data=data, follow_redirects=True))
    assert "a.pdf" in school.text
    assert _answer(app) == ""
    assert _draft(app).answers["interview"]["governance"]["governance_level"] == "2"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", b""),
        ("a.pdf", b"\x89PNG\r\n\x1a\n"),
        ("a.exe", b"MZ"),
        ("a.html", b"<script>"),
        ("a.pdf", PDF + b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"0" * MAX_BYTES),
    ],
)
def test_what_cannot_be_trusted_is_not_taken(app: Flask, name: str, content: bytes) -> None:
    with app.test_request_context():
        assert objection_to(name, content)
        assert not objection_to("a.pdf", PDF)


def test_a_sent_record_has_its_files(app: Flask, school: Visitor, config: Config) -> None:
    _choose(school, "a.pdf", PDF)
    with app.extensions["survey.db"].transaction() as session:
        draft = session.scalars(select(Draft)).one()
        instrument = instrument_of(session, draft.form_version_id)
        xml = serialise(instrument, draft.answers, instance_id=draft.instance_id)
        receipt = submissions.receive(session, SYSTEM, xml=xml, channel="portal")
        assert receipt.file_names == ("a.pdf",)
        attachments.note(session, receipt.instance_id, draft.margin["files"])
        row = session.scalars(select(Attachment)).one()
        assert (config.media / str(row.sha256)[:2] / str(row.sha256)).read_bytes() == PDF
        assert attachments.missing(session, receipt.instance_id) == ()


def test_a_round_without_photos_offers_no_signature_and_takes_none(app: Flask, school: Visitor) -> None:
    section, name = "/portal/questionnaire/section/closing", "closing-signature"
    assert f"_file:{name}" in school.go(section).text
    with app.extensions["survey.db"].transaction() as session:
        session.execute(update(Round).values(photo_policy="off"))
    assert f"_file:{name}" not in school.go(section).text
    data: MultiDict[str, Any] = MultiDict([*school.form().items(multi=True), ("_go", "next")])
    data[f"_file:{name}"] = (io.BytesIO(b"\x89PNG\r\n\x1a\n"), "chu-ky.png")
    school.client.post(school.path, data=data, content_type="multipart/form-data", follow_redirects=True)
    assert not _draft(app).margin.get("files")
    school.go("/portal/questionnaire/section/governance")
    assert f"_file:{NAME}" in school.text
