"""The columns of the files in which sampling frames are handed in: their heads in both languages and what they expect.

A head is recognised by its name, its Vietnamese or its English words, without regard to accents, case and blanks.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from survey.reference.datafile import csv_rows
from survey.text import clean, fold


@dataclass(frozen=True, slots=True)
class FrameColumn:
    """One column; `place` says where its value goes: code commune
    district present parent stratum size attribute identity."""

    name: str
    place: str
    required: bool
    vi: str
    en: str
    hint_vi: str
    hint_en: str

    def head(self, language: str) -> str:
        """Return the head of the column in a language."""
        return self.en if language == "en" else self.vi

    def hint(self, language: str) -> str:
        """Return what the column expects, in a language."""
        return self.hint_en if language == "en" else self.hint_vi


@functools.cache
def columns(kind: str) -> tuple[FrameColumn, ...]:
    """Return the columns of a kind of frame in the order of its template; none for an unknown kind."""
    return tuple(
        FrameColumn(
            name=row["column"],
            place=row["place"],
            required=row["required"] == "yes",
            vi=row["vi"],
            en=row["en"],
            hint_vi=row["hint_vi"],
            hint_en=row["hint_en"],
        )
        for row in csv_rows("frame_columns.csv")
        if row["kind"] == kind
    )


_OTHER_NAMES = {"commune_code": "commune", "parent_code": "area", "name": "name"}


@functools.cache
def _by_head(kind: str) -> dict[str, FrameColumn]:
    known = {key(text): column for column in columns(kind) for text in (column.vi, column.en, column.name)}
    by_name = {column.name: column for column in columns(kind)}
    known |= {other: by_name[name] for other, name in _OTHER_NAMES.items() if name in by_name and other not in known}
    return known


def recognise(kind: str, head: str) -> FrameColumn | None:
    """Return the column that a head names, or None."""
    return _by_head(kind).get(key(head))


def key(head: str) -> str:
    """Return what heads are compared by."""
    return " ".join(fold(clean(head)).replace("*", " ").split())
