"""XLSForm (CSV or XLSX) → lint → pyxform → XForm XML → instrument. The XForm alone is the definition.

Our own columns (identity, sensitive, warning, indicator, bank, universe…) travel as `ps:` attributes of the binds,
which stock clients ignore. Warnings of pyxform are errors. Only this module imports pyxform.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from survey.errors import Problem
from survey.questionnaire import lint
from survey.questionnaire.instrument import PS_NAMESPACE, Instrument
from survey.questionnaire.outline import FROM_FILE, Item, languages, outline, split_column
from survey.questionnaire.program import program
from survey.questionnaire.read_xform import from_xform, language_code
from survey.questionnaire.sheets import Book, Row, Sheet, read_book, to_csv
from survey.text import N_

_ROW = re.compile(r"\[row : (\d+)\]\s*")
_PLAIN_OWN = {
    "identity": "ps:identity",
    "sensitive": "ps:sensitive",
    "warning": "ps:warning",
    "indicator": "ps:indicator",
    "bank": "ps:bank",
}
_TEXT_OWN = {"warning_message": "warningMsg", "universe": "universe"}
_SETTINGS_OWN = {"form_code": "attribute::ps:code"}
_OTHER = {"vi": "Khác", "en": "Other"}
_SPECIFY = {"vi": "Ghi rõ", "en": "Please specify"}


@dataclass(frozen=True, slots=True, eq=False)
class CompiledForm:
    """One compiled version: the exact bytes to serve, their digests, the instrument drawn from them, and the media
    lists.
    """

    form_id: str
    version: str
    xml: bytes
    instrument: Instrument
    sha256: str
    md5: str
    media: Mapping[str, bytes]


def compile_form(path: Path) -> CompiledForm:
    """Compile a questionnaire file; its media lists are read from `media/` beside it.

    Problem form-invalid carries `findings` (see `lint.LintFinding`), each naming sheet, row, column, value and what is
    expected.
    """
    return compile_book(read_book(path), path.name, read_media(path.parent / "media"))


def compile_book(book: Book, name: str, media: Mapping[str, bytes]) -> CompiledForm:
    """Compile a workbook already read, with its media files (name → bytes)."""
    findings = [finding for finding in lint.check(book, media) if finding.severity == "error"]
    if findings:
        raise _invalid(name, findings)
    xml = _xform(book, name)
    return load(xml, {file: media[file] for file in _media_names(book)})


def load(xml: bytes, media: Mapping[str, bytes]) -> CompiledForm:
    """Build the compiled form of XForm bytes stored earlier, without pyxform."""
    instrument = from_xform(xml, media)
    try:
        program(instrument)
    except LookupError as error:
        raise Problem("form-invalid", name=instrument.form_id, reason=str(error)) from error
    return CompiledForm(
        form_id=instrument.form_id,
        version=instrument.version,
        xml=xml,
        instrument=instrument,
        sha256=hashlib.sha256(xml).hexdigest(),
        md5=hashlib.md5(xml, usedforsecurity=False).hexdigest(),
        media=dict(media),
    )


def read_media(folder: Path) -> dict[str, bytes]:
    """Read the media files of a folder; none when there is no folder."""
    return (
        {file.name: file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()} if folder.is_dir() else {}
    )


def _media_names(book: Book) -> list[str]:
    items = outline(book).items
    named = [item.list_name for item in items if item.type in FROM_FILE]
    return sorted({*named, *(f"{item.name}.csv" for item in items if item.type == "csv-external")})


def _xform(book: Book, name: str) -> bytes:
    portable, rows = portable_book(book)
    warnings: list[str] = []
    try:
        result = convert(to_csv(portable).encode(), warnings=warnings, file_type=".csv")
    except PyXFormError as error:
        raise _invalid(name, [_from_pyxform(str(error), rows)]) from error
    if warnings:
        raise _invalid(name, [_from_pyxform(text, rows) for text in warnings])
    return str(result.xform).encode()


def _invalid(name: str, findings: list[lint.LintFinding]) -> Problem:
    shown = [str(finding) for finding in findings[:20]]
    if len(findings) > 20:
        shown.append(f"(+{len(findings) - 20})")
    return Problem("form-invalid", name=name, reason="\n".join(shown), findings=tuple(findings))


def _from_pyxform(text: str, rows: Mapping[int, Row]) -> lint.LintFinding:
    match = _ROW.search(text)
    row = rows.get(int(match.group(1))) if match else None
    number, line = (row.number, row.line) if row else (0, 0)
    return lint.LintFinding(
        "error", "survey", number, line, "", "", N_("pyxform refuses it: {reason}"), "", {"reason": text}
    )


def portable_book(book: Book) -> tuple[dict[str, Sheet], dict[int, Row]]:
    """Rewrite our own columns as stock XLSForm; also return the author's row of each row number given to pyxform."""
    survey = [*_survey_rows(book)]
    header = _header(row for _, row in survey)
    numbers = {number: source for number, (source, _) in enumerate(survey, start=2)}
    rows = tuple(Row(n, 0, cells) for n, (_, cells) in enumerate(survey, start=2))
    portable = {"survey": Sheet("survey", header, rows)}
    if "choices" in book:
        choices = [*_choice_rows(book)]
        portable["choices"] = Sheet(
            "choices", _header(choices), tuple(Row(n, 0, c) for n, c in enumerate(choices, start=2))
        )
    settings = _settings(book)
    portable["settings"] = Sheet("settings", tuple(settings), (Row(2, 0, settings),))
    return portable, numbers


