"""The one chart: a row has its target as a tick, the estimate as a mark, the 95 % interval as a bar.

`strip` draws a single row that stretches with its table cell (pages); `chart` and `panels` draw whole figures of a
known width (PDF, downloads). The last round is a small hollow dot. All three use the same marks. Nothing is computed
here and no text is translated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup

from survey.report.marks import colour, shape
from survey.report.svg import NAMESPACE, PRINT, SCREEN, Theme, drawing, element, text

ROW_HEIGHT = 26.0
_CHART_PITCH = 20.0
_BAR = 7.0
_TICK = 15.0
_EDGE = 10.0
"""Room for the last axis label of a line of panels."""
_NICE = (5.0, 10.0, 20.0, 25.0, 50.0, 100.0)
_LETTER = 0.46
"""Mean width of a letter of Tinos in ems, rounded up, to break labels without measuring."""


Place = TypeVar("Place", str, float)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from zero; shares run to 100 unless everything on the chart is small."""

    high: float = 100.0
    step: float = 20.0

    def fraction(self, value: float) -> float:
        """Return the position of a value between 0 and 1; values beyond the axis stop at its ends."""
        return min(1.0, max(0.0, value / self.high))

    def ticks(self) -> tuple[float, ...]:
        """Return the values where the axis is marked."""
        return tuple(self.step * i for i in range(round(self.high / self.step) + 1))


SHARE = Scale()


