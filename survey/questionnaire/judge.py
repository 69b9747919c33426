"""The one judge: whether answers are acceptable, and what remains of them. Every door calls it; nothing else decides.

Prunes what is not asked, ignores calculations that were sent, caps rosters, refuses choices that were not offered.
Errors and warnings come back as findings: a submission is accepted and flagged, never refused, because of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from survey.questionnaire.closure import Row
from survey.questionnaire.evaluate import MAX_ROWS, Answers, Evaluation, evaluate
from survey.questionnaire.instrument import SELECTS, Group, Instrument, Node, Question, Repeat
from survey.questionnaire.lexical import LONGEST, fault
from survey.questionnaire.message import default_message
from survey.questionnaire.value import parse_moment
from survey.text import clean

_META = "meta/"
"""Identifiers there (deprecatedID on a correction) are the sender's, whether the form declares them or not."""
_INTERVIEW_DAY = ("end", "today", "start")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found in the answers: `path` has positions, `message` one text per language, `reason` what was said for
    a warning.

    Codes: required, constraint, warning, choice, range, roster, rows, unknown, long, or the type expected (integer,
    decimal, date, time, datetime, geopoint, file).
    """

    severity: str
    path: str
    code: str
    message: Mapping[str, str]
    question: str
    value: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What remains of the answers, and everything found; `evaluation` is the state they lead to."""

    answers: Answers
    findings: tuple[Finding, ...]
    evaluation: Evaluation

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that need review."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def judge(instrument: Instrument, answers: Mapping[str, Any], *, now: datetime, today: date | None = None) -> Verdict:
    """Judge answers (nested, XForms lexical form). `today()` is the day of the interview, as its metadata say, unless
    given.
    """
    findings: list[Finding] = []
    kept = _Intake(instrument, findings).group(instrument.root, answers, "")
    day = today or interview_day(instrument, kept) or None
    evaluation = evaluate(instrument, kept, now=now, today=day)
    findings += _rosters(evaluation, kept)
    findings += _Check(evaluation).findings()
    return Verdict(evaluation.answers, tuple(findings), evaluation)


def interview_day(instrument: Instrument, answers: Mapping[str, Any]) -> date | None:
    """Return the local day on which the interview ended (or was held, or began), None when the answers do not say."""
    found: dict[str, date] = {}
    for node in instrument.root.children:
        if isinstance(node, Question) and node.preload in _INTERVIEW_DAY:
            moment = parse_moment(str(answers.get(node.name) or ""))
            if moment is not None:
                found[node.preload] = moment.local().date()
    return next((found[name] for name in _INTERVIEW_DAY if name in found), None)


class _Intake:
    """Takes from what was sent only what the instrument knows, in the forms its types require."""

    def __init__(self, instrument: Instrument, findings: list[Finding]) -> None:
        self.instrument = instrument
        self.findings = findings

    def report(self, path: str, code: str, question: str, value: str = "", **details: object) -> None:
        message = default_message(code, self.instrument.languages, **details)
        self.findings.append(Finding("error", path, code, message, question, value))

    def group(self, group: Group | Repeat, given: Mapping[str, Any], prefix: str) -> Answers:
        kept: Answers = {}
        known = 0
        for node in group.children:
            if node.name not in given:
                continue
            known += 1
            value = given[node.name]
            if type(node) is Question:
                kept[node.name] = "" if value == "" else self.answer(node, value, prefix + node.name)
                continue
            path = prefix + node.name
            if isinstance(node, Group) and isinstance(value, Mapping):
                kept[node.name] = self.group(node, value, f"{path}/")
            elif isinstance(node, Repeat) and isinstance(value, (list, Mapping)):
                kept[node.name] = self.rows(node, value if isinstance(value, list) else [value], path)
            elif value:
                self.report(path, "unknown", node.name)
        if known < len(given) and prefix != _META:
            names = {node.name for node in group.children}
            for name in given:
                if name not in names and given[name]:
                    self.report(prefix + name, "unknown", name)
        return kept

    def rows(self, node: Repeat, given: list[Any], path: str) -> list[Answers]:
        if len(given) > MAX_ROWS:
            self.report(path, "roster", node.name, limit=MAX_ROWS)
        rows = enumerate(given[:MAX_ROWS], start=1)
        return [self.group(node, row if isinstance(row, Mapping) else {}, f"{path}[{place}]/") for place, row in rows]

    def answer(self, question: Question, value: object, path: str) -> str:
        if value is None or value == "":
            return ""
        if not isinstance(value, str):
            self.report(path, "unknown", question.name)
            return ""
        if question.calculate is not None and question.kind == "calculate":
            return clean(value[:LONGEST])
        tidy = clean(value) if question.datatype == "string" else value.strip()
        code = fault(question, tidy) if tidy else ""
        if code:
            self.report(path, code, question.name, value[:200], limit=LONGEST)
            return ""
        return tidy


