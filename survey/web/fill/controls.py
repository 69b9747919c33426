"""The fields of a questionnaire's WTForms class, bound once with nothing in them: their names, and how each reads.

They are looked at and copied, never filled: binding the whole class again for every save would cost more than the save.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from werkzeug.datastructures import MultiDict
from wtforms import Field

from survey.questionnaire.instrument import Instrument
from survey.questionnaire.to_wtforms import bound, fields
from survey.web.fill.reading import written_in

_BOUND: WeakKeyDictionary[Instrument, dict[str, dict[str, Field]]] = WeakKeyDictionary()


def controls_of(instrument: Instrument, roster: str = "") -> Mapping[str, Field]:
    """Return the fields by path without positions; those of a roster's row where one is named, which is row 0."""
    known = _BOUND.setdefault(instrument, {})
    if roster not in known:
        form = bound(instrument, None, _nested(roster, [{}]) if roster else {})
        known[roster] = {path.replace("[1]", ""): item for path, item in fields(form)}
    return known[roster]


def read(control: Field, posted: MultiDict[str, str]) -> str:
    """Return what was posted for a field as its class reads it; the field itself stays as it is."""
    filled: Field = object.__new__(type(control))  # A field's own way to be made would ask for its form again.
    filled.__dict__.update(control.__dict__)
    filled.process(posted)
    return written_in(filled)


def _nested(path: str, value: Any) -> dict[str, Any]:
    """Return a nested dictionary with a value at a path of names."""
    for name in reversed(path.split("/")):
        value = {name: value}
    return dict(value)
