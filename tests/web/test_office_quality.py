"""Quality, corrections, versions and re-interviews over HTTP: who enters, what is said, what stays unseen."""

from __future__ import annotations

import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.db import Database
from survey.model import QualityFlag, QualityRun, Reinterview, Revision, Round, Submission
from survey.model.actor import SYSTEM
from survey.operations import forms, quality
from tests.forms.interviews import compiled
from tests.web.office_round import Staffed, send, sign_in


def _page(staffed: Staffed, rest: str) -> str:
    return f"/office/rounds/{staffed.code}{rest}"


def _flags(database: Database, staffed: Staffed) -> None:
    """Let the records of one district be flagged as the same household, and one elsewhere as made at night."""
    with database.transaction() as session:
        round_ = session.get_one(Submission, staffed.records["waiting-here"]).round_id
        given = {"names": ["name"], "places": ["name"], "kinds": ["household"]}
        session.get_one(Round, round_).settings = {"quality": {"duplicate-household": {"parameters": given}}}
        session.flush()
        quality.run(session, SYSTEM, round_)
        there = staffed.records["waiting-there"]
        flag = {"rule": "night", "severity": "warning", "figures": {"time": "22:05"}}
        session.add(QualityFlag(round_id=round_, mark=f"night:{there}:", submission_id=there, **flag))


def test_a_correction_makes_a_version_and_both_stand_side_by_side(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    record = _page(staffed, f"/review/{staffed.records['wrong-here']}")
    page = office.get(f"{record}/correct").text
    assert 'value="99"' in page
    assert "Bí Mật" not in page
    data = {"revision": "1", "a:head/size": "9", "reason": "Gõ nhầm một số 9"}
    assert send(office, f"{record}/correct", f"{record}/correct", **data).status_code == 302
    compared = office.get(f"{record}/versions").text
    assert "<del>99</del>" in compared
    assert "<ins>9</ins>" in compared
    assert "Gõ nhầm một số 9" in compared
    assert f"{record}/versions" in office.get(record).text


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"revision": "1", "a:head/size": "9"}, 400),
        ({"revision": "1", "a:head/size": "99", "reason": "x"}, 400),
        ({"revision": "7", "a:head/size": "9", "reason": "x"}, 409),
    ],
)
def test_a_correction_that_cannot_be_written_comes_back_with_what_was_typed(
    office: FlaskClient, office_database: Database, staffed: Staffed, data: dict[str, str], status: int
) -> None:
    sign_in(office, "supervisor")
    address = _page(staffed, f"/review/{staffed.records['wrong-here']}/correct")
    answer = send(office, address, address, **data)
    assert answer.status_code == status
    assert f'value="{data["a:head/size"]}"' in answer.text
    with office_database.reading() as session:
        query = select(Revision.number).where(Revision.submission_id == staffed.records["wrong-here"])
        assert session.scalars(query).all() == [1]


def test_one_version_alone_cannot_be_compared_and_another_district_is_out_of_reach(
    office: FlaskClient, staffed: Staffed
) -> None:
    sign_in(office, "supervisor")
    assert office.get(_page(staffed, f"/review/{staffed.records['waiting-here']}/versions")).status_code == 404
    there = staffed.records["waiting-there"]
    for rest in ("correct", "versions"):
        assert office.get(_page(staffed, f"/review/{there}/{rest}")).status_code == 404


