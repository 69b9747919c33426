"""The page of control totals: what it shows, a file handed in, faults said on the page, who may do what."""

from __future__ import annotations

import io

from flask.testing import FlaskClient

from survey.db import Database
from survey.query import control_totals as reads
from tests.web.office_round import Staffed, sign_in, token_in

GOOD = """table,margin,category,value
member,sex,Nam,500
member,sex,Nữ,480
member,urban_old,urban,300
member,urban_old,rural,700
"""
ROBOT = "table,margin,category,value\nmember,sex,Robot,1\n"


def _upload(browser: FlaskClient, staffed: Staffed, content: str, **fields: str):  # type: ignore[no-untyped-def]
    address = f"/office/rounds/{staffed.code}/control-totals"
    page = browser.get(address).text
    data = {"csrf_token": token_in(page), "file": (io.BytesIO(content.encode()), "totals.csv"), **fields}
    return browser.post(address, data=data, content_type="multipart/form-data")


def test_without_totals_the_page_says_that_runs_are_not_calibrated(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    page = office.get(f"/office/rounds/{staffed.code}/control-totals?lang=en").text
    assert "No totals have been entered" in page
    assert "not calibrated" in page


def test_a_file_is_taken_in_and_margins_that_differ_are_named(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "statistician")
    answer = _upload(office, staffed, GOOD, source="Cục Thống kê", as_of="2026-04-01")
    assert answer.status_code == 302
    with office_database.reading() as session:
        found = reads.entered(session, staffed.round_id)
    assert {(each.margin, each.category): each.value for each in found}["sex", "female"] == 480
    page = office.get(f"/office/rounds/{staffed.code}/control-totals?lang=en").text
    assert "20 too few" in page
    assert "Cục Thống kê" in page


def test_a_fault_is_said_on_the_page_and_nothing_is_written(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "statistician")
    answer = _upload(office, staffed, ROBOT, source="x", as_of="2026-04-01")
    assert answer.status_code == 400
    assert "Robot" in answer.text
    assert _upload(office, staffed, GOOD, as_of="2026-04-01").status_code == 400
    assert _upload(office, staffed, GOOD, source="x", as_of="never").status_code == 400
    with office_database.reading() as session:
        assert reads.entered(session, staffed.round_id) == ()


def test_a_margin_is_removed(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    sign_in(office, "statistician")
    _upload(office, staffed, GOOD, source="x", as_of="2026-04-01")
    address = f"/office/rounds/{staffed.code}/control-totals"
    data = {"csrf_token": token_in(office.get(address).text), "table": "member", "margin": "sex"}
    assert office.post(f"{address}/remove", data=data).status_code == 302
    with office_database.reading() as session:
        assert {each.margin for each in reads.entered(session, staffed.round_id)} == {"urban_old"}


def test_who_only_reads_sees_the_totals_and_no_form(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "viewer")
    page = office.get(f"/office/rounds/{staffed.code}/control-totals")
    assert page.status_code == 200
    assert 'type="file"' not in page.text


def test_the_template_has_a_line_for_every_category(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    found = office.get(f"/office/rounds/{staffed.code}/control-totals/template-member.csv")
    lines = found.data.decode("utf-8-sig").strip().splitlines()
    assert len(lines) == 1 + sum(len(reads.CATEGORIES[margin]()) for margin in reads.MARGINS["member"])
    assert office.get(f"/office/rounds/{staffed.code}/control-totals/template-people.csv").status_code == 404
