"""Which code made a figure: the package's version and a hash of the sources that figures depend on."""

from __future__ import annotations

import functools
import hashlib
from importlib import metadata, resources
from importlib.resources.abc import Traversable

_PACKAGES = ("survey.estimation", "survey.pipeline", "survey.reference")
_SUFFIXES = (".py", ".json", ".csv")
_APART = frozenset({"synthetic", "__pycache__"})


@functools.cache
def code_version() -> str:
    """Return `0.1.0+` and twelve digits of the SHA-256 over the sources of estimation, pipeline and reference."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        for name, content in sorted(_files(resources.files(package), package)):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return f"{_package_version()}+{digest.hexdigest()[:12]}"


def _package_version() -> str:
    try:
        return metadata.version("phieu-so")
    except metadata.PackageNotFoundError:
        return "0"


def _files(folder: Traversable, name: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _APART:
            found += _files(entry, f"{name}/{entry.name}")
        elif entry.name.endswith(_SUFFIXES):
            found.append((f"{name}/{entry.name}", entry.read_bytes()))
    return found
