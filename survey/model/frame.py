"""Sampling frames, frozen sample draws and the sampled units with their inclusion probabilities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class FrameUnit(Base):
    """A unit that could be sampled: area, household, enterprise or institution.

    Names, addresses and phones are in `identity`, reached only by the random key.
    """

    __tablename__ = "frame_unit"
    __table_args__ = (UniqueConstraint("round_id", "kind", "code"), Index("ix_frame_unit_parent", "parent_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    kind: Mapped[str] = mapped_column(String(20))  # area household enterprise institution
    code: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("frame_unit.id"))
    commune_code: Mapped[str] = mapped_column(String(5))  # the old commune: everything else is derived
    stratum: Mapped[str] = mapped_column(String(60), default="")
    size: Mapped[float] = mapped_column(default=1.0)
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    identity_key: Mapped[str | None] = mapped_column(String(36))


class SampleDraw(Base):
    """One frozen draw: method, parameters and seed from which it can be drawn again byte for byte."""

    __tablename__ = "sample_draw"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # household enterprise institution
    seed: Mapped[int]
    method: Mapped[dict[str, Any]] = mapped_column(default=dict)
    digest: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class SampleUnit(Base):
    """A drawn unit: its stratum, primary sampling unit and inclusion probability by stage."""

    __tablename__ = "sample_unit"
    __table_args__ = (
        UniqueConstraint("draw_id", "frame_unit_id"),
        Index("ix_sample_unit_plan", "round_id", "role", "kind", "psu"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("sample_draw.id"), index=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    frame_unit_id: Mapped[int] = mapped_column(ForeignKey("frame_unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    stratum: Mapped[str] = mapped_column(String(60))
    psu: Mapped[str] = mapped_column(String(40))
    stage1_probability: Mapped[float]
    stage2_probability: Mapped[float] = mapped_column(default=1.0)
    is_certainty: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(10), default="main")  # main reserve replaced
    reserve_order: Mapped[int | None]  # a reserve's turn in its area or stratum; None for a unit of the sample
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("sample_unit.id"))
    position: Mapped[int] = mapped_column(default=0)
