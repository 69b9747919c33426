"""The unit that is inside, its name, and until when it may answer."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model.base import utc_now
from survey.query import drafts as reads
from survey.query import respondents
from survey.query.drafts import UnitView
from survey.web import access


def own_unit(session: Session) -> UnitView:
    """Return the unit that has entered."""
    found = reads.unit_view(session, access.actor().sample_unit_id or 0)
    if found is None:
        raise Problem("not-found")
    return found


def name_of(unit: UnitView) -> str:
    """Return the name of a unit, or its code where the frame has no name."""
    named = unit.named
    return str(named.get("name") or named.get("enterprise_name") or named.get("institution_name") or unit.code)


def is_open(session: Session, unit: UnitView) -> bool:
    """Tell whether a unit may answer now: its round is open and its time, days granted included, is not over."""
    return unit.round.state == "open" and not reads.is_late(session, unit, utc_now())


def last_day(session: Session, unit: UnitView) -> date:
    """Return the last day on which a unit may answer, days granted included."""
    granted = respondents.extension_of(session, unit.sample_unit_id)
    usual = reads.deadline(unit.round)
    return max(usual, granted) if granted else usual
