"""Findings in whole sentences made from the figures of a run. Every state has its own sentence; none is put together.

Sentences name only what the run decided: no verdict is made here, and experimental figures never get one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from survey.query.results import Figure, Indicator, Official, RunResults
from survey.report.language import Language
from survey.report.marks import STATES, state_of
from survey.report.naming import judged_figure, judged_variant, short_name
from survey.text import N_

_BY_STATE: Mapping[str, str] = {
    "met": N_(
        "{name} is estimated at {estimate} (95% CI: {interval}); the whole interval meets the {year} target of "
        "{target}."
    ),
    "likely-met": N_(
        "{name} is estimated at {estimate} (95% CI: {interval}); the estimate meets the {year} target of {target}, "
        "but the interval also holds values that do not."
    ),
    "likely-not-met": N_(
        "{name} is estimated at {estimate} (95% CI: {interval}); the estimate does not meet the {year} target of "
        "{target}, but the interval also holds values that do."
    ),
    "not-met": N_(
        "{name} is estimated at {estimate} (95% CI: {interval}); the whole interval falls short of the {year} target "
        "of {target}, by {gap} points at the estimate."
    ),
    "none-against": N_(
        "{name}: no case against the {year} target of {target} was found among the {n} observed; a sample cannot prove "
        "100%, and the share is at least {low} with a confidence of 95%."
    ),
    "none": N_(
        "{name}: there is not enough evidence for a conclusion on the {year} target of {target}; {n} cases were "
        "observed."
    ),
}
_CENSUS: Mapping[str, str] = {
    "met": N_(
        "{name}: {count} of the {n} institutions that answered, {estimate}; the {year} target of {target} is met."
    ),
    "not-met": N_(
        "{name}: {count} of the {n} institutions that answered, {estimate}; the {year} target of {target} is not met, "
        "by {gap} points."
    ),
}
_BRIEF: Mapping[str, str] = {
    "met": N_("{name} is estimated at {estimate} ({interval}), target {target}."),
    "likely-met": N_("{name} is estimated at {estimate} ({interval}), target {target}."),
    "likely-not-met": N_("{name} is estimated at {estimate} ({interval}), target {target}."),
    "not-met": N_("{name} is estimated at {estimate} ({interval}), target {target}."),
    "none-against": N_("{name}: no case against the target of {target} among the {n} observed."),
    "none": N_("{name}: too few or too imprecise cases ({n}) to compare with the target of {target}."),
    "experimental": N_("{name}: experimental estimate {estimate} ({interval}); no official figure entered."),
    "experimental-empty": N_("{name}: no experimental estimate can be shown; no official figure entered."),
    "experimental-official": N_(
        "{name}: experimental estimate {estimate} ({interval}); official figure {official} ({status})."
    ),
    "census": N_("{name}: {count} of the {n} institutions that answered ({estimate}), target {target}."),
}
"""Sentences that stand below a heading which names the state."""
_EXPERIMENTAL = N_(
    "{name}: the experimental estimate from the survey is {estimate} (95% CI: {interval}); it is not comparable with "
    "the target of {target} and no official figure has been entered."
)
_EXPERIMENTAL_OFFICIAL = N_(
    "{name}: the figure released by {publisher} on {day} ({status}) is {official}; the experimental estimate from the "
    "survey is {estimate} (95% CI: {interval}) and decides nothing about the target of {target}."
)
_EXPERIMENTAL_EMPTY = N_("{name}: no experimental estimate can be shown and no official figure has been entered.")
OFFICIAL_STATES: Mapping[str, str] = {
    "estimated": N_("estimated figure"),
    "preliminary": N_("preliminary figure"),
    "final": N_("final figure"),
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many indicators are in one state against the targets of a year, and which."""

    state: str
    number: int
    codes: tuple[str, ...]


def counts(results: RunResults, year: int) -> tuple[Count, ...]:
    """Return the number of indicators in every state against the targets of a year, in the order of the states."""
    found: dict[str, list[str]] = {state: [] for state in STATES}
    for indicator in results.indicators:
        found[headline_state(indicator, year)].append(indicator.code)
    return tuple(Count(state, len(codes), tuple(codes)) for state, codes in found.items())


def headline_state(indicator: Indicator, year: int) -> str:
    """Return the state of an indicator's figure for the whole territory, a key of `STATES`."""
    state = state_of(indicator, judged_figure(indicator, year), year)
    return state if state in STATES else "none"


