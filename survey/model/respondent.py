"""What units that answer for themselves ask for and leave: passwords, delegated sections, sign-off, requests.

Names and addresses of people stand in `identity`; here are keys, hashes, states and times.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class RespondentPassword(Base):
    """A unit's own password for the portal; found by the hash of its tax code or unit code."""

    __tablename__ = "respondent_password"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), unique=True)
    login_hash: Mapped[str] = mapped_column(String(64), index=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[datetime] = mapped_column(default=utc_now)


class Delegation(Base):
    """One section of a draft passed to a colleague by a link; `paths` are the nodes that the colleague may answer."""

    __tablename__ = "delegation"

    id: Mapped[int] = mapped_column(primary_key=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("draft.id"), index=True)
    part: Mapped[str] = mapped_column(String(120))
    paths: Mapped[list[Any]] = mapped_column(default=list)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    identity_key: Mapped[str | None] = mapped_column(String(36))  # name and e-mail of the colleague
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignOff(Base):
    """The head's confirmation of one version as it was sent; the name and title stand in `identity`."""

    __tablename__ = "sign_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), unique=True)
    identity_key: Mapped[str] = mapped_column(String(36))
    sha256: Mapped[str] = mapped_column(String(64))
    confirmed_at: Mapped[datetime] = mapped_column(default=utc_now)


class Reopening(Base):
    """A unit's request to answer after the deadline; approved until a date, or refused, each with a remark."""

    __tablename__ = "reopening"
    __table_args__ = (Index("ix_reopening_round_state", "round_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    sample_unit_id: Mapped[int] = mapped_column(ForeignKey("sample_unit.id"), index=True)
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(String(20), default="waiting")  # waiting approved refused
    until: Mapped[date | None]
    remark: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Registration(Base):
    """A unit that is not in the frame and asks to be; accepted it becomes a frame unit that no draw ever reaches."""

    __tablename__ = "registration"
    __table_args__ = (Index("ix_registration_round_state", "round_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    kind: Mapped[str] = mapped_column(String(20))  # enterprise institution
    commune_code: Mapped[str] = mapped_column(String(5))  # old commune
    login_hash: Mapped[str] = mapped_column(String(64), index=True)
    identity_key: Mapped[str] = mapped_column(String(36))
    number: Mapped[str] = mapped_column(String(20), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="waiting")  # waiting accepted refused
    remark: Mapped[str] = mapped_column(default="")
    consented_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    frame_unit_id: Mapped[int | None] = mapped_column(ForeignKey("frame_unit.id"))
