"""People: accounts, the roles they hold per round and area, their devices and sign-ins. For administrators."""

from __future__ import annotations

from typing import Any

import segno
from flask import Response as Download
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import format_datetime
from survey.model import Account
from survey.model.actor import ROLES as ROLE_CODES
from survey.model.base import utc_now
from survey.operations import account_links, accounts, devices, second_factor
from survey.query import people
from survey.query.people import Person
from survey.query.rounds import visible_rounds
from survey.query.sign_ins import live_sign_ins
from survey.reference import units
from survey.text import fold
from survey.web import access, problems
from survey.web.clients import client_name
from survey.web.office import blueprint
from survey.web.office.files import csv_response
from survey.web.office.forms import AccountForm, GrantForm, NewPasswordForm
from survey.web.office.words import ROLES, word


@blueprint.get("/system")
@access.roles("admin")
def system() -> str:
    """List the accounts."""
    with access.database().reading() as session:
        chosen = _chosen(people.people(session))
    return render_template(
        "office/system.html",
        people=chosen,
        roles=[(code, word(ROLES, code)) for code in ROLE_CODES],
        role_lines=role_lines,
    )


@blueprint.get("/system/accounts.csv", endpoint="accounts_csv")
@access.roles("admin")
def listed() -> Download:
    """Give the accounts as they are shown."""
    with access.database().reading() as session:
        chosen = _chosen(people.people(session))
    header = [
        _("Full name"), _("User name"), _("Email"), _("Roles"), _("State"), _("Second factor"), _("Created"),
        _("Last seen"),
    ]  # fmt: skip
    rows = (
        (
            person.name,
            person.username,
            person.email,
            "; ".join(role_lines(person)),
            _("Active") if person.state == "active" else _("Locked"),
            int(person.has_second_factor),
            format_datetime(person.created_at),
            format_datetime(person.seen_at) if person.seen_at else "",
        )
        for person in chosen
    )
    return csv_response("tai-khoan", header, rows)


@blueprint.get("/system/accounts/new")
@access.roles("admin")
def new_account() -> str:
    """Show the form of a new account."""
    return render_template("office/new_account.html", form=AccountForm(), message="")


@blueprint.post("/system/accounts/new")
@access.roles("admin")
def create_account() -> Response | str:
    """Create an account; it has no role until one is granted."""
    form = AccountForm(request.form)
    if not form.validate():
        return make_response(render_template("office/new_account.html", form=form, message=""), 400)
    try:
        with access.database().transaction() as session:
            created = accounts.create_account(
                session,
                access.actor(),
                username=form.username.data,
                name=form.name.data,
                email=form.email.data or None,
                password=None,
            )
            token = account_links.make_link(session, access.actor(), created.id)
    except Problem as problem:
        page = render_template("office/new_account.html", form=form, message=problems.message(problem))
        return make_response(page, problem.status)
    return _link_page(created, token, is_new=True)


@blueprint.post("/system/accounts/<int:account_id>/link", endpoint="account_link")
@access.roles("admin")
def make_link(account_id: int) -> Response:
    """Make a one-time link with which the person sets a new password, and show it once."""
    with access.database().transaction() as session:
        token = account_links.make_link(session, access.actor(), account_id)
        found = session.get_one(Account, account_id)
    return _link_page(found, token, is_new=False)


@blueprint.post("/system/accounts/<int:account_id>/security/<act>", endpoint="account_security")
@access.roles("admin")
def secure(account_id: int, act: str) -> Response:
    """Lift a lock-out, demand a new password, or take a lost second factor away."""
    who = access.actor()
    with access.database().transaction() as session:
        if act == "lift":
            accounts.lift_lockout(session, who, account_id)
            said = _("The lock-out was lifted. The person can try again now.")
        elif act == "demand":
            accounts.demand_new_password(session, who, account_id)
            said = _("The person has to set a new password at the next page.")
        elif act == "factor-off":
            second_factor.remove(session, who, account_id)
            said = _("The second factor was taken away. The person can set up a new one.")
        else:
            raise Problem("not-found")
    flash(said)
    return redirect(url_for("office.account", account_id=account_id))


@blueprint.post("/system/accounts/<int:account_id>/sign-ins/<int:sign_in_id>/end", endpoint="end_sign_in")
@access.roles("admin")
def end_sign_in(account_id: int, sign_in_id: int) -> Response:
    """Sign one browser or device of a person out."""
    with access.database().transaction() as session:
        since = utc_now() - accounts.SESSION_LIFE
        if sign_in_id not in {item.id for item in live_sign_ins(session, account_id, since=since)}:
            raise Problem("not-found")
        accounts.revoke_session(session, access.actor(), sign_in_id)
    flash(_("That device was signed out."))
    return redirect(url_for("office.account", account_id=account_id))


@blueprint.get("/system/accounts/<int:account_id>")
@access.roles("admin")
def account(account_id: int) -> str:
    """Show one account."""
    return _page(account_id, NewPasswordForm())


@blueprint.post("/system/accounts/<int:account_id>/grants")
@access.roles("admin")
def grant(account_id: int) -> Response:
    """Give a role, limited to a round and an area where chosen."""
    with access.database().transaction() as session:
        form = _grant_form(session, request.form)
        if people.person(session, account_id) is None or not form.validate():
            raise Problem("not-found")
        accounts.grant_role(
            session,
            access.actor(),
            account_id,
            form.role.data,
            round_id=int(form.round.data) if form.round.data else None,
            area_code=form.area.data or None,
        )
    flash(_("The role was given. It holds from the next page that the person opens."))
    return redirect(url_for("office.account", account_id=account_id))


