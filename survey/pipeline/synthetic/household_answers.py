"""The household questionnaire as an enumerator would have filled it: true answers, gaps, don't-knows, refusals."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from survey.pipeline.synthetic import names
from survey.pipeline.synthetic.people import FEMALE
from survey.pipeline.synthetic.traits import INDUSTRIES, NO, SKILLS, YES
from survey.pipeline.synthetic.world import World
from survey.reference.retirement import Sex, in_working_age

DONT_KNOW, REFUSED = "8", "9"
FROM_15, FROM_16, FROM_18 = 180, 192, 216
_BANDS = ((50, "1"), (100, "2"), (200, "3"), (500, "4"), (1000, "5"), (3000, "6"))
_JOBS = {
    "A": "Làm ruộng, làm vườn",
    "C": "Công nhân nhà máy",
    "F": "Thợ xây",
    "G": "Buôn bán tại chợ",
    "I": "Bán quán ăn",
}

Values = dict[str, str]


@dataclass(frozen=True, slots=True)
class Interview:
    """The answers of one household by question name, and its members row by row."""

    values: Values
    members: list[Values]


def household_interview(whole: World, household: int, rng: random.Random, chance: str) -> Interview:
    """Return the interview of a household that was met; `chance` is the stored random number of the selection."""
    values: Values = {}
    if rng.random() < 0.012:
        return Interview({"consent": "2", "refusal_reason": rng.choice("1234")}, [])
    sensitive = rng.random() > 0.012
    values |= {"consent": "1", "consent_sensitive": "1" if sensitive else "2"}
    members = _members(whole, household, rng)
    values |= _household(whole, household, rng, len(members))
    _own_answers(whole, members, rng, sensitive=sensitive)
    values |= _respondent(whole, members, rng, chance, sensitive=sensitive)
    values |= _business(whole, household, rng)
    values |= {"main_informant": "1", "phone": names.mobile(rng)}
    return Interview(values, [member.values for member in members])


@dataclass(slots=True)
class _Member:
    """A member under interview: position in the population, age as the form computes it, row of answers."""

    person: int
    months: int
    collected: bool
    values: Values


def _members(whole: World, household: int, rng: random.Random) -> list[_Member]:
    people = whole.people
    first, size = int(people.first_person[household]), int(people.size[household])
    result = []
    for number, person in enumerate(range(first, first + size)):
        month = 98 if number and rng.random() < 0.02 else int(people.birth_month[person])
        collected = number == 0 or rng.random() > 0.012
        months = _age_months(whole, int(people.birth_year[person]), 7 if month == 98 else month)
        result.append(
            _Member(
                person,
                months,
                collected,
                {
                    "member_name": names.person_name(rng, int(people.sex[person])),
                    "sex": str(people.sex[person]),
                    "birth_month": str(month),
                    "birth_year": str(people.birth_year[person]),
                    "relationship": str(people.relation[person]),
                    "answered_by": _answered_by(number, months, collected, rng),
                },
            )
        )
    return result


def _age_months(whole: World, year: int, month: int) -> int:
    reference = whole.people.reference
    return max(0, (reference.year - year) * 12 + reference.month - month)


def _answered_by(number: int, months: int, collected: bool, rng: random.Random) -> str:
    if not collected:
        return "9"
    if number == 0:
        return "1"
    return "1" if months >= FROM_16 and rng.random() < 0.45 else "2"


def _household(whole: World, household: int, rng: random.Random, size: int) -> Values:
    a = whole.traits.household
    used = int(a["fibre_used"][household])
    values = {"member_count": str(size), "fibre_used": str(used)}
    if used == YES:
        values["isp"] = rng.choices("123458", weights=(46, 38, 9, 3, 2, 2))[0]
    else:
        unknown = rng.random() < 0.03
        values["fibre_available"] = DONT_KNOW if unknown else str(a["fibre_available"][household])
        values["fibre_no_reason"] = rng.choices("12345", weights=(30, 27, 8, 30, 5))[0]
    chosen = [code for code, share in zip("1234", (0.12, 0.27, 0.11, 0.58), strict=True) if rng.random() < share]
    return values | {"devices": " ".join(chosen) or "5"}


def _own_answers(whole: World, members: list[_Member], rng: random.Random, *, sensitive: bool) -> None:
    """Fill each member's row; nothing for those who could not be reached."""
    a = whole.traits.person
    for member in members:
        if not member.collected:
            continue
        if sensitive:
            member.values |= _health(a, member.person, rng)
        if member.months >= FROM_15:
            member.values |= _adult(a, member.person, rng, sensitive=sensitive)
        if member.months >= FROM_18:
            member.values |= _signature(a, member.person)


