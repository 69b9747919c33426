"""Whether a stored answer has the form its type requires (XForms lexical forms)."""

from __future__ import annotations

import re
from collections.abc import Callable

from survey.questionnaire.instrument import FILES, Question
from survey.questionnaire.value import clock_ms, parse_moment

LONGEST = 20_000
_INTEGER = re.compile(r"[+-]?\d{1,15}")
_DECIMAL = re.compile(r"[+-]?(\d{1,20}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")
_POINT = re.compile(r"(-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)(?: -?\d+(?:\.\d+)?){0,2}")
_FILE = re.compile(r"[^/\\\x00]{1,255}")


def fault(question: Question, text: str) -> str:
    """Return the code of what is wrong with the form of an answer that is not empty; "" when nothing is."""
    if len(text) > LONGEST:
        return "long"
    test = _TESTS.get(_form(question))
    return "" if test is None or test(text) else _form(question)


def _form(question: Question) -> str:
    if question.kind in FILES:
        return "file"
    return {"int": "integer", "dateTime": "datetime"}.get(question.datatype, question.datatype)


def _date(text: str) -> bool:
    return "T" not in text and parse_moment(text) is not None


def _datetime(text: str) -> bool:
    return "T" in text and parse_moment(text) is not None


def _point(text: str) -> bool:
    match = _POINT.fullmatch(text)
    return bool(match and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180)


_TESTS: dict[str, Callable[[str], object]] = {
    "integer": _INTEGER.fullmatch,
    "decimal": _DECIMAL.fullmatch,
    "date": _date,
    "time": lambda text: clock_ms(text) is not None,
    "datetime": _datetime,
    "geopoint": _point,
    "file": _FILE.fullmatch,
}
