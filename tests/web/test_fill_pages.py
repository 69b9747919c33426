"""Pages of a questionnaire without scripts: relevance after Continue, messages, rosters, conflicts, expiry, sending."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.db import Database
from survey.model import Draft, Revision, Submission
from tests.web.filling import PASSWORD, Scene, stage
from tests.web.visitor import Visitor, enter, sign_in

HOUSE, ROW, AGED = "interview__household__", "interview__member__0__", "interview__member__0__aged_15__"


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
def interviewer(client: FlaskClient, scene: Scene) -> Visitor:
    """Return an enumerator on the first page of an interview."""
    visitor = sign_in(client, "dieutra", PASSWORD).go(f"/field/areas/{scene.area}")
    return visitor.submit(f"/households/{scene.households[0]}/start")


def to_members(visitor: Visitor, count: str = "3") -> Visitor:
    """Go through the first sections to the roster."""
    visitor.press()
    visitor.press(visit__visit_no="1", visit__contact="10")
    visitor.press(consent_section__consent="1").press(consent_section__consent_sensitive="1")
    visitor.press(**{f"{HOUSE}member_count": count, f"{HOUSE}fibre_used": "1", f"{HOUSE}devices": ["1", "4"]})
    return visitor.press(**{f"{HOUSE}isp": "1"})


def test_an_interview_starts_with_what_the_frame_knows(interviewer: Visitor) -> None:
    assert interviewer.part == "identification"
    assert "Thành phố Vị Thanh" in interviewer.field("identification-old_district")
    assert 'value="Nguyễn Văn An"' in interviewer.field("identification-head_name")


def test_continue_shows_what_became_visible_before_going_on(interviewer: Visitor) -> None:
    interviewer.press()
    assert not interviewer.sees("visit-contact_note")
    interviewer.press(visit__visit_no="1", visit__contact="22")
    assert interviewer.part == "visit"
    assert interviewer.sees("visit-contact_note")
    assert "mở thêm câu hỏi" in interviewer.text
    assert interviewer.press().part == "closing"


def test_a_household_not_met_needs_no_more_than_the_visit(interviewer: Visitor, database: Database) -> None:
    interviewer.press().press(visit__visit_no="3", visit__contact="22").press().press("check")
    assert "Phiếu đã đủ câu trả lời" in interviewer.text
    interviewer.submit("/send")
    assert "hệ thống nhận lúc" in interviewer.text
    with database.reading() as session:
        revision = session.scalars(select(Revision)).one()
        answers = session.scalar(select(Revision.answers))
        assert revision.channel == "field"
        assert answers is not None
        assert answers["closing"]["result_code"] == "22"
        assert "interview" not in answers


def test_three_members_are_asked_what_their_age_allows(interviewer: Visitor) -> None:
    to_members(interviewer)
    assert interviewer.text.count("person__open") == 3
    interviewer.press()
    assert interviewer.heading == "Thành viên thứ 1"
    adult = {f"{ROW}sex": "1", f"{ROW}birth_month": "5", f"{ROW}birth_year": "1980", f"{ROW}relationship": "1"}
    interviewer.press(**{f"{ROW}member_name": "Nguyễn Văn An", f"{ROW}answered_by": "1"}, **adult)
    assert interviewer.heading == "Nguyễn Văn An"
    assert interviewer.sees("interview-member-0-aged_15-smartphone")
    assert not interviewer.sees("interview-member-0-aged_15-job-job_title")
    assert "Nguyễn Văn An có điện thoại thông minh" in interviewer.text
    interviewer.press("next", **{f"{AGED}work_7d": "1"})
    assert interviewer.sees("interview-member-0-aged_15-job-job_title")
    interviewer.press()
    assert interviewer.heading == "Thành viên thứ 2"
    child = {f"{ROW}sex": "2", f"{ROW}birth_month": "9", f"{ROW}birth_year": "2020", f"{ROW}relationship": "3"}
    interviewer.press(**{f"{ROW}member_name": "Nguyễn Minh", f"{ROW}answered_by": "2"}, **child)
    assert not interviewer.sees("interview-member-0-aged_15-smartphone")
    assert interviewer.sees("interview-member-0-all_ages-health_record")


def test_cards_are_named_by_the_person_and_can_be_added_and_removed(interviewer: Visitor) -> None:
    to_members(interviewer, "2").press()
    interviewer.press(
        "back", **{f"{ROW}member_name": "Trần Thị Bé", f"{ROW}birth_month": "1", f"{ROW}birth_year": "1990"}
    )
    assert "Trần Thị Bé" in interviewer.text
    assert "36 tuổi" in interviewer.text
    key = interviewer.text.split('value="remove:')[1].split('"')[0]
    interviewer.press("add:interview/member")
    assert interviewer.heading == "Thành viên thứ 3"
    interviewer.press("back").press(f"remove:{key}")
    assert interviewer.heading == "Xóa Trần Thị Bé?"
    interviewer.post(interviewer.path, _pressed(interviewer, f"removed:{key}"))
    assert interviewer.part == "member"
    assert "Trần Thị Bé" not in interviewer.text
    assert interviewer.text.count("person__open") == 2
    assert 'value="2"' in interviewer.go(interviewer.path.replace("member", "household")).field(
        "interview-household-member_count"
    )


def _pressed(visitor: Visitor, button: str) -> object:
    values = visitor.form("")
    values["_go"] = button
    return values


def test_a_broken_rule_is_said_at_the_field_and_what_was_typed_stays(interviewer: Visitor) -> None:
    interviewer.press().press(visit__visit_no="99", visit__contact="10")
    assert interviewer.status == 422
    field = interviewer.field("visit-visit_no")
    assert "Số lần đến hộ từ 1 đến 20." in field
    assert 'value="99"' in field
    assert 'aria-invalid="true"' in field
    assert 'href="#q-visit-visit_no"' in interviewer.text
    assert interviewer.press("skip").part == "consent_section"


def test_a_text_that_is_no_number_is_kept_and_answered_with_a_question(interviewer: Visitor) -> None:
    interviewer.press().press(visit__visit_no="1.5", visit__contact="10")
    assert interviewer.status == 422
    assert "1,5 hay 15?" in interviewer.field("visit-visit_no")
    interviewer.go(interviewer.path)
    assert 'value="1.5"' in interviewer.field("visit-visit_no")
    interviewer.press("check")
    assert "1,5 hay 15?" in interviewer.text
    assert "Gửi phiếu" not in interviewer.text


def test_an_unlikely_answer_asks_for_a_reason_which_is_recorded(interviewer: Visitor, database: Database) -> None:
    interviewer.press().press(visit__visit_no="7", visit__contact="22")
    assert "Đến hộ trên 5 lần" in interviewer.field("visit-visit_no")
    interviewer.press().press("check")
    assert "chưa nêu lý do" in interviewer.text
    assert interviewer.submit("/send").status == 422
    interviewer.go(interviewer.path.replace("send", "section/visit"))
    interviewer.press(visit__visit_no_reason="Hộ đi ghe, về trễ").press("check").submit("/send")
    with database.reading() as session:
        findings = session.scalar(select(Revision.findings))
        assert [(f["code"], f["reason"]) for f in findings or []] == [("warning", "Hộ đi ghe, về trễ")]


def test_errors_are_gathered_at_the_end_each_a_way_to_its_field(interviewer: Visitor) -> None:
    interviewer.press("check")
    assert "còn thiếu hoặc chưa đúng" in interviewer.text
    address = next(a for a in _links(interviewer) if a.endswith("#q-visit-contact"))
    interviewer.go(address.split("#")[0])
    assert "Cần có câu trả lời." in interviewer.field("visit-contact")
    assert 'id="q-visit-contact"' in interviewer.text


def _links(visitor: Visitor) -> list[str]:
    return [piece.split('"')[0].replace("&amp;", "&") for piece in visitor.text.split('href="')[1:]]


def test_two_tabs_see_both_values_and_nothing_is_lost(interviewer: Visitor, app: Flask) -> None:
    interviewer.press()
    other = sign_in(app.test_client(), "dieutra", PASSWORD).go(interviewer.path)
    other.press(visit__visit_no="2", visit__contact="10")
    interviewer.press(visit__visit_no="3", visit__contact="10")
    assert interviewer.status == 409
    field = interviewer.field("visit-visit_no")
    assert "người khác đã đổi" in field
    assert "<dd>2</dd>" in field
    assert 'value="3"' in field
    interviewer.press()
    assert interviewer.part == "consent_section"
    assert 'value="3"' in other.go(interviewer.path.replace("consent_section", "visit")).field("visit-visit_no")


def test_the_stored_value_can_be_kept_in_a_conflict(interviewer: Visitor, app: Flask) -> None:
    interviewer.press()
    other = sign_in(app.test_client(), "dieutra", PASSWORD).go(interviewer.path)
    other.press(visit__visit_no="2", visit__contact="10")
    interviewer.press(visit__visit_no="3", visit__contact="10").press(_theirs="visit-visit_no")
    assert 'value="2"' in other.go(interviewer.path.replace("consent_section", "visit")).field("visit-visit_no")


def test_a_stale_page_changes_only_what_was_typed_on_it(interviewer: Visitor, app: Flask) -> None:
    interviewer.press()
    other = sign_in(app.test_client(), "dieutra", PASSWORD).go(interviewer.path)
    other.press(visit__contact="22")
    interviewer.press("skip", visit__visit_no="1")
    again = other.go(interviewer.path.replace(interviewer.part, "visit"))
    assert again.form()["visit-contact"] == "22"
    assert again.form()["visit-visit_no"] == "1"


def test_a_script_is_told_what_was_saved_and_what_clashed(interviewer: Visitor, app: Flask) -> None:
    interviewer.press()
    other = sign_in(app.test_client(), "dieutra", PASSWORD).go(interviewer.path)
    interviewer.press(json=True, visit__visit_no="2", visit__contact="10", _base=json.dumps({"visit-visit_no": ""}))
    assert interviewer.answer.json["written"] == ["visit-visit_no"]
    assert interviewer.answer.json["conflicts"] == []
    other.press(json=True, visit__visit_no="4", _base=json.dumps({"visit-visit_no": ""}))
    assert other.answer.status_code == 409
    assert other.answer.json["conflicts"] == [{"name": "visit-visit_no", "stored": "2", "value": "2"}]
    assert other.go(other.path).form().get("visit-contact") is None


def test_a_locked_answer_stays_whatever_is_posted(interviewer: Visitor, database: Database) -> None:
    base = {**json.loads(interviewer.form()["_base"])}
    interviewer.press(identification__ea_code="99999", identification__hamlet="Ấp 2", _base=json.dumps(base))
    with database.reading() as session:
        assert session.scalars(select(Draft)).one().answers["identification"]["ea_code"] == "31318-01"


def test_an_expired_page_comes_back_with_what_was_typed(interviewer: Visitor) -> None:
    interviewer.press()
    interviewer.press(csrf_token="old", visit__visit_no="4", visit__contact="10")
    assert interviewer.status == 400
    assert 'value="4"' in interviewer.field("visit-visit_no")
    assert "hết hạn" in interviewer.text
    assert interviewer.press().part == "consent_section"


def test_an_expired_token_of_a_script_is_answered_with_a_fresh_one(interviewer: Visitor) -> None:
    interviewer.press().press(json=True, csrf_token="old", visit__visit_no="4")
    assert interviewer.answer.status_code == 400
    fresh = interviewer.answer.json["csrf"]
    interviewer.press(json=True, csrf_token=fresh, visit__visit_no="4")
    assert interviewer.answer.status_code == 200


def test_a_session_that_ended_keeps_the_text_until_one_is_back(interviewer: Visitor, client: FlaskClient) -> None:
    interviewer.press()
    before = interviewer.path
    client.delete_cookie("session")
    interviewer.press(visit__visit_no="4", visit__contact="10")
    assert interviewer.status == 401
    assert "không mất" in interviewer.text
    kept = interviewer.form("")
    assert kept["visit-visit_no"] == "4"
    sign_in(client, "dieutra", PASSWORD)
    interviewer.post(before, kept)
    assert interviewer.part == "consent_section"


def test_a_colleague_without_the_area_is_refused(interviewer: Visitor, app: Flask) -> None:
    stranger = sign_in(app.test_client(), "nguoila", PASSWORD).go(interviewer.path)
    assert stranger.status == 403
    assert "Nguyễn Văn An" not in stranger.text


def test_what_does_not_exist_is_a_clear_page(interviewer: Visitor) -> None:
    place = interviewer.path
    assert interviewer.go(place.replace("identification", "nothing")).status == 200
    assert interviewer.part.startswith("/field/areas/")
    assert interviewer.go("/field/interviews/no-such-draft/section/visit").status == 404


def test_a_double_click_sends_once(interviewer: Visitor, database: Database) -> None:
    interviewer.press().press(visit__visit_no="3", visit__contact="41").press().press("check")
    again = Visitor(interviewer.client)
    again.page, again.path = interviewer.page, interviewer.path
    interviewer.submit("/send")
    assert "hệ thống nhận lúc" in again.submit("/send").text
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 1


def test_pages_speak_the_other_language_of_the_questionnaire(interviewer: Visitor) -> None:
    interviewer.go(f"{interviewer.path.replace('identification', 'visit')}?lang=en")
    assert "Which visit to the household is this?" in interviewer.text
    assert "Continue" in interviewer.text


def test_the_rules_for_scripts_are_cached_for_good(client: FlaskClient, scene: Scene) -> None:
    visitor = enter(client, scene.codes["enterprise"]).submit("/start")
    address = json.loads(visitor.text.split('id="state">')[1].split("</script>")[0])["model"]
    answer = client.get(address)
    assert answer.json["form"] == "ktxhs_dn"
    assert "immutable" in answer.headers["Cache-Control"]
