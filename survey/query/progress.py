"""How far collection has come: sampled units against records by place, kind and enumerator, and what visits ended in.

Counts units, not records: a unit with several records counts once, by the best of them. Holds no names of respondents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from survey.model import Account, Assignment, FrameUnit, SampleUnit, Submission
from survey.query.scope import Communes, within
from survey.query.worklist import Tally, tallies_of, unit_states
from survey.reference import units
from survey.reference.collation import sort_key

Rows = Select[*tuple[Any, ...]]
KINDS = ("household", "enterprise", "institution")


@dataclass(frozen=True, slots=True)
class Progress:
    """Tallies of a round by (kind, old commune)."""

    by_place: Mapping[tuple[str, str], Tally]

    def kinds(self) -> list[tuple[str, Tally]]:
        """Return a tally for each kind of unit that is in the sample."""
        sums = _summed(self.by_place, lambda kind, _commune: kind)
        return [(kind, sums[kind]) for kind in KINDS if kind in sums]

    def total(self) -> Tally:
        """Return the tally of everything."""
        return sum(self.by_place.values(), Tally())

    def districts(self, kind: str = "") -> list[tuple[units.District, Tally]]:
        """Return tallies of the old districts in Vietnamese order, of one kind of unit or of all."""
        chosen = {key: tally for key, tally in self.by_place.items() if kind in ("", key[0])}
        sums = _summed(chosen, lambda _kind, commune: units.old_commune(commune).district_code)
        return [(d, sums[d.code]) for d in units.in_name_order(map(units.district, sums))]


@dataclass(frozen=True, slots=True)
class EnumeratorProgress:
    """One enumerator's areas and units; `last_at` is when the newest record of a unit in them came in."""

    account_id: int
    name: str
    areas: int
    tally: Tally
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Disposition:
    """How many units of a kind have a record that ended in one outcome (a code of the questionnaire)."""

    kind: str
    outcome: str
    count: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Records that wait for review, how many of them have findings, and since when the oldest waits."""

    count: int
    with_errors: int
    oldest_at: datetime | None


def progress(session: Session, round_id: int, communes: Communes = None) -> Progress:
    """Return planned and received units of the main sample by kind and place; two queries."""
    states = unit_states(round_id).subquery()
    planned = (
        select(SampleUnit.kind, FrameUnit.commune_code, func.count())
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, SampleUnit.role == "main", SampleUnit.kind.in_(KINDS))
        .group_by(SampleUnit.kind, FrameUnit.commune_code)
    )
    standing = (
        select(SampleUnit.kind, FrameUnit.commune_code, states.c.standing, func.count())
        .select_from(states)
        .join(SampleUnit, SampleUnit.id == states.c.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.kind.in_(KINDS))
        .group_by(SampleUnit.kind, FrameUnit.commune_code, states.c.standing)
    )
    return Progress(_tallied(session, *(within(q, FrameUnit.commune_code, communes) for q in (planned, standing))))


def progress_by_enumerator(session: Session, round_id: int, communes: Communes = None) -> list[EnumeratorProgress]:
    """Return the progress of everybody who holds areas now, in Vietnamese order of names; three queries."""
    area, place = aliased(SampleUnit), aliased(FrameUnit)
    held = within(
        select(Assignment.account_id, place.id)
        .join(area, area.id == Assignment.sample_unit_id)
        .join(place, place.id == area.frame_unit_id)
        .where(Assignment.round_id == round_id, Assignment.ended_at.is_(None)),
        place.commune_code,
        communes,
    ).subquery()
    heads = _heads(session, held)
    tallies = _tallied(session, *_by_holder(round_id, held))
    found = [
        EnumeratorProgress(account_id, name, areas, tallies.get(account_id, Tally()), last_at)
        for account_id, name, areas, last_at in heads
    ]
    return sorted(found, key=lambda each: (given_name_order(each.name), each.account_id))


def dispositions(session: Session, round_id: int, communes: Communes = None) -> list[Disposition]:
    """Return how many units ended in each outcome, by kind, the most frequent first; one query."""
    query = (
        select(Submission.unit_kind, Submission.outcome, func.count(Submission.sample_unit_id.distinct()))
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Submission.round_id == round_id, Submission.state != "rejected")
        .group_by(Submission.unit_kind, Submission.outcome)
    )
    rows = [Disposition(*row) for row in session.execute(within(query, FrameUnit.commune_code, communes))]
    return sorted(rows, key=lambda each: (KINDS.index(each.kind), -each.count, each.outcome))


def waiting(session: Session, round_id: int, communes: Communes = None) -> Waiting:
    """Return how many records wait for review and how long the oldest has; one query."""
    query = select(
        func.count(), func.count().filter(Submission.error_count > 0), func.min(Submission.updated_at)
    ).where(Submission.round_id == round_id, Submission.state == "received")
    if communes is not None:
        query = query.join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        query = query.join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    return Waiting(*session.execute(within(query, FrameUnit.commune_code, communes)).one())


def recent(session: Session, round_id: int, since: datetime, communes: Communes = None) -> int:
    """Return how many units of the main sample sent their first record after a moment; one query."""
    query = (
        select(func.count(Submission.sample_unit_id.distinct()))
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Submission.round_id == round_id, SampleUnit.role == "main", Submission.created_at >= since)
    )
    return session.scalar(within(query, FrameUnit.commune_code, communes)) or 0


def given_name_order(name: str) -> Any:
    """Return a key that sorts people by given name first, as Vietnamese lists do."""
    *before, given = name.split() or [""]
    return sort_key(given), sort_key(" ".join(before))


def _heads(session: Session, held: Any) -> list[Any]:
    """Return (account, name, areas, newest record) of everybody who holds areas."""
    newest = (
        select(held.c.account_id, func.max(Submission.updated_at).label("last_at"))
        .join(FrameUnit, FrameUnit.parent_id == held.c.id)
        .join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
        .join(Submission, Submission.sample_unit_id == SampleUnit.id)
        .group_by(held.c.account_id)
        .subquery()
    )
    counts = select(held.c.account_id, func.count().label("areas")).group_by(held.c.account_id).subquery()
    query = (
        select(Account.id, Account.name, counts.c.areas, newest.c.last_at)
        .join(counts, counts.c.account_id == Account.id)
        .outerjoin(newest, newest.c.account_id == Account.id)
    )
    return list(session.execute(query))


def _by_holder(round_id: int, held: Any) -> tuple[Rows, Rows]:
    """Return the queries of planned units and of their standing, by the account that holds their area."""
    states = unit_states(round_id).subquery()
    planned = (
        select(held.c.account_id, func.count())
        .join(FrameUnit, FrameUnit.parent_id == held.c.id)
        .join(SampleUnit, and_(SampleUnit.frame_unit_id == FrameUnit.id, SampleUnit.round_id == round_id))
        .where(SampleUnit.role == "main")
        .group_by(held.c.account_id)
    )
    standing = (
        select(held.c.account_id, states.c.standing, func.count())
        .join(FrameUnit, FrameUnit.parent_id == held.c.id)
        .join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
        .join(states, states.c.sample_unit_id == SampleUnit.id)
        .group_by(held.c.account_id, states.c.standing)
    )
    return planned, standing


def _tallied(session: Session, planned: Rows, standing: Rows) -> dict[Any, Tally]:
    rows = ([tuple(row) for row in session.execute(query)] for query in (planned, standing))
    return tallies_of(*rows)


def _summed(tallies: Mapping[tuple[str, str], Tally], key: Any) -> dict[str, Tally]:
    sums: dict[str, Tally] = {}
    for (kind, commune), tally in tallies.items():
        name = key(kind, commune)
        sums[name] = sums.get(name, Tally()) + tally
    return sums


def total_of(tallies: Iterable[Tally]) -> Tally:
    """Return the sum of tallies."""
    return sum(tallies, Tally())
