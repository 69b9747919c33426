"""The numbers of the overview as they stand: one line of counts each for the round, its kinds, districts and people.

Made once for each change and scope, and shared by everybody who watches; holds counts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from survey.query import progress
from survey.query.board import Board, board
from survey.query.scope import Communes
from survey.query.worklist import Tally

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Live:
    """Counts by line (total, kind:…, district:…, person:…): planned, approved, received, returned, rejected, due."""

    counted_at: datetime
    waiting: int
    lines: Mapping[str, tuple[int, ...]]


def live(session: Session, round_id: int, communes: Communes = None) -> Live:
    """Return the numbers within reach; one query while nothing is written, a handful after a change."""
    seen = board(session, round_id)
    kept: Live | None = seen.derived.get(("live", communes))
    if kept is None:
        kept = seen.derived[("live", communes)] = _count(session, seen, round_id, communes)
    return kept


def counts(tally: Tally) -> tuple[int, ...]:
    """Return a tally as the columns planned, approved, waiting, returned, rejected, not yet."""
    return tally.planned, tally.approved, tally.received, tally.returned, tally.rejected, tally.due


def _count(session: Session, seen: Board, round_id: int, communes: Communes) -> Live:
    found = progress.progress(session, round_id, communes)
    lines = {TOTAL: counts(found.total())}
    lines |= {f"kind:{kind}": counts(tally) for kind, tally in found.kinds()}
    lines |= {f"district:{district.code}": counts(tally) for district, tally in found.districts()}
    people = progress.progress_by_enumerator(session, round_id, communes)
    lines |= {f"person:{each.account_id}": counts(each.tally) for each in people}
    return Live(seen.moment, progress.waiting(session, round_id, communes).count, lines)
