"""Sets the questions of a roster in tables that fit a landscape page: how wide each column is, which stand together.

Widths in millimetres. The estimate of a column's height counts characters; it only has to be good enough that no header
grows past its share of the page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from survey.report.paper.layout import Column, Roster
from survey.report.paper.space import Space

LINES = 10
_PAGE = 263.0
_LINE_NUMBER = 9.0
_CHARACTER = 1.26
_LINE_HEIGHT = 3.15
_HEADER = 84.0
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
    """Return the tables of a roster, each filling the width of a landscape page."""
    groups: list[list[Cell]] = [[]]
    room = _PAGE - _LINE_NUMBER
    for cell in (Cell(column, _width(column)) for column in roster.columns):
        if groups[-1] and sum(other.width for other in groups[-1]) + cell.width > room:
            groups.append([])
        groups[-1].append(cell)
    return tuple(Sheet(_stretched(cells, room), _bands(cells)) for cells in _balanced(groups, room))


def _balanced(groups: list[list[Cell]], room: float) -> list[list[Cell]]:
    """Move columns forward from full tables to an almost empty last one, as far as they fit."""
    for place in range(len(groups) - 1, 0, -1):
        before, after = groups[place - 1], groups[place]
        while len(before) > 1 and _wide(after) + before[-1].width <= min(room, _wide(before)):
            after.insert(0, before.pop())
    return groups


def _wide(cells: list[Cell]) -> float:
    return sum(cell.width for cell in cells)


def _stretched(cells: list[Cell], room: float) -> tuple[Cell, ...]:
    scale = room / _wide(cells)
    return tuple(Cell(cell.column, round(cell.width * scale, 2)) for cell in cells)


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
    texts = [f"{item.number}. {' '.join(item.paragraphs)}", item.bank, item.hint, item.condition, item.leads]
    texts += [f"{answer.label} … {answer.code} {answer.leads and '→ ' + answer.leads}" for answer in item.space.answers]
    lines = sum(math.ceil(len(text) * _CHARACTER / (width - 3)) for text in texts if text)
    return lines * _LINE_HEIGHT
