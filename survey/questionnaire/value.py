"""Values of expressions and how they turn into one another, as ODK Collect does it.

A value is a text, a number, a truth value or a Moment; "" is no answer. The zone is Asia/Ho_Chi_Minh everywhere
(+07:00, no summer time).
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

ZONE = timezone(timedelta(hours=7))
DAY = 86_400_000
_EPOCH = datetime(1970, 1, 1)
_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)", re.ASCII)
_ANSWERS = {
    "int": re.compile(r"[+-]?\d+", re.ASCII),
    "decimal": re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII),
}
_DATE = re.compile(r"([1-9]\d{3})-(\d{1,2})-(\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?")
_TINY = 1e-12
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999


class Moment:
    """A date or a date with its time: milliseconds of the local clock since 1970."""

    __slots__ = ("ms",)

    def __init__(self, ms: int) -> None:
        self.ms = ms

    @property
    def days(self) -> int:
        """Return whole days since 1970-01-01."""
        return self.ms // DAY

    def local(self) -> datetime:
        """Return the local wall clock."""
        return _EPOCH + timedelta(milliseconds=max(_FIRST_MS, min(_LAST_MS, self.ms)))


Value = str | float | bool | Moment


def moment_of(when: datetime) -> Moment:
    """Return the local moment of an aware date-time; a naive one is taken as local."""
    local = when.astimezone(ZONE).replace(tzinfo=None) if when.tzinfo else when
    return Moment((local - _EPOCH) // timedelta(milliseconds=1))


def moment_of_date(day: date) -> Moment:
    """Return the local midnight that starts a day."""
    return Moment((day - _EPOCH.date()).days * DAY)


def parse_moment(text: str) -> Moment | None:
    """Read `2026-11-23` or `2026-11-23T08:30:00.000+07:00`; None when it is neither."""
    day, _, clock = text.strip().partition("T")
    match = _DATE.fullmatch(day)
    if not match:
        return None
    try:
        start = moment_of_date(date(int(match[1]), int(match[2]), int(match[3])))
    except ValueError:
        return None
    if not clock:
        return None if "T" in text else start
    offset = clock_ms(clock)
    return None if offset is None else Moment(start.ms + offset)


def clock_ms(text: str) -> int | None:
    """Return the local milliseconds since midnight of a time; below 0 or above a day when its zone is another one."""
    match = _TIME.fullmatch(text.strip())
    if not match or int(match[1]) > 24 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    ms = (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)) * 1000 + int(
        (match[4] or "0").ljust(3, "0")[:3]
    )
    zone = match[5]
    if not zone:
        return ms
    if zone == "Z":
        return ms + 7 * 3_600_000
    minutes = int(zone[1:3]) * 60 + int(zone[-2:] if len(zone) > 3 else 0)
    return ms + (7 * 60 - (minutes if zone[0] == "+" else -minutes)) * 60_000


def typed(datatype: str, text: str) -> Value:
    """Return the value of a stored answer; one that its type cannot hold stays a text."""
    if not text:
        return ""
    if datatype in _ANSWERS:
        return float(text) if _ANSWERS[datatype].fullmatch(text) else text
    if datatype in ("date", "dateTime") and ("T" in text) == (datatype == "dateTime"):
        return parse_moment(text) or text
    return text


def number(value: Value) -> float:
    """Turn a value into a number: NaN for a text that is none, whole days for a moment."""
    kind = type(value)
    if kind is float:
        return value  # type: ignore[return-value]
    if kind is str:
        text = value.replace(",", ".").strip()  # type: ignore[union-attr]
        return float(text) if _NUMBER.fullmatch(text) else math.nan
    if isinstance(value, Moment):
        return float(value.days)
    return 1.0 if value else 0.0


def truth(value: Value) -> bool:
    """Turn a value into a truth value: not empty, not zero."""
    if value is True or value is False:
        return value
    if isinstance(value, float):
        return abs(value) > _TINY and value == value
    return value != ""


def text(value: Value) -> str:
    """Turn a value into a text; whole numbers have no decimals, moments are dates."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is float:
        return number_text(value)  # type: ignore[arg-type]
    if isinstance(value, Moment):
        return value.local().date().isoformat()
    return "true" if value else "false"


def number_text(value: float) -> str:
    """Write a number without an exponent, as short as reads back the same."""
    if value != value:
        return "NaN"
    if abs(value) < _TINY:
        return "0"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    whole = round(value)
    if abs(value - whole) < _TINY and abs(value) < 1e15:
        return str(whole)
    shortest = repr(value)
    return f"{Decimal(shortest):f}".removesuffix(".0") if "e" in shortest else shortest.removesuffix(".0")


def moment_text(value: Moment) -> str:
    """Write a moment with its time and zone."""
    local = value.local()
    return f"{local.isoformat(timespec='milliseconds')}+07:00"


def stored(datatype: str, value: Value) -> str:
    """Return the XForms lexical form of a calculated value for a node of a type; "" when the type cannot hold it."""
    if datatype == "int":
        found = number(value)
        return number_text(float(int(found))) if math.isfinite(found) else ""
    if datatype == "decimal":
        found = number(value)
        return number_text(found) if math.isfinite(found) else ""
    if isinstance(value, Moment) and datatype == "dateTime":
        return moment_text(value)
    if datatype in ("date", "dateTime") and isinstance(value, float):
        return text(Moment(int(value) * DAY)) if math.isfinite(value) else ""
    return text(value)


def equal(left: Value, right: Value) -> bool:
    """Compare as XPath does in Collect: truth values first, then numbers, then texts."""
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) == truth(right)
    if isinstance(left, float) or isinstance(right, float):
        return abs(number(left) - number(right)) < _TINY
    return text(left) == text(right)
