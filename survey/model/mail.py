"""What leaves by e-mail: the outbox and the wording and days of a round's messages.

Addresses and texts stand in `identity`; the outbox itself says only what a message is about and what became of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, random_key, utc_now


class MailMessage(Base):
    """One message of the outbox: what it is about, how often it was tried and what came of it."""

    __tablename__ = "mail_message"
    __table_args__ = (
        Index("ix_mail_message_state_next_at", "state", "next_at"),
        Index("ix_mail_message_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(36), unique=True, default=random_key)  # the left part of its Message-ID
    once: Mapped[str | None] = mapped_column(String(120), unique=True)  # what must be said only once
    kind: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(80))
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    locale: Mapped[str] = mapped_column(String(5), default="vi")
    identity_key: Mapped[str] = mapped_column(String(36), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="queued")  # queued sent failed bounced cancelled
    attempts: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    next_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]


class MailStep(Base):
    """One message of a round's schedule: `days_before` the deadline, or the invitation itself where that is empty."""

    __tablename__ = "mail_step"
    __table_args__ = (UniqueConstraint("round_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    name: Mapped[str] = mapped_column(String(20))  # invitation, reminder-14 …
    days_before: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)
    wording: Mapped[dict[str, Any]] = mapped_column(default=dict)  # language → {subject, body}
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
