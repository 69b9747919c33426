"""Draws samples from a round's frame and stores them with method, seed and digest, so that each can be drawn again.

A stored draw never changes. Refuses a second draw of a kind in a round, and a draw from an empty frame.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import FrameUnit, Round, SampleDraw, SampleUnit
from survey.model.actor import Actor
from survey.operations import audit
from survey.sampling.allocate import power, proportional
from survey.sampling.select import Draw, elements, implicit_order, simple_random, stratified, systematic

METHODS = {"systematic": systematic, "simple-random": simple_random}


@dataclass(frozen=True, slots=True)
class DrawnUnit:
    """One unit of a draw before it is stored."""

    frame_unit_id: int
    code: str
    stratum: str
    psu: str
    stage1_probability: float
    stage2_probability: float = 1.0
    is_certainty: bool = False
    reserve_order: int | None = None


Frame = Sequence[Row[int, str, str, str, float, int | None]]


def draw_area_sample(
    session: Session, actor: Actor, round_id: int, *, n: int, seed: int, minimum: int = 2
) -> SampleDraw:
    """Draw n areas: strata by size with at least `minimum` each, systematic with probability proportional to size.

    Areas are walked in the order of old communes and codes, which stratifies by place within strata.
    """
    return _draw(session, actor, round_id, "area", seed, {"n": n, "minimum": minimum})


def draw_household_sample(
    session: Session,
    actor: Actor,
    round_id: int,
    *,
    per_area: int,
    seed: int,
    method: str = "systematic",
    reserve: int = 0,
) -> SampleDraw:
    """Draw households in every sampled area, all of them where fewer are listed; the area is the primary unit.

    `reserve` more households an area are drawn at random, in the order in which they may stand in for others.
    """
    if method not in METHODS:
        raise Problem("bad-value", name="method", value=method, expected=", ".join(METHODS))
    chosen = {"per_area": per_area, "method": method} | _reserve(reserve)
    return _draw(session, actor, round_id, "household", seed, chosen)


def draw_enterprise_sample(
    session: Session,
    actor: Actor,
    round_id: int,
    *,
    n: int,
    seed: int,
    take_all: Sequence[str] = (),
    minimum: int = 5,
    exponent: float = 0.7,
    reserve: int = 0,
) -> SampleDraw:
    """Draw n enterprises: the strata `take_all` completely, the others by size to a power, simple random within.

    `reserve` more enterprises a stratum are drawn, in the order in which they may stand in for others.
    """
    method = {"n": n, "take_all": sorted(take_all), "minimum": minimum, "exponent": exponent}
    return _draw(session, actor, round_id, "enterprise", seed, method | _reserve(reserve))


def take_all_institutions(session: Session, actor: Actor, round_id: int) -> SampleDraw:
    """Take every institution of the frame: a census, stored like a draw."""
    return _draw(session, actor, round_id, "institution", 0, {})


def verify_draw(session: Session, draw_id: int) -> bool:
    """Draw again from the frame with the stored seed and method, and tell whether the result is the stored one."""
    stored = session.get(SampleDraw, draw_id)
    if stored is None:
        raise Problem("not-found")
    again = _digest(stored.kind, stored.seed, stored.method, _select(session, stored))
    return again == stored.digest == _digest(stored.kind, stored.seed, stored.method, _stored_units(session, draw_id))


def _reserve(count: int) -> dict[str, int]:
    """Return the part of a method that asks for reserves; nothing where there are none, as in draws made before."""
    if count < 0:
        raise Problem("bad-value", name="reserve", value=count, expected="≥ 0")
    return {"reserve": count} if count else {}


def _draw(session: Session, actor: Actor, round_id: int, kind: str, seed: int, method: Mapping[str, Any]) -> SampleDraw:
    if session.get(Round, round_id) is None:
        raise Problem("unknown-round", round=round_id)
    if session.scalar(select(SampleDraw.id).where(SampleDraw.round_id == round_id, SampleDraw.kind == kind)):
        raise Problem("draw-exists", kind=kind)
    draw = SampleDraw(
        round_id=round_id, kind=kind, seed=seed, method=dict(method), digest="", created_by=actor.account_id
    )
    units = _select(session, draw)
    draw.digest = _digest(kind, seed, method, units)
    session.add(draw)
    session.flush()
    session.execute(insert(SampleUnit), [_row(draw, unit, place) for place, unit in enumerate(units, start=1)])
    audit.record(session, actor, "sample.draw", "sample_draw", draw.id, kind=kind, units=len(units), digest=draw.digest)
    return draw


def _row(draw: SampleDraw, unit: DrawnUnit, position: int) -> dict[str, Any]:
    return {
        "draw_id": draw.id,
        "round_id": draw.round_id,
        "frame_unit_id": unit.frame_unit_id,
        "kind": draw.kind,
        "stratum": unit.stratum,
        "psu": unit.psu,
        "stage1_probability": unit.stage1_probability,
        "stage2_probability": unit.stage2_probability,
        "is_certainty": unit.is_certainty,
        "position": position,
        "role": "main" if unit.reserve_order is None else "reserve",
        "reserve_order": unit.reserve_order,
    }


def _select(session: Session, draw: SampleDraw) -> list[DrawnUnit]:
    """Return the units that a draw's kind, seed and method select from the frame as it is."""
    units = _SELECTORS[draw.kind](session, draw, np.random.default_rng(draw.seed))
    count = draw.method.get("reserve", 0)
    return [*units, *_reserves(session, draw, units, count)] if count else units


