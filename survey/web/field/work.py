"""What there is to do: areas with done, due and returned; the households of one area with their last visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import render_template
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Draft, Round
from survey.operations import audit
from survey.query import drafts as reads
from survey.query import worklist
from survey.query.rounds import visible_rounds
from survey.query.scope import reach
from survey.query.worklist import Area, Visit
from survey.web import access
from survey.web.field import blueprint

ROLES = ("enumerator", "supervisor")


@dataclass(frozen=True, slots=True)
class Household:
    """A household of an area as the list shows it."""

    visit: Visit
    name: str
    address: str
    draft: Draft | None
    remark: str = ""


@blueprint.get("/")
@access.roles(*ROLES)
def home() -> str:
    """Show the areas of every open round with what is done, due and returned."""
    who = access.actor()
    with access.database().reading() as session:
        rounds = [r for r in visible_rounds(session, who, *ROLES) if r.state == "open"]
        work = [(r, areas_of(session, r)) for r in rounds]
        unsent = reads.unsent_count(session, who.account_id or 0)
    return render_template("field/home.html", work=work, unsent=unsent, round=next((r for r in rounds), None))


@blueprint.get("/areas/<int:sample_unit_id>")
@access.roles(*ROLES)
def area(sample_unit_id: int) -> str:
    """Show the households of one area: who they are, how far each has come, what to do next."""
    who = access.actor()
    with access.database().transaction() as session:
        found, survey_round = area_of(session, sample_unit_id)
        visits = worklist.visits(session, found, only_main=True)
        households = _households(session, visits)
        audit.record(session, who, "area.read", "sample_unit", sample_unit_id, households=len(visits))
    return render_template("field/area.html", area=found, round=survey_round, households=households)


def areas_of(session: Session, survey_round: Round) -> list[Area]:
    """Return the areas of a round that the person works in or supervises."""
    who = access.actor()
    own = worklist.areas(session, survey_round.id, account_id=who.account_id) if who.may("enumerator") else []
    if not who.may("supervisor", round_id=survey_round.id):
        return own
    watched = worklist.areas(session, survey_round.id, communes=reach(who, survey_round.id, "supervisor"))
    mine = {a.sample_unit_id for a in own}
    return own + [a for a in watched if a.sample_unit_id not in mine]


def area_of(session: Session, sample_unit_id: int) -> tuple[Area, Round]:
    """Return an area that the person works in or supervises; raises not-found for any other."""
    for survey_round in visible_rounds(session, access.actor(), *ROLES):
        for found in areas_of(session, survey_round):
            if found.sample_unit_id == sample_unit_id:
                return found, survey_round
    raise Problem("not-found")


def _households(session: Session, visits: list[Visit]) -> list[Household]:
    """Return the rows of a household list; returned ones first, then those begun."""
    named = reads.named(session, [v.identity_key for v in visits if v.identity_key])
    begun = reads.open_drafts(session, [v.sample_unit_id for v in visits])
    remarks = reads.return_remarks(
        session, [v.submission_id for v in visits if v.state == "returned" and v.submission_id]
    )
    rows = []
    for visit in visits:
        known: dict[str, Any] = named.get(visit.identity_key or "", {})
        name = known.get("head_name") or known.get("name") or visit.code
        remark = remarks.get(visit.submission_id or "", "")
        rows.append(
            Household(visit, str(name), str(known.get("address") or ""), begun.get(visit.sample_unit_id), remark)
        )
    return sorted(rows, key=_urgency)


def _urgency(row: Household) -> tuple[int, int]:
    rank = {"returned": 0, "": 2, "rejected": 4, "received": 5, "approved": 6}.get(row.visit.state, 3)
    return (1 if rank == 2 and row.draft else rank, row.visit.position)
