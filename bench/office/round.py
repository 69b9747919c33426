"""Builds a large round by bulk insertion: areas in every commune, households, records in every state, a long log.

Rows are plausible in number and spread, not in content: what a page costs depends on how many there are and where.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from survey.model import (
    Assignment,
    AuditEvent,
    Base,
    FormVersion,
    FrameUnit,
    ReviewEvent,
    Revision,
    Round,
    SampleDraw,
    SampleUnit,
    Submission,
)
from survey.model.actor import SYSTEM
from survey.operations import accounts, forms
from survey.reference import units
from tests.rounds import tiny_form

CODE = "LON"
PASSWORD = "mat khau do dac"
_STATES = ("approved",) * 12 + ("received",) * 5 + ("returned",) * 2 + ("rejected",)
_OUTCOMES = ("11",) * 14 + ("12", "21", "21", "22", "31", "41")
_FAMILY, _GIVEN = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ"), ("An", "Bình", "Đào", "Hạnh", "Lan", "Mơ", "Ngọc", "Út")
_BLOCK = 5000


def build(session: Session, *, records: int, per_area: int = 40, enumerators: int = 250, seed: int = 1) -> Round:
    """Create the round with `records` records (one household in fifty has none yet) and its accounts."""
    rng = random.Random(seed)
    round_ = _round(session)
    staff = _staff(session, enumerators)
    households = records * 50 // 49
    areas = _areas(session, round_, -(-households // per_area), rng)
    draw = SampleDraw(round_id=round_.id, kind="household", seed=seed, digest="0" * 64)
    session.add(draw)
    session.flush()
    _households(session, round_, draw, areas, per_area, households)
    _assign(session, round_, staff)
    _records(session, round_, staff, records, rng)
    _log(session, staff, records * 2)
    return round_


def _round(session: Session) -> Round:
    round_ = Round(
        code=CODE,
        title="Đợt lớn",
        reference_date=date(2026, 11, 1),
        starts_on=date(2026, 11, 1),
        ends_on=date(2026, 12, 31),
        state="open",
    )
    session.add(round_)
    session.flush()
    forms.use_in_round(session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, tiny_form()))
    return round_


def _staff(session: Session, enumerators: int) -> list[int]:
    """Create an administrator who signs in, and enumerators who do not; one hash serves all of them."""
    admin = accounts.create_account(session, SYSTEM, username="admin", name="Quản Trị", password=PASSWORD)
    accounts.grant_role(session, SYSTEM, admin.id, "admin")
    found = []
    for number in range(enumerators):
        name = f"{_FAMILY[number % 5]} Thị {_GIVEN[number % 8]} {number}"
        account = type(admin)(username=f"dtv{number:03d}", name=name, password_hash=admin.password_hash)
        session.add(account)
        session.flush()
        accounts.grant_role(session, SYSTEM, account.id, "enumerator")
        found.append(account.id)
    return found


def _areas(session: Session, round_: Round, count: int, rng: random.Random) -> list[tuple[int, str, str]]:
    communes = units.old_communes()
    rows = []
    for number in range(count):
        commune = communes[number % len(communes)]
        code = f"{commune.code}-{number // len(communes):03d}"
        rows.append(_frame(round_, "area", code, commune.code, None, rng.randint(60, 240)))
    _insert(session, FrameUnit, rows)
    draw = SampleDraw(round_id=round_.id, kind="area", seed=1, digest="1" * 64)
    session.add(draw)
    session.flush()
    query = select(FrameUnit.id, FrameUnit.code, FrameUnit.commune_code).where(FrameUnit.kind == "area")
    areas = [(row.id, row.code, row.commune_code) for row in session.execute(query.order_by(FrameUnit.id))]
    _insert(session, SampleUnit, [_sampled(round_, draw, area_id, "area", code, 0) for area_id, code, _ in areas])
    return areas


def _households(
    session: Session, round_: Round, draw: SampleDraw, areas: Sequence[tuple[int, str, str]], per_area: int, total: int
) -> None:
    rows = []
    for number in range(total):
        area_id, code, commune = areas[number // per_area]
        rows.append(_frame(round_, "household", f"{code}-{number % per_area:03d}", commune, area_id, 1))
    _insert(session, FrameUnit, rows)
    query = select(FrameUnit.id, FrameUnit.parent_id, FrameUnit.code).where(FrameUnit.kind == "household")
    found = session.execute(query.order_by(FrameUnit.id)).all()
    codes = {area_id: code for area_id, code, _ in areas}
    rows = [
        _sampled(round_, draw, row.id, "household", codes[row.parent_id or 0], position)
        for position, row in enumerate(found)
    ]
    _insert(session, SampleUnit, rows)


def _assign(session: Session, round_: Round, staff: Sequence[int]) -> None:
    areas = session.scalars(select(SampleUnit.id).where(SampleUnit.kind == "area").order_by(SampleUnit.id)).all()
    rows = [
        {"round_id": round_.id, "sample_unit_id": unit, "account_id": staff[place * len(staff) // len(areas)]}
        for place, unit in enumerate(areas)
    ]
    _insert(session, Assignment, rows)


def _records(session: Session, round_: Round, staff: Sequence[int], count: int, rng: random.Random) -> None:
    version = session.scalars(select(FormVersion.id)).first()
    sampled = session.scalars(
        select(SampleUnit.id).where(SampleUnit.kind == "household").order_by(SampleUnit.id).limit(count)
    ).all()
    submissions, revisions, acts = [], [], []
    start = datetime(2026, 11, 1, 1, tzinfo=UTC)
    for number, unit in enumerate(sampled):
        at = start + timedelta(seconds=number * 19)
        key = f"{number:08d}-0000-4000-8000-000000000000"
        who = staff[number * len(staff) // count]
        state = rng.choice(_STATES)
        submissions.append(_submission(round_, key, unit, who, at, state, rng))
        revisions.append(_revision(key, who, at, version or 0))
        if state != "received":
            action = {"approved": "approve", "returned": "return", "rejected": "reject"}[state]
            acts.append((key, action, who, at + timedelta(hours=20)))
    _insert(session, Submission, submissions)
    _insert(session, Revision, revisions)
    numbers = dict(session.execute(select(Revision.submission_id, Revision.id)).tuples().all())
    rows = [
        {"submission_id": key, "revision_id": numbers[key], "action": action, "account_id": who, "at": at}
        for key, action, who, at in acts
    ]
    _insert(session, ReviewEvent, rows)


def _submission(
    round_: Round, key: str, unit: int, who: int, at: datetime, state: str, rng: random.Random
) -> dict[str, Any]:
    return {
        "id": key,
        "round_id": round_.id,
        "unit_kind": "household",
        "sample_unit_id": unit,
        "root_id": f"uuid:{key}",
        "state": state,
        "outcome": rng.choice(_OUTCOMES),
        "channel": "field",
        "account_id": who,
        "revision_count": 1,
        "error_count": int(rng.random() < 0.08),
        "warning_count": int(rng.random() < 0.2),
        "created_at": at,
        "updated_at": at,
    }


def _revision(key: str, who: int, at: datetime, version: int) -> dict[str, Any]:
    return {
        "submission_id": key,
        "number": 1,
        "form_version_id": version,
        "instance_id": f"uuid:{key}",
        "sha256": hashlib.sha256(key.encode()).hexdigest(),
        "answers": {"head": {"size": "3"}},
        "findings": [],
        "identity_key": key,
        "channel": "field",
        "account_id": who,
        "received_at": at,
    }


def _log(session: Session, staff: Sequence[int], events: int) -> None:
    start = datetime(2026, 11, 1, 1, tzinfo=UTC)
    first = (session.scalar(select(func.max(AuditEvent.position))) or 0) + 1
    rows = [
        {
            "chain": 7,
            "position": first + number,
            "at": start + timedelta(seconds=number * 9),
            "actor": f"account:{staff[number % len(staff)]}",
            "action": ("submission.receive", "submission.approve", "sign-in")[number % 3],
            "subject_kind": "submission",
            "subject_id": f"{number // 2:08d}-0000-4000-8000-000000000000",
            "details": {"revision": 1},
            "previous_hash": "0" * 64,
            "hash": f"{number:064d}",
        }
        for number in range(events)
    ]
    _insert(session, AuditEvent, rows)


def _frame(round_: Round, kind: str, code: str, commune: str, parent: int | None, size: float) -> dict[str, Any]:
    return {
        "round_id": round_.id,
        "kind": kind,
        "code": code,
        "commune_code": commune,
        "parent_id": parent,
        "size": float(size),
        "attributes": {},
    }


def _sampled(round_: Round, draw: SampleDraw, unit: int, kind: str, psu: str, position: int) -> dict[str, Any]:
    return {
        "draw_id": draw.id,
        "round_id": round_.id,
        "frame_unit_id": unit,
        "kind": kind,
        "stratum": psu[:3],
        "psu": psu,
        "stage1_probability": 0.1,
        "position": position,
    }


def _insert(session: Session, table: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    for block in _blocks(rows):
        session.execute(insert(table), block)


def _blocks(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(rows), _BLOCK):
        yield list(rows[first : first + _BLOCK])
