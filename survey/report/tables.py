"""The tables of report and pages as plain cells: a new table is a function here, its look belongs to the templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from survey.query.results import REASONS, Figure, Indicator, Quality, RunResults, Variant
from survey.report.language import NO_VALUE, Language
from survey.report.marks import STATES, state_of
from survey.report.naming import changes_variant, definition_mark, judged_variant, short_name
from survey.report.sentences import headline_state, interval
from survey.text import N_

RESPONSE_KINDS: Mapping[str, str] = {
    "household": N_("Households"),
    "respondent": N_("Randomly selected persons"),
    "enterprise": N_("Enterprises"),
    "institution": N_("Education institutions"),
}
WEIGHT_STEPS: Mapping[str, str] = {
    "stage1": N_("First stage: areas"),
    "base": N_("Base weights"),
    "eligibility": N_("Adjusted for unknown eligibility"),
    "nonresponse": N_("Adjusted for non-response"),
    "respondent": N_("Randomly selected person"),
    "calibration": N_("Calibrated to totals"),
    "trimming": N_("Trimmed"),
}
_SUPPRESSED = "…"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: text, a smaller second line, and the state whose mark goes before it."""

    text: str
    note: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading; `numeric` aligns right, `code` names it for styles."""

    code: str
    label: str
    numeric: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its heading cell and the others; `group` is set on a row that only titles those below it."""

    head: Cell
    cells: tuple[Cell, ...] = ()
    group: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table; the first column holds the heads of the rows."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


def responses(quality: Quality, language: Language) -> Table:
    """Return how each kind of unit responded."""
    say = language.text
    columns = (
        Column("kind", say(N_("Kind of unit")), numeric=False),
        Column("frame", say(N_("In the frame"))),
        Column("sampled", say(N_("In the sample"))),
        Column("completed", say(N_("Answered"))),
        Column("refused", say(N_("Refused"))),
        Column("ineligible", say(N_("Not eligible"))),
        Column("absent", say(N_("Not reached, other"))),
        Column("rate", say(N_("Response rate"))),
    )
    rows = []
    for response in quality.responses:
        other = response.not_contacted + response.other + response.unknown
        answered = response.completed + response.partial
        numbers = (response.frame or None, response.sampled, answered, response.refused, response.ineligible, other)
        rate = Cell(language.percent(response.rates.get("RR2")))
        kind = RESPONSE_KINDS.get(response.kind)
        rows.append(
            Row(
                Cell(say(kind) if kind else response.kind),
                (*(Cell(language.number(number)) for number in numbers), rate),
            )
        )
    note = say(
        N_("Response rate RR2 of AAPOR: those that answered, in part too, over all eligible or possibly eligible.")
    )
    return Table(say(N_("Response of the sampled units")), columns, tuple(rows), (note,))


def headline(results: RunResults, language: Language) -> Table:
    """Return the table of the 17 indicators; one whose two years differ in wording has a row for each."""
    say = language.text
    columns = (
        Column("indicator", say(N_("Indicator")), numeric=False),
        Column("target-2025", say(N_("2025 target"))),
        Column("target-2030", say(N_("2030 target"))),
        Column("estimate", say(N_("Estimate"))),
        Column("interval", say(N_("Interval (95%)"))),
        Column("n", say(N_("Cases"))),
        Column("verdict-2025", say(N_("Conclusion for {year}"), year=2025), numeric=False),
        Column("verdict-2030", say(N_("Conclusion for {year}"), year=2030), numeric=False),
    )
    rows: list[Row] = []
    group = ""
    for indicator in results.indicators:
        if (name := language.wording(indicator.group)) != group:
            group = name
            rows.append(Row(Cell(name), group=True))
        rows.extend(_headline_rows(indicator, language))
    return Table(say(N_("The 17 indicators against the targets of the plan")), columns, tuple(rows))


def verdict_word(state: str, language: Language) -> str:
    """Return the word that stands beside a mark."""
    return language.text(STATES[state])


def official_line(indicator: Indicator, language: Language) -> str:
    """Return the official figure with publisher and date, or that none has been entered; empty where none is due."""
    if not indicator.experimental:
        return ""
    official = next((o for o in indicator.official if not o.category), None)
    if official is None:
        return language.text(N_("Official figure: not entered"))
    return language.text(
        N_("Official figure: {value} ({publisher}, {day})"),
        value=language.percent(official.value),
        publisher=official.publisher,
        day=language.date(official.published_on),
    )


def by_domain(
    indicators: Sequence[Indicator], dimension: str, language: Language, *, caption: str, year: int = 2025
) -> Table:
    """Return estimates by domain: domains down the page, indicators across; suppressed cells show an ellipsis.

    Indicators without any published figure in the dimension have no column and are named in a note.
    """
    concerned = [i for i in indicators if dimension in judged_variant(i, year).breakdowns]
    chosen = [i for i in concerned if any(f.shown for f in judged_variant(i, year).breakdowns[dimension])]
    silent = [i.code for i in concerned if i not in chosen]
    columns = (
        Column("domain", language.text(N_("Place")), numeric=False),
        *(Column(i.code, i.code) for i in chosen),
    )
    whole = language.text(N_("Whole territory"))
    lines: dict[str, tuple[str, dict[str, Cell]]] = {}
    for indicator in concerned:
        for figure in judged_variant(indicator, year).breakdowns[dimension]:
            _, cells = lines.setdefault(figure.category, (language.wording(figure.label), {}))
            cells[indicator.code] = figure_cell(indicator, figure, year, language)
    total = tuple(figure_cell(i, judged_variant(i, year).figure, year, language) for i in chosen)
    body = (
        Row(Cell(label), tuple(cells.get(i.code, Cell(NO_VALUE)) for i in chosen)) for label, cells in lines.values()
    )
    return Table(caption, columns, (*body, Row(Cell(whole), total)), _silent_note(silent, language))


