"""What tablets say that they still hold: finished records not sent yet and unfinished interviews, by tablet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import Account, Assignment, Device, FrameUnit, SampleUnit
from survey.query.scope import Communes, within


@dataclass(frozen=True, slots=True)
class Holding:
    """One tablet's last report."""

    account_id: int
    name: str
    tablet: str
    unsent: int
    drafts: int
    seen_at: datetime | None


def holdings(session: Session, round_id: int, communes: Communes = None) -> list[Holding]:
    """Return the tablets of a round's enumerators that hold work, the most unsent records first; one query.

    An enumerator counts who holds or held an area that is reached: what was recorded there may still be on the tablet.
    """
    theirs = (
        select(Assignment.account_id)
        .join(SampleUnit, SampleUnit.id == Assignment.sample_unit_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(Assignment.round_id == round_id)
    )
    query = (
        select(Device.account_id, Account.name, Device.name.label("tablet"), Device.report, Device.seen_at)
        .join(Account, Account.id == Device.account_id)
        .where(Device.wiped_at.is_(None), Device.account_id.in_(within(theirs, FrameUnit.commune_code, communes)))
    )
    found = [
        Holding(
            row.account_id,
            row.name,
            row.tablet,
            _count(row.report, "unsent"),
            _count(row.report, "drafts"),
            row.seen_at,
        )
        for row in session.execute(query)
    ]
    return sorted((each for each in found if each.unsent or each.drafts), key=lambda h: (-h.unsent, -h.drafts, h.name))


def _count(report: object, name: str) -> int:
    value = report.get(name) if isinstance(report, dict) else None
    return value if isinstance(value, int) and value > 0 else 0
