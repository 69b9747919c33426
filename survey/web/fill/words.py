"""Amounts in words, so that a person sees at once a zero too many. Vietnamese and English; whole numbers below 10^18.

`static/js/fill/words.js` is the twin; `tests/cases/amounts.json` holds both to the same readings.
"""

from __future__ import annotations

_DIGITS_VI = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES_VI = ("", "nghìn", "triệu", "tỷ", "nghìn tỷ", "triệu tỷ")
_SMALL_EN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS_EN = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES_EN = ("", "thousand", "million", "billion", "trillion", "quadrillion")
LIMIT = 10**18


def in_words(number: int, language: str) -> str:
    """Return a whole number in words; empty beyond 10^18, where nobody reads words."""
    if abs(number) >= LIMIT:
        return ""
    read = _english if language == "en" else _vietnamese
    sign = ("minus " if language == "en" else "âm ") if number < 0 else ""
    return sign + read(abs(number))


def dong_in_words(millions: str, language: str) -> str:
    """Return an amount given in million đồng (XForms lexical form) as đồng in words; empty for anything else."""
    whole, _, decimals = millions.partition(".")
    digits = whole.lstrip("-")
    if not digits.isdigit() or len(digits) > 12 or (decimals and not decimals.isdigit()):
        return ""
    amount = int(digits) * 1_000_000 + int((decimals + "000000")[:6])
    words = in_words(-amount if whole.startswith("-") else amount, language)
    return f"{words} đồng" if language == "vi" else f"{words} VND"


def _vietnamese(number: int) -> str:
    if number == 0:
        return _DIGITS_VI[0]
    groups = _groups(number)
    parts = []
    for place in range(len(groups) - 1, -1, -1):
        if groups[place]:
            full = place < len(groups) - 1
            words = _hundreds_vi(groups[place], full=full)
            scale = _scale_vi(groups, place)
            parts.append(f"{words} {scale}".strip())
    return " ".join(parts)


def _scale_vi(groups: list[int], place: int) -> str:
    """Name a group's scale; `nghìn tỷ` says tỷ once when the group of tỷ itself follows."""
    name = _SCALES_VI[place]
    follows = place > 3 and any(groups[3:place])
    return name.removesuffix(" tỷ") if follows else name


def _hundreds_vi(number: int, *, full: bool) -> str:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [_DIGITS_VI[hundreds], "trăm"] if hundreds or full else []
    if tens == 0 and ones and words:
        words.append("linh")
    elif tens == 1:
        words.append("mười")
    elif tens > 1:
        words += [_DIGITS_VI[tens], "mươi"]
    if ones:
        words.append(_ones_vi(tens, ones))
    return " ".join(words)


def _ones_vi(tens: int, ones: int) -> str:
    if tens > 1 and ones == 1:
        return "mốt"
    if tens > 1 and ones == 4:
        return "tư"
    return "lăm" if tens >= 1 and ones == 5 else _DIGITS_VI[ones]


def _english(number: int) -> str:
    if number == 0:
        return _SMALL_EN[0]
    groups = _groups(number)
    parts = [f"{_hundreds_en(g)} {_SCALES_EN[i]}".strip() for i, g in enumerate(groups) if g]
    return " ".join(reversed(parts))


def _hundreds_en(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL_EN[hundreds]} hundred"] if hundreds else []
    if rest:
        tens, ones = divmod(rest, 10)
        words.append(_SMALL_EN[rest] if rest < 20 else _TENS_EN[tens] + (f"-{_SMALL_EN[ones]}" if ones else ""))
    return " ".join(words)


def _groups(number: int) -> list[int]:
    """Split a number into groups of three digits, the smallest first."""
    groups = []
    while number:
        number, group = divmod(number, 1000)
        groups.append(group)
    return groups
