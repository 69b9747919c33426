"""What stands beside a run on its way out: the findings as people edited them, and the keys of programs that fetch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class FindingEdit(Base):
    """One change of one text of a run's report; the last one of a place counts, all of them are kept."""

    __tablename__ = "finding_edit"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("estimate_run.id"), index=True)
    language: Mapped[str] = mapped_column(String(5))
    place: Mapped[str] = mapped_column(String(20))  # code of an indicator, outlook or recommendations
    original: Mapped[str] = mapped_column(Text)  # what was generated from the figures
    text: Mapped[str] = mapped_column(Text)  # empty: back to what was generated
    made_at: Mapped[datetime] = mapped_column(default=utc_now)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ExportToken(Base):
    """A key with which a program fetches exports: what it opens, until when; only its hash is stored."""

    __tablename__ = "export_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[Any]] = mapped_column(default=list)
    round_id: Mapped[int | None] = mapped_column(ForeignKey("round.id"))  # None: every round
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    window_started_at: Mapped[datetime | None]  # the minutes in which uses are counted
    window_uses: Mapped[int] = mapped_column(default=0)