def finding(indicator: Indicator, year: int, language: Language) -> str:
    """Return the sentence that says how an indicator stands against the target of a year."""
    if indicator.experimental:
        return _experimental(indicator, year, language)
    figure = judged_variant(indicator, year).figure
    state = headline_state(indicator, year)
    templates = _CENSUS if indicator.census and state in _CENSUS and _counted(figure) else _BY_STATE
    return language.text(templates[state], **_details(indicator, figure, year, language))


def brief(indicator: Indicator, year: int, language: Language) -> str:
    """Return the short sentence of an indicator for a list below the name of its state."""
    figure = indicator.main.figure if indicator.experimental else judged_variant(indicator, year).figure
    name = short_name(indicator, language)
    details = _details(indicator, figure, year, language) | {"name": name}
    state = headline_state(indicator, year)
    if state == "experimental" and (released := _official(indicator)) is not None:
        state = "experimental-official"
        details |= {"official": language.percent(released.value), "status": official_state(released, language)}
    elif state == "experimental" and not (figure and figure.shown):
        state = "experimental-empty"
    if indicator.census and state in _CENSUS and _counted(figure):
        state = "census"
    return language.text(_BRIEF[state], **details)


def interval(figure: Figure | None, language: Language) -> str:
    """Write the 95 % interval, or the one-sided bound where the sample holds no case or only cases."""
    if figure is None or not figure.shown or figure.ci_low is None or figure.ci_high is None:
        return "–"
    if figure.estimate == 100 and figure.ci_high == 100 and figure.ci_low < 100:
        return f"≥\u00a0{language.percent(figure.ci_low)}"
    if figure.estimate == 0 and figure.ci_low == 0 and figure.ci_high > 0:
        return f"≤\u00a0{language.percent(figure.ci_high)}"
    return f"{language.bare(figure.ci_low)}–{language.percent(figure.ci_high)}"


def summary(results: RunResults, year: int, language: Language) -> str:
    """Return the one sentence that answers how many targets of a year are met, and how surely."""
    by_state = {count.state: count.number for count in counts(results, year)}
    return language.text(
        N_(
            "Against the {year} targets: {met} of {total} indicators are certainly met, {likely} are met by the "
            "estimate but not certainly, {unlikely} are not met by the estimate but not certainly, {missed} are "
            "certainly not met, and {open} have no conclusion."
        ),
        year=year,
        total=len(results.indicators),
        met=by_state["met"],
        likely=by_state["likely-met"] + by_state["none-against"],
        unlikely=by_state["likely-not-met"],
        missed=by_state["not-met"],
        open=by_state["none"] + by_state["experimental"],
    )


def farthest(results: RunResults, year: int, language: Language, *, limit: int = 3) -> str:
    """Return the sentence that names the indicators farthest below the targets of a year; empty when none is below."""
    gaps = []
    for indicator in results.indicators:
        figure = judged_figure(indicator, year)
        if headline_state(indicator, year) == "not-met" and figure is not None and figure.estimate is not None:
            gaps.append((indicator.target(year).value - figure.estimate, indicator))
    gaps.sort(key=lambda pair: -pair[0])
    if not gaps:
        return ""
    names = [
        language.text(
            N_("{name} (short by {gap} points)"), name=short_name(each, language), gap=language.number(gap, 1)
        )
        for gap, each in gaps[:limit]
    ]
    return language.text(N_("Farthest from the {year} targets: {names}."), year=year, names=language.series(names))


def spread(indicator: Indicator, dimension: str, language: Language) -> str:
    """Return the sentence on the highest and lowest domain of a breakdown, or that none stands out.

    Two domains differ when their 95 % intervals do not overlap, which errs on the side of caution.
    """
    figures = [f for f in indicator.main.breakdowns.get(dimension, ()) if f.shown and f.ci_low is not None]
    if len(figures) < 2:
        return ""
    top, bottom = max(figures, key=_level), min(figures, key=_level)
    details = {
        "name": short_name(indicator, language),
        "top": language.wording(top.label),
        "high": language.percent(top.estimate),
        "bottom": language.wording(bottom.label),
        "low": language.percent(bottom.estimate),
    }
    if (top.ci_low or 0.0) > (bottom.ci_high or 0.0):
        return language.text(N_("{name}: highest in {top} ({high}), lowest in {bottom} ({low})."), **details)
    return language.text(
        N_("{name}: no clear difference between the areas ({low} to {high}, intervals overlap)."), **details
    )


