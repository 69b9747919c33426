"""What can be said of a document before anything is known of its sender: read, judged, its identity put apart.

Decides nothing and writes nothing; the same bytes at the same moment give the same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from survey.operations import forms, identity
from survey.questionnaire import instance as instances
from survey.questionnaire.instance import Instance
from survey.questionnaire.instrument import FILES, Instrument
from survey.questionnaire.judge import Finding, judge

OUTCOME_NAMES = ("result_code",)
UNIT_NAMES = ("assignment_code",)
CONSENT_NAMES = ("consent_version",)


@dataclass(frozen=True, slots=True)
class Examined:
    """A document with what the judge left of it: answers without identity, identity apart, findings, file names."""

    document: Instance
    xml: bytes
    sha256: str
    form_version_id: int
    moment: datetime
    answers: Mapping[str, Any]
    sealed: Mapping[str, str]
    findings: list[dict[str, Any]]
    outcome: str
    consent_version: str
    unit_code: str
    file_names: tuple[str, ...]


def read(xml: bytes) -> tuple[Instance, str]:
    """Return a document as it was sent and the SHA-256 of its bytes; Problems malformed-xml and no-instance-id."""
    return instances.parse(xml), hashlib.sha256(xml).hexdigest()


def examine(session: Session, xml: bytes, document: Instance, sha256: str, moment: datetime) -> Examined:
    """Judge a document that was read and take it apart; Problem unknown-form.

    Asks the database only the first time that a process meets a form version.
    """
    form_version_id = forms.number_of(session, document.form_id, document.version)
    instrument = forms.instrument_of(session, form_version_id)
    verdict = judge(instrument, document.answers, now=moment)
    answers, sealed = identity.split(instrument, verdict.answers)
    return Examined(
        document=document,
        xml=xml,
        sha256=sha256,
        form_version_id=form_version_id,
        moment=moment,
        answers=answers,
        sealed=sealed,
        findings=[_as_data(finding) for finding in verdict.findings],
        outcome=_named(answers, OUTCOME_NAMES),
        consent_version=_named(answers, CONSENT_NAMES),
        unit_code=unit_code(document.answers),
        file_names=_file_names(instrument, verdict.answers),
    )


def unit_code(answers: Mapping[str, Any]) -> str:
    """Return the code of the sampled unit that answers are about, "" when they do not name one."""
    return _named(answers, UNIT_NAMES)


def _as_data(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is stored."""
    return {
        "severity": finding.severity,
        "path": finding.path,
        "code": finding.code,
        "reason": finding.reason,
        "message": dict(finding.message),
    }


def _named(answers: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first value that stands under one of the names at any depth outside rosters."""
    for name, value in answers.items():
        if isinstance(value, dict):
            if found := _named(value, names):
                return found
        elif name in names and isinstance(value, str) and value:
            return value
    return ""


def _file_names(instrument: Instrument, answers: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the files that the answers refer to."""
    paths = _file_paths(instrument)
    if not paths:
        return ()
    found = {value for path, value in identity.leaves(answers) if value and _plain(path) in paths}
    return tuple(sorted(found))


def _file_paths(instrument: Instrument) -> frozenset[str]:
    """Return the paths of an instrument's questions for files, worked out once."""
    found = _FILE_PATHS.get(instrument)
    if found is None:
        found = frozenset(question.path for question, _ in instrument.questions() if question.kind in FILES)
        _FILE_PATHS[instrument] = found
    return found


def _plain(path: str) -> str:
    """Return a path without positions."""
    return "/".join(step.partition("[")[0] for step in path.split("/"))


_FILE_PATHS: WeakKeyDictionary[Instrument, frozenset[str]] = WeakKeyDictionary()
