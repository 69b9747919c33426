"""The unit's home and its questionnaire: where it stands, starting, going on, correcting until the deadline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.model import Round, Submission
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import drafts
from survey.operations.drafts import Opened
from survey.operations.submissions import Receipt
from survey.query import drafts as reads
from survey.query.drafts import UnitView
from survey.reference import units
from survey.web import access
from survey.web.fill.build import progress, sections
from survey.web.fill.routes import attach
from survey.web.fill.sheet import Sheet
from survey.web.fill.surface import Surface
from survey.web.portal import blueprint


def own_unit(session: Session) -> UnitView:
    """Return the unit whose code was entered."""
    found = reads.unit_view(session, access.actor().sample_unit_id or 0)
    if found is None:
        raise Problem("not-found")
    return found


def name_of(unit: UnitView) -> str:
    """Return the name of a unit, or its code where the frame has no name."""
    named = unit.named
    return str(named.get("name") or named.get("enterprise_name") or named.get("institution_name") or unit.code)


def is_open(survey_round: Round, now: datetime | None = None) -> bool:
    """Tell whether a round still takes questionnaires: open, and its last day in Vietnam not over."""
    today = (now or utc_now()).astimezone(i18n.ZONE).date()
    return survey_round.state == "open" and today <= survey_round.ends_on


@blueprint.get("/home")
@access.invited
def home() -> str:
    """Show where the unit's questionnaire stands."""
    with access.database().reading() as session:
        unit = own_unit(session)
        draft = reads.open_draft(session, unit.sample_unit_id)
        submission = reads.newest_submission(session, unit.sample_unit_id)
        receipts = reads.revisions_of_unit(session, unit.sample_unit_id)
        returned = reads.last_return(session, receipts[0].instance_id) if receipts else None
        form = reads.form_title(session, unit.round.id, unit.kind)
        shown = _draft_state(session, draft.id) if draft else {}
    open_now = is_open(unit.round)
    return render_template(
        "portal/home.html",
        unit_name=name_of(unit),
        unit_code=unit.code,
        kind=unit.kind,
        form_title=shown.pop("form_title", form),
        round=unit.round,
        draft=draft,
        submission=submission,
        state_text=_state_text(submission) if submission else "",
        returned=returned if submission and submission.state == "returned" else None,
        may_reopen=open_now and submission is not None and submission.state in {"received", "returned"},
        is_open=open_now,
        receipts=receipts,
        facts=_facts(unit),
        hotline=access.config().agency.hotline,
        **shown,
    )


@blueprint.post("/start")
@access.invited
def start() -> Response:
    """Open the questionnaire, for the first time or to correct what was sent."""
    with access.database().transaction() as session:
        unit = own_unit(session)
        if not is_open(unit.round):
            raise Problem("round-closed", round=unit.round.title)
        draft = drafts.open_or_create(session, access.actor(), unit.sample_unit_id)
        sheet = Sheet(drafts.opened(session, access.actor(), draft.id), i18n.current_locale(), utc_now())
    return redirect(url_for("portal.section", part=sheet.parts[0].name), 303)


def _draft_state(session: Session, draft_id: str) -> dict[str, Any]:
    """Return progress, sections and the page to go on with."""
    sheet = Sheet(drafts.opened(session, access.actor(), draft_id), i18n.current_locale(), utc_now())
    listed = sections(sheet, "", lambda part: url_for("portal.section", part=part))
    following = next((s for s in listed if s.state != "done"), None)
    return {
        "form_title": sheet.work.instrument.title[sheet.language],
        "progress": progress(sheet),
        "sections": listed,
        "resume": following.address if following else url_for("portal.check"),
        "check": url_for("portal.check"),
    }


def _state_text(submission: Submission) -> str:
    words = {
        "received": _("We have received your questionnaire. Thank you!"),
        "approved": _("Your questionnaire was received and accepted. Thank you!"),
        "returned": _("Please look at the remarks and send the questionnaire again."),
        "rejected": _("The survey office has set this questionnaire aside. Please call us."),
    }
    return str(words[submission.state])


def _facts(unit: UnitView) -> list[tuple[str, str]]:
    """Return what the register knows of the unit, for the unit to compare."""
    place = units.present_unit_of(unit.commune_code)
    facts = [(_("Tax code"), unit.named.get("tax_code")), (_("Address"), unit.named.get("address"))]
    facts.append((_("Commune or ward"), place.name))
    return [(str(name), str(value)) for name, value in facts if value]


def _find(session: Session, actor: Actor, place: Mapping[str, Any]) -> str:
    draft = reads.open_draft(session, actor.sample_unit_id or 0) or reads.newest_draft(
        session, actor.sample_unit_id or 0
    )
    if draft is None:
        raise Problem("not-found")
    return draft.id


def _sent(work: Opened, receipt: Receipt) -> str:
    return url_for("portal.receipt", number=receipt.revision_number)


attach(
    blueprint,
    Surface(
        name="portal",
        channel="portal",
        guard=access.invited,
        prefix="/questionnaire",
        sign_in="portal.enter",
        find=_find,
        home=lambda work: url_for("portal.home"),
        sent=_sent,
        unit_name=lambda work: name_of(work.unit),
    ),
)
