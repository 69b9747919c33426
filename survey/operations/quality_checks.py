"""The quality rules themselves: cases and parameters in, findings with their figures out. Pure; decides nothing else.

A rule is a function from cases and parameters to findings; its words and limits stand in the reference data.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from survey.estimation.interviewer import interviewer_effect, nearest_duplicates, robust_scores, whipple_index
from survey.operations.quality_cases import Case
from survey.reference import geometry, units
from survey.reference.quality_rules import QualityRule

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_NAMED_UNITS = 3
_KM_PER_DEGREE = 111.32
Parameters = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule noticed: about a record, or about an enumerator and a `detail` (a day, a question)."""

    submission_id: str | None = None
    account_id: int | None = None
    detail: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def check(rule: QualityRule, cases: Sequence[Case]) -> list[Finding]:
    """Return what a rule notices in the records of a round; nothing for a rule that has no function."""
    function = _CHECKS.get(rule.code)
    return list(function(_reached(cases, rule.parameters), rule.parameters)) if function else []


def _reached(cases: Sequence[Case], parameters: Parameters) -> list[Case]:
    """Return the cases that a rule is about: outcomes, channels and kinds where its parameters name them."""
    outcomes, channels = parameters.get("outcomes"), parameters.get("channels")
    kinds = parameters.get("kinds")
    return [
        case
        for case in cases
        if (outcomes is None or case.head.outcome in outcomes)
        and (channels is None or case.head.channel in channels)
        and (kinds is None or case.head.kind in kinds)
    ]


