"""The pages of a round: its settings, its consent text, its questionnaires, its state."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from survey.db import Database
from survey.model import Round
from tests.web.office_round import Staffed, send, sign_in

_DAYS = {"reference_date": "2026-11-01", "starts_on": "2026-11-02", "ends_on": "2026-12-20"}
_POLICIES = {"gps_policy": "rounded", "photo_policy": "off"}


def _address(staffed: Staffed, page: str = "settings") -> str:
    return f"/office/rounds/{staffed.code}/{page}"


def test_a_statistician_changes_what_a_round_says_and_allows(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "statistician")
    page = _address(staffed)
    data = {**_DAYS, **_POLICIES, "title": "Đợt 2026", "self_report_until": "2026-12-10", "agency_name": "Sở KH&CN"}
    assert send(office, page, page, **data).location == page
    with office_database.reading() as session:
        round_ = session.get_one(Round, staffed.round_id)
        assert (round_.title, round_.gps_policy, round_.photo_policy) == ("Đợt 2026", "rounded", "off")
        assert round_.settings["agency_name"] == "Sở KH&CN"
    shown = office.get(f"/office/rounds/{staffed.code}").text
    assert "10/12/2026" in shown
    assert "Sở KH&amp;CN" in shown


def test_days_in_the_wrong_order_come_back_with_what_was_typed(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    page = _address(staffed)
    answer = send(office, page, page, **{**_DAYS, **_POLICIES, "ends_on": "2026-10-01", "title": "Tên mới gõ"})
    assert answer.status_code == 400
    assert 'id="errors"' in answer.text
    assert "Tên mới gõ" in answer.text


def test_a_second_consent_text_stands_beside_the_first(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    for text in ("Lời thông báo thứ nhất", "Lời thông báo thứ hai"):
        assert send(office, _address(staffed), _address(staffed, "consent"), text=text).status_code == 302
    shown = office.get(_address(staffed)).text
    assert "Lời thông báo thứ nhất" in shown
    assert shown.index("Lời thông báo thứ hai") < shown.index("Lời thông báo thứ nhất")


@pytest.mark.parametrize("name", ["viewer", "supervisor"])
def test_viewers_and_supervisors_cannot_change_settings(office: FlaskClient, staffed: Staffed, name: str) -> None:
    sign_in(office, name)
    assert office.get(_address(staffed)).status_code == 403
    assert _address(staffed) not in office.get(f"/office/rounds/{staffed.code}").text


def test_each_change_of_state_says_what_stays(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "statistician")
    shown = office.get(f"/office/rounds/{staffed.code}").text
    assert 'value="paused"' in shown
    assert 'value="closed"' in shown
    assert 'data-confirm="' in shown
