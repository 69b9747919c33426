"""The review queue and one record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from survey.query import review
from survey.query.review import Filters
from survey.reference import units
from tests.web.office_round import Staffed


def _names(staffed: Staffed, page: object) -> list[str]:
    by_id = {record: name for name, record in staffed.records.items()}
    return [by_id[row.id] for row in page.rows]  # type: ignore[attr-defined]


def test_the_queue_shows_what_waits_longest_first(session: Session, staffed: Staffed) -> None:
    page = review.queue(session, staffed.round_id, None, Filters())
    assert _names(staffed, page) == ["waiting-here", "wrong-here", "waiting-there"]
    newest = review.queue(session, staffed.round_id, None, Filters(order="newest"))
    assert _names(staffed, newest) == ["waiting-there", "wrong-here", "waiting-here"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(findings="errors"), {"wrong-here"}),
        (Filters(findings="none"), {"waiting-here", "waiting-there"}),
        (Filters(state="", text="vo thi lan"), {"waiting-here", "wrong-here", "approved-here", "returned-here"}),
        (Filters(state="", text="NGUYEN VAN"), {"waiting-there"}),
        (Filters(state="returned"), {"returned-here"}),
        (Filters(kind="enterprise"), set()),
        (Filters(text="100% không có"), set()),
    ],
)
def test_filters_narrow_the_queue(session: Session, staffed: Staffed, filters: Filters, expected: set[str]) -> None:
    assert set(_names(staffed, review.queue(session, staffed.round_id, None, filters))) == expected


def test_a_search_finds_places_without_accents(session: Session, staffed: Staffed) -> None:
    commune = units.old_communes_in(staffed.there.code)[0]
    bare = units.bare_name(commune)
    page = review.queue(session, staffed.round_id, None, Filters(text=bare.replace("ộ", "o").replace("à", "a")))
    assert _names(staffed, page) == ["waiting-there"]


def test_a_queue_stays_within_reach_and_its_district(session: Session, staffed: Staffed) -> None:
    inside = frozenset(commune.code for commune in units.old_communes_in(staffed.here.code))
    page = review.queue(session, staffed.round_id, inside, Filters())
    assert _names(staffed, page) == ["waiting-here", "wrong-here"]
    elsewhere = review.queue(session, staffed.round_id, inside, Filters(district=staffed.there.code))
    assert elsewhere.total == 0


def test_pages_of_the_queue_hold_every_record_once(session: Session, staffed: Staffed) -> None:
    pages = [review.queue(session, staffed.round_id, None, Filters(state=""), page=n, size=2) for n in (1, 2, 3)]
    assert sorted(name for page in pages for name in _names(staffed, page)) == sorted(staffed.records)
    assert pages[0].total == 5


def test_the_next_record_follows_in_the_order_of_the_queue(session: Session, staffed: Staffed) -> None:
    page = review.queue(session, staffed.round_id, None, Filters())
    first, second, third = page.rows
    assert review.next_in_queue(session, staffed.round_id, None, Filters(), first) == second.id
    assert review.next_in_queue(session, staffed.round_id, None, Filters(), third) is None
    backwards = Filters(order="newest")
    assert review.next_in_queue(session, staffed.round_id, None, backwards, third) == second.id


def test_counts_by_state_ignore_the_state_filter_only(session: Session, staffed: Staffed) -> None:
    counts = review.counts_by_state(session, staffed.round_id, None, Filters(state="approved"))
    assert counts == {"received": 3, "returned": 1, "approved": 1, "rejected": 0}
    here = review.counts_by_state(session, staffed.round_id, None, Filters(district=staffed.there.code))
    assert sum(here.values()) == 1


def test_a_record_comes_with_its_version_and_acts(session: Session, staffed: Staffed) -> None:
    found = review.record(session, staffed.records["returned-here"], lambda _round: None)
    assert found is not None
    assert found.newest.number == 1
    assert [act.action for act in found.acts] == ["return"]
    assert found.open_remarks == {"head/size": "Đếm lại số người"}


def test_a_record_outside_the_reach_does_not_exist(session: Session, staffed: Staffed) -> None:
    inside = frozenset(commune.code for commune in units.old_communes_in(staffed.here.code))
    assert review.record(session, staffed.records["waiting-there"], lambda _round: inside) is None
    assert review.record(session, "no-such-record", lambda _round: None) is None


def test_answers_carry_no_names(session: Session, staffed: Staffed) -> None:
    found = review.record(session, staffed.records["waiting-here"], lambda _round: None)
    assert found is not None
    assert "Bí Mật" not in str(found.newest.answers)


def test_reading_takes_a_handful_of_queries(session: Session, staffed: Staffed, counting: Callable[[], object]) -> None:
    with counting() as statements:  # type: ignore[attr-defined]
        review.queue(session, staffed.round_id, None, Filters(text="lan"))
    assert len(statements) == 3
    with counting() as statements:  # type: ignore[attr-defined]
        review.record(session, staffed.records["wrong-here"], lambda _round: None)
    assert len(statements) <= 5
