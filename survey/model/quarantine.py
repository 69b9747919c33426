"""Records of known devices that could not be taken in: kept whole until the office has settled them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Quarantine(Base):
    """One document that `receive` refused, why, and what became of it; its bytes stand in `identity`."""

    __tablename__ = "quarantine"

    id: Mapped[int] = mapped_column(primary_key=True)
    instance_id: Mapped[str] = mapped_column(String(255), index=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    identity_key: Mapped[str] = mapped_column(String(36), unique=True)
    round_id: Mapped[int | None]  # as the device said: may name a round that does not exist
    sample_unit_id: Mapped[int | None]
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20), default="field", server_default="field")  # field openrosa
    code: Mapped[str] = mapped_column(String(40))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)  # file name → SHA-256 of its content in the store
    received_at: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    state: Mapped[str] = mapped_column(String(20), default="waiting")  # waiting accepted dismissed
    remark: Mapped[str] = mapped_column(default="")
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
