"""Where every sampled unit of a round stands, counted once and kept up with what is written, shared by all pages.

A process counts a round in full when it is first asked and every `LONGEST`; in between it reads again only the units
whose records the audit log names since the last look. Holds counts only.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, Select, case, func, select
from sqlalchemy.orm import Session

from survey.model import AuditEvent, FrameUnit, SampleUnit, Submission
from survey.model.base import utc_now
from survey.query.scope import Communes
from survey.query.worklist import BEST_FIRST, Tally

KINDS = ("household", "enterprise", "institution")
LONGEST = 600.0
"""Seconds after which a round is counted in full again whatever the log says."""
AGAIN = 15.0
"""Seconds after which the log is read again even when its end is the same."""
OVERLAP = 60.0
"""Seconds of the log that are read twice: events are numbered when written, not in the order of the commits."""
MARGIN = 2000
"""Events before the end of the log that may not have been committed when the round was counted in full."""
MOST = 20_000
"""With more new events than this a full count is quicker."""
Unit = tuple[str, str]
"""Kind of unit and code of its primary sampling unit: the area of a household, the unit itself of the others."""
_REJECTED = BEST_FIRST.index("rejected")


class _Place(NamedTuple):
    """Where one sampled unit stands: its primary sampling unit, position in `BEST_FIRST`, outcome."""

    unit: Unit
    standing: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the draws fixed: units of the main sample by primary sampling unit, and the old commune of each of those."""

    newest: int
    planned: Mapping[Unit, int]
    communes: Mapping[Unit, str]


@dataclass(frozen=True, slots=True)
class Board:
    """The counts of a round at one moment; `outcomes` leaves rejected records out."""

    plan: Plan
    standing: Mapping[Unit, Tally]
    outcomes: Mapping[Unit, Mapping[str, int]]
    last_received: Mapping[Unit, datetime]
    mark: int = 0
    moment: datetime = field(default_factory=utc_now)
    derived: dict[Any, Any] = field(default_factory=dict)
    """What others worked out from these counts, kept as long as they hold."""

    def within(self, communes: Communes) -> Iterator[tuple[Unit, Mapping[str, int]]]:
        """Yield the outcomes of every primary sampling unit that is reached and has records."""
        places = self.plan.communes
        for unit, counts in self.outcomes.items():
            if communes is None or places.get(unit) in communes:
                yield unit, counts

    def tallies(self, communes: Communes = None) -> dict[Unit, Tally]:
        """Return the tally of every primary sampling unit that is reached."""
        if communes is None:
            return dict(self.standing)
        places = self.plan.communes
        return {unit: tally for unit, tally in self.standing.items() if places.get(unit) in communes}


class _Ledger:
    """Where each sampled unit of a round stands, and the sums of that; changed by one thread at a time."""

    def __init__(self, plan: Plan, mark: int) -> None:
        self.plan = plan
        self.places: dict[int, _Place] = {}
        self.last: dict[Unit, datetime] = {}
        self.counted_at = self.checked_at = time.monotonic()
        self._numbers = {unit: [planned, 0, 0, 0, 0] for unit, planned in plan.planned.items()}
        self._outcomes: dict[Unit, dict[str, int]] = {}
        self._marks = deque([(0.0, max(0, mark - MARGIN)), (self.counted_at, mark)])
        self.board: Board | None = None

    def put(self, unit_id: int, place: _Place) -> None:
        """Move a sampled unit to where it stands now."""
        before = self.places.get(unit_id)
        if before != place:
            if before is not None:
                self._add(before, -1)
            self.places[unit_id] = place
            self._add(place, 1)

    def publish(self, mark: int) -> Board:
        """Return the sums as a board that never changes."""
        tallies = {unit: Tally(*numbers) for unit, numbers in self._numbers.items()}
        outcomes = {unit: dict(counts) for unit, counts in self._outcomes.items()}
        self.board = Board(self.plan, tallies, outcomes, dict(self.last), mark)
        return self.board

    def since(self, overlap: float) -> int:
        """Return the event after which the log has to be read again, and forget the marks before it."""
        limit = time.monotonic() - overlap
        while len(self._marks) > 1 and self._marks[1][0] <= limit:
            self._marks.popleft()
        return self._marks[0][1]

    def note(self, mark: int) -> None:
        """Remember how far the log was read just now."""
        self.checked_at = time.monotonic()
        self._marks.append((self.checked_at, mark))

    def _add(self, place: _Place, number: int) -> None:
        self._numbers.setdefault(place.unit, [0] * 5)[1 + place.standing] += number
        if place.standing != _REJECTED:
            counts = self._outcomes.setdefault(place.unit, {})
            counts[place.outcome] = counts.get(place.outcome, 0) + number
            if not counts[place.outcome]:
                del counts[place.outcome]


