"""Names the browser and system behind a User-Agent line, so that people recognise their own devices."""

from __future__ import annotations

from flask_babel import gettext as _

_BROWSERS = (
    ("Edg", "Edge"),
    ("coc_coc", "Cốc Cốc"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("ODK", "ODK Collect"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def client_name(agent: str) -> str:
    """Return browser and system in words, such as “Chrome, Android”."""
    known = [_first(table, agent) for table in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in known if name) or _("Unknown device")


def _first(table: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for mark, name in table if mark in agent), "")
