"""Assignments: who works where on a map, areas one by one, and an even share that is proposed before it is applied."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey.errors import Problem
from survey.i18n import format_number
from survey.operations import assignments as acts
from survey.operations.assignment_proposal import SCOPES, Terms, propose, standing
from survey.operations.balancing import Share
from survey.query import worklist, workload
from survey.query.board import board
from survey.query.paging import Page, bounded
from survey.query.progress import given_name_order
from survey.query.unsent import Holding, holdings
from survey.query.worklist import Area
from survey.query.workload import Worker, left
from survey.text import fold
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.assignment_map import Line, before_and_after, picture
from survey.web.office.desk import READERS, Desk, desk, may
from survey.web.office.files import csv_response

PAGE = 60


@dataclass(frozen=True, slots=True)
class Group:
    """The listed areas of one holder; no worker stands for the areas that nobody holds."""

    worker: Worker | None
    areas: Sequence[Area]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every page here reads: all areas of the round, its enumerators, and what tablets hold."""

    here: Desk
    areas: Sequence[Area]
    workers: Sequence[Worker]
    tablets: Mapping[int, tuple[int, int]]

    @property
    def reached(self) -> list[Area]:
        """Return the areas within the actor's reach."""
        communes = self.here.communes
        return [area for area in self.areas if communes is None or area.commune.code in communes]


@blueprint.get("/rounds/<code>/assignments")
@access.roles(*READERS)
def assignments(code: str) -> str:
    """Show who works where, and the areas by their holders."""
    with access.database().reading() as session:
        ground = _ground(session, code, *READERS)
    reached, lines = ground.reached, _lines(ground)
    listed = _listed(reached)
    number = bounded(request.args.get("page", 1, int), len(listed), PAGE)
    shown = listed[(number - 1) * PAGE : number * PAGE]
    offered = _offered(ground, shown)
    return render_template(
        "office/assignments.html",
        desk=ground.here,
        round=ground.here.round,
        lines=lines,
        open_areas=[area for area in reached if area.account_id is None],
        picture=picture(reached, lines),
        page=Page(shown, number, len(listed), PAGE),
        groups=_groups(shown, offered),
        offered=offered,
        tablets=ground.tablets,
        left=left,
        all_areas=len(reached),
        scopes=_scope_words(),
        taking={line.worker.account_id for line in lines if line.share.areas} or _everybody(ground),
        may_assign=may("supervisor", round_id=ground.here.round.id),
    )


@blueprint.get("/rounds/<code>/assignments.csv")
@access.roles(*READERS)
def assignments_file(code: str) -> Response:
    """Return who works where as a file."""
    with access.database().reading() as session:
        ground = _ground(session, code, *READERS)
    header = [_("Enumerator"), _("Areas"), _("Interviews left"), _("Mean distance (km)")]
    header += [_("Finished, not sent"), _("Unfinished")]
    rows = (
        [x.worker.name, x.share.areas, int(x.share.interviews), format_number(x.share.kilometres, 1), *x.holding]
        for x in _lines(ground)
    )
    return csv_response(f"phan-cong-{code}", header, rows)


@blueprint.post("/rounds/<code>/assignments")
@access.roles("supervisor")
def assign_each(code: str) -> AnyResponse:
    """Give each listed area to the person chosen for it; one that somebody else changed meanwhile is left alone."""
    with access.database().transaction() as session:
        ground = _ground(session, code, "supervisor")
        present = {area.sample_unit_id: area.account_id for area in ground.reached}
        wanted, changed = _choices(present, _everybody(ground))
        acts.assign_each(session, access.actor(), wanted)
    if wanted:
        flash(ngettext("%(num)s assignment was changed.", "%(num)s assignments were changed.", len(wanted)))
    elif not changed:
        flash(_("Nothing was changed: choose another enumerator for an area first."), "caution")
    if changed:
        words = ngettext(
            "%(num)s area was left alone because somebody else changed it meanwhile.",
            "%(num)s areas were left alone because somebody else changed them meanwhile.",
            changed,
        )
        flash(words, "caution")
    query = request.form.get("query", "")
    return redirect(url_for("office.assignments", code=code) + (f"?{query}" if query.isprintable() and query else ""))


@blueprint.get("/rounds/<code>/assignments/proposal")
@access.roles("supervisor")
def proposal(code: str) -> str:
    """Show an even share of the areas before anything is changed."""
    with access.database().reading() as session:
        ground = _ground(session, code, "supervisor")
    terms = _terms(ground)
    found = propose(ground.areas, ground.workers, terms)
    return render_template(
        "office/assign_proposal.html",
        desk=ground.here,
        round=ground.here.round,
        proposal=found,
        scope=dict(_scope_words())[terms.scope],
        before=_summary([line.before for line in found.lines]),
        after=_summary([line.after for line in found.lines]),
        pictures=before_and_after(ground.reached, found),
        left=left,
        holder=lambda area: _name_of(ground.workers, area),
    )


@blueprint.post("/rounds/<code>/assignments/proposal")
@access.roles("supervisor")
def apply_proposal(code: str) -> AnyResponse:
    """Apply the proposal that was shown, unless the round has changed since."""
    with access.database().transaction() as session:
        ground = _ground(session, code, "supervisor")
        found = propose(ground.areas, ground.workers, _terms(ground))
        if found.digest != request.form.get("digest", ""):
            flash(_("Areas or people have changed since. Please look at the new proposal."), "caution")
            return redirect(f"{url_for('office.proposal', code=code)}?{request.query_string.decode()}")
        acts.assign_each(session, access.actor(), found.wanted)
    flash(ngettext("%(num)s assignment was changed.", "%(num)s assignments were changed.", len(found.moves)))
    return redirect(url_for("office.assignments", code=code))


