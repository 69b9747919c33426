"""The map of the 28 present units, filled by the state of their figures; place only, the numbers are in the table."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from survey.reference import geometry, units
from survey.report.marks import shape, tint
from survey.report.svg import SCREEN, Theme, drawing, element, text

WIDTH = 460.0
_MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class Area:
    """What the map says about one unit: its state, a short figure to print on it, and the sentence behind it."""

    state: str
    figure: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A unit's outline as an SVG path and the point where its figure stands."""

    path: str
    x: float
    y: float


def units_map(
    areas: Mapping[str, Area], *, title: str, description: str, identifier: str, theme: Theme = SCREEN
) -> Markup:
    """Return the map; units without an entry are left blank."""
    outlines = shapes()
    regions = [_region(outlines[code], areas.get(code), theme) for code in outlines]
    labels = [_label(outlines[code], area, theme) for code, area in areas.items() if code in outlines]
    return drawing(WIDTH, _height(), *regions, *labels, title=title, description=description, identifier=identifier)


@functools.cache
def shapes() -> dict[str, Shape]:
    """Return the outline of every present unit on the drawing, by code."""
    found = {}
    for unit in units.present_units():
        polygons = geometry.boundary(unit.code)
        path = "".join(_ring(ring) for polygon in polygons for ring in polygon)
        x, y = _centre(max((polygon[0] for polygon in polygons), key=lambda ring: abs(_area(ring))))
        found[unit.code] = Shape(path, x, y)
    return found


def _region(outline: Shape, area: Area | None, theme: Theme) -> Markup:
    fill = tint(area.state, theme) if area else theme.paper
    tip = element("title", area.sentence) if area else Markup("")
    return element("path", tip, d=outline.path, fill=fill, stroke=theme.ink_soft, stroke_width=0.7)


def _label(outline: Shape, area: Area, theme: Theme) -> Markup:
    if area.state == "met":
        return text(
            outline.x,
            outline.y + 4,
            area.figure,
            theme,
            font_size=11.5,
            fill=theme.paper,
            text_anchor="middle",
            font_weight=600,
        )
    if area.state == "none":
        return text(outline.x, outline.y + 3, area.figure, theme, font_size=11.5, text_anchor="middle")
    mark = element("g", shape(area.state, theme, 4.0), transform=f"translate({outline.x - 9:.1f} {outline.y:.1f})")
    return mark + text(outline.x - 3, outline.y + 4, area.figure, theme, font_size=11.5)


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
