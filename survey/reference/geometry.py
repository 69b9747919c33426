"""Simplified boundaries of the 28 present units (WGS 84, about 90 m, shared edges), with the credit any map owes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from survey.errors import Problem
from survey.reference.datafile import json_document
from survey.reference.wording import Wording

Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]
"""Outer ring first, holes after it; points are (longitude, latitude) and the last repeats the first."""

CREDIT = Wording(
    vi="Ranh giới: Nhà xuất bản Tài nguyên, Môi trường và Bản đồ Việt Nam (sapnhap.bando.com.vn), "
    "qua thanglequoc/vietnamese-provinces-database (giấy phép MIT); đã giản lược.",
    en="Boundaries: Viet Nam Publishing House of Natural Resources, Environment and Cartography "
    "(sapnhap.bando.com.vn), through thanglequoc/vietnamese-provinces-database (MIT licence); simplified.",
)


@functools.cache
def boundaries() -> Mapping[str, tuple[Polygon, ...]]:
    """Return the polygons of every present unit by its code."""
    features = json_document("present_units.geojson")["features"]
    return MappingProxyType(
        {feature["properties"]["code"]: _polygons(feature["geometry"]["coordinates"]) for feature in features}
    )


def boundary(present_code: str) -> tuple[Polygon, ...]:
    """Return the polygons of one present unit; Problem "unknown-commune"."""
    polygons = boundaries().get(present_code)
    if polygons is None:
        raise Problem("unknown-commune", code=present_code)
    return polygons


@functools.cache
def outline() -> Polygon:
    """Return the outline of the old territory of Hậu Giang, which is the union of the 28 units."""
    return _polygon(json_document("outline.geojson")["features"][0]["geometry"]["coordinates"])


@functools.cache
def extent() -> tuple[float, float, float, float]:
    """Return west, south, east, north of the territory in degrees."""
    longitudes, latitudes = zip(*outline()[0], strict=True)
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _polygons(coordinates: list[list[list[list[float]]]]) -> tuple[Polygon, ...]:
    return tuple(_polygon(polygon) for polygon in coordinates)


def _polygon(rings: list[list[list[float]]]) -> Polygon:
    return tuple(tuple((point[0], point[1]) for point in ring) for ring in rings)
