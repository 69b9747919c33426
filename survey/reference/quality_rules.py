"""The quality rules as data: code, severity, where a flag stands, parameters, words. A round may change parameters."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from survey.reference.datafile import json_document
from survey.reference.wording import Wording

SEVERITIES = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule; `subject` is record or enumerator, `reason` has the figures of a flag as named placeholders."""

    code: str
    severity: str
    subject: str
    parameters: Mapping[str, Any]
    name: Wording
    about: Wording
    reason: Wording


@functools.cache
def quality_rules() -> tuple[QualityRule, ...]:
    """Return the rules in the order of the data file."""
    return tuple(
        QualityRule(
            code=entry["code"],
            severity=entry["severity"],
            subject=entry["subject"],
            parameters=entry["parameters"],
            name=Wording.read(entry["name"]),
            about=Wording.read(entry["about"]),
            reason=Wording.read(entry["reason"]),
        )
        for entry in json_document("quality_rules.json")["rules"]
    )


def quality_rule(code: str) -> QualityRule | None:
    """Return a rule by its code; None for one that was taken out of the data since."""
    return next((rule for rule in quality_rules() if rule.code == code), None)


def rules_of_round(changes: Mapping[str, Mapping[str, Any]]) -> tuple[QualityRule, ...]:
    """Return the rules with what a round changes in them: `{code: {"off": true}}`, a severity, single parameters."""
    found = []
    for rule in quality_rules():
        change = changes.get(rule.code, {})
        if not change.get("off"):
            parameters = {**rule.parameters, **change.get("parameters", {})}
            found.append(replace(rule, severity=change.get("severity", rule.severity), parameters=parameters))
    return tuple(found)
