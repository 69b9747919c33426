"""Invited units: the list with filters, and what is done with some of them. Reading names is written into the log."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey.errors import Problem
from survey.i18n import format_date, format_datetime
from survey.operations import audit, forms, invitations, reminders
from survey.operations.reminders import Sender
from survey.query import invitations as reads
from survey.query.drafts import deadline
from survey.query.invitations import EMAILS, KINDS, STATES, Filters, InvitedUnit
from survey.query.paging import Page, bounded
from survey.web import access
from survey.web.fill.parts import parts_of
from survey.web.office import blueprint
from survey.web.office.desk import Desk, desk
from survey.web.office.files import csv_response
from survey.web.office.invitation_words import HINDRANCES, MAIL_KINDS, MAIL_STATES, UNIT_STATES
from survey.web.office.words import KINDS as KIND_WORDS
from survey.web.office.words import word

OFFICE = ("statistician",)
_SIZE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """The units within reach and those that fit the filters of the address."""

    desk: Desk
    all: list[InvitedUnit]
    chosen: list[InvitedUnit]


def filters_of_address() -> Filters:
    """Return what the address asks for; an unknown value does not narrow."""
    args = request.args
    return Filters(
        kind=args.get("kind", "") if args.get("kind") in KINDS else "",
        state=args.get("state", "") if args.get("state") in STATES else "",
        email=args.get("email", "") if args.get("email") in EMAILS else "",
        text=args.get("q", "").strip()[:100],
    )


def sender() -> Sender:
    """Return who writes to units, and under which public address the portal is."""
    config = access.config()
    return Sender(config.agency.name, config.agency.hotline, public_address())


def public_address() -> str:
    """Return the address under which units reach the portal: the setting, or the one that this page came from."""
    return (access.config().public_address or request.url_root).rstrip("/")


@blueprint.get("/rounds/<code>/invitations", endpoint="invitations")
@access.roles(*OFFICE)
def show(code: str) -> str:
    """List the invited units and where each stands."""
    with access.database().transaction() as session:
        found = listed(session, code)
        shares = _sections(session, found.chosen)
    number = bounded(request.args.get("page", 1, int), len(found.chosen), _SIZE)
    rows = found.chosen[(number - 1) * _SIZE : number * _SIZE]
    return render_template(
        "office/invitations.html",
        desk=found.desk,
        round=found.desk.round,
        page=Page(rows, number, len(found.chosen), _SIZE),
        filters=filters_of_address(),
        total=len(found.all),
        counts=reads.counts(reads.chosen(found.all, Filters(kind=filters_of_address().kind))),
        days=reads.days(found.all)[:31],
        shares=shares,
        deadline=deadline(found.desk.round),
        mail_is_on=bool(access.config().smtp_host and access.config().mail_from),
        kinds=[(kind, word(KIND_WORDS, kind)) for kind in KINDS],
        states=[(state, word(UNIT_STATES, state)) for state in STATES],
        state_word=lambda state: word(UNIT_STATES, state),
        kind_word=lambda kind: word(KIND_WORDS, kind),
        mail_words=mail_words,
        open_=found.desk.round.state in {"draft", "open", "paused"},
    )


@blueprint.get("/rounds/<code>/invitations.csv")
@access.roles(*OFFICE)
def invitations_file(code: str) -> Response:
    """Return the listed units as a file."""
    with access.database().transaction() as session:
        found = listed(session, code)
        shares = _sections(session, found.chosen)
    header = [_("Unit"), _("Kind"), _("Name"), _("Address"), _("Former commune"), _("Email"), _("State")]
    header += [_("Letter made on"), _("Last message"), _("Entered on"), _("Sections gone through"), _("Answered on")]
    return csv_response(f"thu-moi-{code}", header, (_file_row(unit, shares) for unit in found.chosen))


@blueprint.post("/rounds/<code>/invitations")
@access.roles(*OFFICE)
def act_on_invitations(code: str) -> AnyResponse:
    """E-mail, revoke, note a refusal or take it back, for the ticked units or for all that fit the filters."""
    with access.database().transaction() as session:
        found = listed(session, code)
        unit_ids = picked(found)
        if not unit_ids:
            flash(_("Tick units, or tick “all that fit the filters”, then choose what to do."), "caution")
            return _back(code)
        _act(session, found.desk.round.id, unit_ids)
    return _back(code)


def picked(found: Listed) -> list[int]:
    """Return the units that were ticked, or all that fit the filters; only such as are within reach."""
    if request.form.get("all"):
        return [unit.sample_unit_id for unit in found.chosen]
    within = {unit.sample_unit_id for unit in found.all}
    ticked = list(dict.fromkeys(request.form.getlist("unit", int)))
    if not within.issuperset(ticked):
        raise Problem("forbidden")
    return ticked


def _act(session: Session, round_id: int, unit_ids: list[int]) -> None:
    who = access.actor()
    match request.form.get("action"):
        case "email":
            _say(reminders.invite_by_mail(session, who, round_id, unit_ids, sender()))
        case "revoke":
            count = invitations.revoke(session, who, round_id, unit_ids)
            flash(ngettext("%(num)s invitation was revoked.", "%(num)s invitations were revoked.", count))
        case "refuse":
            count = invitations.refuse(session, who, round_id, unit_ids, reason=request.form.get("reason", ""))
            flash(ngettext("A refusal was noted for %(num)s unit.", "A refusal was noted for %(num)s units.", count))
        case "unrefuse":
            count = invitations.take_back_refusal(session, who, round_id, unit_ids)
            flash(ngettext("%(num)s refusal was taken back.", "%(num)s refusals were taken back.", count))
        case action:
            raise Problem("bad-value", name="action", value=action, expected="email, revoke, refuse, unrefuse")


def _say(counts: dict[str, int]) -> None:
    """Say how many messages wait to leave and why others do not."""
    queued = counts.get("queued", 0)
    flash(ngettext("%(num)s message waits to be sent.", "%(num)s messages wait to be sent.", queued))
    for reason, count in counts.items():
        if reason in HINDRANCES:
            flash(f"{word(HINDRANCES, reason)}: {count}", "caution")


def listed(session: Session, code: str) -> Listed:
    """Return the units within reach and those that fit the filters, and write into the log that names were read."""
    here = desk(session, code, *OFFICE)
    units = reads.invited_units(session, here.round.id, here.communes)
    chosen = reads.chosen(units, filters_of_address())
    audit.record(session, access.actor(), "invitation.read", "round", here.round.id, units=len(chosen))
    return Listed(here, units, chosen)


def _sections(session: Session, units: list[InvitedUnit]) -> dict[int, tuple[int, int]]:
    """Return how many sections of how many each begun questionnaire has been taken through, by unit."""
    totals = {
        form: len(parts_of(forms.instrument_of(session, form)))
        for form in {unit.draft_form for unit in units if unit.draft_form is not None}
    }
    return {
        unit.sample_unit_id: (min(len(unit.sections_seen), totals[unit.draft_form]), totals[unit.draft_form])
        for unit in units
        if unit.draft_form is not None
    }


def mail_words(unit: InvitedUnit) -> str:
    """Return what became of the last message to a unit, in words; empty without one."""
    if not unit.mails:
        return ""
    last = unit.mails[0]
    said: str = _(
        "%(kind)s: %(state)s, %(day)s",
        kind=word(MAIL_KINDS, last.kind.partition(".")[2]),
        state=word(MAIL_STATES, last.state),
        day=format_date(last.at),
    )
    return said


def _file_row(unit: InvitedUnit, shares: dict[int, tuple[int, int]]) -> list[object]:
    share = shares.get(unit.sample_unit_id)
    return [
        unit.code,
        word(KIND_WORDS, unit.kind),
        unit.name,
        str(unit.named.get("address", "")),
        unit.commune.name,
        unit.email,
        word(UNIT_STATES, unit.state),
        format_date(unit.letter_at) if unit.letter_at else "",
        mail_words(unit),
        format_datetime(unit.claimed_at) if unit.claimed_at else "",
        f"{share[0]}/{share[1]}" if share else "",
        format_datetime(unit.answered_at) if unit.answered_at else "",
    ]


def _back(code: str) -> AnyResponse:
    """Return to the list with the filters it had."""
    query = request.query_string.decode()
    return redirect(url_for("office.invitations", code=code) + (f"?{query}" if query else ""), 303)
