"""What the synthetic residents would truly answer, for every question an indicator rests on, coded as in the form.

Answers share an area effect, a household effect and a personal bent for digital things, so that clusters are alike and
the indicators move together. "Don't know" and refusals belong to the interview, not to the truth.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.pipeline.synthetic.chance import Codes, Flags, Floats, lagged, pick, stream, with_share
from survey.pipeline.synthetic.people import FEMALE, People

YES, NO = 1, 2
_STEADY = frozenset({"works", "seeks_work", "health_insurance", "business", "retail_among_business"})
CORE_INDUSTRIES = ("C26", "G465", "J582", "K61", "K62", "K63", "T951")
OTHER_INDUSTRIES = {
    "A": 0.44,
    "C": 0.12,
    "F": 0.09,
    "G": 0.15,
    "H": 0.04,
    "I": 0.05,
    "N": 0.01,
    "P": 0.02,
    "Q": 0.035,
    "R": 0.015,
    "T": 0.03,
}
INDUSTRIES = (*CORE_INDUSTRIES, *OTHER_INDUSTRIES)
SKILLS = ("device", "copy", "document", "email", "install", "formula", "slides", "verify", "transfer")
_SKILL_SHARES = (0.66, 0.34, 0.31, 0.22, 0.55, 0.13, 0.1, 0.29, 0.52)
_TRAINING_FORMS = {1: 0.24, 2: 0.23, 3: 0.3, 4: 0.16, 5: 0.15, 6: 0.33}


@functools.cache
def levels() -> dict[str, Any]:
    """Return the shares that the population is set on."""
    document = resources.files("survey.pipeline.synthetic") / "levels.json"
    content: dict[str, Any] = json.loads(document.read_text(encoding="utf-8"))
    return content


@dataclass(frozen=True, slots=True)
class Traits:
    """True answers by question name: arrays over persons and over households, 0 where the question does not apply."""

    person: dict[str, NDArray[Any]]
    household: dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Bent:
    """The shared leanings: of each person, and of each household."""

    person: Floats
    household: Floats


def traits(seed: int, people: People, *, lag: float = 0.0) -> Traits:
    """Return the true answers of a population; `lag` puts digital habits back on the logit scale."""
    bent = _bent(seed, people)
    person: dict[str, NDArray[Any]] = {}
    draw = _Draw(seed, people, bent.person, _shares("person", lag))
    _own_answers(draw, person)
    _work(draw, person)
    _respondent_answers(draw, person)
    return Traits(person, _household_answers(seed, people, bent.household, _shares("household", lag)))


def _shares(kind: str, lag: float) -> dict[str, float]:
    """Return the shares of persons or households, those of habits lagged and those of work and trade as they are."""
    found: dict[str, float] = levels()[kind]
    return {name: share if name in _STEADY else lagged(share, lag) for name, share in found.items()}


def _bent(seed: int, people: People) -> _Bent:
    rng = stream(seed, "bent")
    places = people.territory
    commune = rng.normal(0, 0.15, len(places.communes))
    area = commune[places.commune] + rng.normal(0, 0.25, len(places.code)) + 0.35 * places.urban
    household = area[people.area] + rng.normal(0, 0.5, len(people.area))
    age = people.age.astype(np.float64)
    by_age = -np.clip(((age - 27) / 22) ** 2, 0, 5.5)
    person = household[people.household] + by_age + rng.normal(0, 0.6, len(age)) - 0.05 * (people.sex == FEMALE)
    return _Bent(person, household)


@dataclass(frozen=True, slots=True)
class _Draw:
    """Draws one trait at a time, each with its own stream and its own area effect."""

    seed: int
    people: People
    bent: Floats
    shares: dict[str, float]

    def flag(self, name: str, among: Flags, slope: float = 1.0, more: Any = 0.0, spread: float = 0.3) -> Flags:
        rng = stream(self.seed, name)
        places = rng.normal(0, spread, len(self.people.territory.code))
        return with_share(rng, slope * self.bent + places[self.people.person_area] + more, self.shares[name], among)

    def codes(self, name: str, shares: dict[int, float]) -> Codes:
        return pick(stream(self.seed, name, "codes"), shares, len(self.bent))


def _yes_no(flag: Flags, among: Flags) -> Codes:
    return np.where(among, np.where(flag, YES, NO), 0).astype(np.int8)


def _own_answers(draw: _Draw, answers: dict[str, NDArray[Any]]) -> None:
    """Set what is asked of every member."""
    age = draw.people.age
    everyone, from_15, from_18 = age >= 0, age >= 15, age >= 18
    owns = draw.flag("smartphone_own_18", from_15, 1.1)
    shared = draw.flag("smartphone_shared_among_rest", from_15 & ~owns, 0.6)
    given = draw.codes("smartphone", {1: 0.88, 2: 0.12})
    none = draw.codes("no_smartphone", {4: 0.7, 5: 0.3})
    answers["smartphone"] = np.where(from_15, np.where(owns, given, np.where(shared, 3, none)), 0).astype(np.int8)
    online = draw.flag("internet_3m", from_15, 1.0, 2.6 * owns)
    answers["internet_3m"] = _yes_no(online, from_15)
    bank = draw.flag("bank_account", from_15, 0.7, 0.8 * online)
    answers["bank_account"] = _yes_no(bank, from_15)
    wallet = draw.flag("ewallet_active", from_15, 0.8, 1.8 * online + 0.3 * bank)
    idle = draw.codes("ewallet_idle", {2: 0.16, 3: 0.84})
    answers["ewallet"] = np.where(from_15, np.where(wallet, 1, idle), 0).astype(np.int8)
    signs = draw.flag("e_signature", from_18, 0.8, 1.6 * online)
    unaware = draw.codes("e_signature_unaware", {2: 0.62, 3: 0.38})
    answers["e_signature"] = np.where(from_18, np.where(signs, 1, unaware), 0).astype(np.int8)
    issuer = draw.codes("signature_issuer", {1: 0.3, 2: 0.09, 3: 0.2, 4: 0.33, 5: 0.08})
    answers["signature_issuer"] = np.where(signs, issuer, 0).astype(np.int8)
    record = draw.flag("health_record", everyone, 0.25, spread=0.5)
    opened = record & draw.flag("health_record_opened", everyone, 0.6)
    answers["health_record"] = np.where(opened, 1, np.where(record, 2, 3)).astype(np.int8)
    answers["health_insurance"] = _yes_no(draw.flag("health_insurance", everyone, 0.1), everyone)


def _work(draw: _Draw, answers: dict[str, NDArray[Any]]) -> None:
    """Set work in the last seven days, industry and digital occupation."""
    age = draw.people.age.astype(np.float64)
    from_15 = age >= 15
    by_age = -(((age - 41) / 14) ** 2) - 0.35 * (draw.people.sex == FEMALE)
    works = draw.flag("works", from_15, 0.05, np.clip(by_age, -7, 0) + 2)
    away = draw.codes("work_away", {1: 0.97, 2: 0.03})
    seeks = draw.flag("seeks_work", from_15 & ~works & (age < 62), 0.1)
    answers["work_7d"] = np.where(from_15, np.where(works, away, 3), 0).astype(np.int8)
    answers["seek_work"] = _yes_no(seeks, from_15 & ~works)
    core = draw.flag("core_industry", works, 0.7)
    digital = draw.flag("digital_job", works, 0.8, 3.2 * core)
    rng = stream(draw.seed, "industry")
    others = {len(CORE_INDUSTRIES) + i: share for i, share in enumerate(OTHER_INDUSTRIES.values())}
    inside = rng.integers(0, len(CORE_INDUSTRIES), len(age)).astype(np.int8)
    answers["job_industry"] = np.where(works, np.where(core, inside, pick(rng, others, len(age))), -1).astype(np.int8)
    answers["job_digital"] = _yes_no(digital, works)
    answers["job_platform"] = _yes_no(draw.flag("platform_income", works, 0.4), works)


def _respondent_answers(draw: _Draw, answers: dict[str, NDArray[Any]]) -> None:
    """Set what only the randomly selected member is asked, for everyone who could be selected."""
    age = draw.people.age
    from_15, from_18 = age >= 15, age >= 18
    online = answers["internet_3m"] == YES
    buys = draw.flag("online_purchase", from_15, 0.8, 2.0 * online)
    answers["online_purchase"] = _yes_no(buys, from_15)
    band = draw.codes("purchase_band", {1: 0.2, 2: 0.33, 3: 0.26, 4: 0.13, 5: 0.08})
    answers["online_purchase_band"] = np.where(buys, band, 0).astype(np.int8)
    learnt = draw.flag("digital_training", draw.people.working_age, 0.6, spread=0.45)
    answers["digital_training"] = _yes_no(learnt, draw.people.working_age)
    answers["training_form"] = np.where(learnt, _several(draw.seed, "training", len(age), _TRAINING_FORMS), 0)
    certificate = learnt & draw.flag("training_certificate", draw.people.working_age, 0.3)
    answers["training_certificate"] = _yes_no(certificate, draw.people.working_age)
    answers["skills"] = np.where(online, _skills(draw), 0)
    for name, slope in (("lock", 0.5), ("update", 0.5), ("antimalware", 0.5), ("filter", 0.4), ("two_factor", 0.6)):
        key = f"security_{name}"
        answers[key] = _yes_no(draw.flag(key, online, slope), online)
    filed = draw.flag("dossier_online", from_18, 0.7, 1.2 * online)
    answers["dossier_online"] = _yes_no(filed, from_18)
    who = draw.codes("dossier_who", {1: 0.36, 2: 0.27, 3: 0.22, 4: 0.15})
    answers["dossier_who"] = np.where(filed, who, 0).astype(np.int8)
    for name, slope in (("health_advice", 0.5), ("remote_care", 0.4)):
        answers[name] = _yes_no(draw.flag(name, from_18, slope, 1.0 * online), from_18)


def _several(seed: int, name: str, size: int, shares: dict[int, float]) -> NDArray[np.int16]:
    """Return sets of codes as bits (code 1 is bit 0), at least one each."""
    rng = stream(seed, name, "several")
    bits = np.zeros(size, dtype=np.int16)
    for code, share in shares.items():
        bits |= (rng.random(size) < share).astype(np.int16) << (code - 1)
    single = pick(rng, shares, size).astype(np.int16)
    return np.where(bits == 0, 1 << (single - 1), bits).astype(np.int16)


def _skills(draw: _Draw) -> NDArray[np.int16]:
    """Return the tasks done in the last three months as bits, in the order of `SKILLS`."""
    rng = stream(draw.seed, "skills")
    ability = 0.5 * draw.bent + rng.normal(0, 1.0, len(draw.bent))
    bits = np.zeros(len(ability), dtype=np.int16)
    everyone = np.ones(len(ability), dtype=np.bool_)
    for position, share in enumerate(_SKILL_SHARES):
        bits |= with_share(rng, ability, share, everyone).astype(np.int16) << position
    return bits


def _household_answers(seed: int, people: People, bent: Floats, shares: dict[str, float]) -> dict[str, NDArray[Any]]:
    """Set fibre and household business."""
    rng = stream(seed, "household answers")
    everyone = np.ones(len(bent), dtype=np.bool_)
    network = rng.normal(0, 0.9, len(people.territory.code))[people.area] + 0.5 * people.territory.urban[people.area]
    used = with_share(rng, 0.9 * bent + 0.6 * network, shares["fibre_used"], everyone)
    covered = used | with_share(rng, network, shares["fibre_covered_among_rest"], ~used)
    ready = with_share(rng, 0.8 * network, shares["fibre_ready_among_covered_rest"], ~used & covered)
    available = np.where(used, 0, np.where(ready, 1, np.where(covered, 2, 3)))
    business = with_share(rng, 0.3 * bent, shares["business"], everyone)
    retail = with_share(rng, 0.1 * bent, shares["retail_among_business"], business)
    online = with_share(rng, 0.8 * bent, shares["online_among_retail"], retail)
    revenue = np.maximum(5, np.round(rng.lognormal(np.log(260), 0.9, len(bent)) / 5) * 5)
    share = np.clip(np.round(100 * rng.beta(1.3, 3.2, len(bent)) / 5) * 5, 5, 100)
    return {
        "fibre_used": _yes_no(used, everyone),
        "fibre_available": available.astype(np.int8),
        "hb_any": _yes_no(business, everyone),
        "hb_retail": _yes_no(retail, business),
        "hb_retail_revenue": np.where(retail, revenue, 0.0),
        "hb_online_share": np.where(online, share, 0.0),
    }
