"""The findings as the office has edited them: on its page, or in a JSON file that is drawn up, changed and read back.

Only words can be changed: figures, verdicts and the grouping by verdict stay those of the run. Refuses unknown
indicators, other keys and texts that are not texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from survey.errors import Problem
from survey.query.results import RunResults
from survey.report import sentences
from survey.report.language import Language
from survey.text import clean

_KEYS = ("findings", "outlook", "recommendations")


@dataclass(frozen=True, slots=True)
class Edits:
    """Sentences by indicator in place of the generated ones, and the paragraphs that only people write."""

    findings: Mapping[str, str] = field(default_factory=dict)
    outlook: tuple[str, ...] | None = None
    recommendations: tuple[str, ...] = ()


NONE = Edits()


OUTLOOK, RECOMMENDATIONS = "outlook", "recommendations"
"""Places of texts of several paragraphs; the other places are the codes of the indicators."""


def generated(results: RunResults, outlook: tuple[str, ...], language: Language) -> dict[str, str]:
    """Return what is generated for every place that can be edited; paragraphs are lines."""
    findings = {entry.code: sentences.brief(entry, 2025, language) for entry in results.indicators}
    return {**findings, OUTLOOK: "\n".join(outlook), RECOMMENDATIONS: ""}


def kept(texts: Mapping[str, str]) -> Edits:
    """Return the edits of texts by place, as the office keeps them; empty texts are none."""
    written = {place: text for place, text in texts.items() if text}
    outlook = written.pop(OUTLOOK, "").splitlines()
    recommendations = written.pop(RECOMMENDATIONS, "").splitlines()
    return Edits(written, tuple(outlook) or None, tuple(recommendations))


def draft(results: RunResults, outlook: tuple[str, ...], language: Language) -> str:
    """Return the file to edit: every generated sentence and an empty list of recommendations."""
    document = {
        "findings": {entry.code: sentences.brief(entry, 2025, language) for entry in results.indicators},
        "outlook": list(outlook),
        "recommendations": [],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def read(content: str, results: RunResults, *, name: str) -> Edits:
    """Return the edits of a file; Problem "bad-file" that says what is wrong with it."""
    try:
        document = json.loads(content)
    except ValueError as error:
        raise Problem("bad-file", name=name, reason=str(error)) from error
    if not isinstance(document, dict) or (unknown := set(document) - set(_KEYS)):
        found = ", ".join(sorted(unknown)) if isinstance(document, dict) else type(document).__name__
        raise Problem("bad-file", name=name, reason=f"{found} ({' | '.join(_KEYS)})")
    findings = document.get("findings", {})
    codes = {entry.code for entry in results.indicators}
    if not isinstance(findings, dict) or (strange := set(findings) - codes):
        raise Problem(
            "bad-file", name=name, reason=", ".join(sorted(strange)) if isinstance(findings, dict) else "findings"
        )
    return Edits(
        {code: _text(text, name, code) for code, text in findings.items()},
        _texts(document["outlook"], name, "outlook") if "outlook" in document else None,
        _texts(document.get("recommendations", []), name, "recommendations"),
    )


def _texts(values: Any, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise Problem("bad-file", name=name, reason=where)
    return tuple(_text(value, name, where) for value in values)


def _text(value: Any, name: str, where: str) -> str:
    if not isinstance(value, str) or not clean(value):
        raise Problem("bad-file", name=name, reason=where)
    return clean(value)
