"""What a record says about consent: the answers given, the version of the text, and the text as the form reads it.

Pure: everything comes from the published form version that the answers were given on, which never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from survey.operations.corrections import at
from survey.questionnaire.instrument import Instrument, plain
from survey.web.office.answer_sheet import answer_text

_VERSION = "consent_version"
_ANSWERS = ("consent", "consent_sensitive", "guardian_consent")


@dataclass(frozen=True, slots=True)
class Consent:
    """The answers in words, the version of the text and the notices that stand in the same section."""

    answers: tuple[str, ...]
    version: str
    texts: tuple[str, ...]


def consent_of(instrument: Instrument, answers: Mapping[str, Any], language: str) -> Consent | None:
    """Return what a record says about consent; None for a form that does not ask for it."""
    questions = [q for q, repeats in instrument.questions() if not repeats]
    asked = [q for q in questions if q.name in _ANSWERS]
    if not asked:
        return None
    section = asked[0].path.rpartition("/")[0]
    version = next((at(answers, q.path) for q in questions if q.name == _VERSION), "")
    words = (answer_text(question, at(answers, question.path), language) for question in asked)
    notices = (q for q in questions if q.kind == "note" and q.path.rpartition("/")[0] == section)
    texts = tuple(plain(notice.label, language) for notice in notices)
    return Consent(tuple(word for word in words if word), version, texts)