def _rosters(evaluation: Evaluation, given: Answers) -> Iterator[Finding]:
    languages = evaluation.instrument.languages
    for path in dict.fromkeys(evaluation.capped):
        yield Finding(
            "error", path, "roster", default_message("roster", languages, limit=MAX_ROWS), path.rsplit("/", 1)[-1]
        )
    for node in evaluation.instrument.root.children:
        if isinstance(node, Repeat) and node.count is not None:
            posted = len(given.get(node.name) or ())
            rows = evaluation.root.kids[evaluation.program.places[node.path].level]
            if posted > len(rows):
                message = default_message("rows", languages, posted=posted, kept=len(rows))
                yield Finding("warning", node.name, "rows", message, node.name)


class _Check:
    """Looks at every answer that is asked for: required, limits, choices, unlikely values."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.languages = evaluation.instrument.languages

    def findings(self) -> list[Finding]:
        """Return what is found, in the order of the form."""
        found: list[Finding] = []
        self.group(self.evaluation.root, self.evaluation.instrument.root, "", found)
        return found

    def group(self, row: Row, group: Group | Repeat, prefix: str, found: list[Finding]) -> None:
        """Look at everything in a group that is asked for."""
        places = self.evaluation.program.places
        for node in group.children:
            place = places[node.path]
            if isinstance(node, Repeat):
                for kid in row.kids[place.level]:
                    if kid.relevant:
                        self.group(kid, node, f"{prefix}{node.name}[{kid.place}]/", found)
            elif row.relevant and (place.source < 0 or row.conditions[place.source]):
                if isinstance(node, Group):
                    self.group(row, node, f"{prefix}{node.name}/", found)
                elif node.is_asked:
                    found += self.question(prefix + node.name, node, row)
                elif node.kind == "reason":
                    self.reason(node, row)

    def question(self, path: str, node: Question, row: Row) -> Iterator[Finding]:
        place = self.evaluation.program.places[node.path]
        value = row.values[place.slot]
        if value == "":
            if node.required is not None and self.evaluation.rule(node, row, "required"):
                yield self.found("error", path, node, row, "required", "required_message", "")
            return
        stored = self.evaluation.lexical(row, place)
        if node.kind in SELECTS and not self.offered(node, row, stored):
            yield Finding("error", path, "choice", default_message("choice", self.languages), node.name, stored)
        if node.kind == "range" and not _on_scale(node, stored):
            yield Finding(
                "error", path, "range", default_message("range", self.languages, **_scale(node)), node.name, stored
            )
        if node.constraint is not None and not self.evaluation.rule(node, row, "constraint"):
            yield self.found("error", path, node, row, "constraint", "constraint_message", stored)
        if node.warning is not None and self.evaluation.rule(node, row, "warning"):
            yield self.found(
                "warning", path, node, row, "warning", "warning_message", stored, self.given_reason(node, row)
            )

    def found(
        self, severity: str, path: str, node: Node, row: Row, code: str, text: str, value: str, reason: str = ""
    ) -> Finding:
        given = getattr(node, text)
        message = (
            {language: self.evaluation.text(node, row, text, language) for language in self.languages} if given else {}
        )
        return Finding(severity, path, code, message or default_message(code, self.languages), node.name, value, reason)

    def offered(self, node: Question, row: Row, stored: str) -> bool:
        codes = [stored] if node.kind == "select_one" else stored.split()
        if len(codes) != len(set(codes)):
            return False
        return all(self.evaluation.offers(node, row, code) for code in codes)

    def given_reason(self, node: Question, row: Row) -> str:
        place = self.evaluation.program.places.get(f"{node.path}_reason")
        return self.evaluation.lexical(row, place) if place else ""

    def reason(self, node: Question, row: Row) -> None:
        """A reason for an answer that is not unlikely any more is dropped."""
        place = self.evaluation.program.places[node.path]
        owner = self.evaluation.instrument.by_path[node.path.removesuffix("_reason")]
        if row.values[place.slot] != "" and not self.evaluation.rule(owner, row, "warning"):
            row.values[place.slot] = ""


def _scale(node: Question) -> dict[str, str]:
    return {name: node.parameters.get(name, "1") for name in ("start", "end", "step")}


def _on_scale(node: Question, stored: str) -> bool:
    start, end, step = (float(value) for value in _scale(node).values())
    steps = (float(stored) - start) / step
    return start <= float(stored) <= end and abs(steps - round(steps)) < 1e-9