def _header(rows: object) -> tuple[str, ...]:
    columns: dict[str, None] = {}
    for row in rows:  # type: ignore[attr-defined]
        columns.update(dict.fromkeys(row))
    return tuple(columns)


def _survey_rows(book: Book) -> Iterator[tuple[Row, dict[str, str]]]:
    known = languages(book)
    for item in outline(book).items:
        yield item.row, _stock_cells(item)
        if item.row.get("warning"):
            yield item.row, {"type": "hidden", "name": f"{item.name}_reason", "bind::ps:reasonFor": item.name}
        if item.or_other:
            yield item.row, _specify(item, known)


def _stock_cells(item: Item) -> dict[str, str]:
    cells: dict[str, str] = {}
    for column, value in item.row.cells.items():
        base, language = split_column(column)
        if base in _TEXT_OWN:
            cells[f"bind::ps:{_TEXT_OWN[base]}-{language_code(language)}"] = string_expression(value)
        elif base in _PLAIN_OWN:
            cells[f"bind::{_PLAIN_OWN[base]}"] = value
        elif base != "comment":
            cells[column] = value
    if item.or_other:
        cells["type"] = f"{item.type} {item.list_name}"
    return cells


def _specify(item: Item, known: tuple[str, ...]) -> dict[str, str]:
    label = {f"label::{language}": _SPECIFY.get(language_code(language), _SPECIFY["en"]) for language in known}
    return {"type": "text", "name": f"{item.name}_other", "relevant": f"selected(${{{item.name}}}, 'other')", **label}


def _choice_rows(book: Book) -> Iterator[dict[str, str]]:
    known = languages(book)
    open_lists = {item.list_name for item in outline(book).items if item.or_other}
    for row in book["choices"].rows:
        yield {column: value for column, value in row.cells.items() if column != "comment"}
    for name in sorted(open_lists):
        label = {f"label::{language}": _OTHER.get(language_code(language), _OTHER["en"]) for language in known}
        yield {"list_name": name, "name": "other", **label}


def _settings(book: Book) -> dict[str, str]:
    settings: dict[str, str] = {}
    for column, value in book["settings"].rows[0].cells.items():
        base, language = split_column(column)
        if base == "form_title" and language:
            settings[f"attribute::ps:title-{language_code(language)}"] = value
        elif base != "comment":
            settings[_SETTINGS_OWN.get(column, column)] = value
    declared = settings.get("namespaces", "")
    settings["namespaces"] = f'{declared} ps="{PS_NAMESPACE}"'.strip()
    return settings


def string_expression(text: str) -> str:
    """Write a text with `${…}` references as one string expression, which XPath can carry (it has no escapes)."""
    pieces: list[str] = []
    for part in re.split(r"(\$\{[^}]*\})", text):
        if part.startswith("${"):
            pieces.append(part)
        else:
            pieces += [f'"{p}"' if p == "'" else f"'{p}'" for p in re.split(r"(')", part) if p]
    return pieces[0] if len(pieces) == 1 else f"concat({', '.join(pieces)})"
