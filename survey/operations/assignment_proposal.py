"""Proposes who should work where, from what is left and how far it is; changes nothing itself.

Areas stay where they are when nothing is left in them, when their holder takes no part, when they lie beyond the reach
of who asks, and when the holder's tablet says that it holds unsent or unfinished work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from survey.operations.balancing import NOBODY, Flags, Ints, Share, Work, balance, plane, shares
from survey.query.scope import Communes
from survey.query.worklist import Area
from survey.query.workload import Worker, degrees, left

SCOPES = ("open", "untouched", "all")
"""What may change hands: areas that nobody holds, also those not begun, or every area in which something is left."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a proposal is asked for: its scope, who takes part, the reach, and whose tablets hold work."""

    scope: str = "open"
    people: frozenset[int] = frozenset()
    communes: Communes = None
    beyond: bool = False
    """Whether people may be given areas outside the area of their account."""
    busy: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """What one enumerator has now and would have."""

    worker: Worker
    before: Share
    after: Share


@dataclass(frozen=True, slots=True)
class Move:
    """One area that would change hands."""

    area: Area
    worker: Worker


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines by enumerator, the areas that change hands, how many nobody may take, how many stay for a tablet's sake."""

    lines: tuple[Line, ...]
    moves: tuple[Move, ...]
    without: int
    kept: int

    @property
    def digest(self) -> str:
        """Return a mark that differs as soon as another area, holder or person is in the moves."""
        rows = [f"{m.area.sample_unit_id}:{m.area.account_id}:{m.worker.account_id}" for m in self.moves]
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]

    @property
    def wanted(self) -> dict[int, int | None]:
        """Return the person for each area that changes hands."""
        return {move.area.sample_unit_id: move.worker.account_id for move in self.moves}


def propose(areas: Sequence[Area], workers: Sequence[Worker], terms: Terms) -> Proposal:
    """Return the balanced assignment under the terms; the same areas and people give the same proposal."""
    taking = [worker for worker in workers if worker.account_id in terms.people]
    position = {worker.account_id: index for index, worker in enumerate(taking)}
    counted = [area for area in areas if area.account_id in position or _is_open(area, terms)]
    work = _work(counted, taking, position, terms)
    owner = balance(work)
    lines = zip(taking, shares(work, work.present), shares(work, owner), strict=True)
    return Proposal(
        lines=tuple(Line(*line) for line in lines),
        moves=tuple(
            Move(area, taking[new])
            for area, old, new in zip(counted, work.present.tolist(), owner.tolist(), strict=True)
            if new not in (old, NOBODY)
        ),
        without=int((owner == NOBODY).sum()),
        kept=sum(area.account_id in terms.busy and _may_change(area, terms, busy=frozenset()) for area in counted),
    )


def standing(areas: Sequence[Area], workers: Sequence[Worker]) -> list[tuple[Worker, Share]]:
    """Return what each enumerator has now."""
    position = {worker.account_id: index for index, worker in enumerate(workers)}
    held = [area for area in areas if area.account_id in position]
    work = _work(held, workers, position, Terms())
    return list(zip(workers, shares(work, work.present), strict=True))


def _work(areas: Sequence[Area], workers: Sequence[Worker], position: dict[int, int], terms: Terms) -> Work:
    present: Ints = np.array([position.get(area.account_id or 0, NOBODY) for area in areas], dtype=np.int64)
    return Work(
        places=plane(*degrees(areas)),
        loads=np.array([left(area.tally) for area in areas], dtype=np.float64),
        present=present,
        fixed=np.array([not _may_change(area, terms, busy=terms.busy) for area in areas], dtype=bool),
        allowed=_allowed(areas, workers, beyond=terms.beyond),
    )


def _allowed(areas: Sequence[Area], workers: Sequence[Worker], *, beyond: bool) -> Flags:
    flags = np.ones((len(areas), len(workers)), dtype=bool)
    for column, worker in enumerate(workers):
        if worker.communes is not None and not beyond:
            near = [area.commune.code in worker.communes or area.account_id == worker.account_id for area in areas]
            flags[:, column] = near
    return flags


def _is_open(area: Area, terms: Terms) -> bool:
    return area.account_id is None and _within(area, terms) and left(area.tally) > 0


def _within(area: Area, terms: Terms) -> bool:
    return terms.communes is None or area.commune.code in terms.communes


def _may_change(area: Area, terms: Terms, *, busy: Collection[int]) -> bool:
    if not _within(area, terms) or left(area.tally) == 0 or area.account_id in busy:
        return False
    if area.account_id is None or terms.scope == "all":
        return True
    return terms.scope == "untouched" and area.tally.due == area.tally.planned
