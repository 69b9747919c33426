"""The office over HTTP: who sees what, assigning, reviewing, administering."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.db import Database
from survey.model import Account, Assignment, AuditEvent, Grant, ReviewEvent, Round, Submission
from tests.web.office_round import PASSWORD, Staffed, send, sign_in


def _round(staffed: Staffed, page: str = "") -> str:
    return f"/office/rounds/{staffed.code}{page}"


SECTIONS = ("/overview", "/fieldwork", "/review", "/results", "")


@pytest.mark.parametrize("page", SECTIONS)
def test_every_section_opens_for_the_administrator(office: FlaskClient, staffed: Staffed, page: str) -> None:
    answer = sign_in(office, "admin").get(_round(staffed, page))
    assert answer.status_code == 200
    assert answer.text.count('aria-current="page"') >= 1


@pytest.mark.parametrize("page", [*SECTIONS, "/review.csv", "/areas.csv"])
def test_enumerators_do_not_enter_the_office(office: FlaskClient, staffed: Staffed, page: str) -> None:
    assert sign_in(office, "lan").get(_round(staffed, page)).status_code == 403


@pytest.mark.parametrize(
    "page", ["/office/system", "/office/system/log", "/office/system/accounts/1", "/office/rounds/new"]
)
@pytest.mark.parametrize("username", ["statistician", "supervisor", "viewer"])
def test_only_administrators_enter_the_system(office: FlaskClient, staffed: Staffed, page: str, username: str) -> None:
    assert sign_in(office, username).get(page).status_code == 403


def test_a_viewer_sees_progress_but_no_record(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "viewer")
    page = office.get(_round(staffed, "/overview")).text
    assert _round(staffed, "/review") not in page
    assert office.get(_round(staffed, "/review")).status_code == 403
    assert office.get(_round(staffed, f"/review/{staffed.records['waiting-here']}")).status_code == 403


def test_the_office_opens_at_the_round_in_sight(office: FlaskClient, staffed: Staffed) -> None:
    assert sign_in(office, "supervisor").get("/office/").location == _round(staffed, "/overview")
    assert office.get("/office/go/review").location == _round(staffed, "/review")
    assert office.get("/office/go/nowhere").status_code == 404


def test_a_round_that_does_not_exist_is_not_found(office: FlaskClient, staffed: Staffed) -> None:
    assert sign_in(office, "admin").get("/office/rounds/KHONG-CO/overview").status_code == 404


def test_a_supervisor_sees_only_the_own_district(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    for page in ("/overview", "/fieldwork", "/review?state=all"):
        text = office.get(_round(staffed, page)).text
        assert staffed.here.name in text, page
        assert f"{staffed.there.name}<" not in text, page
    for page in ("/areas.csv", "/review.csv?state=all", "/progress-district.csv"):
        text = office.get(_round(staffed, page)).text
        assert staffed.here.name in text, page
        assert staffed.there.name not in text, page


def test_what_lies_outside_the_district_does_not_exist(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    record = staffed.records["waiting-there"]
    assert office.get(_round(staffed, f"/review/{record}")).status_code == 404
    assert office.get(_round(staffed, f"/fieldwork/{staffed.areas[staffed.there.code]}")).status_code == 404
    act = {"action": "approve", "revision": "1"}
    page = _round(staffed, "/fieldwork")
    assert send(office, page, _round(staffed, f"/review/{record}"), **act).status_code == 404
    assert send(office, page, _round(staffed, f"/review/{record}/identity")).status_code == 404


def test_areas_are_given_in_bulk(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    sign_in(office, "admin")
    areas = list(staffed.areas.values())
    answer = send(
        office,
        _round(staffed, "/fieldwork"),
        _round(staffed, "/fieldwork/assign"),
        area=areas,
        enumerator=staffed.people["an"],
        query="district=930",
    )
    assert answer.location == _round(staffed, "/fieldwork?district=930")
    assert "Đã giao 2 địa bàn cho Nguyễn Văn An" in office.get(answer.location).text
    with office_database.reading() as session:
        held = session.scalars(select(Assignment.account_id).where(Assignment.ended_at.is_(None)))
        assert set(held) == {staffed.people["an"]}


def test_areas_outside_the_district_cannot_be_given(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    page, address = _round(staffed, "/fieldwork"), _round(staffed, "/fieldwork/assign")
    theirs = staffed.areas[staffed.there.code]
    assert send(office, page, address, area=theirs, enumerator=staffed.people["an"]).status_code == 403
    own = staffed.areas[staffed.here.code]
    assert send(office, page, address, area=own, enumerator=staffed.people["viewer"]).status_code == 403
    assert send(office, page, address, area=own, enumerator=staffed.people["an"]).status_code == 302


def test_assigning_nothing_says_what_is_missing(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    answer = send(office, _round(staffed, "/fieldwork"), _round(staffed, "/fieldwork/assign"), enumerator="")
    assert "banner--caution" in office.get(answer.location).text


def test_a_record_shows_answers_and_findings_but_no_name(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    text = office.get(_round(staffed, f"/review/{staffed.records['wrong-here']}")).text
    assert 'id="a-head-size"' in text
    assert 'href="#a-head-size"' in text
    assert "Từ 1 đến 30 người" in text
    assert "Bí Mật" not in text
    assert "Chủ hộ" not in text


def test_names_are_shown_on_request_and_the_reading_is_logged(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "supervisor")
    address = _round(staffed, f"/review/{staffed.records['wrong-here']}")
    answer = send(office, address, f"{address}/identity")
    assert answer.status_code == 200
    assert "Bí Mật" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    with office_database.reading() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "identity.read")).one()
    assert event.actor == f"account:{staffed.people['supervisor']}"
    assert event.subject_id == staffed.records["wrong-here"]


def test_a_statistician_never_sees_names(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    sign_in(office, "statistician")
    address = _round(staffed, f"/review/{staffed.records['wrong-here']}")
    assert "/identity" not in office.get(address).text
    assert send(office, address, f"{address}/identity").status_code == 403
    with office_database.reading() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "identity.read")).all() == []


def _decide(office: FlaskClient, staffed: Staffed, name: str, query: str = "", **data: object):  # type: ignore[no-untyped-def]
    address = _round(staffed, f"/review/{staffed.records[name]}")
    return send(office, address, address + query, **{"revision": "1", **data})


def _state(office_database: Database, staffed: Staffed, name: str) -> str:
    with office_database.reading() as session:
        return session.get_one(Submission, staffed.records[name]).state


def test_approving_leads_to_the_next_record_of_the_same_queue(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "supervisor")
    first = _decide(office, staffed, "waiting-here", "?kind=household", action="approve")
    assert first.location == _round(staffed, f"/review/{staffed.records['wrong-here']}?kind=household")
    assert _state(office_database, staffed, "waiting-here") == "approved"
    last = _decide(office, staffed, "wrong-here", "?kind=household", action="approve")
    assert last.location == _round(staffed, "/review?kind=household")


def test_a_return_keeps_its_remarks_at_the_fields(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "supervisor")
    remarks = {"remark:head/size": "Hỏi lại số người", "remark:head/photo": " "}
    assert _decide(office, staffed, "wrong-here", action="return", remark="", **remarks).status_code == 302
    assert _state(office_database, staffed, "wrong-here") == "returned"
    with office_database.reading() as session:
        query = select(ReviewEvent.remarks).where(ReviewEvent.submission_id == staffed.records["wrong-here"])
        assert session.scalars(query).one() == {"head/size": "Hỏi lại số người"}
    page = office.get(_round(staffed, f"/review/{staffed.records['wrong-here']}")).text
    assert "Hỏi lại số người" in page


def test_a_return_without_a_remark_is_refused_and_keeps_what_was_typed(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "supervisor")
    refused = _decide(office, staffed, "wrong-here", action="reject", remark="", **{"remark:head/size": "Sai rồi"})
    assert refused.status_code == 400
    assert "Sai rồi" in refused.text
    assert 'role="alert"' in refused.text
    assert _state(office_database, staffed, "wrong-here") == "received"


def test_a_decision_about_an_older_version_is_refused(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "supervisor")
    assert _decide(office, staffed, "waiting-here", action="approve", revision="0").status_code == 409
    assert _state(office_database, staffed, "waiting-here") == "received"


def test_an_unknown_act_changes_nothing(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    sign_in(office, "supervisor")
    assert _decide(office, staffed, "waiting-here", action="burn").status_code == 400
    assert _state(office_database, staffed, "waiting-here") == "received"


@pytest.mark.parametrize(
    "query", ["state=zzz&kind=zzz&findings=zzz&order=zzz&page=zzz", "page=999", "district=999&q=%27%25_"]
)
def test_odd_filters_in_the_address_do_no_harm(office: FlaskClient, staffed: Staffed, query: str) -> None:
    assert sign_in(office, "admin").get(_round(staffed, f"/review?{query}")).status_code == 200


def test_filters_stay_in_the_links_of_the_queue(office: FlaskClient, staffed: Staffed) -> None:
    text = sign_in(office, "admin").get(_round(staffed, "/review?kind=household&q=lan")).text
    assert f"{staffed.records['wrong-here']}?kind=household&amp;q=lan" in text
    assert "/review.csv?kind=household&amp;q=lan" in text


def test_a_file_opens_in_a_spreadsheet_and_runs_nothing(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    with office_database.transaction() as session:
        session.get_one(Account, staffed.people["lan"]).name = "=1+1"
    answer = sign_in(office, "admin").get(_round(staffed, "/areas.csv"))
    assert answer.data.startswith("\ufeff".encode())
    assert "'=1+1" in answer.text
    assert answer.mimetype == "text/csv"


def test_a_round_is_created_and_opened(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    sign_in(office, "admin")
    typed = {"code": "DOT-2", "title": "Đợt hai", "reference_date": "2027-01-01", "starts_on": "2027-01-02"}
    wrong = send(office, "/office/rounds/new", "/office/rounds/new", **typed, ends_on="2026-12-31")
    assert wrong.status_code == 400
    assert 'value="Đợt hai"' in wrong.text
    assert 'aria-describedby="ends_on-error"' in wrong.text
    made = send(office, "/office/rounds/new", "/office/rounds/new", **typed, ends_on="2027-02-01")
    assert made.location == "/office/rounds/DOT-2"
    twice = send(office, "/office/rounds/new", "/office/rounds/new", **typed, ends_on="2027-02-01")
    assert twice.status_code == 409
    opened = send(office, "/office/rounds/DOT-2", "/office/rounds/DOT-2/state", state="open")
    assert opened.status_code == 302
    refused = send(office, "/office/rounds/DOT-2", "/office/rounds/DOT-2/state", state="archived")
    assert refused.status_code == 400
    with office_database.reading() as session:
        assert session.scalars(select(Round.state).where(Round.code == "DOT-2")).one() == "open"
    assert office.get("/office/rounds/DOT-2/overview").status_code == 200


def test_a_supervisor_does_not_change_the_state_of_a_round(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    address = _round(staffed, "/state")
    assert send(office, _round(staffed), address, state="closed").status_code == 403


def test_an_account_is_made_given_a_role_and_locked(
    office_app: Flask, office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "admin")
    new = {"username": "hoa", "name": "Lý Thị Hoa", "email": ""}
    made = send(office, "/office/system/accounts/new", "/office/system/accounts/new", **new)
    with office_database.reading() as session:
        hoa_id = session.scalars(select(Account.id).where(Account.username == "hoa")).one()
    page = f"/office/system/accounts/{hoa_id}"
    link = made.text.split("<code>http://localhost")[1].split("</code>")[0]
    set_first = send(office_app.test_client(), link, link, new=PASSWORD, again=PASSWORD)
    assert set_first.status_code == 302
    grant = {"role": "viewer", "round": str(staffed.round_id), "area": staffed.here.code}
    assert send(office, page, f"{page}/grants", **grant).status_code == 302
    hoa = sign_in(office_app.test_client(), "hoa")
    assert staffed.there.name not in hoa.get(_round(staffed, "/overview")).text
    assert send(office, page, f"{page}/state", state="locked").status_code == 302
    assert hoa.get(_round(staffed, "/overview")).status_code == 302
    with office_database.reading() as session:
        held = session.scalars(select(Grant).where(Grant.role == "viewer", Grant.area_code == staffed.here.code)).one()
    assert send(office, page, f"{page}/grants/{held.id}/revoke").status_code == 302
    with office_database.reading() as session:
        assert session.get(Grant, held.id) is None


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({"username": "admin", "name": "Ai Đó"}, 409),
        ({"username": "có dấu", "name": "Ai Đó"}, 400),
        ({"username": "aido", "name": ""}, 400),
    ],
)
def test_an_account_that_cannot_be_made_says_why(
    office: FlaskClient, staffed: Staffed, typed: dict[str, str], status: int
) -> None:
    sign_in(office, "admin")
    answer = send(office, "/office/system/accounts/new", "/office/system/accounts/new", **typed)
    assert answer.status_code == status
    assert f'value="{typed["username"]}"' in answer.text


def test_administrators_do_not_lock_themselves_out(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    page = f"/office/system/accounts/{staffed.people['admin']}"
    assert send(office, page, f"{page}/state", state="locked").status_code == 403


def test_a_new_password_by_the_administrator_ends_the_sessions(
    office_app: Flask, office: FlaskClient, staffed: Staffed
) -> None:
    sign_in(office, "admin")
    viewer = sign_in(office_app.test_client(), "viewer")
    page = f"/office/system/accounts/{staffed.people['viewer']}"
    assert send(office, page, f"{page}/password", password="ngắn").status_code == 400
    assert send(office, page, f"{page}/password", password="mật khẩu được cấp lại").status_code == 302
    assert viewer.get("/auth/account").status_code == 302


def test_a_grant_of_another_account_is_not_revoked_through_this_one(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "admin")
    with office_database.reading() as session:
        theirs = session.scalars(select(Grant.id).where(Grant.account_id == staffed.people["viewer"])).one()
    page = f"/office/system/accounts/{staffed.people['supervisor']}"
    assert send(office, page, f"{page}/grants/{theirs}/revoke").status_code == 404


def test_the_log_is_searched_on_its_page(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    text = office.get(f"/office/system/log?action=submission.return&account={staffed.people['statistician']}").text
    assert "trả lại phiếu" in text
    assert "Không có sự kiện nào phù hợp" in office.get("/office/system/log?since=2099-01-01").text
    assert office.get("/office/system/log?since=hôm-nay&account=x&page=x").status_code == 200


def test_pages_hold_no_inline_script_or_style(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    record = f"/review/{staffed.records['wrong-here']}"
    for page in (*(_round(staffed, section) for section in (*SECTIONS, record)), "/office/system", "/auth/account"):
        text = office.get(page).text
        assert " style=" not in text, page
        assert "<style" not in text, page
        assert " on" not in {part[:3] for part in text.split("<script")[1:]}, page
        assert all(" src=" in part.split(">")[0] for part in text.split("<script")[1:]), page


def test_a_synthetic_round_says_so_on_every_page(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    with office_database.transaction() as session:
        session.get_one(Round, staffed.round_id).is_synthetic = True
    sign_in(office, "admin")
    record = f"/review/{staffed.records['wrong-here']}"
    for page in (*SECTIONS, record, f"/fieldwork/{staffed.areas[staffed.here.code]}"):
        assert "Dữ liệu mô phỏng" in office.get(_round(staffed, page)).text, page
