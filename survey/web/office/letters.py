"""Letters, register and labels for invited units. Making letters renews codes: said before, done once, never kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from survey.errors import Problem
from survey.i18n import TRANSLATIONS, current_locale, format_date
from survey.model import Round
from survey.model.base import utc_now
from survey.operations import invitations
from survey.query.drafts import deadline
from survey.query.invitations import InvitedUnit
from survey.reference import units as places
from survey.report import language
from survey.report.letters import render
from survey.report.letters.letter import Letter, Mailing, Recipient, address_of
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.invitations import OFFICE, Listed, listed, picked, public_address

PART = 100
"""How many letters one file holds: a file of that size is set in about ten seconds."""


@blueprint.post("/rounds/<code>/letters")
@access.roles(*OFFICE)
def prepare_letters(code: str) -> AnyResponse | str:
    """Say what making letters for the chosen units does, and offer the files, a hundred letters each."""
    with access.database().transaction() as session:
        found = listed(session, code)
        chosen = _units(found, picked(found))
    if not chosen:
        flash(_("Tick units, or tick “all that fit the filters”, then choose what to do."), "caution")
        return redirect(url_for("office.invitations", code=code), 303)
    return render_template(
        "office/letters.html",
        desk=found.desk,
        round=found.desk.round,
        units=chosen,
        parts=[chosen[start : start + PART] for start in range(0, len(chosen), PART)],
        renewed=sum(unit.letter_at is not None for unit in chosen),
        entered=sum(unit.state in {"opened", "started"} for unit in chosen),
        answered=sum(unit.state == "submitted" for unit in chosen),
        refused=sum(unit.state == "refused" for unit in chosen),
        deadline=deadline(found.desk.round),
        portal=f"{public_address()}/portal/",
        part_size=PART,
        prepared=utc_now().isoformat(),
    )


@blueprint.post("/rounds/<code>/letters.pdf")
@access.roles(*OFFICE)
def letters_file(code: str) -> Response:
    """Set the letters, then store their codes, then hand them over; without the letters no code changes."""
    with access.database().transaction() as session:
        found = listed(session, code)
        chosen = _units(found, picked(found))[:PART]
    if not chosen:
        raise Problem("not-found")
    if found.desk.round.state in {"closed", "archived"}:
        raise Problem("round-closed", round=found.desk.round.title)
    _refuse_twice(chosen)
    made = invitations.fresh(unit.sample_unit_id for unit in chosen)
    letters = [
        Letter(recipient_of(unit), way.code, public_address() + way.link)
        for unit, way in zip(chosen, made, strict=True)
    ]
    content = render.letters_pdf(letters, mailing_of(found.desk.round), _language())
    with access.database().transaction() as session:
        invitations.issue(session, access.actor(), found.desk.round.id, made)
    return _pdf(content, f"thu-moi-{code}-{chosen[0].code}-{chosen[-1].code}")


@blueprint.post("/rounds/<code>/register.pdf")
@access.roles(*OFFICE)
def register_file(code: str) -> Response:
    """Return the register of the chosen units, or of all that fit the filters where none is ticked."""
    found, chosen = _chosen(code)
    lines = [
        render.RegisterLine(
            recipient_of(unit),
            format_date(unit.letter_at) if unit.letter_at else "",
            format_date(unit.answered_at) if unit.answered_at else "",
        )
        for unit in chosen
    ]
    return _pdf(render.register_pdf(lines, mailing_of(found.desk.round), _language()), f"so-theo-doi-{code}")


@blueprint.post("/rounds/<code>/labels.pdf")
@access.roles(*OFFICE)
def labels_file(code: str) -> Response:
    """Return address labels of the chosen units, or of all that fit the filters where none is ticked."""
    _found, chosen = _chosen(code)
    return _pdf(render.labels_pdf([recipient_of(unit) for unit in chosen], _language()), f"nhan-dia-chi-{code}")


def recipient_of(unit: InvitedUnit) -> Recipient:
    """Return a unit as the post knows it, with the present commune where the frame's address does not name it."""
    place = places.present_unit_of(unit.commune_code)
    return Recipient(
        sample_unit_id=unit.sample_unit_id,
        unit_code=unit.code,
        kind=unit.kind,
        name=unit.name,
        address=address_of(unit.named, place.name, _("Can Tho city")),
        tax_code=str(unit.named.get("tax_code") or ""),
    )


def mailing_of(survey_round: Round) -> Mailing:
    """Return what all letters of a round say."""
    last: date = deadline(survey_round)
    return Mailing(
        access.config().agency,
        survey_round.title,
        survey_round.legal_basis,
        last,
        f"{public_address()}/portal/",
        survey_round.is_synthetic,
    )


def _refuse_twice(chosen: Sequence[InvitedUnit]) -> None:
    """Refuse a second press of the same button: it would end the codes that the first one printed."""
    try:
        prepared = datetime.fromisoformat(request.form.get("prepared", ""))
    except ValueError:
        raise Problem("session-expired") from None
    again = [unit.code for unit in chosen if unit.letter_at is not None and unit.letter_at >= prepared.astimezone()]
    if again:
        raise Problem("letters-made", unit=again[0])


def _chosen(code: str) -> tuple[Listed, Sequence[InvitedUnit]]:
    with access.database().transaction() as session:
        found = listed(session, code)
        ticked = _units(found, picked(found))
    chosen = ticked or found.chosen
    if not chosen:
        raise Problem("not-found")
    return found, chosen


def _units(found: Listed, unit_ids: Sequence[int]) -> list[InvitedUnit]:
    """Return units in the order of the list."""
    wanted = set(unit_ids)
    return [unit for unit in found.all if unit.sample_unit_id in wanted]


def _language() -> language.Language:
    return language.load(current_locale(), TRANSLATIONS)


def _pdf(content: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.pdf"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, mimetype="application/pdf", headers=headers)
