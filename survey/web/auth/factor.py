"""The second factor: the code asked for after the password, and setting the generator up on the own account."""

from __future__ import annotations

import segno
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.model.actor import Actor
from survey.operations import accounts, second_factor
from survey.web import access, problems
from survey.web.auth import blueprint
from survey.web.auth.duties import needs_factor
from survey.web.auth.entrance import destination, wanted
from survey.web.auth.forms import CodeForm


@blueprint.get("/code", endpoint="code")
@access.public
def ask() -> Response | str:
    """Ask for a code after a right password; anybody else goes to the entrance."""
    if not _awaits():
        return redirect(url_for("auth.sign_in"))
    return render_template("auth/code.html", form=CodeForm(), message="", next=wanted())


@blueprint.post("/code", endpoint="pass_code")
@access.public
def pass_code() -> Response | str:
    """Let a person in whose code is right."""
    form, message, status, who = CodeForm(request.form), "", 400, None
    if not _awaits():
        return redirect(url_for("auth.sign_in"))
    if form.validate():
        try:
            who = _try(form.code.data or "")
            message = "" if who else problems.message(Problem("wrong-code"))
            status = 401
        except Problem as problem:
            message, status = problems.message(problem), problem.status
    if who is None:
        return make_response(render_template("auth/code.html", form=form, message=message, next=wanted()), status)
    return redirect(destination(who.roles))


@blueprint.get("/account/second-factor", endpoint="factor")
@access.signed_in
def show() -> str | Response:
    """Show the code to scan for a new generator, or how the present one stands."""
    return _page(CodeForm())


@blueprint.post("/account/second-factor", endpoint="confirm_factor")
@access.signed_in
def confirm() -> Response:
    """Put the generator in force with a first code and show the recovery codes, once."""
    form = CodeForm(request.form)
    if not form.validate():
        return make_response(_page(form), 400)
    try:
        with access.database().transaction() as session:
            codes = second_factor.confirm(session, access.actor(), form.code.data or "", key=access.config().secret_key)
    except Problem as problem:
        if problem.code != "wrong-code":
            raise
        form.code.errors = [problems.message(problem)]
        return make_response(_page(form), problem.status)
    return make_response(render_template("auth/recovery.html", codes=codes))


@blueprint.post("/account/second-factor/codes", endpoint="renew_codes")
@access.signed_in
def renew_codes() -> Response:
    """Make new recovery codes and show them, once."""
    with access.database().transaction() as session:
        codes = second_factor.renew_codes(session, access.actor())
    return make_response(render_template("auth/recovery.html", codes=codes))


@blueprint.post("/account/second-factor/off", endpoint="remove_factor")
@access.signed_in
def remove() -> Response:
    """Take the own second factor away, unless a role needs it."""
    who = access.actor()
    if needs_factor(who):
        raise Problem("second-factor-needed")
    with access.database().transaction() as session:
        second_factor.remove(session, who, who.account_id or 0)
    flash(_("The second factor is off. From now on the password alone opens your account."))
    return redirect(url_for("auth.account"))


def _awaits() -> bool:
    token = request.cookies.get(access.COOKIE, "")
    with access.database().reading() as session:
        return second_factor.awaiting(session, token) is not None


def _try(code: str) -> Actor | None:
    with access.database().transaction() as session:
        who = second_factor.pass_code(
            session,
            request.cookies.get(access.COOKIE, ""),
            code,
            key=access.config().secret_key,
            address=access.client_address(),
        )
        return None if who is None else who


def _page(form: CodeForm) -> str:
    who = access.actor()
    address = ""
    with access.database().transaction() as session:
        is_on = accounts.has_second_factor(session, who.account_id)
        left = second_factor.codes_left(session, who.account_id or 0)
        if not is_on:
            address = second_factor.start(session, who, key=access.config().secret_key)
    return render_template(
        "auth/factor.html",
        form=form,
        is_on=is_on,
        codes_left=left,
        needed=needs_factor(who),
        picture=segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=3) if address else "",
        secret=address.partition("secret=")[2].partition("&")[0],
    )
