"""Answers as people in Vietnam write them ↔ XForms lexical forms: decimal comma, dots between thousands, dd/mm/yyyy.

Refuses what could mean two things: `1.5` is answered with a question, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from survey.questionnaire.instrument import Question
from survey.questionnaire.value import clock_ms, parse_moment
from survey.text import clean, format_decimal, parse_decimal

_DOTTED = re.compile(r"[+-]?(\d+)\.(\d+)")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_MONTH = re.compile(r"(\d{1,2})[/.-](\d{4})")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"(\d{1,2})(?::|h|g)(\d{2})(?::(\d{2})(?:\.\d+)?)?")


class Unreadable(ValueError):
    """Text that is no answer of its type: `code` is that of the message, `details` what the message names."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


def to_lexical(question: Question, written: str) -> str:
    """Return the XForms form of what somebody wrote; Unreadable says which message explains what is wrong."""
    text = clean(written)
    reader = _READERS.get(question.datatype)
    return text if reader is None or not text else reader(question, text)


def to_written(question: Question, lexical: str) -> str:
    """Return a stored answer as people write it; what cannot be read is shown as it is."""
    writer = _WRITERS.get(question.datatype)
    return lexical if writer is None or not lexical else writer(question, lexical)


def _number(question: Question, text: str) -> str:
    found = parse_decimal(text)
    if found is not None:
        return f"{found:f}"
    dotted = _DOTTED.fullmatch(text)
    if dotted:
        whole = int(dotted[1] + dotted[2])
        raise Unreadable("dot", comma=text.replace(".", ","), thousands=format_decimal(whole))
    raise Unreadable("integer" if question.datatype == "int" else "decimal")


def _date(question: Question, text: str) -> str:
    found = _ISO.fullmatch(text) and text
    if match := _DAY.fullmatch(text):
        found = f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"
    elif (match := _MONTH.fullmatch(text)) and "month-year" in question.appearance:
        found = f"{match[2]}-{int(match[1]):02d}-01"
    elif re.fullmatch(r"\d{4}", text) and "year" in question.appearance.split():
        found = f"{text}-01-01"
    if not found or parse_moment(found) is None:
        raise Unreadable("date")
    return found


def _time(question: Question, text: str) -> str:
    match = _CLOCK.fullmatch(text.removesuffix("+07:00"))
    if not match or clock_ms(f"{match[1]}:{match[2]}:{match[3] or '00'}") is None:
        raise Unreadable("time")
    return f"{int(match[1]):02d}:{match[2]}:{match[3] or '00'}.000+07:00"


def _datetime(question: Question, text: str) -> str:
    day, _, clock = text.replace("T", " ").partition(" ")
    try:
        return f"{_date(question, day)}T{_time(question, clock.strip())}"
    except Unreadable as error:
        raise Unreadable("datetime") from error


def _write_number(question: Question, lexical: str) -> str:
    if "thousands-sep" in question.appearance.split() and "e" not in lexical.lower():
        whole, _, decimals = lexical.partition(".")
        return format_decimal(int(whole)) + (f",{decimals}" if decimals else "")
    return lexical.replace(".", ",")


def _write_date(question: Question, lexical: str) -> str:
    moment = parse_moment(lexical)
    if moment is None:
        return lexical
    words = question.appearance.split()
    shown = "%m/%Y" if "month-year" in words else "%Y" if "year" in words else "%d/%m/%Y"
    return moment.local().strftime(shown)


def _write_time(question: Question, lexical: str) -> str:
    ms = clock_ms(lexical)
    return lexical if ms is None else f"{ms // 3_600_000 % 24:02d}:{ms // 60_000 % 60:02d}"


def _write_datetime(question: Question, lexical: str) -> str:
    moment = parse_moment(lexical)
    return lexical if moment is None else moment.local().strftime("%d/%m/%Y %H:%M")


_READERS: dict[str, Callable[[Question, str], str]] = {
    "int": _number,
    "decimal": _number,
    "date": _date,
    "time": _time,
    "dateTime": _datetime,
}
_WRITERS: dict[str, Callable[[Question, str], str]] = {
    "int": _write_number,
    "decimal": _write_number,
    "date": _write_date,
    "time": _write_time,
    "dateTime": _write_datetime,
}
