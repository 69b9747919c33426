"""How far collection has come: sampled units against records by place, kind and enumerator, and what visits ended in.

Counts units, not records: a unit with several records counts once, by the best of them. Holds no names of respondents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from survey.model import Account, Assignment, FrameUnit, SampleUnit, Submission
from survey.query.board import KINDS, board
from survey.query.scope import Communes, within
from survey.query.worklist import Tally
from survey.reference import units
from survey.reference.collation import sort_key

__all__ = ["KINDS", "Disposition", "EnumeratorProgress", "Progress", "Waiting"]
Rows = Select[*tuple[Any, ...]]


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
    """Return planned and received units of the main sample by kind and place, from the round's board."""
    seen = board(session, round_id)
    sums: dict[tuple[str, str], Tally] = {}
    for unit, tally in seen.tallies(communes).items():
        key = unit[0], seen.plan.communes[unit]
        sums[key] = sums.get(key, Tally()) + tally
    return Progress(sums)


def progress_by_enumerator(session: Session, round_id: int, communes: Communes = None) -> list[EnumeratorProgress]:
    """Return the progress of everybody who holds areas now, in Vietnamese order of names; one query and the board."""
    seen = board(session, round_id)
    tallies, last = seen.tallies(communes), seen.last_received
    found: dict[int, EnumeratorProgress] = {}
    for account_id, name, code in session.execute(_holders(round_id, communes)):
        unit = ("household", code)
        before = found.get(account_id) or EnumeratorProgress(account_id, name, 0, Tally(), None)
        moments = [at for at in (before.last_at, last.get(unit)) if at is not None]
        tally = before.tally + tallies.get(unit, Tally())
        found[account_id] = EnumeratorProgress(account_id, name, before.areas + 1, tally, max(moments, default=None))
    return sorted(found.values(), key=lambda each: (given_name_order(each.name), each.account_id))


def holders(session: Session, round_id: int, communes: Communes = None) -> dict[str, tuple[int, str]]:
    """Return (account, name) of who holds each area now, by the area's code; one query."""
    rows = session.execute(_holders(round_id, communes))
    return {code: (account_id, name) for account_id, name, code in rows}


def dispositions(session: Session, round_id: int, communes: Communes = None) -> list[Disposition]:
    """Return how many units ended in each outcome, by kind, the most frequent first; rejected records do not count."""
    counts: Counter[tuple[str, str]] = Counter()
    for (kind, _code), found in board(session, round_id).within(communes):
        for outcome, count in found.items():
            counts[kind, outcome] += count
    rows = [Disposition(kind, outcome, count) for (kind, outcome), count in counts.items()]
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


def given_name_order(name: str) -> Any:
    """Return a key that sorts people by given name first, as Vietnamese lists do."""
    *before, given = name.split() or [""]
    return sort_key(given), sort_key(" ".join(before))


def _holders(round_id: int, communes: Communes) -> Rows:
    """Return the query of (account, name, area code) of the areas that somebody holds now."""
    query = (
        select(Account.id, Account.name, FrameUnit.code)
        .select_from(Assignment)
        .join(SampleUnit, SampleUnit.id == Assignment.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .join(Account, Account.id == Assignment.account_id)
        .where(Assignment.round_id == round_id, Assignment.ended_at.is_(None))
        .order_by(FrameUnit.code)
    )
    return within(query, FrameUnit.commune_code, communes)


def _summed(tallies: Mapping[tuple[str, str], Tally], key: Any) -> dict[str, Tally]:
    sums: dict[str, Tally] = {}
    for (kind, commune), tally in tallies.items():
        name = key(kind, commune)
        sums[name] = sums.get(name, Tally()) + tally
    return sums
