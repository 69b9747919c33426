"""Reserves are drawn with the sample and stand in for units in their turn; the exchange is recorded and can end."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, SampleDraw, SampleUnit, Submission
from survey.model.actor import SYSTEM
from survey.operations import planning, sample_draws, substitution
from survey.query import substitutions as reads
from survey.query import worklist
from tests.operations.test_planning import _areas, _enterprises, _households, _round, _sampled


@pytest.fixture
def reserved(database: Database) -> tuple[Database, int]:
    """Return a round with 4 areas of 6 households and 2 reserves each."""
    round_id = _round(database)
    with database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "area", _areas())
        planning.draw_area_sample(session, SYSTEM, round_id, n=4, seed=7)
    drawn = [unit.psu for unit in _sampled(database, round_id, "area")]
    with database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "household", _households(drawn))
        sample_draws.draw_household_sample(session, SYSTEM, round_id, per_area=6, seed=8, reserve=2)
    return database, round_id


def by_role(units: list[SampleUnit]) -> tuple[list[SampleUnit], list[SampleUnit]]:
    return [u for u in units if u.role == "main"], [u for u in units if u.role == "reserve"]


def test_reserves_leave_the_sample_as_it_is_and_are_drawn_again_with_it(
    reserved: tuple[Database, int],
) -> None:
    database, round_id = reserved
    main, reserve = by_role(_sampled(database, round_id, "household"))
    assert (len(main), len(reserve)) == (24, 8)
    assert {(u.psu, u.reserve_order) for u in reserve} == {(u.psu, k) for u in main for k in (1, 2)}
    chances = {u.psu: (u.stratum, u.stage1_probability, u.stage2_probability) for u in main}
    assert all((u.stratum, u.stage1_probability, u.stage2_probability) == chances[u.psu] for u in reserve)
    with database.transaction() as session:
        draw = session.scalars(select(SampleDraw).where(SampleDraw.kind == "household")).one()
        assert sample_draws.verify_draw(session, draw.id)
        draw.method = {key: value for key, value in draw.method.items() if key != "reserve"}
        again = sample_draws._select(session, draw)
        assert [u.frame_unit_id for u in again] == [u.frame_unit_id for u in main]
        session.rollback()


def test_who_visits_sees_neither_reserves_nor_replaced_units(reserved: tuple[Database, int]) -> None:
    database, round_id = reserved
    with database.transaction() as session:
        area = worklist.areas(session, round_id)[0]
        before = {visit.sample_unit_id for visit in worklist.visits(session, area, only_main=True)}
        made = substitution.substitute(session, SYSTEM, min(before), reason="moved", note="Chuyển đi")
        after = {visit.sample_unit_id for visit in worklist.visits(session, area, only_main=True)}
        assert len(before) == 6
        assert after == before - {min(before)} | {made.substitute_id}
        assert len(worklist.visits(session, area)) == 8


def test_the_next_reserve_of_the_area_takes_the_place_with_its_weight(reserved: tuple[Database, int]) -> None:
    database, round_id = reserved
    main, _ = by_role(_sampled(database, round_id, "household"))
    gone = main[0]
    with database.transaction() as session:
        made = substitution.substitute(session, SYSTEM, gone.id, reason="moved", note="Chuyển đi Cần Thơ")
        stand_in = session.get_one(SampleUnit, made.substitute_id)
        assert (stand_in.psu, stand_in.reserve_order, stand_in.role) == (gone.psu, 1, "main")
        assert stand_in.replaces_id == gone.id
        assert stand_in.stage2_probability == gone.stage2_probability
    with database.reading() as session:
        assert session.get_one(SampleUnit, gone.id).role == "replaced"
        (rate,) = [r for r in reads.rates(session, round_id) if r.kind == "household"]
        assert (rate.places, rate.substituted) == (24, 1)
        (exchange,) = reads.exchanges(session, round_id)
        assert (exchange.reason, exchange.undone_at) == ("moved", None)
        (draw_id,) = session.scalars(select(SampleDraw.id).where(SampleDraw.kind == "household"))
        assert sample_draws.verify_draw(session, draw_id)
        assert session.scalar(select(AuditEvent.id).where(AuditEvent.action == "sample.substitute"))


def test_every_reserve_serves_once_and_a_substitute_may_be_substituted(reserved: tuple[Database, int]) -> None:
    database, round_id = reserved
    main, _ = by_role(_sampled(database, round_id, "household"))
    here = [unit.id for unit in main if unit.psu == main[0].psu]
    with database.transaction() as session:
        first = substitution.substitute(session, SYSTEM, here[0], reason="refused")
        second = substitution.substitute(session, SYSTEM, first.substitute_id, reason="away")
        assert session.get_one(SampleUnit, second.substitute_id).reserve_order == 2
        with pytest.raises(Problem) as caught:
            substitution.substitute(session, SYSTEM, here[1], reason="refused")
        assert caught.value.code == "no-reserve-left"
        with pytest.raises(Problem) as caught:
            substitution.substitute(session, SYSTEM, here[0], reason="refused")
        assert caught.value.code == "not-substitutable"


@pytest.mark.parametrize(
    ("outcome", "state", "is_kept"), [("11", "received", True), ("11", "rejected", False), ("21", "received", False)]
)
def test_a_unit_that_has_answered_keeps_its_place(
    reserved: tuple[Database, int], outcome: str, state: str, is_kept: bool
) -> None:
    database, round_id = reserved
    main, _ = by_role(_sampled(database, round_id, "household"))
    with database.transaction() as session:
        record = {"unit_kind": "household", "root_id": "uuid:1", "channel": "field", "outcome": outcome, "state": state}
        session.add(Submission(round_id=round_id, sample_unit_id=main[0].id, **record))
        session.flush()
        if not is_kept:
            assert substitution.substitute(session, SYSTEM, main[0].id, reason="refused").reason == "refused"
            return
        with pytest.raises(Problem) as caught:
            substitution.substitute(session, SYSTEM, main[0].id, reason="refused")
        assert caught.value.code == "not-substitutable"


def test_a_substitution_ends_only_while_the_substitute_has_no_questionnaire(reserved: tuple[Database, int]) -> None:
    database, round_id = reserved
    main, _ = by_role(_sampled(database, round_id, "household"))
    with database.transaction() as session:
        made = substitution.substitute(session, SYSTEM, main[0].id, reason="not-found")
        substitution.take_back(session, SYSTEM, made.id)
        assert session.get_one(SampleUnit, main[0].id).role == "main"
        assert session.get_one(SampleUnit, made.substitute_id).role == "reserve"
        assert [r.substituted for r in reads.rates(session, round_id)] == [0, 0]
        with pytest.raises(Problem):
            substitution.take_back(session, SYSTEM, made.id)
        again = substitution.substitute(session, SYSTEM, main[0].id, reason="not-found")
        assert again.substitute_id == made.substitute_id
        record = {"unit_kind": "household", "root_id": "uuid:2", "channel": "field", "outcome": "21"}
        session.add(Submission(round_id=round_id, sample_unit_id=again.substitute_id, **record))
        session.flush()
        with pytest.raises(Problem) as caught:
            substitution.take_back(session, SYSTEM, again.id)
        assert caught.value.code == "substitution-used"


def test_enterprises_are_substituted_within_their_stratum(sqlite_database: Database) -> None:
    round_id = _round(sqlite_database)
    with sqlite_database.transaction() as session:
        planning.import_frame(session, SYSTEM, round_id, "enterprise", _enterprises())
        sample_draws.draw_enterprise_sample(
            session, SYSTEM, round_id, n=40, seed=3, take_all=["trade-large"], reserve=3
        )
    main, reserve = by_role(_sampled(sqlite_database, round_id, "enterprise"))
    assert sorted({u.stratum for u in reserve}) == ["trade-micro", "trade-small"]
    gone = next(unit for unit in main if unit.stratum == "trade-small")
    with sqlite_database.transaction() as session:
        made = substitution.substitute(session, SYSTEM, gone.id, reason="closed")
        stand_in = session.get_one(SampleUnit, made.substitute_id)
        assert (stand_in.stratum, stand_in.reserve_order) == ("trade-small", 1)
        assert stand_in.psu != gone.psu
        with pytest.raises(Problem, match="reason"):
            substitution.substitute(session, SYSTEM, stand_in.id, reason="bored")
