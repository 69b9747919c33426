"""What the template of a page is given: views, addresses, and the state that the scripts start from."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from survey import i18n
from survey.questionnaire.message import DEFAULTS
from survey.web.fill.build import Page, part_title, progress, row_title, sections
from survey.web.fill.clock import WARN, ends_at, seconds_left
from survey.web.fill.size_class import EMPLOYEES, citation, size_class_of
from survey.web.fill.surface import Desk
from survey.web.fill.view import PageView


def view_of(page: Page, desk: Desk, notices: tuple[str, ...]) -> dict[str, Any]:
    """Return the variables of `fill/page.html`."""
    sheet = page.sheet
    key = page.line.key if page.line else ""
    left = seconds_left() if desk.clock else 0
    listed = sections(sheet, page.part.name, desk.section, desk.helpers)
    shown = [s for s in listed if s.is_current] if desk.is_single else listed
    view = PageView(
        title=part_title(sheet, page.part),
        section=page.part.name,
        items=page.items(),
        sections=shown,
        progress=progress(sheet),
        number=next((s.number for s in listed if s.is_current), len(listed)),
        count=len(listed),
        base=page.base(),
        version=sheet.work.draft.version,
        saved_at=i18n.format_time(sheet.work.draft.updated_at),
        row_title=_row_heading(page),
        row_key=key,
        notices=notices,
    )
    return {
        "page": view,
        "desk": desk,
        "action": desk.section(page.part.name, key),
        "round": desk.round,
        "has_size": page.part.owns(EMPLOYEES),
        "size": size_class_of(sheet) if page.part.owns(EMPLOYEES) else None,
        "citation": citation(sheet.language),
        "ends_at": ends_at(left) if left else None,
        "state": state_of(page, desk) | ({"clock": desk.clock, "left": left, "warn": WARN} if left else {}),
    }


def state_of(page: Page, desk: Desk) -> dict[str, Any]:
    """Return what the scripts start from: where the rules are, the answers, the words that they show."""
    sheet = page.sheet
    language = sheet.language
    words = {code: DEFAULTS[code][language] for code in ("dot", "integer", "decimal", "date", "time")}
    words |= {
        "saving": _("Saving…"),
        "saved": _("Saved %(time)s", time="{time}"),
        "offline": _("Not saved yet: no connection. What you typed is kept on this screen."),
        "ended": _("Your session has ended. Sign in in a new tab; what you typed is kept on this screen."),
        "conflict": _("Somebody else changed an answer on this page: both values are shown."),
        "blank": _("(blank)"),
    }
    return {
        "model": desk.model(sheet.work.draft.form_version_id, language),
        "language": language,
        "answers": sheet.work.contents.answers,
        "words": words,
    }


def _row_heading(page: Page) -> str:
    """Return the name of the person that a page is about, or which row it is."""
    if page.line is None or page.part.roster is None:
        return ""
    number = page.sheet.rows(page.part.roster).index(page.line) + 1
    return row_title(page.sheet, page.line) or str(_("Member %(number)s", number=number))
