"""Microdata for Stata (.dta) and SPSS (.sav): labels in Vietnamese, traits as labelled codes, reasons for missing.

The codes -1, -2 and -3 are user-missing values (.a, .b and .c in Stata), so that tables leave them out and nobody
takes them for answers. Both files carry the moment of the run in place of that of writing: same run, same bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars
import pyreadstat

from survey.export.microdata import HIDDEN, NO_ANSWER, NOT_CONCERNED, File
from survey.pipeline.labels import labels

MISSING: dict[int | float, str] = {
    NOT_CONCERNED: "Không thuộc đối tượng",
    NO_ANSWER: "Không có câu trả lời",
    HIDDEN: "Không công bố để bảo mật",
}
_LETTERS = {NOT_CONCERNED: "a", NO_ANSWER: "b", HIDDEN: "c"}
_ANSWERS: dict[int | float, str] = {0: "Không", 1: "Có"}
_AREAS = {"U": "thành thị", "R": "nông thôn"}
_DTA_VERSION = 14
_LABEL_LENGTH = 80
"""Stata cuts longer labels of variables."""
_SAV_DATE, _SAV_TIME = slice(92, 101), slice(101, 109)
_DTA_STAMP = b"<timestamp>"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Coded:
    """A table as statistical packages want it: columns, names of variables, names of values by column."""

    columns: Mapping[str, Sequence[Any]]
    variables: dict[str, str | None]
    values: dict[str, dict[int | float, str]]


def stata(file: File, variables: Mapping[str, str], title: str, made: datetime) -> bytes:
    """Return a file of microdata for Stata 14 and later; `variables` are the labels of its columns."""
    coded = _coded(file, variables)
    lettered = {name: _lettered(coded.columns[name]) for name in coded.values}
    content = _written(
        ".dta",
        lambda path: pyreadstat.write_dta(
            _frame(coded, lettered, polars.Object),
            path,
            file_label=_fitted(title),
            column_labels=coded.variables,
            version=_DTA_VERSION,
            variable_value_labels=_lettered_words(coded),
            missing_user_values={name: sorted(_LETTERS.values()) for name in coded.values},
        ),
    )
    at = content.index(_DTA_STAMP) + len(_DTA_STAMP)
    stamp = f"{made.day:02d} {_MONTHS[made.month - 1]} {made:%Y %H:%M}".encode()
    return content[: at + 1] + stamp + content[at + 1 + len(stamp) :]


def spss(file: File, variables: Mapping[str, str], title: str, made: datetime) -> bytes:
    """Return a file of microdata for SPSS; `variables` are the labels of its columns."""
    coded = _coded(file, variables)
    content = bytearray(
        _written(
            ".sav",
            lambda path: pyreadstat.write_sav(
                _frame(coded, {name: coded.columns[name] for name in coded.values}, polars.Float64),
                path,
                file_label=_fitted(title),
                column_labels=coded.variables,
                row_compress=True,
                variable_value_labels=coded.values,
                missing_ranges={name: [NOT_CONCERNED, NO_ANSWER, HIDDEN] for name in coded.values},
                variable_measure={name: "scale" if name == "weight" else "nominal" for name in coded.columns},
                variable_format=dict.fromkeys(coded.values, "F4.0") | {"weight": "F14.6"},
            ),
        )
    )
    content[_SAV_DATE] = f"{made.day:02d} {_MONTHS[made.month - 1]} {made:%y}".encode()
    content[_SAV_TIME] = f"{made:%H:%M:%S}".encode()
    return bytes(content)


def _coded(file: File, variables: Mapping[str, str]) -> Coded:
    """Return a file's columns with numbers for strata, traits and missing values, and what the numbers mean."""
    columns: dict[str, Sequence[Any]] = {}
    values: dict[str, dict[int | float, str]] = {}
    for name in file.table.column_names:
        found = file.table.column(name).to_pylist()
        if name in file.reasons:
            reasons = file.reasons[name].tolist()
            codes, words = ({}, _ANSWERS) if name in file.shares else _categories(name, found)
            columns[name] = [
                reason if value is None else codes.get(value, value)
                for value, reason in zip(found, reasons, strict=True)
            ]
            values[name] = {**words, **MISSING}
        elif name == "stratum":
            codes, values[name] = _categories(name, found)
            columns[name] = [codes[value] for value in found]
        else:
            columns[name] = found
    return Coded(columns, {name: _fitted(label) for name, label in variables.items()}, values)


def _categories(name: str, found: Sequence[str | None]) -> tuple[dict[str, int], dict[int | float, str]]:
    """Return numbers from 1 for the categories of a column in the order of presentation, and their names."""
    known = {code: word for code, word, _ in labels().get(name, ())}
    present = {value for value in found if value is not None}
    order = [*known, *sorted(present - set(known))]
    codes = {value: number for number, value in enumerate(order, 1)}
    return codes, {number: known.get(value) or _stratum(value) for value, number in codes.items()}


def _stratum(code: str) -> str:
    """Return the name of a stratum such as 930-U, or its code where the round has made strata of its own."""
    names = {code: name for code, name, _ in labels()["district"]}
    district, _, area = code.partition("-")
    return f"{names[district]}, {_AREAS[area]}" if district in names and area in _AREAS else code


def _lettered_words(coded: Coded) -> Any:
    """Return the names of values with Stata's letters as keys, which the writer takes and its declaration does not."""
    return {
        name: {_LETTERS.get(int(code), code): word for code, word in words.items()}
        for name, words in coded.values.items()
    }


def _lettered(column: Sequence[Any]) -> list[Any]:
    """Return a column with Stata's letters in place of the codes of missing values."""
    return [_LETTERS.get(value, value) for value in column]


def _frame(coded: Coded, numbered: Mapping[str, Sequence[Any]], kind: Any) -> polars.DataFrame:
    return polars.DataFrame(
        [
            polars.Series(name, numbered[name], dtype=kind, strict=False)
            if name in numbered
            else polars.Series(name, column)
            for name, column in coded.columns.items()
        ]
    )


def _fitted(label: str) -> str:
    """Return a label that Stata can hold, cut between words where it is too long."""
    if len(label) <= _LABEL_LENGTH:
        return label
    return label[: _LABEL_LENGTH - 1].rsplit(" ", 1)[0].rstrip(" ,;–-") + "…"


def _written(suffix: str, write: Callable[[str], None]) -> bytes:
    """Return what a writer that knows only paths has written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table{suffix}"
        write(str(path))
        return path.read_bytes()
