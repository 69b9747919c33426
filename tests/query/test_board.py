"""The board keeps up with what is written and always equals a full count by another process."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from survey.db import Database
from survey.model import Submission
from survey.model.actor import SYSTEM, Actor, RoleGrant
from survey.operations import audit, review, submissions
from survey.query import live
from survey.query.board import Board, board
from tests.rounds import Interview
from tests.web.office_round import Staffed


def _statistician(staffed: Staffed) -> Actor:
    grant = RoleGrant("statistician", staffed.round_id, None)
    return Actor(kind="account", account_id=staffed.people["statistician"], grants=(grant,))


def _now(database: Database, staffed: Staffed) -> Board:
    with database.reading() as session:
        return board(session, staffed.round_id)


def _counted_in_full(database: Database, staffed: Staffed) -> Board:
    """Return what a process counts that has seen nothing before."""
    other = Database(database.engine.url.render_as_string(hide_password=False))
    try:
        return _now(other, staffed)
    finally:
        other.dispose()


def _same(one: Board, other: Board) -> bool:
    names = ("standing", "outcomes", "last_received")
    return all(
        {k: v for k, v in getattr(one, name).items() if v} == {k: v for k, v in getattr(other, name).items() if v}
        for name in names
    )


def _act(session: Session, boss: Actor, staffed: Staffed, rng: random.Random) -> None:
    """Do one thing to a record that waits, or send a correction of one that was returned."""
    record = session.get_one(Submission, rng.choice(sorted(staffed.records.values())))
    if record.state == "received":
        act: Callable[..., object] = rng.choice([review.approve, review.return_for_correction, review.reject])
        more = {} if act is review.approve else {"remark": "Đếm lại"}
        act(session, boss, record.id, expected_revision=record.revision_count, **more)
    else:
        sent = Interview().xml(size=str(rng.randint(1, 9)), name="Bí Mật")
        submissions.receive(session, SYSTEM, xml=sent, channel="office", sample_unit_id=record.sample_unit_id)


def test_a_board_that_keeps_up_equals_a_full_count(database: Database, staffed: Staffed) -> None:
    boss, rng = _statistician(staffed), random.Random(128)
    first = _now(database, staffed)
    for _turn in range(12):
        with database.transaction() as session:
            _act(session, boss, staffed, rng)
        kept = _now(database, staffed)
        assert _same(kept, _counted_in_full(database, staffed))
    assert not _same(kept, first)


def test_a_change_that_is_committed_late_is_still_counted(database: Database, staffed: Staffed) -> None:
    if database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: events are committed in the order of their numbers")
    _now(database, staffed)
    with database.transaction() as slow:
        review.approve(slow, _statistician(staffed), staffed.records["waiting-here"], expected_revision=1)
        with database.transaction() as quick:
            audit.record(quick, SYSTEM, "test", "round", staffed.code)
        before = _now(database, staffed)
    with database.transaction() as quick:
        audit.record(quick, SYSTEM, "test", "round", staffed.code)
    after = _now(database, staffed)
    assert sum(tally.approved for tally in before.standing.values()) == 1
    assert sum(tally.approved for tally in after.standing.values()) == 2


def test_a_kept_board_costs_one_query_and_a_change_three(
    database: Database, staffed: Staffed, counting: Callable[[], object]
) -> None:
    _now(database, staffed)
    with counting() as statements:  # type: ignore[attr-defined]
        _now(database, staffed)
        assert len(statements) == 1
    with database.transaction() as session:
        review.approve(session, _statistician(staffed), staffed.records["waiting-here"], expected_revision=1)
    with counting() as statements:  # type: ignore[attr-defined]
        _now(database, staffed)
        assert len(statements) == 3


def test_watchers_of_the_same_scope_share_one_count(
    database: Database, staffed: Staffed, counting: Callable[[], object]
) -> None:
    with database.reading() as session:
        live.live(session, staffed.round_id)
    with counting() as statements, database.reading() as session:  # type: ignore[attr-defined]
        live.live(session, staffed.round_id)
        live.live(session, staffed.round_id)
    assert len(statements) == 2
