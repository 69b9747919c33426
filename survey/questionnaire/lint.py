"""What an instrument may not contain, found before compilation: structure, completeness in every language, portability
of expressions.

Every finding names sheet, row, line of the CSV, column, value and what is expected. Nothing unsupported is ever
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping

from survey.questionnaire import lint_expression, lint_list, lint_structure, lint_text
from survey.questionnaire.finding import LintFinding
from survey.questionnaire.outline import outline
from survey.questionnaire.sheets import Book

__all__ = ["LintFinding", "check"]


def check(
    book: Book, media: Mapping[str, bytes] | None = None, required_languages: tuple[str, ...] = ("vi", "en")
) -> list[LintFinding]:
    """Return every finding of a workbook, in the order of its rows; `media` are its media files by name."""
    missing = list(lint_structure.sheets(book))
    if missing:
        return missing
    shape = outline(book)
    findings = [
        *lint_structure.columns(book),
        *lint_structure.settings(book),
        *lint_structure.rows(book, shape),
        *lint_list.choice_lists(book, shape, media or {}),
        *lint_text.completeness(book, shape, required_languages),
        *lint_expression.expressions(book, shape, media or {}),
    ]
    order = {"settings": 0, "survey": 1, "choices": 2}
    return sorted(findings, key=lambda f: (order.get(f.sheet, 3), f.row))
