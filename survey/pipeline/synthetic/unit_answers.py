"""The enterprise and the institution questionnaires as the units themselves would have filled them online."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from survey.pipeline.synthetic import names
from survey.pipeline.synthetic.firms import ACTIVE, VERSION
from survey.pipeline.synthetic.schools import IN_PART, NOT_YET, PRIMARY, SEVERAL_LEVELS
from survey.pipeline.synthetic.traits import YES
from survey.pipeline.synthetic.world import World
from survey.reference.units import present_unit_of

COMPONENTS = {
    "governance": ("learners", "staff", "finance", "assets", "documents", "signature"),
    "activity": ("lms", "records", "fees", "admission"),
    "digital_data": ("standard", "identifier", "sync"),
    "repository": ("shared", "open"),
}
_MONEY_BANDS = (
    (3_000, "1"),
    (10_000, "2"),
    (20_000, "3"),
    (50_000, "4"),
    (100_000, "5"),
    (200_000, "6"),
    (300_000, "7"),
)

Values = dict[str, str]


def enterprise_answers(whole: World, position: int, identity: Mapping[str, str], rng: random.Random) -> Values:
    """Return the questionnaire of an enterprise that answered; an inactive one only says so."""
    companies, a = whole.firms, whole.firms.answers
    values: Values = {"response_mode": "1", "operating_status": str(companies.status[position])}
    if companies.status[position] != ACTIVE:
        return values
    values["consent"] = "1"
    unit = whole.places.communes[companies.commune[position]]
    values |= {
        "tax_code": identity["tax_code"],
        "enterprise_name": identity["enterprise_name"],
        "address": identity["address"],
        "old_commune": unit.code,
        "present_commune": present_unit_of(unit.code).code,
        "legal_form": str(a["legal_form"][position]),
        "vsic_version": VERSION.value,
        "vsic_section": f"{VERSION.value}{companies.section[position]}",
        "vsic_class": str(companies.vsic_class[position]),
        "fiscal_year": str(whole.people.reference.year - 1),
    }
    values |= _size(a, position, rng) | _digital(a, position, rng) | _accounts(a, position, rng)
    values |= _retail(a, position, rng)
    return values | {
        "respondent_name": names.person_name(rng, rng.randint(1, 2)),
        "respondent_position": rng.choices("1234", weights=(38, 47, 11, 4))[0],
        "respondent_phone": names.mobile(rng),
        "confirmed": "OK",
    }


def _size(a: Mapping[str, Any], position: int, rng: random.Random) -> Values:
    values = {"employees": str(a["employees"][position])}
    for name in ("revenue", "capital"):
        amount = int(a[name][position])
        if rng.random() < 0.93:
            values[name] = str(amount)
        else:
            values[f"{name}_band"] = next((code for limit, code in _MONEY_BANDS if amount <= limit), "8")
    return values


def _digital(a: Mapping[str, Any], position: int, rng: random.Random) -> Values:
    values: Values = {"platforms": _codes(a["platforms"][position], 14)}
    if rng.random() < 0.012:
        return values | {"econtract": "8"}
    values["econtract"] = str(a["econtract"][position])
    if values["econtract"] == "1":
        values["econtract_means"] = _codes(a["econtract_means"][position], 3)
        values["econtract_partners"] = " ".join(sorted(rng.sample("123456", rng.randint(1, 3))))
        values["econtract_share"] = rng.choices("1234", weights=(40, 32, 16, 12))[0]
    return values


def _codes(bits: Any, count: int) -> str:
    return " ".join(str(code) for code in range(1, count + 1) if int(bits) >> (code - 1) & 1)


def _accounts(a: Mapping[str, Any], position: int, rng: random.Random) -> Values:
    values = {"va_source": rng.choices("1289", weights=(78, 14, 4, 4))[0]}
    if values["va_source"] <= "2":
        values["net_revenue"] = str(round(int(a["revenue"][position]) * 0.995))
        for name in ("labour_cost", "depreciation", "production_taxes", "profit"):
            values[name] = str(a[name][position])
    return values | {"digital_share": str(a["digital_share"][position])}


def _retail(a: Mapping[str, Any], position: int, rng: random.Random) -> Values:
    values = {"retail": str(a["retail"][position])}
    if a["retail"][position] != YES:
        return values
    amount = int(a["retail_revenue"][position])
    if rng.random() < 0.94:
        values["retail_revenue"] = str(amount)
    else:
        values["retail_band"] = next((code for limit, code in _MONEY_BANDS if amount <= limit), "8")
    return values | {name: str(a[name][position]) for name in ("share_website", "share_marketplace", "share_social")}


def institution_answers(whole: World, position: int, identity: Mapping[str, str], rng: random.Random) -> Values:
    """Return the questionnaire of an education institution."""
    here = whole.schools
    unit = whole.places.communes[here.commune[position]]
    kind, pupils = int(here.kind[position]), int(here.pupils[position])
    values = {
        "response_mode": "1",
        "operating_status": "1",
        "consent": "1",
        "institution_name": identity["institution_name"],
        "address": identity["address"],
        "institution_code": here.code[position],
        "kind": str(kind),
        "ownership": "1" if rng.random() < 0.96 else "2",
        "old_commune": unit.code,
        "present_commune": present_unit_of(unit.code).code,
        "learners": str(pupils),
        "teachers": str(max(4, round(pupils / 19))),
    }
    if kind == SEVERAL_LEVELS:
        values["levels"] = rng.choice(("1 2", "2 3"))
    for column, (component, criteria) in enumerate(COMPONENTS.items()):
        level = int(here.components[position, column])
        evidence = bool(here.evidence[position, column])
        values |= _component(component, criteria, level, rng, has_evidence=evidence, code=here.code[position])
    if kind >= PRIMARY:
        values |= _index(whole, position, rng)
    return values | _sign_off(rng)


def _component(
    name: str, criteria: tuple[str, ...], level: int, rng: random.Random, *, has_evidence: bool, code: str
) -> Values:
    values = {f"{name}_level": str(level)}
    answers = [str(level)] * len(criteria)
    if level == IN_PART:
        answers = [rng.choices("123", weights=(4, 5, 2))[0] for _ in criteria]
        answers[0] = "2"
    values |= {f"{name}_{criterion}": answer for criterion, answer in zip(criteria, answers, strict=True)}
    if level == NOT_YET:
        return values
    if not has_evidence:
        return values | {f"{name}_evidence": "3"}
    return values | {f"{name}_evidence": "1", f"{name}_link": f"https://{code.lower()}.example.edu.vn/{name}"}


def _index(whole: World, position: int, rng: random.Random) -> Values:
    if rng.random() < 0.05:
        return {"index_done": "2"}
    teaching, governance = whole.schools.teaching_score[position], whole.schools.management_score[position]
    least = min(teaching, governance)
    level = "9" if rng.random() < 0.06 else "1" if least < 50 else "2" if least <= 75 else "3"
    return {
        "index_done": "1",
        "index_year": str(whole.people.reference.year),
        "index_teaching": str(teaching),
        "index_governance": str(governance),
        "index_level": level,
    }


def _sign_off(rng: random.Random) -> Values:
    return {
        "reporter_name": names.person_name(rng, rng.randint(1, 2)),
        "reporter_position": rng.choices("1234", weights=(25, 40, 22, 13))[0],
        "reporter_phone": names.mobile(rng),
        "head_name": names.person_name(rng, rng.randint(1, 2)),
        "confirmed": "OK",
    }
