"""Survey rounds and the official figures and control totals entered for them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.model.base import Base, utc_now


class Round(Base):
    """One round of the survey: what is measured, when, under which law and policies."""

    __tablename__ = "round"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    plan: Mapped[str] = mapped_column(String(40), default="KH128-2022")
    reference_date: Mapped[date]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20), default="draft")  # draft open paused closed archived
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    legal_basis: Mapped[str] = mapped_column(default="")
    consent_version: Mapped[str] = mapped_column(String(40), default="1")
    gps_policy: Mapped[str] = mapped_column(String(20), default="off")  # off rounded exact
    photo_policy: Mapped[str] = mapped_column(String(20), default="allowed", server_default="allowed")  # off allowed
    self_report_until: Mapped[date | None]  # the last day on which a unit may answer for itself; None: while open
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class RoundForm(Base):
    """The form version that a kind of unit answers in a round."""

    __tablename__ = "round_form"
    __table_args__ = (UniqueConstraint("round_id", "unit_kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    unit_kind: Mapped[str] = mapped_column(String(20))  # household enterprise institution
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"), index=True)


class RoundFormUse(Base):
    """A form version that a kind of unit answers, or has answered, in a round; work begun on it is still taken in."""

    __tablename__ = "round_form_use"
    __table_args__ = (UniqueConstraint("round_id", "unit_kind", "form_version_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    unit_kind: Mapped[str] = mapped_column(String(20))
    form_version_id: Mapped[int] = mapped_column(ForeignKey("form_version.id"), index=True)
    since: Mapped[datetime] = mapped_column(default=utc_now)


class OfficialFigure(Base):
    """A figure published by an agency, shown beside the survey's estimate, never computed."""

    __tablename__ = "official_figure"
    __table_args__ = (UniqueConstraint("round_id", "indicator", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    indicator: Mapped[str] = mapped_column(String(10))
    category: Mapped[str] = mapped_column(String(40), default="")
    value: Mapped[float]
    publisher: Mapped[str] = mapped_column(String(200))
    published_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(20))  # estimated preliminary final
    source: Mapped[str] = mapped_column(String(500), default="")


class ControlTotal(Base):
    """A known population total that weights are calibrated to, with its source and date."""

    __tablename__ = "control_total"
    __table_args__ = (UniqueConstraint("round_id", "unit_kind", "margin", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), index=True)
    unit_kind: Mapped[str] = mapped_column(String(20))
    margin: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(120))
    value: Mapped[float]
    source: Mapped[str] = mapped_column(String(500))
    as_of: Mapped[date]
