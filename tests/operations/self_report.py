"""A small round whose units answer for themselves: three enterprises and a school with names and addresses."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import FrameUnit, Round, RoundForm, SampleUnit
from survey.model.actor import SYSTEM, Actor
from survey.operations import forms, planning, submissions
from survey.operations.planning import FrameEntry
from survey.questionnaire.instance import serialise
from survey.reference.units import old_communes
from tests.forms.interviews import compiled, institution

UNITS = ("DN1", "DN2", "DN3", "GD1")


def invited_round(
    session: Session, emails: Mapping[str, str] | None = None, *, state: str = "open"
) -> tuple[Round, dict[str, int]]:
    """Create the round and return it with its sampled units by code; `emails` gives addresses by code."""
    created = planning.create_round(
        session,
        SYSTEM,
        code="MOI",
        title="Đợt có thư mời",
        reference_date=date(2026, 10, 1),
        starts_on=date(2026, 10, 5),
        ends_on=date(2026, 12, 31),
        legal_basis="Quyết định số 12/QĐ-UBND ngày 05/01/2026",
    )
    commune, emails = old_communes()[0].code, emails or {}
    named = {"address": "Số 5 đường Trần Hưng Đạo", "tax_code": "6300000012"}
    firms = [_entry(code, commune, {**named, "enterprise_name": f"Công ty {code}"}, emails) for code in UNITS[:3]]
    school = _entry("GD1", commune, {"institution_name": "Trường Tiểu học Vị Tân", "address": "Ấp 5"}, emails)
    planning.import_frame(session, SYSTEM, created.id, "enterprise", firms)
    planning.import_frame(session, SYSTEM, created.id, "institution", [school])
    planning.draw_enterprise_sample(session, SYSTEM, created.id, n=3, seed=1, take_all=("all",))
    planning.take_all_institutions(session, SYSTEM, created.id)
    planning.set_round_state(session, SYSTEM, created.id, state)
    query = select(FrameUnit.code, SampleUnit.id).join(SampleUnit, SampleUnit.frame_unit_id == FrameUnit.id)
    found = {row[0]: row[1] for row in session.execute(query.where(SampleUnit.round_id == created.id))}
    return created, found


def _entry(code: str, commune: str, named: dict[str, Any], emails: Mapping[str, str]) -> FrameEntry:
    if code in emails:
        named = {**named, "email": emails[code]}
    return FrameEntry(code=code, commune_code=commune, stratum="all", identity=named)


def school_answers(session: Session, survey_round: Round, unit_id: int, **changes: str) -> str:
    """Let the school send the institution form, with one level in part, and return the record's id."""
    form = compiled("institution")
    if session.scalar(select(RoundForm.id).where(RoundForm.unit_kind == "institution")) is None:
        forms.use_in_round(session, SYSTEM, survey_round, "institution", forms.publish(session, SYSTEM, form))
    answers = institution(**{"repository_level": "2", **changes})
    xml = serialise(form.instrument, answers, instance_id=f"uuid:{uuid.uuid4()}")
    sender = Actor(kind="invitation", sample_unit_id=unit_id, round_id=survey_round.id)
    receipt = submissions.receive(
        session, sender, xml=xml, channel="portal", round_id=survey_round.id, sample_unit_id=unit_id
    )
    return receipt.submission_id
