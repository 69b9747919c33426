"""The receipts of a unit: number, time and seal of every version that it sent, and its answers as PDF."""

from __future__ import annotations

from flask import render_template
from sqlalchemy.orm import Session, undefer
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.model import Draft, Identity, Revision
from survey.operations import audit, forms, identity
from survey.operations.draft_start import settle
from survey.operations.drafts import Contents, Opened
from survey.query import respondents
from survey.query.drafts import UnitView
from survey.web import access
from survey.web.fill.printing import printed
from survey.web.fill.sheet import Sheet
from survey.web.fill.size_class import citation, size_class_of
from survey.web.portal import blueprint, papers
from survey.web.portal.units import is_open, last_day, name_of, own_unit


@blueprint.get("/receipts/<int:number>")
@access.invited
def receipt(number: int) -> str:
    """Show the receipt of one version of the unit's own questionnaire."""
    with access.database().reading() as session:
        unit = own_unit(session)
        found = _version(session, unit, number)
        sheet = _sheet(session, unit, found)
        signed = respondents.sign_off_of(session, found.id)
        open_now, until = is_open(session, unit), last_day(session, unit)
    return render_template("portal/receipt.html", is_open=open_now, until=until, **_shown(unit, found, sheet, signed))


@blueprint.get("/receipts/<int:number>/answers.pdf")
@access.invited
def answers(number: int) -> Response:
    """Give the answers of one version of the unit's own questionnaire as PDF."""
    with access.database().transaction() as session:
        unit = own_unit(session)
        found = _version(session, unit, number)
        sheet = _sheet(session, unit, found)
        signed = respondents.sign_off_of(session, found.id)
        audit.record(session, access.actor(), "receipt.paper", "submission", found.submission_id, version=number)
    shown = _shown(unit, found, sheet, signed)
    source = render_template("portal/answers_pdf.html", sections=printed(sheet), **shown)
    return papers.answer(papers.answer_paper(source), name=f"{shown['number']}.pdf")


def receipt_number(round_code: str, submission_id: str, version: int) -> str:
    """Return the number that a receipt prints: round, the record's first eight characters, version."""
    return f"{round_code}-{submission_id[:8].upper()}-{version}"


def in_groups(sha256: str) -> str:
    """Return a hash in groups of eight characters, which people can compare."""
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))


def _shown(unit: UnitView, found: Revision, sheet: Sheet, signed: object) -> dict[str, object]:
    """Return what receipt and PDF print."""
    return {
        "number": receipt_number(unit.round.code, found.submission_id, found.number),
        "revision": found,
        "hash": in_groups(found.sha256),
        "unit_name": name_of(unit),
        "unit_code": unit.code,
        "form_title": sheet.work.instrument.title[sheet.language],
        "round": unit.round,
        "size": size_class_of(sheet),
        "citation": citation(sheet.language),
        "signed": signed,
        "agency": unit.round.settings.get("agency_name") or "",
        "language": sheet.language,
    }


def _version(session: Session, unit: UnitView, number: int) -> Revision:
    sent = respondents.revision_of_unit(session, unit.sample_unit_id, number)
    if sent is None:
        raise Problem("not-found")
    return session.get_one(Revision, sent.id, options=[undefer(Revision.answers)], populate_existing=True)


def _sheet(session: Session, unit: UnitView, found: Revision) -> Sheet:
    """Return a received version as a sheet, names put back, judged at the time it came in."""
    instrument = forms.instrument_of(session, found.form_version_id)
    sealed = session.get(Identity, found.identity_key)
    contents = Contents(identity.merge(found.answers, dict(sealed.values) if sealed else {}))
    settle(instrument, contents, now=found.received_at)
    draft = Draft(form_version_id=found.form_version_id, margin={}, version=0)
    return Sheet(Opened(draft, contents, instrument, unit), i18n.current_locale(), found.received_at)
