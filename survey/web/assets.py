"""Fixed files under an address that changes with any of them, so that browsers keep them for good.

Each is made lean and compressed at its first request, once per process.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Callable
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app
from werkzeug.security import safe_join

from survey.errors import Problem
from survey.web import access, compress
from survey.web.lean import lean

blueprint = Blueprint("assets", __name__)

_YEAR = 31_536_000
_WHOLE = {".png", ".woff2"}


@blueprint.get("/assets/<edition>/<path:name>")
@access.public
def asset(edition: str, name: str) -> Response:
    """Serve one file; an address of an older edition gets the present file, which is then not kept."""
    folder = Path(current_app.static_folder or "")
    path = safe_join(str(folder), name)
    if path is None or not Path(path).is_file():
        raise Problem("not-found")
    response = compress.serve(_packed(Path(path)))
    if edition == edition_of(folder):
        response.cache_control.max_age, response.cache_control.public = _YEAR, True
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response


def static_url(folder: Path) -> Callable[[str], str]:
    """Return a function that writes the address of a fixed file."""
    return lambda name: f"/assets/{edition_of(folder)}/{name}"


@cache
def edition_of(folder: Path) -> str:
    """Return the hash over all files of a folder, read once per process."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _packed(path: Path) -> compress.Packed:
    """Return a file made lean and compressed."""
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    content = path.read_bytes()
    if path.suffix not in _WHOLE:
        content = lean(path.suffix, content)
    return compress.pack(content, kind + charset)
