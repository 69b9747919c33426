"""What a person has to do before anything else: set an own password, set up the second factor that the role needs."""

from __future__ import annotations

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.model.actor import Actor
from survey.web import access
from survey.web.auth import blueprint

_FREE = frozenset({"static", "assets.asset"})


def needs_factor(who: Actor) -> bool:
    """Tell whether one of a person's roles needs a second factor here (setting SECOND_FACTOR_ROLES)."""
    return bool(who.roles & frozenset(access.config().second_factor_roles.replace(",", " ").split()))


def duty_of(who: Actor) -> str:
    """Return what a person has to do first: password, factor, or nothing."""
    if who.kind != "account":
        return ""
    if who.must_change_password:
        return "password"
    return "factor" if needs_factor(who) and not who.has_second_factor else ""


@blueprint.before_app_request
def _first_things_first() -> Response | None:
    """Send a person with a duty to the own account; only the pages of sign-in and account stay open."""
    if request.blueprint == "auth" or request.endpoint in _FREE:
        return None
    duty = duty_of(access.actor())
    if not duty:
        return None
    if request.method != "GET":
        raise Problem("forbidden")
    return redirect(url_for("auth.factor" if duty == "factor" else "auth.account"))
