"""Shares areas among people so that everybody has about the same work and short ways. Pure arrays, no chance in it.

Seeds by farthest points, inserts by regret, then moves and swaps areas as long as that helps. The cost of an area is
its work times the squared kilometres to the middle of its holder's areas, so that one far area weighs more than several
near ones; work beyond the margin around the even share costs more than any way. The same input gives the same answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NOBODY = -1
STAY = 4.0
"""Square kilometres per interview that a new holder must save before an area changes hands."""
_ROUNDS = 3
_PASSES = 2
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class Work:
    """Areas to share: places (n, 2) in km, interviews left (n,), and for each person and area what holds.

    `present` is the holder now (`NOBODY` without one), `fixed` marks areas that stay there, `allowed` (n, k) who may
    work where. A fixed area may lie outside of what its holder is allowed.
    """

    places: Floats
    loads: Floats
    present: Ints
    fixed: Flags
    allowed: Flags

    @property
    def people(self) -> int:
        """Return the number of people."""
        return int(self.allowed.shape[1])


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has: areas, interviews left, and the mean km from the middle of the areas, by interview."""

    areas: int
    interviews: float
    kilometres: float


def plane(longitudes: Floats, latitudes: Floats) -> Floats:
    """Return places (n, 2) in km on a plane that is true in the middle of the given degrees (equirectangular)."""
    if not len(latitudes):
        return np.zeros((0, 2))
    middle = math.radians(float(np.mean(latitudes)))
    return np.column_stack([longitudes * 111.32 * math.cos(middle), latitudes * 110.57])


def balance(work: Work) -> Ints:
    """Return the person (n,) to hold each area; `NOBODY` where nobody is allowed to work."""
    owner = np.where(work.fixed, work.present, NOBODY)
    if work.people == 0 or not (~work.fixed).any():
        return owner
    centres = _seeds(work)
    owner = _inserted(work, _costs(work, centres), owner)
    for _ in range(_ROUNDS):
        centres = _centres(work, owner, centres)
        better = _improved(work, _costs(work, centres), owner)
        if (better == owner).all():
            break
        owner = better
    return owner


def shares(work: Work, owner: Ints) -> list[Share]:
    """Return what each person has under an assignment."""
    middles = _centres(work, owner, np.zeros((work.people, 2)))
    found = []
    for person in range(work.people):
        mine = owner == person
        loads, ways = work.loads[mine], np.linalg.norm(work.places[mine] - middles[person], axis=1)
        total = float(loads.sum())
        found.append(Share(int(mine.sum()), total, float(loads @ ways) / total if total else 0.0))
    return found


def _seeds(work: Work) -> Floats:
    """Return a first middle for each person: of the areas held now, else the farthest place, weighed by its work."""
    centres = _centres(work, work.present, np.full((work.people, 2), np.nan))
    seeded = ~np.isnan(centres[:, 0])
    middle = np.average(work.places, axis=0, weights=work.loads + _NEGLIGIBLE)
    nearest = _nearest(work.places, centres[seeded] if seeded.any() else middle[None, :])
    taken = np.ones(len(work.places))
    for person in np.flatnonzero(~seeded):
        weight = np.where(work.fixed | ~work.allowed[:, person], -1.0, (nearest + _NEGLIGIBLE) * work.loads / taken)
        chosen = int(np.argmax(weight))
        place = work.places[chosen] if weight[chosen] >= 0 else middle
        centres[person] = place
        away = ((work.places - place) ** 2).sum(axis=1)
        taken += away < _NEGLIGIBLE
        nearest = np.minimum(nearest, away)
    return centres


