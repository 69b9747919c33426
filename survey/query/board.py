"""Where every sampled unit of a round stands, counted once per change and shared by all pages of a process.

One pass over the records serves the overview, the lists of areas, the live counts and every scope. A board is kept
until something is written (the audit log grows with every write) and for at most `LONGEST`; it holds counts only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select, case, func, select
from sqlalchemy.orm import Session

from survey.model import AuditEvent, FrameUnit, SampleUnit, Submission
from survey.model.base import utc_now
from survey.query.scope import Communes
from survey.query.worklist import BEST_FIRST, Tally

KINDS = ("household", "enterprise", "institution")
LONGEST = 15.0
"""Seconds after which a board is counted again whatever the log says."""
Unit = tuple[str, str]
"""Kind of unit and code of its primary sampling unit: the area of a household, the unit itself of the others."""


@dataclass(frozen=True, slots=True)
class Count:
    """Units of one primary sampling unit whose standing record is in one state and ended in one outcome."""

    unit: Unit
    standing: int
    outcome: str
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What the draws fixed: units of the main sample by primary sampling unit, and the old commune of each of those."""

    newest: int
    planned: Mapping[Unit, int]
    communes: Mapping[Unit, str]


@dataclass(frozen=True, slots=True)
class Board:
    """The counts of a round at one moment."""

    plan: Plan
    counts: tuple[Count, ...]
    mark: int = 0
    counted_at: float = field(default_factory=time.monotonic)
    moment: datetime = field(default_factory=utc_now)
    derived: dict[Any, Any] = field(default_factory=dict)
    """What others worked out from these counts, kept as long as they hold."""

    def within(self, communes: Communes) -> Iterator[Count]:
        """Yield the counts of the units that are reached."""
        places = self.plan.communes
        for each in self.counts:
            if communes is None or places.get(each.unit) in communes:
                yield each

    def tallies(self, communes: Communes = None) -> dict[Unit, Tally]:
        """Return the tally of every primary sampling unit that is reached."""
        places = self.plan.communes
        values: dict[Unit, list[int]] = {
            unit: [planned, 0, 0, 0, 0]
            for unit, planned in self.plan.planned.items()
            if communes is None or places.get(unit) in communes
        }
        for each in self.within(communes):
            values.setdefault(each.unit, [0] * 5)[1 + each.standing] += each.count
        return {unit: Tally(*numbers) for unit, numbers in values.items()}

    def last_received(self) -> dict[Unit, datetime]:
        """Return when the newest record of each primary sampling unit came in."""
        found: dict[Unit, datetime] = {}
        for each in self.counts:
            known = found.get(each.unit)
            if known is None or known < each.last_at:
                found[each.unit] = each.last_at
        return found


class _Shelf:
    """The boards of one database, each counted by one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.boards: dict[int, Board] = {}


_shelves: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()
_shelves_lock = threading.Lock()


def board(session: Session, round_id: int) -> Board:
    """Return a round's board, counted now unless nothing was written since the last one; one to four queries."""
    engine = session.get_bind().engine
    with _shelves_lock:
        shelf = _shelves.setdefault(engine, _Shelf())
    with shelf.lock:
        mark = session.scalar(select(func.max(AuditEvent.id))) or 0
        kept = shelf.boards.get(round_id)
        if kept is None or kept.mark != mark or time.monotonic() - kept.counted_at > LONGEST:
            plan = _plan(session, round_id, kept.plan if kept else None)
            kept = Board(plan, tuple(_counts(session, round_id)), mark)
            shelf.boards[round_id] = kept
        return kept


def standing_records(round_id: int) -> Select[int | None, str, datetime]:
    """Return a query of (sample_unit_id, best, last_at): position in `BEST_FIRST` and outcome of the best record."""
    rank = case({state: str(position) for position, state in enumerate(BEST_FIRST)}, value=Submission.state)
    return (
        select(
            Submission.sample_unit_id,
            func.min(rank.concat(Submission.outcome)).label("best"),
            func.max(Submission.updated_at).label("last_at"),
        )
        .where(Submission.round_id == round_id, Submission.sample_unit_id.is_not(None))
        .group_by(Submission.sample_unit_id)
    )


def _counts(session: Session, round_id: int) -> Iterator[Count]:
    best = standing_records(round_id).subquery()
    query = (
        select(SampleUnit.kind, SampleUnit.psu, best.c.best, func.count(), func.max(best.c.last_at))
        .select_from(best)
        .join(SampleUnit, SampleUnit.id == best.c.sample_unit_id)
        .where(SampleUnit.kind.in_(KINDS))
        .group_by(SampleUnit.kind, SampleUnit.psu, best.c.best)
    )
    for kind, psu, code, count, last_at in session.execute(query):
        yield Count((kind, psu), int(code[0]), code[1:], count, last_at)


def _plan(session: Session, round_id: int, known: Plan | None) -> Plan:
    """Return what was drawn; units that were drawn never change, so only a new draw is read again."""
    newest = session.scalar(select(func.max(SampleUnit.id)).where(SampleUnit.round_id == round_id)) or 0
    if known is not None and known.newest == newest:
        return known
    planned = (
        select(SampleUnit.kind, SampleUnit.psu, func.count())
        .where(SampleUnit.round_id == round_id, SampleUnit.role == "main", SampleUnit.kind.in_(KINDS))
        .group_by(SampleUnit.kind, SampleUnit.psu)
    )
    places = (
        select(SampleUnit.kind, FrameUnit.code, FrameUnit.commune_code)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind != "household")
    )
    counts = {(row[0], row[1]): row[2] for row in session.execute(planned)}
    communes = {
        ("household" if kind == "area" else kind, code): commune for kind, code, commune in session.execute(places)
    }
    return Plan(newest, counts, communes)
