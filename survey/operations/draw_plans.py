"""Plans a draw and makes it: the parameters as one value, and a preview that is the draw itself, thrown away.

The preview shows strata only, which no seed changes; nobody can look at the units of several seeds and pick one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, SampleDraw, SampleUnit
from survey.model.actor import Actor
from survey.operations import sample_draws

_PREVIEW_SEED = 1


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """How a sample is drawn; `n` counts areas or enterprises, or households in each area."""

    kind: str
    n: int = 0
    minimum: int = 2
    exponent: float = 0.7
    take_all: tuple[str, ...] = ()
    method: str = "systematic"


@dataclass(frozen=True, slots=True)
class StratumPreview:
    """What a plan takes from a stratum, with the least and greatest inclusion probability of its sampled units."""

    name: str
    units: int
    drawn: int
    certain: int
    lowest: float
    highest: float


def make(session: Session, actor: Actor, round_id: int, plan: DrawPlan, *, seed: int) -> SampleDraw:
    """Draw and freeze a sample; raises what `operations.sample_draws` raises."""
    if plan.kind != "institution" and plan.n < 1:
        raise Problem("bad-value", name="n", value=plan.n, expected="1, 2, 3 …")
    if plan.kind == "area":
        return sample_draws.draw_area_sample(session, actor, round_id, n=plan.n, seed=seed, minimum=plan.minimum)
    if plan.kind == "household":
        return sample_draws.draw_household_sample(
            session, actor, round_id, per_area=plan.n, seed=seed, method=plan.method
        )
    if plan.kind == "enterprise":
        return sample_draws.draw_enterprise_sample(
            session,
            actor,
            round_id,
            n=plan.n,
            seed=seed,
            take_all=plan.take_all,
            minimum=plan.minimum,
            exponent=plan.exponent,
        )
    return sample_draws.take_all_institutions(session, actor, round_id)


def preview(session: Session, actor: Actor, round_id: int, plan: DrawPlan) -> tuple[StratumPreview, ...]:
    """Return what a plan takes by stratum; the draw that tells so is rolled back and leaves no trace."""
    point = session.begin_nested()
    try:
        made = make(session, actor, round_id, plan, seed=_PREVIEW_SEED)
        found = _by_stratum(session, round_id, plan.kind, made.id)
    finally:
        point.rollback()
    return found


def _by_stratum(session: Session, round_id: int, kind: str, draw_id: int) -> tuple[StratumPreview, ...]:
    probabilities: dict[str, list[float]] = defaultdict(list)
    certain: dict[str, int] = defaultdict(int)
    columns = (
        SampleUnit.stratum, SampleUnit.stage1_probability, SampleUnit.stage2_probability, SampleUnit.is_certainty
    )  # fmt: skip
    for stratum, first, second, is_certainty in session.execute(select(*columns).where(SampleUnit.draw_id == draw_id)):
        probabilities[stratum].append(first * second)
        certain[stratum] += bool(is_certainty)
    query = (
        select(FrameUnit.stratum, func.count())
        .where(FrameUnit.round_id == round_id, FrameUnit.kind == kind)
        .group_by(FrameUnit.stratum)
    )
    units = {row[0]: row[1] for row in session.execute(query)}
    return tuple(
        StratumPreview(
            name,
            units.get(name, 0),
            len(probabilities[name]),
            certain[name],
            min(probabilities[name], default=0.0),
            max(probabilities[name], default=0.0),
        )
        for name in sorted(units.keys() | probabilities.keys())
    )
