"""One's own account: where one is signed in, one's devices, and one's password."""

from __future__ import annotations

from flask import flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.model import Account
from survey.model.base import utc_now
from survey.operations import accounts, devices
from survey.query import devices as device_reads
from survey.query.sign_ins import live_sign_ins
from survey.web import access, problems
from survey.web.auth import blueprint
from survey.web.auth.duties import duty_of
from survey.web.auth.forms import PasswordForm
from survey.web.clients import client_name


@blueprint.get("/account", endpoint="account")
@access.signed_in
def show() -> str:
    """Show one's own account."""
    return _page(PasswordForm())


@blueprint.post("/account/password")
@access.signed_in
def change_password() -> Response | str:
    """Change one's password; every other session ends and this one gets a new token."""
    form = PasswordForm(request.form)
    if not form.validate():
        return make_response(_page(form), 400)
    try:
        token = _change(form.current.data or "", form.new.data or "")
    except Problem as problem:
        item = form.current if problem.code == "wrong-password" else form.new
        item.errors = [*item.errors, problems.message(problem)]
        return make_response(_page(form), problem.status)
    flash(_("Your password was changed. You were signed out everywhere else."))
    response = make_response(redirect(url_for("auth.account")))
    return access.remember(response, token)


@blueprint.post("/account/sign-ins/<int:sign_in_id>/end")
@access.signed_in
def end_sign_in(sign_in_id: int) -> Response:
    """Sign out another browser or device of one's own."""
    with access.database().transaction() as session:
        accounts.revoke_session(session, access.actor(), sign_in_id)
    flash(_("That device was signed out."))
    return redirect(url_for("auth.account"))


@blueprint.post("/account/devices/<int:device_id>/revoke", endpoint="revoke_own_device")
@access.signed_in
def revoke_device(device_id: int) -> Response:
    """End the right of an own device to download work and to send."""
    with access.database().transaction() as session:
        if device_id not in {line.id for line in device_reads.devices(session, account_id=access.actor().account_id)}:
            raise Problem("not-found")
        devices.revoke(session, access.actor(), device_id)
    flash(_("The device was revoked. What it already sent stays on file."))
    return redirect(url_for("auth.account"))


def _change(current: str, new: str) -> str:
    """Change the password and open a fresh session for this browser."""
    who = access.actor()
    with access.database().transaction() as session:
        account = session.get_one(Account, who.account_id)
        accounts.change_password(session, who, account_id=account.id, current=current, new=new)
        return accounts.open_session(session, access.client_address(), request.user_agent.string, account_id=account.id)


def _page(form: PasswordForm) -> str:
    who = access.actor()
    with access.database().reading() as session:
        account = session.get_one(Account, who.account_id)
        since = utc_now() - accounts.SESSION_LIFE
        sign_ins = live_sign_ins(session, account.id, since=since, token=g.get("token", ""))
        own_devices = device_reads.devices(session, account_id=account.id)
    return render_template(
        "auth/account.html",
        account=account,
        sign_ins=sign_ins,
        devices=own_devices,
        client_name=client_name,
        form=form,
        duty=duty_of(who),
        has_factor=who.has_second_factor,
    )
