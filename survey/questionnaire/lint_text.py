"""The lint of texts: every label, hint, choice and message exists in every language of the form."""

from __future__ import annotations

from collections.abc import Iterator

from survey.questionnaire.finding import LintFinding, at
from survey.questionnaire.outline import CLOSERS, SILENT, Outline, languages, split_column
from survey.questionnaire.read_xform import language_code
from survey.questionnaire.sheets import Book, Row
from survey.text import N_

_PAIRS = {"constraint": "constraint_message", "warning": "warning_message"}


def completeness(book: Book, shape: Outline, required: tuple[str, ...]) -> Iterator[LintFinding]:
    """Report every missing text; `required` are the language codes that every form must have."""
    known = languages(book)
    codes = {language_code(language) for language in known}
    settings = book["settings"].rows[0]
    for code in required:
        if code not in codes:
            yield LintFinding(
                "error",
                "survey",
                1,
                0,
                "label",
                "",
                N_("the form has no texts in the language {code}"),
                f"label::… ({code})",
                {"code": code},
            )
    if settings.get("default_language") not in known:
        yield at("settings", settings, "default_language", N_("this is not a language of the form"), ", ".join(known))
    for language in known[1:]:
        yield from _missing("settings", settings, "form_title", language)
    yield from _questions(shape, known)
    for row in book["choices"].rows if "choices" in book else ():
        for language in known:
            yield from _missing("choices", row, "label", language)
        yield from _partial("choices", row, known)


def _questions(shape: Outline, known: tuple[str, ...]) -> Iterator[LintFinding]:
    for item in shape.items:
        if item.type not in (*SILENT, *CLOSERS) and not _unlabelled_layout(item.row):
            for language in known:
                yield from _missing("survey", item.row, "label", language)
        for column, message in _PAIRS.items():
            if item.row.get(column):
                for language in known:
                    yield from _missing("survey", item.row, message, language)
        yield from _partial("survey", item.row, known)


def _unlabelled_layout(row: Row) -> bool:
    """A group may only lay out its questions: without any label it is not announced to the respondent."""
    labelled = any(split_column(column)[0] == "label" for column in row.cells)
    return row.get("type").startswith("begin") and "group" in row.get("type") and not labelled


def _missing(sheet: str, row: Row, base: str, language: str) -> Iterator[LintFinding]:
    if not row.get(f"{base}::{language}"):
        yield at(
            sheet, row, f"{base}::{language}", N_("the text is missing"), N_("a text in {language}"), language=language
        )


def _partial(sheet: str, row: Row, known: tuple[str, ...]) -> Iterator[LintFinding]:
    """Report texts given in one language but not in another."""
    given: dict[str, set[str]] = {}
    for column in row.cells:
        base, language = split_column(column)
        if language and base != "label":
            given.setdefault(base, set()).add(language)
    for base, present in given.items():
        if (_PAIRS.get("constraint") == base and row.get("constraint")) or (
            _PAIRS.get("warning") == base and row.get("warning")
        ):
            continue
        for language in known:
            if language not in present:
                yield from _missing(sheet, row, base, language)
