"""A sheet as text to print: by section and roster row, every question that was asked with its answer in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from survey.web.fill.build import Page, part_title, row_title
from survey.web.fill.parts import Part
from survey.web.fill.sheet import Sheet
from survey.web.fill.view import FieldView, fields_of


@dataclass(frozen=True, slots=True)
class Line:
    """One question as asked and the answer in words; empty where none was given."""

    label: str
    answer: str
    echo: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section, or one row of a roster in it."""

    title: str
    lines: Sequence[Line]


def printed(sheet: Sheet) -> list[Section]:
    """Return what was asked and answered, in the order of the questionnaire."""
    found: list[Section] = []
    for part in sheet.parts:
        if part.roster is None:
            found.append(Section(part_title(sheet, part), _lines(Page(sheet, part))))
        else:
            found += _rows(sheet, part)
    return [section for section in found if section.lines]


def _rows(sheet: Sheet, part: Part) -> list[Section]:
    rows = sheet.rows(part.roster) if part.roster else []
    return [
        Section(
            f"{part_title(sheet, part)} · {row_title(sheet, line) or _('Row %(number)s', number=number)}",
            _lines(Page(sheet, part, line)),
        )
        for number, line in enumerate(rows, start=1)
    ]


def _lines(page: Page) -> list[Line]:
    shown = [f for f in fields_of(page.items()) if f.is_relevant and f.kind not in {"note", "reason"}]
    return [_line(view) for view in shown]


def _line(view: FieldView) -> Line:
    chosen = "; ".join(option.label for option in view.options if option.is_chosen)
    if view.kind == "acknowledge":
        answer = _("Confirmed") if view.text else ""
    else:
        answer = chosen if view.options else view.text
    reason = view.reason.text if view.reason else ""
    said = f"{answer} ({_('Reason: %(text)s', text=reason)})" if reason else answer
    return Line(view.label, said, view.echo)