def _nearest(places: Floats, centres: Floats) -> Floats:
    return np.asarray(((places[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2).min(axis=1), dtype=np.float64)


def _centres(work: Work, owner: Ints, otherwise: Floats) -> Floats:
    """Return the middle of each person's areas, weighed by their work; without areas what is given otherwise."""
    held, weight = owner >= 0, work.loads + _NEGLIGIBLE
    total = np.bincount(owner[held], weight[held], work.people)
    found = otherwise.copy()
    for axis in (0, 1):
        sums = np.bincount(owner[held], (weight * work.places[:, axis])[held], work.people)
        found[total > 0, axis] = sums[total > 0] / total[total > 0]
    return found


def _costs(work: Work, centres: Floats) -> Floats:
    """Return the cost (n, k) of each area with each person; infinite where a person is not allowed."""
    squares = ((work.places[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    held = np.flatnonzero(work.present >= 0)
    moving = np.zeros_like(squares)
    moving[held] = STAY
    moving[held, work.present[held]] = 0.0
    cost = (work.loads + _NEGLIGIBLE)[:, None] * (squares + moving)
    return np.where(work.allowed, cost, np.inf)


def _even_share(work: Work) -> tuple[float, float]:
    """Return the even share of interviews and the margin around it: half of the largest area, at least a twentieth."""
    share = float(work.loads.sum()) / work.people
    return share, max(float(work.loads.max()) / 2, share / 20, 0.5)


def _loads(work: Work, owner: Ints) -> Floats:
    """Return the interviews (k,) of each person."""
    held = owner >= 0
    return np.bincount(owner[held], work.loads[held], work.people).astype(np.float64)


def _inserted(work: Work, cost: Floats, owner: Ints) -> Ints:
    """Give every open area to somebody, first the area that would lose most without its best person."""
    owner = owner.copy()
    share, margin = _even_share(work)
    room = share + margin - _loads(work, owner)
    left = (owner < 0) & np.isfinite(cost).any(axis=1)
    best, regret, runner = np.zeros(len(owner), int), np.zeros(len(owner)), np.zeros(len(owner), int)
    _rank(np.flatnonzero(left), cost, work.loads, room, (best, regret, runner))
    while left.any():
        area = int(np.argmax(np.where(left, regret, -np.inf)))
        person = int(best[area]) if regret[area] >= 0 else _freest(cost[area], room)
        owner[area], left[area] = person, False
        room[person] -= work.loads[area]
        touched = left & ((best == person) | (runner == person)) & (work.loads > room[person])
        _rank(np.flatnonzero(touched), cost, work.loads, room, (best, regret, runner))
    return owner


def _rank(areas: Ints, cost: Floats, loads: Floats, room: Floats, into: tuple[Ints, Floats, Ints]) -> None:
    """Write the best person, the loss with the second best and that one; a loss of −1 where nobody has room."""
    if not len(areas):
        return
    best, regret, runner = into
    open_cost = np.where(loads[areas, None] > room[None, :], np.inf, cost[areas])
    order = np.argsort(open_cost, axis=1, kind="stable")[:, :2]
    rows = np.arange(len(areas))
    first, second = open_cost[rows, order[:, 0]], open_cost[rows, order[:, -1]]
    best[areas], runner[areas] = order[:, 0], order[:, -1]
    finite = np.isfinite(first)
    single = ~np.isfinite(second)
    loss = np.subtract(second, first, out=np.zeros(len(areas)), where=finite & ~single)
    regret[areas] = np.where(finite, np.where(single, np.finfo(float).max, loss), -1.0)


def _freest(cost: Floats, room: Floats) -> int:
    return int(np.argmax(np.where(np.isfinite(cost), room, -np.inf)))


class _Ledger:
    """The loads of the people and what leaving the margin costs."""

    def __init__(self, work: Work, cost: Floats, owner: Ints) -> None:
        self.share, self.margin = _even_share(work)
        finite = cost[np.isfinite(cost)]
        self.price = 10.0 * (float(finite.max()) if len(finite) else 1.0) / self.margin**2
        self.loads = _loads(work, owner)

    def excess(self, loads: Floats) -> Floats:
        """Return the cost of loads: the square of what lies beyond the margin."""
        beyond = np.maximum(np.abs(loads - self.share) - self.margin, 0.0)
        return np.asarray(self.price * beyond**2, dtype=np.float64)

    def change(self, people: Ints, by: Floats) -> Floats:
        """Return how the cost changes when the loads of people change."""
        return self.excess(self.loads[people] + by) - self.excess(self.loads[people])


def _improved(work: Work, cost: Floats, owner: Ints) -> Ints:
    """Move or swap single areas as long as one pass finds something better, at most two passes."""
    owner, ledger = owner.copy(), _Ledger(work, cost, owner)
    free = np.flatnonzero(~work.fixed & (owner >= 0))
    lowest = cost.min(axis=1) if len(cost) else np.zeros(0)
    for _ in range(_PASSES):
        changed = False
        for area in free:
            settled = cost[area, owner[area]] - lowest[area] < _NEGLIGIBLE
            if settled and ledger.excess(ledger.loads[owner[area : area + 1]])[0] < _NEGLIGIBLE:
                continue
            changed |= _move(work, cost, owner, ledger, int(area)) or _swap(work, cost, owner, ledger, int(area), free)
        if not changed:
            break
    return owner


def _move(work: Work, cost: Floats, owner: Ints, ledger: _Ledger, area: int) -> bool:
    """Give one area to the person with whom the whole costs least; False when that is the present one."""
    here, load = owner[area], work.loads[area]
    everybody = np.arange(work.people)
    leaving = ledger.change(owner[area : area + 1], np.array([-load]))[0]
    change = cost[area] - cost[area, here] + leaving + ledger.change(everybody, np.full(work.people, load))
    change[here] = 0.0
    there = int(np.argmin(change))
    if change[there] > -_NEGLIGIBLE:
        return False
    ledger.loads[here] -= load
    ledger.loads[there] += load
    owner[area] = there
    return True


def _swap(work: Work, cost: Floats, owner: Ints, ledger: _Ledger, area: int, free: Ints) -> bool:
    """Exchange one area with the one that saves most; False when no exchange saves anything."""
    here, theirs = owner[area], owner[free]
    gained = work.loads[area] - work.loads[free]
    change = cost[area, theirs] - cost[area, here] + cost[free, here] - cost[free, theirs]
    change += ledger.change(np.full(len(free), here), -gained) + ledger.change(theirs, gained)
    change[theirs == here] = 0.0
    chosen = int(np.argmin(change))
    if change[chosen] > -_NEGLIGIBLE:
        return False
    other, there = int(free[chosen]), int(theirs[chosen])
    ledger.loads[here] -= gained[chosen]
    ledger.loads[there] += gained[chosen]
    owner[area], owner[other] = there, here
    return True
