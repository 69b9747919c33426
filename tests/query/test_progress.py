"""Progress by place, kind and enumerator."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import update
from sqlalchemy.orm import Session

from survey.db import Database
from survey.model import Submission
from survey.model.actor import Actor, RoleGrant
from survey.operations import review
from survey.query import progress
from survey.query.worklist import Tally
from survey.reference import units
from survey.reference.collation import sort_key
from tests.web.office_round import Staffed


def test_progress_counts_units_by_district(session: Session, staffed: Staffed) -> None:
    found = progress.progress(session, staffed.round_id)
    assert [(d.code, t) for d, t in found.districts()] == [
        (staffed.here.code, Tally(planned=4, approved=1, received=2, returned=1)),
        (staffed.there.code, Tally(planned=4, received=1)),
    ]
    assert found.kinds() == [("household", Tally(planned=8, approved=1, received=3, returned=1))]
    assert found.total().due == 3


def test_progress_stays_within_reach(session: Session, staffed: Staffed) -> None:
    inside = frozenset(commune.code for commune in units.old_communes_in(staffed.there.code))
    assert progress.progress(session, staffed.round_id, inside).total() == Tally(planned=4, received=1)
    assert progress.waiting(session, staffed.round_id, inside).count == 1
    assert [each.name for each in progress.progress_by_enumerator(session, staffed.round_id, inside)] == [
        "Nguyễn Văn An"
    ]


def test_progress_by_enumerator_is_in_the_order_of_given_names(session: Session, staffed: Staffed) -> None:
    found = progress.progress_by_enumerator(session, staffed.round_id)
    assert [(each.name, each.areas, each.tally.done) for each in found] == [
        ("Nguyễn Văn An", 1, 1),
        ("Võ Thị Lan", 1, 3),
    ]
    assert all(each.last_at is not None for each in found)


def test_a_unit_with_two_records_counts_once_by_the_better(database: Database, staffed: Staffed) -> None:
    with database.transaction() as session:
        twin = session.get_one(Submission, staffed.records["approved-here"])
        session.execute(
            update(Submission)
            .where(Submission.id == staffed.records["returned-here"])
            .values(sample_unit_id=twin.sample_unit_id)
        )
    with database.reading() as session:
        total = progress.progress(session, staffed.round_id).total()
    assert total == Tally(planned=8, approved=1, received=3)


def test_waiting_records_are_counted_with_their_errors(session: Session, staffed: Staffed) -> None:
    found = progress.waiting(session, staffed.round_id)
    assert (found.count, found.with_errors) == (3, 1)
    assert found.oldest_at is not None


def test_dispositions_leave_rejected_records_out(database: Database, staffed: Staffed) -> None:
    with database.transaction() as session:
        session.execute(update(Submission).values(outcome="11"))
        rejected = Submission.id == staffed.records["wrong-here"]
        session.execute(update(Submission).where(rejected).values(state="rejected"))
        refusal = Submission.id == staffed.records["waiting-there"]
        session.execute(update(Submission).where(refusal).values(outcome="21"))
    with database.reading() as session:
        found = progress.dispositions(session, staffed.round_id)
    assert [(each.outcome, each.count) for each in found] == [("11", 3), ("21", 1)]


def _statistician(staffed: Staffed) -> Actor:
    grant = RoleGrant("statistician", staffed.round_id, None)
    return Actor(kind="account", account_id=staffed.people["statistician"], grants=(grant,))


def test_a_board_serves_every_count_until_something_is_written(
    database: Database, session: Session, staffed: Staffed, counting: Callable[[], object]
) -> None:
    with counting() as statements:  # type: ignore[attr-defined]
        progress.progress(session, staffed.round_id)
        first = len(statements)
        progress.dispositions(session, staffed.round_id)
        progress.progress(session, staffed.round_id, frozenset())
    assert (first, len(statements)) == (6, 8)
    with database.transaction() as writing:
        review.approve(writing, _statistician(staffed), staffed.records["waiting-here"], expected_revision=1)
    with database.reading() as fresh:
        assert progress.progress(fresh, staffed.round_id).total().approved == 2


def test_people_are_sorted_by_given_name_first() -> None:
    names = ["Võ Thị Lan", "Nguyễn Văn Ân", "Đỗ An", "Bùi Thị Đào"]
    assert sorted(names, key=progress.given_name_order) == ["Đỗ An", "Nguyễn Văn Ân", "Bùi Thị Đào", "Võ Thị Lan"]
    assert sort_key("An") < sort_key("Ân")
