"""Sample draws of a round: planned with a preview, drawn and frozen, drawn again to verify, listed and printed."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response as Download
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.model import SampleDraw
from survey.operations import audit, draw_plans, planning
from survey.operations.draw_plans import DrawPlan, StratumPreview
from survey.operations.planning import FRAME_KINDS
from survey.query import draws as reads
from survey.query import rounds as rounds_query
from survey.text import parse_decimal
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import READERS, Desk, desk, may
from survey.web.office.files import csv_response
from survey.web.office.rounds import method_words
from survey.web.office.words import IDENTITY, KINDS, word

_LARGEST_SEED = 2**31 - 1
_DEFAULTS = {"area": (2, 0.7), "enterprise": (5, 0.7)}


@blueprint.get("/rounds/<code>/draws")
@access.roles(*READERS)
def draws(code: str) -> str:
    """List the draws of a round and what can still be drawn."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        made = rounds_query.draws(session, here.round.id)
        counts = rounds_query.frame_counts(session, here.round.id)
    drawn = {draw.kind for draw in made}
    return render_template(
        "office/draws.html",
        desk=here,
        round=here.round,
        draws=made,
        open_kinds=[(kind, word(KINDS, kind)) for kind in FRAME_KINDS if counts.get(kind) and kind not in drawn],
        kind_word=lambda kind: word(KINDS, kind),
        method_words=method_words,
        may_draw=may("statistician", round_id=here.round.id),
    )


@blueprint.get("/rounds/<code>/draws/new-<kind>")
@access.roles("statistician")
def plan_draw(code: str, kind: str) -> Response | str:
    """Plan a draw; with a number in the address, show what the plan takes from each stratum."""
    try:
        plan, asked = _plan(kind, request.args), "n" in request.args or kind == "institution"
        return _plan_page(code, plan, asked=asked)
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        return make_response(_plan_page(code, _unreadable(kind), message=problems.message(problem)), problem.status)


@blueprint.post("/rounds/<code>/draws/new-<kind>")
@access.roles("statistician")
def make_draw(code: str, kind: str) -> Response | str:
    """Draw and freeze a sample."""
    seed = request.form.get("seed", "", str).strip()
    try:
        plan = _plan(kind, request.form)
        if not seed.isdecimal() or int(seed) > _LARGEST_SEED:
            raise Problem("bad-value", name=_("Seed"), value=seed, expected=f"0 … {_LARGEST_SEED}")
        with access.database().transaction() as session:
            here = desk(session, code, "statistician")
            made = draw_plans.make(session, access.actor(), here.round.id, plan, seed=int(seed))
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        return make_response(_plan_page(code, _unreadable(kind), message=problems.message(problem)), problem.status)
    flash(_("The sample was drawn and frozen."))
    return redirect(url_for("office.draw_list", code=code, draw_id=made.id))


@blueprint.post("/rounds/<code>/draws/<int:draw_id>/verify")
@access.roles(*READERS)
def verify_draw(code: str, draw_id: int) -> Response:
    """Draw a sample again from the frame and say whether the result is the stored one."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        draw = _draw(session, here, draw_id)
        same = planning.verify_draw(session, draw.id)
    if same:
        flash(_("Drawn again: the result is the same, byte for byte (%(digest)s).", digest=draw.digest[:16]))
    else:
        flash(
            _("Drawn again: the result is NOT the stored one. Frame or draw were changed outside the system."), "wrong"
        )
    return redirect(url_for("office.draws", code=code))


@blueprint.get("/rounds/<code>/draws/<int:draw_id>")
@access.roles(*READERS)
def draw_list(code: str, draw_id: int) -> str:
    """List the units of a draw, without names."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        draw = _draw(session, here, draw_id)
        page = reads.drawn_units(session, draw_id, here.communes, page=request.args.get("page", 1, int))
    return _list_page(here, draw, page)


