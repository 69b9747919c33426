"""Several fixed files as one: the styles of a questionnaire's pages, and the script that brings them to life.

On a slow line every further request costs more than the bytes it carries. Knows only the plain forms of import and
export that our own modules use, and refuses any other.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

STYLES = {"joined/fill.css": ("css/tokens.css", "css/base.css", "css/fill.css")}
SCRIPTS = {"joined/fill.js": "js/fill/page.js"}

_IMPORT = re.compile(r"""^import \{([\w\s,]+)\} from ["'](\.[\w./-]+)["'];?[^\S\n]*$""", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*|\bimport(?:\(|\.meta).*", re.MULTILINE)


def joined(folder: Path, name: str) -> bytes | None:
    """Return a joined file made from those in a folder; None where no joined file has that name."""
    if name in STYLES:
        return b"\n".join((folder / part).read_bytes() for part in STYLES[name])
    if name in SCRIPTS:
        return joined_script(folder, SCRIPTS[name]).encode()
    return None


def joined_script(folder: Path, name: str) -> str:
    """Return a module and all that it imports as one module without imports; raises ValueError for other syntax.

    Each module becomes a function that runs once, those that it needs before it, and gives back what it exports: names
    inside one never meet those inside another.
    """
    order = list(_in_order(folder, PurePosixPath(name), []))
    return "\n".join(_wrapped(folder, path, order) for path in order)


def _in_order(folder: Path, path: PurePosixPath, above: list[PurePosixPath]) -> dict[PurePosixPath, None]:
    """Return a module and those it needs, each once and after what it needs itself."""
    if path in above:
        raise ValueError(f"{path} imports itself")
    found: dict[PurePosixPath, None] = {}
    for _names, target in _IMPORT.findall(_source(folder, path)):
        found |= _in_order(folder, _resolved(path, target), [*above, path])
    return dict.fromkeys([*found, path])


def _wrapped(folder: Path, path: PurePosixPath, order: list[PurePosixPath]) -> str:
    """Return a module as a constant that holds what it exports."""
    source = _source(folder, path)
    exported = _EXPORT.findall(source)
    body = _IMPORT.sub(
        lambda found: f"const {{{found[1]}}} = m{order.index(_resolved(path, found[2]))};", _EXPORT.sub("", source)
    )
    if wrong := _OTHER.search(body):
        raise ValueError(f"{path}: {wrong[0]}")
    return f"const m{order.index(path)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();"


def _resolved(path: PurePosixPath, target: str) -> PurePosixPath:
    """Return the module that an import of another one means."""
    parts: list[str] = list(path.parent.parts)
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return PurePosixPath(*parts)


def _source(folder: Path, path: PurePosixPath) -> str:
    return (folder / path).read_text("utf-8")
