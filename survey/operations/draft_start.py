"""What stands on a questionnaire before anybody writes: defaults, draws, and what the frame knows of the unit.

Draws are made here once, from the system's source of chance, and kept with the draft: no page rolls anew.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from survey.model import Round
from survey.operations.merging import Answers, Cell, Contents, Line
from survey.query.drafts import UnitView
from survey.questionnaire.evaluate import Evaluation, evaluate, fresh
from survey.questionnaire.functions import DRAWN
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat
from survey.questionnaire.xpath import Path, calls
from survey.reference import units

SELF_REPORT = "1"
_POSITION = re.compile(r"\[(\d+)\]")
_LAST_DIGITS = re.compile(r"(\d+)\D*$")
_NAMED_BY = {"household": "head_name", "enterprise": "enterprise_name", "institution": "institution_name"}
FROM_ROUND = ("agency_name", "decision_no", "agency_contact", "consent_notice")


def fresh_contents(instrument: Instrument, unit: UnitView, *, now: datetime, interviewer: str = "") -> Contents:
    """Return the contents of a new draft; `interviewer` is a user name, blank when the unit answers for itself."""
    answers = fresh(instrument, now=now)
    known = known_values(unit, interviewer)
    for question, holder in _open_places(instrument.root, answers):
        if question.name in known and not holder.get(question.name):
            holder[question.name] = known[question.name]
    contents = Contents(answers)
    settle(instrument, contents, now=now)
    return contents


def known_values(unit: UnitView, interviewer: str) -> dict[str, str]:
    """Return what round and frame know of a unit, by the name of the question that would ask it."""
    commune = units.old_commune(unit.commune_code)
    name = _as_text(unit.named.get("name"))
    number = _LAST_DIGITS.search(unit.code)
    known = {
        _NAMED_BY.get(unit.kind, "name"): name,
        "household_no": str(int(number.group(1)))[-4:] if number else "",
        "institution_code": unit.code if unit.kind == "institution" else "",
    }
    known |= {key: _as_text(value) for key, value in (unit.attributes | unit.named).items()}
    known |= round_values(unit.round)
    known |= {
        "assignment_code": unit.code,
        "round_code": unit.round.code,
        "reference_date": unit.round.reference_date.isoformat(),
        "old_commune": commune.code,
        "old_district": commune.district_code,
        "present_commune": units.present_unit_of(commune.code).code,
        "ea_code": unit.area_code,
        "enumerator_code": interviewer,
        "response_mode": "" if interviewer else SELF_REPORT,
    }
    return {key: value for key, value in known.items() if value}


def round_values(round_: Round) -> dict[str, str]:
    """Return what a round says to everybody who answers: who asks, on what decision, and its own consent text."""
    said = {key: _as_text(round_.settings.get(key)) for key in FROM_ROUND}
    version = round_.consent_version if said["consent_notice"] else ""
    return {key: value for key, value in {**said, "consent_notice_version": version}.items() if value}


def settle(instrument: Instrument, contents: Contents, *, now: datetime) -> Evaluation:
    """Write into a draft the draws made and the rows that a count asks for; return what follows from it."""
    evaluation = evaluate(instrument, contents.answers, now=now)
    for roster in rosters(instrument):
        wanted = len(evaluation.rows(roster.path)) if evaluation.relevant(roster.path) else 0
        for _ in range(wanted - len(contents.rows(roster.path))):
            contents.add_row(roster.path, new_key())
        contents.keep_lines(roster.path, iter(new_key, ""))
    for path, node, _row in evaluation.walk():
        if isinstance(node, Question) and _is_drawn(node):
            _keep_draw(contents, node, path, evaluation.value(path))
    return evaluation


def rosters(instrument: Instrument) -> Iterator[Repeat]:
    """Yield the rosters that stand in no other roster; those inside one belong to its rows."""
    for entry in instrument.entries():
        if isinstance(entry.node, Repeat) and not entry.repeats:
            yield entry.node


def count_question(instrument: Instrument, roster: Repeat) -> Question | None:
    """Return the question whose answer fixes the number of rows, where the count is just that question."""
    if not isinstance(roster.count, Path) or roster.count.start != "root":
        return None
    found = instrument.by_path.get("/".join(step.name for step in roster.count.steps[1:]))
    return found if isinstance(found, Question) and found.kind == "integer" else None


def new_key() -> str:
    """Return a lasting key for a roster row."""
    return secrets.token_hex(4)


def _is_drawn(question: Question) -> bool:
    return question.calculate is not None and bool(calls(question.calculate) & DRAWN)


def _keep_draw(contents: Contents, question: Question, path: str, value: str) -> None:
    """Write a draw where none stands yet; `path` has a position when the question stands in a roster row."""
    position = _POSITION.search(path)
    line = None
    if position is not None:
        keys = contents.lines.get(_POSITION.split(path)[0], [])
        at = int(position.group(1)) - 1
        if at >= len(keys) or _POSITION.search(path, position.end()):
            return
        line = Line(_POSITION.split(path)[0], keys[at])
    if value and not contents.cell(question.path, line).value:
        contents.write(question.path, Cell(value), line)


def _open_places(group: Group, answers: Answers) -> Iterator[tuple[Question, Answers]]:
    """Yield the questions outside rosters that are written by people or hidden, with the dictionary that holds each."""
    for node in group.children:
        if isinstance(node, Group):
            below = answers.setdefault(node.name, {})
            yield from _open_places(node, below)
        elif isinstance(node, Question) and (node.is_asked or node.kind == "hidden"):
            yield node, answers


def _as_text(value: Any) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, Mapping | list):
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
