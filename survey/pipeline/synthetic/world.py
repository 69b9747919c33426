"""The whole synthetic population of one seed, and the figures that are true of it.

The truth is computed here from the traits themselves, in code of its own, so that it checks the rules by which the
pipeline computes the same figures from questionnaires.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.pipeline.synthetic.firms import DIGITAL_SHARE, Firms, firms, in_core
from survey.pipeline.synthetic.people import People, people
from survey.pipeline.synthetic.schools import COMPLETE, Schools, schools
from survey.pipeline.synthetic.territory import Territory, territory
from survey.pipeline.synthetic.traits import CORE_INDUSTRIES, YES, Traits, traits
from survey.reference.enterprise_size import SMALL_AND_MEDIUM
from survey.reference.units import present_unit_of

REFERENCE_DATE = date(2026, 10, 1)
AGE_BANDS = ((0, "0-14"), (15, "15-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55-64"), (65, "65+"))
_ORGANISED = 0b11111
_VOLUNTARY = sum(1 << (code - 1) for code in range(3, 14))
_ANY_PLATFORM = sum(1 << (code - 1) for code in range(1, 14))

Values = NDArray[Any]


@dataclass(frozen=True, slots=True)
class World:
    """Places, residents with their true answers, enterprises and institutions."""

    seed: int
    places: Territory
    people: People
    traits: Traits
    firms: Firms
    schools: Schools


def world(seed: int, *, scale: float = 1.0, reference: date = REFERENCE_DATE, lag: float = 0.0) -> World:
    """Return the population of a seed; `scale` shrinks households and enterprises, `lag` makes it less digital."""
    places = territory(seed, scale=scale)
    residents = people(seed, places, reference)
    return World(
        seed=seed,
        places=places,
        people=residents,
        traits=traits(seed, residents, lag=lag),
        firms=firms(seed, places, scale=scale, lag=lag),
        schools=schools(seed, places, lag=lag),
    )


def truth(whole: World) -> dict[str, dict[str, dict[str, float]]]:
    """Return true percentages by measure (`XH1/own`), dimension and category; the whole is dimension `province`."""
    result: dict[str, dict[str, dict[str, float]]] = {}
    for level, measures in (
        ("person", _person_measures(whole)),
        ("household", _household_measures(whole)),
        ("enterprise", _firm_measures(whole)),
        ("institution", _school_measures(whole)),
    ):
        groups = {dimension: _coded(labels) for dimension, labels in _groups(whole, level)}
        for name, (numerator, denominator) in measures.items():
            result[name] = {dimension: _shares(codes, numerator, denominator) for dimension, codes in groups.items()}
    return result | _combined(whole)


Coded = tuple[Values, NDArray[np.int64]]


def _coded(labels: Values) -> Coded:
    distinct, position = np.unique(labels, return_inverse=True)
    return distinct, position.astype(np.int64)


def _shares(groups: Coded, numerator: Values, denominator: Values) -> dict[str, float]:
    labels, position = groups
    top = np.bincount(position, weights=numerator.astype(np.float64))
    base = np.bincount(position, weights=denominator.astype(np.float64))
    return {str(label): 100 * float(t) / float(b) for label, t, b in zip(labels, top, base, strict=True) if b > 0}


def _groups(whole: World, level: str) -> Iterator[tuple[str, Values]]:
    commune = _commune_of(whole, level)
    old = whole.places.communes
    present = [present_unit_of(unit.code) for unit in old]
    yield "province", np.full(len(commune), "")
    yield "district", np.array([unit.district_code for unit in old])[commune]
    yield "unit", np.array([unit.code for unit in present])[commune]
    yield "urban_old", np.array(["urban" if unit.urban else "rural" for unit in old])[commune]
    yield "urban_new", np.array(["urban" if unit.urban else "rural" for unit in present])[commune]
    if level == "person":
        yield "sex", np.array(["", "male", "female"])[whole.people.sex]
        bounds = [low for low, _ in AGE_BANDS[1:]]
        yield "age", np.array([label for _, label in AGE_BANDS])[np.digitize(whole.people.age, bounds)]
    if level == "enterprise":
        yield "size", np.array([str(size) for size in whole.firms.size])
        yield "sector", whole.firms.section
    if level == "institution":
        yield "level", whole.schools.kind.astype(np.str_)


def _commune_of(whole: World, level: str) -> NDArray[np.int64]:
    if level == "person":
        return whole.places.commune[whole.people.person_area]
    if level == "household":
        return whole.places.commune[whole.people.area]
    return whole.firms.commune if level == "enterprise" else whole.schools.commune


Measures = Mapping[str, tuple[Values, Values]]


def _person_measures(whole: World) -> Measures:
    a = whole.traits.person
    age, working = whole.people.age, whole.people.working_age
    everyone, from_15, from_18 = age >= 0, age >= 15, age >= 18
    bank, wallet = a["bank_account"] == YES, a["ewallet"] == 1
    signs, issuer = a["e_signature"] == 1, a["signature_issuer"]
    employed = (a["work_7d"] == 1) | (a["work_7d"] == 2)
    force = employed | (a["seek_work"] == YES)
    core = (a["job_industry"] >= 0) & (a["job_industry"] < len(CORE_INDUSTRIES))
    digital = core | (a["job_digital"] == YES)
    certified = a["training_certificate"] == YES
    who, advice, care = a["dossier_who"], a["health_advice"] == YES, a["remote_care"] == YES
    yes_by_universe = {
        "KT6/narrow": (digital, force),
        "KT6/wide": (digital | (a["job_platform"] == YES), force),
        "XH1/own": ((a["smartphone"] == 1) | (a["smartphone"] == 2), from_18),
        "XH1/access": ((a["smartphone"] >= 1) & (a["smartphone"] <= 3), from_18),
        "XH2/wide": (bank | wallet, from_15),
        "XH2/narrow": (bank, from_15),
        "XH3/personal": (signs & (issuer != 2), from_18),
        "XH3/with-public-service": (signs, from_18),
        "XH3/certificate": (signs & ((issuer == 1) | (issuer == 4)), from_18),
        "XH4/trained": (((a["training_form"] & _ORGANISED) > 0) | certified, working),
        "XH4/any-way": ((a["digital_training"] == YES) | certified, working),
        "XH4/skilled": (a["skills"] > 0, working),
        "XH6/basic": (_protected(a, strict=False), a["internet_3m"] == YES),
        "XH6/strict": (_protected(a, strict=True), a["internet_3m"] == YES),
        "XH7/own-account": ((who >= 1) & (who <= 3), from_18),
        "XH7/self": (who == 1, from_18),
        "XH7/assisted": ((who == 1) | (who == 2), from_18),
        "XH7/others": (who >= 1, from_18),
        "XH8/used": (advice | care, from_18),
        "XH8/consulted": (advice, from_18),
        "XH8/treated": (care, from_18),
        "XH9/known": (a["health_record"] <= 2, everyone),
        "XH9/opened": (a["health_record"] == 1, everyone),
    }
    return {name: (yes & among, among) for name, (yes, among) in yes_by_universe.items()}


def _protected(a: Mapping[str, Values], *, strict: bool) -> Values:
    locked, updated = a["security_lock"] == YES, a["security_update"] == YES
    guarded = (a["security_antimalware"] == YES) | (a["security_filter"] == YES)
    protected: Values = locked & (updated | guarded)
    return protected & updated & guarded & (a["security_two_factor"] == YES) if strict else protected


def _household_measures(whole: World) -> Measures:
    a = whole.traits.household
    used, available = a["fibre_used"] == YES, a["fibre_available"]
    everyone = np.ones(len(used), dtype=np.bool_)
    return {
        "XH5/covered": (used | (available == 1) | (available == 2), everyone),
        "XH5/ready": (used | (available == 1), everyone),
        "XH5/subscribed": (used, everyone),
    }


def _firm_measures(whole: World) -> Measures:
    companies, a = whole.firms, whole.firms.answers
    active = companies.active
    small = np.array([size in SMALL_AND_MEDIUM for size in companies.size]) & active
    value_added = _value_added(a) * active
    share = np.array([DIGITAL_SHARE[int(code)] for code in a["digital_share"]])
    digital = value_added * np.where(in_core(companies.vsic_class), 1.0, share)
    return {
        "KT1/experimental": (digital, value_added),
        "KT2/experimental": (digital, value_added),
        "KT4/any": ((a["econtract"] == YES) & active, active),
        "KT4/platform": (((a["econtract_means"] & 1) > 0) & active, active),
        "KT5/voluntary": (((a["platforms"] & _VOLUNTARY) > 0) & small, small),
        "KT5/any": (((a["platforms"] & _ANY_PLATFORM) > 0) & small, small),
    }


def _value_added(a: Mapping[str, Values]) -> Values:
    total: Values = a["labour_cost"] + a["depreciation"] + a["production_taxes"] + a["profit"]
    return total


def _school_measures(whole: World) -> Measures:
    here = whole.schools
    declared = (here.components == COMPLETE).all(axis=1)
    evidenced = declared & here.evidence.all(axis=1)
    level_3 = (here.teaching_score > 75) & (here.management_score > 75)
    return {
        "XH10/evidenced": (evidenced & ~here.is_school, ~here.is_school),
        "XH10/declared": (declared & ~here.is_school, ~here.is_school),
        "XH11/evidenced": (evidenced & here.is_school, here.is_school),
        "XH11/declared": (declared & here.is_school, here.is_school),
        "XH11/level-3": (level_3 & here.is_school, here.is_school),
    }


def _combined(whole: World) -> dict[str, dict[str, dict[str, float]]]:
    """Return KT3: sellers are enterprises and household traders together."""
    a, h = whole.firms.answers, whole.traits.household
    sales = np.concatenate([a["retail_revenue"] * whole.firms.active, h["hb_retail_revenue"]])
    online = a["share_website"] + a["share_marketplace"] + a["share_social"]
    shares = np.concatenate([online, h["hb_online_share"]]) / 100
    commune = np.concatenate([whole.firms.commune, whole.places.commune[whole.people.area]])
    district = np.array([unit.district_code for unit in whole.places.communes])[commune]
    old = np.array(["urban" if unit.urban else "rural" for unit in whole.places.communes])[commune]
    groups = {"province": np.full(len(sales), ""), "district": district, "urban_old": old}
    return {"KT3/supply": {name: _shares(_coded(labels), sales * shares, sales) for name, labels in groups.items()}}
