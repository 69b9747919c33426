"""Survey rounds as the office sees them: the list, and one round with its forms, frames and draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Account, FormVersion, FrameUnit, Round, RoundForm, SampleDraw, SampleUnit
from survey.model.actor import Actor


@dataclass(frozen=True, slots=True)
class UsedForm:
    """The form version that a kind of unit answers."""

    unit_kind: str
    form_version_id: int
    form_id: str
    version: str
    title: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Draw:
    """One frozen draw with the number of units in it."""

    id: int
    kind: str
    method: dict[str, Any]
    seed: int
    digest: str
    created_at: datetime
    by: str
    main: int
    reserve: int


def visible_rounds(session: Session, actor: Actor, *roles: str) -> list[Round]:
    """Return the rounds in which an actor holds one of the roles: open ones first, then the latest reference date."""
    wanted = {*roles, "admin"}
    held = {grant.round_id for grant in actor.grants if grant.role in wanted}
    everywhere = None in held or actor.kind == "system"
    query = select(Round).order_by((Round.state == "open").desc(), Round.reference_date.desc(), Round.id.desc())
    return [row for row in session.scalars(query) if everywhere or row.id in held]


def round_by_code(session: Session, code: str) -> Round:
    """Return the round with a code; Problem unknown-round."""
    found = session.scalar(select(Round).where(Round.code == code))
    if found is None:
        raise Problem("unknown-round", round=code)
    return found


def used_forms(session: Session, round_id: int) -> list[UsedForm]:
    """Return what each kind of unit answers in a round."""
    query = (
        select(
            RoundForm.unit_kind,
            FormVersion.id,
            FormVersion.form_id,
            FormVersion.version,
            FormVersion.title,
            FormVersion.published_at,
        )
        .join(FormVersion, FormVersion.id == RoundForm.form_version_id)
        .where(RoundForm.round_id == round_id)
        .order_by(RoundForm.id)
    )
    return [UsedForm(*row) for row in session.execute(query)]


def frame_counts(session: Session, round_id: int) -> dict[str, int]:
    """Return how many units the frames of a round hold, by kind."""
    query = select(FrameUnit.kind, func.count()).where(FrameUnit.round_id == round_id).group_by(FrameUnit.kind)
    return {row[0]: row[1] for row in session.execute(query)}


def draws(session: Session, round_id: int) -> list[Draw]:
    """Return the draws of a round in the order they were made."""
    counts = (
        select(
            SampleUnit.draw_id,
            func.count().filter(SampleUnit.role == "main").label("main"),
            func.count().filter(SampleUnit.role != "main").label("reserve"),
        )
        .where(SampleUnit.round_id == round_id)
        .group_by(SampleUnit.draw_id)
        .subquery()
    )
    query = (
        select(
            SampleDraw.id,
            SampleDraw.kind,
            SampleDraw.method,
            SampleDraw.seed,
            SampleDraw.digest,
            SampleDraw.created_at,
            func.coalesce(Account.name, ""),
            func.coalesce(counts.c.main, 0),
            func.coalesce(counts.c.reserve, 0),
        )
        .outerjoin(counts, counts.c.draw_id == SampleDraw.id)
        .outerjoin(Account, Account.id == SampleDraw.created_by)
        .where(SampleDraw.round_id == round_id)
        .order_by(SampleDraw.id)
    )
    return [Draw(*row) for row in session.execute(query)]
