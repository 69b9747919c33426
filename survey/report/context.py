"""Everything the report's template prints, as plain values: text, tables, drawings. Reads results, computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from survey.config import Agency
from survey.query.model_figures import ModelFigure
from survey.query.results import DEFINITION_STATES, Figure, Indicator, RunHead, RunResults
from survey.reference import plan as reference
from survey.report import charts, modelled, rows, sentences, tables
from survey.report.edits import NONE, Edits
from survey.report.language import Language
from survey.report.limits import limits
from survey.report.marks import STATES
from survey.report.naming import short_name
from survey.report.tables import Table
from survey.text import N_

_STATE_ORDER = ("met", "none-against", "likely-met", "likely-not-met", "not-met", "experimental", "none")
_GROUP_TITLES: Mapping[str, str] = {
    "met": N_("Indicators that meet the 2025 target"),
    "none-against": N_("Indicators without any case against the target"),
    "likely-met": N_("Indicators estimated to meet the 2025 target, not certain enough"),
    "likely-not-met": N_("Indicators estimated not to meet the 2025 target, not certain enough"),
    "not-met": N_("Indicators that do not meet the 2025 target"),
    "experimental": N_("Experimental indicators, without a conclusion"),
    "none": N_("Indicators without enough evidence"),
}


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """The findings of the indicators in one state."""

    state: str
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What the annex says about how one indicator is defined and measured."""

    code: str
    name: str
    status: str
    is_official: bool
    population: str
    numerator: str
    denominator: str
    period: str
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report, ready for the template."""

    language: Language
    agency: Agency
    head: RunHead
    plan: reference.Plan
    summary: str
    counts: tuple[sentences.Count, ...]
    counts_2030: tuple[sentences.Count, ...]
    groups: tuple[FindingGroup, ...]
    outlook: tuple[str, ...]
    limits: tuple[str, ...]
    responses: Table
    headline: Table
    overview: Markup
    districts: Markup
    district_table: Table
    unit_table: Table
    model_table: Table | None
    quality: Table
    definitions: tuple[Definition, ...]
    notes: tuple[str, ...]
    has_previous: bool
    recommendations: tuple[str, ...]
    is_edited: bool

    @property
    def is_draft(self) -> bool:
        """Tell whether the run has not been released (or has been withdrawn), so that every page says so."""
        return self.head.state != "released"


def build(
    results: RunResults,
    agency: Agency,
    language: Language,
    *,
    previous: Mapping[str, Figure] | None = None,
    edits: Edits = NONE,
    model_figures: Sequence[ModelFigure] = (),
) -> Report:
    """Return the report of a run; `previous` holds each indicator's main figure in the last round before it.

    `model_figures` of small areas get a table of their own.
    """
    before = previous or {}
    say = language.text
    return Report(
        language=language,
        agency=agency,
        head=results.head,
        plan=reference.plan(),
        summary=sentences.summary(results, 2025, language),
        counts=sentences.counts(results, 2025),
        counts_2030=sentences.counts(results, 2030),
        groups=_groups(results, language, edits),
        outlook=outlook(results, before, language) if edits.outlook is None else edits.outlook,
        limits=limits(results, language),
        responses=tables.responses(results.quality, language),
        headline=tables.headline(results, language),
        overview=_overview(results, before, language),
        districts=_districts(results, language),
        district_table=tables.turned(
            tables.by_domain(
                results.indicators, "district", language, caption=say(N_("Estimates by the eight former districts"))
            ),
            say(N_("Indicator")),
            {i.code: f"{i.code}. {short_name(i, language)}" for i in results.indicators},
        ),
        unit_table=tables.by_domain(
            results.indicators, "unit", language, caption=say(N_("Estimates by the 28 present units"))
        ),
        model_table=modelled.table(results, model_figures, language),
        quality=tables.quality(results, language),
        definitions=tuple(_definition(indicator, language) for indicator in results.indicators),
        notes=tuple(language.wording(note) for note in results.quality.notes),
        has_previous=bool(before),
        recommendations=edits.recommendations,
        is_edited=edits != NONE,
    )


def _groups(results: RunResults, language: Language, edits: Edits) -> tuple[FindingGroup, ...]:
    by_code = {indicator.code: indicator for indicator in results.indicators}
    counted = {count.state: count for count in sentences.counts(results, 2025)}
    groups = []
    for state in _STATE_ORDER:
        if counted[state].number:
            found = tuple(
                edits.findings.get(code) or sentences.brief(by_code[code], 2025, language)
                for code in counted[state].codes
            )
            groups.append(FindingGroup(state, language.text(_GROUP_TITLES[state]), found))
    return tuple(groups)


def outlook(results: RunResults, before: Mapping[str, Figure], language: Language) -> tuple[str, ...]:
    """Return the sentences on 2030, on the differences between places and on the change since the last round."""
    found = [f"{sentences.summary(results, 2030, language)} {sentences.farthest(results, 2030, language)}".strip()]
    found.extend(sentences.widest_spreads(results.indicators, "district", language, limit=2))
    if before:
        found.append(sentences.changes(results, before, language))
    return tuple(filter(None, found))


def _overview(results: RunResults, before: Mapping[str, Figure], language: Language) -> Markup:
    return charts.chart(
        rows.overview(results, before, language),
        charts.SHARE,
        lambda tick: f"{language.number(tick)}%",
        title=language.text(N_("Estimates of the 17 indicators with their intervals (95%) and the 2025 targets"))
        + ". "
        + sentences.summary(results, 2025, language),
        identifier="overview",
    )


def _districts(results: RunResults, language: Language) -> Markup:
    panels = rows.panels(results, "district", language)
    labels = [row.label for row in panels[0].rows] if panels else []
    return charts.panels(
        panels,
        labels,
        charts.SHARE,
        lambda tick: language.number(tick),
        title=language.text(
            N_("Estimates by the eight former districts with their intervals (95%); the figures are in the table below")
        ),
        identifier="districts",
        columns=5,
        width=930.0,
        label_width=104.0,
    )


def _definition(indicator: Indicator, language: Language) -> Definition:
    main = indicator.main
    return Definition(
        code=indicator.code,
        name=language.wording(indicator.name),
        status=language.text(DEFINITION_STATES[indicator.definition]),
        is_official=indicator.definition == "official",
        population=language.wording(indicator.population),
        numerator=language.wording(main.rule if main.rule.vi else indicator.numerator),
        denominator=language.wording(indicator.denominator),
        period=language.wording(indicator.period),
        source=language.wording(indicator.source),
        note=language.wording(indicator.note),
    )


def legend(report: Report) -> tuple[tuple[str, str], ...]:
    """Return the states on the report's chart with their words, in the order of the states."""
    present = {count.state for count in report.counts if count.number}
    return tuple((state, report.language.text(word)) for state, word in STATES.items() if state in present)
