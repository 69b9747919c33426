"""How long records wait: from their last arrival or their return, in days of the calendar, narrowed to a reach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from survey.db import Database
from survey.model import ReviewEvent, Submission
from survey.query import ageing
from survey.query.ageing import Sought, waited_class
from survey.reference import units
from tests.web.office_round import Staffed, staffed_round

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
"""Noon in Vietnam."""


@pytest.fixture
def staffed(database: Database) -> Staffed:
    """Return a round whose records wait since 1, 5, 10 and 20 days; the approved one waits no more."""
    waits = {"waiting-here": 1, "wrong-here": 5, "waiting-there": 20, "approved-here": 30, "returned-here": 40}
    with database.transaction() as session:
        made = staffed_round(session)
        for name, days in waits.items():
            at = NOON - timedelta(days=days)
            session.execute(update(Submission).where(Submission.id == made.records[name]).values(updated_at=at))
        session.execute(update(ReviewEvent).values(at=NOON - timedelta(days=10)))
    return made


def test_records_are_counted_by_state_sender_and_class(database: Database, staffed: Staffed) -> None:
    with database.reading() as session:
        heaps = ageing.heaps(session, staffed.round_id, None, Sought(), today=TODAY)
    assert {(h.state, h.name): h.counts for h in heaps} == {
        ("received", "Võ Thị Lan"): (1, 1, 0, 0),
        ("returned", "Võ Thị Lan"): (0, 0, 1, 0),
        ("received", "Nguyễn Văn An"): (0, 0, 0, 1),
    }
    by_person = ageing.gathered(heaps, lambda heap: heap.name)
    assert by_person == {"Võ Thị Lan": (1, 1, 1, 0), "Nguyễn Văn An": (0, 0, 0, 1)}


def test_the_longest_wait_comes_first_and_a_return_counts_from_its_day(database: Database, staffed: Staffed) -> None:
    with database.reading() as session:
        page = ageing.oldest(session, staffed.round_id, None, Sought(), today=TODAY)
    assert [row.days(TODAY) for row in page.rows] == [20, 10, 5, 1]
    assert page.rows[1].state == "returned"


def test_a_class_a_state_and_a_reach_narrow_the_list(database: Database, staffed: Staffed) -> None:
    inside = frozenset(c.code for c in units.old_communes_in(staffed.here.code))
    with database.reading() as session:

        def days(communes: frozenset[str] | None, sought: Sought) -> list[int]:
            page = ageing.oldest(session, staffed.round_id, communes, sought, today=TODAY, page=None)
            return [row.days(TODAY) for row in page.rows]

        assert days(None, Sought(waited=3)) == [20]
        assert days(None, Sought(state="returned")) == [10]
        assert days(inside, Sought()) == [10, 5, 1]
        assert days(None, Sought(district=staffed.there.code)) == [20]
        assert days(frozenset(), Sought()) == []
        assert ageing.heaps(session, staffed.round_id, frozenset(), Sought(), today=TODAY) == []


def test_the_day_changes_at_midnight_in_vietnam(database: Database, staffed: Staffed) -> None:
    just_before = datetime(2026, 11, 20, 16, 59, tzinfo=UTC)
    with database.transaction() as session:
        mine = Submission.id == staffed.records["waiting-here"]
        session.execute(update(Submission).where(mine).values(updated_at=just_before))
    with database.reading() as session:
        page = ageing.oldest(session, staffed.round_id, None, Sought(waited=1), today=TODAY)
    assert sorted(row.days(TODAY) for row in page.rows) == [3, 5]


@pytest.mark.parametrize(("days", "position"), [(0, 0), (2, 0), (3, 1), (7, 1), (8, 2), (14, 2), (15, 3), (400, 3)])
def test_days_fall_into_four_classes(days: int, position: int) -> None:
    assert waited_class(days) == position


def test_supervisors_are_those_of_the_district(database: Database, staffed: Staffed) -> None:
    with database.reading() as session:
        named = ageing.supervisors(session, staffed.round_id)
    assert named[units.old_communes_in(staffed.here.code)[0].code] == ("Nguyễn Giám Sát",)
    assert named[units.old_communes_in(staffed.there.code)[0].code] == ()
