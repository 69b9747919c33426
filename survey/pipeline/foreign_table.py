"""Workbooks and the files of Stata and SPSS as Arrow tables, so that DuckDB reads them like any other.

Owns what their values become: whole numbers stay whole, user-missing values are missing, value labels on request.
Refuses workbooks without a heading row and sheets that are not there.
"""

from __future__ import annotations

import datetime
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyreadstat
from openpyxl.utils.exceptions import InvalidFileException

from survey.errors import Problem

_READERS = {
    ".dta": pyreadstat.read_dta,
    ".sav": pyreadstat.read_sav,
    ".zsav": pyreadstat.read_sav,
}
_WORKBOOKS = (".xlsx", ".xlsm")
SUFFIXES = (*_WORKBOOKS, *_READERS)


def read(path: Path, *, sheet: str | None = None, labels: bool = False) -> pa.Table:
    """Read all columns of a workbook (its first sheet when None) or of a Stata or SPSS file.

    `labels` gives the value labels instead of the codes. Raises Problem bad-file.
    """
    if path.suffix.lower() in _WORKBOOKS:
        return _workbook(path, sheet)
    try:
        found, about = _READERS[path.suffix.lower()](str(path), output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError) as error:
        raise Problem("bad-file", name=path.name, reason=str(error)) from error
    meaning = about.variable_value_labels if labels else {}
    return pa.table({name: _arrow(_labelled(list(values), meaning.get(name, {}))) for name, values in found.items()})


def _labelled(values: list[Any], meaning: Mapping[Any, str]) -> list[Any]:
    return [meaning.get(value, value) for value in values] if meaning else values


def _workbook(path: Path, sheet: str | None) -> pa.Table:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise Problem("bad-file", name=path.name, reason=str(error)) from error
    if sheet is not None and sheet not in book.sheetnames:
        raise Problem("bad-value", name="--sheet", value=sheet, expected=" | ".join(book.sheetnames))
    rows = [row for row in book[sheet or book.sheetnames[0]].iter_rows(values_only=True) if any(_is_filled(row))]
    book.close()
    names = [str(cell).strip() for cell in rows[0] if cell is not None] if rows else []
    if not names or len(set(names)) < len(names):
        raise Problem("bad-file", name=path.name, reason=", ".join(names) or "–")
    columns = zip(*(row[: len(names)] for row in rows[1:]), strict=True) if len(rows) > 1 else ((),) * len(names)
    return pa.table({name: _arrow(list(values)) for name, values in zip(names, columns, strict=True)})


def _is_filled(row: Sequence[Any]) -> list[bool]:
    return [cell is not None and cell != "" for cell in row]


def _arrow(values: list[Any]) -> pa.Array:
    """Return values as whole numbers, numbers, truths or dates where all of them are such, else as text."""
    known = [None if _is_gone(value) else value for value in values]
    kinds = {type(value) for value in known if value is not None}
    if not kinds:
        return pa.array([None] * len(known), type=pa.float64())
    if kinds <= {int, float}:
        whole = all(value is None or float(value).is_integer() for value in known)
        return pa.array([None if v is None else int(v) for v in known] if whole else known, _number_type(whole))
    if len(kinds) == 1 and kinds <= {bool, str, datetime.date, datetime.datetime}:
        return pa.array(known)
    return pa.array([None if value is None else str(value) for value in known], type=pa.string())


def _number_type(whole: bool) -> pa.DataType:
    return pa.int64() if whole else pa.float64()


def _is_gone(value: Any) -> bool:
    return value is None or value in ("", "NA") or (isinstance(value, float) and math.isnan(value))
