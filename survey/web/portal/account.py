"""How a unit comes back: its own password, its e-mail address; and the time that its session has left."""

from __future__ import annotations

from flask import flash, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import accounts, portal_sessions, respondents
from survey.query import respondents as reads
from survey.web import access, problems
from survey.web.fill.clock import seconds_left
from survey.web.portal import blueprint
from survey.web.portal.units import name_of, own_unit


@blueprint.get("/account")
@access.invited
def account() -> str:
    """Show the ways in that the unit has."""
    return _page()


@blueprint.post("/password")
@access.invited
def set_password() -> Response | str:
    """Set the unit's own password, typed twice."""
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        return make_response(_page("password", _("The two passwords are not the same.")), 400)
    try:
        with access.database().transaction() as session:
            respondents.set_password(session, access.actor(), new=new)
    except Problem as problem:
        return make_response(_page("password", problems.message(problem)), problem.status)
    flash(_("The password is set. From now on you can enter with your tax code and this password."))
    return redirect(url_for("portal.home"), 303)


@blueprint.post("/email")
@access.invited
def set_email() -> Response | str:
    """Correct the address to which links and messages go."""
    try:
        with access.database().transaction() as session:
            respondents.set_email(session, access.actor(), email=request.form.get("email", ""))
    except Problem as problem:
        return make_response(_page("email", problems.message(problem)), problem.status)
    flash(_("The e-mail address is saved."))
    return redirect(url_for("portal.account"), 303)


@blueprint.get("/clock", endpoint="clock")
@access.invited
def clock() -> Response:
    """Tell how many seconds the session has left; asking is no use of it."""
    return jsonify(left=seconds_left())


@blueprint.post("/clock")
@access.invited
def stay() -> Response:
    """Go on: let the session live its full time again."""
    return jsonify(left=_renewed())


def _renewed() -> int:
    """Note the use of the present session and return the seconds that it has now."""
    with access.database().transaction() as session:
        portal_sessions.touch(session, accounts.token_hash(g.token))
    return seconds_left()


def _page(wrong: str = "", message: str = "") -> str:
    with access.database().reading() as session:
        unit = own_unit(session)
        has_password = reads.has_password(session, access.actor().invitation_id or 0)
    named = unit.named
    return render_template(
        "portal/account.html",
        unit_name=name_of(unit),
        login=named.get("tax_code") or unit.code,
        email=request.form.get("email", named.get("email", "")),
        has_password=has_password,
        shortest=respondents.MIN_PASSWORD,
        wrong=wrong,
        message=message,
        round=unit.round,
    )
