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
from survey.web.joined import SCRIPTS, STYLES, joined
from survey.web.lean import lean

blueprint = Blueprint("assets", __name__)

_YEAR = 31_536_000
_WHOLE = {".png", ".woff2"}
_JOINED = {**STYLES, **SCRIPTS}


@blueprint.get("/assets/<edition>/<path:name>")
@access.public
def asset(edition: str, name: str) -> Response:
    """Serve one file; an address of an older edition gets the present file, which is then not kept."""
    folder = Path(current_app.static_folder or "")
    path = safe_join(str(folder), name)
    if path is None or not (Path(path).is_file() or name in _JOINED):
        raise Problem("not-found")
    response = compress.serve(_packed(folder, name))
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
    """Return the hash over all files of a folder and how they are joined, read once per process."""
    digest = hashlib.sha256(repr(_JOINED).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def _packed(folder: Path, name: str) -> compress.Packed:
    """Return a file of a folder, or several joined, made lean and compressed."""
    suffix = Path(name).suffix
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    content = joined(folder, name) or (folder / name).read_bytes()
    return compress.pack(content if suffix in _WHOLE else lean(suffix, content), kind + charset)
