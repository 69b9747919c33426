"""Texts frozen with a run, in Vietnamese and English: categories of the breakdowns and notes for the reader."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from importlib import resources

from survey.reference import units, vsic
from survey.reference.wording import Wording
from survey.text import fold

_AGES = ("0-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65+")


@functools.cache
def _texts() -> Mapping[str, Wording]:
    content = json.loads((resources.files("survey.pipeline") / "wording.json").read_text(encoding="utf-8"))
    return {key: Wording.read(entry) for key, entry in content.items()}


def wording(key: str) -> Wording:
    """Return a text by its key."""
    return _texts()[key]


@functools.cache
def labels(version: vsic.VsicVersion = vsic.VsicVersion.V2025) -> Mapping[str, list[list[str]]]:
    """Return [category, Vietnamese, English] for every category of every dimension, in the order of presentation."""
    area = ("urban", "rural")
    return {
        "province": [_entry("", wording("province"))],
        "district": [[each.code, each.name, each.name] for each in units.districts()],
        "unit": [[each.code, each.name, each.name] for each in units.in_name_order(units.present_units())],
        "urban_old": _entries(area),
        "urban_new": _entries(area),
        "sex": _entries(("male", "female")),
        "age": _entries(_AGES),
        "size": _entries(("micro", "small", "medium", "large")),
        "sector": [_entry(each.code, _lettered(each)) for each in vsic.sections(version)],
        "level": _entries(tuple("1234567")),
    }


def _lettered(section: vsic.Section) -> Wording:
    return Wording(f"{section.code}. {section.title.vi}", f"{section.code}. {section.title.en}")


def _entry(category: str, text: Wording) -> list[str]:
    return [category, text.vi, text.en]


def _entries(categories: Iterable[str]) -> list[list[str]]:
    return [_entry(category, wording(category)) for category in categories]


def category_names() -> Mapping[str, Mapping[str, tuple[str, str]]]:
    """Return the Vietnamese and the English name of every category by margin, old communes among them."""
    found = {margin: {code: (vi, en) for code, vi, en in entries} for margin, entries in labels().items()}
    return found | {"commune": {each.code: (each.name, each.name) for each in units.old_communes()}}


def categories_by_name() -> Mapping[str, Mapping[str, str]]:
    """Return the code of every category by its folded name in either language, by margin; no name that means two."""
    found: dict[str, dict[str, str]] = {}
    for margin, names in category_names().items():
        codes: dict[str, set[str]] = {}
        for code, both in names.items():
            for name in both:
                codes.setdefault(fold(name), set()).add(code)
        found[margin] = {name: next(iter(each)) for name, each in codes.items() if len(each) == 1}
    return found
