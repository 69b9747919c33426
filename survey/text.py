"""Text at the boundary: normal form, strict Vietnamese numbers, search keys, file names. Never guesses."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u2060\ufeff]")
_GROUPED = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?")
_PLAIN = re.compile(r"[+-]?\d+(,\d+)?")
_UNSAFE_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def N_(message: str) -> str:  # noqa: N802 - the gettext convention
    """Mark a message for extraction without translating it here."""
    return message


def clean(value: str) -> str:
    """Return the NFC form of a string without control characters or surrounding blanks."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", value)).strip()


def fold(value: str) -> str:
    """Return the accent-insensitive, case-insensitive search key of a Vietnamese string (đ becomes d)."""
    decomposed = unicodedata.normalize("NFD", value.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def parse_decimal(value: str) -> Decimal | None:
    """Parse a number written the Vietnamese way (decimal comma, dots only between thousands).

    Returns None for anything ambiguous or malformed: `1.5` is not a number here, `1,5` and `1.234.567,5` are.
    """
    text = clean(value).replace("\u00a0", "").replace(" ", "")
    if _PLAIN.fullmatch(text) or _GROUPED.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    return None


def format_decimal(value: Decimal | float | int, digits: int | None = None) -> str:
    """Write a number the Vietnamese way: dots between thousands, decimal comma; `digits` fixes the decimals."""
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    text = f"{number:z,.{digits}f}" if digits is not None else f"{number:,f}"
    return text.translate(str.maketrans(",.", ".,"))


def safe_file_name(value: str) -> str:
    """Return an ASCII file name that keeps the letters of a Vietnamese one (`Đĩa 1.png` → `Dia-1.png`)."""
    ascii_name = unicodedata.normalize("NFD", value.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore")
    return _UNSAFE_NAME.sub("-", ascii_name.decode()).strip("-.") or "tep"
