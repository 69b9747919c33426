"""What a person typed ↔ an answer in XForms lexical form.

Numbers are read the Vietnamese way only. What is ambiguous is kept as typed and answered with a question.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from survey.operations.drafts import Cell
from survey.questionnaire.instrument import NUMBERS, Question
from survey.questionnaire.lexical import fault
from survey.text import clean, format_decimal, parse_decimal

_POINT = re.compile(r"([+-]?\d+)\.(\d+)")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
GROUPED = "thousands-sep"


def cell_of(question: Question, typed: list[str]) -> Cell:
    """Return what was typed as an answer, or as it stands where it cannot be read."""
    if question.kind == "select_multiple":
        return Cell(" ".join(dict.fromkeys(t for item in typed for t in clean(item).split())))
    text = clean(typed[-1] if typed else "")
    if not text:
        return Cell("")
    cell = _number(text) if question.kind in NUMBERS else _day(text) if question.kind == "date" else Cell(text)
    return Cell(text, is_read=False) if cell.is_read and fault(question, cell.value) else cell


def text_of(question: Question, cell: Cell) -> str:
    """Return what stands in the field for a stored cell."""
    if not cell.is_read or not cell.value:
        return cell.value
    if question.kind in NUMBERS:
        return _number_text(cell.value, grouped=GROUPED in question.appearance)
    return cell.value


def objection(question: Question, cell: Cell) -> str:
    """Return the question or request that answers a text which cannot be read; empty when it can."""
    return "" if cell.is_read else str(_objection(question, cell.value))


def _objection(question: Question, typed: str) -> object:
    options = alternatives(typed) if question.kind in NUMBERS else None
    if options and question.kind != "integer":
        return _(
            "Did you mean %(first)s or %(second)s? Write a comma before decimals; dots only between thousands.",
            first=options[0],
            second=options[1],
        )
    if options:
        return _("Did you mean %(number)s? This answer is a whole number.", number=options[1])
    if question.kind == "integer":
        return _("Please write a whole number in digits, for example 15.")
    if question.kind in NUMBERS:
        return _("Please write a number in digits, for example 1.234,5.")
    if question.kind == "date":
        return _("Please write a date as day/month/year, for example 23/11/2026.")
    return _("This answer cannot be read. Please write it again.")


def alternatives(text: str) -> tuple[str, str] | None:
    """Return the two numbers that a text with a decimal point may stand for, as they should be written."""
    match = _POINT.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    whole, decimals = match.groups()
    return f"{whole},{decimals}", _number_text(str(int(whole + decimals)), grouped=False)


def _number(text: str) -> Cell:
    number = parse_decimal(text)
    if number is None:
        return Cell(text, is_read=False)
    return Cell(_lexical(number))


def _lexical(number: Decimal) -> str:
    """Write a number as XForms do: no exponent, no trailing zeros, a point before decimals."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number_text(value: str, *, grouped: bool) -> str:
    """Write a stored number as a person types it; something else that got stored stays as it is."""
    try:
        number = Decimal(value)
    except ArithmeticError:
        return value
    return format_decimal(number) if grouped else value.replace(".", ",")


def _day(text: str) -> Cell:
    iso, local = _ISO_DAY.fullmatch(text), _DAY.fullmatch(text)
    parts = iso.groups() if iso else local.groups()[::-1] if local else None
    try:
        return Cell(date(*(int(part) for part in parts)).isoformat()) if parts else Cell(text, is_read=False)
    except ValueError:
        return Cell(text, is_read=False)