def _health(a: Mapping[str, Any], person: int, rng: random.Random) -> Values:
    record = int(a["health_record"][person])
    return {
        "health_record": DONT_KNOW if record == 3 and rng.random() < 0.3 else str(record),
        "health_insurance": str(a["health_insurance"][person]),
    }


def _signature(a: Mapping[str, Any], person: int) -> Values:
    signs = int(a["e_signature"][person])
    issuer = {"signature_issuer": str(a["signature_issuer"][person])} if signs == YES else {}
    return {"e_signature": str(signs or NO)} | issuer


def _adult(a: Mapping[str, Any], person: int, rng: random.Random, *, sensitive: bool) -> Values:
    def given(name: str) -> str:
        return str(int(a[name][person]))

    values = {
        "smartphone": given("smartphone").replace("0", "5"),
        "internet_3m": given("internet_3m").replace("0", "2"),
    }
    if sensitive:
        values["bank_account"] = _or_gap(rng, given("bank_account").replace("0", "2"), 0.012, 0.011)
        values["ewallet"] = _or_gap(rng, given("ewallet").replace("0", "3"), 0.009, 0.008)
    work = given("work_7d").replace("0", "3")
    values["work_7d"] = work
    if work == "3":
        values["seek_work"] = given("seek_work").replace("0", "2")
        return values
    industry = INDUSTRIES[int(a["job_industry"][person])]
    return values | {
        "job_title": _JOBS.get(industry[0], "Nhân viên"),
        "job_industry": industry,
        "job_digital": given("job_digital"),
        "job_platform": given("job_platform"),
    }


def _or_gap(rng: random.Random, value: str, unknown: float, refused: float) -> str:
    chance = rng.random()
    return DONT_KNOW if chance < unknown else REFUSED if chance < unknown + refused else value


def _respondent(whole: World, members: list[_Member], rng: random.Random, chance: str, *, sensitive: bool) -> Values:
    """Select one member as the form does, from the stored random number, and fill the individual part."""
    values: Values = {}
    eligible = [member for member in members if member.months >= FROM_15]
    if not eligible:
        return values
    chosen = eligible[int(float(chance) * len(eligible))]
    values["sp_status"] = rng.choices("12345", weights=(915, 15, 25, 38, 7))[0]
    if values["sp_status"] > "2":
        return values
    if chosen.months < FROM_16:
        values["guardian_consent"] = "1"
    a, person = whole.traits.person, chosen.person
    online = int(a["internet_3m"][person]) == YES
    if chosen.values["answered_by"] != "1":
        values["sp_internet_check"] = str(YES if online else NO)
    values |= _online_life(a, person, rng, online=online, sensitive=sensitive)
    if _of_working_age(whole, chosen):
        values |= _training(a, person, rng, whole.people.reference.year)
    values |= {f"skill_{name}": _bit(a["skills"][person], place) for place, name in enumerate(SKILLS)}
    if chosen.values.get("e_signature") == "1":
        values["signature_used"] = rng.choices("12", weights=(62, 38))[0]
    if chosen.months >= FROM_18:
        values |= _services(a, person, rng, sensitive=sensitive)
    return values


def _of_working_age(whole: World, member: _Member) -> bool:
    """Return what the form computes from the month and year given to it."""
    month = int(member.values["birth_month"])
    sex = Sex.FEMALE if member.values["sex"] == str(FEMALE) else Sex.MALE
    born = int(member.values["birth_year"])
    return in_working_age(sex, born, None if month == 98 else month, whole.people.reference)


