"""Sets the questions of a roster in tables that fit a landscape page: how wide each column is, which stand together.

Widths in millimetres. The estimate of a column's height counts characters; it only has to be good enough that no header
grows past its share of the page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from survey.report.paper.blocks import Column, Roster
from survey.report.paper.space import Space

LINES = 10
_PAGE = 263.0
_LINE_NUMBER = 9.0
_CHARACTER = 1.33
_LINE_HEIGHT = 3.4
_HEADER = 78.0
_NARROWEST = 17
_WIDEST = 72
_WRITTEN = {"line": 46, "lines": 52, "attach": 30, "sign": 30, "date": 34, "time": 24, "datetime": 44, "month": 28}


@dataclass(frozen=True, slots=True)
class Cell:
    """A column with its width."""

    column: Column
    width: float


@dataclass(frozen=True, slots=True)
class Band:
    """The heading over neighbouring columns of one group."""

    text: str
    span: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of a roster: a page."""

    cells: tuple[Cell, ...]
    bands: tuple[Band, ...]


def sheets(roster: Roster) -> tuple[Sheet, ...]:
    """Return the tables of a roster, each filling a landscape page; groups stay together where they can."""
    room = _PAGE - _LINE_NUMBER
    cells = [Cell(column, _width(column)) for column in roster.columns]
    return tuple(Sheet(_stretched(part, room), _bands(part)) for part in _parts(cells, room))


def _parts(cells: list[Cell], room: float) -> list[list[Cell]]:
    """Return the cheapest way to cut the columns into tables: few, evenly filled, cut between groups."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(cells) + 1):
        starts = [start for start in range(end) if end - start == 1 or _wide(cells[start:end]) <= room]
        best.append(min((best[start][0] + _cost(cells, start, end, room), start) for start in starts))
    cuts, end = [], len(cells)
    while end:
        start = best[end][1]
        cuts.append(cells[start:end])
        end = start
    return cuts[::-1]


def _cost(cells: list[Cell], start: int, end: int, room: float) -> float:
    """Weigh one table: itself, what it leaves empty, a group it cuts in two."""
    empty = max(room - _wide(cells[start:end]), 0.0) / room
    torn = start > 0 and cells[start].column.over == cells[start - 1].column.over != ""
    return 1.0 + empty * empty + (0.3 if torn else 0.0)


def _wide(cells: list[Cell]) -> float:
    return sum(cell.width for cell in cells)


def _stretched(cells: list[Cell], room: float) -> tuple[Cell, ...]:
    more = (room - _wide(cells)) / len(cells)
    return tuple(Cell(cell.column, round(cell.width + more, 2)) for cell in cells)


def _bands(cells: list[Cell]) -> tuple[Band, ...]:
    bands: list[Band] = []
    for cell in cells:
        if bands and bands[-1].text == cell.column.over:
            bands[-1] = Band(bands[-1].text, bands[-1].span + 1)
        else:
            bands.append(Band(cell.column.over, 1))
    return tuple(bands) if any(band.text for band in bands) else ()


def _width(column: Column) -> float:
    """Return the least width at which the header keeps its height and the answer has room."""
    least = max(_NARROWEST, _written(column.item.space))
    return float(next((w for w in range(least, _WIDEST) if _height(column, w) <= _HEADER), _WIDEST))


def _written(space: Space) -> int:
    if space.kind in ("number", "code"):
        return math.ceil(space.digits * 4.6) + 5
    if space.kind == "mark":
        return len(space.answers) * 6 + 4
    return _WRITTEN.get(space.kind, 0)


def _height(column: Column, width: float) -> float:
    item = column.item
    texts = [f"{item.number}. {' '.join(item.paragraphs)} {item.bank}", item.hint, item.condition, item.leads]
    beside = 11.0 if any(answer.leads for answer in item.space.answers) else 5.0
    lines = sum(_lines(text, width) for text in texts) + _lines(column.over, width * 3)
    return (lines + sum(_lines(answer.label, width - beside) for answer in item.space.answers)) * _LINE_HEIGHT


def _lines(text: str, width: float) -> int:
    return math.ceil(len(text) * _CHARACTER / max(width - 2.5, 1.0))
