"""How fast questionnaires come in, and when collection will be complete at that pace, with a band.

Counts records by the day on which they first came in, rejected ones left out. The forecast is arithmetic on those
counts and promises nothing about days that differ from the last ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from survey.model import FrameUnit, SampleUnit, Submission
from survey.query.scope import Communes

ZONE = "Asia/Ho_Chi_Minh"
WINDOW = 14
"""How many full days before today the pace looks back."""
FEWEST = 3
"""With fewer full days than this there is no forecast."""
HORIZON = 730
"""Days beyond which an end counts as not in sight."""
_Z = 1.2816
"""The 90th percentile of the normal distribution: the band holds in four cases out of five."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the last unit will be in: the expected day and the band around it; None where no end is in sight."""

    per_day: float
    days: int
    expected: date | None
    earliest: date | None
    latest: date | None


def daily(session: Session, round_id: int, communes: Communes = None) -> dict[date, int]:
    """Return how many records first came in on each day (of Vietnam), in order of days; one query."""
    day = _local_day(session)
    query = (
        select(day, func.count())
        .where(Submission.round_id == round_id, Submission.state != "rejected")
        .group_by(day)
        .order_by(day)
    )
    if communes is not None:
        query = query.where(Submission.sample_unit_id.in_(_units(round_id, communes)))
    return {_as_date(row[0]): row[1] for row in session.execute(query)}


def forecast(counts: Mapping[date, int], due: int, today: date) -> Forecast | None:
    """Return when `due` more units will be in at the pace of the last full days; None without enough days.

    After t days about m·t units come in, with variance s²·t + s²·t²/n: the scatter of days and the doubt about the
    mean m of n days. The band is where the 10th and the 90th percentile of that reach `due`.
    """
    if not counts or due <= 0:
        return None
    first = max(min(counts), today - timedelta(days=WINDOW))
    days = (today - first).days
    if days < FEWEST:
        return None
    seen = [counts.get(first + timedelta(days=n), 0) for n in range(days)]
    mean = sum(seen) / days
    variance = sum((each - mean) ** 2 for each in seen) / (days - 1)
    ends = (_reach(mean, variance, days, due, z) for z in (0.0, _Z, -_Z))
    expected, earliest, latest = (today + timedelta(days=n - 1) if n else None for n in ends)
    return Forecast(mean, days, expected, earliest, latest)


def _reach(mean: float, variance: float, days: int, due: int, z: float) -> int | None:
    """Return the first number of days, today being the first, after which the percentile of z reaches `due`."""
    for t in range(1, HORIZON + 1):
        if mean * t + z * math.sqrt(variance * t + variance * t * t / days) >= due:
            return t
    return None


def _units(round_id: int, communes: frozenset[str]) -> Any:
    query = select(SampleUnit.id).join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
    return query.where(SampleUnit.round_id == round_id, FrameUnit.commune_code.in_(sorted(communes)))


def _local_day(session: Session) -> ColumnElement[Any]:
    """Return the day of Vietnam on which a record first came in, in the words of the database."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(Submission.created_at, "+7 hours")
    return func.date(func.timezone(ZONE, Submission.created_at))


def _as_date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
