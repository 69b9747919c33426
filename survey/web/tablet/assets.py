"""The files of the application as one edition: modules, styles, texts and page, under one hash that changes with any.

An edition travels as one pack: a line of JSON that names its files, then their bytes in order. The worker keeps all of
it or nothing. An edition is read once per process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, render_template
from flask_babel import force_locale, gettext

from survey.web.compress import Packed, pack
from survey.web.lean import lean
from survey.web.tablet.door import with_door
from survey.web.tablet.wording import WORDING

SCOPE = "/field/app/"
_WORKER = "js/field/worker.js"
_BOOT = "js/field/boot.js"
_FOLDERS = ("js/field", "js/engine")
_WORDS = "js/field/words.js"
_NUMBERS = "js/fill/numbers.js"
_STYLES = ("css/tokens.css", "css/field.css")
_MARK = "icons/mark.svg"
_ICON = "icons/mark-192.png"
_LATER = ("text/en.json",)
_HTML = "text/html; charset=utf-8"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
}


@dataclass(frozen=True)
class Edition:
    """One version of the application: its hash, the page that starts it, its worker, its files by name, their pack."""

    build: str
    porch: Packed
    page: Packed
    worker: Packed
    files: Mapping[str, Packed]
    pack: Packed


def edition_of(app: Flask) -> Edition:
    """Return the application's edition, read at the first call."""
    found: Edition | None = app.extensions.get("survey.tablet")
    if found is None:
        found = app.extensions["survey.tablet"] = read_edition(Path(app.static_folder or ""))
    return found


def read_edition(folder: Path, *, extra: Mapping[str, bytes] | None = None) -> Edition:
    """Read an edition from the static folder; `extra` replaces or adds files by name."""
    contents = {**_scripts(folder), _STYLES[-1]: _styles(folder), _MARK: _lean(folder, _MARK)}
    contents |= {"text/en.json": _texts("en").encode()} | dict(extra or {})
    worker_body = _lean(folder, _WORKER)
    build = _digest({**contents, _WORKER: worker_body, "page": _page("shell", "").encode()})
    page = _page("shell", build).encode()
    packed = pack(_bundle(page, build, contents), "application/octet-stream")
    head = {"BUILD": build, "PACK": f"{SCOPE}files/{build}/pack", "SHA256": packed.sha256}
    constants = "".join(f"const {name} = {json.dumps(value)}\n" for name, value in head.items()).encode()
    served = {**contents, _BOOT: _lean(folder, _BOOT), _ICON: (folder / _ICON).read_bytes()}
    return Edition(
        build=build,
        porch=pack(_page("porch", build).encode(), _HTML),
        page=pack(page, _HTML),
        worker=pack(constants + worker_body, _TYPES[".js"]),
        files={
            name: pack(content, _type(name), quality=11 if len(content) < 4000 else 6)
            for name, content in served.items()
        },
        pack=packed,
    )


def _lean(folder: Path, name: str) -> bytes:
    """Return a file without what only readers of the source need."""
    return lean(Path(name).suffix, (folder / name).read_bytes())


def _scripts(folder: Path) -> dict[str, bytes]:
    """Return the modules of the application by name, those of its start as one."""
    paths = [path for part in _FOLDERS for path in sorted((folder / part).glob("*.js"))]
    names = [path.relative_to(folder).as_posix() for path in paths]
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in (*names, _NUMBERS)}
    parts = {name: text for name, text in sources.items() if name not in (_WORKER, _BOOT)}
    parts[_WORDS] = f"export const words = {_texts('vi')}\n"
    return {name: lean(".js", text.encode()) for name, text in with_door(parts).items()}


def _styles(folder: Path) -> bytes:
    return lean(".css", b"".join((folder / name).read_bytes() for name in _STYLES))


def _digest(contents: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + hashlib.sha256(contents[name]).digest())
    return digest.hexdigest()[:12]


def _bundle(page: bytes, build: str, contents: Mapping[str, bytes]) -> bytes:
    entries = {SCOPE: (page, _HTML)}
    packed = {name: content for name, content in contents.items() if name not in _LATER}
    entries |= {f"{SCOPE}files/{build}/{name}": (content, _type(name)) for name, content in packed.items()}
    head = [[address, kind, len(content)] for address, (content, kind) in entries.items()]
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + b"".join(c for c, _ in entries.values())


def _type(name: str) -> str:
    return _TYPES[Path(name).suffix]


def _texts(language: str) -> str:
    with force_locale(language):
        texts = {key: gettext(message) for key, message in WORDING.items()}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":"))


def _page(name: str, build: str) -> str:
    with force_locale("vi"):
        return render_template(f"tablet/{name}.html", build=build, base=f"{SCOPE}files/{build}")
