"""The map of the 28 present units, filled by classes of their estimates; place only, the numbers are in the table."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from survey.reference import geometry, units
from survey.report.svg import SCREEN, Theme, drawing, element, text

WIDTH = 460.0
_MARGIN = 4.0
_STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0)
_TINTS = ("#e6f1ef", "#c3deda", "#8fc0bb", "#3f8f8a", "#0b6b67")


@dataclass(frozen=True, slots=True)
class Area:
    """What the map says about one unit: its value in percent, the figure to print on it, the sentence behind it.

    A value of None is a figure that is not published.
    """

    value: float | None
    figure: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Band:
    """One class of the map: values from `low` to below `high`, and its colours."""

    low: float
    high: float
    fill: str
    ink: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A unit's outline as an SVG path and the point where its figure stands."""

    path: str
    x: float
    y: float


def units_map(
    areas: Mapping[str, Area],
    *,
    title: str,
    description: str,
    identifier: str,
    theme: Theme = SCREEN,
    boundaries: geometry.Boundaries | None = None,
) -> Markup:
    """Return the map, of an installation's own boundaries where it has some; units without a value are left blank."""
    outlines, classes = (
        shapes() if boundaries is None else _shapes(boundaries),
        bands([area.value for area in areas.values()], theme),
    )
    regions = [_region(outlines[code], areas.get(code), classes, theme) for code in outlines]
    labels = [_label(outlines[code], area, classes, theme) for code, area in areas.items() if code in outlines]
    return drawing(WIDTH, _height(), *regions, *labels, title=title, description=description, identifier=identifier)


def bands(values: Iterable[float | None], theme: Theme = SCREEN) -> tuple[Band, ...]:
    """Return at most five classes of equal round width that cover the values, the highest the darkest."""
    known = [value for value in values if value is not None]
    if not known:
        return ()
    step = next(step for step in _STEPS if _count(known, step) <= len(_TINTS))
    first, count = math.floor(min(known) / step) * step, _count(known, step)
    tints = _TINTS[len(_TINTS) - count :] if count > 1 else _TINTS[2:3]
    dark = (_TINTS[-1], _TINTS[-2])
    return tuple(
        Band(first + step * i, first + step * (i + 1), fill, theme.paper if fill in dark else theme.ink)
        for i, fill in enumerate(tints)
    )


def _count(values: Sequence[float], step: float) -> int:
    """Return how many classes of a width cover the values; 100 % belongs to the class below it."""
    last = max(math.floor(max(values) / step), math.floor(min(values) / step))
    if max(values) >= 100 and last * step >= 100:
        last = max(last - 1, math.floor(min(values) / step))
    return last - math.floor(min(values) / step) + 1


def _band(value: float | None, classes: Sequence[Band]) -> Band | None:
    if value is None:
        return None
    return next((band for band in classes if value < band.high), classes[-1])


@functools.cache
def shapes() -> dict[str, Shape]:
    """Return the outline of every present unit on the drawing, by code."""
    return _shapes(geometry.boundaries())


def _shapes(boundaries: geometry.Boundaries) -> dict[str, Shape]:
    found = {}
    for unit in units.present_units():
        polygons = boundaries[unit.code]
        path = "".join(_ring(ring) for polygon in polygons for ring in polygon)
        x, y = _centre(max((polygon[0] for polygon in polygons), key=lambda ring: abs(_area(ring))))
        found[unit.code] = Shape(path, x, y)
    return found


def _region(outline: Shape, area: Area | None, classes: Sequence[Band], theme: Theme) -> Markup:
    band = _band(area.value, classes) if area else None
    tip = element("title", area.sentence) if area else Markup("")
    fill = band.fill if band else theme.paper
    return element("path", tip, d=outline.path, fill=fill, stroke=theme.ink_soft, stroke_width=0.7)


def _label(outline: Shape, area: Area, classes: Sequence[Band], theme: Theme) -> Markup:
    band = _band(area.value, classes)
    ink = band.ink if band else theme.ink_soft
    return text(
        outline.x, outline.y + 4, area.figure, theme, font_size=11.5, fill=ink, text_anchor="middle", font_weight=600
    )


def _ring(ring: geometry.Ring) -> str:
    points = [_project(*point) for point in ring[:-1]]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def _project(longitude: float, latitude: float) -> tuple[float, float]:
    west, _, _, north = geometry.extent()
    scale = _scale()
    return (
        _MARGIN + (longitude - west) * math.cos(math.radians(_middle())) * scale,
        _MARGIN + (north - latitude) * scale,
    )


def _scale() -> float:
    """Return units of the drawing per degree of latitude, so that the territory fills the width."""
    west, _, east, _ = geometry.extent()
    return (WIDTH - 2 * _MARGIN) / ((east - west) * math.cos(math.radians(_middle())))


def _middle() -> float:
    _, south, _, north = geometry.extent()
    return (south + north) / 2


def _height() -> float:
    _, south, _, north = geometry.extent()
    return (north - south) * _scale() + 2 * _MARGIN


def _area(ring: geometry.Ring) -> float:
    """Return the signed area of a ring in square degrees (the shoelace formula)."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring)) / 2


def _centre(ring: geometry.Ring) -> tuple[float, float]:
    """Return the centroid of a ring on the drawing."""
    area = _area(ring)
    x = y = 0.0
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        cross = ax * by - bx * ay
        x += (ax + bx) * cross
        y += (ay + by) * cross
    return _project(x / (6 * area), y / (6 * area))
