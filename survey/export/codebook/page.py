"""The codebook as one page that stands alone: for reading in a browser and for printing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from survey.export.codebook.build import Codebook
from survey.text import N_

MOST_CODES = 60
_HERE = Path(__file__).resolve().parent / "templates"
_KINDS = {
    "text": N_("text"),
    "integer": N_("whole number"),
    "decimal": N_("number with decimals"),
    "range": N_("number on a scale"),
    "date": N_("date"),
    "time": N_("time"),
    "datetime": N_("date and time"),
    "select_one": N_("one answer"),
    "select_multiple": N_("several answers"),
    "rank": N_("answers in order"),
    "acknowledge": N_("confirmation"),
    "geopoint": N_("place"),
    "image": N_("picture"),
    "file": N_("file"),
    "calculate": N_("calculated"),
    "hidden": N_("given beforehand"),
    "metadata": N_("recorded by the device"),
    "reason": N_("reason given for an unlikely answer"),
}
_RULES = {
    "constraint": N_("Allowed answers"),
    "constraint_message": N_("Message when refused"),
    "warning": N_("To be confirmed when"),
    "warning_message": N_("Message when unlikely"),
    "calculation": N_("Calculation"),
    "choice_filter": N_("Answers offered when"),
}


def html(book: Codebook, language: str, gettext: Callable[[str], str]) -> str:
    """Return the page in one language; nothing in it is fetched from elsewhere."""

    def say(message: str, **details: object) -> str:
        return gettext(message).format(**details) if details else gettext(message)

    parts = [(part, tuple(found)) for part, found in groupby(book.variables, key=lambda v: v.part.get(language, ""))]
    return (
        _environment()
        .get_template("codebook.html")
        .render(
            book=book,
            language=language,
            parts=parts,
            kinds=_KINDS,
            rules=_RULES,
            most_codes=MOST_CODES,
            _=say,
            style=(_HERE / "codebook.css").read_text("utf-8"),
        )
    )


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
