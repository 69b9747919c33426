"""Scripts and styles as browsers get them: without what only readers of the source need, with short inner names."""

from __future__ import annotations

import minify

_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def lean(suffix: str, content: bytes) -> bytes:
    """Return a file's content as small as its meaning allows; other kinds of file come back as they are."""
    kind = _KINDS.get(suffix)
    return content if kind is None else minify.string(kind, content.decode()).encode()