def busy_tablets(session: Session, here: Desk) -> dict[int, tuple[int, int]]:
    """Return (finished and not sent, unfinished) on the tablets of each enumerator, by account."""
    return _summed(holdings(session, here.round.id, here.communes))


def _ground(session: Session, code: str, *roles: str) -> _Ground:
    here = desk(session, code, *roles)
    tallies = board(session, here.round.id).tallies()
    return _Ground(
        here=here,
        areas=worklist.areas(session, here.round.id, tallies=tallies),
        workers=workload.workers(session, here.round.id),
        tablets=_summed(holdings(session, here.round.id)),
    )


def _summed(found: Sequence[Holding]) -> dict[int, tuple[int, int]]:
    sums: dict[int, tuple[int, int]] = {}
    for each in found:
        unsent, drafts = sums.get(each.account_id, (0, 0))
        sums[each.account_id] = unsent + each.unsent, drafts + each.drafts
    return sums


def _lines(ground: _Ground) -> list[Line]:
    """Return the people who hold areas within reach, and those who could, numbered as on the map."""
    found = standing(ground.reached, ground.workers)
    shown = [(worker, share) for worker, share in found if share.areas or _reaches(worker, ground.here)]
    return [Line(n, w, s, ground.tablets.get(w.account_id, (0, 0))) for n, (w, s) in enumerate(shown, start=1)]


def _reaches(worker: Worker, here: Desk) -> bool:
    return worker.communes is None or here.communes is None or bool(worker.communes & here.communes)


def _everybody(ground: _Ground) -> set[int]:
    return {worker.account_id for worker in ground.workers}


def _listed(areas: Sequence[Area]) -> list[Area]:
    """Return the areas that fit the filters of the address, by holder, those that nobody holds first."""
    district, text = request.args.get("district", ""), fold(request.args.get("q", "").strip())
    fitting = [
        area
        for area in areas
        if (not district or area.commune.district_code == district)
        and (not text or text in fold(f"{area.code} {area.commune.name} {area.enumerator}"))
    ]
    return sorted(fitting, key=lambda a: (a.account_id is not None, given_name_order(a.enumerator), a.account_id or 0))


def _offered(ground: _Ground, shown: Sequence[Area]) -> list[Worker]:
    """Return who may be chosen: people who reach one of the listed communes, and those who hold a listed area."""
    communes, holders = {area.commune.code for area in shown}, {area.account_id for area in shown}
    return [w for w in ground.workers if w.communes is None or w.communes & communes or w.account_id in holders]


def _groups(shown: Sequence[Area], offered: Sequence[Worker]) -> list[Group]:
    held: dict[int | None, list[Area]] = defaultdict(list)
    known = {worker.account_id for worker in offered}
    for area in shown:
        held[area.account_id if area.account_id in known else None].append(area)
    return [Group(None, held[None]), *(Group(worker, held[worker.account_id]) for worker in offered)]


def _choices(present: Mapping[int, int | None], staff: set[int]) -> tuple[dict[int, int | None], int]:
    """Return what the form asks for (area → person or nobody), and how many areas changed under it."""
    wanted: dict[int, int | None] = {}
    changed = 0
    for name, value in request.form.items():
        kind, _dash, number = name.partition("-")
        if kind != "to" or not number.isdigit():
            continue
        area, before = int(number), request.form.get(f"was-{number}", "")
        if value == before:
            continue
        account_id = int(value) if value.isdigit() else None
        if area not in present or (account_id is not None and account_id not in staff):
            raise Problem("forbidden")
        if str(present[area] or "") != before:
            changed += 1
        else:
            wanted[area] = account_id
    return wanted, changed


def _terms(ground: _Ground) -> Terms:
    """Return what the address asks for; without people those take part who hold areas now."""
    scope = request.args.get("scope", "")
    named = frozenset(request.args.getlist("person", int)) & _everybody(ground)
    holding = frozenset(a.account_id for a in ground.reached if a.account_id is not None) & _everybody(ground)
    return Terms(
        scope=scope if scope in SCOPES else SCOPES[0],
        people=frozenset(named or holding or _everybody(ground)),
        communes=ground.here.communes,
        beyond=request.args.get("beyond") == "1",
        busy=frozenset(ground.tablets),
    )


def _scope_words() -> list[tuple[str, str]]:
    return [
        ("open", _("Only areas that nobody holds")),
        ("untouched", _("Also areas in which nothing has been collected yet")),
        ("all", _("Every area in which interviews are left")),
    ]


def _summary(shares: Sequence[Share]) -> tuple[float, float, float]:
    """Return the smallest and the largest number of interviews and the mean km over all interviews."""
    total = sum(share.interviews for share in shares)
    loads = [share.interviews for share in shares] or [0.0]
    mean = sum(share.interviews * share.kilometres for share in shares) / total if total else 0.0
    return min(loads), max(loads), mean


def _name_of(workers: Sequence[Worker], area: Area) -> str:
    return next((w.name for w in workers if w.account_id == area.account_id), area.enumerator)
