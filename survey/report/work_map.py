"""The map of who works where: a numbered point for each person, joined to the present communes of the areas held.

Places are the middles of present communes; how much is left where nobody works is said by an open ring.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from survey.reference import geometry
from survey.report.maps import WIDTH, shapes
from survey.report.svg import SCREEN, Theme, drawing, element, text

_MARGIN = 4.0
_NODE = 8.5
_STEP = 0.6


@dataclass(frozen=True, slots=True)
class Worker:
    """One person on the map: the number printed, the sentence behind it, interviews left by present commune."""

    number: int
    sentence: str
    left: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Node:
    worker: Worker
    x: float
    y: float


def work_map(
    workers: Sequence[Worker], without: Mapping[str, str], *, title: str, identifier: str, theme: Theme = SCREEN
) -> Markup:
    """Return the map; `without` holds a sentence for each present commune with areas that nobody holds."""
    outlines = shapes()
    nodes = _nodes([worker for worker in workers if worker.left])
    ground = [
        element("path", d=s.path, fill=theme.paper, stroke=theme.ink_soft, stroke_width=0.35) for s in outlines.values()
    ]
    rays = [ray for node in nodes for ray in _rays(node, theme)]
    rings = [_ring(code, sentence, theme) for code, sentence in without.items()]
    marks = [_mark(node, theme) for node in nodes]
    description = " ".join([*(node.worker.sentence for node in nodes), *without.values()])
    return drawing(
        WIDTH, _height(), *ground, *rays, *rings, *marks, title=title, description=description, identifier=identifier
    )


def _nodes(workers: Iterable[Worker]) -> list[_Node]:
    """Return the middle of each person's work, moved aside where another one stands already."""
    placed: list[_Node] = []
    for worker in workers:
        total = sum(worker.left.values()) or 1.0
        weights = {code: (left or 1e-6) / total for code, left in worker.left.items()}
        whole = sum(weights.values())
        x = sum(shapes()[code].x * weight for code, weight in weights.items()) / whole
        y = sum(shapes()[code].y * weight for code, weight in weights.items()) / whole
        placed.append(_Node(worker, *_aside(x, y, placed)))
    return placed


def _aside(x: float, y: float, placed: Sequence[_Node]) -> tuple[float, float]:
    """Return the first point of a spiral around a place that no other node covers."""
    for turn in range(400):
        angle, radius = turn * _STEP, turn * _STEP
        spot = x + radius * math.cos(angle), y + radius * math.sin(angle)
        if all(math.hypot(spot[0] - node.x, spot[1] - node.y) > 2 * _NODE for node in placed):
            return spot
    return x, y


def _rays(node: _Node, theme: Theme) -> Iterable[Markup]:
    for code in node.worker.left:
        end = shapes()[code]
        yield element("line", x1=node.x, y1=node.y, x2=end.x, y2=end.y, stroke=theme.teal, stroke_width=1.2)
        yield element("circle", cx=end.x, cy=end.y, r=2.2, fill=theme.teal)


def _ring(code: str, sentence: str, theme: Theme) -> Markup:
    place = shapes()[code]
    tip = element("title", sentence)
    return element("circle", tip, cx=place.x, cy=place.y, r=5, fill="none", stroke=theme.amber, stroke_width=2)


def _mark(node: _Node, theme: Theme) -> Markup:
    return element(
        "g",
        element("title", node.worker.sentence),
        element("circle", cx=node.x, cy=node.y, r=_NODE, fill=theme.teal, stroke=theme.paper, stroke_width=1.5),
        text(
            node.x,
            node.y + 3.2,
            str(node.worker.number),
            theme,
            font_size=9.5,
            fill=theme.paper,
            text_anchor="middle",
            font_weight=700,
        ),
    )


def _height() -> float:
    """Return the height of a drawing of the territory that is `WIDTH` wide, on the projection of `maps`."""
    west, south, east, north = geometry.extent()
    wide = (east - west) * math.cos(math.radians((south + north) / 2))
    return (north - south) * (WIDTH - 2 * _MARGIN) / wide + 2 * _MARGIN
