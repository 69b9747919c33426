"""Who has to visit what: sampled areas with their enumerator, the units inside an area, and how far each has come.

Shared by the field pages (one enumerator's work) and the office (everybody's). Names of people are not read here.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session, aliased

from survey.model import Account, Assignment, FrameUnit, SampleUnit, Submission
from survey.query.scope import Communes, within
from survey.reference import units
from survey.reference.collation import sort_key

BEST_FIRST = ("approved", "received", "returned", "rejected")
"""States of records, the one that stands for a unit with several records first."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sampled units by where they stand; `due` have no record yet."""

    planned: int = 0
    approved: int = 0
    received: int = 0
    returned: int = 0
    rejected: int = 0

    @property
    def done(self) -> int:
        """Return how many have a record that is approved or waits for review."""
        return self.approved + self.received

    @property
    def due(self) -> int:
        """Return how many have no record yet."""
        return max(0, self.planned - self.done - self.returned - self.rejected)

    def __add__(self, other: Tally) -> Tally:
        """Return the sum of two tallies."""
        return Tally(
            self.planned + other.planned,
            self.approved + other.approved,
            self.received + other.received,
            self.returned + other.returned,
            self.rejected + other.rejected,
        )


@dataclass(frozen=True, slots=True)
class Area:
    """A sampled area: where it is, who works there, and the tally of its main-sample units."""

    sample_unit_id: int
    frame_unit_id: int
    code: str
    commune: units.OldCommune
    stratum: str
    attributes: dict[str, Any] = field(default_factory=dict)
    account_id: int | None = None
    enumerator: str = ""
    tally: Tally = Tally()

    @property
    def district(self) -> units.District:
        """Return the old district of the area."""
        return units.district(self.commune.district_code)

    @property
    def name(self) -> str:
        """Return the area's own name where the frame has one, else its code."""
        return str(self.attributes.get("name") or self.code)


@dataclass(frozen=True, slots=True)
class Visit:
    """A sampled unit in an area and its newest record, if there is one; `state` is empty before the first."""

    sample_unit_id: int
    code: str
    kind: str
    role: str
    position: int
    commune_code: str
    identity_key: str | None
    attributes: dict[str, Any]
    submission_id: str | None
    state: str
    outcome: str
    revision_count: int
    error_count: int
    updated_at: datetime | None


def areas(
    session: Session,
    round_id: int,
    *,
    communes: Communes = None,
    account_id: int | None = None,
    sample_unit_id: int | None = None,
    tallies: Mapping[tuple[str, str], Tally] | None = None,
) -> list[Area]:
    """Return the sampled areas of a round in Vietnamese order of district and commune, then by code.

    With `account_id` only those that this enumerator holds now; with `communes` only those inside. `tallies` by
    ("household", code of the area) spares the counting where a board has done it.
    """
    query = within(_areas_query(round_id), FrameUnit.commune_code, communes)
    if account_id is not None:
        query = query.where(Assignment.account_id == account_id)
    if sample_unit_id is not None:
        query = query.where(SampleUnit.id == sample_unit_id)
    rows = session.execute(query).all()
    counted = {} if tallies is not None else _area_tallies(session, round_id, [row.frame_unit_id for row in rows])
    known = tallies or {}
    found = [
        Area(
            sample_unit_id=row.id,
            frame_unit_id=row.frame_unit_id,
            code=row.code,
            commune=units.old_commune(row.commune_code),
            stratum=row.stratum,
            attributes=row.attributes,
            account_id=row.account_id,
            enumerator=row.name or "",
            tally=counted.get(row.frame_unit_id) or known.get(("household", row.code), Tally()),
        )
        for row in rows
    ]
    return sorted(found, key=_place_order)


