"""Verdicts as shape, word and colour, the same on every page and in print. Decides nothing: the run did."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from survey.query.results import Figure, Indicator
from survey.report.svg import NAMESPACE, Theme, element
from survey.text import N_

STATES: Mapping[str, str] = {
    "met": N_("Met"),
    "likely-met": N_("Estimated met, not certain enough"),
    "likely-not-met": N_("Estimated not met, not certain enough"),
    "not-met": N_("Not met"),
    "none-against": N_("No case against found"),
    "none": N_("Not enough evidence"),
    "experimental": N_("Experimental, no verdict"),
}
"""Every state in the order of legends and counts."""

RADIUS = 6.0
PLAIN = "plain"
"""A figure that is published and not judged: places, groups and other ways of measuring. It has a mark and no word."""


def state_of(indicator: Indicator, figure: Figure | None, year: int) -> str:
    """Return the state of a figure against the target of a year: a key of `STATES`, or `PLAIN`."""
    if indicator.experimental:
        return "experimental"
    if figure is None or not figure.shown:
        return "none"
    judged = figure.dimension == "province" and figure.variant == indicator.target(year).variant
    return figure.verdicts.get(year) or ("none" if judged else PLAIN)


def colour(state: str, theme: Theme) -> str:
    """Return the colour of a state's mark."""
    return {
        "met": theme.teal,
        "likely-met": theme.teal,
        "none-against": theme.teal,
        "likely-not-met": theme.amber,
        "not-met": theme.vermilion,
    }.get(state, theme.ink_soft)


def shape(state: str, theme: Theme, radius: float = RADIUS) -> Markup:
    """Return the mark of a state drawn about the origin."""
    tone = colour(state, theme)
    if state == PLAIN:
        return element("circle", r=radius * 0.82, fill=theme.ink)
    if state == "none":
        return element("path", d=f"M{-radius} 0H{radius}", stroke=tone, stroke_width=2)
    if state == "experimental":
        side = radius * 1.05
        outline = f"M0 {-side:g}L{side:g} {side * 0.8:g}H{-side:g}Z"
        return element("path", d=outline, fill=theme.paper, stroke=tone, stroke_width=1.6, stroke_linejoin="round")
    if state == "met":
        return element("circle", r=radius, fill=tone)
    ring = element("circle", r=radius - 0.9, fill=theme.paper, stroke=tone, stroke_width=1.8)
    if state == "not-met":
        return ring
    sweep = 0 if state in {"likely-met", "none-against"} else 1
    half = f"M0 {-radius + 0.9:g}A{radius - 0.9:g} {radius - 0.9:g} 0 0 {sweep} 0 {radius - 0.9:g}Z"
    return ring + element("path", d=half, fill=tone)


def icon(state: str, theme: Theme) -> Markup:
    """Return the mark as a small inline drawing for use beside its word, which is its text alternative."""
    return _boxed(shape(state, theme), class_=f"mark mark-{state}")


def chart_keys(theme: Theme) -> tuple[tuple[str, Markup], ...]:
    """Return the other signs of the chart for its legend: target, later target, last round."""
    tick = element("line", x1=0, x2=0, y1=-6.5, y2=6.5, stroke=theme.ink, stroke_width=2)
    short = element("line", x1=0, x2=0, y1=0, y2=6.5, stroke=theme.ink_soft, stroke_width=1.2)
    dot = element("circle", r=3.4, fill=theme.paper, stroke=theme.ink_soft, stroke_width=1.3)
    return tuple((name, _boxed(sign)) for name, sign in (("target", tick), ("later", short), ("previous", dot)))


def _boxed(sign: Markup, **attributes: str) -> Markup:
    return element(
        "svg",
        sign,
        xmlns=NAMESPACE,
        viewBox="-7 -7 14 14",
        width=14,
        height=14,
        aria_hidden="true",
        focusable="false",
        **attributes,
    )
