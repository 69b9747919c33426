"""Provisional figures of a round in collection: one row a round, apart from the runs that can be released."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class ProvisionalEstimate(Base):
    """The last provisional figures of a round and the calculation under way; new figures replace the old ones."""

    __tablename__ = "provisional_estimate"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="running")  # running done empty failed
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime | None]  # when the approved records were read that the figures stand for
    approved: Mapped[int] = mapped_column(default=0)
    calibrated: Mapped[bool] = mapped_column(default=False)
    figures: Mapped[list[Any]] = mapped_column(default=list)  # indicator variant estimate ci_low ci_high n flag
