"""One language of output: translated text, numbers and dates. Edges make one; nothing here knows a request."""

from __future__ import annotations

import datetime as time
import gettext
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from survey.errors import Problem
from survey.reference.wording import Wording
from survey.text import N_, format_decimal

_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NO_VALUE = "–"


@dataclass(frozen=True, slots=True)
class Language:
    """A language code with its translations."""

    code: str
    gettext: Callable[[str], str]

    def text(self, message: str, **details: Any) -> str:
        """Return the translation of a message with its `{named}` details filled in."""
        translated = self.gettext(message)
        return translated.format_map(details) if details else translated

    def wording(self, value: Wording) -> str:
        """Return the text of reference data in this language."""
        return value.in_language(self.code)

    def number(self, value: float | int | None, digits: int = 0) -> str:
        """Write a number with fixed decimals, rounded half up; a dash where there is none."""
        if value is None:
            return NO_VALUE
        rounded = _rounded(value, digits)
        return f"{rounded:,.{digits}f}" if self.code == "en" else format_decimal(rounded, digits)

    def percent(self, value: float | None, *, against: float | None = None) -> str:
        """Write a share given in percent with one decimal.

        A second decimal appears where rounding would make the share look equal to the value it is held against.
        """
        return NO_VALUE if value is None else f"{self.number(value, _decimals(value, against))}%"

    def bare(self, value: float | None, *, against: float | None = None) -> str:
        """Write a share as `percent` does, without the sign, for columns whose heading carries it."""
        return NO_VALUE if value is None else self.number(value, _decimals(value, against))

    def target(self, operator: str, value: float) -> str:
        """Write what a plan demands, such as `≥ 80%`."""
        digits = 0 if float(value).is_integer() else 1
        return f"{'≥' if operator == '>=' else '>'}\u00a0{self.number(value, digits)}%"

    def date(self, value: time.date | time.datetime | None) -> str:
        """Write a date as dd/mm/yyyy, in the zone of Vietnam where it carries a time."""
        if value is None:
            return NO_VALUE
        moment = value.astimezone(_ZONE) if isinstance(value, time.datetime) else value
        return f"{moment:%d/%m/%Y}"

    def long_date(self, value: time.date) -> str:
        """Write a date as official letters do: `04 tháng 7 năm 2022`; zeros before day 10 and in months 1 and 2."""
        if self.code == "en":
            return f"{value.day} {value:%B %Y}"
        month = f"{value.month:02d}" if value.month < 3 else str(value.month)
        return f"{value.day:02d} tháng {month} năm {value.year}"

    def series(self, items: Iterable[str]) -> str:
        """Join names the way the language lists them: `a, b và c`."""
        names = list(items)
        if len(names) < 2:
            return "".join(names)
        return self.text(N_("{first} and {last}"), first=", ".join(names[:-1]), last=names[-1])


def load(code: str, folder: Path) -> Language:
    """Return a language with the compiled catalogue of a translations folder; English needs none.

    Problem "bad-file" where the catalogue of another language has not been compiled.
    """
    try:
        catalogue = gettext.translation("messages", str(folder), [code], fallback=code == "en")
    except FileNotFoundError as error:
        raise Problem("bad-file", name=f"{folder}/{code}", reason="survey translate") from error
    return Language(code, catalogue.gettext)


def _rounded(value: float | int, digits: int) -> Decimal:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def _decimals(value: float, against: float | None) -> int:
    looks_equal = against is not None and value != against and _rounded(value, 1) == _rounded(against, 1)
    return 2 if looks_equal else 1
