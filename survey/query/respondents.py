"""Reads about units that answer for themselves: who has a tax code, who works on which section, until when.

Writes nothing. Names and addresses come out of `identity`; who shows them to the office records that they were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from survey.model import (
    Delegation,
    FrameUnit,
    Identity,
    Invitation,
    Reopening,
    RespondentPassword,
    Revision,
    Round,
    RoundForm,
    SampleUnit,
    SignOff,
    Submission,
)

SELF_REPORTING = ("enterprise", "institution")
_LIVE_STATES = ("open", "paused", "closed")


@dataclass(frozen=True, slots=True)
class Known:
    """An invited unit that a login stands for."""

    invitation_id: int
    sample_unit_id: int
    round_id: int
    kind: str
    identity_key: str | None


@dataclass(frozen=True, slots=True)
class Helper:
    """A colleague at one section: the link's state and when it was last used."""

    id: int
    part: str
    name: str
    email: str
    expires_at: datetime
    opened_at: datetime | None
    seen_at: datetime | None
    saved_at: datetime | None


def units_with_login(session: Session, login: str) -> list[Known]:
    """Return the invited units whose tax code, or unit code, is a login (letters and digits only); newest round first.

    Every call does the same work whether the login is known or not.
    """
    query = (
        select(Invitation.id, SampleUnit.id, SampleUnit.round_id, SampleUnit.kind, FrameUnit.identity_key)
        .join(SampleUnit, SampleUnit.id == Invitation.sample_unit_id)
        .join(Round, Round.id == SampleUnit.round_id)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .outerjoin(Identity, Identity.key == FrameUnit.identity_key)
        .where(Invitation.revoked_at.is_(None), Round.state.in_(_LIVE_STATES), _has_login(login))
        .order_by(Round.id.desc(), Invitation.id.desc())
    )
    return [Known(*row) for row in session.execute(query)]


def password_of(session: Session, login_hash: str) -> RespondentPassword | None:
    """Return the own password that belongs to a login, that of the newest round first."""
    query = (
        select(RespondentPassword)
        .join(Invitation, Invitation.id == RespondentPassword.invitation_id)
        .join(Round, Round.id == Invitation.round_id)
        .where(RespondentPassword.login_hash == login_hash, Invitation.revoked_at.is_(None))
        .where(Round.state.in_(_LIVE_STATES))
        .order_by(Round.id.desc(), Invitation.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def has_password(session: Session, invitation_id: int) -> bool:
    """Tell whether a unit has set a password of its own."""
    return (
        session.scalar(select(RespondentPassword.id).where(RespondentPassword.invitation_id == invitation_id))
        is not None
    )


def helpers_of(session: Session, draft_id: str, now: datetime) -> list[Helper]:
    """Return who may work on sections of a draft now, in the order in which the sections were passed on."""
    query = (
        select(Delegation, Identity.values)
        .outerjoin(Identity, Identity.key == Delegation.identity_key)
        .where(Delegation.draft_id == draft_id, Delegation.revoked_at.is_(None), Delegation.expires_at > now)
        .order_by(Delegation.id)
    )
    return [_helper(row, values or {}) for row, values in session.execute(query)]


def extension_of(session: Session, sample_unit_id: int) -> date | None:
    """Return the last day that the office has granted a unit after the deadline, or None."""
    query = select(func.max(Reopening.until))
    return session.scalar(query.where(Reopening.sample_unit_id == sample_unit_id, Reopening.state == "approved"))


def last_reopening(session: Session, sample_unit_id: int) -> Reopening | None:
    """Return a unit's newest request to answer after the deadline, or None."""
    query = select(Reopening).where(Reopening.sample_unit_id == sample_unit_id).order_by(Reopening.id.desc())
    return session.scalars(query.limit(1)).first()


def sign_off_of(session: Session, revision_id: int) -> tuple[SignOff, dict[str, Any]] | None:
    """Return the head's confirmation of a version with name and title, or None."""
    query = select(SignOff, Identity.values).join(Identity, Identity.key == SignOff.identity_key)
    row = session.execute(query.where(SignOff.revision_id == revision_id)).first()
    return (row[0], dict(row[1])) if row else None


def taking_round(session: Session, kind: str) -> Round | None:
    """Return the newest open round in which a kind of unit answers for itself, or None."""
    query = select(Round).join(RoundForm, RoundForm.round_id == Round.id)
    query = query.where(Round.state == "open", RoundForm.unit_kind == kind).order_by(Round.id.desc())
    return session.scalars(query.limit(1)).first()


def revision_of_unit(session: Session, sample_unit_id: int, number: int) -> Revision | None:
    """Return one received version of a unit's record by its number, or None."""
    query = select(Revision).join(Submission, Submission.id == Revision.submission_id)
    query = query.where(Submission.sample_unit_id == sample_unit_id, Revision.number == number)
    return session.scalars(query.order_by(Revision.received_at.desc()).limit(1)).first()


def plain(text: ColumnElement[str] | Any) -> ColumnElement[str]:
    """Return a code as letters and digits in capitals, however it is written in the register."""
    for mark in ("-", " ", "."):
        text = func.replace(text, mark, "")
    return func.upper(text)


def _has_login(login: str) -> ColumnElement[bool]:
    return or_(plain(Identity.values["tax_code"].as_string()) == login, plain(FrameUnit.code) == login)


def _helper(row: Delegation, values: dict[str, Any]) -> Helper:
    name, email = str(values.get("name", "")), str(values.get("email", ""))
    return Helper(row.id, row.part, name, email, row.expires_at, row.opened_at, row.seen_at, row.saved_at)
