"""The code that sets up ODK Collect on a device: its settings as Collect reads them, as a picture and for a terminal.

The settings hold the device's token: whoever reads the code sends in its name. Show it once, to the person it is for.
"""

from __future__ import annotations

import base64
import io
import json
import zlib
from typing import Any

import segno

_SETTINGS = {
    "form_update_mode": "match_exactly",
    "periodic_form_updates_check": "every_one_hour",
    "automatic_update": True,
    "autosend": "wifi_and_cellular",
    "delete_send": False,
}


def server_url(root: str, token: str) -> str:
    """Return the address that a device is pointed at; `root` is the installation's own, as `https://phieuso.example`."""
    return f"{root.rstrip('/')}/openrosa/key/{token}"


def collect_settings(root: str, token: str, *, project: str) -> str:
    """Return the text of the code: settings as JSON, compressed with zlib, in base64; `project` is the name shown."""
    settings: dict[str, Any] = {
        "general": {"server_url": server_url(root, token), **_SETTINGS},
        "project": {"name": project},
        "admin": {},
    }
    packed = zlib.compress(json.dumps(settings, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return base64.b64encode(packed).decode()


def picture(text: str, *, scale: int = 5) -> str:
    """Return a code as an SVG element for a page, without styles; `scale` is the width of a module in pixels."""
    return str(segno.make(text, error="m", micro=False).svg_inline(scale=scale, border=4))


def for_terminal(text: str) -> str:
    """Return a code in characters for a dark or light terminal."""
    lines = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(lines, border=2, compact=True)
    return lines.getvalue()
