"""The way in with the code of the letter, and the way out. A wrong code reads the same whatever is wrong with it."""

from __future__ import annotations

from flask import g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import accounts
from survey.web import access, problems
from survey.web.portal import blueprint


@blueprint.get("/")
@access.public
def enter() -> Response | str:
    """Show where the code is entered; a unit that is inside already goes on."""
    if access.actor().kind == "invitation":
        return redirect(_destination())
    return _page()


@blueprint.post("/")
@access.public
def claim() -> Response | str:
    """Check a code and open a session for its unit."""
    code = request.form.get("code", "")
    try:
        with access.database().transaction() as session:
            token = accounts.claim_invitation(
                session, code=code, address=access.client_address(), agent=request.user_agent.string
            )
    except Problem as problem:
        return make_response(_page(code, problems.message(problem)), problem.status)
    if token is None:
        words = _("This code is not right, or is not valid any more. Please compare it with your letter.")
        return make_response(_page(code, words), 401)
    return access.remember(make_response(redirect(_destination(), 303)), token)


@blueprint.post("/leave")
@access.invited
def leave() -> Response:
    """End the session; everything saved stays."""
    with access.database().transaction() as session:
        accounts.sign_out(session, access.actor(), g.token)
    return access.forget(make_response(redirect(url_for("portal.enter"), 303)))


def _page(code: str = "", message: str = "") -> str:
    hotline = access.config().agency.hotline
    following = request.values.get("next", "")
    return render_template("portal/enter.html", code=code, message=message, next=following, hotline=hotline)


def _destination() -> str:
    """Return where to go after entering: only addresses of the portal are followed."""
    wanted = request.values.get("next", "")
    return wanted if wanted.startswith("/portal/") and "//" not in wanted else url_for("portal.home")
