"""Nested answers as flat typed values: which questions become columns of which table, and what type they have.

Names, addresses, phones, places and remarks never become columns. Codes stay text; what is not a number of its type
becomes empty, because only checked records get here and a column must not fail on one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from survey.questionnaire.instrument import Instrument, Question

_TYPES = {"integer": pa.int64(), "decimal": pa.float64(), "range": pa.float64(), "date": pa.date32()}
_TEXTS = frozenset({"select_one", "select_multiple", "rank", "calculate", "acknowledge", "text"})
_LEFT_OUT_NAMES = frozenset({"assignment_code", "round_code"})


@dataclass(frozen=True, slots=True)
class Variable:
    """A question as a column: its path inside its table's record, and its type."""

    name: str
    steps: tuple[str, ...]
    kind: str

    @property
    def field(self) -> pa.Field:
        """Return the column's name and type."""
        return pa.field(self.name, _TYPES.get(self.kind, pa.string()))

    def of(self, record: Mapping[str, Any]) -> Any:
        """Return the typed value in a record, None where it is blank."""
        value: Any = record
        for step in self.steps:
            value = value.get(step, "") if isinstance(value, Mapping) else ""
        return _typed(value, self.kind) if isinstance(value, str) and value else None


class Shape:
    """One form version as columns: those of the unit's own table and those of each roster's."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.own = _variables(instrument, "")
        self._inside: dict[str, list[Variable]] = {}

    def inside(self, roster: str) -> list[Variable]:
        """Return the columns of a roster's table; none where this version lacks the roster."""
        if roster not in self._inside:
            self._inside[roster] = _variables(self._instrument, roster)
        return self._inside[roster]

    def values(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record's own values by column name."""
        return {variable.name: variable.of(answers) for variable in self.own}

    def rows(self, roster: str, answers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the values of each row of a roster."""
        path = next((e.node.path for e in self._instrument.entries() if e.node.name == roster), "")
        rows: Any = answers
        for step in path.split("/"):
            rows = rows.get(step, {}) if isinstance(rows, Mapping) else {}
        for row in rows if isinstance(rows, list) else []:
            yield {variable.name: variable.of(row) for variable in self.inside(roster)}


def _variables(instrument: Instrument, roster: str) -> list[Variable]:
    found = []
    for question, repeats in instrument.questions():
        inside = repeats[-1].name if repeats else ""
        if inside == roster and len(repeats) <= 1 and _kept(question):
            prefix = f"{repeats[0].path}/" if repeats else ""
            steps = tuple(question.path.removeprefix(prefix).split("/"))
            found.append(Variable(question.name, steps, question.kind))
    return found


def _kept(question: Question) -> bool:
    if question.identity or question.appearance == "multiline" or question.path.startswith("meta/"):
        return False
    return question.name not in _LEFT_OUT_NAMES and (question.kind in _TYPES or question.kind in _TEXTS)


def _typed(value: str, kind: str) -> Any:
    try:
        if kind == "integer":
            return int(value)
        if kind in ("decimal", "range"):
            return float(value)
        return date.fromisoformat(value[:10]) if kind == "date" else value
    except ValueError:
        return None
