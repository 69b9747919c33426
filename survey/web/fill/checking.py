"""The last page: the judge's findings in the order of the questionnaire, each with the address of its field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from survey.operations import drafts
from survey.questionnaire.instrument import Question
from survey.questionnaire.judge import Finding
from survey.web.fill.build import part_title, progress, row_title, sections
from survey.web.fill.parts import Part
from survey.web.fill.sheet import Sheet, unpositioned
from survey.web.fill.surface import Desk


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to correct or confirm: where it is, what is asked there, what is wrong, and the way to it."""

    place: str
    label: str
    message: str
    address: str
    reason: str = ""


def gathered(sheet: Sheet, desk: Desk) -> dict[str, Any]:
    """Return the variables of `fill/check.html`: errors, unlikely answers without a reason, those with one."""
    unread = {path for path, _words in _unread(sheet)}
    found = [f for f in sheet.verdict.findings if f.path not in unread]
    errors = [_point(sheet, desk, path, words) for path, words in _unread(sheet)]
    errors += [_finding_point(sheet, desk, f) for f in found if f.severity == "error"]
    doubts = [_finding_point(sheet, desk, f) for f in found if f.severity != "error" and drafts.blocks(f)]
    explained = [_finding_point(sheet, desk, f) for f in found if f.severity != "error" and f.reason]
    order = {part_title(sheet, part): number for number, part in enumerate(sheet.parts)}
    last = sheet.parts[-1] if sheet.parts else None
    return {
        "errors": sorted(errors, key=lambda p: order.get(p.place.split(" · ")[0], len(order))),
        "doubts": doubts,
        "explained": explained,
        "sections": sections(sheet, "", desk.section, desk.helpers),
        "progress": progress(sheet),
        "last": desk.section(last.name) if last else desk.home,
    }


def _unread(sheet: Sheet) -> list[tuple[str, str]]:
    """Return the positioned paths of asked questions whose text cannot be read, with what to ask."""
    found = []
    for path, node, _row in sheet.verdict.evaluation.walk():
        if isinstance(node, Question) and node.is_asked and (words := sheet.unread(path, node)):
            found.append((path, words))
    return found


def _finding_point(sheet: Sheet, desk: Desk, finding: Finding) -> Point:
    return _point(sheet, desk, finding.path, finding.message[sheet.language], finding.reason)


def _point(sheet: Sheet, desk: Desk, path: str, message: str, reason: str = "") -> Point:
    bare = unpositioned(path)
    node = sheet.work.instrument.by_path.get(bare)
    part = next((part for part in sheet.parts if part.owns(bare)), None)
    if part is None or not isinstance(node, Question):
        return Point(_("The questionnaire as a whole"), "", message, desk.home, reason)
    label = sheet.verdict.evaluation.label(path, sheet.language)
    line = sheet.line_of(path, node)
    key = line.key if line else ""
    inside = path.replace("/", "-")
    if line is not None:
        position = sheet.positioned(line)
        inside = f"{line.roster.replace('/', '-')}-0{path[len(position) :].replace('/', '-')}"
    place = _place(sheet, part, key)
    return Point(place, label, message, f"{desk.section(part.name, key, check=1)}#q-{inside}", reason)


def _place(sheet: Sheet, part: Part, key: str) -> str:
    title = part_title(sheet, part)
    line = sheet.line(part, key)
    if line is None or part.roster is None:
        return title
    number = sheet.rows(part.roster).index(line) + 1
    return f"{title} · {row_title(sheet, line) or _('Member %(number)s', number=number)}"
