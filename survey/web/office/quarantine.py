"""Held records: why each was not taken in, what it holds (on request, recorded), and how it is settled."""

from __future__ import annotations

from flask import Response as Download
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import CATALOGUE, Problem
from survey.i18n import format_datetime
from survey.operations import quarantine, quarantine_settling
from survey.query import quarantine as reads
from survey.query.quarantine import HeldLine
from survey.query.rounds import visible_rounds
from survey.text import N_
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.files import csv_response
from survey.web.office.words import CHANNELS, word

HELD_STATES = {"waiting": N_("Waiting"), "accepted": N_("Taken in"), "dismissed": N_("Given up")}
_LONGEST = 20_000


@blueprint.get("/quarantine", endpoint="quarantine")
@access.roles(*reads.ROLES)
def show() -> str:
    """List the records that tablets sent and the door refused."""
    state = _state()
    with access.database().reading() as session:
        found = reads.held(session, access.actor(), state)
    return render_template(
        "office/quarantine.html",
        records=found,
        state=state,
        states=[(code, word(HELD_STATES, code)) for code in reads.STATES],
        reason=reason,
        is_admin=access.actor().may(),
    )


@blueprint.get("/quarantine.csv")
@access.roles(*reads.ROLES)
def quarantine_csv() -> Download:
    """Give the list as it is shown."""
    with access.database().reading() as session:
        found = reads.held(session, access.actor(), _state())
    header = [
        _("Number"), _("Received"), _("Person"), _("Device"), _("Survey round"), _("Unit"), _("Why it is held"),
        _("Bytes"), _("Files"), _("State"), _("Remark"),
    ]  # fmt: skip
    rows = (
        (
            line.id,
            format_datetime(line.received_at),
            line.sender,
            line.device,
            line.round_code,
            line.unit_code,
            reason(line),
            line.size,
            len(line.files),
            word(HELD_STATES, line.state),
            line.remark,
        )
        for line in found
    )
    return csv_response("phieu-giu-lai", header, rows)


@blueprint.get("/quarantine/<int:number>")
@access.roles(*reads.ROLES)
def held_record(number: int) -> str:
    """Show one held record without its document."""
    return _page(number)


@blueprint.post("/quarantine/<int:number>/document")
@access.roles(*reads.ROLES)
def held_document(number: int) -> Response:
    """Show the document of a held record with the names it holds; the reading is recorded."""
    with access.database().transaction() as session:
        _line(session, number)
        content = quarantine.document_of(session, access.actor(), number)
    return make_response(_page(number, document=content.decode("utf-8", "replace")[:_LONGEST]))


@blueprint.post("/quarantine/<int:number>/replay")
@access.roles(*reads.ROLES)
def replay_held(number: int) -> Response:
    """Give a held record to the one door again."""
    try:
        with access.database().transaction() as session:
            _line(session, number)
            quarantine.replay(session, access.actor(), number, store=access.config().media)
    except Problem as problem:
        return _still_held(number, problem)
    flash(_("The record was taken in and waits for review."))
    return redirect(url_for("office.quarantine"))


@blueprint.post("/quarantine/<int:number>/place")
@access.roles(*reads.ROLES)
def place_held(number: int) -> Response:
    """Say which unit a held record is about, and give it to the one door again."""
    round_id, code = request.form.get("round", 0, int), request.form.get("unit", "")
    try:
        with access.database().transaction() as session:
            _line(session, number)
            quarantine_settling.place(session, access.actor(), number, round_id=round_id, unit_code=code)
            _line(session, number)
            quarantine.replay(session, access.actor(), number, store=access.config().media)
    except Problem as problem:
        return _still_held(number, problem)
    flash(_("The record was attached to %(unit)s, taken in, and waits for review.", unit=code))
    return redirect(url_for("office.quarantine"))


@blueprint.post("/quarantine/<int:number>/dismiss")
@access.roles(*reads.ROLES)
def dismiss_held(number: int) -> Response:
    """Give a held record up, with the reason; its document is kept."""
    try:
        with access.database().transaction() as session:
            _line(session, number)
            quarantine.dismiss(session, access.actor(), number, remark=request.form.get("remark", ""))
    except Problem as problem:
        return _still_held(number, problem)
    flash(_("The record was given up. Its document and your reason are kept."))
    return redirect(url_for("office.quarantine"))


def reason(line: HeldLine) -> str:
    """Return in words why a record is held."""
    return problems.message(Problem(line.code, **line.details)) if line.code in CATALOGUE else line.code


def _state() -> str:
    wanted = request.args.get("state", "")
    return wanted if wanted in reads.STATES else "waiting"


def _line(session: Session, number: int) -> HeldLine:
    found = reads.held_record(session, access.actor(), number)
    if found is None:
        raise Problem("not-found")
    return found


def _still_held(number: int, problem: Problem) -> Response:
    """Show the record again with what the door said; it stays held."""
    if problem.status == 404 and problem.code == "not-found":
        raise problem
    return make_response(_page(number, message=problems.message(problem)), problem.status)


def _page(number: int, *, document: str = "", message: str = "") -> str:
    with access.database().reading() as session:
        line = _line(session, number)
        rounds = visible_rounds(session, access.actor(), *reads.ROLES)
    return render_template(
        "office/quarantine_record.html",
        line=line,
        rounds=rounds,
        document=document,
        message=message,
        reason=reason(line),
        state_word=word(HELD_STATES, line.state),
        channel_word=word(CHANNELS, line.channel),
    )
