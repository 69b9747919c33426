"""Puts answers, given by question name, at their places in an instrument. Refuses names that the instrument lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from survey.errors import Problem
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat

Values = Mapping[str, str]
Rows = Mapping[str, Sequence[Values]]


def assemble(instrument: Instrument, values: Values, rows: Rows | None = None) -> dict[str, Any]:
    """Return nested answers from values by question name and rows by roster name; blank values are left out."""
    given = rows or {}
    _refuse_unknown(instrument, values, given)
    return _group(instrument.root, values, given)


def _group(group: Group | Repeat, values: Values, rows: Rows) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for node in group.children:
        if isinstance(node, Question):
            if value := values.get(node.name, ""):
                result[node.name] = value
        elif isinstance(node, Group):
            if inside := _group(node, values, rows):
                result[node.name] = inside
        elif node.name in rows:
            result[node.name] = [_group(node, row, {}) for row in rows[node.name]]
    return result


def _refuse_unknown(instrument: Instrument, values: Values, rows: Rows) -> None:
    known = {entry.node.name for entry in instrument.entries()}
    used = {*values, *rows, *(name for group in rows.values() for row in group for name in row)}
    if unknown := sorted(used - known):
        raise Problem("bad-column", column=unknown[0], known=instrument.form_id)
