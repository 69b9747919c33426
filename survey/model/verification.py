"""What the office found when it compared an institution's self-assessment with its evidence."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Verification(Base):
    """The office's finding on one component of one version; rows are only added, the newest of a component counts."""

    __tablename__ = "verification"
    __table_args__ = (Index("ix_verification_revision_component", "revision_id", "component"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    component: Mapped[str] = mapped_column(String(20))  # governance activity digital_data repository
    finding: Mapped[str] = mapped_column(String(20))  # accepted refused corrected
    path: Mapped[str] = mapped_column(String(255))  # the answer that the finding is about
    stated: Mapped[str] = mapped_column(String(20), default="")  # the answer as the institution gave it
    value: Mapped[str] = mapped_column(String(20), default="")  # the answer that counts
    reason: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
