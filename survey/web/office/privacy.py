"""Personal data: the register of requests with the law's days, and the log of incidents with its 72 hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import ZONE
from survey.model.base import utc_now
from survey.operations import privacy as operations
from survey.operations import retention
from survey.query import privacy as reads
from survey.query.privacy import Request, Sought
from survey.reference.deadlines import DAYS
from survey.text import N_, clean
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.words import word

REQUEST_KINDS: Mapping[str, str] = {
    "withdraw": N_("Withdrawal of consent"),
    "access": N_("To see the data"),
    "correction": N_("Correction of the data"),
    "deletion": N_("Deletion of the data"),
    "objection": N_("Objection to the processing"),
    "restriction": N_("Restriction of the processing"),
    "transfer": N_("Handing over of the data"),
}
CHANNEL_WORDS: Mapping[str, str] = {
    "letter": N_("By letter"),
    "telephone": N_("By telephone"),
    "in-person": N_("In person"),
    "email": N_("By e-mail"),
    "portal": N_("Through the portal"),
}
STATE_WORDS: Mapping[str, str] = {
    "open": N_("Not settled"),
    "received": N_("Received"),
    "acknowledged": N_("Confirmed to the person"),
    "done": N_("Carried out"),
    "refused": N_("Refused"),
}


def today() -> date:
    """Return the present day in Vietnam."""
    return datetime.now(ZONE).date()


@blueprint.get("/system/privacy")
@access.roles("admin")
def privacy() -> str:
    """Show the register of requests, the most urgent first."""
    state, kind = request.args.get("state", "open"), request.args.get("kind", "")
    sought = Sought(state if state in STATE_WORDS else "", kind if kind in DAYS else "")
    with access.database().reading() as session:
        page = reads.requests(session, sought, page=request.args.get("page", 1, int))
        late = reads.overdue(session, today())
    return render_template(
        "office/privacy.html",
        page=page,
        sought=sought,
        late=late,
        today=today(),
        kinds=[(code, word(REQUEST_KINDS, code)) for code in REQUEST_KINDS],
        states=[(code, word(STATE_WORDS, code)) for code in STATE_WORDS],
        **_words(),
    )


@blueprint.get("/system/privacy/new")
@access.roles("admin")
def new_request() -> str:
    """Show the form of a request."""
    return _new_page()


@blueprint.post("/system/privacy/new")
@access.roles("admin")
def record_request() -> Response:
    """Enter a request into the register."""
    form = request.form
    received, name = _day(form.get("received_on", "")), clean(form.get("name", ""))
    if received is None or received > today() or not name:
        message = _("Please give the name of the person and the day on which the request arrived, not in the future.")
        return make_response(_new_page(message), 400)
    with access.database().transaction() as session:
        made = operations.record_request(
            session,
            access.actor(),
            kind=form.get("kind", ""),
            received_on=received,
            channel=form.get("channel", ""),
            name=name,
            contact=form.get("contact", ""),
            content=form.get("content", ""),
        )
    flash(_("The request was entered. Confirm it to the person by the day shown."))
    return redirect(url_for("office.privacy_request", number=made.id))


@blueprint.get("/system/privacy/<int:number>")
@access.roles("admin")
def privacy_request(number: int) -> str:
    """Show one request."""
    return _request_page(number)


@blueprint.post("/system/privacy/<int:number>/requester")
@access.roles("admin")
def requester(number: int) -> str:
    """Show who made a request; the reading is written into the log."""
    with access.database().transaction() as session:
        person = operations.requester(session, access.actor(), number)
    return _request_page(number, person=person)


@blueprint.post("/system/privacy/<int:number>/find")
@access.roles("admin")
def find_record(number: int) -> str:
    """Search for the record of the person; the search is written into the log."""
    with access.database().transaction() as session:
        try:
            found = operations.find_records(session, access.actor(), request.form.get("q", ""))
        except Problem as problem:
            if problem.code != "bad-value":
                raise
            return _request_page(number, message=_("Type at least three letters or digits."))
    return _request_page(number, found=found)


@blueprint.post("/system/privacy/<int:number>")
@access.roles("admin")
def act_on_request(number: int) -> Response | str:
    """Link, confirm or close a request; a deletion destroys first and is proved."""
    form, act = request.form, request.form.get("action", "")
    plan = None
    try:
        with access.database().transaction() as session:
            if act == "record":
                operations.attach_record(session, access.actor(), number, form.get("record", ""))
            elif act == "confirm":
                operations.confirm(session, access.actor(), number, on=today())
            elif act in {"done", "refused"}:
                plan = operations.close(
                    session,
                    access.actor(),
                    number,
                    on=today(),
                    outcome=form.get("outcome", ""),
                    refused=act == "refused",
                    destroy=form.get("destroy", "") if form.get("destroy") in {"identity", "record"} else "",
                )
            else:
                raise Problem("bad-value", name="action", value=act, expected="record, confirm, done, refused")
    except Problem as problem:
        if problem.code not in {"remark-needed", "request-closed"}:
            raise
        return make_response(_request_page(number, message=problems.message(problem)), problem.status)
    if plan is not None:
        retention.remove_files(access.config().media, plan.files)
    flash(_("The register was updated."))
    return redirect(url_for("office.privacy_request", number=number))


@blueprint.get("/system/privacy/incidents")
@access.roles("admin")
def incidents() -> str:
    """Show the log of incidents with what is left of the 72 hours."""
    return _incidents_page()


@blueprint.post("/system/privacy/incidents")
@access.roles("admin")
def record_incident() -> Response:
    """Enter an incident."""
    form = request.form
    detected, occurred = _moment(form.get("detected_at", "")), _moment(form.get("occurred_at", ""))
    if detected is None or detected > utc_now() or not clean(form.get("title", "")):
        message = _("Please say what happened and when it was detected, not in the future.")
        return make_response(_incidents_page(message), 400)
    with access.database().transaction() as session:
        operations.record_incident(
            session,
            access.actor(),
            detected_at=detected,
            occurred_at=occurred,
            subjects=form.get("subjects", None, int),
            is_harmful=form.get("is_harmful") == "yes",
            **_incident_texts(),
        )
    flash(_("The incident was entered. The authority must be told by the moment shown."))
    return redirect(url_for("office.incidents"))


@blueprint.post("/system/privacy/incidents/<int:number>")
@access.roles("admin")
def change_incident(number: int) -> Response:
    """Complete an incident, note the notice, or close it."""
    act = request.form.get("action", "")
    with access.database().transaction() as session:
        operations.change_incident(
            session,
            access.actor(),
            number,
            notified=act == "notified",
            closed=act == "closed",
            **(_incident_texts() if act == "save" else {}),
        )
    flash(_("The log of incidents was updated."))
    return redirect(url_for("office.incidents"))


def _incident_texts() -> dict[str, str]:
    names = ("title", "description", "data_kinds", "consequences", "measures")
    return {name: request.form[name] for name in names if name in request.form}


def _new_page(message: str = "") -> str:
    return render_template(
        "office/privacy_new.html",
        kinds=[(code, word(REQUEST_KINDS, code), DAYS[code]) for code in REQUEST_KINDS],
        channels=[(code, word(CHANNEL_WORDS, code)) for code in CHANNEL_WORDS],
        today=today(),
        typed=request.form,
        message=message,
    )


def _request_page(
    number: int,
    *,
    person: Mapping[str, Any] | None = None,
    found: list[tuple[str, str]] | None = None,
    message: str = "",
) -> str:
    with access.database().reading() as session:
        row = reads.request(session, number)
        proofs = reads.proofs(session, request_id=number)
    if row is None:
        raise Problem("not-found")
    return render_template(
        "office/privacy_request.html",
        row=row,
        person=person,
        found=found,
        proofs=proofs,
        message=message,
        today=today(),
        typed=request.form,
        **_words(),
    )


def _incidents_page(message: str = "") -> str:
    with access.database().reading() as session:
        found = reads.incidents(session)
    now = utc_now()
    return render_template(
        "office/privacy_incidents.html",
        incidents=found,
        hours_left=lambda incident: int((incident.due_at - now).total_seconds() // 3600),
        message=message,
        typed=request.form if message else {},
    )


def _words() -> dict[str, Any]:
    return {
        "kind_word": lambda row: word(REQUEST_KINDS, row.kind),
        "channel_word": lambda row: word(CHANNEL_WORDS, row.channel),
        "request_state": lambda row: word(STATE_WORDS, row.state),
        "state_mark": _state_mark,
    }


def _state_mark(row: Request) -> str:
    """Return the shape and colour of a request's state."""
    return {"done": "good", "refused": "wrong", "acknowledged": "caution"}.get(row.state, "waiting")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """Return a moment typed without a zone as one of Vietnam."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=ZONE)
