"""What was typed ↔ what a draft keeps. Types are the engine's business; here stands what has none yet.

A text that cannot be read is kept as typed and answered with a question, never guessed and never dropped.
"""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, Field, SelectMultipleField

from survey.operations.drafts import EMPTY, Cell
from survey.questionnaire.instrument import NUMBERS, Question, plain
from survey.questionnaire.lexical import LONGEST, fault
from survey.questionnaire.message import default_message
from survey.questionnaire.written import Unreadable, to_lexical, to_written
from survey.text import clean, format_decimal, parse_decimal

_UNIT = re.compile(r"\(([^()]{1,20})\)\s*$")
_MILLIONS = "triệu đồng"


def written_in(field: Field) -> str:
    """Return what a bound WTForms field holds as one text: codes of check boxes with blanks between, OK for a tick."""
    data: Any = field.data
    if isinstance(field, SelectMultipleField):
        return " ".join(data or ())
    if isinstance(field, BooleanField):
        return "OK" if data else ""
    return data if isinstance(data, str) else ""


def cell_of(question: Question, written: str) -> Cell:
    """Return a text as an answer or, where the engine cannot read it as one, as it stands."""
    text = clean(written)
    if not text:
        return EMPTY
    try:
        lexical = to_lexical(question, text)
    except Unreadable:
        return Cell(text, is_read=False)
    return Cell(text, is_read=False) if fault(question, lexical) else Cell(lexical)


def text_of(question: Question, cell: Cell) -> str:
    """Return what stands in the field for a stored cell; numbers with a unit get dots between thousands."""
    if not cell.is_read or not cell.value:
        return cell.value
    written = to_written(question, cell.value)
    number = parse_decimal(written) if unit_of(question) else None
    return written if number is None else format_decimal(number)


def objection(question: Question, cell: Cell, language: str) -> str:
    """Return the question or request that answers a text which cannot be read; empty when it can."""
    if cell.is_read:
        return ""
    code, details = _fault(question, cell.value)
    return default_message(code, (language,), **details)[language]


def unit_of(question: Question, language: str = "vi") -> str:
    """Return the unit of a number as the end of its label gives it, `… (triệu đồng)`; empty without one."""
    match = _UNIT.search(plain(question.label, language)) if question.kind in NUMBERS else None
    return match.group(1) if match else ""


def is_amount(question: Question) -> bool:
    """Tell whether a number is an amount of money in million đồng, which pages repeat in words."""
    return unit_of(question) == _MILLIONS


def _fault(question: Question, text: str) -> tuple[str, dict[str, Any]]:
    """Return the code of the message, and its details, for a text that is no answer."""
    try:
        lexical = to_lexical(question, text)
    except Unreadable as error:
        return error.code, dict(error.details)
    return fault(question, lexical) or "unknown", {"limit": LONGEST}