def test_records_without_findings_are_approved_together_as_many_as_the_page_says(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    sign_in(office, "supervisor")
    queue = _page(staffed, "/review")
    number = re.search(r'name="count" value="(\d+)"', office.get(queue).text)
    assert number is not None
    assert number.group(1) == "1"
    assert send(office, queue, _page(staffed, "/review/approve-clean"), count="1").status_code == 302
    with office_database.reading() as session:
        states = {name: session.get_one(Submission, id_).state for name, id_ in staffed.records.items()}
    assert states["waiting-here"] == "approved"
    assert (states["wrong-here"], states["waiting-there"]) == ("received", "received")


def test_flags_are_listed_on_their_page_the_record_and_the_queue_and_leave_bulk_approval(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    _flags(office_database, staffed)
    sign_in(office, "statistician")
    listed = office.get(_page(staffed, "/quality")).text
    assert listed.count("Trùng hộ") >= 4
    assert "Bí Mật" not in listed
    record = _page(staffed, f"/review/{staffed.records['waiting-here']}")
    assert "Chủ hộ và địa chỉ trùng với" in office.get(record).text
    queue = office.get(_page(staffed, "/review")).text
    assert 'name="count"' not in queue
    assert staffed.records["waiting-here"] in office.get(_page(staffed, "/review?findings=flags")).text
    rows = office.get(_page(staffed, "/quality.csv")).text.splitlines()
    assert len(rows) == 6


def test_a_flag_is_dismissed_with_a_reason_and_opened_again(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    _flags(office_database, staffed)
    sign_in(office, "supervisor")
    page = _page(staffed, "/quality")
    with office_database.reading() as session:
        query = select(QualityFlag.id).where(QualityFlag.submission_id == staffed.records["waiting-here"])
        here = session.scalars(query).one()
        query = select(QualityFlag.id).where(QualityFlag.submission_id == staffed.records["waiting-there"])
        there = session.scalars(query).one()
    assert send(office, page, f"{page}/{here}", reason="").status_code == 302
    assert _state(office_database, here) == "open"
    send(office, page, f"{page}/{here}", reason="Hai anh em cùng tên")
    assert _state(office_database, here) == "dismissed"
    assert "Hai anh em cùng tên" in office.get(f"{page}?state=dismissed").text
    send(office, f"{page}?state=dismissed", f"{page}/{here}", action="reopen")
    assert _state(office_database, here) == "open"
    assert send(office, page, f"{page}/{there}", reason="x").status_code == 404


def _state(database: Database, flag: int) -> str:
    with database.reading() as session:
        return session.get_one(QualityFlag, flag).state


def test_the_page_starts_the_rules_in_a_process_that_finishes_by_itself(
    office: FlaskClient, office_database: Database, staffed: Staffed
) -> None:
    sign_in(office, "statistician")
    page = _page(staffed, "/quality")
    assert send(office, page, f"{page}/run").status_code == 302
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with office_database.reading() as session:
            run = session.scalars(select(QualityRun)).one()
        if run.state != "running":
            break
        time.sleep(0.2)
    assert (run.state, run.records) == ("done", 5)
    assert "5" in office.get(page).text


def test_a_supervisor_does_not_start_the_rules_or_draw(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "supervisor")
    for rest in ("/quality/run", "/reinterviews/draw"):
        assert send(office, _page(staffed, "/quality"), _page(staffed, rest)).status_code == 403


@pytest.fixture
def drawn(office_app: Flask, office_database: Database, staffed: Staffed) -> int:
    """Return the number of the re-interview in the supervisor's district, drawn on the page."""
    with office_database.transaction() as session:
        forms.publish(session, SYSTEM, compiled("reinterview"))
        session.execute(update(Submission).values(outcome="11"))
    boss = sign_in(office_app.test_client(), "statistician")
    page = _page(staffed, "/reinterviews")
    answer = send(boss, page, f"{page}/draw", share="5", least="1", seed="7")
    assert answer.status_code == 302
    with office_database.reading() as session:
        query = select(Reinterview.id).where(Reinterview.enumerator_id == staffed.people["lan"])
        return session.scalars(query).one()


def test_a_re_interview_goes_from_the_draw_to_the_comparison(
    office: FlaskClient, office_database: Database, staffed: Staffed, drawn: int
) -> None:
    page = _page(staffed, "/reinterviews")
    sign_in(office, "supervisor")
    assert f"{page}/{drawn}" in office.get(page).text
    opened = send(office, page, f"{page}/{drawn}")
    assert opened.status_code == 200
    assert 'name="a:visit/contact"' in opened.text
    assert 'name="a:consent_section/consent"' not in opened.text
    met = {"a:visit/reinterview_mode": "1", "a:visit/contact": "10"}
    follows = send(office, page, f"{page}/{drawn}", go="next", **met)
    assert 'name="a:consent_section/consent"' in follows.text
    unfinished = send(office, page, f"{page}/{drawn}", go="send", **met)
    assert 'role="alert"' in unfinished.text
    refused = {"a:visit/reinterview_mode": "1", "a:visit/contact": "21"}
    known = dict(re.findall(r'name="(a:(?:identification|visit)/\w+)" type="text" value="([^"]*)"', opened.text))
    assert send(office, page, f"{page}/{drawn}", go="send", **{**known, **refused}).status_code == 302
    with office_database.reading() as session:
        work = session.get_one(Reinterview, drawn)
        assert work.done_at is not None
        assert session.get_one(Submission, work.result_id).outcome == "21"
    assert office.get(f"{page}.csv").status_code == 200
    assert send(office, page, f"{page}/{drawn}").status_code == 409


def test_a_re_interview_is_given_to_supervisors_only_and_seen_by_the_office_alone(
    office: FlaskClient, office_app: Flask, staffed: Staffed, drawn: int
) -> None:
    page = _page(staffed, "/reinterviews")
    sign_in(office, "supervisor")
    assert send(office, page, f"{page}/{drawn}/assign", account=staffed.people["lan"]).status_code == 404
    assert send(office, page, f"{page}/{drawn}/assign", account=staffed.people["supervisor"]).status_code == 302
    viewer = sign_in(office_app.test_client(), "viewer")
    assert viewer.get(page).status_code == 403
