"""How long records wait: for review since they came in, for correction since they were returned. Reads no names of
respondents; days are days of the calendar in Vietnam."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session

from survey.model import Account, FrameUnit, Grant, ReviewEvent, SampleUnit, Submission
from survey.query.paging import SIZE, Page, bounded
from survey.query.progress import given_name_order
from survey.query.scope import Communes, narrowed, within
from survey.reference import units

STATES = ("received", "returned")
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LAST_DAYS = (2, 7, 14)
"""The last day of each class of waiting; the class after them is open."""
CLASSES = len(LAST_DAYS) + 1
Rows = Select[*tuple[Any, ...]]
Counts = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """What the report shows: one state or both, one old district or the whole reach, one class or all."""

    state: str = ""
    district: str = ""
    waited: int | None = None


@dataclass(frozen=True, slots=True)
class Heap:
    """Waiting records of one sender in one old commune and state, by class; blanks for no account and no place."""

    state: str
    account_id: int | None
    name: str
    channel: str
    commune_code: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Waiting:
    """One waiting record and since when it stands in its state."""

    id: str
    kind: str
    unit_code: str
    commune_code: str
    state: str
    account_id: int | None
    name: str
    channel: str
    since: datetime

    def days(self, today: date) -> int:
        """Return the days of the calendar that it has waited."""
        return (today - self.since.astimezone(ZONE).date()).days

    @property
    def commune(self) -> units.OldCommune | None:
        """Return the old commune of the unit; None without a unit."""
        return units.old_commune(self.commune_code) if self.commune_code else None


def waited_class(days: int) -> int:
    """Return the class of a number of days, 0 for the shortest."""
    return next((position for position, last in enumerate(LAST_DAYS) if days <= last), CLASSES - 1)


def heaps(session: Session, round_id: int, communes: Communes, sought: Sought, *, today: date) -> list[Heap]:
    """Return the waiting records counted by state, sender, place and class; one query, whatever class is sought."""
    key = Submission.state, Submission.account_id, Account.name, Submission.channel, FrameUnit.commune_code
    each = _waiting(select(*key, _class(today).label("waited")), round_id, communes, sought).subquery()
    query = select(*each.c, func.count()).group_by(*each.c)
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * CLASSES)
    for *parts, waited, count in session.execute(query):
        found[tuple(parts)][waited] += count
    return [
        Heap(state, account_id, name or "", channel, commune or "", tuple(counts))
        for (state, account_id, name, channel, commune), counts in found.items()
    ]


def oldest(
    session: Session,
    round_id: int,
    communes: Communes,
    sought: Sought,
    *,
    today: date,
    page: int | None = 1,
    size: int = SIZE,
) -> Page[Waiting]:
    """Return one page of the waiting records, the longest wait first; without a page all of them."""
    conditions = () if sought.waited is None else (_class(today) == sought.waited,)
    total = session.scalar(_waiting(select(func.count()), round_id, communes, sought).where(*conditions)) or 0
    columns = (
        Submission.id,
        Submission.unit_kind,
        func.coalesce(FrameUnit.code, ""),
        func.coalesce(FrameUnit.commune_code, ""),
        Submission.state,
        Submission.account_id,
        func.coalesce(Account.name, ""),
        Submission.channel,
        _since().label("since"),
    )
    query = _waiting(select(*columns), round_id, communes, sought).where(*conditions)
    query = query.order_by(_since(), Submission.id)
    number, size = (1, max(total, 1)) if page is None else (bounded(page, total, size), size)
    rows = session.execute(query.offset((number - 1) * size).limit(size))
    return Page([Waiting(*row) for row in rows], number, total, size)


def supervisors(session: Session, round_id: int) -> dict[str, tuple[str, ...]]:
    """Return the names of the supervisors of each old commune, those of the commune before those of its district."""
    query = (
        select(Account.name, Grant.area_code)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.role == "supervisor", Account.state == "active")
        .where(or_(Grant.round_id == round_id, Grant.round_id.is_(None)))
    )
    named: dict[str, set[str]] = defaultdict(set)
    for name, area_code in session.execute(query):
        named[area_code or ""].add(name)
    found = {}
    for commune in units.old_communes():
        nearest = named.get(commune.code) or named.get(commune.district_code) or named.get("") or set()
        found[commune.code] = tuple(sorted(nearest, key=given_name_order))
    return found


def gathered(found: Iterable[Heap], key: Callable[[Heap], Any]) -> dict[Any, Counts]:
    """Return the counts by class of the heaps that share a key."""
    sums: dict[Any, Counts] = defaultdict(lambda: (0,) * CLASSES)
    for heap in found:
        name = key(heap)
        sums[name] = tuple(a + b for a, b in zip(sums[name], heap.counts, strict=True))
    return dict(sums)


def _waiting(query: Rows, round_id: int, communes: Communes, sought: Sought) -> Rows:
    states = [sought.state] if sought.state in STATES else list(STATES)
    joined = (
        query.select_from(Submission)
        .outerjoin(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Account, Account.id == Submission.account_id)
        .where(Submission.round_id == round_id, Submission.state.in_(states))
    )
    return within(joined, FrameUnit.commune_code, narrowed(communes, sought.district))


def _since() -> ColumnElement[datetime]:
    """Return when a record entered its state: its last arrival, or its last return for correction."""
    returned = (
        select(func.max(ReviewEvent.at))
        .where(ReviewEvent.submission_id == Submission.id, ReviewEvent.action == "return")
        .correlate(Submission)
        .scalar_subquery()
    )
    return case(
        (Submission.state == "returned", func.coalesce(returned, Submission.updated_at)), else_=Submission.updated_at
    )


def _class(today: date) -> ColumnElement[int]:
    starts = [datetime.combine(today - timedelta(days=last), time(), ZONE) for last in LAST_DAYS]
    return case(*((_since() >= start, position) for position, start in enumerate(starts)), else_=CLASSES - 1)
