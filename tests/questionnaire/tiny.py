"""Tiny questionnaires written as tables in the tests: one feature each. Texts without a language stand for both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from survey.questionnaire import lint
from survey.questionnaire.evaluate import Evaluation, evaluate
from survey.questionnaire.finding import LintFinding
from survey.questionnaire.judge import Verdict, judge
from survey.questionnaire.sheets import Row, Sheet
from survey.questionnaire.xform import CompiledForm, compile_book

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LANGUAGES = ("Tiếng Việt (vi)", "English (en)")
_TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "warning_message", "universe")
_SETTINGS = {
    "form_id": "tiny",
    "form_title": "Thử",
    "form_title::English (en)": "Test",
    "version": "1",
    "default_language": LANGUAGES[0],
}


def book(survey: str, choices: str = "", **settings: str) -> dict[str, Sheet]:
    """Return the workbook of tables written as `| column | column |` lines."""
    sheets = {"survey": _sheet("survey", survey)}
    if choices:
        sheets["choices"] = _sheet("choices", choices)
    row = {**_SETTINGS, **settings}
    sheets["settings"] = Sheet("settings", tuple(row), (Row(2, 0, {k: v for k, v in row.items() if v}),))
    return sheets


def _sheet(name: str, table: str) -> Sheet:
    lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.strip().splitlines()]
    header = [column for given in lines[0] for column in _columns(given)]
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        pairs = [(column, cell) for given, cell in zip(lines[0], cells, strict=False) for column in _columns(given)]
        rows.append(Row(number, 0, {column: cell.replace("¦", "|") for column, cell in pairs if cell}))
    return Sheet(name, tuple(header), tuple(rows))


def _columns(given: str) -> list[str]:
    return [f"{given}::{language}" for language in LANGUAGES] if given in _TEXTS else [given]


def form(survey: str, choices: str = "", media: Mapping[str, bytes] | None = None, **settings: str) -> CompiledForm:
    """Compile a tiny questionnaire."""
    return compile_book(book(survey, choices, **settings), "tiny.csv", media or {})


def findings(
    survey: str, choices: str = "", media: Mapping[str, bytes] | None = None, **settings: str
) -> list[LintFinding]:
    """Return what the lint says of a tiny questionnaire."""
    return lint.check(book(survey, choices, **settings), media or {})


def evaluated(compiled: CompiledForm, answers: Mapping[str, Any]) -> Evaluation:
    """Evaluate answers at ten in the morning of 23 November 2026, Vietnamese time."""
    return evaluate(compiled.instrument, answers, now=NOW)


def judged(compiled: CompiledForm, answers: Mapping[str, Any]) -> Verdict:
    """Judge answers at the same moment."""
    return judge(compiled.instrument, answers, now=NOW)


def codes(verdict: Verdict) -> list[tuple[str, str]]:
    """Return the path and code of every finding."""
    return [(finding.path, finding.code) for finding in verdict.findings]
