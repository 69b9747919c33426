"""An open round with many enterprises that have begun their questionnaire, and a session for each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from survey.db import Database
from survey.model import Draft, FrameUnit, Identity, Invitation, SampleDraw, SampleUnit
from survey.model.actor import SYSTEM, Actor
from survey.operations import accounts, drafts, forms, planning
from survey.operations.drafts import Cell, Edit
from survey.web.fill.parts import parts_of
from tests.web.filling import stage

_OPENING = {"visit/operating_status": "1", "consent_section/consent": "1"}
_OPENED = {
    "enterprise": {
        **_OPENING,
        "interview/digital/econtract": "1",
        "interview/finance/va_source": "1",
        "interview/retail_section/retail": "1",
    },
    "institution": {
        **_OPENING,
        "interview/institution/kind": "7",
        "interview/governance/governance_level": "1",
        "interview/governance/governance_evidence": "1 2",
        "interview/index_4725/index_done": "1",
    },
}
"""Answers that open as many questions as can be."""


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


def sections(database: Database) -> list[tuple[Firm, str]]:
    """Stage an enterprise and an institution that opened all they can, and return each of their sections."""
    scene = stage(database)
    found = []
    for kind, answers in _OPENED.items():
        firm = _firm(database, getattr(scene, kind), scene.round_id, answers)
        with database.reading() as session:
            draft = session.get_one(Draft, firm.draft_id)
            instrument = forms.instrument_of(session, draft.form_version_id)
        found += [(firm, part.name) for part in parts_of(instrument)]
    return found


def _firm(database: Database, unit: int, round_id: int, answers: dict[str, str] = _OPENING) -> Firm:
    with database.transaction() as session:
        if session.scalars(select(Invitation).where(Invitation.sample_unit_id == unit)).first() is None:
            planning.invite(session, SYSTEM, unit)
        invitation = session.scalars(select(Invitation).where(Invitation.sample_unit_id == unit)).one()
        actor = Actor(kind="invitation", invitation_id=invitation.id, sample_unit_id=unit, round_id=round_id)
        draft = drafts.open_or_create(session, actor, unit)
        edits = [Edit(path, Cell(value), Cell("")) for path, value in answers.items()]
        drafts.save(session, actor, draft.id, edits)
        return Firm(draft.id, accounts.open_session(session, "", "bench", invitation_id=invitation.id))
