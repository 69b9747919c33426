"""The functions of the expression language: plain values in, plain values out. Their JavaScript twins are in
`engine/library.js`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from survey.questionnaire.value import DAY, Moment, Value, number, parse_moment, text, truth

Function = Callable[..., Value]
_FIRST_DAY, _LAST_DAY = -354_285, 2_932_896
"""The days of the years 1000 to 9999, counted from 1970: no other day is a date."""


def to_int(value: Value) -> float:
    """Cut the decimals off."""
    found = number(value)
    return float(math.trunc(found)) if math.isfinite(found) else found


def round_(value: Value, places: Value = 0.0) -> float:
    """Round half up (towards zero below zero), to a number of decimals or, when negative, of zeros."""
    found, digits = number(value), _index(places)
    if not math.isfinite(found):
        return found
    if abs(digits) > 30:
        return math.nan
    exact = Decimal(repr(found))
    if digits >= 0:
        return float(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_DOWN if found < 0 else ROUND_HALF_UP))
    scaled = float(exact.scaleb(digits))
    return float(Decimal(math.trunc(scaled + 0.5)).scaleb(-digits))


def divide(left: Value, right: Value) -> float:
    """Divide as floating point does, without an error on zero."""
    above, below = number(left), number(right)
    if below == 0:
        return math.nan if above == 0 or above != above else math.copysign(math.inf, above) * math.copysign(1, below)
    return above / below


def modulo(left: Value, right: Value) -> float:
    """Return the remainder with the sign of the dividend."""
    above, below = number(left), number(right)
    if below == 0 or not math.isfinite(above) or below != below:
        return math.nan
    return above if math.isinf(below) else math.fmod(above, below)


def power(base: Value, exponent: Value) -> float:
    """Raise to a power; NaN where no real number is the answer."""
    return _real(
        lambda: float(number(base) ** number(exponent)) if number(base) >= 0 or number(exponent) % 1 == 0 else math.nan
    )


def _real(compute: Callable[[], float]) -> float:
    try:
        return compute()
    except ValueError:
        return math.nan
    except (OverflowError, ZeroDivisionError):
        return math.inf


def _math(function: Callable[[float], float]) -> Function:
    return lambda value: _real(lambda: function(_fraction(value)))


def _fraction(value: Value) -> float:
    """A moment counts as days with their fraction here."""
    return value.ms / DAY if isinstance(value, Moment) else number(value)


def _log(value: Value, function: Callable[[float], float] = math.log) -> float:
    found = _fraction(value)
    return -math.inf if found == 0 else _real(lambda: function(found))


def substr(value: Value, start: Value, end: Value | None = None) -> str:
    """Cut a text from a position (from 0; negative from the end) up to another, counted in UTF-16 as all clients do."""
    whole = text(value).encode("utf-16-le")
    length = len(whole) // 2
    first, last = _index(start), length if end is None else _index(end)
    first = max(0, length + first if first < 0 else first)
    last = max(0, length + last if last < 0 else last)
    return whole[2 * first : 2 * last].decode("utf-16-le", "replace") if first <= last else ""


def _index(value: Value) -> int:
    found = number(value)
    return 0 if found != found else int(max(-2e9, min(2e9, found)))


def translate(value: Value, old: Value, new: Value) -> str:
    """Replace letters one by one; letters without a replacement are removed."""
    source, target = text(old), text(new)
    table: dict[str, str] = {}
    for index, letter in enumerate(source):
        table.setdefault(letter, target[index] if index < len(target) else "")
    return "".join(table.get(letter, letter) for letter in text(value))


@lru_cache(maxsize=512)
def _pattern(source: str) -> re.Pattern[str] | None:
    try:
        return re.compile(source, re.ASCII)
    except re.error:
        return None


def regex(value: Value, pattern: Value) -> bool:
    """Say whether a whole text matches a pattern; a pattern that cannot be read matches nothing."""
    compiled = _pattern(text(pattern))
    return bool(compiled and compiled.fullmatch(text(value)))


def selected(value: Value, code: Value) -> bool:
    """Say whether a choice is among the chosen ones."""
    return f" {text(code).strip()} " in f" {text(value)} "


def selected_at(value: Value, index: Value) -> str:
    """Return the chosen code at a position counted from 0; "" outside."""
    codes, at = text(value).split(), number(index)
    return codes[int(at)] if math.isfinite(at) and 0 <= int(at) < len(codes) else ""


def date_of(value: Value, keep_time: bool = False) -> Value:
    """Turn a text or a number of days into a moment; "" and NaN stay what they are, what is no date becomes ""."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, Moment):
        return value if keep_time else Moment(value.days * DAY)
    if isinstance(value, float):
        if value != value:
            return value
        if not _FIRST_DAY <= value < _LAST_DAY:
            return ""
        return Moment(int(value * DAY) + 7 * 3_600_000) if keep_time else Moment(int(value) * DAY)
    return parse_moment(text(value)) or ""


def decimal_date_time(value: Value) -> Value:
    """Return days since 1970 with their fraction, in UTC as Collect counts them."""
    found = date_of(value, True) if not isinstance(value, float) else value
    return (found.ms - 7 * 3_600_000) / DAY if isinstance(found, Moment) else found