def _bit(bits: Any, place: int) -> str:
    return str(YES if int(bits) >> place & 1 else NO)


def _online_life(a: Mapping[str, Any], person: int, rng: random.Random, *, online: bool, sensitive: bool) -> Values:
    values: Values = {}
    buys = int(a["online_purchase"][person]) or NO
    values["online_purchase"] = str(buys)
    if buys == YES:
        values["online_purchase_band"] = str(a["online_purchase_band"][person])
    if sensitive:
        values["cashless"] = rng.choices("129", weights=(58, 41, 1))[0]
    if online:
        values["internet_frequency"] = rng.choices("1234", weights=(55, 30, 11, 4))[0]
        for name in ("lock", "update", "antimalware", "filter", "two_factor"):
            true = int(a[f"security_{name}"][person])
            values[f"security_{name}"] = DONT_KNOW if true == NO and rng.random() < 0.15 else str(true)
        values["security_incident"] = rng.choices("128", weights=(9, 88, 3))[0]
    return values


def _training(a: Mapping[str, Any], person: int, rng: random.Random, year: int) -> Values:
    learnt = int(a["digital_training"][person]) or NO
    if rng.random() < 0.02:
        return {"digital_training": DONT_KNOW, "training_certificate": DONT_KNOW}
    certificate = int(a["training_certificate"][person]) or NO
    values = {"digital_training": str(learnt), "training_certificate": str(certificate)}
    if learnt == YES:
        forms = int(a["training_form"][person])
        values["training_form"] = " ".join(str(code) for code in range(1, 7) if forms >> (code - 1) & 1)
        values["training_year"] = "9998" if rng.random() < 0.05 else str(rng.randint(2019, year))
    return values


def _services(a: Mapping[str, Any], person: int, rng: random.Random, *, sensitive: bool) -> Values:
    values: Values = {}
    filed = _or_gap(rng, str(int(a["dossier_online"][person]) or NO), 0.012, 0.0)
    values["dossier_online"] = filed
    if filed == "1":
        values["dossier_who"] = str(a["dossier_who"][person])
        values["dossier_fields"] = " ".join(sorted(rng.sample("123456789", rng.randint(1, 3))))
    elif filed == "2":
        values["dossier_no_reason"] = rng.choices("1234567", weights=(44, 20, 19, 7, 3, 3, 4))[0]
    if sensitive:
        for name in ("health_advice", "remote_care"):
            values[name] = _or_gap(rng, str(int(a[name][person]) or NO), 0.0, 0.008)
        values["health_booking"] = rng.choices("12", weights=(12, 88))[0]
    return values


def _business(whole: World, household: int, rng: random.Random) -> Values:
    a = whole.traits.household
    if int(a["hb_any"][household]) != YES:
        return {"hb_any": "2"}
    flags = {name: rng.choices("12", weights=(share, 100 - share))[0] for name, share in _TOOLS.items()}
    values = {"hb_any": "1", "hb_retail": str(a["hb_retail"][household])} | flags
    if values["hb_retail"] == "1":
        values |= _sales(float(a["hb_retail_revenue"][household]), float(a["hb_online_share"][household]), rng)
    return values


_TOOLS = {"hb_pos": 18, "hb_einvoice": 24, "hb_qr": 63}


def _sales(revenue: float, share: float, rng: random.Random) -> Values:
    """Return retail sales: an amount mostly, a band sometimes; the online part as a share or an amount."""
    values: Values = {}
    if rng.random() < 0.86:
        values["hb_retail_revenue"] = f"{revenue:.0f}"
    elif rng.random() < 0.12:
        values["hb_retail_band"] = rng.choice(("98", "99"))
    else:
        values["hb_retail_band"] = next((code for limit, code in _BANDS if revenue < limit), "7")
    if share == 0:
        return values | {"hb_online": "1"}
    if "hb_retail_revenue" in values and rng.random() < 0.3:
        return values | {"hb_online": "3", "hb_online_amount": f"{revenue * share / 100:.1f}"}
    return values | {"hb_online": "2", "hb_online_share": f"{share:.0f}"}