class _Shelf:
    """The ledgers of one database, each kept by one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ledgers: dict[int, _Ledger] = {}


_shelves: WeakKeyDictionary[Engine, _Shelf] = WeakKeyDictionary()
_shelves_lock = threading.Lock()


def board(session: Session, round_id: int) -> Board:
    """Return a round's board as of now: one query while nothing is written, three after a change, six for a count."""
    engine = session.get_bind().engine
    with _shelves_lock:
        shelf = _shelves.setdefault(engine, _Shelf())
    with shelf.lock:
        mark = session.scalar(select(func.max(AuditEvent.id))) or 0
        ledger = shelf.ledgers.get(round_id)
        if ledger is None or ledger.board is None or time.monotonic() - ledger.counted_at > LONGEST:
            ledger = shelf.ledgers[round_id] = _count(session, round_id, mark, ledger.plan if ledger else None)
        elif mark > ledger.board.mark or time.monotonic() - ledger.checked_at > AGAIN:
            ledger = shelf.ledgers[round_id] = _caught_up(session, round_id, mark, ledger)
        return ledger.board or ledger.publish(mark)


def standing_records(round_id: int) -> Select[int | None, str, datetime]:
    """Return a query of (sample_unit_id, best, last_at): position in `BEST_FIRST` and outcome of the best record."""
    return (
        select(
            Submission.sample_unit_id,
            func.min(_rank()).label("best"),
            func.max(Submission.updated_at).label("last_at"),
        )
        .where(Submission.round_id == round_id, Submission.sample_unit_id.is_not(None))
        .group_by(Submission.sample_unit_id)
    )


def _rank() -> ColumnElement[str]:
    """Return position in `BEST_FIRST` and outcome as one text, the smallest of which stands for a unit."""
    states = {state: str(position) for position, state in enumerate(BEST_FIRST)}
    return case(states, value=Submission.state).concat(Submission.outcome)


def _count(session: Session, round_id: int, mark: int, known: Plan | None) -> _Ledger:
    """Count a round in full."""
    ledger = _Ledger(_plan(session, round_id, known), mark)
    shared: dict[tuple[str, str, str], _Place] = {}
    best = select(Submission.sample_unit_id, func.min(_rank()).label("best")).group_by(Submission.sample_unit_id)
    best = best.where(Submission.round_id == round_id, Submission.sample_unit_id.is_not(None))
    for unit_id, kind, psu, code in session.execute(_with_units(best.subquery())):
        place = shared.get((kind, psu, code))
        if place is None:
            place = shared[kind, psu, code] = _Place((kind, psu), int(code[0]), code[1:])
        ledger.put(unit_id, place)
    newest = (
        select(SampleUnit.kind, SampleUnit.psu, func.max(Submission.updated_at))
        .join(SampleUnit, SampleUnit.id == Submission.sample_unit_id)
        .where(Submission.round_id == round_id, SampleUnit.kind.in_(KINDS))
        .group_by(SampleUnit.kind, SampleUnit.psu)
    )
    ledger.last = {(kind, psu): at for kind, psu, at in session.execute(newest)}
    ledger.publish(mark)
    return ledger


def _caught_up(session: Session, round_id: int, mark: int, ledger: _Ledger) -> _Ledger:
    """Bring a ledger up to the present: read the units again whose records the log names."""
    plan = _plan(session, round_id, ledger.plan)
    since = ledger.since(0.0 if session.get_bind().dialect.name == "sqlite" else OVERLAP)
    if plan is not ledger.plan or mark - since > MOST:
        return _count(session, round_id, mark, plan)
    is_changed = False
    for unit_id, kind, psu, code, at in session.execute(_touched(round_id, since)):
        unit, before = (kind, psu), ledger.places.get(unit_id)
        place = _Place(unit, int(code[0]), code[1:])
        ledger.put(unit_id, place)
        is_changed = is_changed or place != before or at > ledger.last[unit]
        ledger.last[unit] = max(at, ledger.last.get(unit, at))
    known = ledger.board
    ledger.note(mark)
    if is_changed or known is None:
        ledger.publish(max(mark, known.mark if known else 0))
    else:
        ledger.board = replace(known, mark=max(mark, known.mark), moment=utc_now(), derived={})
    return ledger


def _touched(round_id: int, since: int) -> Select[*tuple[Any, ...]]:
    """Return the query of (sampled unit, kind, area, best, last_at) of the units whose records the log names."""
    named = (
        select(Submission.sample_unit_id)
        .join(AuditEvent, AuditEvent.subject_id == Submission.id)
        .where(AuditEvent.id > since, AuditEvent.subject_kind == "submission", Submission.round_id == round_id)
    )
    best = standing_records(round_id).where(Submission.sample_unit_id.in_(named)).subquery()
    return _with_units(best).add_columns(best.c.last_at)


def _with_units(best: Any) -> Select[*tuple[Any, ...]]:
    """Return the query of (sampled unit, kind, area, best) over standing records."""
    query = select(best.c.sample_unit_id, SampleUnit.kind, SampleUnit.psu, best.c.best).select_from(best)
    return query.join(SampleUnit, SampleUnit.id == best.c.sample_unit_id).where(SampleUnit.kind.in_(KINDS))


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
        select(SampleUnit.kind, FrameUnit.code, SampleUnit.psu, FrameUnit.commune_code)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.round_id == round_id, SampleUnit.kind != "household")
    )
    counts = {(row[0], row[1]): row[2] for row in session.execute(planned)}
    communes = {
        ("household", code) if kind == "area" else (kind, psu): commune
        for kind, code, psu, commune in session.execute(places)
    }
    return Plan(newest, counts, communes)
