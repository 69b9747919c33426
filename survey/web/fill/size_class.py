"""The size of an enterprise under Nghị định 80/2021 as pages show it: computed, with the criteria that decided.

A range that was chosen in place of an amount counts wherever both its ends lead to the same size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask_babel import gettext as _

from survey.i18n import format_number
from survey.reference.enterprise_size import (
    CITATION,
    ENTERPRISE_SIZE_LABELS,
    SIZE_SECTOR_LABELS,
    EnterpriseSize,
    SizeLimit,
    SizeSector,
    enterprise_size,
    size_limits,
)
from survey.web.fill.sheet import Sheet

GROUP = "interview/enterprise"
EMPLOYEES = f"{GROUP}/employees"
_SECTORS = {"1": SizeSector.AGRICULTURE_INDUSTRY, "2": SizeSector.TRADE_SERVICES}
_FIGURES = ("employees", "revenue", "capital")
BAND_ENDS = (3_000, 10_000, 20_000, 50_000, 100_000, 200_000, 300_000)
"""The upper ends of the ranges that may be chosen in place of an amount, in million đồng; the last range has none."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What is known of an amount: at least and at most so much, `most` None for a range without an upper end."""

    least: int
    most: int | None

    @property
    def ends(self) -> tuple[int, int]:
        """Return both ends; that of an open range is its least, because no limit lies beyond it."""
        return self.least, self.least if self.most is None else self.most

    @property
    def words(self) -> str:
        """Return the amount, or its range in words."""
        if self.most == self.least:
            return format_number(self.least)
        low = format_number(self.least - 1)
        if self.most is None:
            return str(_("over %(low)s", low=low))
        if self.least <= 1:
            return str(_("up to %(high)s", high=format_number(self.most)))
        return str(_("over %(low)s to %(high)s", low=low, high=format_number(self.most)))


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the three figures: the enterprise's, the limit of its size, the limit of the size below; None unknown."""

    name: str
    figure: Figure | None
    limit: int | None
    below: int | None

    @property
    def fits(self) -> bool | None:
        """Tell whether the figure is within the limit of the size; None where there is no figure or no limit."""
        if self.figure is None or self.limit is None:
            return None
        found = {end <= self.limit for end in self.figure.ends}
        return found.pop() if len(found) == 1 else None

    @property
    def decided(self) -> bool:
        """Tell whether the figure alone is beyond the size below."""
        return self.figure is not None and self.below is not None and self.figure.least > self.below


@dataclass(frozen=True, slots=True)
class SizeClass:
    """The size with its sector, its criteria and the sentence that says why; no size while figures are missing."""

    size: EnterpriseSize | None
    sector: SizeSector
    criteria: tuple[Criterion, ...]

    @property
    def title(self) -> str:
        """Return the size in words."""
        return str(_(ENTERPRISE_SIZE_LABELS[self.size]) if self.size else _("Cannot be told yet"))

    @property
    def sector_words(self) -> str:
        """Return the sector in words."""
        return str(_(SIZE_SECTOR_LABELS[self.sector]))

    @property
    def reason(self) -> str:
        """Return which criteria decided, in one sentence."""
        if self.size is None:
            return self._missing()
        if self.size is EnterpriseSize.MICRO:
            return str(_("Employees are within the limit, and so is revenue or capital."))
        employees, *money = self.criteria
        if employees.decided and all(c.decided for c in money):
            return str(_("Employees, revenue and capital are all above the limits of the smaller size."))
        if employees.decided:
            return str(_("Decided by employees: they are above the limit of the smaller size."))
        return str(_("Decided by revenue and capital: both are above the limits of the smaller size."))

    def _missing(self) -> str:
        """Return which figure is needed to tell the size."""
        employees, revenue, capital = (criterion.figure for criterion in self.criteria)
        if employees is None:
            if revenue is None and capital is None:
                return str(_("Employees, and revenue or capital, are needed to tell the size."))
            return str(_("The number of employees is missing."))
        if revenue is None and capital is None:
            return str(_("Revenue or capital is missing; the range of one of them is enough."))
        if revenue is None:
            return str(_("Capital alone does not decide: revenue or its range is missing."))
        return str(_("Revenue alone does not decide: capital or its range is missing."))


def size_class_of(sheet: Sheet) -> SizeClass | None:
    """Return the size that a draft's answers give; None for questionnaires that do not ask for it or a sector."""
    return size_class(sheet.verdict.answers.get("interview", {}).get("enterprise", {}))


def size_class(answers: Mapping[str, Any]) -> SizeClass | None:
    """Return the size that the answers of Part A give (lexical forms; money in million đồng)."""
    sector = _SECTORS.get(str(answers.get("nd80_sector", "")))
    if sector is None:
        return None
    figures = {name: _figure(answers, name) for name in _FIGURES}
    size = _size(sector, figures)
    limits = [limit for limit in size_limits() if limit.sector is sector]
    at = [limit.size for limit in limits].index(size) if size in {limit.size for limit in limits} else len(limits)
    here, below = (limits[at] if at < len(limits) else None), (limits[at - 1] if at else None)
    if size is None:
        here, below = None, None
    criteria = (Criterion(n, figures[n], _limit(here, n), _limit(below, n)) for n in _FIGURES)
    return SizeClass(size, sector, tuple(criteria))


def citation(language: str) -> str:
    """Return the rule of the decree as it is cited."""
    return CITATION.in_language(language)


def _limit(limit: SizeLimit | None, name: str) -> int | None:
    return None if limit is None else int(getattr(limit, name))


def _size(sector: SizeSector, figures: Mapping[str, Figure | None]) -> EnterpriseSize | None:
    """Return the size on which all ends of the ranges agree, None where they do not or a figure is missing."""
    ends = [(None,) if figure is None else figure.ends for figure in figures.values()]
    found = {
        enterprise_size(sector, employees=employees, revenue=revenue, capital=capital)
        for employees, revenue, capital in product(*ends)
    }
    return found.pop() if len(found) == 1 else None


def _figure(answers: Mapping[str, Any], name: str) -> Figure | None:
    """Return an amount as given, or the range that was chosen in its place."""
    text = str(answers.get(name) or "")
    if text.lstrip("-").isdigit():
        return Figure(int(text), int(text))
    band = str(answers.get(f"{name}_band") or "")
    if not band.isdigit() or not 1 <= int(band) <= len(BAND_ENDS) + 1:
        return None
    low = BAND_ENDS[int(band) - 2] + 1 if int(band) > 1 else 0
    return Figure(low, BAND_ENDS[int(band) - 1] if int(band) <= len(BAND_ENDS) else None)
