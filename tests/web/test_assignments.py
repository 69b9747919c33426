"""Assignments over HTTP: who works where, areas one by one, a proposal that is shown before it is applied."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from survey.db import Database
from survey.model import Account, Assignment, AuditEvent, Device
from tests.web.office_round import Staffed, send, sign_in

PAGE = "/office/rounds/THU/assignments"
PROPOSAL = f"{PAGE}/proposal?scope=all"


def _holders(database: Database) -> dict[int, int]:
    with database.reading() as session:
        query = select(Assignment.sample_unit_id, Assignment.account_id).where(Assignment.ended_at.is_(None))
        return {row.sample_unit_id: row.account_id for row in session.execute(query)}


def test_the_page_names_everybody_with_what_is_left(office: FlaskClient, staffed: Staffed) -> None:
    page = sign_in(office, "viewer").get(PAGE).text
    assert "Võ Thị Lan" in page
    assert "<svg" in page
    assert 'name="to-' not in page


@pytest.mark.parametrize(("username", "page"), [("lan", PAGE), ("viewer", PROPOSAL), ("statistician", PROPOSAL)])
def test_enumerators_stay_outside_and_only_supervisors_ask_for_proposals(
    office: FlaskClient, staffed: Staffed, username: str, page: str
) -> None:
    assert sign_in(office, username).get(page).status_code == 403


def test_areas_change_hands_one_by_one(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    here, there = staffed.areas[staffed.here.code], staffed.areas[staffed.there.code]
    lan, an = staffed.people["lan"], staffed.people["an"]
    form = {f"was-{here}": lan, f"to-{here}": an, f"was-{there}": an, f"to-{there}": ""}
    answer = send(sign_in(office, "admin"), PAGE, PAGE, **form)
    assert answer.status_code == 302
    assert _holders(office_database) == {here: an}
    with office_database.reading() as session:
        actions = list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.id.desc()).limit(2)))
    assert actions == ["sample.release", "sample.assign"]


def test_what_somebody_else_changed_meanwhile_is_left_alone(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    here, lan, an = staffed.areas[staffed.here.code], staffed.people["lan"], staffed.people["an"]
    send(sign_in(office, "admin"), PAGE, PAGE, **{f"was-{here}": an, f"to-{here}": ""})
    assert _holders(office_database)[here] == lan


def test_a_supervisor_reaches_the_own_district_only(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    sign_in(office, "supervisor")
    page = office.get(PAGE).text
    there = staffed.areas[staffed.there.code]
    assert f'name="to-{staffed.areas[staffed.here.code]}"' in page
    assert f'name="to-{there}"' not in page
    before = _holders(office_database)
    answer = send(office, PAGE, PAGE, **{f"was-{there}": staffed.people["an"], f"to-{there}": ""})
    assert answer.status_code == 403
    assert _holders(office_database) == before


def test_a_proposal_changes_nothing_until_it_is_applied(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    here, there = staffed.areas[staffed.here.code], staffed.areas[staffed.there.code]
    sign_in(office, "admin")
    send(office, PAGE, PAGE, **{f"was-{here}": staffed.people["lan"], f"to-{here}": staffed.people["an"]})
    both = f"{PROPOSAL}&person={staffed.people['lan']}&person={staffed.people['an']}"
    shown = office.get(both).text
    assert _holders(office_database) == {here: staffed.people["an"], there: staffed.people["an"]}
    found = re.search(r'name="digest" value="(\w+)"', shown)
    assert found
    assert send(office, both, both, digest="other").location.endswith(both)
    assert set(_holders(office_database).values()) == {staffed.people["an"]}
    assert send(office, both, both, digest=found.group(1)).location.endswith("/assignments")
    assert set(_holders(office_database).values()) == {staffed.people["lan"], staffed.people["an"]}


def test_what_a_tablet_still_holds_is_said_at_the_area_and_keeps_it_in_place(
    office: FlaskClient, staffed: Staffed, office_database: Database
) -> None:
    here, lan, an = staffed.areas[staffed.here.code], staffed.people["lan"], staffed.people["an"]
    with office_database.transaction() as session:
        session.add(Device(account_id=lan, name="Máy 1", token_hash="x" * 64, report={"unsent": 3, "drafts": 1}))
    sign_in(office, "admin")
    area = f"/office/rounds/THU/fieldwork/{here}"
    for page in (PAGE, area, "/office/rounds/THU/fieldwork"):
        assert "3 not sent, 1 unfinished" in " ".join(office.get(f"{page}?lang=en").text.split())
    answer = send(office, PAGE, f"{PROPOSAL}&person={lan}&person={an}", digest="none")
    assert answer.status_code == 302
    send(office, PAGE, PAGE, **{f"was-{here}": lan, f"to-{here}": an})
    after = office.get(area).text
    assert "Held before by" in after
    assert "Võ Thị Lan" in after


def test_the_files_hold_what_the_pages_show(office: FlaskClient, staffed: Staffed) -> None:
    sign_in(office, "admin")
    people = office.get(f"{PAGE}.csv").text.splitlines()
    assert len(people) == 3
    assert people[1].startswith("Nguyễn Văn An,1,3,")
    units = office.get(f"/office/rounds/THU/fieldwork/{staffed.areas[staffed.here.code]}.csv").text.splitlines()
    assert len(units) == 5


def test_a_locked_account_takes_no_part(office: FlaskClient, staffed: Staffed, office_database: Database) -> None:
    with office_database.transaction() as session:
        session.get_one(Account, staffed.people["lan"]).state = "locked"
    page = sign_in(office, "admin").get(f"{PAGE}.csv").text
    assert "Võ Thị Lan" not in page


@pytest.mark.parametrize("page", [PAGE, PROPOSAL, f"{PAGE}.csv"])
def test_a_page_asks_a_handful_of_questions(
    office: FlaskClient, staffed: Staffed, office_database: Database, page: str
) -> None:
    sign_in(office, "admin")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(office_database.engine, "before_cursor_execute", note)
    try:
        assert office.get(page).status_code == 200
    finally:
        event.remove(office_database.engine, "before_cursor_execute", note)
    assert 0 < len(asked) <= 16, "\n".join(asked)
