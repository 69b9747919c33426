"""The three-way merge of a draft: what a page showed, what was typed on it, what is stored now. Pure; no database.

A field that two people changed is never decided here: it comes back as a conflict with both values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """An answer in XForms lexical form or, where it cannot be read as one yet, the text as it was typed."""

    value: str
    is_read: bool = True


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a roster by its lasting key; positions shift when somebody removes a row above."""

    roster: str
    key: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What was typed for a question (path without positions) and what its field showed before."""

    path: str
    typed: Cell
    shown: Cell


@dataclass(frozen=True, slots=True)
class Conflict:
    """A question that somebody else changed meanwhile to another value."""

    path: str
    typed: Cell
    stored: Cell


@dataclass(slots=True)
class Contents:
    """Everything written on a draft: answers, texts not yet readable, and the lasting keys of roster rows."""

    answers: Answers = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)

    def copied(self) -> Contents:
        """Return an independent copy."""
        lines = {roster: list(keys) for roster, keys in self.lines.items()}
        return Contents(_copied(self.answers), dict(self.unread), lines)

    def cell(self, path: str, line: Line | None = None) -> Cell:
        """Return what stands at a question, in a row of a roster where one is given."""
        mark = _mark(path, line)
        if mark in self.unread:
            return Cell(self.unread[mark], is_read=False)
        place = self._parent(path, line, create=False)
        value = place.get(path.rsplit("/", 1)[-1], "") if place is not None else ""
        return Cell(value if isinstance(value, str) else "")

    def write(self, path: str, cell: Cell, line: Line | None = None) -> None:
        """Put an answer, or a text that is not one yet, at a question; a row that is gone takes nothing."""
        place = self._parent(path, line, create=True)
        if place is None:
            return
        mark = _mark(path, line)
        place[path.rsplit("/", 1)[-1]] = cell.value if cell.is_read else ""
        self.unread.pop(mark, None)
        if not cell.is_read:
            self.unread[mark] = cell.value

    def rows(self, roster: str) -> list[Answers]:
        """Return the rows of a roster in order."""
        parent = self._parent(roster, None, create=False)
        rows = parent.get(roster.rsplit("/", 1)[-1], []) if parent is not None else []
        return rows if isinstance(rows, list) else []

    def keep_lines(self, roster: str, new_keys: Iterable[str]) -> None:
        """Give every row of a roster a lasting key, taking new ones as needed."""
        count, keys = len(self.rows(roster)), self.lines.setdefault(roster, [])
        source = iter(new_keys)
        while len(keys) < count:
            keys.append(next(source))
        del keys[count:]

    def position(self, line: Line) -> int | None:
        """Return the place of a row counted from 0, or None when it is gone."""
        keys = self.lines.get(line.roster, [])
        return keys.index(line.key) if line.key in keys else None

    def add_row(self, roster: str, key: str) -> Line:
        """Append an empty row."""
        parent = self._parent(roster, None, create=True)
        if parent is not None:
            parent.setdefault(roster.rsplit("/", 1)[-1], []).append({})
        self.lines.setdefault(roster, []).append(key)
        return Line(roster, key)

    def remove_row(self, line: Line) -> None:
        """Take a row out with everything written on it."""
        at = self.position(line)
        if at is None:
            return
        del self.rows(line.roster)[at]
        del self.lines[line.roster][at]
        ending = f"@{line.key}"
        self.unread = {mark: text for mark, text in self.unread.items() if not mark.endswith(ending)}

    def _parent(self, path: str, line: Line | None, *, create: bool) -> Answers | None:
        """Return the dictionary that holds a path's last name."""
        place: Answers = self.answers
        inside = path
        if line is not None:
            at = self.position(line)
            rows = self.rows(line.roster)
            if at is None or at >= len(rows):
                return None
            place, inside = rows[at], path[len(line.roster) + 1 :]
        for name in inside.split("/")[:-1]:
            below = place.setdefault(name, {}) if create else place.get(name)
            if not isinstance(below, dict):
                return None
            place = below
        return place


def merge(contents: Contents, edits: Iterable[Edit], line: Line | None = None) -> tuple[list[str], list[Conflict]]:
    """Write the edits that nobody else crossed; return the paths written and the conflicts left alone."""
    written, conflicts = [], []
    for edit in edits:
        stored = contents.cell(edit.path, line)
        if edit.typed in (edit.shown, stored):
            continue
        if stored != edit.shown:
            conflicts.append(Conflict(edit.path, edit.typed, stored))
            continue
        contents.write(edit.path, edit.typed, line)
        written.append(edit.path)
    return written, conflicts


def _copied(value: Any) -> Any:
    """Return an independent copy of answers, which are dictionaries, lists and texts and nothing else."""
    if isinstance(value, dict):
        return {name: _copied(below) for name, below in value.items()}
    return [_copied(row) for row in value] if isinstance(value, list) else value


def _mark(path: str, line: Line | None) -> str:
    return f"{path}@{line.key}" if line else path
