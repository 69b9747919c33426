"""The one-time link: its person sets a password and is signed in. A spent link says so and nothing else."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import account_links, accounts
from survey.web import access, problems
from survey.web.auth import blueprint
from survey.web.auth.entrance import destination
from survey.web.auth.forms import FirstPasswordForm


@blueprint.get("/welcome/<token>", endpoint="welcome")
@access.public
def show(token: str) -> str:
    """Ask the person of a link for a password."""
    return _page(token, FirstPasswordForm())


@blueprint.post("/welcome/<token>", endpoint="set_first_password")
@access.public
def set_password(token: str) -> Response | str:
    """Set the password, spend the link, and sign the person in; a second factor is still asked for."""
    form = FirstPasswordForm(request.form)
    if not form.validate():
        return make_response(_page(token, form), 400)
    password = form.new.data or ""
    try:
        with access.database().transaction() as session:
            account = account_links.use_link(session, token, password=password, address=access.client_address())
            opened = accounts.sign_in(
                session,
                username=account.username,
                password=password,
                address=access.client_address(),
                agent=request.user_agent.string,
            )
            who = accounts.actor_for_token(session, opened) if opened else None
    except Problem as problem:
        if problem.code != "weak-password":
            raise
        form.new.errors = [problems.message(problem)]
        return make_response(_page(token, form), problem.status)
    flash(_("Your password is set. Use it with your user name from now on."))
    onward = destination(who.roles) if who is not None else url_for("auth.code")
    response = make_response(redirect(onward))
    return access.remember(response, opened) if opened else response


def _page(token: str, form: FirstPasswordForm) -> str:
    with access.database().reading() as session:
        account = account_links.account_of(session, token)
    return render_template("auth/welcome.html", account=account, form=form, token=token)