def visits(session: Session, area: Area, *, only_main: bool = False) -> list[Visit]:
    """Return an area's sampled units with their newest records, main sample first, in the order of the draw.

    `only_main` leaves out reserves before their turn and units that a reserve has replaced: who visits needs neither.
    """
    newest = _newest_records(area.frame_unit_id)
    query = (
        select(
            SampleUnit.id,
            FrameUnit.code,
            SampleUnit.kind,
            SampleUnit.role,
            SampleUnit.position,
            FrameUnit.commune_code,
            FrameUnit.identity_key,
            FrameUnit.attributes,
            Submission.id.label("submission_id"),
            func.coalesce(Submission.state, "").label("state"),
            func.coalesce(Submission.outcome, "").label("outcome"),
            func.coalesce(Submission.revision_count, 0).label("revision_count"),
            func.coalesce(Submission.error_count, 0).label("error_count"),
            Submission.updated_at,
        )
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(newest, newest.c.sample_unit_id == SampleUnit.id)
        .outerjoin(Submission, Submission.id == newest.c.id)
        .where(FrameUnit.parent_id == area.frame_unit_id)
        .order_by(SampleUnit.role, SampleUnit.position, FrameUnit.code)
    )
    if only_main:
        query = query.where(SampleUnit.role == "main")
    return [Visit(*row) for row in session.execute(query)]


def unit_states(round_id: int) -> Select[int | None, int]:
    """Return a query of (sample_unit_id, standing) over the units of a round that have a record.

    `standing` is the position in `BEST_FIRST` of the record that stands for the unit.
    """
    rank = case({state: position for position, state in enumerate(BEST_FIRST)}, value=Submission.state)
    return (
        select(Submission.sample_unit_id, func.min(rank).label("standing"))
        .where(Submission.round_id == round_id, Submission.sample_unit_id.is_not(None))
        .group_by(Submission.sample_unit_id)
    )


def tallies_of(planned: Iterable[Sequence[Any]], standing: Iterable[Sequence[Any]]) -> dict[Any, Tally]:
    """Return tallies by key from rows (key…, count) and rows (key…, position in `BEST_FIRST`, count)."""
    counts: dict[Any, dict[str, int]] = defaultdict(dict)
    for *key, count in planned:
        counts[_key(key)]["planned"] = count
    for *key, position, count in standing:
        counts[_key(key)][BEST_FIRST[position]] = count
    return {key: Tally(**values) for key, values in counts.items()}


def _key(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else tuple(parts)


def _areas_query(round_id: int) -> Select[Any]:
    active = and_(Assignment.sample_unit_id == SampleUnit.id, Assignment.ended_at.is_(None))
    return (
        select(
            SampleUnit.id,
            SampleUnit.frame_unit_id,
            FrameUnit.code,
            FrameUnit.commune_code,
            SampleUnit.stratum,
            FrameUnit.attributes,
            Assignment.account_id,
            Account.name,
        )
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Assignment, active)
        .outerjoin(Account, Account.id == Assignment.account_id)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind == "area")
    )


def _area_tallies(session: Session, round_id: int, frame_unit_ids: list[int]) -> dict[int, Tally]:
    if not frame_unit_ids:
        return {}
    inside = FrameUnit.parent_id.in_(frame_unit_ids)
    base = (
        select(FrameUnit.parent_id, func.count())
        .select_from(SampleUnit)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, inside)
    )
    planned = session.execute(base.where(SampleUnit.role == "main").group_by(FrameUnit.parent_id)).all()
    states = unit_states(round_id).subquery()
    standing = (
        select(FrameUnit.parent_id, states.c.standing, func.count())
        .select_from(states)
        .join(SampleUnit, SampleUnit.id == states.c.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(inside)
        .group_by(FrameUnit.parent_id, states.c.standing)
    )
    return tallies_of([tuple(row) for row in planned], [tuple(row) for row in session.execute(standing)])


def _newest_records(parent_id: int) -> Any:
    """Return a subquery of the newest record of each unit inside an area."""
    record, unit, place = aliased(Submission), aliased(SampleUnit), aliased(FrameUnit)
    ordered = func.row_number().over(partition_by=record.sample_unit_id, order_by=(record.updated_at.desc(), record.id))
    ranked = (
        select(record.id, record.sample_unit_id, ordered.label("position"))
        .join(unit, unit.id == record.sample_unit_id)
        .join(place, place.id == unit.frame_unit_id)
        .where(place.parent_id == parent_id)
        .subquery()
    )
    return select(ranked.c.id, ranked.c.sample_unit_id).where(ranked.c.position == 1).subquery()


def _place_order(area: Area) -> tuple[Any, ...]:
    return (*_commune_order(area.commune.code), area.code)


@functools.cache
def _commune_order(code: str) -> tuple[Any, Any]:
    """Return the key that sorts an old commune by the Vietnamese names of its district and its own."""
    commune = units.old_commune(code)
    return sort_key(units.bare_name(units.district(commune.district_code))), sort_key(units.bare_name(commune))
