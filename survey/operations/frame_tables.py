"""Reads a table that people hand in, XLSX or CSV, into rows of plain text, and writes the template of one.

Knows nothing of what the columns mean. Refuses files that are neither, too many rows, and archives that swell.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from survey.errors import Problem
from survey.text import clean

MOST_ROWS = 200_000
_MOST_SWELLING = 400_000_000
_ZIP = b"PK\x03\x04"
_TEXT = "@"


@dataclass(frozen=True, slots=True)
class Table:
    """The heads of a table, and its rows with their numbers in the file, counted from 1; every cell is clean text."""

    heads: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read(content: bytes, name: str) -> Table:
    """Return the first sheet of an XLSX file, or a CSV file in UTF-8 with commas or semicolons.

    Empty rows are left out. Raises bad-file, and empty-file for a file without bytes.
    """
    if not content:
        raise Problem("empty-file", name=name)
    lines = _from_workbook(content, name) if content.startswith(_ZIP) else _from_csv(content, name)
    heads: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in lines:
        if not any(cells):
            continue
        if not heads:
            heads = cells
        elif len(rows) >= MOST_ROWS:
            raise Problem("bad-file", name=name, reason=f"> {MOST_ROWS}")
        else:
            rows.append((number, cells))
    return Table(heads, tuple(rows))


def template(title: str, heads: Sequence[str], hints: Sequence[str], required: Sequence[bool]) -> bytes:
    """Return an XLSX file with the heads (required ones starred), a line that explains each, and text cells below."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise RuntimeError("a new workbook has no sheet")
    sheet.title = title[:31]
    sheet.append([f"{head} *" if must else head for head, must in zip(heads, required, strict=True)])
    sheet.append(list(hints))
    for column in range(1, len(heads) + 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.cell(2, column).font = Font(italic=True, color="5A6570")
        sheet.cell(2, column).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(1, column).fill = PatternFill("solid", start_color="E6F0EF")
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = max(18, min(40, len(heads[column - 1]) + 8))
        for row in range(3, 203):
            sheet.cell(row, column).number_format = _TEXT
    sheet.freeze_panes = "A3"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _from_workbook(content: bytes, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_SWELLING:
                raise Problem("bad-file", name=name, reason="XLSX")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise Problem("bad-file", name=name, reason="XLSX") from error
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        yield number, tuple(_text(value) for value in values)
    book.close()


def _from_csv(content: bytes, name: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Problem("bad-file", name=name, reason="UTF-8") from error
    first = text.partition("\n")[0]
    marks = {mark: first.count(mark) for mark in ",;\t"}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(marks, key=lambda mark: marks[mark]))
    try:
        for cells in reader:
            yield reader.line_num, tuple(clean(cell) for cell in cells)
    except csv.Error as error:
        raise Problem("bad-file", name=name, reason=str(error)) from error


def _text(value: Any) -> str:
    """Return a cell as people would have typed it: whole numbers without a point, a decimal comma, ISO days."""
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else f"{value:f}".rstrip("0").replace(".", ",")
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return str(value)


def as_csv(table: Table) -> bytes:
    """Return a table as CSV, which reads back faster than a workbook."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([table.heads, *(cells for _number, cells in table.rows)])
    return buffer.getvalue().encode()
