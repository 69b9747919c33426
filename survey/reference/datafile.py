"""Reads the files in `data/`, once each. Refuses nothing: the files are ours and the tests hold them."""

from __future__ import annotations

import csv
import functools
import json
from importlib import resources
from typing import Any

_DATA = resources.files("survey.reference") / "data"


@functools.cache
def csv_rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV data file as dicts of strings, in file order."""
    text = (_DATA / name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@functools.cache
def json_document(name: str) -> Any:
    """Return a JSON data file as plain Python; callers must not change it."""
    return json.loads((_DATA / name).read_text(encoding="utf-8"))
