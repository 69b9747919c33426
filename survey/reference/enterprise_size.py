"""The size of an enterprise under Article 5 of Nghị định 80/2021/NĐ-CP. Computed, never asked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from survey.reference.datafile import csv_rows
from survey.reference.wording import Wording
from survey.text import N_

Amount = int | float | Decimal


class SizeSector(StrEnum):
    """The two groups of activities for which the decree sets thresholds."""

    AGRICULTURE_INDUSTRY = "agriculture-industry"
    TRADE_SERVICES = "trade-services"


class EnterpriseSize(StrEnum):
    """The four sizes, smallest first; all but `LARGE` are small and medium enterprises."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


SIZE_SECTOR_LABELS = {
    SizeSector.AGRICULTURE_INDUSTRY: N_("Agriculture, forestry and fishery; industry and construction"),
    SizeSector.TRADE_SERVICES: N_("Trade and services"),
}
ENTERPRISE_SIZE_LABELS = {
    EnterpriseSize.MICRO: N_("Micro enterprise"),
    EnterpriseSize.SMALL: N_("Small enterprise"),
    EnterpriseSize.MEDIUM: N_("Medium enterprise"),
    EnterpriseSize.LARGE: N_("Large enterprise"),
}
SMALL_AND_MEDIUM = frozenset({EnterpriseSize.MICRO, EnterpriseSize.SMALL, EnterpriseSize.MEDIUM})

CITATION = Wording(
    vi="Điều 5 Nghị định số 80/2021/NĐ-CP: số lao động tham gia bảo hiểm xã hội bình quân năm không quá mức quy định "
    "VÀ (tổng doanh thu của năm HOẶC tổng nguồn vốn của năm không quá mức quy định); xét lần lượt siêu nhỏ, nhỏ, vừa, "
    "còn lại là lớn; theo số liệu của năm liền kề trước.",
    en="Article 5 of Decree 80/2021/NĐ-CP: the annual average of employees in social insurance is within the limit AND "
    "(the year's total revenue OR the year's total capital is within the limit); tested in the order micro, small, "
    "medium, otherwise large; on the figures of the preceding year.",
)


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """The upper limits of one size in one sector, all inclusive; money in million VND."""

    size: EnterpriseSize
    sector: SizeSector
    employees: int
    revenue: int
    capital: int


@functools.cache
def size_limits() -> tuple[SizeLimit, ...]:
    """Return the six limits of the decree in the order in which they are tested."""
    return tuple(
        SizeLimit(
            size=EnterpriseSize(row["size"]),
            sector=SizeSector(row["sector"]),
            employees=int(row["max_employees"]),
            revenue=int(row["max_revenue_million"]),
            capital=int(row["max_capital_million"]),
        )
        for row in csv_rows("enterprise_size.csv")
    )


def enterprise_size(
    sector: SizeSector, *, employees: Amount | None, revenue: Amount | None, capital: Amount | None
) -> EnterpriseSize | None:
    """Return the size of an enterprise, or None when the missing figures could change it.

    `employees` is the annual average in social insurance; `revenue` and `capital` are in million VND, preceding year.
    """
    for limit in size_limits():
        if limit.sector is sector:
            money = _either(_within(revenue, limit.revenue), _within(capital, limit.capital))
            fits = _both(_within(employees, limit.employees), money)
            if fits is not False:
                return limit.size if fits else None
    return EnterpriseSize.LARGE


def is_small_or_medium(size: EnterpriseSize | None) -> bool | None:
    """Tell whether a size is micro, small or medium (doanh nghiệp nhỏ và vừa); None stays None."""
    return None if size is None else size in SMALL_AND_MEDIUM


def _within(amount: Amount | None, limit: int) -> bool | None:
    return None if amount is None else amount <= limit


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


def _either(first: bool | None, second: bool | None) -> bool | None:
    if first or second:
        return True
    return None if first is None or second is None else False
