"""Households and their members: size, relation to the head, sex, month and year of birth. No traits yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from survey.pipeline.synthetic.chance import Codes, pick, stream
from survey.pipeline.synthetic.territory import Territory
from survey.reference.retirement import Sex, retirement_rows

SIZES = {1: 0.09, 2: 0.17, 3: 0.22, 4: 0.26, 5: 0.14, 6: 0.08, 7: 0.03, 8: 0.01}
HEAD, SPOUSE, CHILD, PARENT, GRANDPARENT, GRANDCHILD, SIBLING, OTHER = range(1, 9)
"""Codes of the relation to the head, as in the questionnaire."""
MALE, FEMALE = 1, 2
_OTHERS = {CHILD: 0.72, PARENT: 0.09, GRANDCHILD: 0.12, SIBLING: 0.04, OTHER: 0.03}


@dataclass(frozen=True, slots=True)
class People:
    """All residents. Person arrays are ordered by household and line; household arrays by area."""

    territory: Territory
    reference: date
    area: NDArray[np.int64]
    size: NDArray[np.int64]
    first_person: NDArray[np.int64]
    """Position of each household's first member."""
    household: NDArray[np.int64]
    line: NDArray[np.int64]
    relation: Codes
    sex: Codes
    birth_year: NDArray[np.int64]
    birth_month: NDArray[np.int64]
    age_months: NDArray[np.int64]
    working_age: NDArray[np.bool_]

    @property
    def age(self) -> NDArray[np.int64]:
        """Return completed years."""
        return self.age_months // 12

    @property
    def person_area(self) -> NDArray[np.int64]:
        """Return each person's area."""
        return self.area[self.household]


def people(seed: int, territory: Territory, reference: date) -> People:
    """Return the residents of a territory on a reference date."""
    rng = stream(seed, "people")
    area = np.repeat(np.arange(len(territory.households)), territory.households)
    size = pick(rng, SIZES, len(area)).astype(np.int64)
    household = np.repeat(np.arange(len(area)), size)
    line = np.arange(len(household)) - np.repeat(np.cumsum(size) - size, size) + 1
    relation = _relations(rng, line)
    head_age = np.clip(rng.normal(50, 13, len(area)), 20, 92)
    age_months = _ages(rng, relation, head_age[household])
    sex = _sexes(rng, relation, household)
    month = reference.year * 12 + reference.month - 1 - age_months
    return People(
        territory=territory,
        reference=reference,
        area=area,
        size=size,
        first_person=np.cumsum(size) - size,
        household=household,
        line=line,
        relation=relation,
        sex=sex,
        birth_year=month // 12,
        birth_month=month % 12 + 1,
        age_months=age_months,
        working_age=_working_age(sex, month, age_months),
    )


def _relations(rng: np.random.Generator, line: NDArray[np.int64]) -> Codes:
    relation = pick(rng, _OTHERS, len(line))
    second = line == 2
    relation[second] = np.where(rng.random(int(second.sum())) < 0.82, SPOUSE, CHILD)
    relation[line == 1] = HEAD
    return relation


def _ages(rng: np.random.Generator, relation: Codes, head: NDArray[np.float64]) -> NDArray[np.int64]:
    spread = rng.normal(0, 1, len(relation))
    uniform = rng.random(len(relation))
    years = np.select(
        [relation == HEAD, relation == SPOUSE, relation == CHILD, relation == PARENT, relation == GRANDCHILD],
        [head, head - 2.5 + 3.5 * spread, head - 30 + 5 * spread, head + 26 + 4 * spread, head - 52 + 6 * spread],
        default=10 + 60 * uniform,
    )
    young = (years < 0) | ((relation == GRANDCHILD) & (years > 30))
    years = np.where(young, 16 * uniform, years)
    least = np.select([relation <= SPOUSE, relation == PARENT], [18.0, 45.0], default=0.0)
    return np.floor(np.clip(years, least, 99.0) * 12 + 12 * uniform * (least > 0)).astype(np.int64)


def _sexes(rng: np.random.Generator, relation: Codes, household: NDArray[np.int64]) -> Codes:
    sex = np.where(rng.random(len(relation)) < 0.503, FEMALE, MALE).astype(np.int8)
    head = relation == HEAD
    head_sex = np.where(rng.random(int(head.sum())) < 0.74, MALE, FEMALE).astype(np.int8)
    sex[head] = head_sex
    spouse = relation == SPOUSE
    sex[spouse] = MALE + FEMALE - head_sex[household[spouse]]
    return sex


def _working_age(sex: Codes, month: NDArray[np.int64], age_months: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return who is of working age: 15 years to below the retirement age of the month of birth."""
    limit = np.zeros(len(sex), dtype=np.int64)
    for row in retirement_rows():
        first = _month_number(row.born_from, -(10**9))
        last = _month_number(row.born_until, 10**9)
        wanted = MALE if row.sex is Sex.MALE else FEMALE
        limit[(sex == wanted) & (first <= month) & (month <= last)] = row.age_months
    return (age_months >= 15 * 12) & (age_months < limit)


def _month_number(month: tuple[int, int] | None, open_end: int) -> int:
    return open_end if month is None else month[0] * 12 + month[1] - 1
