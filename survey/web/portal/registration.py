"""A unit that got no letter asks to be added to the survey; it learns nothing about the frame."""

from __future__ import annotations

from collections.abc import Sequence

from flask import make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import registration
from survey.operations.registration import Wish
from survey.operations.respondents import read_login
from survey.query.respondents import SELF_REPORTING
from survey.reference import units
from survey.web import access, problems
from survey.web.portal import blueprint

_FIELDS = ("kind", "login", "name", "commune", "address", "contact", "phone", "email")


@blueprint.get("/register")
@access.public
def register() -> str:
    """Show the form of a unit that asks to be added."""
    return _page({"kind": "enterprise"})


@blueprint.post("/register")
@access.public
def ask() -> Response | str:
    """Put the wish into the queue of the office and show its number."""
    given = {name: request.form.get(name, "") for name in _FIELDS}
    consents = request.form.get("consent") == "1"
    if wrong := _missing(given, consents=consents):
        return make_response(_page(given, wrong=wrong, consents=consents), 400)
    try:
        with access.database().transaction() as session:
            made = registration.ask(session, _wish(given, consents=consents), address=access.client_address())
    except Problem as problem:
        wrong = {"email" if problem.code == "bad-address" else "": problems.message(problem)}
        return make_response(_page(given, wrong=wrong, consents=consents), problem.status)
    doubtful = read_login(given["login"]).is_doubtful
    return render_template(
        "portal/registered.html", number=made.number, doubtful=doubtful, hotline=access.config().agency.hotline
    )


def _wish(given: dict[str, str], *, consents: bool) -> Wish:
    return Wish(
        kind=given["kind"],
        login=given["login"],
        name=given["name"],
        commune_code=given["commune"],
        address=given["address"],
        contact=given["contact"],
        phone=given["phone"],
        email=given["email"],
        consents=consents,
    )


def _missing(given: dict[str, str], *, consents: bool) -> dict[str, str]:
    """Return what is missing or cannot be, by field, in words."""
    login = read_login(given["login"])
    is_firm = given["kind"] == "enterprise"
    wrong = {
        "kind": "" if given["kind"] in SELF_REPORTING else _("Please choose one."),
        "login": "" if login.text and not (is_firm and login.kind == "unit") else _("10, 12 or 13 digits are needed."),
        "name": "" if given["name"].strip() else _("Please write the name."),
        "commune": "" if any(given["commune"] == c.code for c in units.old_communes()) else _("Please choose one."),
        "contact": "" if given["contact"].strip() else _("Please say whom we may call."),
        "consent": "" if consents else _("We may keep this request only if you agree."),
    }
    return {name: words for name, words in wrong.items() if words}


def _communes() -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """Return the old communes under the present unit that each belongs to, in the order of names."""
    present = units.in_name_order(units.present_units())
    return [(unit.name, [(old.code, old.name) for old in units.old_communes_of(unit.code)]) for unit in present]


def _page(given: dict[str, str], *, wrong: dict[str, str] | None = None, consents: bool = False) -> str:
    return render_template(
        "portal/register.html",
        given=given,
        wrong=wrong or {},
        consents=consents,
        communes=_communes(),
        hotline=access.config().agency.hotline,
    )
