"""Areas: who works where and how far each has come; giving areas to enumerators, in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey.errors import Problem
from survey.i18n import format_datetime
from survey.operations import assignments
from survey.query import people, worklist, workload
from survey.query.board import board
from survey.query.paging import Page, bounded
from survey.query.worklist import Area, Visit
from survey.text import fold
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.assignments import busy_tablets
from survey.web.office.desk import READERS, Desk, desk, may
from survey.web.office.files import csv_response
from survey.web.office.overview import counts
from survey.web.office.words import OUTCOMES, STATES, word

PAGE = 100


@blueprint.get("/rounds/<code>/fieldwork")
@access.roles(*READERS)
def fieldwork(code: str) -> str:
    """List the areas with who works there."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        found = _areas(session, here)
        staff = people.enumerators(session, here.round.id)
        tablets = busy_tablets(session, here)
    chosen = _chosen(found)
    number = bounded(request.args.get("page", 1, int), len(chosen), PAGE)
    page = Page(chosen[(number - 1) * PAGE : number * PAGE], number, len(chosen), PAGE)
    return render_template(
        "office/fieldwork.html",
        desk=here,
        round=here.round,
        page=page,
        staff=staff,
        tablets=tablets,
        all_areas=len(found),
        unassigned=sum(area.account_id is None for area in found),
        may_assign=may("supervisor", round_id=here.round.id),
    )


@blueprint.get("/rounds/<code>/areas.csv")
@access.roles(*READERS)
def areas_file(code: str) -> Response:
    """Return the listed areas as a file."""
    with access.database().reading() as session:
        here = desk(session, code, *READERS)
        found = _chosen(_areas(session, here))
    header = [_("Area"), _("Former commune"), _("Former district"), _("Enumerator"), _("Planned"), _("Approved")]
    header += [_("Waiting for review"), _("Returned"), _("Rejected"), _("Not yet")]
    rows = [[a.code, a.commune.name, a.district.name, a.enumerator, *counts(a.tally)] for a in found]
    return csv_response(f"dia-ban-{code}", header, rows)


@blueprint.get("/rounds/<code>/fieldwork/<int:sample_unit_id>")
@access.roles(*READERS)
def area(code: str, sample_unit_id: int) -> str:
    """Show the units of one area and where each stands, who holds it and who held it."""
    with access.database().reading() as session:
        here, found, visits = _visited(session, code, sample_unit_id)
        held = workload.held_by(session, sample_unit_id)
        tablets = busy_tablets(session, here)
        staff = people.enumerators(session, here.round.id)
    return render_template(
        "office/area.html",
        desk=here,
        round=here.round,
        area=found,
        visits=[(visit, word(OUTCOMES, visit.outcome) if visit.submission_id else "") for visit in visits],
        past=[each for each in held if each.until is not None],
        tablets=tablets,
        staff=staff,
        may_assign=may("supervisor", round_id=here.round.id),
        may_review=may("supervisor", "statistician", round_id=here.round.id),
    )


@blueprint.get("/rounds/<code>/fieldwork/<int:sample_unit_id>.csv")
@access.roles(*READERS)
def area_file(code: str, sample_unit_id: int) -> Response:
    """Return the units of one area as a file."""
    with access.database().reading() as session:
        _here, found, visits = _visited(session, code, sample_unit_id)
    header = [_("Unit"), _("Sample"), _("State"), _("Outcome"), _("Errors"), _("Last received")]
    return csv_response(f"dia-ban-{found.code}", header, [_visit_row(visit) for visit in visits])


def _visited(session: Session, code: str, sample_unit_id: int) -> tuple[Desk, Area, list[Visit]]:
    """Return an area within reach with its units; Problem not-found for any other."""
    here = desk(session, code, *READERS)
    found = worklist.areas(session, here.round.id, communes=here.communes, sample_unit_id=sample_unit_id)
    if not found:
        raise Problem("not-found")
    return here, found[0], worklist.visits(session, found[0])


def _visit_row(visit: Visit) -> list[object]:
    return [
        visit.code,
        _("main") if visit.role == "main" else _("reserve"),
        word(STATES, visit.state) if visit.state else _("Not yet"),
        word(OUTCOMES, visit.outcome) if visit.submission_id else "",
        visit.error_count,
        format_datetime(visit.updated_at) if visit.updated_at else "",
    ]


@blueprint.post("/rounds/<code>/fieldwork/assign")
@access.roles("supervisor")
def assign(code: str) -> AnyResponse:
    """Give the ticked areas to an enumerator, if all of them lie within the supervisor's reach."""
    wanted = sorted(set(request.form.getlist("area", int)))
    account_id = request.form.get("enumerator", type=int)
    if not wanted or account_id is None:
        flash(_("Tick the areas and choose an enumerator, then assign."), "caution")
        return _back(code)
    with access.database().transaction() as session:
        here = desk(session, code, "supervisor")
        within = {a.sample_unit_id for a in worklist.areas(session, here.round.id, communes=here.communes, tallies={})}
        staff = dict(people.enumerators(session, here.round.id))
        if not within.issuperset(wanted) or account_id not in staff:
            raise Problem("forbidden")
        assignments.assign(session, access.actor(), wanted, account_id=account_id)
    name = staff[account_id]
    flash(
        ngettext("%(num)s area was given to %(name)s.", "%(num)s areas were given to %(name)s.", len(wanted), name=name)
    )
    return _back(code)


def _areas(session: Session, here: Desk) -> list[Area]:
    tallies = board(session, here.round.id).tallies(here.communes)
    return worklist.areas(session, here.round.id, communes=here.communes, tallies=tallies)


def _back(code: str) -> AnyResponse:
    """Return to the list with the filters it had."""
    query = request.form.get("query", "")
    return redirect(url_for("office.fieldwork", code=code) + (f"?{query}" if query.isprintable() and query else ""))


def _chosen(areas: Sequence[Area]) -> list[Area]:
    """Keep the areas that fit the filters of the address."""
    district, text = request.args.get("district", ""), fold(request.args.get("q", "").strip())
    holder, standing = request.args.get("enumerator", ""), request.args.get("standing", "")
    return [
        a
        for a in areas
        if (not district or a.commune.district_code == district)
        and (not holder or (a.account_id is None if holder == "none" else str(a.account_id) == holder))
        and (not standing or _standing(a) == standing)
        and (not text or text in fold(f"{a.code} {a.commune.name} {a.enumerator}"))
    ]


def _standing(area: Area) -> str:
    """Return whether an area is untouched, under way or finished."""
    tally = area.tally
    if tally.due == tally.planned:
        return "untouched"
    return "finished" if tally.due == 0 and tally.returned == 0 else "under-way"