@dataclass(frozen=True, slots=True)
class Row:
    """One row: figures in percent, None where there is none. `figures` and `note` are ready to print."""

    label: str
    state: str = "none"
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    later: float | None = None
    """The target of the later year, a short tick."""
    previous: float | None = None
    figures: str = ""
    note: str = ""
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A small chart among others of the same rows: its title and the rows without their labels."""

    title: str
    rows: tuple[Row, ...]


def scale_for(rows: Sequence[Row]) -> Scale:
    """Return 0 to 100 %, or a shorter axis where even the greatest value would stand in its first tenth."""
    values = [v for r in rows for v in (r.estimate, r.high, r.target, r.previous) if v is not None]
    greatest = max(values, default=100.0)
    if greatest > 10:
        return SHARE
    high = next(limit for limit in _NICE if greatest <= limit)
    return Scale(high, high / 5)


def strip(row: Row, scale: Scale, theme: Theme = SCREEN) -> Markup:
    """Return one row as a drawing that fills its cell; the cells beside it are its text alternative."""
    middle = ROW_HEIGHT / 2

    def across(value: float) -> str:
        return f"{100 * scale.fraction(value):.2f}%"

    def placed(value: float, mark: Markup) -> Markup:
        return element("svg", mark, x=across(value), y=middle, overflow="visible")

    guides = [
        element("line", x1=across(tick), x2=across(tick), y1=0, y2=ROW_HEIGHT, stroke=theme.line)
        for tick in scale.ticks()
    ]
    return element(
        "svg",
        *guides,
        *_row_marks(row, middle, theme, across, placed),
        xmlns=NAMESPACE,
        class_="strip",
        width="100%",
        height=ROW_HEIGHT,
        overflow="visible",
        aria_hidden="true",
        focusable="false",
    )


def axis(scale: Scale, write: Callable[[float], str], theme: Theme = SCREEN) -> Markup:
    """Return the axis labels that stand above or below a column of strips."""
    labels = [
        text(0, 12, write(tick), theme, font_size=12, fill=theme.ink_soft, text_anchor="middle")
        for tick in scale.ticks()
    ]
    placed = [
        element("svg", label, x=f"{100 * scale.fraction(tick):.2f}%", overflow="visible")
        for tick, label in zip(scale.ticks(), labels, strict=True)
    ]
    return element(
        "svg",
        *placed,
        xmlns=NAMESPACE,
        class_="strip-axis",
        width="100%",
        height=16,
        overflow="visible",
        aria_hidden="true",
        focusable="false",
    )


def chart(
    rows: Sequence[Row],
    scale: Scale,
    write: Callable[[float], str],
    *,
    title: str,
    description: str = "",
    identifier: str = "",
    width: float = 624.0,
    label_width: float = 226.0,
    figures_width: float = 104.0,
    theme: Theme = PRINT,
) -> Markup:
    """Return a whole chart with labels at the left, the axis above and the figures at the right.

    `write` prints an axis value. A row with `heading` spans the chart and has no marks.
    """
    left, right, top = label_width + 10, width - figures_width - 10, 20.0
    height = top + _CHART_PITCH * len(rows) + 6

    def across(value: float) -> float:
        return left + (right - left) * scale.fraction(value)

    parts = [_guide(across(tick), top, height - 6, write(tick), theme) for tick in scale.ticks()]
    for position, row in enumerate(rows):
        middle = top + _CHART_PITCH * (position + 0.5)
        parts.append(_labels(row, middle, left, width, label_width, theme))
        parts.extend(_row_marks(row, middle, theme, across, _placer(across, middle)))
    return drawing(width, height, *parts, title=title, description=description, identifier=identifier)


def panels(
    items: Sequence[Panel],
    labels: Sequence[str],
    scale: Scale,
    write: Callable[[float], str],
    *,
    title: str,
    description: str = "",
    identifier: str = "",
    columns: int = 3,
    width: float = 624.0,
    label_width: float = 96.0,
    pitch: float = 11.0,
    theme: Theme = PRINT,
) -> Markup:
    """Return small charts that share their row labels, in lines of `columns`; a target is a line through its rows."""
    gap, head, foot = 16.0, 32.0, 24.0
    cell = (width - label_width - gap * columns - _EDGE) / columns
    block = head + pitch * len(labels) + foot
    parts: list[Markup] = []
    for index, item in enumerate(items):
        line, column = divmod(index, columns)
        x, y = label_width + gap + column * (cell + gap), line * block
        if column == 0:
            parts.extend(_panel_labels(labels, y + head, label_width + gap - 8, pitch, theme))
        parts.extend(_panel(item, x, y, cell, scale, write, head, pitch, theme))
    height = block * (-(-len(items) // columns))
    return drawing(width, height, *parts, title=title, description=description, identifier=identifier)


def broken(label: str, width: float, size: float) -> tuple[str, ...]:
    """Return a label in at most two lines that fit a width, broken between words."""
    limit = int(width / (size * _LETTER))
    if len(label) <= limit:
        return (label,)
    words = label.split(" ")
    count = next((i for i in range(len(words), 0, -1) if len(" ".join(words[:i])) <= limit), 1)
    return (" ".join(words[:count]), " ".join(words[count:])) if count < len(words) else (label,)


def _row_marks(
    row: Row,
    middle: float,
    theme: Theme,
    across: Callable[[float], Place],
    placed: Callable[[float, Markup], Markup],
) -> list[Markup]:
    """Return bar, target, last round and estimate of a row, in drawing order."""
    marks = []
    if row.low is not None and row.high is not None:
        marks.append(_bar(across(row.low), across(row.high), middle, _BAR, colour(row.state, theme)))
    if row.target is not None:
        x = across(row.target)
        ends = {"y1": middle - _TICK / 2, "y2": middle + _TICK / 2}
        marks.append(element("line", x1=x, x2=x, **ends, stroke=theme.ink, stroke_width=2))
    if row.later is not None and row.later != row.target:
        x = across(row.later)
        marks.append(element("line", x1=x, x2=x, y1=middle + 2, y2=middle + _TICK / 2, stroke=theme.ink_soft))
    if row.previous is not None:
        hollow = element("circle", r=3.4, fill=theme.paper, stroke=theme.ink_soft, stroke_width=1.3)
        marks.append(placed(row.previous, hollow))
    if row.estimate is not None:
        marks.append(placed(row.estimate, shape(row.state, theme)))
    return marks


def _bar(start: str | float, end: str | float, middle: float, thickness: float, tone: str) -> Markup:
    return element(
        "line",
        x1=start,
        x2=end,
        y1=middle,
        y2=middle,
        stroke=tone,
        stroke_width=thickness,
        stroke_opacity=0.32,
    )


def _placer(across: Callable[[float], float], middle: float) -> Callable[[float, Markup], Markup]:
    def placed(value: float, mark: Markup) -> Markup:
        return element("g", mark, transform=f"translate({across(value):.2f} {middle:.2f})")

    return placed


def _guide(x: float, top: float, bottom: float, label: str, theme: Theme) -> Markup:
    line = element("line", x1=x, x2=x, y1=top, y2=bottom, stroke=theme.line, stroke_width=0.8)
    return line + text(x, top - 7, label, theme, font_size=10.5, fill=theme.ink_soft, text_anchor="middle")


def _labels(row: Row, middle: float, left: float, width: float, label_width: float, theme: Theme) -> Markup:
    if row.heading:
        return text(0, middle + 5, row.label, theme, font_size=13, font_weight="bold")
    lines = broken(row.label, label_width, 12)
    start = middle + 4 - 6.5 * (len(lines) - 1)
    parts = [text(0, start + 13 * i, line, theme) for i, line in enumerate(lines)]
    value = width - 62 if row.note else width
    weight = "normal" if row.estimate is None else "bold"
    parts.append(text(value, middle + 4, row.figures, theme, text_anchor="end", font_weight=weight))
    if row.note:
        parts.append(text(width, middle + 4, row.note, theme, text_anchor="end", font_size=10.5, fill=theme.ink_soft))
    if row.estimate is None:
        dash = element("line", x1=left, x2=left + 12, y1=middle, y2=middle, stroke=theme.ink_soft, stroke_width=2)
        parts.append(dash)
    return Markup("").join(parts)


def _panel_labels(labels: Sequence[str], top: float, right: float, pitch: float, theme: Theme) -> list[Markup]:
    return [
        text(right, top + pitch * (i + 0.5) + 3.5, label, theme, font_size=10.5, text_anchor="end")
        for i, label in enumerate(labels)
    ]


def _panel(
    item: Panel,
    x: float,
    y: float,
    cell: float,
    scale: Scale,
    write: Callable[[float], str],
    head: float,
    pitch: float,
    theme: Theme,
) -> list[Markup]:
    """Return one small chart with its upper left corner at (x, y)."""
    top, bottom = y + head, y + head + pitch * len(item.rows)
    own = scale_for(item.rows) if scale.high == SHARE.high else scale

    def across(value: float) -> float:
        return x + cell * own.fraction(value)

    lines = broken(item.title, cell, 11)
    parts = [
        text(x, y + head - 6 - 12 * (len(lines) - 1 - i), line, theme, font_size=11, font_weight="bold")
        for i, line in enumerate(lines)
    ]
    for tick in (0.0, own.high / 2, own.high):
        parts.append(element("line", x1=across(tick), x2=across(tick), y1=top, y2=bottom, stroke=theme.line))
        parts.append(
            text(across(tick), bottom + 10, write(tick), theme, font_size=9, fill=theme.ink_soft, text_anchor="middle")
        )
    target = next((row.target for row in item.rows if row.target is not None), None)
    if target is not None:
        place = across(target)
        parts.append(element("line", x1=place, x2=place, y1=top - 2, y2=bottom, stroke=theme.ink, stroke_width=1.3))
    for i, row in enumerate(item.rows):
        parts.extend(_small_marks(row, top + pitch * (i + 0.5), across, theme))
    return parts


def _small_marks(row: Row, middle: float, across: Callable[[float], float], theme: Theme) -> list[Markup]:
    if row.estimate is None:
        return [text(across(0) + 4, middle + 3.5, "–", theme, font_size=10, fill=theme.ink_soft)]
    parts = []
    if row.low is not None and row.high is not None:
        parts.append(_bar(across(row.low), across(row.high), middle, 5, colour(row.state, theme)))
    mark = shape(row.state, theme, 3.6)
    parts.append(element("g", mark, transform=f"translate({across(row.estimate):.2f} {middle:.2f})"))
    return parts
