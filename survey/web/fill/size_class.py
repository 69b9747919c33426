"""The size of an enterprise under Nghị định 80/2021 as pages show it: computed, with the criteria that decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

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


@dataclass(frozen=True, slots=True)
class Criterion:
    """One of the three figures: the enterprise's, the limit of its size, the limit of the size below; None unknown."""

    name: str
    figure: int | None
    limit: int | None
    below: int | None

    @property
    def fits(self) -> bool | None:
        """Tell whether the figure is within the limit of the size; None where there is no figure or no limit."""
        return None if self.figure is None or self.limit is None else self.figure <= self.limit

    @property
    def decided(self) -> bool:
        """Tell whether the figure alone is beyond the size below."""
        return self.figure is not None and self.below is not None and self.figure > self.below


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
            return str(_("Employees, and revenue or capital, are needed to tell the size."))
        if self.size is EnterpriseSize.MICRO:
            return str(_("Employees are within the limit, and so is revenue or capital."))
        employees, *money = self.criteria
        if employees.decided and all(c.decided for c in money):
            return str(_("Employees, revenue and capital are all above the limits of the smaller size."))
        if employees.decided:
            return str(_("Decided by employees: they are above the limit of the smaller size."))
        return str(_("Decided by revenue and capital: both are above the limits of the smaller size."))


def size_class_of(sheet: Sheet) -> SizeClass | None:
    """Return the size that a draft's answers give; None for questionnaires that do not ask for it or a sector."""
    return size_class(sheet.verdict.answers.get("interview", {}).get("enterprise", {}))


def size_class(answers: Mapping[str, Any]) -> SizeClass | None:
    """Return the size that the answers of Part A give (lexical forms; money in million đồng)."""
    sector = _SECTORS.get(str(answers.get("nd80_sector", "")))
    if sector is None:
        return None
    figures = {name: _number(answers.get(name)) for name in _FIGURES}
    size = enterprise_size(sector, **figures)
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


def _number(value: object) -> int | None:
    text = str(value or "")
    return int(text) if text.lstrip("-").isdigit() else None
