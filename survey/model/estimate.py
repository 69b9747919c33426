"""Frozen results: snapshots of approved answers, estimate runs, and one row per figure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Snapshot(Base):
    """The approved answers of a round at one moment, as Parquet files named by their digest."""

    __tablename__ = "snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    manifest: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class EstimateRun(Base):
    """One reproducible run: same snapshot, same code, same seed, same figures."""

    __tablename__ = "estimate_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshot.id"))
    code_version: Mapped[str] = mapped_column(String(80))
    seed: Mapped[int]
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    quality: Mapped[dict[str, Any]] = mapped_column(default=dict)  # response rates, weights, calibration notes
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default="draft")  # draft released withdrawn
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class EstimateRow(Base):
    """One figure of a run: an indicator variant in one domain."""

    __tablename__ = "estimate_row"
    __table_args__ = (UniqueConstraint("run_id", "indicator", "variant", "dimension", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("estimate_run.id"), index=True)
    indicator: Mapped[str] = mapped_column(String(10))
    variant: Mapped[str] = mapped_column(String(40))
    dimension: Mapped[str] = mapped_column(String(40))  # province district unit urban_old urban_new sex age size sector
    category: Mapped[str] = mapped_column(String(60), default="")
    estimate: Mapped[float | None]  # shares are in percent
    se: Mapped[float | None]
    ci_low: Mapped[float | None]
    ci_high: Mapped[float | None]
    ci_method: Mapped[str] = mapped_column(String(40), default="")
    deff: Mapped[float | None]
    df: Mapped[float | None]
    n: Mapped[int]
    n_psu: Mapped[int] = mapped_column(default=0)
    flag: Mapped[str] = mapped_column(String(20), default="publish")  # publish flag suppress
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    verdict_2025: Mapped[str] = mapped_column(String(20), default="")
    verdict_2030: Mapped[str] = mapped_column(String(20), default="")
    probability_2025: Mapped[float | None]
    probability_2030: Mapped[float | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ModelEstimate(Base):
    """One model-based figure of a small area: kept apart from `EstimateRow`, so that the two are never mixed."""

    __tablename__ = "model_estimate"
    __table_args__ = (UniqueConstraint("run_id", "indicator", "variant", "dimension", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("estimate_run.id"), index=True)
    indicator: Mapped[str] = mapped_column(String(10))
    variant: Mapped[str] = mapped_column(String(40))
    dimension: Mapped[str] = mapped_column(String(40))  # district unit commune
    category: Mapped[str] = mapped_column(String(60))
    estimate: Mapped[float]  # shares are in percent
    rmse: Mapped[float]  # root mean squared error, in points
    ci_low: Mapped[float]
    ci_high: Mapped[float]
    gamma: Mapped[float]  # weight of the area's own cases, 0 for none
    n: Mapped[int]
    n_psu: Mapped[int]
    flag: Mapped[str] = mapped_column(String(20), default="publish")  # publish flag suppress
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    direct_flag: Mapped[str] = mapped_column(String(20), default="")  # flag of the direct figure, empty for none
