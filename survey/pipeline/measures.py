"""What each indicator variant measures: table, universe and rule, from `measures.json`, changed by a round's settings.

A round may replace the rule, the universe or the treatment of unknown answers of a variant; the run prints what was
applied. Refuses settings for variants that do not exist and rules that read columns that do not exist.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem
from survey.pipeline import rule as rules
from survey.pipeline.analysis import Analysis
from survey.pipeline.rule import NO, UNKNOWN, YES, Rule
from survey.reference.plan import Indicator, UnknownAnswer, Variant, indicators

_DONT_KNOW, _REFUSED = ("8", "98", "9998"), ("9", "99")
_COMPOSED = "KT1"
_CHANGEABLE = frozenset({"rule", "universe", "unknown_answer"})


@dataclass(frozen=True, slots=True)
class Measure:
    """One variant as it is estimated. `rule` for shares; `y` and `x` name the columns of a ratio of totals."""

    indicator: str
    variant: str
    table: str
    universe: Rule
    rule: Rule | None = None
    y: str = ""
    x: str = ""
    answer: str = ""
    unknown_is_no: bool = False
    not_asked_is_no: bool = False
    complete: bool = False
    """Leave out who gave only part of an answer, also when that part says yes: keeping it would favour yes."""
    dimensions: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    """Known shares of sectors by which the figure for the whole territory is composed; empty to pool the sectors."""
    changed: bool = False

    @property
    def kind(self) -> str:
        """Return the kind of estimate."""
        return "proportion" if self.rule is not None else "ratio"

    @property
    def formula(self) -> str:
        """Return what is computed as a formula over question names and codes."""
        top = f"Σ w·{self.y} ÷ Σ w·{self.x}" if self.rule is None else rules.formula(self.rule)
        if self.shares:
            top = f"Σ_k s_k·({top})_k"
        return f"{top} | {rules.formula(self.universe)}"


@dataclass(frozen=True, slots=True)
class Values:
    """A measure over the n rows of its table: values with NaN where unanswered, and who is concerned."""

    y: NDArray[np.float64]
    x: NDArray[np.float64] | None
    eligible: NDArray[np.bool_]
    dont_know: NDArray[np.bool_]
    refused: NDArray[np.bool_]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Return which eligible rows have a value."""
        missing = np.isnan(self.y) if self.x is None else np.isnan(self.y) | np.isnan(self.x)
        return np.asarray(self.eligible & ~missing)


@functools.cache
def _document() -> Mapping[str, Any]:
    content: dict[str, Any] = json.loads(
        (resources.files("survey.pipeline") / "measures.json").read_text(encoding="utf-8")
    )
    return content


def measures(
    settings: Mapping[str, Any] | None = None, *, grdp_shares: Mapping[str, float] | None = None
) -> tuple[Measure, ...]:
    """Return the measures of all variants that the survey estimates, in the order of the plan.

    `settings` maps `XH6/basic` and the like to what is to change: rule, universe, unknown_answer. `grdp_shares` are
    the official shares of sectors (VSIC letters) in GRDP, by which KT1 is composed.
    """
    changes = dict(settings or {})
    found = []
    for indicator in indicators():
        for variant in indicator.variants:
            key = f"{indicator.id}/{variant.id}"
            if key in _document()["measures"]:
                found.append(_measure(indicator, variant, changes.pop(key, {})))
    if changes:
        raise Problem("bad-value", name="measures", value=next(iter(changes)), expected="KT4/any … XH11/level-3")
    return tuple(
        replace(each, shares=_checked_shares(grdp_shares or {})) if each.indicator == _COMPOSED else each
        for each in found
    )


def _checked_shares(shares: Mapping[str, float]) -> dict[str, float]:
    for sector, share in shares.items():
        if not isinstance(share, int | float) or not 0 <= share < float("inf"):
            raise Problem("bad-value", name=f"grdp_shares {sector}", value=share, expected="≥ 0")
    return dict(shares)


def _measure(indicator: Indicator, variant: Variant, change: Mapping[str, Any]) -> Measure:
    if unknown := sorted(set(change) - _CHANGEABLE):
        raise Problem("bad-value", name="measures", value=unknown[0], expected=", ".join(sorted(_CHANGEABLE)))
    key = f"{indicator.id}/{variant.id}"
    entry = dict(_document()["measures"][key]) | dict(change)
    universe = entry["universe"]
    unknown_answer = UnknownAnswer(entry.get("unknown_answer", variant.unknown_answer))
    measure = Measure(
        indicator=indicator.id,
        variant=variant.id,
        table=entry["table"],
        universe=_document()["universes"][universe] if isinstance(universe, str) else universe,
        rule=entry.get("rule"),
        y=entry.get("y", ""),
        x=entry.get("x", ""),
        answer=entry.get("answer", ""),
        unknown_is_no=unknown_answer is UnknownAnswer.COUNTS_AS_NO,
        not_asked_is_no=entry.get("not_asked") == "no",
        complete=entry.get("complete", False),
        dimensions=tuple(entry.get("dimensions", ())),
    )
    return replace(measure, changed=bool(change))


def values(measure: Measure, table: Analysis) -> Values:
    """Return a measure over the rows of its table; rows without a weight concern nobody."""
    eligible = (rules.evaluate(measure.universe, table.columns) == YES) & table.counted
    if measure.rule is None:
        return _ratio_values(measure, table, eligible)
    states = rules.evaluate(measure.rule, table.columns)
    read = [rules.as_text(table.columns[name]) for name in rules.columns_of(measure.rule)]
    blank = np.all([column == "" for column in read], axis=0)
    if measure.not_asked_is_no:
        states = np.where(blank, NO, states)
        blank = np.zeros_like(blank)
    has_refusal = np.any([np.isin(column, _REFUSED) for column in read], axis=0)
    has_gap = np.any([np.isin(column, _DONT_KNOW) for column in read], axis=0)
    if measure.complete:
        states = np.where(has_refusal | has_gap, UNKNOWN, states)
    unknown = eligible & (states == UNKNOWN)
    refused = unknown & has_refusal
    dont_know = unknown & ~refused & has_gap
    if measure.unknown_is_no:
        states = np.where((states == UNKNOWN) & ~blank, NO, states)
    y = np.where(states == UNKNOWN, np.nan, states.astype(np.float64))
    return Values(y, None, eligible, dont_know, refused)


def _ratio_values(measure: Measure, table: Analysis, eligible: NDArray[np.bool_]) -> Values:
    y, x = (rules.as_numbers(table.columns[name]) for name in (measure.y, measure.x))
    missing = eligible & (np.isnan(y) | np.isnan(x))
    code = rules.as_text(table.columns[measure.answer]) if measure.answer else np.full(len(y), "")
    return Values(y, x, eligible, missing & np.isin(code, _DONT_KNOW), missing & np.isin(code, _REFUSED))
