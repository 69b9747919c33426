"""Modules that a server loads at their first use and not at its start: heavy ones, which few requests need.

An import of such a module gives an empty one that fills itself when anything is asked of it, once, in whichever thread
asks first; the others wait. So `from package import module` costs nothing, `from package.module import name` loads.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

MODULES = frozenset(
    {
        "survey.export.workbook",
        "survey.operations.frame_tables",
        "survey.pipeline.provisional",
        "survey.questionnaire.xform",
        "survey.report.letters.render",
        "survey.report.paper.render",
        "survey.report.render",
        "minify",
        "pyotp",
        "scipy.sparse",
        "scipy.special",
        "segno",
    }
)
"""What WeasyPrint, pyxform, openpyxl and PyArrow come in with, and packages that only functions use."""

_turn = threading.RLock()
"""One for all: a late module may need another, and two threads must not wait for each other in a circle."""


def install() -> None:
    """Load MODULES late from now on, in this process; what is loaded already stays."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Module(ModuleType):
    """A module that is not loaded yet, and the same object once it is."""

    def __getattribute__(self, name: str) -> Any:
        if name != "__spec__":  # The import system looks at it whenever a module is imported again.
            with _turn:
                if type(self) is _Module:
                    _load(self)
        return ModuleType.__getattribute__(self, name)


class _Loading(ModuleType):
    """A module that one thread is loading: open to that thread, closed to the others until it is done."""

    def __getattribute__(self, name: str) -> Any:
        with _turn:
            return ModuleType.__getattribute__(self, name)


class _Loader(Loader):
    """Stands in for a module's own loader until its first use."""

    def __init__(self, own: Loader) -> None:
        self.own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Module


class _Finder(MetaPathFinder):
    """Finds the late modules where they are, and puts their loading off."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in MODULES else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def _load(module: ModuleType) -> None:
    """Fill a module; one that fails is empty again and fails at its next use too."""
    module.__class__ = _Loading
    try:
        spec = module.__spec__
        if spec is not None and isinstance(spec.loader, _Loader):
            module.__loader__ = spec.loader = spec.loader.own
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        module.__class__ = _Module
        raise
    module.__class__ = ModuleType
