"""Samples of the synthetic population straight as arrays: draws of `survey.sampling`, non-response, gaps in answers.

What comes out has the shape of a snapshot's tables, so that weighting and estimation are the product's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from survey.pipeline.columns import Columns
from survey.pipeline.synthetic.schools import COMPLETE
from survey.pipeline.synthetic.traits import INDUSTRIES, SKILLS, YES
from survey.pipeline.synthetic.unit_answers import COMPONENTS
from survey.pipeline.synthetic.world import World
from survey.reference.units import present_unit_of
from survey.sampling.allocate import power, proportional
from survey.sampling.select import elements, simple_random, stratified

MISSED_IN_TOWN, MISSED_IN_COUNTRY = 0.145, 0.085
RESPONDENT_MISSED = 0.07
UNIT_RESPONSE = {"micro": 0.66, "small": 0.74, "large": 0.86}
INSTITUTION_RESPONSE = 0.94


@dataclass(frozen=True)
class Sizes:
    """How many areas, households in each, and enterprises a sample has."""

    areas: int = 120
    per_area: int = 20
    enterprises: int = 600


def sample(whole: World, random: Generator, sizes: Sizes) -> dict[str, Columns]:
    """Return the tables of one sample, as `pipeline.columns.load` would."""
    strata: list[tuple[str, str, int, float, int]] = []
    household, member = _households(whole, random, sizes, strata)
    tables = {
        "household": household,
        "member": member,
        "enterprise": _enterprises(whole, random, sizes, strata),
        "institution": _institutions(whole, random, strata),
    }
    names = ("kind", "stratum", "frame_units", "frame_size", "sampled")
    columns = zip(names, zip(*strata, strict=True), strict=True)
    strata_table = {name: np.array(values) for name, values in columns}
    return tables | {"strata": strata_table, "places": _frame_places(whole)}


def _frame_places(whole: World) -> Columns:
    """Return the size of the frame in every old commune, areas by their households and enterprises by their number."""
    codes = np.array([unit.code for unit in whole.places.communes])
    count = len(codes)
    areas = np.bincount(whole.places.commune, weights=whole.places.households, minlength=count)
    firms = np.bincount(whole.firms.commune, minlength=count).astype(np.float64)
    kinds = np.repeat(["area", "enterprise"], count)
    size = np.concatenate([areas, firms])
    kept = size > 0
    return {"kind": kinds[kept], "commune": np.concatenate([codes, codes])[kept], "frame_size": size[kept]}


def _text(values: NDArray[Any]) -> NDArray[Any]:
    """Return codes as text, blank for 0 and below."""
    codes = values.astype(np.int64)
    labels = np.array(["", *map(str, range(1, int(codes.max(initial=0)) + 1))])
    return labels[np.maximum(codes, 0)]


def _gap(random: Generator, values: NDArray[Any], share: float, code: str) -> NDArray[Any]:
    """Put a code such as "8" in place of a share of the answers that are there."""
    return np.where((values != "") & (random.random(len(values)) < share), code, values)


def _sets(bits: NDArray[Any], count: int) -> NDArray[Any]:
    """Return sets of codes from bits, as blank-separated text."""
    distinct, position = np.unique(bits, return_inverse=True)
    labels = [" ".join(str(code) for code in range(1, count + 1) if int(b) >> (code - 1) & 1) for b in distinct]
    return np.array(labels)[position]


def _places(whole: World, commune: NDArray[np.int64]) -> Columns:
    old = whole.places.communes
    present = [present_unit_of(unit.code) for unit in old]
    return {
        "commune": np.array([unit.code for unit in old])[commune],
        "district": np.array([unit.district_code for unit in old])[commune],
        "present_unit": np.array([unit.code for unit in present])[commune],
        "urban_old": np.array(["urban" if unit.urban else "rural" for unit in old])[commune],
        "urban_new": np.array(["urban" if unit.urban else "rural" for unit in present])[commune],
    }


def _households(
    whole: World, random: Generator, sizes: Sizes, strata: list[tuple[str, str, int, float, int]]
) -> tuple[Columns, Columns]:
    places, people = whole.places, whole.people
    stratum = np.array(places.stratum)
    labels, position = np.unique(stratum, return_inverse=True)
    totals = np.bincount(position, weights=places.households)
    counts = np.bincount(position)
    wanted = proportional(sizes.areas, totals, minimum=2)
    first = stratified(
        stratum, dict(zip(labels.tolist(), wanted.tolist(), strict=True)), random, size=places.households * 1.0
    )
    drawn = elements(first, places.households, sizes.per_area, random)
    chosen = places.first_household[drawn.unit] + drawn.element
    strata += [
        ("area", str(s), int(c), float(t), int(w)) for s, c, t, w in zip(labels, counts, totals, wanted, strict=True)
    ]
    area = drawn.unit
    tone = np.minimum(2.5, random.lognormal(0, 0.35, len(places.code)))[area]
    missed = random.random(len(area)) < np.where(places.urban[area], MISSED_IN_TOWN, MISSED_IN_COUNTRY) * tone
    outcome = np.where(missed, np.where(random.random(len(area)) < 0.5, "21", "22"), "11")
    outcome = np.where(random.random(len(area)) < 0.02, "", outcome)
    unit = np.array([f"{places.code[a]}-{e:04d}" for a, e in zip(area, drawn.element, strict=True)])
    design = {
        "unit": unit,
        "stratum": stratum[area],
        "psu": np.array(places.code)[area],
        "stage1_probability": first.inclusion[area],
        "stage2_probability": drawn.second,
        "record": np.where(outcome == "", "", "approved"),
        "result_code": outcome,
        "consent": np.where(outcome == "11", "1", ""),
    } | _places(whole, places.commune[area])
    answered = np.flatnonzero(outcome == "11")
    persons = np.concatenate(
        [np.arange(people.first_person[h], people.first_person[h] + people.size[h]) for h in chosen[answered]]
    )
    row = np.repeat(answered, people.size[chosen[answered]])
    member = _members(whole, persons, unit[row], random)
    return design | _own(whole, chosen, random) | _selected(whole, persons, row, len(area), random), member


def _members(whole: World, persons: NDArray[np.int64], unit: NDArray[Any], random: Generator) -> Columns:
    a = {name: values[persons] for name, values in whole.traits.person.items()}
    industry = np.array(["", *INDUSTRIES])[a["job_industry"].astype(np.int64) + 1]
    record = _text(a["health_record"])
    return {
        "unit": unit,
        "sex": _text(whole.people.sex[persons]),
        "age_months": whole.people.age_months[persons].astype(np.str_),
        "smartphone": _text(a["smartphone"]),
        "bank_account": _gap(random, _gap(random, _text(a["bank_account"]), 0.012, "8"), 0.011, "9"),
        "ewallet": _gap(random, _gap(random, _text(a["ewallet"]), 0.009, "8"), 0.008, "9"),
        "e_signature": _text(a["e_signature"]),
        "signature_issuer": _text(a["signature_issuer"]),
        "health_record": np.where((record == "3") & (random.random(len(record)) < 0.3), "8", record),
        "work_7d": _text(a["work_7d"]),
        "seek_work": _text(a["seek_work"]),
        "job_industry": industry,
        "job_digital": _text(a["job_digital"]),
        "job_platform": _text(a["job_platform"]),
    }


def _own(whole: World, chosen: NDArray[np.int64], random: Generator) -> Columns:
    a = {name: values[chosen] for name, values in whole.traits.household.items()}
    share = a["hb_online_share"]
    sells = _text(a["hb_retail"])
    blank = np.full(len(chosen), np.nan)
    return {
        "fibre_used": _text(a["fibre_used"]),
        "fibre_available": _gap(random, _text(a["fibre_available"]), 0.03, "8"),
        "hb_retail": sells,
        "hb_retail_revenue": np.where(sells == "1", a["hb_retail_revenue"], np.nan),
        "hb_retail_band": np.full(len(chosen), ""),
        "hb_online": np.where(sells == "1", np.where(share > 0, "2", "1"), ""),
        "hb_online_share": np.where(share > 0, share, np.nan),
        "hb_online_amount": blank,
    }


def _selected(
    whole: World, persons: NDArray[np.int64], row: NDArray[np.int64], households: int, random: Generator
) -> Columns:
    """Select one member of 15 and over at random in every responding household, and fill the individual part."""
    eligible = np.flatnonzero(whole.people.age_months[persons] >= 180)
    order = eligible[np.lexsort((random.random(len(eligible)), row[eligible]))]
    rows, start = np.unique(row[order], return_index=True)
    person = persons[order[start]]
    count = np.bincount(row[eligible], minlength=households)
    spoke = random.random(len(rows)) >= RESPONDENT_MISSED
    a = {name: np.where(spoke, values[person], 0) for name, values in whole.traits.person.items()}
    full: Columns = {"eligible_count": np.where(count > 0, count, 0).astype(np.str_)}

    def spread(name: str, values: NDArray[Any]) -> None:
        full[name] = np.full(households, "", dtype=values.dtype if values.dtype.kind == "U" else "U8")
        full[name][rows] = values

    spread("selected_age_months", whole.people.age_months[person].astype(np.str_))
    spread("selected_sex", _text(whole.people.sex[person]))
    spread("selected_working_age", np.where(whole.people.working_age[person], "1", "0"))
    spread("sp_status", np.where(spoke, "1", "4"))
    spread("guardian_consent", np.where(spoke, "1", ""))
    spread("sp_internet", _text(a["internet_3m"]))
    learnt = _gap(random, _text(a["digital_training"]), 0.02, "8")
    spread("digital_training", learnt)
    spread("training_form", np.where(learnt == "1", _sets(a["training_form"], 6), ""))
    spread("training_certificate", np.where(learnt == "8", "8", _text(a["training_certificate"])))
    for place, name in enumerate(SKILLS):
        done = np.where(a["skills"] >> place & 1, "1", "2")
        spread(f"skill_{name}", np.where(spoke, done, ""))
    for name in ("lock", "update", "antimalware", "filter", "two_factor"):
        value = _text(a[f"security_{name}"])
        spread(f"security_{name}", np.where((value == "2") & (random.random(len(value)) < 0.15), "8", value))
    filed = _gap(random, _text(a["dossier_online"]), 0.012, "8")
    spread("dossier_online", filed)
    spread("dossier_who", np.where(filed == "1", _text(a["dossier_who"]), ""))
    for name in ("health_advice", "remote_care"):
        spread(name, _gap(random, _text(a[name]), 0.008, "9"))
    return full


def _enterprises(
    whole: World, random: Generator, sizes: Sizes, strata: list[tuple[str, str, int, float, int]]
) -> Columns:
    companies = whole.firms
    size = np.array([str(each) for each in companies.register_size])
    large = np.isin(size, ("medium", "large"))
    stratum = np.char.add(np.char.add(companies.group, "-"), np.where(large, "large", size))
    labels, position = np.unique(stratum, return_inverse=True)
    counts = np.bincount(position)
    sure = np.array([label.endswith("-large") for label in labels])
    wanted = np.where(sure, counts, 0)
    wanted[~sure] = power(
        sizes.enterprises - int(wanted.sum()), counts[~sure], exponent=0.7, minimum=np.minimum(5, counts[~sure])
    )
    drawn = stratified(stratum, dict(zip(labels.tolist(), wanted.tolist(), strict=True)), random, method=simple_random)
    strata += [("enterprise", str(s), int(c), float(c), int(w)) for s, c, w in zip(labels, counts, wanted, strict=True)]
    rows = drawn.units
    a = {name: values[rows] for name, values in companies.answers.items()}
    share = np.array([UNIT_RESPONSE[label.rsplit("-")[-1]] for label in stratum[rows]])
    responds = random.random(len(rows)) < share
    active = companies.active[rows]
    source = random.choice(np.array(["1", "8", "9"]), len(rows), p=(0.92, 0.04, 0.04))
    accounts = {
        name: np.where(source == "1", a[name], np.nan)
        for name in ("labour_cost", "depreciation", "production_taxes", "profit")
    }
    contract = np.where(random.random(len(rows)) < 0.012, "8", _text(a["econtract"]))
    sells = a["retail"] == YES
    blank = np.full(len(rows), "")
    outcome = np.where(responds, np.where(active, np.where(source == "1", "11", "12"), "45"), "")
    return (
        {
            "unit": np.array(companies.code)[rows],
            "stratum": stratum[rows],
            "psu": np.array(companies.code)[rows],
            "stage1_probability": drawn.probability,
            "stage2_probability": np.ones(len(rows)),
            "record": np.where(responds, "approved", ""),
            "result_code": outcome,
            "operating_status": np.where(responds, _text(companies.status[rows]), ""),
            "vsic_section": np.char.add("2025", companies.section[rows]),
            "vsic_class": companies.vsic_class[rows],
            "nd80_sector": np.where(companies.vsic_class[rows] < "45", "1", "2"),
            "employees": a["employees"].astype(np.float64),
            "revenue": a["revenue"].astype(np.float64),
            "revenue_band": blank,
            "capital": a["capital"].astype(np.float64),
            "capital_band": blank,
            "econtract": contract,
            "econtract_means": np.where(contract == "1", _sets(a["econtract_means"], 3), ""),
            "platforms": _sets(a["platforms"], 14),
            "va_source": source,
            "digital_share": _text(a["digital_share"]),
            "retail": _text(a["retail"]),
            "retail_revenue": np.where(sells, a["retail_revenue"], np.nan),
            "retail_band": blank,
            "ecommerce_share": np.where(
                sells, (a["share_website"] + a["share_marketplace"] + a["share_social"]).astype(np.str_), ""
            ),
        }
        | accounts
        | _places(whole, companies.commune[rows])
    )


def _institutions(whole: World, random: Generator, strata: list[tuple[str, str, int, float, int]]) -> Columns:
    here = whole.schools
    stratum = np.array(here.stratum)
    labels, counts = np.unique(stratum, return_counts=True)
    strata += [("institution", str(s), int(c), float(c), int(c)) for s, c in zip(labels, counts, strict=True)]
    responds = random.random(len(stratum)) < INSTITUTION_RESPONSE
    scored = random.random(len(stratum)) >= 0.05
    columns: Columns = {
        "unit": np.array(here.code),
        "stratum": stratum,
        "psu": np.array(here.code),
        "stage1_probability": np.ones(len(stratum)),
        "stage2_probability": np.ones(len(stratum)),
        "record": np.where(responds, "approved", ""),
        "result_code": np.where(responds, "11", ""),
        "operating_status": np.where(responds, "1", ""),
        "kind": _text(here.kind),
        "index_teaching": np.where(scored, here.teaching_score, np.nan),
        "index_governance": np.where(scored, here.management_score, np.nan),
    }
    for place, name in enumerate(COMPONENTS):
        columns[f"{name}_level"] = _text(here.components[:, place])
        evidence = np.where(here.evidence[:, place], "1", "3")
        columns[f"{name}_evidence"] = np.where(here.components[:, place] <= COMPLETE + 1, evidence, "")
    return columns | _places(whole, here.commune)
