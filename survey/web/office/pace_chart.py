"""The picture of the pace: units collected day by day against an even plan, and where the forecast leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import accumulate

from flask_babel import gettext as _
from markupsafe import Markup

from survey.i18n import format_date, format_number
from survey.query.pace import Forecast
from survey.report.svg import SCREEN, drawing, element, text

Place = Callable[[date, float], tuple[float, float]]
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720.0, 240.0, 56.0, 16.0, 12.0, 28.0


def pace_chart(
    counts: Mapping[date, int], planned: int, period: tuple[date, date], today: date, ahead: Forecast | None
) -> Markup:
    """Return the drawing of what came in (line), the even plan (dashes) and the band of the forecast (wash)."""
    first = min([period[0], *counts])
    last = max(period[1], today, min(ahead.latest or today, today + timedelta(days=60)) if ahead else today)
    days = [first + timedelta(days=n) for n in range((min(today, last) - first).days + 1)]
    sums = list(accumulate(counts.get(day, 0) for day in days))
    high = max(planned, sums[-1] if sums else 0, 1)

    def at(day: date, value: float) -> tuple[float, float]:
        across = (day - first).days / max(1, (last - first).days)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - value / high * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_rule(at(first, value)[1], format_number(value)) for value in (0, round(high / 2), high)]
    if ahead and sums and ahead.earliest:
        parts.append(_band(at, today, sums[-1], planned, ahead.earliest, min(ahead.latest or last, last)))
    parts.append(_line([at(period[0], 0), at(period[1], planned)], SCREEN.ink_soft, dashed=True))
    parts.append(_line([at(day, value) for day, value in zip(days, sums, strict=True)], SCREEN.teal))
    for day, anchor in ((first, "start"), (last, "end")):
        label = text(at(day, 0)[0], _HEIGHT - 8, format_date(day), SCREEN, fill=SCREEN.ink_soft, text_anchor=anchor)
        parts.append(label)
    said = _(
        "%(done)s of %(planned)s units collected by %(day)s.",
        done=format_number(sums[-1] if sums else 0),
        planned=format_number(planned),
        day=format_date(today),
    )
    return drawing(
        _WIDTH, _HEIGHT, *parts, title=_("Units collected against the plan"), description=said, identifier="pace"
    )


def _rule(y: float, label: str) -> Markup:
    line = element("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, stroke=SCREEN.line)
    return line + text(_LEFT - 8, y + 4, label, SCREEN, fill=SCREEN.ink_soft, text_anchor="end")


def _line(points: list[tuple[float, float]], colour: str, *, dashed: bool = False) -> Markup:
    written = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = "5 4" if dashed else None
    return element("polyline", points=written, fill="none", stroke=colour, stroke_width=2, stroke_dasharray=dashes)


def _band(at: Place, today: date, done: int, planned: int, earliest: date, latest: date) -> Markup:
    corners = (at(today, done), at(earliest, planned), at(latest, planned))
    return element("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners), fill=SCREEN.teal_tint)
