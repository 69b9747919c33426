"""Areas, their enumerators and the units inside."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from survey.db import Database
from survey.model.actor import SYSTEM
from survey.operations import planning
from survey.query import worklist
from survey.query.worklist import Tally
from survey.reference import units
from tests.web.office_round import Staffed


def test_areas_know_their_enumerator_and_tally(session: Session, staffed: Staffed) -> None:
    areas = {area.district.code: area for area in worklist.areas(session, staffed.round_id)}
    assert areas[staffed.here.code].enumerator == "Võ Thị Lan"
    assert areas[staffed.here.code].tally == Tally(planned=4, approved=1, received=2, returned=1)
    assert areas[staffed.there.code].tally == Tally(planned=4, received=1)
    assert areas[staffed.there.code].tally.due == 3


def test_areas_follow_the_vietnamese_order_of_districts(session: Session, staffed: Staffed) -> None:
    codes = [area.district.code for area in worklist.areas(session, staffed.round_id)]
    assert codes == [staffed.here.code, staffed.there.code]


def test_an_enumerator_sees_only_the_own_areas(session: Session, staffed: Staffed) -> None:
    areas = worklist.areas(session, staffed.round_id, account_id=staffed.people["an"])
    assert [area.district.code for area in areas] == [staffed.there.code]


def test_a_reach_narrows_the_areas(session: Session, staffed: Staffed) -> None:
    inside = frozenset(commune.code for commune in units.old_communes_in(staffed.here.code))
    assert [a.district.code for a in worklist.areas(session, staffed.round_id, communes=inside)] == [staffed.here.code]
    assert worklist.areas(session, staffed.round_id, communes=frozenset()) == []


def test_an_area_that_was_handed_over_stands_once_with_the_new_enumerator(database: Database, staffed: Staffed) -> None:
    with database.transaction() as session:
        planning.assign(session, SYSTEM, [staffed.areas[staffed.here.code]], account_id=staffed.people["an"])
    with database.reading() as session:
        assert len(worklist.areas(session, staffed.round_id)) == 2
        assert len(worklist.areas(session, staffed.round_id, account_id=staffed.people["an"])) == 2
        assert worklist.areas(session, staffed.round_id, account_id=staffed.people["lan"]) == []


def test_visits_list_every_unit_with_its_record(session: Session, staffed: Staffed) -> None:
    (area,) = worklist.areas(session, staffed.round_id, sample_unit_id=staffed.areas[staffed.here.code])
    visits = worklist.visits(session, area)
    assert [visit.state for visit in visits] == ["received", "received", "approved", "returned"]
    assert visits[1].error_count == 1
    (other,) = worklist.areas(session, staffed.round_id, sample_unit_id=staffed.areas[staffed.there.code])
    assert [visit.state for visit in worklist.visits(session, other)] == ["received", "", "", ""]


def test_a_list_of_areas_takes_three_queries(
    session: Session, staffed: Staffed, counting: Callable[[], object]
) -> None:
    with counting() as statements:  # type: ignore[attr-defined]
        worklist.areas(session, staffed.round_id)
    assert len(statements) == 3


def test_tallies_add_up() -> None:
    total = Tally(planned=4, approved=1) + Tally(planned=3, received=2, returned=1)
    assert (total.planned, total.done, total.due) == (7, 3, 3)
