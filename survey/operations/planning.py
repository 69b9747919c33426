"""Plans a round: its dates, the sampling frames and the letters' codes.

Draws of the sample are in `operations.sample_draws`, who works where in `operations.assignments`; both are offered here
under their names. Refuses places and parents that do not exist and codes that stand twice, before anything is written.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Identity, Invitation, Round, SampleUnit
from survey.model.actor import Actor
from survey.model.base import random_key, utc_now
from survey.operations import audit, verification
from survey.operations.accounts import invitation_hash, new_invitation_code
from survey.operations.assignments import assign
from survey.operations.sample_draws import (
    draw_area_sample,
    draw_enterprise_sample,
    draw_household_sample,
    take_all_institutions,
    verify_draw,
)
from survey.reference.units import old_commune
from survey.text import clean

__all__ = [
    "FRAME_KINDS",
    "FrameEntry",
    "assign",
    "create_round",
    "draw_area_sample",
    "draw_enterprise_sample",
    "draw_household_sample",
    "import_frame",
    "invite",
    "set_round_state",
    "take_all_institutions",
    "verify_draw",
]

FRAME_KINDS = ("area", "household", "enterprise", "institution")
ROUND_STATES = ("draft", "open", "paused", "closed", "archived")
_PARENT_KIND = {"household": "area"}


@dataclass(frozen=True, slots=True)
class FrameEntry:
    """One unit of a frame to import; `commune_code` is the old commune, `identity` holds names and addresses."""

    code: str
    commune_code: str
    stratum: str = ""
    size: float = 1.0
    parent_code: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)


def create_round(
    session: Session,
    actor: Actor,
    *,
    code: str,
    title: str,
    reference_date: date,
    starts_on: date,
    ends_on: date,
    legal_basis: str = "",
    is_synthetic: bool = False,
    settings: Mapping[str, Any] | None = None,
) -> Round:
    """Create a round in state draft; refuses a code that is taken or dates in the wrong order.

    Self-assessments of institutions count in it only once the office has verified them, unless `settings` waive it.
    """
    code = clean(code)
    if not code or session.scalar(select(Round.id).where(Round.code == code)):
        raise Problem("round-exists", round=code)
    if ends_on < starts_on:
        raise Problem("bad-value", name="ends_on", value=ends_on, expected=f"≥ {starts_on}")
    created = Round(
        code=code,
        title=clean(title),
        reference_date=reference_date,
        starts_on=starts_on,
        ends_on=ends_on,
        legal_basis=clean(legal_basis),
        is_synthetic=is_synthetic,
        settings={verification.SETTING: True, **(settings or {})},
    )
    session.add(created)
    session.flush()
    audit.record(session, actor, "round.create", "round", created.id, code=code)
    return created


def set_round_state(session: Session, actor: Actor, round_id: int, state: str) -> Round:
    """Open, pause, close or archive a round."""
    if state not in ROUND_STATES:
        raise Problem("bad-value", name="state", value=state, expected=", ".join(ROUND_STATES))
    survey_round = _round(session, round_id)
    before, survey_round.state = survey_round.state, state
    audit.record(session, actor, "round.state", "round", round_id, before=before, after=state)
    return survey_round


def import_frame(session: Session, actor: Actor, round_id: int, kind: str, entries: Iterable[FrameEntry]) -> int:
    """Add units to a round's frame of one kind and return their number; checks all of them before writing any.

    Raises unknown-commune, and bad-frame for a code that stands twice, a missing parent or a size that is not positive.
    """
    if kind not in FRAME_KINDS:
        raise Problem("bad-value", name="kind", value=kind, expected=", ".join(FRAME_KINDS))
    _round(session, round_id)
    units = list(entries)
    _check_entries(units, _codes(session, round_id, kind))
    parents = _parents(session, round_id, kind, units)
    keys = {unit.code: random_key() for unit in units if unit.identity}
    if keys:
        session.execute(
            insert(Identity), [{"key": keys[u.code], "values": dict(u.identity)} for u in units if u.identity]
        )
    if units:
        session.execute(insert(FrameUnit), [_row(round_id, kind, unit, parents, keys) for unit in units])
    audit.record(session, actor, "frame.import", "round", round_id, kind=kind, units=len(units))
    return len(units)


def _row(
    round_id: int, kind: str, unit: FrameEntry, parents: Mapping[str, int], keys: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "round_id": round_id,
        "kind": kind,
        "code": unit.code,
        "parent_id": parents.get(unit.parent_code),
        "commune_code": unit.commune_code,
        "stratum": unit.stratum,
        "size": float(unit.size),
        "attributes": dict(unit.attributes),
        "identity_key": keys.get(unit.code),
    }


def _check_entries(units: Sequence[FrameEntry], known: set[str]) -> None:
    for code in {unit.commune_code for unit in units}:
        old_commune(code)
    counts = Counter(unit.code for unit in units)
    twice = sorted(code for code, count in counts.items() if count > 1 or code in known)
    if twice:
        raise Problem("bad-frame", column="code", count=len(twice), example=twice[0], remedy="codes must be unique")
    bad = [unit.code for unit in units if not unit.size > 0]
    if bad:
        raise Problem("bad-frame", column="size", count=len(bad), example=bad[0], remedy="sizes must be positive")


def _codes(session: Session, round_id: int, kind: str) -> set[str]:
    return set(session.scalars(select(FrameUnit.code).where(FrameUnit.round_id == round_id, FrameUnit.kind == kind)))


def _parents(session: Session, round_id: int, kind: str, units: Sequence[FrameEntry]) -> dict[str, int]:
    wanted = {unit.parent_code for unit in units if unit.parent_code}
    if not wanted:
        return {}
    parent_kind = _PARENT_KIND.get(kind, kind)
    rows = session.execute(
        select(FrameUnit.code, FrameUnit.id).where(FrameUnit.round_id == round_id, FrameUnit.kind == parent_kind)
    )
    found = {code: unit_id for code, unit_id in rows if code in wanted}
    if missing := sorted(wanted - set(found)):
        raise Problem(
            "bad-frame", column="parent_code", count=len(missing), example=missing[0], remedy="import the areas first"
        )
    return found


def invite(session: Session, actor: Actor, sample_unit_id: int, *, rng: random.Random | None = None) -> str:
    """Return a fresh code for a unit's letter; only its hash is stored, and an older code of the unit stops working.

    `rng` is for synthetic rounds that must be the same every time; without it the system's source of chance is used.
    """
    unit = session.get(SampleUnit, sample_unit_id)
    if unit is None or unit.kind not in {"enterprise", "institution"}:
        raise Problem("unknown-unit", code=sample_unit_id)
    code = new_invitation_code(rng)
    invitation = session.scalar(select(Invitation).where(Invitation.sample_unit_id == sample_unit_id))
    if invitation is None:
        invitation = Invitation(round_id=unit.round_id, sample_unit_id=sample_unit_id, code_hash="")
        session.add(invitation)
    invitation.code_hash = invitation_hash(code)
    invitation.created_at, invitation.claimed_at, invitation.revoked_at = utc_now(), None, None
    session.flush()
    audit.record(session, actor, "sample.invite", "sample_unit", sample_unit_id)
    return code


def _round(session: Session, round_id: int) -> Round:
    found = session.get(Round, round_id)
    if found is None:
        raise Problem("unknown-round", round=round_id)
    return found
