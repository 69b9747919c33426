"""Plan 128/KH-UBND: its 17 indicators, both targets of each with their exact operators, and the ways to measure them.

The data are `data/plan128.json`; a new indicator or variant is an entry there. This module judges point values only:
whether a sample is certain enough for a verdict is the business of estimation.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from survey.errors import Problem
from survey.reference.datafile import json_document
from survey.reference.wording import Wording
from survey.text import N_

TARGET_YEARS = (2025, 2030)


class Operator(StrEnum):
    """How a value is compared with a target: “đạt X%” is at least, “đạt trên X%” is above."""

    AT_LEAST = ">="
    ABOVE = ">"


class Group(StrEnum):
    """The two parts of the plan."""

    ECONOMY = "economy"
    SOCIETY = "society"


class Level(StrEnum):
    """The unit that carries an answer, and with it the weight that applies."""

    MEMBER = "member"
    SELECTED_RESPONDENT = "selected-respondent"
    HOUSEHOLD = "household"
    ENTERPRISE = "enterprise"
    INSTITUTION = "institution"
    ECONOMY = "economy"


class Instrument(StrEnum):
    """Where the data of a variant come from: one of the three questionnaires or a released figure."""

    HOUSEHOLD = "household"
    ENTERPRISE = "enterprise"
    INSTITUTION = "institution"
    OFFICIAL = "official"


class DefinitionStatus(StrEnum):
    """How firm a definition is: laid down in a text, taken from a source in part, or proposed by this system."""

    OFFICIAL = "official"
    SOURCED = "sourced"
    PROPOSED = "proposed"


class Ages(StrEnum):
    """The age rule of a universe, in completed years; `NONE` where the unit is not a person."""

    NONE = "none"
    ALL = "all"
    FROM_15 = "15+"
    FROM_18 = "18+"
    WORKING_AGE = "working-age"


class UnknownAnswer(StrEnum):
    """What “don't know” and refusals do: leave the denominator, or count as no."""

    EXCLUDED = "excluded"
    COUNTS_AS_NO = "counts-as-no"