def widest_spreads(indicators: Iterable[Indicator], dimension: str, language: Language, *, limit: int = 3) -> list[str]:
    """Return the sentences on the indicators whose domains differ most, among those that differ clearly."""
    found = []
    for indicator in indicators:
        figures = [f for f in indicator.main.breakdowns.get(dimension, ()) if f.shown and f.ci_low is not None]
        if indicator.experimental or len(figures) < 2:
            continue
        top, bottom = max(figures, key=_level), min(figures, key=_level)
        if (top.ci_low or 0.0) > (bottom.ci_high or 0.0):
            found.append((_level(top) - _level(bottom), indicator))
    found.sort(key=lambda pair: -pair[0])
    return [spread(indicator, dimension, language) for _, indicator in found[:limit]]


def change(indicator: Indicator, before: Figure | None, language: Language) -> str:
    """Return the sentence on the change since the last round, the two samples taken as independent."""
    moved = clear_change(indicator.main.figure, before)
    if moved is None or before is None:
        return ""
    details = {"points": language.number(abs(moved), 1), "before": language.percent(before.estimate)}
    if moved == 0:
        return language.text(N_("No clear change since the last round ({before})."), **details)
    if moved > 0:
        return language.text(N_("Up by {points} points since the last round ({before})."), **details)
    return language.text(N_("Down by {points} points since the last round ({before})."), **details)


_CHANGES: Mapping[tuple[bool, bool], str] = {
    (True, True): N_("Since the last round: clearly up {up}; clearly down {down}; no clear change in the others."),
    (True, False): N_("Since the last round: clearly up {up}; no clear change in the others."),
    (False, True): N_("Since the last round: clearly down {down}; no clear change in the others."),
    (False, False): N_("Since the last round: no clear change in any indicator."),
}


def changes(results: RunResults, before: Mapping[str, Figure], language: Language) -> str:
    """Return the sentence that names the indicators clearly up and clearly down since the last round."""
    up: list[str] = []
    down: list[str] = []
    for indicator in results.indicators:
        moved = clear_change(indicator.main.figure, before.get(indicator.code))
        if moved:
            (up if moved > 0 else down).append(indicator.code)
    return language.text(_CHANGES[bool(up), bool(down)], up=language.series(up), down=language.series(down))


def clear_change(figure: Figure | None, before: Figure | None) -> float | None:
    """Return the change in points since the last round when it exceeds its sampling error, 0 when not, None unknown.

    The two samples are taken as independent: the variance of the change is the sum of both.
    """
    if figure is None or before is None or figure.estimate is None or before.estimate is None:
        return None
    moved = figure.estimate - before.estimate
    error = math.hypot(figure.se or 0.0, before.se or 0.0)
    return moved if abs(moved) > 1.96 * error else 0.0


def _experimental(indicator: Indicator, year: int, language: Language) -> str:
    figure = indicator.main.figure
    details = _details(indicator, figure, year, language)
    official = _official(indicator)
    if figure is None or not figure.shown:
        return language.text(_EXPERIMENTAL_EMPTY, **details)
    if official is None:
        return language.text(_EXPERIMENTAL, **details)
    return language.text(
        _EXPERIMENTAL_OFFICIAL,
        publisher=official.publisher,
        day=language.date(official.published_on),
        status=official_state(official, language),
        official=language.percent(official.value),
        **details,
    )


def official_state(official: Official, language: Language) -> str:
    """Return whether a released figure is estimated, preliminary or final."""
    known = OFFICIAL_STATES.get(official.status)
    return language.text(known) if known else official.status


def _official(indicator: Indicator) -> Official | None:
    return next((o for o in indicator.official if not o.category), None)


def _details(indicator: Indicator, figure: Figure | None, year: int, language: Language) -> dict[str, str | int]:
    target = indicator.target(year)
    estimate = figure.estimate if figure else None
    return {
        "name": language.wording(target.name),
        "year": year,
        "target": language.target(target.operator, target.value),
        "estimate": language.percent(estimate, against=target.value),
        "interval": interval(figure, language),
        "low": language.percent(figure.ci_low if figure else None),
        "gap": language.number(None if estimate is None else target.value - estimate, 1),
        "n": language.number(figure.n if figure else 0),
        "count": language.number(figure.numerator_count if figure else None),
    }


def _counted(figure: Figure | None) -> bool:
    return figure is not None and figure.numerator_count is not None


def _level(figure: Figure) -> float:
    return figure.estimate or 0.0
