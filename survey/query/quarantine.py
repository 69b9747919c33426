"""Held records as the office sees them, narrowed to the actor's rounds and areas. Documents are not read here.

A record whose unit or round is not known belongs to those who answer for a whole round, or for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from survey.model import Account, Device, FrameUnit, Identity, Quarantine, Round, SampleUnit
from survey.model.actor import Actor
from survey.query.scope import Communes, reach

ROLES = ("supervisor", "statistician")
STATES = ("waiting", "accepted", "dismissed")


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One held record: who sent it from where, why it was not taken in, and what became of it."""

    id: int
    instance_id: str
    sha256: str
    code: str
    details: dict[str, Any]
    sender: str
    device: str
    channel: str
    received_at: datetime
    state: str
    round_id: int | None
    round_code: str
    unit_code: str
    commune_code: str
    files: tuple[str, ...]
    size: int
    remark: str
    submission_id: str | None
    settled_at: datetime | None
    settled_by: str


def held(session: Session, actor: Actor, state: str = "waiting") -> list[HeldLine]:
    """Return the records in a state that the actor reaches, oldest first while they wait, newest first afterwards."""
    order = Quarantine.received_at.asc() if state == "waiting" else Quarantine.settled_at.desc()
    lines = _lines(session, _query().where(Quarantine.state == state).order_by(order, Quarantine.id))
    reaches: dict[int, Communes] = {}
    return [line for line in lines if _sees(actor, line, reaches)]


def held_record(session: Session, actor: Actor, quarantine_id: int) -> HeldLine | None:
    """Return one record within the actor's reach."""
    found = _lines(session, _query().where(Quarantine.id == quarantine_id))
    return next((line for line in found if _sees(actor, line, {})), None)


def _query() -> Select[Any]:
    settler = aliased(Account)
    return (
        select(
            Quarantine,
            Account.name,
            Device.name,
            Round.code,
            FrameUnit.code,
            FrameUnit.commune_code,
            func.length(Identity.document),
            settler.name,
        )
        .join(Account, Account.id == Quarantine.account_id)
        .join(Device, Device.id == Quarantine.device_id)
        .outerjoin(Round, Round.id == Quarantine.round_id)
        .outerjoin(
            SampleUnit, and_(SampleUnit.id == Quarantine.sample_unit_id, SampleUnit.round_id == Quarantine.round_id)
        )
        .outerjoin(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Identity, Identity.key == Quarantine.identity_key)
        .outerjoin(settler, settler.id == Quarantine.settled_by)
    )


def _lines(session: Session, query: Select[Any]) -> list[HeldLine]:
    return [
        HeldLine(
            id=row.id,
            instance_id=row.instance_id,
            sha256=row.sha256,
            code=row.code,
            details=dict(row.details),
            sender=sender,
            device=device,
            channel=row.channel,
            received_at=row.received_at,
            state=row.state,
            round_id=row.round_id if round_code else None,
            round_code=round_code or "",
            unit_code=unit or "",
            commune_code=commune or "",
            files=tuple(sorted(row.files)),
            size=size or 0,
            remark=row.remark,
            submission_id=row.submission_id,
            settled_at=row.settled_at,
            settled_by=settler or "",
        )
        for row, sender, device, round_code, unit, commune, size, settler in session.execute(query)
    ]


def _sees(actor: Actor, line: HeldLine, reaches: dict[int, Communes]) -> bool:
    if line.round_id is None:
        return any(g.area_code is None and g.role in ("admin", "statistician") for g in actor.grants)
    if line.round_id not in reaches:
        reaches[line.round_id] = reach(actor, line.round_id, *ROLES)
    communes = reaches[line.round_id]
    return communes is None or (line.commune_code != "" and line.commune_code in communes)
