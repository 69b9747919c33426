"""One record: answers with findings in place, versions, who is behind it (on request, logged), and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale
from survey.model import Identity
from survey.operations import audit, forms, identity
from survey.operations import review as acts
from survey.query import quality as quality_query
from survey.query import review as review_query
from survey.query import verification
from survey.query.quality import Flag
from survey.query.review import Record, Version
from survey.query.verification import Verified
from survey.questionnaire.instrument import Instrument
from survey.text import clean
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.answer_sheet import Block, contents, finding_places, sheet, title_of
from survey.web.office.consent import consent_of
from survey.web.office.desk import REVIEWERS, Desk, desk
from survey.web.office.invitation_words import COMPONENTS
from survey.web.office.invitation_words import FINDINGS as VERIFIED
from survey.web.office.quality import flag_words
from survey.web.office.review import filters_of_address, sender
from survey.web.office.words import ACTS, CHANNELS, IDENTITY, KINDS, OUTCOMES, word

_REMARK = "remark:"


@dataclass(frozen=True, slots=True)
class Opened:
    """A record opened for reading: the version shown, its instrument and its sheet."""

    desk: Desk
    record: Record
    version: Version
    instrument: Instrument
    blocks: list[Block]
    frame_identity: Mapping[str, Any]
    revealed: bool
    flags: list[Flag]
    verified: Verified


@blueprint.get("/rounds/<code>/review/<submission_id>")
@access.roles(*REVIEWERS)
def record(code: str, submission_id: str) -> str:
    """Show a record; `version` in the address shows an earlier one."""
    with access.database().reading() as session:
        opened = _open(session, code, submission_id)
    return _page(opened)


@blueprint.post("/rounds/<code>/review/<submission_id>/identity")
@access.roles("supervisor")
def reveal(code: str, submission_id: str) -> str:
    """Show names, phones and addresses of a record, and write into the log that they were read."""
    with access.database().transaction() as session:
        opened = _open(session, code, submission_id, roles=("supervisor",), reveal=True)
        audit.record(
            session, access.actor(), "identity.read", "submission", submission_id, revision=opened.version.number
        )
    return _page(opened)


@blueprint.post("/rounds/<code>/review/<submission_id>")
@access.roles(*REVIEWERS)
def decide(code: str, submission_id: str) -> Response | str:
    """Approve, return or reject a record, then go on to the next one in the queue."""
    filters = filters_of_address()
    try:
        with access.database().transaction() as session:
            here = desk(session, code, *REVIEWERS)
            opened = record_of(session, here, submission_id)
            _act(session, submission_id)
            after = review_query.next_in_queue(session, here.round.id, here.communes, filters, opened.head)
    except Problem as problem:
        if problem.code not in {"remark-needed", "stale-revision", "not-reviewable"}:
            raise
        with access.database().reading() as session:
            opened_again = _open(session, code, submission_id)
        return make_response(_page(opened_again, problems.message(problem)), problem.status)
    flash(_said(request.form.get("action", ""), opened.head.unit_code))
    there = url_for("office.record", code=code, submission_id=after) if after else url_for("office.review", code=code)
    return redirect(f"{there}?{urlencode([pair for pair in request.args.items() if pair[0] != 'version'])}")


def _said(action: str, unit: str) -> str:
    """Return what was done, for the top of the next page."""
    said: str = {
        "approve": _("Questionnaire %(unit)s was approved.", unit=unit),
        "return": _("Questionnaire %(unit)s was returned for correction.", unit=unit),
        "reject": _("Questionnaire %(unit)s was rejected. It stays on file and enters no estimate.", unit=unit),
    }[action]
    return said


def _act(session: Session, submission_id: str) -> None:
    """Carry out the decision that was sent."""
    who, form = access.actor(), request.form
    revision = form.get("revision", 0, int)
    remark = clean(form.get("remark", ""))
    match form.get("action"):
        case "approve":
            acts.approve(session, who, submission_id, expected_revision=revision, remark=remark)
        case "return":
            acts.return_for_correction(
                session, who, submission_id, expected_revision=revision, remark=remark, remarks=_typed_remarks()
            )
        case "reject":
            acts.reject(session, who, submission_id, expected_revision=revision, remark=remark)
        case action:
            raise Problem("bad-value", name="action", value=action, expected=", ".join(ACTS))


def _typed_remarks() -> dict[str, str]:
    """Return the remarks typed at answers, by positioned path."""
    typed = {k.removeprefix(_REMARK): clean(v) for k, v in request.form.items() if k.startswith(_REMARK)}
    return {path: text for path, text in typed.items() if text}


def record_of(session: Session, here: Desk, submission_id: str) -> Record:
    """Return a record of the round within the reviewer's reach; Problem not-found for any other."""
    found = review_query.record(session, submission_id, lambda round_id: here.communes)
    if found is None or found.round_id != here.round.id:
        raise Problem("not-found")
    return found


def _open(
    session: Session, code: str, submission_id: str, *, roles: tuple[str, ...] = REVIEWERS, reveal: bool = False
) -> Opened:
    """Read a record with the version asked for and draw its sheet."""
    here = desk(session, code, *roles)
    found = record_of(session, here, submission_id)
    version = found.version(request.args.get("version", found.newest.number, int)) or found.newest
    instrument = forms.instrument_of(session, version.form_version_id)
    before = found.version(version.number - 1)
    answers = version.answers
    frame_identity: Mapping[str, Any] = {}
    if reveal:
        answers = identity.merge(answers, _identity(session, version.identity_key))
        frame_identity = _identity(session, found.frame_identity_key) if found.frame_identity_key else {}
    blocks = sheet(
        instrument,
        answers,
        language=current_locale(),
        findings=version.findings,
        remarks=found.open_remarks if version is found.newest else {},
        before=before.answers if before else None,
    )
    flags = quality_query.flags_of(session, submission_id)
    verified = verification.of_version(session, submission_id, version.number)
    return Opened(here, found, version, instrument, blocks, frame_identity, reveal, flags, verified)


def _identity(session: Session, key: str) -> dict[str, Any]:
    row = session.get(Identity, key)
    return dict(row.values) if row is not None else {}


def _page(opened: Opened, message: str = "") -> str:
    language = current_locale()
    places = finding_places(opened.blocks)
    findings = [
        (each, title_of(opened.instrument, each["path"], language), each["path"] in places)
        for each in opened.version.findings
    ]
    return render_template(
        "office/record.html",
        desk=opened.desk,
        round=opened.desk.round,
        opened=opened,
        record=opened.record,
        head=opened.record.head,
        version=opened.version,
        blocks=opened.blocks,
        findings=findings,
        message=message,
        typed=request.form,
        language=language,
        words={
            "kind": word(KINDS, opened.record.head.kind),
            "outcome": word(OUTCOMES, opened.record.head.outcome),
            "channel": word(CHANNELS, opened.version.channel),
            "sender": sender(opened.record.head),
        },
        act_word=lambda action: word(ACTS, action),
        title=lambda path: title_of(opened.instrument, path, language),
        contents=contents(opened.blocks),
        identity_word=lambda name: word(IDENTITY, name),
        consent=consent_of(opened.instrument, opened.version.answers, language),
        **flag_words(),
        verified=[(word(COMPONENTS, f.component), word(VERIFIED, f.finding), f) for f in opened.verified.now.values()],
        may_reveal=access.actor().may("supervisor", round_id=opened.desk.round.id),
    )
