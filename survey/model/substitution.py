"""Substitutions: which sampled unit a reserve stands in for, why, by whom, and whether that was taken back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Substitution(Base):
    """A reserve in the place of a sampled unit, for one of a few reasons, until taken back."""

    __tablename__ = "substitution"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    sample_unit_id: Mapped[int] = mapped_column(ForeignKey("sample_unit.id"), index=True)
    substitute_id: Mapped[int] = mapped_column(ForeignKey("sample_unit.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))  # not-found moved refused away unable closed
    note: Mapped[str] = mapped_column(String(500), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