def _silent_note(codes: Sequence[str], language: Language) -> tuple[str, ...]:
    """Return the note that names indicators without a single published figure in a table."""
    if not codes:
        return ()
    return (
        language.text(
            N_("No figure at this level can be published for {codes}: there are too few cases."),
            codes=language.series(codes),
        ),
    )


def turned(table: Table, corner: str, names: Mapping[str, str]) -> Table:
    """Return a table with rows and columns exchanged; `names` gives the new row heads by column code."""
    columns = (
        Column("indicator", corner, numeric=False),
        *(Column(f"c{i}", row.head.text) for i, row in enumerate(table.rows)),
    )
    rows = tuple(
        Row(Cell(names[column.code]), tuple(row.cells[i] for row in table.rows))
        for i, column in enumerate(table.columns[1:])
    )
    return Table(table.caption, columns, rows, table.notes)


def figure_cell(indicator: Indicator, figure: Figure | None, year: int, language: Language) -> Cell:
    """Return an estimate with its interval below and its mark; an ellipsis where it is suppressed."""
    if figure is None:
        return Cell(NO_VALUE)
    if not figure.shown:
        return Cell(_SUPPRESSED)
    caution = "*" if figure.flag == "flag" else ""
    against = None if indicator.experimental else indicator.target(year).value
    state = state_of(indicator, figure, year)
    state = state if state in STATES else ""
    bounds = interval(figure, language).replace("%", "")
    return Cell(language.bare(figure.estimate, against=against) + caution, bounds, state)


def quality(results: RunResults, language: Language) -> Table:
    """Return the precision and item response of every variant over the whole territory."""
    say = language.text
    columns = (
        Column("variant", say(N_("Indicator and way of measuring")), numeric=False),
        Column("estimate", say(N_("Estimate"))),
        Column("interval", say(N_("Interval (95%)"))),
        Column("se", say(N_("Standard error"))),
        Column("deff", say(N_("Design effect"))),
        Column("n", say(N_("Cases"))),
        Column("psu", say(N_("Sampling units"))),
        Column("answered", say(N_("Answered"))),
        Column("bounds", say(N_("If all without answer said no – yes"))),
    )
    rows = []
    for indicator in results.indicators:
        rows.append(Row(Cell(f"{indicator.code}. {short_name(indicator, language)}"), group=True))
        rows.extend(Row(Cell(language.wording(v.label)), _quality_cells(v, language)) for v in indicator.variants)
    return Table(say(N_("Precision and completeness of the estimates")), columns, tuple(rows))


def reasons_text(figure: Figure, language: Language) -> str:
    """Return why a figure is flagged or suppressed, in words."""
    return "; ".join(language.text(REASONS[reason]) for reason in figure.reasons if reason in REASONS)


def _headline_rows(indicator: Indicator, language: Language) -> list[Row]:
    if changes_variant(indicator):
        return [_headline_row(indicator, (target.year,), language) for target in indicator.targets]
    return [_headline_row(indicator, tuple(target.year for target in indicator.targets), language)]


def _headline_row(indicator: Indicator, years: tuple[int, ...], language: Language) -> Row:
    variant = judged_variant(indicator, years[0])
    figure = variant.figure
    note = "; ".join(filter(None, (definition_mark(indicator, language), official_line(indicator, language))))
    name = f"{indicator.code}. {language.wording(indicator.target(years[0]).name)}"
    return Row(
        Cell(name, note),
        (
            _target_cell(indicator, 2025, years, language),
            _target_cell(indicator, 2030, years, language),
            _estimate_cell(indicator, figure, years[0], language),
            Cell(interval(figure, language).replace("%", "")),
            Cell(_cases(indicator, figure, language)),
            *(_verdict_cell(indicator, year, years, language) for year in (2025, 2030)),
        ),
    )


def _target_cell(indicator: Indicator, year: int, years: tuple[int, ...], language: Language) -> Cell:
    target = indicator.target(year)
    return Cell(language.target(target.operator, target.value) if year in years else "")


def _estimate_cell(indicator: Indicator, figure: Figure | None, year: int, language: Language) -> Cell:
    if figure is None:
        return Cell(NO_VALUE)
    if not figure.shown:
        return Cell(_SUPPRESSED)
    return Cell(language.bare(figure.estimate, against=indicator.target(year).value))


def _cases(indicator: Indicator, figure: Figure | None, language: Language) -> str:
    if figure is None:
        return NO_VALUE
    if indicator.census and figure.numerator_count is not None:
        return f"{language.number(figure.numerator_count)}/{language.number(figure.n)}"
    return language.number(figure.n)


def _verdict_cell(indicator: Indicator, year: int, years: tuple[int, ...], language: Language) -> Cell:
    if year not in years:
        return Cell("")
    state = headline_state(indicator, year)
    return Cell(verdict_word(state, language), str(year), state)


def _quality_cells(variant: Variant, language: Language) -> tuple[Cell, ...]:
    figure = variant.figure
    if figure is None:
        return tuple(Cell(NO_VALUE) for _ in range(8))
    write: Callable[[float | None], str] = language.bare
    bounds = NO_VALUE if figure.all_no is None else f"{write(figure.all_no)}–{write(figure.all_yes)}"
    return (
        Cell(write(figure.estimate) if figure.shown else _SUPPRESSED),
        Cell(interval(figure, language).replace("%", "")),
        Cell(language.number(figure.se, 2)),
        Cell(language.number(figure.deff, 2)),
        Cell(language.number(figure.n)),
        Cell(language.number(figure.n_psu)),
        Cell(language.percent(figure.item_response)),
        Cell(bounds),
    )
