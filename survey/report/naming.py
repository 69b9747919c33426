"""Short names of the indicators for charts and narrow tables, and the marks of how firm a definition is.

The full names are the plan's and come with the results; these are ours and are never used where a name is quoted.
"""

from __future__ import annotations

from collections.abc import Mapping

from survey.query.results import Figure, Indicator, Variant
from survey.report.language import Language
from survey.text import N_

SHORT_NAMES: Mapping[str, str] = {
    "KT1": N_("Digital economy in GRDP"),
    "KT2": N_("Digital economy in each sector"),
    "KT3": N_("E-commerce in retail sales"),
    "KT4": N_("Enterprises with e-contracts"),
    "KT5": N_("SMEs on digital platforms"),
    "KT6": N_("Digital workers in the labour force"),
    "XH1": N_("Adults with a smartphone"),
    "XH2": N_("People 15+ with a payment account"),
    "XH3": N_("Adults with a digital signature"),
    "XH4": N_("Trained in basic digital skills"),
    "XH5": N_("Households covered by fibre"),
    "XH6": N_("Internet users with basic protection"),
    "XH7": N_("Adults using online public services"),
    "XH8": N_("Adults using telehealth"),
    "XH9": N_("People with an e-health record"),
    "XH10": N_("Colleges complete in four parts"),
    "XH11": N_("Schools complete in four parts"),
}

DEFINITION_MARKS: Mapping[str, str] = {
    "official": "",
    "partial": N_("partly proposed"),
    "proposed": N_("proposed"),
    "experimental": N_("experimental"),
}


def short_name(indicator: Indicator, language: Language) -> str:
    """Return the short name of an indicator, or its full name where it has none."""
    known = SHORT_NAMES.get(indicator.code)
    return language.text(known) if known else language.wording(indicator.name)


def definition_mark(indicator: Indicator, language: Language) -> str:
    """Return how firm the definition is in a word or two, empty for an official one."""
    mark = DEFINITION_MARKS[indicator.definition]
    return language.text(mark) if mark else ""


def judged_variant(indicator: Indicator, year: int) -> Variant:
    """Return the variant whose figure stands against the target of a year; the survey's own where that is official."""
    if indicator.experimental:
        return indicator.main
    code = indicator.target(year).variant
    return next((v for v in indicator.variants if v.code == code), indicator.main)


def judged_figure(indicator: Indicator, year: int) -> Figure | None:
    """Return the figure for the whole territory that stands against the target of a year, if it may be shown."""
    figure = judged_variant(indicator, year).figure
    return figure if figure is not None and figure.shown else None


def changes_variant(indicator: Indicator) -> bool:
    """Tell whether the two target years measure different things (KT4)."""
    return len({judged_variant(indicator, target.year).code for target in indicator.targets}) > 1
