"""Release and withdrawal: who may, from which state, and what stays on record."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from survey.db import Database
from survey.errors import Problem
from survey.model import AuditEvent, EstimateRun, Round, Snapshot
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import publishing


@pytest.fixture
def draft(database: Database) -> tuple[Database, int]:
    """Return a database with one draft run, and the run's number."""
    day = date(2026, 10, 1)
    with database.transaction() as session:
        survey_round = Round(code="R", title="R", reference_date=day, starts_on=day, ends_on=day)
        session.add(survey_round)
        session.flush()
        snapshot = Snapshot(round_id=survey_round.id, digest="d" * 64)
        session.add(snapshot)
        session.flush()
        run = EstimateRun(round_id=survey_round.id, snapshot_id=snapshot.id, code_version="1", seed=1, digest="e" * 64)
        session.add(run)
        session.flush()
        return database, run.id


def _state(database: Database, run_id: int) -> str:
    with database.reading() as session:
        return session.get_one(EstimateRun, run_id).state


def test_a_draft_is_released_with_time_and_audit_event(draft: tuple[Database, int]) -> None:
    database, run_id = draft
    with database.transaction() as session:
        publishing.release(session, SYSTEM, run_id)
    with database.reading() as session:
        run = session.get_one(EstimateRun, run_id)
        assert run.state == "released"
        assert run.released_at is not None
        assert "estimate.release" in session.scalars(select(AuditEvent.action)).all()


@pytest.mark.parametrize("role", ["enumerator", "supervisor", "viewer"])
def test_only_a_statistician_releases(draft: tuple[Database, int], role: str) -> None:
    database, run_id = draft
    actor = Actor(kind="account", account_id=1, grants=(RoleGrant(role),))
    with pytest.raises(Problem) as caught, database.transaction() as session:
        publishing.release(session, actor, run_id)
    assert caught.value.code == "forbidden"
    assert _state(database, run_id) == "draft"


def test_a_statistician_of_another_round_does_not_release(draft: tuple[Database, int]) -> None:
    database, run_id = draft
    actor = Actor(kind="account", account_id=1, grants=(RoleGrant("statistician", round_id=99),))
    with pytest.raises(Problem), database.transaction() as session:
        publishing.release(session, actor, run_id)
    assert _state(database, run_id) == "draft"


def test_a_withdrawn_run_needs_a_reason_and_is_not_released_again(draft: tuple[Database, int]) -> None:
    database, run_id = draft
    with database.transaction() as session:
        publishing.release(session, SYSTEM, run_id)
    with pytest.raises(Problem) as caught, database.transaction() as session:
        publishing.withdraw(session, SYSTEM, run_id, reason="  ")
    assert caught.value.code == "remark-needed"
    with database.transaction() as session:
        publishing.withdraw(session, SYSTEM, run_id, reason="Sai số liệu")
    with pytest.raises(Problem) as caught, database.transaction() as session:
        publishing.release(session, SYSTEM, run_id)
    assert caught.value.code == "not-releasable"
    assert _state(database, run_id) == "withdrawn"


def test_a_run_that_does_not_exist_is_a_problem(draft: tuple[Database, int]) -> None:
    database, _ = draft
    with pytest.raises(Problem) as caught, database.transaction() as session:
        publishing.release(session, SYSTEM, 4711)
    assert caught.value.code == "no-run"
