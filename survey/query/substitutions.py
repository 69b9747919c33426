"""Reads substitutions: how many places of the sample were filled by reserves, and which units stand in for which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from survey.model import FrameUnit, SampleUnit, Substitution


@dataclass(frozen=True, slots=True)
class Rate:
    """The places of a kind in the sample, and how many of them a reserve fills."""

    kind: str
    places: int
    substituted: int

    @property
    def share(self) -> float:
        """Return the share of places that a reserve fills."""
        return self.substituted / self.places if self.places else 0.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One substitution as it is listed."""

    id: int
    unit: str
    substitute: str
    reason: str
    note: str
    at: datetime
    undone_at: datetime | None


def rates(session: Session, round_id: int) -> list[Rate]:
    """Return the substitution rate of every kind of unit in a round's sample, by kind."""
    query = (
        select(SampleUnit.kind, func.count(), func.count(SampleUnit.replaces_id))
        .where(SampleUnit.round_id == round_id, SampleUnit.role == "main")
        .group_by(SampleUnit.kind)
        .order_by(SampleUnit.kind)
    )
    return [Rate(kind, places, substituted) for kind, places, substituted in session.execute(query)]


def exchanges(session: Session, round_id: int) -> list[Exchange]:
    """Return every substitution of a round, also those taken back, in the order in which they were made."""
    before, after = aliased(SampleUnit), aliased(SampleUnit)
    unit, substitute = aliased(FrameUnit), aliased(FrameUnit)
    query = (
        select(
            Substitution.id,
            unit.code,
            substitute.code,
            Substitution.reason,
            Substitution.note,
            Substitution.at,
            Substitution.undone_at,
        )
        .join(before, before.id == Substitution.sample_unit_id)
        .join(unit, unit.id == before.frame_unit_id)
        .join(after, after.id == Substitution.substitute_id)
        .join(substitute, substitute.id == after.frame_unit_id)
        .where(Substitution.round_id == round_id)
        .order_by(Substitution.id)
    )
    return [Exchange(*row) for row in session.execute(query)]