LEVEL_LABELS = {
    Level.MEMBER: N_("Every household member"),
    Level.SELECTED_RESPONDENT: N_("Randomly selected respondent"),
    Level.HOUSEHOLD: N_("Household"),
    Level.ENTERPRISE: N_("Enterprise"),
    Level.INSTITUTION: N_("Education institution"),
    Level.ECONOMY: N_("Provincial economy"),
}
INSTRUMENT_LABELS = {
    Instrument.HOUSEHOLD: N_("Household questionnaire"),
    Instrument.ENTERPRISE: N_("Enterprise questionnaire"),
    Instrument.INSTITUTION: N_("Institution questionnaire"),
    Instrument.OFFICIAL: N_("Official figure"),
}
DEFINITION_STATUS_LABELS = {
    DefinitionStatus.OFFICIAL: N_("Official definition"),
    DefinitionStatus.SOURCED: N_("Definition sourced in part"),
    DefinitionStatus.PROPOSED: N_("Proposed definition"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """The target of one year: its exact name and wording in the plan, operator, percentage and headline variant."""

    year: int
    name: Wording
    wording: Wording
    operator: Operator
    percent: Decimal
    variant: str

    def met_by(self, percent: int | float | Decimal) -> bool:
        """Tell whether a value in percent meets the target; give it unrounded."""
        return percent > self.percent if self.operator is Operator.ABOVE else percent >= self.percent

    def met_by_share(self, share: int | float | Decimal) -> bool:
        """Tell whether a share between 0 and 1 meets the target; exact for correctly rounded quotients of counts."""
        bound: Decimal | float = self.percent / 100 if isinstance(share, Decimal) else float(self.percent / 100)
        return share > bound if self.operator is Operator.ABOVE else share >= bound


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to measure an indicator: universe, numerator, denominator, unit and source of the answers."""

    id: str
    label: Wording
    level: Level
    instruments: tuple[Instrument, ...]
    universe: Wording
    ages: Ages
    numerator: Wording
    denominator: Wording
    status: DefinitionStatus
    experimental: bool
    unknown_answer: UnknownAnswer
    official_inputs: tuple[str, ...]

    @property
    def instrument(self) -> Instrument:
        """Return the main source."""
        return self.instruments[0]

    @property
    def from_survey(self) -> bool:
        """Tell whether the survey can estimate this variant, as opposed to a released figure."""
        return Instrument.OFFICIAL not in self.instruments


@dataclass(frozen=True, slots=True)
class Indicator:
    """One of the 17 indicators; `vector` names the classification when there is one value per class (KT2)."""

    id: str
    group: Group
    targets: tuple[Target, ...]
    variants: tuple[Variant, ...]
    unit: Wording
    reference_period: Wording
    source: Wording
    cross_check: Wording
    definition_source: Wording
    note: Wording
    questions: tuple[str, ...]
    vector: str | None

    @property
    def experimental(self) -> bool:
        """Tell whether the survey's own figure is experimental and must never decide the target (KT1, KT2)."""
        return any(variant.experimental for variant in self.variants)

    @property
    def name(self) -> Wording:
        """Return the name in the plan for 2025; the name for 2030 is on its target."""
        return self.targets[0].name

    @property
    def wording_changes(self) -> bool:
        """Tell whether the two years measure different things, so that each has its own headline variant (KT4)."""
        return len({target.variant for target in self.targets}) > 1

    @property
    def status(self) -> DefinitionStatus:
        """Return how firm the definition of the first headline variant is."""
        return self.headline(TARGET_YEARS[0]).status

    def target(self, year: int) -> Target:
        """Return the target of a year; Problem "bad-value" for a year without one."""
        for target in self.targets:
            if target.year == year:
                return target
        raise Problem("bad-value", name=self.id, value=year, expected=", ".join(map(str, TARGET_YEARS)))

    def variant(self, variant_id: str) -> Variant:
        """Return a variant by id; Problem "bad-value" for an unknown one."""
        for variant in self.variants:
            if variant.id == variant_id:
                return variant
        known = ", ".join(variant.id for variant in self.variants)
        raise Problem("bad-value", name=self.id, value=variant_id, expected=known)

    def headline(self, year: int) -> Variant:
        """Return the variant that is compared with the target of a year."""
        return self.variant(self.target(year).variant)

    def survey_headline(self, year: int) -> Variant:
        """Return the variant that the survey estimates first for a year: the headline, or the experimental one."""
        headline = self.headline(year)
        return headline if headline.from_survey else next(v for v in self.variants if v.from_survey)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan itself: number, day, title, issuer, groups and indicators in the plan's order."""

    number: str
    issued_on: date
    title: Wording
    issuer: Wording
    groups: tuple[tuple[Group, Wording], ...]
    indicators: tuple[Indicator, ...]


@functools.cache
def plan() -> Plan:
    """Return plan 128."""
    entry = json_document("plan128.json")
    return Plan(
        number=entry["number"],
        issued_on=date.fromisoformat(entry["date"]),
        title=Wording.read(entry["title"]),
        issuer=Wording.read(entry["issuer"]),
        groups=tuple((Group(group), Wording.read(name)) for group, name in entry["groups"].items()),
        indicators=tuple(_indicator(each) for each in entry["indicators"]),
    )


def indicators() -> tuple[Indicator, ...]:
    """Return the 17 indicators in the plan's order."""
    return plan().indicators


def indicator(indicator_id: str) -> Indicator:
    """Return an indicator by id (`KT1` … `XH11`); Problem "bad-value" for an unknown one."""
    for each in indicators():
        if each.id == indicator_id:
            return each
    raise Problem("bad-value", name="indicator", value=indicator_id, expected="KT1–KT6, XH1–XH11")


def _indicator(entry: Mapping[str, Any]) -> Indicator:
    return Indicator(
        id=entry["id"],
        group=Group(entry["group"]),
        targets=tuple(_target(int(year), target) for year, target in entry["targets"].items()),
        variants=tuple(_variant(variant) for variant in entry["variants"]),
        unit=Wording.read(entry["unit"]),
        reference_period=Wording.read(entry["reference_period"]),
        source=Wording.read(entry["source"]),
        cross_check=Wording.read(entry["cross_check"]),
        definition_source=Wording.read(entry["definition_source"]),
        note=Wording.read(entry["note"]),
        questions=tuple(entry["questions"]),
        vector=entry.get("vector"),
    )


def _target(year: int, entry: Mapping[str, Any]) -> Target:
    return Target(
        year=year,
        name=Wording.read(entry["name"]),
        wording=Wording.read(entry["wording"]),
        operator=Operator(entry["operator"]),
        percent=Decimal(entry["percent"]),
        variant=entry["variant"],
    )


def _variant(entry: Mapping[str, Any]) -> Variant:
    return Variant(
        id=entry["id"],
        label=Wording.read(entry["label"]),
        level=Level(entry["level"]),
        instruments=tuple(Instrument(source) for source in entry["instruments"]),
        universe=Wording.read(entry["universe"]),
        ages=Ages(entry["ages"]),
        numerator=Wording.read(entry["numerator"]),
        denominator=Wording.read(entry["denominator"]),
        status=DefinitionStatus(entry["status"]),
        experimental=entry.get("experimental", False),
        unknown_answer=UnknownAnswer(entry.get("unknown_answer", UnknownAnswer.EXCLUDED)),
        official_inputs=tuple(entry.get("official_inputs", ())),
    )
