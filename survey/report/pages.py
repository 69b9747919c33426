"""What the results pages show, as plain values and drawings, for the public and for the office's preview alike.

Decides nothing about who may see a run; the caller does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from survey.query.results import DIMENSIONS, Figure, Indicator, RunHead, RunResults, Target, TrendPoint
from survey.reference.geometry import Boundaries
from survey.report import charts, rows, sentences
from survey.report.charts import SHARE, Scale
from survey.report.language import NO_VALUE, Language
from survey.report.maps import Area, bands, units_map
from survey.report.naming import changes_variant, definition_mark, judged_figure, judged_variant, short_name
from survey.report.questions import Asked
from survey.report.sentences import interval
from survey.report.tables import official_line, reasons_text
from survey.text import N_

YEARS = (2025, 2030)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a chart that is a table: words, drawing, figures. `state` is against the year of the page's chart."""

    label: str
    strip: Markup
    estimate: str
    interval: str
    n: str
    state: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator on the overview."""

    code: str
    name: str
    short: str
    mark: str
    official: str
    line: Line
    targets: Mapping[int, str]
    states: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page: how many targets are met, how surely, and every indicator."""

    head: RunHead
    summary: str
    summary_2030: str
    counts: tuple[sentences.Count, ...]
    counts_2030: tuple[sentences.Count, ...]
    total: int
    groups: tuple[tuple[str, tuple[Entry, ...]], ...]
    axis: Markup
    chart: Markup
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The figures of one dimension."""

    dimension: str
    title: str
    sentence: str
    lines: tuple[Line, ...]
    axis: Markup
    map: Markup | None = None
    bands: tuple[tuple[str, str], ...] = ()
    """Classes of the map: colour and words."""
    is_silent: bool = False
    """No figure of the breakdown can be published."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How an indicator stands against the target of one year."""

    year: int
    name: str
    target: str
    phrase: str
    state: str
    sentence: str
    probability: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything about one indicator."""

    head: RunHead
    indicator: Indicator
    name: str
    short: str
    mark: str
    official: str
    change: str
    figure: Line
    axis: Markup
    judgements: tuple[Judgement, ...]
    breakdowns: tuple[Breakdown, ...]
    variants: tuple[Line, ...]
    rules: tuple[str, ...]
    trend: tuple[Line, ...]
    facts: tuple[tuple[str, str], ...]
    questions: tuple[Asked, ...]
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    has_previous: bool


def overview(results: RunResults, previous: Mapping[str, Figure], language: Language) -> Overview:
    """Return the overview of a run."""
    groups: dict[str, list[Entry]] = {}
    for indicator in results.indicators:
        entry = _entry(indicator, previous.get(indicator.code), language)
        groups.setdefault(language.wording(indicator.group), []).append(entry)
    return Overview(
        head=results.head,
        summary=sentences.summary(results, 2025, language),
        summary_2030=sentences.summary(results, 2030, language),
        counts=sentences.counts(results, 2025),
        counts_2030=sentences.counts(results, 2030),
        total=len(results.indicators),
        groups=tuple((name, tuple(entries)) for name, entries in groups.items()),
        axis=_axis(SHARE, language),
        chart=whole_chart(results, previous, language),
        has_previous=bool(previous),
    )


def whole_chart(results: RunResults, previous: Mapping[str, Figure], language: Language) -> Markup:
    """Return the chart of all indicators as one drawing, for download."""
    return charts.chart(
        rows.overview(results, previous, language),
        SHARE,
        lambda tick: f"{language.number(tick)}%",
        title=language.text(N_("Estimates of the 17 indicators with their intervals (95%) and the 2025 targets")),
        description=sentences.summary(results, 2025, language),
        identifier="overview",
    )


def page(
    results: RunResults,
    code: str,
    language: Language,
    *,
    previous: Mapping[str, Figure],
    trend: Sequence[TrendPoint] = (),
    asked: Sequence[Asked] = (),
    boundaries: Boundaries | None = None,
) -> Page:
    """Return the page of one indicator; `boundaries` are those of the installation, None for the packaged ones."""
    indicator = results.indicator(code)
    before = previous.get(code)
    figure = indicator.main.figure
    row = rows.figure_row(indicator, figure, "", 2025, language, before=before)
    scale = charts.scale_for([row])
    codes = [i.code for i in results.indicators]
    place = codes.index(code)
    return Page(
        head=results.head,
        indicator=indicator,
        name=language.wording(indicator.name),
        short=short_name(indicator, language),
        mark=definition_mark(indicator, language),
        official=official_line(indicator, language),
        change=sentences.change(indicator, before, language),
        figure=_line(indicator, figure, row, scale, language),
        axis=_axis(scale, language),
        judgements=tuple(_judgement(indicator, target, language) for target in indicator.targets),
        breakdowns=tuple(_breakdowns(indicator, language, boundaries)),
        variants=tuple(_variants(indicator, language)),
        rules=tuple(language.wording(variant.rule) for variant in indicator.variants),
        trend=tuple(_trend(indicator, trend, language)),
        facts=_facts(indicator, language),
        questions=tuple(question for question in asked if code in question.indicators),
        before=_neighbour(results, place - 1, language),
        after=_neighbour(results, place + 1, language),
        has_previous=before is not None,
    )


def _entry(indicator: Indicator, before: Figure | None, language: Language) -> Entry:
    figure = judged_variant(indicator, 2025).figure
    row = rows.figure_row(indicator, figure, short_name(indicator, language), 2025, language, before=before)
    return Entry(
        code=indicator.code,
        name=language.wording(indicator.name),
        short=short_name(indicator, language),
        mark=definition_mark(indicator, language),
        official=official_line(indicator, language),
        line=_line(indicator, figure, row, SHARE, language),
        targets={t.year: language.target(t.operator, t.value) for t in indicator.targets},
        states={year: sentences.headline_state(indicator, year) for year in YEARS},
    )


def _line(indicator: Indicator, figure: Figure | None, row: charts.Row, scale: Scale, language: Language) -> Line:
    return Line(
        label=row.label,
        strip=charts.strip(row, scale),
        estimate=row.figures if figure is not None and figure.shown else NO_VALUE,
        interval=interval(figure, language),
        n=language.number(figure.n if figure else None),
        state=row.state,
        remark=_remark(figure, language),
    )


def _remark(figure: Figure | None, language: Language) -> str:
    """Return in a few words what a reader must know about a flagged or suppressed figure, with the first reason."""
    if figure is None or figure.flag == "publish":
        return ""
    word = language.text(N_("use with caution") if figure.flag == "flag" else N_("not published"))
    reason = reasons_text(figure, language).split("; ")[0]
    return f"{word}: {reason[:1].lower()}{reason[1:]}" if reason else word


def _judgement(indicator: Indicator, target: Target, language: Language) -> Judgement:
    figure = judged_figure(indicator, target.year)
    probability = figure.probabilities.get(target.year) if figure else None
    return Judgement(
        year=target.year,
        name=language.wording(target.name) if changes_variant(indicator) else "",
        target=language.target(target.operator, target.value),
        phrase=language.wording(target.phrase),
        state=sentences.headline_state(indicator, target.year),
        sentence=sentences.finding(indicator, target.year, language),
        probability="" if probability is None else language.percent(100 * probability),
    )


def _breakdowns(indicator: Indicator, language: Language, boundaries: Boundaries | None) -> list[Breakdown]:
    found = []
    for dimension, figures in indicator.main.breakdowns.items():
        lines = rows.breakdown(indicator, figures, language)
        scale = charts.scale_for(lines)
        found.append(
            Breakdown(
                dimension,
                language.text(DIMENSIONS[dimension]),
                sentences.spread(indicator, dimension, language) if dimension in {"district", "unit"} else "",
                tuple(_line(indicator, f, row, scale, language) for f, row in zip(figures, lines, strict=True)),
                _axis(scale, language),
                _map(indicator, figures, language, boundaries) if dimension == "unit" else None,
                _bands(figures, language) if dimension == "unit" else (),
                not any(figure.shown for figure in figures),
            )
        )
    return found


def _map(indicator: Indicator, figures: Sequence[Figure], language: Language, boundaries: Boundaries | None) -> Markup:
    areas = {}
    for figure in figures:
        label = language.wording(figure.label)
        shown = language.number(figure.estimate) if figure.shown else "…"
        if figure.shown:
            sentence = f"{label}: {language.percent(figure.estimate)} ({interval(figure, language)})"
        else:
            sentence = f"{label}: {language.text(N_('not published'))}"
        areas[figure.category] = Area(figure.estimate if figure.shown else None, shown, sentence)
    return units_map(
        areas,
        title=language.text(N_("Map of the 28 present units: {name}"), name=short_name(indicator, language)),
        description=language.text(N_("Every figure of the map is in the table that follows it.")),
        identifier=f"map-{indicator.code.lower()}",
        boundaries=boundaries,
    )


def _bands(figures: Sequence[Figure], language: Language) -> tuple[tuple[str, str], ...]:
    found = bands(figure.estimate if figure.shown else None for figure in figures)
    digits = 0 if all(band.low.is_integer() and band.high.is_integer() for band in found) else 1
    return tuple(
        (band.fill, f"{language.number(band.low, digits)}–{language.number(band.high, digits)}%") for band in found
    )


def _variants(indicator: Indicator, language: Language) -> list[Line]:
    lines = []
    for variant in indicator.variants:
        row = rows.figure_row(indicator, variant.figure, language.wording(variant.label), 2025, language)
        lines.append(_line(indicator, variant.figure, row, SHARE, language))
    return lines


def _trend(indicator: Indicator, points: Sequence[TrendPoint], language: Language) -> list[Line]:
    lines = []
    for point in points:
        row = rows.figure_row(indicator, point.figure, language.date(point.reference_date), 2025, language)
        lines.append(_line(indicator, point.figure, row, SHARE, language))
    return lines


def _facts(indicator: Indicator, language: Language) -> tuple[tuple[str, str], ...]:
    """Return the definition as pairs of a heading and a text."""
    pairs = (
        (N_("Population"), indicator.population),
        (N_("Numerator"), indicator.numerator),
        (N_("Denominator"), indicator.denominator),
        (N_("Reference period"), indicator.period),
        (N_("Source of the figure"), indicator.source),
        (N_("Note"), indicator.note),
    )
    return tuple((language.text(head), language.wording(text)) for head, text in pairs if text.vi)


def _neighbour(results: RunResults, place: int, language: Language) -> tuple[str, str] | None:
    if not 0 <= place < len(results.indicators):
        return None
    found = results.indicators[place]
    return found.code, short_name(found, language)


def _axis(scale: Scale, language: Language) -> Markup:
    return charts.axis(scale, lambda tick: f"{language.number(tick)}%")
