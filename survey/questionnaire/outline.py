"""What the rows of the survey sheet are, before any compilation: question type, list, roster and group ancestry of each
name.

Serves the lint and the own columns; refuses nothing itself: rows it cannot place are left to the lint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from survey.questionnaire.sheets import Book, Row

METADATA = ("start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit")
PLAIN = (
    "text",
    "integer",
    "decimal",
    "date",
    "time",
    "dateTime",
    "range",
    "note",
    "acknowledge",
    "geopoint",
    "image",
    "file",
    "calculate",
    "hidden",
    "csv-external",
)
LISTED = ("select_one", "select_multiple", "rank")
FROM_FILE = ("select_one_from_file", "select_multiple_from_file")
OPENERS = ("begin_group", "begin_repeat")
CLOSERS = ("end_group", "end_repeat")
SILENT = (*METADATA, "calculate", "hidden", "csv-external")
_SPACED = re.compile(r"^(begin|end)[ _](group|repeat)$")
_COLUMN = re.compile(r"^(?P<base>[^:]+(?::[^:]+)*?)(?:::(?P<language>[^:]*\([\w-]+\)))?$")


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the survey sheet: its type, list or file, and the openers around it (outermost first)."""

    row: Row
    type: str
    list_name: str
    or_other: bool
    ancestors: tuple[Item, ...]

    @property
    def name(self) -> str:
        """Return the name of the row."""
        return self.row.get("name")

    @property
    def repeats(self) -> tuple[str, ...]:
        """Return the names of the rosters around the row; a roster counts as inside itself."""
        around = tuple(item.name for item in self.ancestors if item.type == "begin_repeat")
        return (*around, self.name) if self.type == "begin_repeat" else around

    @property
    def path(self) -> str:
        """Return the path of the node without the root."""
        return "/".join([*(item.name for item in self.ancestors), self.name])


@dataclass(frozen=True, slots=True)
class Outline:
    """The rows of the survey sheet in order, and by name."""

    items: tuple[Item, ...]
    by_name: Mapping[str, Item]


def outline(book: Book) -> Outline:
    """Place every row of the survey sheet; unbalanced groups close at the end of the sheet."""
    items: list[Item] = []
    stack: list[Item] = []
    sheet = book.get("survey")
    for row in sheet.rows if sheet else ():
        item = _item(row, tuple(stack))
        items.append(item)
        if item.type in OPENERS:
            stack.append(item)
        elif item.type in CLOSERS and stack:
            stack.pop()
    return Outline(tuple(items), {item.name: item for item in items if item.name})


def _item(row: Row, ancestors: tuple[Item, ...]) -> Item:
    text = " ".join(row.get("type").split())
    match = _SPACED.match(text)
    if match:
        return Item(row, f"{match[1]}_{match[2]}", "", False, ancestors)
    or_other = text.endswith((" or_other", " or other"))
    words = (text[: -len(" or_other")] if or_other else text).split(" ", 1)
    return Item(row, words[0], words[1] if len(words) > 1 else "", or_other, ancestors)


def split_column(column: str) -> tuple[str, str]:
    """Split a column heading into its base and its language: `label::English (en)` → `label`, `English (en)`."""
    match = _COLUMN.match(column)
    return (match["base"], match["language"] or "") if match else (column, "")


def languages(book: Book) -> tuple[str, ...]:
    """Return the languages named by the label columns, the default one of the settings first."""
    found: list[str] = []
    for name in ("survey", "choices"):
        for column in book[name].header if name in book else ():
            base, language = split_column(column)
            if language and language not in found and base == "label":
                found.append(language)
    settings = book.get("settings")
    default = settings.rows[0].get("default_language") if settings and settings.rows else ""
    return tuple(sorted(found, key=lambda language: language != default))
