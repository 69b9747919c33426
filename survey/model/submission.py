"""What came in: submissions, their versions, attachments, drafts, reviews; and, apart, who answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, random_key, utc_now


class Submission(Base):
    """One record: a household's, an enterprise's or an institution's questionnaire through all its versions."""

    __tablename__ = "submission"
    __table_args__ = (
        Index("ix_submission_round_state", "round_id", "state", "updated_at"),
        Index("ix_submission_round_updated", "round_id", "updated_at", "id"),
        Index("ix_submission_round_created", "round_id", "created_at", "state", "sample_unit_id"),
        Index("ix_submission_standing", "round_id", "sample_unit_id", "state", "outcome", "updated_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=random_key)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    unit_kind: Mapped[str] = mapped_column(String(20))
    sample_unit_id: Mapped[int | None] = mapped_column(ForeignKey("sample_unit.id"), index=True)
    root_id: Mapped[str] = mapped_column(String(255), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="received")  # received returned approved rejected
    outcome: Mapped[str] = mapped_column(String(40), default="")
    channel: Mapped[str] = mapped_column(String(20))  # field portal openrosa office
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    revision_count: Mapped[int] = mapped_column(default=0)
    error_count: Mapped[int] = mapped_column(default=0)
    warning_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)


class Revision(Base):
    """One received version of a record: answers without direct identifiers, and what the judge found."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    number: Mapped[int]
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"), index=True)
    instance_id: Mapped[str] = mapped_column(String(255), unique=True)
    deprecated_id: Mapped[str | None] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64))
    answers: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    findings: Mapped[list[Any]] = mapped_column(default=list, deferred=True)
    identity_key: Mapped[str] = mapped_column(String(36), unique=True)
    channel: Mapped[str] = mapped_column(String(20))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    device: Mapped[str | None] = mapped_column(String(120))
    consent_version: Mapped[str] = mapped_column(String(40), default="")
    received_at: Mapped[datetime] = mapped_column(default=utc_now)


class Identity(Base):
    """Names, phones, addresses and the raw document, reachable only by a random key; no foreign key on purpose."""

    __tablename__ = "identity"

    key: Mapped[str] = mapped_column(String(36), primary_key=True, default=random_key)
    values: Mapped[dict[str, Any]] = mapped_column(default=dict)
    document: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class Attachment(Base):
    """A file named by a submission: its name as data, its content under its hash once it has arrived."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("revision_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"), index=True)
    name: Mapped[str] = mapped_column(String(400))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    received_at: Mapped[datetime | None]


class Draft(Base):
    """An unfinished questionnaire saved on the server; one per record, versioned so that nobody overwrites blindly."""

    __tablename__ = "draft"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=random_key)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    sample_unit_id: Mapped[int | None] = mapped_column(ForeignKey("sample_unit.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    instance_id: Mapped[str] = mapped_column(String(255), unique=True)
    deprecated_id: Mapped[str | None] = mapped_column(String(255))
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    margin: Mapped[dict[str, Any]] = mapped_column(default=dict)  # unread texts, keys of rows, sections seen
    identity_key: Mapped[str] = mapped_column(String(36), default=random_key)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now)
    submitted_at: Mapped[datetime | None]


class ReviewEvent(Base):
    """One act of review: approved, returned with remarks, rejected, corrected."""

    __tablename__ = "review_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    action: Mapped[str] = mapped_column(String(20))  # approve return reject
    remark: Mapped[str] = mapped_column(default="")
    remarks: Mapped[dict[str, Any]] = mapped_column(default=dict)  # answer path → remark
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