@blueprint.post("/system/accounts/<int:account_id>/grants/<int:grant_id>/revoke")
@access.roles("admin")
def revoke(account_id: int, grant_id: int) -> Response:
    """Take a role away."""
    with access.database().transaction() as session:
        found = _person(session, account_id)
        if grant_id not in {role.id for role in found.roles}:
            raise Problem("not-found")
        accounts.revoke_role(session, access.actor(), grant_id)
    flash(_("The role was taken away. What the person did before stays on file."))
    return redirect(url_for("office.account", account_id=account_id))


@blueprint.post("/system/accounts/<int:account_id>/state")
@access.roles("admin")
def account_state(account_id: int) -> Response:
    """Lock or unlock an account; nobody locks the own one."""
    state = request.form.get("state", "")
    if account_id == access.actor().account_id:
        raise Problem("forbidden")
    with access.database().transaction() as session:
        accounts.set_state(session, access.actor(), account_id=account_id, state=state)
    locked = _("The account was locked. Its sign-ins and devices no longer work.")
    flash(locked if state == "locked" else _("The account was unlocked."))
    return redirect(url_for("office.account", account_id=account_id))


@blueprint.post("/system/accounts/<int:account_id>/password")
@access.roles("admin")
def new_password(account_id: int) -> Response | str:
    """Set a new password and end every sign-in of the account."""
    form = NewPasswordForm(request.form)
    if not form.validate():
        return make_response(_page(account_id, form), 400)
    try:
        with access.database().transaction() as session:
            accounts.change_password(
                session, access.actor(), account_id=account_id, current=None, new=form.password.data
            )
    except Problem as problem:
        form.password.errors = [problems.message(problem)]
        return make_response(_page(account_id, form), problem.status)
    flash(_("The password was changed. The person has to sign in again everywhere."))
    return redirect(url_for("office.account", account_id=account_id))


@blueprint.post("/system/accounts/<int:account_id>/devices/<int:device_id>/revoke")
@access.roles("admin")
def revoke_device(account_id: int, device_id: int) -> Response:
    """End the right of a device to download work and to send."""
    with access.database().transaction() as session:
        devices.revoke(session, access.actor(), device_id)
    flash(_("The device was revoked. What it already sent stays on file."))
    return redirect(url_for("office.account", account_id=account_id))


def role_words(role: people.HeldRole) -> str:
    """Return a held role in words: what, in which round, in which area."""
    parts = [word(ROLES, role.role)]
    if role.round_code:
        parts.append(role.round_code)
    if role.area_code:
        parts.append(_area_name(role.area_code))
    return " · ".join(parts)


def role_lines(person: Person) -> list[str]:
    """Return a person's roles, the areas of a role in a round on one line; no area where the role holds everywhere."""
    areas: dict[tuple[str, str], list[str]] = {}
    for held in person.roles:
        areas.setdefault((held.role, held.round_code), []).append(held.area_code)
    lines = []
    for (role, code), held_in in areas.items():
        places = "" if "" in held_in else ", ".join(map(_area_name, held_in))
        lines.append(" · ".join(part for part in (word(ROLES, role), code, places) if part))
    return lines


def _chosen(found: list[Person]) -> list[Person]:
    """Return the people that the filters in the address leave."""
    text, role = fold(request.args.get("q", "").strip()), request.args.get("role", "")
    return [
        p
        for p in found
        if (not text or text in fold(f"{p.name} {p.username}")) and (not role or role in {r.role for r in p.roles})
    ]


def _link_page(account: Account, token: str, *, is_new: bool) -> Response:
    """Show a one-time link, once."""
    root = access.config().public_address or request.url_root
    address = root.rstrip("/") + url_for("auth.welcome", token=token)
    picture = segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=2)
    days = account_links.LIFE.days
    return make_response(
        render_template(
            "office/account_link.html", account=account, address=address, picture=picture, days=days, is_new=is_new
        )
    )


def _area_name(code: str) -> str:
    unit = units.district(code) if len(code) == 3 else units.old_commune(code)
    return unit.name


def _person(session: Session, account_id: int) -> Person:
    found = people.person(session, account_id)
    if found is None:
        raise Problem("not-found")
    return found


def _grant_form(session: Session, data: Any = None) -> GrantForm:
    form = GrantForm(data)
    form.role.choices = [(code, word(ROLES, code)) for code in ROLE_CODES]
    rounds = visible_rounds(session, access.actor(), "admin")
    form.round.choices = [("", _("Every round")), *((str(r.id), f"{r.code} – {r.title}") for r in rounds)]
    districts = units.in_name_order(units.districts())
    form.area.choices = [("", _("The whole territory")), *((d.code, d.name) for d in districts)]
    return form


def _page(account_id: int, password: NewPasswordForm) -> str:
    with access.database().reading() as session:
        found = _person(session, account_id)
        sign_ins = live_sign_ins(session, account_id, since=utc_now() - accounts.SESSION_LIFE)
        enrolled = people.devices(session, account_id)
        failures = accounts.failures(session, found.username)
        form = _grant_form(session)
    return render_template(
        "office/account.html",
        person=found,
        sign_ins=sign_ins,
        devices=enrolled,
        failures=failures,
        is_locked_out=failures >= accounts.ATTEMPT_LIMIT,
        client_name=client_name,
        form=form,
        password=password,
        role_word=role_words,
        is_self=account_id == access.actor().account_id,
    )
