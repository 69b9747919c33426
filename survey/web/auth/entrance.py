"""The way in and out. Failures are counted and committed before they are shown; a typed name stays on the page."""

from __future__ import annotations

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import accounts, second_factor
from survey.web import access, problems
from survey.web.auth import blueprint
from survey.web.auth.forms import SignInForm

OFFICE = frozenset({"admin", "statistician", "supervisor", "viewer"})


@blueprint.get("/sign-in")
@access.public
def sign_in() -> Response | str:
    """Show the sign-in page; somebody already inside goes on."""
    if access.actor().kind == "account":
        return redirect(destination(access.actor().roles))
    return _page(SignInForm())


@blueprint.post("/sign-in")
@access.public
def enter() -> Response | str:
    """Check name and password, open a session and go where the person was heading."""
    form = SignInForm(request.form)
    if not form.validate():
        return make_response(_page(form), 400)
    try:
        token, roles, awaits_code = _try(form.username.data or "", form.password.data or "")
    except Problem as problem:
        return make_response(_page(form, problems.message(problem)), problem.status)
    if token is None:
        failed = Problem("sign-in-failed")
        return make_response(_page(form, problems.message(failed)), failed.status)
    onward = url_for("auth.code", next=wanted() or None) if awaits_code else destination(roles)
    return access.remember(make_response(redirect(onward)), token)


@blueprint.post("/sign-out")
@access.public
def sign_out() -> Response:
    """End the session of this browser."""
    token = g.get("token")
    if token:
        with access.database().transaction() as session:
            accounts.sign_out(session, access.actor(), token)
    return access.forget(make_response(redirect(url_for("auth.sign_in"))))


def _try(username: str, password: str) -> tuple[str | None, frozenset[str], bool]:
    """Return a token (None for a wrong name or password), the roles it opens, and whether it waits for a code."""
    with access.database().transaction() as session:
        token = accounts.sign_in(
            session,
            username=username,
            password=password,
            address=access.client_address(),
            agent=request.user_agent.string,
        )
        who = accounts.actor_for_token(session, token) if token else None
        awaits_code = token is not None and second_factor.awaiting(session, token) is not None
        return token, who.roles if who else frozenset(), awaits_code


def _page(form: SignInForm, message: str = "") -> str:
    return render_template("auth/sign_in.html", form=form, message=message, next=wanted())


def wanted() -> str:
    """Return the local address to go to after sign-in; anything that could lead elsewhere is dropped."""
    address = request.values.get("next", "")
    local = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if local and address.isprintable() else ""


def destination(roles: frozenset[str]) -> str:
    """Return where a person goes after signing in: where they were heading, else to their work."""
    return wanted() or ("/office/" if roles & OFFICE else "/field/" if "enumerator" in roles else "/")
