"""Giving areas, taking them over with work still on a tablet, and proposals that balance work and ways."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.db import Database
from survey.errors import Problem
from survey.model import Account, AuditEvent, SampleUnit, Submission
from survey.model.actor import SYSTEM
from survey.operations import accounts, assignments, planning, tablet
from survey.operations.assignment_proposal import Terms, propose, standing
from survey.query import worklist, workload
from survey.query.worklist import Area, Tally
from survey.query.workload import Worker
from survey.reference import units
from tests.rounds import Interview
from tests.web.office_round import PASSWORD, Staffed, staffed_round


@pytest.fixture
def staffed(database: Database) -> Staffed:
    """Return the numbers of a round with two areas, Lan's and An's."""
    with database.transaction() as session:
        return staffed_round(session)


def _holder(session: Session, staffed: Staffed, unit_id: int) -> int | None:
    (area,) = worklist.areas(session, staffed.round_id, sample_unit_id=unit_id)
    return area.account_id


def test_planning_offers_assigning_under_its_old_name() -> None:
    assert planning.assign is assignments.assign


def test_a_supervisor_gives_areas_of_the_own_district_only(database: Database, staffed: Staffed) -> None:
    an = staffed.people["an"]
    with database.transaction() as session:
        boss = accounts.actor_of(session, session.get_one(Account, staffed.people["supervisor"]))
        assignments.assign(session, boss, [staffed.areas[staffed.here.code]], account_id=an)
        with pytest.raises(Problem, match="right"):
            assignments.assign(session, boss, [staffed.areas[staffed.there.code]], account_id=an)
        with pytest.raises(Problem, match="right"):
            assignments.release(session, boss, [staffed.areas[staffed.there.code]])


def test_areas_are_given_each_to_its_person_or_to_nobody_and_logged(database: Database, staffed: Staffed) -> None:
    here, there = staffed.areas[staffed.here.code], staffed.areas[staffed.there.code]
    with database.transaction() as session:
        assert assignments.assign_each(session, SYSTEM, {here: staffed.people["an"], there: None}) == 2
    with database.reading() as session:
        assert _holder(session, staffed, here) == staffed.people["an"]
        assert _holder(session, staffed, there) is None
        logged = select(AuditEvent.action, AuditEvent.details).where(AuditEvent.action.startswith("sample."))
        rows = [(row.action, row.details["units"]) for row in session.execute(logged.order_by(AuditEvent.id))]
    assert rows[-2:] == [("sample.assign", [here]), ("sample.release", [there])]


def test_an_unknown_area_is_refused_before_anything_changes(database: Database, staffed: Staffed) -> None:
    with database.transaction() as session, pytest.raises(Problem) as refused:
        assignments.assign(session, SYSTEM, [999_999], account_id=staffed.people["an"])
    assert refused.value.code == "unknown-unit"


def test_what_the_former_holder_finished_is_still_accepted_and_both_are_shown(
    database: Database, staffed: Staffed
) -> None:
    area = staffed.areas[staffed.there.code]
    with database.transaction() as session:
        found = tablet.enrol(session, username="an", password=PASSWORD, device_name="Máy 1")
        assignments.assign(session, SYSTEM, [area], account_id=staffed.people["lan"])
    assert found is not None
    interview = Interview()
    xml = interview.xml()
    with database.transaction() as session:
        sender = tablet.recognise(session, found.token)
        digest = hashlib.sha256(xml).hexdigest()
        unit = session.scalars(_household(staffed)).first()
        slip = tablet.take_in(
            session, sender, xml=xml, sha256=digest, instance_id=interview.instance_id, sample_unit_id=unit
        )
    with database.reading() as session:
        record = session.scalars(select(Submission).where(Submission.root_id == interview.instance_id)).one()
        held = workload.held_by(session, area)
    assert slip.held == ""
    assert (record.state, record.account_id, record.sample_unit_id) == ("received", staffed.people["an"], unit)
    assert [(each.name, each.until is None) for each in held] == [("Võ Thị Lan", True), ("Nguyễn Văn An", False)]


def _household(staffed: Staffed):  # type: ignore[no-untyped-def]
    commune = units.old_communes_in(staffed.there.code)[0].code
    taken = select(Submission.sample_unit_id).where(Submission.sample_unit_id.is_not(None))
    wanted = SampleUnit.psu.startswith(commune), SampleUnit.kind == "household", SampleUnit.id.not_in(taken)
    return select(SampleUnit.id).where(*wanted).order_by(SampleUnit.id)


def _areas(count: int, holder: int | None = None, *, planned: int = 15, done: int = 0) -> list[Area]:
    """Return areas in turn over all old communes."""
    places = units.old_communes()
    tally = Tally(planned=planned, received=done)
    return [
        Area(n, n, f"{places[n % len(places)].code}-{n:03d}", places[n % len(places)], "", {}, holder, "", tally)
        for n in range(1, count + 1)
    ]


def _people(count: int) -> list[Worker]:
    return [Worker(number, f"Người {number}", None) for number in range(1, count + 1)]


def _everybody(count: int) -> frozenset[int]:
    return frozenset(range(1, count + 1))


def test_a_proposal_evens_the_work_and_shortens_the_ways() -> None:
    areas = [replace(area, account_id=1 + index % 5) for index, area in enumerate(_areas(150))]
    people = _people(5)
    proposal = propose(areas, people, Terms("all", _everybody(5)))
    before = sum(share.kilometres for _, share in standing(areas, people))
    assert sum(line.after.kilometres for line in proposal.lines) < 0.6 * before
    loads = [line.after.interviews for line in proposal.lines]
    assert all(abs(load - 450) <= 0.055 * 450 for load in loads)
    assert sum(loads) == 150 * 15
    assert proposal.digest == propose(areas, people, Terms("all", _everybody(5))).digest


def test_only_open_areas_move_unless_more_is_asked_for() -> None:
    areas = [*_areas(20, holder=1), *[replace(a, sample_unit_id=a.sample_unit_id + 100) for a in _areas(10)]]
    moves = propose(areas, _people(2), Terms("open", _everybody(2))).moves
    assert {move.area.account_id for move in moves} == {None}
    assert len(moves) == 10
    more = propose(areas, _people(2), Terms("untouched", _everybody(2))).moves
    assert any(move.area.account_id == 1 for move in more)


def test_begun_and_finished_areas_stay_in_their_scopes() -> None:
    begun, finished = _areas(10, holder=1, done=5), _areas(10, holder=1, done=15)
    assert propose(begun, _people(2), Terms("untouched", _everybody(2))).moves == ()
    assert propose(begun, _people(2), Terms("all", _everybody(2))).moves
    assert propose(finished, _people(2), Terms("all", _everybody(2))).moves == ()


def test_areas_of_a_tablet_that_holds_work_stay_and_are_counted() -> None:
    proposal = propose(_areas(10, holder=1), _people(2), Terms("all", _everybody(2), busy=frozenset({1})))
    assert (proposal.moves, proposal.kept) == ((), 10)


def test_nothing_beyond_the_reach_and_nobody_who_takes_no_part_is_touched() -> None:
    areas = _areas(75, holder=1)
    inside = frozenset(c.code for c in units.old_communes_in(units.districts()[0].code))
    moves = propose(areas, _people(3), Terms("all", frozenset({1, 2}), inside)).moves
    assert {move.area.commune.code for move in moves} <= inside
    assert {move.worker.account_id for move in moves} == {2}


def test_people_stay_in_the_area_of_their_account_unless_that_is_lifted() -> None:
    inside = frozenset(c.code for c in units.old_communes_in(units.districts()[0].code))
    people = [Worker(1, "Một", inside), Worker(2, "Hai", None)]
    bound = propose(_areas(75), people, Terms("open", _everybody(2)))
    assert all(move.area.commune.code in inside for move in bound.moves if move.worker.account_id == 1)
    lifted = propose(_areas(75), people, Terms("open", _everybody(2), beyond=True))
    assert any(move.area.commune.code not in inside for move in lifted.moves if move.worker.account_id == 1)
    alone = propose(_areas(75), people[:1], Terms("open", frozenset({1})))
    assert alone.without == 75 - len(inside)
