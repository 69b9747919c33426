"""Whether a stored answer has the form its type requires (XForms lexical forms); the same patterns serve the tablet."""

from __future__ import annotations

import re

from survey.questionnaire.instrument import Question
from survey.questionnaire.value import parse_moment

LONGEST = 20_000
_FILE = ("file", r"^[^/\\\0]{1,255}$")
_CLOCK = r"([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?"
_LATITUDE = r"-?(90|[0-8]?\d(\.\d+)?|90\.0+)"
_LONGITUDE = r"-?(180|(1[0-7]\d|\d?\d)(\.\d+)?|180\.0+)"

FORMS: dict[str, tuple[str, str]] = {
    "int": ("integer", r"^[+-]?\d{1,15}$"),
    "decimal": ("decimal", r"^[+-]?(\d{1,30}(\.\d*)?|\.\d+)([eE][+-]?\d)?$"),
    "date": ("date", r"^\d{4}-\d{1,2}-\d{1,2}$"),
    "dateTime": ("datetime", rf"^\d{{4}}-\d{{1,2}}-\d{{1,2}}T{_CLOCK}$"),
    "time": ("time", rf"^{_CLOCK}$"),
    "geopoint": ("geopoint", rf"^{_LATITUDE} {_LONGITUDE}( -?\d+(\.\d+)?){{0,2}}$"),
    "image": _FILE,
    "audio": _FILE,
    "video": _FILE,
    "file": _FILE,
}
"""By kind or bind type: the code of what is wrong, and the pattern of what is right (read by Python and JavaScript
alike).
"""

_PATTERNS = {key: (code, re.compile(pattern, re.ASCII)) for key, (code, pattern) in FORMS.items()}


def fault(question: Question, text: str) -> str:
    """Return the code of what is wrong with the form of an answer that is not empty; "" when nothing is."""
    if len(text) > LONGEST:
        return "long"
    code, pattern = _PATTERNS.get(question.kind) or _PATTERNS.get(question.datatype) or ("", None)
    if pattern is None:
        return ""
    good = pattern.fullmatch(text) is not None and (not code.startswith("date") or parse_moment(text) is not None)
    return "" if good else code
