"""Survey rounds: the list, one round with its forms, frames and draws, a new one, and its state."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.operations import planning
from survey.query import rounds as rounds_query
from survey.query.rounds import Draw
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import READERS, desk, may
from survey.web.office.forms import RoundForm
from survey.web.office.words import KINDS, word

NEXT_STATES = {
    "draft": ("open",),
    "open": ("paused", "closed"),
    "paused": ("open", "closed"),
    "closed": ("open", "archived"),
    "archived": (),
}
"""Where a round may go from each state."""


@blueprint.get("/rounds")
@access.roles(*READERS)
def rounds() -> str:
    """List the rounds in sight."""
    with access.database().reading() as session:
        found = rounds_query.visible_rounds(session, access.actor(), *READERS)
    return render_template("office/rounds.html", rounds=found, may_create=may("admin"))


@blueprint.get("/rounds/new")
@access.roles("admin")
def new_round() -> str:
    """Show the form of a new round."""
    return render_template("office/new_round.html", form=RoundForm(), message="")


@blueprint.post("/rounds/new")
@access.roles("admin")
def create_round() -> Response | str:
    """Create a round in preparation."""
    form = RoundForm(request.form)
    if not form.validate():
        return make_response(render_template("office/new_round.html", form=form, message=""), 400)
    try:
        with access.database().transaction() as session:
            created = planning.create_round(
                session,
                access.actor(),
                code=form.code.data,
                title=form.title.data,
                reference_date=form.reference_date.data,
                starts_on=form.starts_on.data,
                ends_on=form.ends_on.data,
                legal_basis=form.legal_basis.data or "",
            )
    except Problem as problem:
        page = render_template("office/new_round.html", form=form, message=problems.message(problem))
        return make_response(page, problem.status)
    flash(_("The round %(code)s was created. Next: its forms, its frame and its sample.", code=created.code))
    return redirect(url_for("office.round_page", code=created.code))


@blueprint.get("/rounds/<code>", endpoint="round_page")
@access.roles(*READERS)
def show(code: str) -> str:
    """Show one round."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        forms = rounds_query.used_forms(session, here.round.id)
        frames = rounds_query.frame_counts(session, here.round.id)
        draws = rounds_query.draws(session, here.round.id)
    return render_template(
        "office/round.html",
        desk=here,
        round=here.round,
        forms=forms,
        frames=[(kind, word(KINDS, kind), frames[kind]) for kind in KINDS if kind in frames],
        draws=draws,
        kind_word=lambda kind: word(KINDS, kind),
        method_words=method_words,
        next_states=NEXT_STATES.get(here.round.state, ()) if may("statistician", round_id=here.round.id) else (),
    )


def method_words(draw: Draw) -> str:
    """Return how a sample was drawn, in words."""
    method = draw.method
    said: dict[str, str] = {
        "area": _("stratified, systematic with probability proportional to size, %(n)s areas", n=method.get("n", "–")),
        "household": _("%(n)s households in each area, systematic", n=method.get("per_area", "–")),
        "enterprise": _(
            "stratified by sector and size, %(n)s enterprises, the largest all taken", n=method.get("n", "–")
        ),
        "institution": _("all institutions of the frame"),
    }
    return said.get(draw.kind, "")


@blueprint.post("/rounds/<code>/state")
@access.roles("statistician")
def change_state(code: str) -> Response:
    """Open, pause, close or archive a round."""
    wanted = request.form.get("state", "")
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        if wanted not in NEXT_STATES.get(here.round.state, ()):
            raise Problem("bad-value", name="state", value=wanted, expected=", ".join(NEXT_STATES[here.round.state]))
        planning.set_round_state(session, access.actor(), here.round.id, wanted)
    flash(_("The state of the round was changed."))
    return redirect(url_for("office.round_page", code=code))
