"""An open round with many enterprises that have begun their questionnaire, and a session for each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from survey.db import Database
from survey.model import FrameUnit, Identity, Invitation, SampleDraw, SampleUnit
from survey.model.actor import SYSTEM, Actor
from survey.operations import accounts, drafts, planning
from survey.operations.drafts import Cell, Edit
from tests.web.filling import stage

_OPENING = {"visit/operating_status": "1", "consent_section/consent": "1"}


@dataclass(frozen=True)
class Firm:
    """One enterprise: its draft and the token of its session."""

    draft_id: str
    token: str


def firms(database: Database, count: int) -> list[Firm]:
    """Stage a round with a number of enterprises at Part A of their questionnaire."""
    scene = stage(database)
    with database.transaction() as session:
        draw = session.scalars(select(SampleDraw)).one()
        for number in range(count):
            sealed = Identity(values={"name": f"Doanh nghiệp {number}", "tax_code": f"{6_300_000_000 + number}"})
            session.add(sealed)
            session.flush()
            frame = FrameUnit(
                round_id=scene.round_id,
                kind="enterprise",
                code=f"B{number:05d}",
                commune_code="31318",
                identity_key=sealed.key,
            )
            session.add(frame)
            session.flush()
            session.add(
                SampleUnit(
                    draw_id=draw.id,
                    round_id=scene.round_id,
                    frame_unit_id=frame.id,
                    kind="enterprise",
                    stratum="930-1",
                    psu=frame.code,
                    stage1_probability=0.1,
                    position=number,
                )
            )
        session.flush()
        wanted = select(SampleUnit.id).join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        units = list(session.scalars(wanted.where(FrameUnit.code.like("B%")).order_by(SampleUnit.id)))
    return [_firm(database, unit, scene.round_id) for unit in units]


def _firm(database: Database, unit: int, round_id: int) -> Firm:
    with database.transaction() as session:
        planning.invite(session, SYSTEM, unit)
        invitation = session.scalars(select(Invitation).where(Invitation.sample_unit_id == unit)).one()
        actor = Actor(kind="invitation", invitation_id=invitation.id, sample_unit_id=unit, round_id=round_id)
        draft = drafts.open_or_create(session, actor, unit)
        edits = [Edit(path, Cell(value), Cell("")) for path, value in _OPENING.items()]
        drafts.save(session, actor, draft.id, edits)
        return Firm(draft.id, accounts.open_session(session, "", "bench", invitation_id=invitation.id))