def _reserves(session: Session, draw: SampleDraw, units: Sequence[DrawnUnit], count: int) -> list[DrawnUnit]:
    """Return up to `count` reserves for every area of households or stratum of enterprises, in the order of use.

    Their generator is apart from that of the sample, which they leave as it is. A reserve carries the probabilities
    of the units of its group, whose place it may take.
    """
    rows = _frame(session, draw.round_id, draw.kind)
    by_area = draw.kind == "household"
    taken = {unit.frame_unit_id for unit in units}
    area_of = {row.id: row.parent_id for row in rows}
    group_of = {(area_of[u.frame_unit_id] if by_area else u.stratum): u for u in reversed(units)}
    free: dict[Any, list[Any]] = {group: [] for group in group_of}
    for row in rows:
        group = row.parent_id if by_area else row.stratum
        if row.id not in taken and group in free:
            free[group].append(row)
    groups = sorted(free, key=lambda group: group_of[group].psu if by_area else group_of[group].stratum)
    streams = np.random.default_rng([draw.seed, 1]).spawn(len(groups))
    found = []
    for group, stream in zip(groups, streams, strict=True):
        order = stream.permutation(len(free[group]))[:count]
        found += [_stand_in(free[group][i], group_of[group], place) for place, i in enumerate(order, start=1)]
    return found


def _stand_in(row: Any, main: DrawnUnit, place: int) -> DrawnUnit:
    psu = main.psu if row.parent_id is not None else row.code
    return replace(main, frame_unit_id=row.id, code=row.code, psu=psu, reserve_order=place)


def _select_areas(session: Session, draw: SampleDraw, random: np.random.Generator) -> list[DrawnUnit]:
    frame = _frame(session, draw.round_id, "area")
    sizes = np.array([row.size for row in frame])
    strata = np.array([row.stratum for row in frame])
    labels, counts, totals = _totals(strata, sizes)
    shares = proportional(draw.method["n"], totals, minimum=np.minimum(draw.method["minimum"], counts))
    order = implicit_order(strata, np.array([row.commune_code for row in frame]), np.array([row.code for row in frame]))
    picked = stratified(
        strata, dict(zip(labels, np.minimum(shares, counts).tolist(), strict=True)), random, size=sizes, order=order
    )
    return [_unit(frame[i], p, psu=frame[i].code) for i, p in zip(picked.units, picked.probability, strict=True)]


def _select_households(session: Session, draw: SampleDraw, random: np.random.Generator) -> list[DrawnUnit]:
    areas = _sampled_areas(session, draw.round_id)
    listed: dict[int, list[Any]] = {area.frame_unit_id: [] for area in areas}
    for row in _frame(session, draw.round_id, "household"):
        if row.parent_id in listed:
            listed[row.parent_id].append(row)
    sizes = np.array([len(listed[area.frame_unit_id]) for area in areas])
    first = Draw(np.arange(len(areas)), np.array([area.stage1_probability for area in areas]))
    picked = elements(first, sizes, draw.method["per_area"], random, METHODS[draw.method["method"]])
    return [
        DrawnUnit(
            frame_unit_id=household.id,
            code=household.code,
            stratum=areas[i].stratum,
            psu=areas[i].psu,
            stage1_probability=areas[i].stage1_probability,
            stage2_probability=float(probability),
            is_certainty=areas[i].is_certainty,
        )
        for i, household, probability in (
            (int(i), listed[areas[i].frame_unit_id][j], p)
            for i, j, p in zip(picked.unit, picked.element, picked.second, strict=True)
        )
    ]


