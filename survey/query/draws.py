"""What a draw chose and what it is drawn from: strata of a frame, sampled units without names, sizes by domain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from survey.model import FrameUnit, Identity, SampleDraw, SampleUnit
from survey.query.paging import Page, bounded
from survey.query.scope import Communes, within
from survey.reference import units

PAGE = 500


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum of a frame: its units, their total size and the standard deviation of size between them."""

    name: str
    units: int
    size: float
    deviation: float


@dataclass(frozen=True, slots=True)
class DrawnUnit:
    """One sampled unit as a list prints it; `named` is empty unless names were asked for."""

    position: int
    code: str
    commune: units.OldCommune
    present: str
    stratum: str
    psu: str
    probability: float
    is_certainty: bool
    role: str
    named: dict[str, str]

    @property
    def weight(self) -> float:
        """Return the design weight."""
        return 1 / self.probability


def draw_of(session: Session, round_id: int, draw_id: int) -> SampleDraw | None:
    """Return a draw of a round."""
    found = session.get(SampleDraw, draw_id)
    return found if found is not None and found.round_id == round_id else None


def strata(session: Session, round_id: int, kind: str) -> list[Stratum]:
    """Return the strata of a frame in order of their names."""
    square = FrameUnit.size * FrameUnit.size
    query = (
        select(FrameUnit.stratum, func.count(), func.sum(FrameUnit.size), func.sum(square))
        .where(FrameUnit.round_id == round_id, FrameUnit.kind == kind)
        .group_by(FrameUnit.stratum)
        .order_by(FrameUnit.stratum)
    )
    return [Stratum(row[0], row[1], row[2], _deviation(row[1], row[2], row[3])) for row in session.execute(query)]


def populations(session: Session, round_id: int, kind: str, domain: str) -> dict[str, float]:
    """Return how many units (households: of the last count of the areas) lie in each domain.

    `domain` is whole, district or stratum; the keys are "" for the whole, district codes, or strata.
    """
    source = "area" if kind == "household" else kind
    measure = func.sum(FrameUnit.size) if kind == "household" else func.count()
    query = select(FrameUnit.commune_code, FrameUnit.stratum, measure).where(
        FrameUnit.round_id == round_id, FrameUnit.kind == source
    )
    found: dict[str, float] = defaultdict(float)
    for code, stratum, number in session.execute(query.group_by(FrameUnit.commune_code, FrameUnit.stratum)):
        where = {"district": units.old_commune(code).district_code, "stratum": stratum}.get(domain, "")
        found[where] += float(number)
    return dict(sorted(found.items()))


def drawn_units(
    session: Session, draw_id: int, communes: Communes, *, page: int = 1, named: bool = False
) -> Page[DrawnUnit]:
    """Return one page of the units of a draw within reach, in the order of the draw."""
    chosen = _chosen(draw_id, communes)
    total = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    number = bounded(page, total, PAGE)
    rows = list(_read(session, chosen.offset((number - 1) * PAGE).limit(PAGE), named=named))
    return Page(rows, number, total, PAGE)


def every_drawn_unit(session: Session, draw_id: int, communes: Communes) -> Iterator[DrawnUnit]:
    """Yield all units of a draw within reach."""
    return _read(session, _chosen(draw_id, communes), named=False)


def _chosen(draw_id: int, communes: Communes) -> Select[SampleUnit, FrameUnit]:
    query = (
        select(SampleUnit, FrameUnit)
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.draw_id == draw_id)
        .order_by(SampleUnit.position, SampleUnit.id)
    )
    return within(query, FrameUnit.commune_code, communes)


def _read(session: Session, query: Select[SampleUnit, FrameUnit], *, named: bool) -> Iterator[DrawnUnit]:
    rows = session.execute(query).all()
    names: dict[str, dict[str, str]] = {}
    if named:
        keys = [frame.identity_key for _unit, frame in rows if frame.identity_key]
        names = {row.key: row.values for row in session.scalars(select(Identity).where(Identity.key.in_(keys)))}
    for unit, frame in rows:
        yield DrawnUnit(
            position=unit.position,
            code=frame.code,
            commune=units.old_commune(frame.commune_code),
            present=units.present_unit_of(frame.commune_code).name,
            stratum=unit.stratum,
            psu=unit.psu,
            probability=unit.stage1_probability * unit.stage2_probability,
            is_certainty=unit.is_certainty,
            role=unit.role,
            named=names.get(frame.identity_key or "", {}),
        )


def _deviation(count: int, total: float, squares: float) -> float:
    return sqrt(max(squares - total * total / count, 0.0) / (count - 1)) if count > 1 else 0.0
