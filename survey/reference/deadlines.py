"""Legal deadlines for requests of data subjects and for notices of incidents, and the working days they are counted in.

Sources: Nghị định 356/2025/NĐ-CP, Điều 5 (2, 10, 15, 20 days), Điều 28 (72 hours); Bộ luật Dân sự 2015, Điều 147 (the
day of receipt does not count). Days are calendar days but for the first reply, which the decree counts in working days.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from survey.reference.datafile import json_document

REPLY_WORKING_DAYS = 2
DAYS: Mapping[str, int] = MappingProxyType(
    {
        "withdraw": 15,
        "objection": 15,
        "restriction": 15,
        "access": 10,
        "correction": 10,
        "transfer": 10,
        "deletion": 20,
    }
)
NOTICE = timedelta(hours=72)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """The last days on which a request may be confirmed, and carried out."""

    reply: date
    done: date


def deadlines(kind: str, received_on: date) -> Deadlines:
    """Return the deadlines of a request by its kind; KeyError for a kind that the decree does not name."""
    return Deadlines(add_working_days(received_on, REPLY_WORKING_DAYS), received_on + timedelta(days=DAYS[kind]))


def notice_due(detected_at: datetime) -> datetime:
    """Return the moment by which the authority must have been told of an incident."""
    return detected_at + NOTICE


def add_working_days(day: date, number: int) -> date:
    """Return the day that lies a number of working days after another."""
    while number > 0:
        day += timedelta(days=1)
        number -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    """Tell whether offices work on a day: not at weekends nor on public holidays."""
    return day.weekday() < _SATURDAY and f"{day:%m-%d}" not in _fixed() and day not in _lunar()


@functools.cache
def _fixed() -> frozenset[str]:
    return frozenset(json_document("holidays.json")["every_year"])


@functools.cache
def _lunar() -> frozenset[date]:
    years = json_document("holidays.json")["by_year"].values()
    return frozenset(date.fromisoformat(day) for days in years for day in days)
