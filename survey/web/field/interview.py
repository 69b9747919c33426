"""Interviews: started for a sampled household with what the frame knows, filled in, sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import drafts
from survey.operations.drafts import Opened
from survey.operations.submissions import Receipt
from survey.web import access
from survey.web.field import blueprint
from survey.web.field.work import ROLES
from survey.web.fill.parts import questions_in
from survey.web.fill.routes import attach
from survey.web.fill.sheet import Sheet
from survey.web.fill.surface import Surface

_CONTACT = "contact"


@blueprint.post("/households/<int:sample_unit_id>/start")
@access.roles(*ROLES)
def start(sample_unit_id: int) -> Response:
    """Start, go on with or correct the interview of a household; `at=contact` goes to the result of the visit."""
    with access.database().transaction() as session:
        draft = drafts.open_or_create(session, access.actor(), sample_unit_id)
        sheet = Sheet(drafts.opened(session, access.actor(), draft.id), i18n.current_locale(), utc_now())
    part = _part_with(sheet, _CONTACT) if request.form.get("at") == _CONTACT else _first_open(sheet)
    return redirect(url_for("field.section", draft_id=draft.id, part=part), 303)


def _part_with(sheet: Sheet, name: str) -> str:
    """Return the section that asks a question, or the first one."""
    holding = (p.name for p in sheet.parts if any(q.name == name for q in questions_in(p.nodes)))
    return next(holding, sheet.parts[0].name)


def _first_open(sheet: Sheet) -> str:
    """Return the first section that was not gone through or lacks an answer, or the first one."""
    waiting = (p.name for p in sheet.parts if p.name not in sheet.work.seen or sheet.counts[p.name].missing)
    return next(waiting, sheet.parts[0].name)


def _find(session: Session, actor: Actor, place: Mapping[str, Any]) -> str:
    return str(place["draft_id"])


def _home(work: Opened) -> str:
    """Return the household list that an interview belongs to."""
    if work.unit.area_sample_unit_id is None:
        return url_for("field.home")
    return url_for("field.area", sample_unit_id=work.unit.area_sample_unit_id)


def _sent(work: Opened, receipt: Receipt) -> str:
    at = i18n.format_datetime(receipt.received_at)
    flash(_("The questionnaire of %(unit)s was sent and received at %(time)s.", unit=_name(work), time=at))
    return _home(work)


def _name(work: Opened) -> str:
    named = work.unit.named
    return str(named.get("head_name") or named.get("name") or work.unit.code)


attach(
    blueprint,
    Surface(
        name="field",
        channel="field",
        guard=access.roles(*ROLES),
        prefix="/interviews/<draft_id>",
        sign_in="auth.sign_in",
        find=_find,
        home=_home,
        sent=_sent,
        unit_name=_name,
    ),
)
