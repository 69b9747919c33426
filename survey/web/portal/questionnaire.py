"""The unit's home and its questionnaire: where it stands, the empty form, starting, correcting, more time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.model import FormVersion, Reopening, Submission
from survey.model.actor import Actor
from survey.model.base import utc_now
from survey.operations import drafts, forms, reopening
from survey.operations.draft_start import FROM_ROUND
from survey.operations.drafts import Opened
from survey.operations.submissions import Receipt
from survey.query import drafts as reads
from survey.query import respondents as requests
from survey.query.drafts import UnitView
from survey.questionnaire.instrument import plain
from survey.reference import units
from survey.web import access
from survey.web.fill.build import part_title, progress, sections
from survey.web.fill.parts import parts_of
from survey.web.fill.routes import attach
from survey.web.fill.sheet import Sheet
from survey.web.fill.surface import Surface
from survey.web.portal import blueprint, papers
from survey.web.portal.delegation import helpers_in_words
from survey.web.portal.units import is_open, last_day, name_of, own_unit


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
        shown = _draft_state(session, draft.id) if draft else _outline(session, unit)
        open_now, until = is_open(session, unit), last_day(session, unit)
        request_made = requests.last_reopening(session, unit.sample_unit_id)
        may_return = requests.has_password(session, access.actor().invitation_id or 0)
    is_correctable = submission is not None and submission.state in {"received", "returned"}
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
        may_reopen=open_now and is_correctable,
        may_ask=_may_ask(unit, submission, request_made) and not open_now,
        asked=request_made,
        is_open=open_now,
        until=until,
        receipts=receipts,
        facts=_facts(unit),
        contact=unit.round.settings.get("agency_contact") or access.config().agency.hotline,
        agency=unit.round.settings.get("agency_name") or "",
        hotline=access.config().agency.hotline,
        has_password=may_return,
        **shown,
    )


@blueprint.get("/questionnaire.pdf")
@access.invited
def blank() -> Response | str:
    """Give the empty questionnaire as PDF; while it is being set the page says so and asks again by itself."""
    with access.database().reading() as session:
        unit = own_unit(session)
        form_version_id = reads.form_of_kind(session, unit.round.id, unit.kind)
        if form_version_id is None:
            raise Problem("not-found")
        instrument = forms.instrument_of(session, form_version_id)
        sha256 = session.get_one(FormVersion, form_version_id).sha256
    said = {name: str(unit.round.settings.get(name) or "") for name in FROM_ROUND}
    return papers.answer(
        papers.blank_paper(instrument, i18n.current_locale(), sha256, {k: v for k, v in said.items() if v}),
        name=f"{instrument.form_id}.pdf",
    )


@blueprint.post("/start")
@access.invited
def start() -> Response:
    """Open the questionnaire, for the first time or to correct what was sent."""
    with access.database().transaction() as session:
        unit = own_unit(session)
        if not is_open(session, unit):
            raise Problem("round-closed", round=unit.round.title)
        draft = drafts.open_or_create(session, access.actor(), unit.sample_unit_id)
        sheet = Sheet(drafts.opened(session, access.actor(), draft.id), i18n.current_locale(), utc_now())
    return redirect(url_for("portal.section", part=sheet.parts[0].name), 303)


@blueprint.post("/reopen")
@access.invited
def ask_to_reopen() -> Response:
    """Ask the office to let the unit answer after the deadline."""
    try:
        with access.database().transaction() as session:
            reopening.ask(session, access.actor(), reason=request.form.get("reason", ""))
    except Problem as problem:
        if problem.code != "remark-needed":
            raise
        flash(_("Please say in a sentence why you could not answer in time."), "wrong")
        return redirect(url_for("portal.home"), 303)
    flash(_("Your request was sent to the office. You will see the answer on this page."))
    return redirect(url_for("portal.home"), 303)


def _may_ask(unit: UnitView, submission: Submission | None, made: Reopening | None) -> bool:
    """Tell whether a unit may ask for more time: not while it waits for an answer, nor once its record was decided."""
    is_waiting = made is not None and made.state == "waiting"
    is_undecided = submission is None or submission.state in {"received", "returned"}
    return is_undecided and not is_waiting and unit.round.state not in {"draft", "archived"}


def _outline(session: Session, unit: UnitView) -> dict[str, Any]:
    """Return the titles of the sections before anything is started."""
    form_version_id = reads.form_of_kind(session, unit.round.id, unit.kind)
    if form_version_id is None:
        return {}
    instrument, language = forms.instrument_of(session, form_version_id), i18n.current_locale()
    named = [part.head for part in parts_of(instrument) if part.head.label]
    return {"outline": [plain(head.label, language) for head in named]}


def _draft_state(session: Session, draft_id: str) -> dict[str, Any]:
    """Return progress, sections and the page to go on with."""
    work = drafts.opened(session, access.actor(), draft_id)
    sheet = Sheet(work, i18n.current_locale(), utc_now())
    listed = sections(sheet, "", lambda part: url_for("portal.section", part=part), helpers_in_words(session, work))
    following = next((s for s in listed if s.state != "done"), None)
    return {
        "form_title": sheet.work.instrument.title[sheet.language],
        "progress": progress(sheet),
        "sections": listed,
        "resume": following.address if following else url_for("portal.check"),
        "check": url_for("portal.check"),
        "helpers": requests.helpers_of(session, draft_id, utc_now()),
        "titles": {part.name: part_title(sheet, part) for part in sheet.parts},
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
    draft_id = reads.newest_draft_id(session, actor.sample_unit_id or 0)
    if draft_id is None:
        raise Problem("not-found")
    return draft_id


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
        helpers=helpers_in_words,
        clock="portal.clock",
        share_view="portal.pass_on",
    ),
)
