"""Simplified boundaries of the 28 present units (WGS 84, about 90 m, shared edges), with the credit any map owes.

An installation may hold boundaries of its own, checked and made small by `read`; maps then show those.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from survey.errors import Problem
from survey.reference.datafile import json_document
from survey.reference.wording import Wording

Ring = tuple[tuple[float, float], ...]
Polygon = tuple[Ring, ...]
"""Outer ring first, holes after it; points are (longitude, latitude) and the last repeats the first."""
Boundaries = Mapping[str, tuple[Polygon, ...]]
"""Polygons of every present unit by its code."""

CREDIT = Wording(
    vi="Ranh giới: Nhà xuất bản Tài nguyên, Môi trường và Bản đồ Việt Nam (sapnhap.bando.com.vn), "
    "qua thanglequoc/vietnamese-provinces-database (giấy phép MIT); đã giản lược.",
    en="Boundaries: Viet Nam Publishing House of Natural Resources, Environment and Cartography "
    "(sapnhap.bando.com.vn), through thanglequoc/vietnamese-provinces-database (MIT licence); simplified.",
)


FILE = "present_units.geojson"
"""Name of the file of own boundaries in the folder of an installation."""
_WEST, _SOUTH, _EAST, _NORTH = 102.0, 8.0, 110.0, 24.0
"""Degrees between which a place in Viet Nam lies."""
_FINEST, _COARSEST = 1e-5, 1e-2
"""Grids in degrees to which points are moved."""


def read(content: bytes, *, name: str, code: str, most_bytes: int) -> bytes:
    """Return the 28 units of a GeoJSON file (WGS 84) as one of at most `most_bytes`; Problem "bad-geometry".

    `code` names the property that holds the unit's code. Points move to the finest grid that the size allows, those
    of neighbours alike, so that shared edges stay shared.
    """
    try:
        features = json.loads(content)["features"]
        found = {str(each["properties"][code]): _parts(each["geometry"]) for each in features}
    except (ValueError, KeyError, TypeError) as error:
        raise Problem("bad-geometry", name=name, reason=f"{type(error).__name__}: {error}") from error
    known = set(_packaged())
    for sign, codes in (("+", set(found) - known), ("-", known - set(found))):
        if codes:
            raise Problem("bad-geometry", name=name, reason=f"{code} {sign} {', '.join(sorted(codes))}")
    grid = _FINEST
    while grid <= _COARSEST:
        made = _document({each: _moved(parts, grid) for each, parts in sorted(found.items())})
        if len(made) <= most_bytes:
            return made
        grid *= 2
    raise Problem("bad-geometry", name=name, reason=f"{len(made)} > {most_bytes} B")


def _parts(geometry: Mapping[str, Any]) -> list[Any]:
    """Return the polygons of a geometry; ValueError for another kind and for points that are not in Viet Nam."""
    kind, coordinates = geometry["type"], geometry["coordinates"]
    if kind not in {"Polygon", "MultiPolygon"}:
        raise ValueError(kind)
    parts: list[Any] = [coordinates] if kind == "Polygon" else coordinates
    for point in (point for rings in parts for ring in rings for point in ring):
        if not (_WEST <= point[0] <= _EAST and _SOUTH <= point[1] <= _NORTH):
            raise ValueError(point)
    if not parts or not all(parts):
        raise ValueError(kind)
    return parts


def _moved(parts: list[Any], grid: float) -> list[Any]:
    """Return polygons with their points on a grid; rings that fall together vanish, the largest polygon stays."""
    found = []
    for rings in parts:
        outer, *holes = (_ring_on(ring, grid) for ring in rings)
        if len(outer) >= 4:
            found.append([outer, *(hole for hole in holes if len(hole) >= 4)])
    return found or [max(parts, key=lambda rings: len(rings[0]))]


def _ring_on(ring: list[list[float]], grid: float) -> list[list[float]]:
    moved = [[round(round(value / grid) * grid, 6) for value in point[:2]] for point in ring]
    return [point for point, _ in itertools.groupby(moved)]


def _document(units: Mapping[str, list[Any]]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {"type": "MultiPolygon", "coordinates": parts},
        }
        for code, parts in units.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")).encode()


def own(folder: Path) -> Boundaries | None:
    """Return the boundaries that an installation holds in its folder, None where it holds none."""
    path = folder / FILE
    return _own(path, path.stat().st_mtime_ns) if path.is_file() else None


@functools.lru_cache(maxsize=2)
def _own(path: Path, _changed: int) -> Boundaries:
    return _by_code(json.loads(path.read_text(encoding="utf-8"))["features"])


def boundaries() -> Boundaries:
    """Return the polygons of every present unit by its code."""
    return _packaged()


@functools.cache
def _packaged() -> Boundaries:
    features = json_document("present_units.geojson")["features"]
    return _by_code(features)


def _by_code(features: list[Any]) -> Boundaries:
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