def _select_enterprises(session: Session, draw: SampleDraw, random: np.random.Generator) -> list[DrawnUnit]:
    frame = _frame(session, draw.round_id, "enterprise")
    strata = np.array([row.stratum for row in frame])
    labels, counts, _ = _totals(strata, np.ones(len(frame)))
    sure = np.isin(labels, draw.method["take_all"])
    shares = np.where(sure, counts, 0)
    if (~sure).any():
        left = max(draw.method["n"] - int(shares.sum()), 0)
        open_strata = counts[~sure]
        least = np.minimum(draw.method["minimum"], open_strata)
        wanted = min(max(left, int(least.sum())), int(open_strata.sum()))
        shares[~sure] = power(wanted, open_strata, exponent=draw.method["exponent"], minimum=least)
    picked = stratified(
        strata, dict(zip(labels, shares.tolist(), strict=True)), random, method=METHODS["simple-random"]
    )
    return [_unit(frame[i], p, psu=frame[i].code) for i, p in zip(picked.units, picked.probability, strict=True)]


def _select_institutions(session: Session, draw: SampleDraw, _random: np.random.Generator) -> list[DrawnUnit]:
    return [_unit(row, 1.0, psu=row.code) for row in _frame(session, draw.round_id, "institution")]


Selector = Callable[[Session, SampleDraw, np.random.Generator], list[DrawnUnit]]
_SELECTORS: Mapping[str, Selector] = {
    "area": _select_areas,
    "household": _select_households,
    "enterprise": _select_enterprises,
    "institution": _select_institutions,
}


def _unit(row: Any, probability: float, *, psu: str) -> DrawnUnit:
    return DrawnUnit(row.id, row.code, row.stratum, psu, float(probability), is_certainty=bool(probability >= 1.0))


def _totals(strata: NDArray[Any], sizes: NDArray[np.float64]) -> tuple[list[str], NDArray[Any], NDArray[Any]]:
    """Return the strata in order, the number of units of each, and their total size."""
    labels, position = np.unique(strata, return_inverse=True)
    return [str(label) for label in labels], np.bincount(position), np.bincount(position, weights=sizes)


def _frame(session: Session, round_id: int, kind: str) -> Frame:
    columns = (
        FrameUnit.id, FrameUnit.code, FrameUnit.commune_code, FrameUnit.stratum, FrameUnit.size, FrameUnit.parent_id
    )  # fmt: skip
    query = select(*columns).where(FrameUnit.round_id == round_id, FrameUnit.kind == kind)
    rows = sorted(session.execute(query), key=lambda row: row.code)
    if not rows:
        raise Problem("empty-frame", kind=kind)
    return rows


def _sampled_areas(session: Session, round_id: int) -> list[Any]:
    query = select(
        SampleUnit.frame_unit_id,
        SampleUnit.stratum,
        SampleUnit.psu,
        SampleUnit.stage1_probability,
        SampleUnit.is_certainty,
    ).where(SampleUnit.round_id == round_id, SampleUnit.kind == "area")
    areas = sorted(session.execute(query), key=lambda row: row.psu)
    if not areas:
        raise Problem("empty-frame", kind="area")
    return areas


def _stored_units(session: Session, draw_id: int) -> list[DrawnUnit]:
    query = (
        select(
            SampleUnit.frame_unit_id,
            FrameUnit.code,
            SampleUnit.stratum,
            SampleUnit.psu,
            SampleUnit.stage1_probability,
            SampleUnit.stage2_probability,
            SampleUnit.is_certainty,
            SampleUnit.reserve_order,
        )
        .join(FrameUnit, FrameUnit.id == SampleUnit.frame_unit_id)
        .where(SampleUnit.draw_id == draw_id)
        .order_by(SampleUnit.position)
    )
    return [DrawnUnit(*row) for row in session.execute(query)]


def _digest(kind: str, seed: int, method: Mapping[str, Any], units: Sequence[DrawnUnit]) -> str:
    """Return the SHA-256 of a draw by codes, not by row numbers, so that it holds in any database."""
    drawn = [
        [u.code, u.stratum, u.psu, repr(u.stage1_probability), repr(u.stage2_probability), u.is_certainty]
        + ([] if u.reserve_order is None else [u.reserve_order])
        for u in units
    ]
    content = json.dumps([kind, seed, dict(method), drawn], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
