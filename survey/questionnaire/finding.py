"""One thing wrong with a questionnaire file, and how it is written for its author."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from survey.questionnaire.sheets import Row
from survey.text import N_

_NAMED = re.compile(r"\{(\w+)\}")
PLACE = N_("sheet {sheet}, row {row} (line {line}), column {column}")
EXPECTED = N_("expected: {expected}")


@dataclass(frozen=True, slots=True)
class LintFinding:
    """A finding: where it stands, the value found, what is wrong and what is expected (message ids with `{named}`
    details).
    """

    severity: str
    sheet: str
    row: int
    line: int
    column: str
    value: str
    message: str
    expected: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Return the whole finding as one line; `translate` is gettext at the edges."""
        place = translate(PLACE).format(
            sheet=self.sheet, row=self.row or "–", line=self.line or "–", column=self.column or "–"
        )
        message = self._filled(translate(self.message))
        value = f" «{self.value}»" if self.value else ""
        expected = self._filled(translate(self.expected)) if self.expected else ""
        tail = "; " + translate(EXPECTED).format(expected=expected) if expected else ""
        return f"{place}:{value} {message}{tail}"

    def _filled(self, template: str) -> str:
        """Fill in the details; other braces (`${name}`, `{10}`) belong to the example itself."""
        return _NAMED.sub(lambda match: str(self.details.get(match[1], match[0])), template)

    def __str__(self) -> str:
        return self.text()


def at(
    sheet: str, row: Row, column: str, message: str, expected: str = "", /, severity: str = "error", **details: Any
) -> LintFinding:
    """Build the finding of one cell."""
    return LintFinding(severity, sheet, row.number, row.line, column, row.get(column), message, expected, details)
