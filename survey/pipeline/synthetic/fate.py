"""What happens to each sampled unit in the field: contact, refusal, review, and when. Depends on place, not on answers.

Non-response is likelier in towns and differs between areas, which weighting can repair; it does not depend on what
would have been answered, so that the truth stays reachable.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

INTERVIEWED = 10
EMPTY_OUTCOMES = {41: 0.62, 42: 0.26, 43: 0.12}
_OTHER_OUTCOMES = {21: 0.36, 22: 0.46, 23: 0.06, 24: 0.03, 31: 0.05, 32: 0.04}
_NOT_VISITED = 0.02
_MISSED_IN_TOWN, _MISSED_IN_COUNTRY = 0.145, 0.085
REVIEWS = {"approve": 0.935, "wait": 0.038, "return": 0.021, "reject": 0.006}
_FIELD_TIME = timedelta(hours=7)


@dataclass(frozen=True, slots=True)
class Visit:
    """The outcome of a visit: contact code (None: not visited yet), number of visits, start and length."""

    contact: int | None
    visits: int
    started: datetime
    minutes: int

    @property
    def ended(self) -> datetime:
        """Return when the visit ended."""
        return self.started + timedelta(minutes=self.minutes)


def draw(rng: random.Random, shares: dict[int, float]) -> int:
    """Draw a code by shares."""
    return rng.choices(list(shares), weights=list(shares.values()))[0]


def household_visit(rng: random.Random, *, urban: bool, occupied: bool, tone: float, day: date) -> Visit:
    """Return what happens at a listed dwelling; `tone` multiplies the area's chance of a miss."""
    missed = (_MISSED_IN_TOWN if urban else _MISSED_IN_COUNTRY) * tone
    if rng.random() < _NOT_VISITED:
        contact = None
    elif not occupied:
        contact = draw(rng, EMPTY_OUTCOMES)
    else:
        contact = draw(rng, _OTHER_OUTCOMES) if rng.random() < missed else INTERVIEWED
    visits = rng.choices((1, 2, 3, 4), weights=(60, 24, 12, 4))[0] if contact != 22 else rng.randint(3, 5)
    minutes = rng.randint(24, 58) if contact == INTERVIEWED else rng.randint(2, 9)
    return Visit(contact, visits, moment(rng, day), minutes)


def area_tone(rng: random.Random) -> float:
    """Return how much likelier than usual a miss is in an area: some enumerators and places are harder."""
    return min(2.5, rng.lognormvariate(0, 0.35))


def moment(rng: random.Random, day: date) -> datetime:
    """Return a moment in the daytime of a day in Viet Nam, in UTC."""
    start = datetime.combine(day, time(7, 30), tzinfo=UTC) - _FIELD_TIME
    return start + timedelta(minutes=rng.randint(0, 11 * 60), seconds=rng.randint(0, 59))


def review(rng: random.Random, *, has_errors: bool) -> str:
    """Return what the supervisor did: approve, return, reject, or wait (nothing yet). Errors are never approved."""
    if has_errors:
        return rng.choices(("return", "wait"), weights=(7, 3))[0]
    return rng.choices(list(REVIEWS), weights=list(REVIEWS.values()))[0]
