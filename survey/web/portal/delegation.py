"""Passing a section to a colleague: the form, the link shown once, and taking it back."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.model.base import utc_now
from survey.operations import delegation, drafts
from survey.operations.drafts import Opened
from survey.query import drafts as reads
from survey.query import respondents
from survey.web import access, problems
from survey.web.fill.build import part_title
from survey.web.fill.parts import Part
from survey.web.fill.sheet import Sheet
from survey.web.portal import blueprint
from survey.web.portal.entrance import public_url
from survey.web.portal.units import name_of, own_unit

DAYS = 7


@blueprint.get("/sections/<part>/pass-on")
@access.invited
def pass_on(part: str) -> str:
    """Show the form that passes a section on."""
    with access.database().reading() as session:
        return _page(session, part)


@blueprint.post("/sections/<part>/pass-on")
@access.invited
def make_link(part: str) -> Response | str:
    """Make the link of a section and show it once; mail it where an address is given."""
    given = request.form.get
    days = given("days", "")
    try:
        with access.database().transaction() as session:
            sheet, found = _section(session, part)
            title, sender = part_title(sheet, found), name_of(sheet.work.unit)
            path = delegation.pass_on(
                session,
                access.actor(),
                sheet.work.draft.id,
                part=found.name,
                paths=[node.path for node in found.nodes],
                days=int(days) if days.isdigit() else 0,
                name=given("name", ""),
                email=given("email", ""),
                letter=lambda path: _letter(path, title, sender),
                locale=i18n.current_locale(),
            )
    except Problem as problem:
        if problem.code not in {"bad-value", "bad-address", "too-many-rows"}:
            raise
        with access.database().reading() as session:
            return make_response(_page(session, part, problems.message(problem)), problem.status)
    with access.database().reading() as session:
        return _page(session, part, link=public_url(path), mailed=given("email", ""))


@blueprint.post("/delegations/<int:delegation_id>/revoke")
@access.invited
def take_back(delegation_id: int) -> Response:
    """Take a section back; what the colleague saved stays."""
    with access.database().transaction() as session:
        delegation.revoke(session, access.actor(), delegation_id)
    flash(_("The section is yours alone again. What your colleague saved stays."))
    return redirect(url_for("portal.home"), 303)


def helpers_in_words(session: Session, work: Opened) -> dict[str, str]:
    """Return by section who works on it and when, in words; several colleagues at one section one after another."""
    said: dict[str, str] = {}
    for helper in respondents.helpers_of(session, work.draft.id, utc_now()):
        name = helper.name or helper.email or _("a colleague")
        words = _("Passed to %(name)s, not opened yet.", name=name)
        if helper.saved_at:
            words = _("With %(name)s, last saved %(time)s.", name=name, time=i18n.format_datetime(helper.saved_at))
        elif helper.opened_at:
            words = _("With %(name)s, opened %(time)s.", name=name, time=i18n.format_datetime(helper.opened_at))
        said[helper.part] = f"{said[helper.part]} {words}" if helper.part in said else words
    return said


def _section(session: Session, part: str) -> tuple[Sheet, Part]:
    """Return the unit's own draft and one of its sections."""
    draft = reads.open_draft(session, access.actor().sample_unit_id or 0)
    if draft is None:
        raise Problem("not-found")
    sheet = Sheet(drafts.opened(session, access.actor(), draft.id), i18n.current_locale(), utc_now())
    found = next((p for p in sheet.parts if p.name == part), None)
    if found is None:
        raise Problem("not-found")
    return sheet, found


def _page(session: Session, part: str, message: str = "", *, link: str = "", mailed: str = "") -> str:
    sheet, found = _section(session, part)
    helpers = [h for h in respondents.helpers_of(session, sheet.work.draft.id, utc_now()) if h.part == part]
    unit = own_unit(session)
    given = {} if link else {name: request.form.get(name, "") for name in ("name", "email", "days")}
    return render_template(
        "portal/pass_on.html",
        title=part_title(sheet, found),
        part=part,
        unit_name=name_of(unit),
        round=unit.round,
        helpers=helpers,
        given=given,
        days=DAYS,
        most=delegation.MOST_DAYS,
        message=message,
        link=link,
        mailed=mailed,
    )


def _letter(path: str, title: str, sender: str) -> tuple[str, str]:
    text = _(
        "%(sender)s asks you to answer the section “%(title)s” of its survey questionnaire. This address opens that "
        "section only:\n\n%(address)s\n\nWhat you fill in is saved at once and can be seen by %(sender)s.",
        sender=sender,
        title=title,
        address=public_url(path),
    )
    return _("A section of a survey questionnaire for you: %(title)s", title=title), text
