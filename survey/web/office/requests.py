"""What respondents ask of the office in a round: to answer after the deadline, to be added to the frame."""

from __future__ import annotations

from datetime import date, datetime

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.model import Registration, Reopening
from survey.operations import audit, registration, reopening
from survey.query import drafts as drafts_query
from survey.query import requests as requests_query
from survey.reference import units
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import REVIEWERS, desk, may
from survey.web.office.words import KINDS, word

_DAY = "%d/%m/%Y"


@blueprint.get("/rounds/<code>/requests")
@access.roles(*REVIEWERS)
def requests(code: str) -> str:
    """Show the requests of a round, those that wait first; reading names is recorded."""
    state = request.args.get("state", "")
    state = state if state in requests_query.STATES else ""
    with access.database().transaction() as session:
        here = desk(session, code, *REVIEWERS)
        late_page = request.args.get("late", 1, type=int)
        new_page = request.args.get("page", 1, type=int)
        late = requests_query.reopenings(session, here.round.id, here.communes, state=state, page=late_page)
        new = requests_query.registrations(session, here.round.id, here.communes, state=state, page=new_page)
        if late.total or new.total:
            shown = len(late.rows) + len(new.rows)
            audit.record(session, access.actor(), "requests.read", "round", here.round.id, shown=shown)
    return render_template(
        "office/requests.html",
        desk=here,
        round=here.round,
        late=late,
        new=new,
        state=state,
        kind_word=lambda kind: word(KINDS, kind),
        place_of=_place_of,
        deadline=drafts_query.deadline(here.round),
        may_register=may("statistician", round_id=here.round.id),
    )


@blueprint.post("/rounds/<code>/requests/late/<int:request_id>")
@access.roles(*REVIEWERS)
def decide_late(code: str, request_id: int) -> Response:
    """Grant or refuse a request to answer after the deadline."""
    grants, remark = request.form.get("act") == "grant", request.form.get("remark", "")
    try:
        with access.database().transaction() as session:
            here = desk(session, code, *REVIEWERS)
            _in_round(session.get(Reopening, request_id), here.round.id)
            if grants:
                reopening.grant(session, access.actor(), request_id, until=_day(), remark=remark)
            else:
                reopening.refuse(session, access.actor(), request_id, remark=remark)
    except Problem as problem:
        return _again(code, problem)
    flash(_("The unit may answer until %(date)s.", date=f"{_day():{_DAY}}") if grants else _("The request is refused."))
    return redirect(url_for("office.requests", code=code), 303)


@blueprint.post("/rounds/<code>/requests/new/<int:request_id>")
@access.roles("statistician")
def decide_new(code: str, request_id: int) -> Response:
    """Take a unit up beside the frame, or refuse with a reason."""
    remark = request.form.get("remark", "")
    accepts = request.form.get("act") == "accept"
    try:
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            _in_round(session.get(Registration, request_id), here.round.id)
            if accepts:
                registration.accept(session, access.actor(), request_id, remark=remark)
            else:
                registration.refuse(session, access.actor(), request_id, remark=remark)
    except Problem as problem:
        return _again(code, problem)
    words = _("The unit is noted beside the frame. It is in no sample and has no weight.")
    flash(words if accepts else _("The request is refused."))
    return redirect(url_for("office.requests", code=code), 303)


def _again(code: str, problem: Problem) -> Response:
    """Show the list again with what is wrong; what must not be known stays an error page."""
    if problem.code in {"forbidden", "not-found"}:
        raise problem
    flash(problems.message(problem), "wrong")
    return redirect(url_for("office.requests", code=code), 303)


def _in_round(request: Reopening | Registration | None, round_id: int) -> None:
    """Refuse a request of another round."""
    if request is None or request.round_id != round_id:
        raise Problem("not-found")


def _day() -> date:
    """Return the day that was typed; Problem bad-value for anything else."""
    typed = request.form.get("until", "").strip()
    try:
        return datetime.strptime(typed, _DAY).date()
    except ValueError:
        raise Problem("bad-value", name="until", value=typed, expected="31/12/2026") from None


def _place_of(commune_code: str) -> str:
    """Return the old commune and the present unit that it belongs to."""
    return f"{units.old_commune(commune_code).name} ({units.present_unit_of(commune_code).name})"
