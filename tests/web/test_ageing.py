"""Waiting times over HTTP: bars by enumerator, supervisor and unit, the oldest records, both as files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from survey.db import Database
from survey.model import Submission
from tests.web.office_round import Staffed, sign_in

PAGE = "/office/rounds/THU/review/ageing"


@pytest.fixture
def late(staffed: Staffed, office_database: Database) -> Staffed:
    """Return the round with one record of An's that has waited for 20 days."""
    with office_database.transaction() as session:
        mine = Submission.id == staffed.records["waiting-there"]
        session.execute(update(Submission).where(mine).values(updated_at=datetime.now(UTC) - timedelta(days=20)))
    return staffed


def test_who_lets_wait_longest_stands_first(office: FlaskClient, late: Staffed) -> None:
    sign_in(office, "admin")
    lines = office.get(f"{PAGE}-lines.csv").text.splitlines()[1:]
    assert lines == ["Nguyễn Văn An,0,0,0,1,1", "Võ Thị Lan,3,0,0,0,3"]
    by_unit = office.get(f"{PAGE}-lines.csv?by=unit").text.splitlines()[1:]
    assert [line.split(",")[0] for line in by_unit] == [late.there.name, late.here.name]
    by_supervisor = office.get(f"{PAGE}-lines.csv?by=supervisor").text.splitlines()[1:]
    assert by_supervisor[-1] == "Nguyễn Giám Sát,3,0,0,0,3"


def test_the_list_starts_with_the_oldest_and_keeps_filters_in_the_address(office: FlaskClient, late: Staffed) -> None:
    sign_in(office, "admin")
    rows = office.get(f"{PAGE}.csv").text.splitlines()[1:]
    assert len(rows) == 4
    assert rows[0].endswith(",20")
    page = office.get(f"{PAGE}?state=returned&by=unit&lang=en").text
    assert page.count('class="tag') >= 1
    assert '<option value="returned" selected>' in page
    assert "No questionnaire fits these filters" in office.get(f"{PAGE}?waited=2&lang=en").text


def test_a_supervisor_sees_the_own_district_and_viewers_nothing(office: FlaskClient, late: Staffed) -> None:
    sign_in(office, "supervisor")
    assert "Nguyễn Văn An" not in office.get(PAGE).text
    assert len(office.get(f"{PAGE}.csv").text.splitlines()) == 4


def test_viewers_do_not_see_waiting_times(office: FlaskClient, late: Staffed) -> None:
    assert sign_in(office, "viewer").get(PAGE).status_code == 403


def test_nothing_waits_says_what_comes_next(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    with office_database.transaction() as session:
        session.execute(update(Submission).values(state="approved"))
    assert "as soon as they are sent" in sign_in(office, "admin").get(f"{PAGE}?lang=en").text