@blueprint.post("/rounds/<code>/draws/<int:draw_id>/names")
@access.roles("supervisor")
def draw_names(code: str, draw_id: int) -> Response:
    """List the units of a draw with names and addresses, for printing; the reading is recorded."""
    with access.database().transaction() as session:
        here = desk(session, code, "supervisor")
        draw = _draw(session, here, draw_id)
        number = request.form.get("part", 1, int)
        page = reads.drawn_units(session, draw_id, here.communes, page=number, named=True)
        audit.record(session, access.actor(), "identity.read", "sample_draw", draw_id, units=len(page.rows))
    return make_response(_list_page(here, draw, page, named=True))


@blueprint.get("/rounds/<code>/draws/<int:draw_id>.csv")
@access.roles(*READERS)
def draw_csv(code: str, draw_id: int) -> Download:
    """Give the units of a draw as CSV, without names."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        draw = _draw(session, here, draw_id)
        rows = list(reads.every_drawn_unit(session, draw_id, here.communes))
    header = [
        _("Position"), _("Code"), _("Commune code"), _("Commune"), _("Present commune"), _("Stratum"),
        _("Primary sampling unit"), _("Inclusion probability"), _("Design weight"), _("Certain"),
    ]  # fmt: skip
    lines = (
        (
            unit.position,
            unit.code,
            unit.commune.code,
            unit.commune.name,
            unit.present,
            unit.stratum,
            unit.psu,
            repr(unit.probability),
            repr(unit.weight),
            int(unit.is_certainty),
        )
        for unit in rows
    )
    return csv_response(f"mau-{draw.kind}-{code}", header, lines)


def _draw(session: Any, here: Desk, draw_id: int) -> SampleDraw:
    found = reads.draw_of(session, here.round.id, draw_id)
    if found is None:
        raise Problem("not-found")
    return found


def _plan(kind: str, given: Any) -> DrawPlan:
    """Return the plan that an address or a form describes."""
    if kind not in FRAME_KINDS:
        raise Problem("not-found")
    minimum, exponent = _DEFAULTS.get(kind, (0, 0.7))
    written = given.get("exponent", "").strip()
    power = parse_decimal(written) if written else exponent
    if power is None or not 0 <= power <= 1:
        raise Problem("bad-value", name=_("Exponent"), value=written, expected="0 … 1")
    return DrawPlan(
        kind,
        n=_whole(_("Number"), given.get("n", ""), 0),
        minimum=_whole(_("Minimum in each stratum"), given.get("minimum", ""), minimum),
        exponent=float(power),
        take_all=tuple(given.getlist("take_all")),
        method=given.get("method", "systematic"),
    )


def _unreadable(kind: str) -> DrawPlan:
    return DrawPlan(kind, minimum=_DEFAULTS.get(kind, (0, 0.7))[0])


def _whole(name: str, text: str, default: int) -> int:
    written = text.strip().replace(".", "")
    if not written:
        return default
    if not written.isdecimal():
        raise Problem("bad-value", name=name, value=text, expected="0, 1, 2 …")
    return int(written)


def _plan_page(code: str, plan: DrawPlan, *, asked: bool = False, message: str = "") -> str:
    found: tuple[StratumPreview, ...] = ()
    with access.database().transaction() as session:
        here = desk(session, code, "statistician")
        strata = reads.strata(session, here.round.id, plan.kind)
        if asked:
            found = draw_plans.preview(session, access.actor(), here.round.id, plan)
    return render_template(
        "office/draw_plan.html",
        desk=here,
        round=here.round,
        plan=plan,
        strata=strata,
        preview=found,
        message=message,
        kind_word=word(KINDS, plan.kind),
        seed=request.values.get("seed") or secrets.randbelow(_LARGEST_SEED),
        given=request.values,
    )


def _list_page(here: Desk, draw: SampleDraw, page: Any, *, named: bool = False) -> str:
    return render_template(
        "office/draw_list.html",
        desk=here,
        round=here.round,
        draw=draw,
        page=page,
        named=named,
        kind_word=word(KINDS, draw.kind),
        name_word=lambda name: word(IDENTITY, name),
        may_name=may("supervisor", round_id=here.round.id),
    )
