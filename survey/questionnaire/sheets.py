"""XLSForm workbooks as plain rows: the single-file CSV of `forms/` and its XLSX twin, both ways without loss.

Owns where a cell stands (sheet, row, column); knows nothing of what a cell means. Every cell is text, never a number or
a date.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import IllegalCharacterError, InvalidFileException

from survey.errors import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: its number there (the header is row 1), its line in the CSV file, and its filled cells."""

    number: int
    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """Return the text of a cell, empty when it is not filled."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A named table of text cells."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]


Book = Mapping[str, Sheet]


def read_book(path: Path) -> dict[str, Sheet]:
    """Read a workbook from CSV or XLSX; Problem bad-file when it is neither."""
    try:
        return _from_xlsx(path) if path.suffix.lower() == ".xlsx" else from_csv(path.read_text("utf-8-sig"))
    except (OSError, csv.Error, ValueError, KeyError, BadZipFile, InvalidFileException) as error:
        raise Problem("bad-file", name=path.name, reason=str(error)) from error


def from_csv(text: str) -> dict[str, Sheet]:
    """Read the single-file CSV: the first column names a sheet, the next row is its header; blank rows are skipped."""
    reader = csv.reader(io.StringIO(text, newline=""))
    return _assemble((reader.line_num, row) for row in reader)


def _assemble(lines: Iterable[tuple[int, list[str]]]) -> dict[str, Sheet]:
    tables: dict[str, list[tuple[int, list[str]]]] = {}
    current: list[tuple[int, list[str]]] | None = None
    for line, row in lines:
        name = row[0].strip() if row else ""
        content = [cell.strip() for cell in row[1:]]
        if name:
            current = tables.setdefault(name, [])
        if any(content):
            if current is None:
                raise ValueError(f"line {line}: the first column must name a sheet before any content")
            current.append((line, content))
    return {name: _sheet(name, rows) for name, rows in tables.items()}


def _sheet(name: str, rows: list[tuple[int, list[str]]]) -> Sheet:
    header = _trimmed(rows[0][1]) if rows else ()
    named = [column for column in header if column]
    if len(named) != len(set(named)):
        twice = next(column for column in named if named.count(column) > 1)
        raise ValueError(f"sheet {name}, row 1: the column {twice} appears twice")
    body = []
    for number, (line, cells) in enumerate(rows[1:], start=2):
        for column, cell in enumerate(cells):
            if cell and (column >= len(header) or not header[column]):
                raise ValueError(
                    f"sheet {name}, row {number} (line {line}): {cell!r} stands in a column without a heading"
                )
        body.append(Row(number, line, {key: cell for key, cell in zip(header, cells, strict=False) if cell}))
    return Sheet(name, header, tuple(body))


def _trimmed(cells: list[str]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return tuple(cells)


def to_csv(book: Book) -> str:
    """Write the canonical single-file CSV: a line naming each sheet, its header, its rows; line feeds only."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for sheet in book.values():
        writer.writerow([sheet.name])
        for cells in _grid(sheet):
            writer.writerow(["", *cells])
    return out.getvalue()


def _grid(sheet: Sheet) -> Iterator[list[str]]:
    yield list(sheet.header)
    for row in sheet.rows:
        yield [row.get(column) for column in sheet.header]


def write_xlsx(book: Book, path: Path) -> None:
    """Write an XLSX workbook whose every cell is typed as text, so that Excel keeps `00004` and long numbers."""
    workbook = Workbook()
    workbook.remove(workbook.active)  # type: ignore[arg-type]
    for sheet in book.values():
        page = workbook.create_sheet(sheet.name)
        for number, cells in enumerate(_grid(sheet), start=1):
            for column, value in enumerate(cells, start=1):
                _text_cell(page, number, column, value, sheet.name)
        page.freeze_panes = "A2"
        for column, name in enumerate(sheet.header, start=1):
            page.column_dimensions[get_column_letter(column)].width = 40 if "::" in name else 18
    workbook.save(path)


def _text_cell(page: object, number: int, column: int, value: str, sheet: str) -> None:
    cell = page.cell(number, column)  # type: ignore[attr-defined]
    cell.number_format = "@"
    if value:
        try:
            cell.value = value
        except IllegalCharacterError as error:
            raise ValueError(f"sheet {sheet}, row {number}: a control character cannot be written to XLSX") from error
        cell.data_type = "s"
    if number == 1:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDE6F0")


def _from_xlsx(path: Path) -> dict[str, Sheet]:
    workbook = load_workbook(path, read_only=True, data_only=True)
    lines: list[tuple[int, list[str]]] = []
    for page in workbook.worksheets:
        lines.append((0, [page.title]))
        for number, row in enumerate(page.iter_rows(values_only=True), start=1):
            lines.append((number, ["", *(_xlsx_text(value) for value in row)]))
    workbook.close()
    return _assemble(lines)


def _xlsx_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("_x000D_", "").replace("\r\n", "\n")