def _consent(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case in cases:
        if case.consent is not None and case.consent not in given["agreed"]:
            yield Finding(case.head.submission_id, figures={"answer": case.consent or "–"})


def _same_household(cases: Iterable[Case], _given: Parameters) -> Iterator[Finding]:
    yield from _shared(((case.household_key, case) for case in cases if case.household_key), 0)


def _same_phone(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    yield from _shared(((key, case) for case in cases for key in case.phone_keys), int(given["allowed"]) - 1)


def _shared(pairs: Iterable[tuple[str, Case]], allowed: int) -> Iterator[Finding]:
    """Yield a finding for each record whose key stands in more than `allowed` other records."""
    for _, members in _grouped(pairs):
        for case in members:
            others = [other for other in members if other is not case]
            if len(others) > allowed:
                names = ", ".join(sorted(other.head.unit_code or "–" for other in others)[:_NAMED_UNITS])
                more = " …" if len(others) > _NAMED_UNITS else ""
                yield Finding(case.head.submission_id, figures={"others": len(others), "units": names + more})


def _short(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case, score, median in _durations(cases):
        if case.minutes is not None and (score < -given["score"] or case.minutes < given["minutes"]):
            yield Finding(case.head.submission_id, figures=_lasting(case.minutes, median))


def _long(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case, score, median in _durations(cases):
        if case.minutes is not None and score > given["score"] and case.minutes > given["minutes"]:
            yield Finding(case.head.submission_id, figures=_lasting(case.minutes, median))


def _lasting(minutes: float, median: float) -> dict[str, float]:
    return {"minutes": round(minutes, 1), "median": round(median, 1)}


def _durations(cases: Iterable[Case]) -> Iterator[tuple[Case, float, float]]:
    """Yield each timed case with its robust score and the median, among those of its kind and household size."""
    timed = ((_alike(case), case) for case in cases if case.minutes is not None and case.minutes > 0)
    for _, members in _grouped(timed):
        minutes = [case.minutes or 0.0 for case in members]
        median = float(np.median(minutes))
        for case, score in zip(members, robust_scores(minutes), strict=True):
            yield case, float(score), median


def _alike(case: Case) -> tuple[str, str, int]:
    return case.head.kind, case.head.outcome, min(case.size, 6)


def _straight(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case in cases:
        if case.blocks >= given["blocks"]:
            yield Finding(case.head.submission_id, figures={"questions": case.block_questions, "blocks": case.blocks})


def _unknown(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case in cases:
        if case.asked >= given["least"] and case.unknown / case.asked > given["share"]:
            percent = round(100 * case.unknown / case.asked, 1)
            yield Finding(
                case.head.submission_id, figures={"count": case.unknown, "asked": case.asked, "percent": percent}
            )


def _night(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case in cases:
        if case.started is not None:
            local = case.started.astimezone(ZONE)
            if local.hour >= given["from"] or local.hour < given["until"]:
                yield Finding(case.head.submission_id, figures={"time": f"{local:%H:%M}"})


def _outside(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for case in cases:
        if case.point is None or not case.head.commune_code:
            continue
        unit = units.present_unit_of(case.head.commune_code)
        km = kilometres_outside(case.point, geometry.boundary(unit.code))
        if km > given["km"]:
            yield Finding(case.head.submission_id, figures={"unit": unit.name, "km": round(km, 1)})


def kilometres_outside(point: tuple[float, float], polygons: Sequence[geometry.Polygon]) -> float:
    """Return how far a point (latitude, longitude) lies outside polygons in kilometres, on a flat map; 0 inside."""
    latitude, longitude = point
    if any(_inside(longitude, latitude, polygon) for polygon in polygons):
        return 0.0
    east = _KM_PER_DEGREE * math.cos(math.radians(latitude))
    rings = [ring for polygon in polygons for ring in polygon]
    corners = [np.array([((x - longitude) * east, (y - latitude) * _KM_PER_DEGREE) for x, y in ring]) for ring in rings]
    return min(_distance_to_ring(ring) for ring in corners)


def _inside(x: float, y: float, polygon: geometry.Polygon) -> bool:
    """Tell by the parity of crossings whether a point lies in a polygon with holes."""
    crossings = 0
    for ring in polygon:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


def _distance_to_ring(ring: Any) -> float:
    """Return the distance of the origin from the sides of a ring of points (n, 2)."""
    start, along = ring[:-1], np.diff(ring, axis=0)
    length = np.maximum((along**2).sum(axis=1), 1e-18)
    share = np.clip(-(start * along).sum(axis=1) / length, 0, 1)
    return float(np.sqrt(((start + share[:, None] * along) ** 2).sum(axis=1)).min())


def _twins(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    mine = (((c.head.account_id, c.head.form_version_id), c) for c in cases if c.head.account_id is not None)
    for _, members in _grouped(mine):
        shares, others = nearest_duplicates([case.codes for case in members], least=given["least"])
        for case, share, other in zip(members, shares, others, strict=True):
            if other >= 0 and share >= given["share"]:
                unit = members[int(other)].head.unit_code or "–"
                percent = round(100 * float(share), 1)
                yield Finding(case.head.submission_id, figures={"percent": percent, "unit": unit})


def _crowded(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    days = (
        ((case.head.account_id, case.started.astimezone(ZONE).date()), case)
        for case in cases
        if case.started is not None and case.head.account_id is not None
    )
    for (account_id, day), members in _grouped(days):
        if len(members) > given["most"]:
            figures = {"count": len(members), "day": day.isoformat(), "most": given["most"]}
            yield Finding(None, account_id, day.isoformat(), figures)


def _heaped(cases: Iterable[Case], given: Parameters) -> Iterator[Finding]:
    for account_id, members in _grouped((case.head.account_id, case) for case in cases):
        index, persons = whipple_index([age for case in members for age in case.ages])
        if account_id is not None and persons >= given["least"] and index > given["index"]:
            yield Finding(None, account_id, figures={"index": round(index, 1), "persons": persons})


def _effects(cases: Sequence[Case], given: Parameters) -> Iterator[Finding]:
    for question, code in sorted(given["questions"].items()):
        answered = [c for c in cases if c.head.account_id is not None and c.values.get(question)]
        workload = _grouped((c.head.account_id, c) for c in answered)
        kept = {account: group for account, group in workload if len(group) >= given["least"]}
        values = [float(c.values[question] == code) for group in kept.values() for c in group]
        who = [account for account, group in kept.items() for _ in group]
        effect = interviewer_effect(values, who) if values else None
        if effect is not None and effect.icc > given["icc"] and effect.p < given["p"]:
            yield _most_different(question, code, np.array(values), np.array(who), effect.icc)


def _most_different(question: str, code: str, values: Any, who: Any, icc: float) -> Finding:
    """Return the finding about the enumerator whose share lies farthest from that of all others."""
    shares = {int(a): (float(values[who == a].mean()), float(values[who != a].mean())) for a in np.unique(who)}
    account = max(shares, key=lambda a: abs(shares[a][0] - shares[a][1]))
    mine, others = (round(100 * share, 1) for share in shares[account])
    figures = {"question": question, "code": code, "mine": mine, "others": others, "icc": round(icc, 2)}
    return Finding(None, account, question, figures)


def _grouped(pairs: Iterable[tuple[Any, Case]]) -> list[tuple[Any, list[Case]]]:
    """Return cases by key, in the order in which the keys come."""
    found: dict[Hashable, list[Case]] = defaultdict(list)
    for key, case in pairs:
        found[key].append(case)
    return list(found.items())


_CHECKS: Mapping[str, Callable[[list[Case], Parameters], Iterator[Finding]]] = {
    "consent-missing": _consent,
    "duplicate-household": _same_household,
    "duplicate-phone": _same_phone,
    "duration-short": _short,
    "duration-long": _long,
    "straight-lining": _straight,
    "dont-know": _unknown,
    "night": _night,
    "gps-outside": _outside,
    "near-duplicate": _twins,
    "many-in-a-day": _crowded,
    "digit-preference": _heaped,
    "interviewer-effect": _effects,
}
CODES = frozenset(_CHECKS)