def decimal_time(value: Value) -> Value:
    """Return the fraction of the local day."""
    if isinstance(value, float):
        return value - math.floor(value) if math.isfinite(value) else math.nan
    found = date_of(value, True)
    if not isinstance(found, Moment):
        return found
    days = found.ms / DAY
    return days - math.floor(days)


def format_date(value: Value, pattern: Value) -> str:
    """Write a moment by a pattern of `%Y %y %m %n %d %e %H %h %M %S %3`; "" when there is none."""
    found = date_of(value, True)
    if not isinstance(found, Moment):
        return ""
    local = found.local()
    parts = {
        "Y": f"{local.year:04d}",
        "y": f"{local.year % 100:02d}",
        "m": f"{local.month:02d}",
        "n": str(local.month),
        "d": f"{local.day:02d}",
        "e": str(local.day),
        "H": f"{local.hour:02d}",
        "h": str(local.hour),
        "M": f"{local.minute:02d}",
        "S": f"{local.second:02d}",
        "3": f"{local.microsecond // 1000:03d}",
        "%": "%",
    }
    return re.sub(r"%(.)", lambda match: parts.get(match[1], ""), text(pattern))


def numbers(values: Sequence[Value]) -> list[float]:
    """Return the numbers among values; blanks and texts are left out."""
    found = [number(value) for value in values]
    return [one for one in found if one == one]


def total(values: Sequence[Value]) -> float:
    """Add up; blanks count nothing."""
    result = 0.0
    for one in numbers(values):
        result += one
    return result


def smallest(values: Sequence[Value]) -> float:
    """Return the smallest number; NaN when there is none."""
    return min(numbers(values), default=math.nan)


def largest(values: Sequence[Value]) -> float:
    """Return the largest number; NaN when there is none."""
    return max(numbers(values), default=math.nan)


def join(separator: Value, values: Sequence[Value]) -> str:
    """Write values one after another with a separator."""
    return text(separator).join(text(value) for value in values)


def checklist(low: Value, high: Value, values: Sequence[Value]) -> bool:
    """Say whether the number of true values is between two limits; a negative limit is none."""
    count = sum(truth(value) for value in values)
    least, most = _index(low), _index(high)
    return (least < 0 or count >= least) and (most < 0 or count <= most)


def weighted_checklist(low: Value, high: Value, values: Sequence[Value]) -> bool:
    """Say whether the weights of the true values add up to something between two limits."""
    weight = 0.0
    for flag, one in zip(values[::2], values[1::2], strict=True):
        weight += number(one) if truth(flag) else 0.0
    return number(low) <= weight <= number(high)


def boolean_from_string(value: Value) -> bool:
    """Read `true` or `1` as true, anything else as false."""
    return text(value).lower() in ("true", "1")


def _before(value: Value, mark: Value) -> str:
    head, found, _ = text(value).partition(text(mark)) if text(mark) else ("", "", "")
    return head if found else ""


def _after(value: Value, mark: Value) -> str:
    return text(value).partition(text(mark))[2] if text(mark) else text(value)


PLAIN: dict[str, Function] = {
    "true": lambda: True,
    "false": lambda: False,
    "not": lambda value: not truth(value),
    "boolean": truth,
    "boolean-from-string": boolean_from_string,
    "number": number,
    "int": to_int,
    "round": round_,
    "abs": lambda value: abs(_fraction(value)),
    "pow": power,
    "sqrt": _math(math.sqrt),
    "exp": _math(math.exp),
    "exp10": lambda value: power(10.0, value),
    "log": _log,
    "log10": lambda value: _log(value, math.log10),
    "sin": _math(math.sin),
    "cos": _math(math.cos),
    "tan": _math(math.tan),
    "asin": _math(math.asin),
    "acos": _math(math.acos),
    "atan": _math(math.atan),
    "atan2": lambda above, below: math.atan2(_fraction(above), _fraction(below)),
    "pi": lambda: math.pi,
    "string": text,
    "substr": substr,
    "substring-before": _before,
    "substring-after": _after,
    "translate": translate,
    "contains": lambda value, part: text(part) in text(value),
    "starts-with": lambda value, part: text(value).startswith(text(part)),
    "ends-with": lambda value, part: text(value).endswith(text(part)),
    "string-length": lambda value: float(len(text(value).encode("utf-16-le")) // 2),
    "normalize-space": lambda value: " ".join(text(value).split()),
    "regex": regex,
    "selected": selected,
    "selected-at": selected_at,
    "count-selected": lambda value: float(len(text(value).split())),
    "date": date_of,
    "date-time": lambda value: date_of(value, True),
    "decimal-date-time": decimal_date_time,
    "decimal-time": decimal_time,
    "format-date": format_date,
    "format-date-time": format_date,
    "div": divide,
    "mod": modulo,
}

MANY: dict[str, Callable[[Sequence[Value]], Value]] = {
    "sum": total,
    "min": smallest,
    "max": largest,
    "concat": lambda values: join("", values),
    "count-non-empty": lambda values: float(sum(text(value) != "" for value in values)),
}
