"""The synthetic enterprises: activity, size, accounts and digital habits, coded as in the questionnaire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.pipeline.synthetic.chance import Flags, Floats, lagged, pick, stream, with_share
from survey.pipeline.synthetic.territory import Territory
from survey.pipeline.synthetic.traits import NO, YES
from survey.reference.enterprise_size import EnterpriseSize, SizeSector, enterprise_size
from survey.reference.vsic import VsicVersion, section

COUNT = 4007
VERSION = VsicVersion.V2025
ACTIVE, SUSPENDED, DISSOLVING, NOT_FOUND = 1, 2, 3, 4
# Class, share of enterprises, median of employees, median of revenue per employee in million VND, digital bent.
_CLASSES = (
    ("0111", 0.012, 6, 260, -0.8), ("0322", 0.028, 8, 420, -0.7), ("0810", 0.004, 12, 500, -0.6),
    ("1020", 0.03, 25, 900, 0.1), ("1061", 0.022, 10, 1100, -0.2), ("1621", 0.018, 9, 380, -0.4),
    ("2394", 0.016, 14, 480, -0.3), ("2511", 0.034, 7, 330, -0.2), ("2610", 0.002, 30, 700, 1.4),
    ("3102", 0.022, 8, 290, -0.3), ("3512", 0.006, 15, 900, 0.5), ("3811", 0.008, 16, 260, -0.1),
    ("4101", 0.066, 12, 420, -0.3), ("4102", 0.05, 11, 430, -0.3), ("4290", 0.058, 13, 450, -0.2),
    ("4511", 0.02, 8, 1300, 0.2), ("4530", 0.024, 5, 900, 0.0), ("4631", 0.05, 7, 1800, 0.1),
    ("4651", 0.008, 6, 1200, 1.2), ("4663", 0.082, 7, 1500, 0.0), ("4711", 0.056, 6, 1000, 0.3),
    ("4730", 0.05, 6, 2600, 0.2), ("4752", 0.044, 5, 1000, 0.1), ("4771", 0.028, 4, 700, 0.5),
    ("4933", 0.034, 8, 420, 0.0), ("5022", 0.016, 8, 380, -0.4), ("5510", 0.016, 7, 240, 0.5),
    ("5610", 0.03, 6, 260, 0.3), ("5820", 0.002, 6, 420, 2.0), ("5914", 0.004, 6, 320, 1.0),
    ("6190", 0.006, 8, 900, 1.6), ("6201", 0.008, 7, 420, 2.0), ("6311", 0.004, 6, 480, 1.8),
    ("6492", 0.008, 6, 700, 0.8), ("6810", 0.034, 6, 900, 0.3), ("7020", 0.024, 5, 330, 0.8),
    ("7110", 0.034, 6, 320, 0.6), ("7730", 0.018, 5, 340, 0.2), ("8121", 0.016, 9, 160, 0.0),
    ("8560", 0.012, 7, 180, 0.8), ("8620", 0.006, 8, 300, 0.6), ("9329", 0.006, 6, 190, 0.3),
    ("9511", 0.006, 4, 230, 1.2), ("9610", 0.012, 4, 160, 0.0),
)  # fmt: skip
CORE = ("26", "465", "582", "61", "62", "63", "951")
DIGITAL_SHARE = {1: 0.0, 2: 0.05, 3: 0.18, 4: 0.38, 5: 0.63, 6: 0.88}
_PLATFORM_SHARES = {
    3: 0.37,
    4: 0.16,
    5: 0.13,
    6: 0.07,
    7: 0.13,
    8: 0.06,
    9: 0.2,
    10: 0.24,
    11: 0.07,
    12: 0.05,
    13: 0.06,
}
_SIZE_GROUPS = tuple(EnterpriseSize)


@dataclass(frozen=True, slots=True)
class Firms:
    """All enterprises: one entry per enterprise in every array."""

    code: tuple[str, ...]
    commune: NDArray[np.int64]
    vsic_class: NDArray[np.str_]
    section: NDArray[np.str_]
    status: NDArray[np.int8]
    size: tuple[EnterpriseSize, ...]
    register_size: tuple[EnterpriseSize, ...]
    group: NDArray[np.str_]
    answers: dict[str, NDArray[Any]]

    @property
    def active(self) -> Flags:
        """Return which enterprises are active: the universe of every enterprise indicator."""
        return np.equal(self.status, ACTIVE)

    @property
    def stratum(self) -> tuple[str, ...]:
        """Return the sampling strata: group of activities and size in the register."""
        return tuple(f"{group}-{size}" for group, size in zip(self.group, self.register_size, strict=True))


def firms(seed: int, places: Territory, *, scale: float = 1.0, lag: float = 0.0) -> Firms:
    """Return the enterprises of the territory; `lag` puts their digital habits back on the logit scale."""
    rng = stream(seed, "firms")
    count = max(300, round(COUNT * scale))
    kind = pick(rng, {i: row[1] for i, row in enumerate(_CLASSES)}, count)
    vsic = np.array([row[0] for row in _CLASSES])[kind]
    weight = np.bincount(places.commune, weights=places.households * np.where(places.urban, 3.0, 1.0))
    commune = np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random(count))
    employees = np.maximum(1, np.round(rng.lognormal(np.log(np.array([r[2] for r in _CLASSES])[kind]), 0.95))).astype(
        int
    )
    revenue = np.maximum(20, np.round(employees * rng.lognormal(np.log(np.array([r[3] for r in _CLASSES])[kind]), 0.6)))
    capital = np.maximum(50, np.round(revenue * rng.lognormal(np.log(0.7), 0.7)))
    registered = np.maximum(1, np.round(employees * rng.lognormal(0, 0.12, count))).astype(int)
    sections = np.array([section(VERSION, code).code for code in vsic])
    status = pick(rng, {ACTIVE: 0.945, SUSPENDED: 0.028, DISSOLVING: 0.012, NOT_FOUND: 0.015}, count)
    answers: dict[str, NDArray[Any]] = {
        "legal_form": pick(rng, {1: 0.01, 2: 0.66, 3: 0.13, 4: 0.13, 6: 0.02, 7: 0.05}, count),
        "employees": employees,
        "revenue": revenue.astype(int),
        "capital": capital.astype(int),
    }
    bent = np.array([r[4] for r in _CLASSES])[kind] + 0.35 * np.log(employees) + rng.normal(0, 0.9, count)
    _habits(seed, bent, vsic, answers, lag)
    _accounts(seed, employees, revenue, capital, answers)
    _retail(seed, bent, vsic, revenue, answers)
    return Firms(
        code=tuple(f"DN{number:05d}" for number in range(1, count + 1)),
        commune=commune,
        vsic_class=vsic,
        section=sections,
        status=status,
        size=_sizes(vsic, employees, revenue, capital),
        register_size=_sizes(vsic, registered, revenue, capital),
        group=np.array([_group(letter, code) for letter, code in zip(sections, vsic, strict=True)]),
        answers=answers,
    )


def in_core(vsic: NDArray[np.str_]) -> Flags:
    """Return which classes belong to the digital core."""
    return np.array([code.startswith(CORE) for code in vsic])


def _sizes(
    vsic: NDArray[np.str_], employees: NDArray[Any], revenue: Floats, capital: Floats
) -> tuple[EnterpriseSize, ...]:
    found = []
    for code, people, sales, money in zip(vsic, employees, revenue, capital, strict=True):
        sector = SizeSector.AGRICULTURE_INDUSTRY if code < "45" else SizeSector.TRADE_SERVICES
        size = enterprise_size(sector, employees=int(people), revenue=int(sales), capital=int(money))
        found.append(size or EnterpriseSize.LARGE)
    return tuple(found)


def _group(letter: str, vsic: str) -> str:
    if letter == "G":
        return "retail" if vsic.startswith("47") else "trade"
    named = {"A": "primary", "B": "primary", "F": "construction", "J": "information", "K": "information"}
    return named.get(letter, "industry" if letter in "CDE" else "services")


def _habits(seed: int, bent: Floats, vsic: NDArray[np.str_], answers: dict[str, NDArray[Any]], lag: float) -> None:
    """Set electronic contracts, platforms and the declared digital share."""
    rng = stream(seed, "firm habits")
    everyone = np.ones(len(bent), dtype=np.bool_)
    contract = with_share(rng, bent, lagged(0.62, lag), everyone)
    platform = with_share(rng, 0.6 * bent, lagged(0.62, lag), contract)
    means = platform.astype(np.int64) | (with_share(rng, bent, 0.42, contract).astype(np.int64) << 1)
    means = np.where(contract & (means == 0), 4, means)
    bits = with_share(rng, 2 + bent, 0.985, everyone).astype(np.int64)
    bits |= with_share(rng, 2 + bent, 0.97, everyone).astype(np.int64) << 1
    for code, share in _PLATFORM_SHARES.items():
        bits |= with_share(rng, 1.2 * bent, lagged(share, lag), everyone).astype(np.int64) << (code - 1)
    bits |= np.where(platform, 1 << 8, 0)
    bits = np.where(bits == 0, 1 << 13, bits)
    level = np.clip(np.digitize(bent + rng.normal(0, 0.7, len(bent)), (0.4, 2.0, 3.0, 3.8, 4.6)) + 1, 1, 6)
    answers["econtract"] = np.where(contract, YES, NO)
    answers["econtract_means"] = means
    answers["platforms"] = bits
    answers["digital_share"] = np.where(bits == 1 << 13, 1, np.where(in_core(vsic), 6, level))


def _accounts(
    seed: int, employees: NDArray[Any], revenue: Floats, capital: Floats, answers: dict[str, NDArray[Any]]
) -> None:
    """Set the parts of value added in million VND."""
    rng = stream(seed, "firm accounts")
    count = len(employees)
    answers["labour_cost"] = np.round(employees * rng.lognormal(np.log(82), 0.25, count)).astype(int)
    answers["depreciation"] = np.round(capital * rng.uniform(0.01, 0.06, count)).astype(int)
    answers["production_taxes"] = np.round(revenue * rng.uniform(0.001, 0.01, count)).astype(int)
    answers["profit"] = np.round(revenue * rng.normal(0.03, 0.025, count)).astype(int)


def _retail(seed: int, bent: Floats, vsic: NDArray[np.str_], revenue: Floats, answers: dict[str, NDArray[Any]]) -> None:
    """Set retail sales of goods and the shares sold through each online channel, in percent."""
    rng = stream(seed, "firm retail")
    trade = np.array([code[:2] for code in vsic])
    sells = (trade == "47") | ((trade >= "45") & (trade <= "46") & (rng.random(len(bent)) < 0.25))
    part = np.where(trade == "47", rng.uniform(0.75, 1.0, len(bent)), rng.uniform(0.1, 0.5, len(bent)))
    online = with_share(rng, bent, 0.5, sells)
    total = np.where(online, np.clip(np.round(100 * rng.beta(1.1, 4.5, len(bent))), 1, 95), 0).astype(int)
    first = np.round(total * rng.uniform(0, 0.5, len(bent))).astype(int)
    second = np.round((total - first) * rng.uniform(0, 1, len(bent))).astype(int)
    answers["retail"] = np.where(sells, YES, NO)
    answers["retail_revenue"] = np.where(sells, np.round(revenue * part), 0).astype(int)
    answers["share_website"] = first
    answers["share_marketplace"] = second
    answers["share_social"] = total - first - second
