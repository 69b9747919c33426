"""The ways in: tax code with the code of the letter or an own password, a link; and the way out.

Whatever is wrong reads the same and takes the same time: nobody learns here whether a tax code is in the frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey import i18n
from survey.errors import Problem
from survey.operations import accounts, invitations, respondents
from survey.web import access, problems
from survey.web.portal import blueprint

_FLOOR = 0.35
"""Seconds that every attempt takes at least, so that the time tells nothing."""


@blueprint.get("/")
@access.public
def enter() -> Response | str:
    """Show where the unit says who it is; a unit that is inside already goes on."""
    if access.actor().kind == "invitation":
        return redirect(_destination())
    return _page()


@blueprint.post("/")
@access.public
def claim() -> Response | str:
    """Check a tax code or unit code with the code of its letter and open a session for the unit."""
    code = request.form.get("code", "")
    return _opened(lambda session, who: respondents.enter(session, code=code, **who), "code")


@blueprint.post("/sign-in")
@access.public
def sign_in() -> Response | str:
    """Check a tax code or unit code with the unit's own password and open a session for the unit."""
    password = request.form.get("password", "")
    return _opened(lambda session, who: respondents.sign_in(session, password=password, **who), "password")


@blueprint.post("/link")
@access.public
def ask_link() -> Response | str:
    """Send a one-time link to the unit's e-mail address, where there is one; the answer is the same either way."""
    start = time.monotonic()
    message = ""
    try:
        with access.database().transaction() as session:
            respondents.send_link(
                session,
                login=request.form.get("login", ""),
                letter=_letter,
                locale=i18n.current_locale(),
                address=access.client_address(),
            )
    except Problem as problem:
        if problem.code != "too-many-attempts":
            raise
        message = problems.message(problem)
    _even_out(start)
    if message:
        return make_response(_page(wrong="link", message=message), 429)
    return _page(sent=True)


@blueprint.get("/l/<token>")
@access.public
def personal_link(token: str) -> Response | str:
    """Show the button that uses a personal link; opening the address alone uses nothing up."""
    with access.database().reading() as session:
        if not invitations.link_is_open(session, token):
            raise Problem("link-over")
    return render_template("portal/link.html", action=url_for("portal.use_link", token=token), is_section=False)


@blueprint.post("/l/<token>")
@access.public
def use_link(token: str) -> Response:
    """Use a personal link up and open a session for its unit."""
    with access.database().transaction() as session:
        opened = invitations.claim_link(
            session, token=token, address=access.client_address(), agent=request.user_agent.string
        )
    if opened is None:
        raise Problem("link-over")
    return access.remember(make_response(redirect(url_for("portal.home"), 303)), opened)


@blueprint.post("/leave")
@access.invited
def leave() -> Response:
    """End the session; everything saved stays."""
    with access.database().transaction() as session:
        accounts.sign_out(session, access.actor(), g.token)
    return access.forget(make_response(redirect(url_for("portal.enter"), 303)))


def _opened(prove: Callable[[Session, dict[str, str]], str | None], wrong: str) -> Response:
    """Open a session for a unit that proves itself, or show the entrance again in the same words as always."""
    start = time.monotonic()
    login = request.form.get("login", "")
    who = {"login": login, "address": access.client_address(), "agent": request.user_agent.string}
    token, status = None, 401
    message = _("This code is not right, or is not valid any more. Please compare it with your letter.")
    try:
        with access.database().transaction() as session:
            token = prove(session, who)
    except Problem as problem:
        message, status = problems.message(problem), problem.status
    _even_out(start)
    if token is not None:
        return access.remember(make_response(redirect(_destination(), 303)), token)
    return make_response(_page(wrong=wrong, message=message), status)


def _even_out(start: float) -> None:
    """Wait until an attempt has taken as long as every other one."""
    time.sleep(max(0.0, start + _FLOOR - time.monotonic()))


def _page(*, wrong: str = "", message: str = "", sent: bool = False) -> str:
    login = request.form.get("login", "")
    return render_template(
        "portal/enter.html",
        login=login,
        code=request.form.get("code", ""),
        doubtful=bool(login) and respondents.read_login(login).is_doubtful,
        wrong=wrong,
        message=message,
        sent=sent,
        next=request.values.get("next", ""),
        hotline=access.config().agency.hotline,
    )


def _letter(path: str) -> tuple[str, str]:
    """Return subject and text of the message that carries a one-time link."""
    text = _(
        "Open this address within 30 minutes to go on with your questionnaire. It works once:\n\n%(address)s\n\n"
        "If you did not ask for it, you need not do anything.",
        address=public_url(path),
    )
    return _("Your link to the survey"), text


def public_url(path: str) -> str:
    """Return a path behind the public address of this installation."""
    root = access.config().public_address or request.url_root
    return root.rstrip("/") + path


def _destination() -> str:
    """Return where to go after entering: only addresses of the portal are followed."""
    wanted = request.values.get("next", "")
    return wanted if wanted.startswith("/portal/") and "//" not in wanted else url_for("portal.home")
