"""The register of requests of data subjects, the log of incidents, and the proof of what was destroyed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class DataRequest(Base):
    """One request of a data subject; who asked and how to reach them lie in `identity` under a random key."""

    __tablename__ = "data_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))  # withdraw access correction deletion objection restriction transfer
    received_on: Mapped[date]
    channel: Mapped[str] = mapped_column(String(20))  # letter telephone in-person email portal
    identity_key: Mapped[str] = mapped_column(String(36), unique=True)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"), index=True)
    content: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(String(20), default="received")  # received acknowledged done refused
    reply_due: Mapped[date]
    due: Mapped[date]
    replied_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    outcome: Mapped[str] = mapped_column(default="")
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Incident(Base):
    """One breach of the protection of personal data, with what a notice to the authority must say."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    occurred_at: Mapped[datetime | None]
    detected_at: Mapped[datetime]
    due_at: Mapped[datetime]
    description: Mapped[str] = mapped_column(default="")
    data_kinds: Mapped[str] = mapped_column(default="")
    subjects: Mapped[int | None]
    consequences: Mapped[str] = mapped_column(default="")
    measures: Mapped[str] = mapped_column(default="")
    is_harmful: Mapped[bool] = mapped_column(default=True)
    notified_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class Destruction(Base):
    """Proof of a destruction: counts, and one hash over the sorted keys that no longer lead anywhere."""

    __tablename__ = "destruction"

    id: Mapped[int] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(String(20))  # round identity record
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"), index=True)
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("data_request.id"), index=True)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    keys: Mapped[int]
    keys_sha256: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
