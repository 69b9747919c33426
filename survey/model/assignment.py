"""Who works on which sampled unit, and the invitations of units that answer for themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Assignment(Base):
    """An area (and so its households) given to an enumerator."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("sample_unit_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    sample_unit_id: Mapped[int] = mapped_column(ForeignKey("sample_unit.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    ended_at: Mapped[datetime | None]


class Invitation(Base):
    """A sampled unit's way into the portal: the hash of the code in its letter, never the code."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    sample_unit_id: Mapped[int] = mapped_column(ForeignKey("sample_unit.id"), unique=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    claimed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    letter_at: Mapped[datetime | None]  # when the letter with the present code was made
    refused_at: Mapped[datetime | None]
    refusal: Mapped[str] = mapped_column(String(500), default="", server_default="")


class InvitationLink(Base):
    """A personal link into the portal: the hash of its token; entering uses it up."""

    __tablename__ = "invitation_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitation.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    expires_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
