"""SVG elements as escaped markup, and the colours that screen and print share with the style sheets."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup, escape

NAMESPACE = "http://www.w3.org/2000/svg"


@dataclass(frozen=True, slots=True)
class Theme:
    """The tokens that a drawing uses; the names are those of `static/css/tokens.css`."""

    ink: str = "#16212b"
    ink_soft: str = "#47545f"
    line: str = "#dedad0"
    paper: str = "#fcfbf8"
    teal: str = "#0b6b67"
    amber: str = "#8a5600"
    vermilion: str = "#b5341a"
    teal_tint: str = "#bfdcd8"
    amber_tint: str = "#f6dfae"
    vermilion_tint: str = "#f3c3b6"
    font: str = "inherit"


SCREEN = Theme()
PRINT = Theme(ink="#000000", ink_soft="#333b42", line="#c9c9c4", paper="#ffffff", font="Tinos")


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; `stroke_width=2` becomes `stroke-width="2"`, None is left out, children are escaped."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_written(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(escape(child) for child in children)
    return Markup(f"<{name}{written}>{body}</{name}>" if body else f"<{name}{written}/>")  # noqa: S704


def drawing(
    width: float, height: float, *children: str, title: str, description: str = "", identifier: str = ""
) -> Markup:
    """Return a whole drawing that scales, with its text alternative first."""
    labelled = f"{identifier}-title {identifier}-desc" if identifier and description else None
    return element(
        "svg",
        element("title", title, id=f"{identifier}-title" if identifier else None),
        element("desc", description, id=f"{identifier}-desc" if identifier else None) if description else "",
        *children,
        xmlns=NAMESPACE,
        viewBox=f"0 0 {_written(width)} {_written(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=labelled,
    )


def text(x: float, y: float, content: str, theme: Theme, **attributes: str | float | None) -> Markup:
    """Return a line of text in the theme's font."""
    attributes = {"fill": theme.ink, "font_size": 12, "font_family": theme.font, **attributes}
    return element("text", content, x=x, y=y, **attributes)


def watermark(word: str, width: float, height: float, theme: Theme) -> Markup:
    """Return a page-sized drawing of one pale word along the diagonal."""
    size = 0.62 * math.hypot(width, height) / max(4.0, 0.72 * len(word))
    angle = -math.degrees(math.atan2(height, width))
    letters = element(
        "text",
        word,
        text_anchor="middle",
        font_family=theme.font,
        font_weight="bold",
        font_size=size,
        fill="#ececec",
        transform=f"translate({width / 2:g} {height / 2:g}) rotate({angle:.1f}) translate(0 {size / 3:.1f})",
    )
    return element("svg", letters, xmlns=NAMESPACE, viewBox=f"0 0 {width:g} {height:g}", width=width, height=height)


def _written(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.2f}".rstrip("0").rstrip(".")
