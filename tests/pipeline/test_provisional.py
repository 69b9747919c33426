"""Provisional figures: the same as a run's, kept apart from the runs, one calculation at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from survey.errors import Problem
from survey.model import EstimateRow, EstimateRun, ProvisionalEstimate, Round, Snapshot, Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.model.base import utc_now
from survey.pipeline import provisional
from survey.pipeline.synthetic.build import CODE
from survey.query import runs
from tests.pipeline.conftest import Instance


def test_they_equal_the_figures_of_a_run_from_the_same_records(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        round_id = session.scalars(select(Round.id).where(Round.code == CODE)).one()
        head = runs.latest_released(session)
        assert head is not None
        found = provisional.calculate(session, round_id)
        rows = select(EstimateRow).where(EstimateRow.run_id == head.id, EstimateRow.dimension == "province")
        of_run = {(row.indicator, row.variant): row for row in session.scalars(rows)}
    assert len(found.figures) == 17
    for figure in found.figures:
        row = of_run[figure["indicator"], figure["variant"]]
        assert (figure["estimate"], figure["ci_low"], figure["ci_high"]) == (row.estimate, row.ci_low, row.ci_high)


def test_they_are_no_run_and_leave_no_snapshot_and_replace_those_before(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        round_id = session.scalars(select(Round.id).where(Round.code == CODE)).one()
        before = [session.scalar(select(func.count()).select_from(table)) for table in (EstimateRun, Snapshot)]
        for _turn in range(2):
            provisional.begin(session, SYSTEM, round_id)
            provisional.store(session, round_id, provisional.calculate(session, round_id))
        row = session.scalars(select(ProvisionalEstimate)).one()
        assert (row.state, len(row.figures)) == ("done", 17)
        after = [session.scalar(select(func.count()).select_from(table)) for table in (EstimateRun, Snapshot)]
        assert after == before


def test_without_an_approved_record_there_is_nothing_to_calculate(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        round_id = session.scalars(select(Round.id).where(Round.code == CODE)).one()
        session.execute(update(Submission).values(state="received"))
        with pytest.raises(Problem) as caught:
            provisional.calculate(session, round_id)
        assert caught.value.code == "empty-snapshot"


def test_one_calculation_at_a_time_and_a_lost_one_does_not_block_for_ever(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        round_id = session.scalars(select(Round.id).where(Round.code == CODE)).one()
        row = provisional.begin(session, SYSTEM, round_id)
        with pytest.raises(Problem) as caught:
            provisional.begin(session, SYSTEM, round_id)
        assert caught.value.code == "estimates-running"
        row.started_at = utc_now() - provisional.PATIENCE - timedelta(seconds=1)
        assert provisional.begin(session, SYSTEM, round_id).state == "running"
        provisional.fail(session, round_id, empty=True)
        assert row.state == "empty"


def test_only_a_statistician_of_the_round_may_calculate(synthetic: Instance) -> None:
    with synthetic.database.reading() as session:
        round_id = session.scalars(select(Round.id).where(Round.code == CODE)).one()
        supervisor = Actor(kind="account", account_id=1, grants=(RoleGrant("supervisor", round_id, None),))
        with pytest.raises(Problem) as caught:
            provisional.begin(session, supervisor, round_id)
        assert caught.value.code == "forbidden"
