"""Data quality: flags that rules raised, their runs, office corrections of answers, re-interviews. No names here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class QualityRun(Base):
    """One pass of the quality rules over a round; `counts` are open flags by rule."""

    __tablename__ = "quality_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="running")  # running done failed
    records: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]


class QualityFlag(Base):
    """One thing a rule noticed about a record or an interviewer; a decision on it outlives every later run."""

    __tablename__ = "quality_flag"
    __table_args__ = (
        UniqueConstraint("round_id", "mark"),
        Index("ix_quality_flag_round_state", "round_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    mark: Mapped[str] = mapped_column(String(200))  # rule and subject: the same finding again is the same row
    rule: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(10))  # error warning note
    submission_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(20), default="open")  # open dismissed cleared
    found_at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime] = mapped_column(default=utc_now)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(default="")


class AnswerCorrection(Base):
    """One answer that the office changed: what it was, what it is, why; never an identity question."""

    __tablename__ = "answer_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    revision_number: Mapped[int]
    path: Mapped[str] = mapped_column(String(400))
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[datetime] = mapped_column(default=utc_now)


class ReinterviewDraw(Base):
    """One frozen draw of records to be interviewed again, repeatable from its seed; `strata` are counts by sender."""

    __tablename__ = "reinterview_draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"))
    seed: Mapped[int]
    share: Mapped[float]
    strata: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Reinterview(Base):
    """One record to be interviewed again, who does it, and the record that came of it."""

    __tablename__ = "reinterview"
    __table_args__ = (UniqueConstraint("draw_id", "submission_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("reinterview_draw.id"), index=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), index=True)
    revision_number: Mapped[int]
    enumerator_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    supervisor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    result_id: Mapped[str | None] = mapped_column(ForeignKey("submission.id"))
    done_at: Mapped[datetime | None]
