"""Correcting answers in the office: the questions asked in a record as fields, each change with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import current_locale
from survey.model.base import utc_now
from survey.operations import corrections, forms, identity
from survey.query.review import Record
from survey.questionnaire.evaluate import evaluate
from survey.questionnaire.instrument import Instrument
from survey.text import clean
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.answer_fields import PREFIX, Part, parts, typed
from survey.web.office.desk import REVIEWERS, Desk, desk
from survey.web.office.record import record_of

_REASON = "reason:"
_EXPECTED = frozenset({"remark-needed", "stale-revision", "not-reviewable", "no-change", "not-correctable"})


@dataclass(frozen=True, slots=True)
class _Work:
    desk: Desk
    record: Record
    instrument: Instrument


@blueprint.get("/rounds/<code>/review/<submission_id>/correct")
@access.roles(*REVIEWERS)
def correct(code: str, submission_id: str) -> str:
    """Show the answers of a record as fields."""
    with access.database().reading() as session:
        work = _work(session, code, submission_id)
    return _page(work)


@blueprint.post("/rounds/<code>/review/<submission_id>/correct")
@access.roles(*REVIEWERS)
def save_correction(code: str, submission_id: str) -> Response:
    """Write the changed answers as a new version; on a failure show the page again with what was typed."""
    try:
        with access.database().transaction() as session:
            work = _work(session, code, submission_id)
            changes = _changes(work)
            corrections.correct(
                session,
                access.actor(),
                submission_id,
                changes=changes,
                reasons=_reasons(changes),
                expected_revision=request.form.get("revision", 0, int),
            )
    except Problem as problem:
        if problem.code not in _EXPECTED:
            raise
        with access.database().reading() as session:
            again = _work(session, code, submission_id)
        return make_response(_page(again, problems.message(problem)), problem.status)
    flash(_("%(count)s answers were corrected. The new version waits for review.", count=len(changes)))
    return redirect(url_for("office.record", code=code, submission_id=submission_id))


def _work(session: Session, code: str, submission_id: str) -> _Work:
    here = desk(session, code, *REVIEWERS)
    found = record_of(session, here, submission_id)
    return _Work(here, found, forms.instrument_of(session, found.newest.form_version_id))


def _changes(work: _Work) -> dict[str, str]:
    """Return the answers that differ from the present version."""
    sent = typed(work.instrument, request.form, [name for name in request.form if name.startswith(PREFIX)])
    present = work.record.newest.answers
    return {path: value for path, value in sent.items() if value != corrections.at(present, path)}


def _reasons(changes: dict[str, str]) -> dict[str, str]:
    """Return the reason at each change, the general one where an answer has none of its own."""
    general = clean(request.form.get("reason", ""))
    return {path: clean(request.form.get(_REASON + path, "")) or general for path in changes}


def _page(work: _Work, message: str = "") -> str:
    version = work.record.newest
    answers = identity.merge(version.answers, _changes(work)) if request.method == "POST" else version.answers
    language = current_locale()
    findings = {each["path"]: each["message"].get(language, each["code"]) for each in version.findings}
    evaluation = evaluate(work.instrument, answers, now=utc_now())
    shown: list[Part] = parts(evaluation, language=language, wanted=corrections.may_correct, messages=findings)
    return render_template(
        "office/correct.html",
        desk=work.desk,
        round=work.desk.round,
        head=work.record.head,
        parts=shown,
        typed=request.form,
        message=message,
    )
