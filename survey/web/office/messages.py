"""The schedule of e-mail to invited units: days, words with a preview, and the messages of the outbox."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.model import Round
from survey.operations import mail, mail_wording, reminders
from survey.operations.reminders import Step
from survey.query import outbox
from survey.query.drafts import deadline
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import desk
from survey.web.office.invitation_words import MAIL_KINDS, MAIL_STATES
from survey.web.office.invitations import OFFICE, sender
from survey.web.office.words import word


@blueprint.get("/rounds/<code>/messages", endpoint="messages")
@access.roles(*OFFICE)
def show(code: str) -> str:
    """Show the schedule, what each message says, and what became of those that were queued."""
    return _page(code)


@blueprint.post("/rounds/<code>/messages/<name>")
@access.roles(*OFFICE)
def change_message(code: str, name: str) -> Response:
    """Change day and words of one message, or show what they would look like."""
    typed = _typed(name)
    try:
        if request.form.get("action") == "preview":
            mail_wording.check(typed.wording)
            return make_response(_page(code, typed, open_preview=True))
        with access.database().transaction() as session:
            here = desk(session, code, *OFFICE)
            reminders.set_step(
                session,
                access.actor(),
                here.round.id,
                name,
                days_before=typed.days_before,
                is_active=typed.is_active,
                wording=typed.wording,
            )
    except Problem as problem:
        if problem.code not in {"bad-wording", "bad-value"}:
            raise
        return make_response(_page(code, typed, problems.message(problem)), problem.status)
    flash(_("The message was changed."))
    return redirect(url_for("office.messages", code=code) + f"#{name}", 303)


@blueprint.post("/rounds/<code>/messages/outbox/<int:number>")
@access.roles(*OFFICE)
def settle_message(code: str, number: int) -> Response:
    """Try a message again that was given up, or note that one came back."""
    with access.database().transaction() as session:
        here = desk(session, code, *OFFICE)
        if outbox.round_of(session, number) != here.round.id:
            raise Problem("not-found")
        if request.form.get("action") == "bounced":
            mail.mark_bounced(session, access.actor(), number, reason=_("Noted by the office"))
        else:
            mail.retry(session, access.actor(), number)
    return redirect(url_for("office.messages", code=code) + "#outbox", 303)


def _page(code: str, typed: Step | None = None, message: str = "", *, open_preview: bool = False) -> str:
    with access.database().reading() as session:
        here = desk(session, code, *OFFICE)
        steps = reminders.schedule(session, here.round.id)
        page = outbox.messages(session, here.round.id, here.communes, page=request.args.get("page", 1, int))
    steps = [typed if typed is not None and step.name == typed.name else step for step in steps]
    from_ = sender()
    return render_template(
        "office/messages.html",
        desk=here,
        round=here.round,
        steps=steps,
        typed=typed,
        message=message,
        open_preview=open_preview,
        previews={} if message else {step.name: _previews(here.round, step, from_) for step in steps},
        placeholders=mail_wording.PLACEHOLDERS,
        deadline=deadline(here.round),
        day_of=lambda step: reminders.day_of(here.round, step),
        page=page,
        mail_is_on=bool(access.config().smtp_host and access.config().mail_from),
        kind_word=lambda kind: word(MAIL_KINDS, kind.partition(".")[2]),
        state_word=lambda state: word(MAIL_STATES, state),
        step_word=lambda name: word(MAIL_KINDS, name),
    )


def _previews(survey_round: Round, step: Step, from_: reminders.Sender) -> dict[str, tuple[str, str]]:
    return {lang: reminders.preview(survey_round, step, from_, lang) for lang in mail_wording.LANGUAGES}


def _typed(name: str) -> Step:
    """Return a message as it was typed."""
    form = request.form
    wording = {
        lang: {part: form.get(f"{part}-{lang}", "").replace("\r\n", "\n") for part in ("subject", "body")}
        for lang in mail_wording.LANGUAGES
    }
    days = None if name == reminders.INVITATION else form.get("days_before", -1, int)
    return Step(name, days, name == reminders.INVITATION or "is_active" in form, wording)
