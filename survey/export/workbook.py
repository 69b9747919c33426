"""The figures of a run as an XLSX workbook: the 17 indicators, every breakdown, the response, the words behind codes.

The same run gives the same bytes: the workbook carries the run's time, not the clock's.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from survey.export.figures import Value, records
from survey.query.results import DEFINITION_STATES, DIMENSIONS, FLAGS, REASONS, VERDICTS, RunResults
from survey.reference.wording import Wording
from survey.text import N_

_HEAD = Font(bold=True, color="FFFFFF")
_FILL = PatternFill("solid", fgColor="0B6B67")
_FORMATS = {
    "share": "0.0",
    "number": "#,##0",
    "exact": "0.00",
}
_FIXED = (1980, 1, 1, 0, 0, 0)
_CHANGED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a sheet: heading (a message), width in characters, number format."""

    heading: str
    width: int
    kind: str = ""


_HEADLINE = (
    Field(N_("Indicator"), 10),
    Field(N_("Name"), 60),
    Field(N_("Definition"), 34),
    Field(N_("2025 target"), 12),
    Field(N_("2030 target"), 12),
    Field(N_("Estimate"), 11, "share"),
    Field(N_("Lower end"), 11, "share"),
    Field(N_("Upper end"), 11, "share"),
    Field(N_("Standard error"), 11, "exact"),
    Field(N_("Design effect"), 11, "exact"),
    Field(N_("Cases"), 11, "number"),
    Field(N_("Conclusion 2025"), 36),
    Field(N_("Conclusion 2030"), 36),
)
_BREAKDOWN = (
    Field(N_("Indicator"), 10),
    Field(N_("Way of measuring"), 40),
    Field(N_("Breakdown"), 36),
    Field(N_("Group"), 34),
    Field(N_("Estimate"), 11, "share"),
    Field(N_("Lower end"), 11, "share"),
    Field(N_("Upper end"), 11, "share"),
    Field(N_("Standard error"), 11, "exact"),
    Field(N_("Cases"), 11, "number"),
    Field(N_("Sampling units"), 11, "number"),
    Field(N_("Use"), 40),
    Field(N_("Reasons"), 50),
)


def workbook(results: RunResults, *, gettext: Callable[[str], str], locale: str) -> bytes:
    """Return the workbook of a run in one language."""

    def word(text: Wording) -> str:
        return text.in_language(locale)

    book = Workbook()
    book.properties.title = results.head.round_title
    book.properties.creator = "Phiếu Số"
    moment = (results.head.released_at or results.head.created_at).replace(tzinfo=None)
    book.properties.created = book.properties.modified = moment
    first = book.active
    assert isinstance(first, Worksheet)  # noqa: S101 - a new workbook has one sheet
    first.title = gettext(N_("Indicators"))
    _fill(first, _HEADLINE, _headline(results, gettext, word), gettext)
    _fill(book.create_sheet(gettext(N_("Breakdowns"))), _BREAKDOWN, _breakdowns(results, gettext, locale), gettext)
    _notes(book.create_sheet(gettext(N_("Notes"))), results, gettext, word)
    out = io.BytesIO()
    book.save(out)
    return _without_clock(out.getvalue(), moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode())


def _headline(
    results: RunResults, gettext: Callable[[str], str], word: Callable[[Wording], str]
) -> Iterable[Sequence[Value]]:
    for entry in results.indicators:
        figure = entry.main.figure
        shown = figure if figure is not None and figure.shown else None
        targets = {t.year: f"{'≥' if t.operator == '>=' else '>'} {t.value:g}" for t in entry.targets}
        yield (
            entry.code,
            word(entry.name),
            gettext(DEFINITION_STATES[entry.definition]),
            targets.get(2025, ""),
            targets.get(2030, ""),
            shown.estimate if shown else None,
            shown.ci_low if shown else None,
            shown.ci_high if shown else None,
            shown.se if shown else None,
            shown.deff if shown else None,
            figure.n if figure else None,
            *(gettext(_verdict(entry.experimental, figure, year)) for year in (2025, 2030)),
        )


def _verdict(experimental: bool, figure: object, year: int) -> str:
    verdicts = getattr(figure, "verdicts", {})
    return VERDICTS["" if experimental else verdicts.get(year, "")]


def _breakdowns(results: RunResults, gettext: Callable[[str], str], locale: str) -> Iterable[Sequence[Value]]:
    for row in records(results):
        reasons = str(row["reasons"]).split()
        yield (
            row["indicator"],
            row[f"variant_{locale}"],
            gettext(DIMENSIONS[str(row["dimension"])]),
            row[f"category_{locale}"],
            row["estimate_percent"],
            row["ci_low"],
            row["ci_high"],
            row["se"],
            row["n"],
            row["n_psu"],
            gettext(FLAGS[str(row["flag"])]),
            "; ".join(gettext(REASONS[reason]) for reason in reasons if reason in REASONS),
        )


def _notes(
    sheet: Worksheet, results: RunResults, gettext: Callable[[str], str], word: Callable[[Wording], str]
) -> None:
    """Write what a reader must know: where the figures come from and what they cannot say."""
    head = results.head
    lines = [
        (gettext(N_("Round")), head.round_title),
        (gettext(N_("Reference date")), head.reference_date.isoformat()),
        (gettext(N_("Run")), f"{head.id} · {head.digest}"),
        (gettext(N_("Data")), gettext(N_("Synthetic data")) if head.is_synthetic else gettext(N_("Survey data"))),
        (
            gettext(N_("Unit of measurement")),
            gettext(N_("Percent; an interval covers the true share in 95 of 100 samples")),
        ),
        *((gettext(N_("Note")), word(note)) for note in results.quality.notes),
    ]
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 120
    for line in lines:
        sheet.append(line)
    for row in sheet.iter_rows():
        row[0].font = Font(bold=True)
        row[1].alignment = Alignment(wrap_text=True, vertical="top")


def _fill(
    sheet: Worksheet, fields: Sequence[Field], rows: Iterable[Sequence[Value]], gettext: Callable[[str], str]
) -> None:
    """Write a frozen, filtered heading and the rows with their number formats."""
    sheet.append([gettext(field.heading) for field in fields])
    for row in rows:
        sheet.append([_safe(value) for value in row])
    for position, field in enumerate(fields, start=1):
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = field.width
        head = sheet.cell(1, position)
        head.font, head.fill = _HEAD, _FILL
        head.alignment = Alignment(wrap_text=True, vertical="center")
        if field.kind:
            for cell in sheet[letter][1:]:
                cell.number_format = _FORMATS[field.kind]
    sheet.row_dimensions[1].height = 32
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"


def _safe(value: Value) -> Value:
    """Return a text that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"}:
        return f"'{value}"
    return value


def _without_clock(content: bytes, moment: bytes) -> bytes:
    """Return the archive with every member dated alike and the run's time as the time of change."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            member = zipfile.ZipInfo(name, _FIXED)
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, _CHANGED.sub(rb"\g<1>" + moment, old.read(name)))
    return out.getvalue()
