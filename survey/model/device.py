"""Enrolled devices: a tablet or an ODK client that sends in an account's name with a token of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Device(Base):
    """One device; its token is stored as a hash and stays valid until it is revoked."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    wipe_ordered_at: Mapped[datetime | None]
    wiped_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # what a tablet last said of itself: unsent, storage, clock
