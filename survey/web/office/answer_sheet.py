"""A record's answers as a reviewer reads them: questions in order, words for codes, findings and remarks in place.

Pure: takes instrument and answers, returns frozen lines. Identity values appear only if the caller put them back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from survey.i18n import format_date, format_number
from survey.questionnaire.instrument import NUMBERS, SELECTS, Group, Instrument, Node, Question, Repeat, plain

Answers = Mapping[str, Any]
_LONGEST_YEAR = 4


@dataclass(frozen=True, slots=True)
class Note:
    """What the judge found at a place: severity, words, and the reason the respondent gave for a warning."""

    severity: str
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One question with its answer; `before` is the answer of the version before where it was another."""

    path: str
    label: str
    text: str
    is_identity: bool = False
    is_sensitive: bool = False
    before: str | None = None
    notes: Sequence[Note] = ()
    remark: str = ""

    @property
    def anchor(self) -> str:
        """Return the id of the line on the page."""
        return anchor(self.path)


@dataclass(frozen=True, slots=True)
class Block:
    """A section, a group or one roster row with its lines."""

    path: str
    title: str
    items: Sequence[Line | Block] = field(default_factory=tuple)

    def lines(self) -> Iterator[Line]:
        """Yield every line in order."""
        for item in self.items:
            if isinstance(item, Line):
                yield item
            else:
                yield from item.lines()

    @property
    def anchor(self) -> str:
        """Return the id of the block on the page."""
        return anchor(self.path)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sheet is drawn from."""

    instrument: Instrument
    language: str
    notes: Mapping[str, Sequence[Note]]
    remarks: Mapping[str, str]
    before: Answers | None


def anchor(path: str) -> str:
    """Return an id for a positioned path: `members[2]/age` → `a-members.2-age`."""
    return "a-" + path.replace("[", ".").replace("]", "").replace("/", "-")


def sheet(
    instrument: Instrument,
    answers: Answers,
    *,
    language: str,
    findings: Sequence[Mapping[str, Any]] = (),
    remarks: Mapping[str, str] | None = None,
    before: Answers | None = None,
) -> list[Block]:
    """Return the sections that hold an answer, a finding or a remark, in the order of the questionnaire."""
    reading = Reading(instrument, language, _notes(findings, language), remarks or {}, before)
    loose: list[Line | Block] = []
    blocks: list[Block] = []
    for item in _items(reading, instrument.root, answers, before, ""):
        if isinstance(item, Block):
            blocks.append(item)
        else:
            loose.append(item)
    return [Block("", "", tuple(loose)), *blocks] if loose else blocks


def contents(blocks: Sequence[Block]) -> list[tuple[int, Block]]:
    """Return the titled blocks of the first two levels with their level, for a list of jumps."""
    found: list[tuple[int, Block]] = []
    for block in blocks:
        found += [(1, block)] if block.title else []
        found += [(2, item) for item in block.items if isinstance(item, Block) and item.title]
    return found


def finding_places(blocks: Sequence[Block]) -> set[str]:
    """Return the paths that have a line on the sheet, so that a list of findings can jump there."""
    return {line.path for block in blocks for line in block.lines()}


def _items(
    reading: Reading, group: Group | Repeat, answers: Answers, before: Answers | None, prefix: str
) -> Iterator[Line | Block]:
    for node in group.children:
        path = f"{prefix}/{node.name}" if prefix else node.name
        value = answers.get(node.name)
        earlier = before.get(node.name) if before is not None else None
        if isinstance(node, Question):
            line = _line(reading, node, value, earlier, path)
            if line is not None:
                yield line
        elif isinstance(node, Repeat):
            yield from _rows(reading, node, value, earlier, path)
        else:
            yield from _group(reading, node, value, earlier, path)


def _group(reading: Reading, node: Group, value: Any, earlier: Any, path: str) -> Iterator[Line | Block]:
    answers = value if isinstance(value, Mapping) else {}
    before = (earlier if isinstance(earlier, Mapping) else {}) if reading.before is not None else None
    items = tuple(_items(reading, node, answers, before, path))
    if not items:
        return
    title = plain(node.label, reading.language)
    if title:
        yield Block(path, title, items)
    else:
        yield from items


def _rows(reading: Reading, node: Repeat, value: Any, earlier: Any, path: str) -> Iterator[Block]:
    rows = value if isinstance(value, list) else []
    old = earlier if isinstance(earlier, list) else []
    title = plain(node.label, reading.language) or node.name
    for number, row in enumerate(rows, start=1):
        here = f"{path}[{number}]"
        before = (old[number - 1] if number <= len(old) else {}) if reading.before is not None else None
        items = tuple(_items(reading, node, row, before, here))
        yield Block(here, f"{title} {number}", items)


def _line(reading: Reading, question: Question, value: Any, earlier: Any, path: str) -> Line | None:
    raw = value if isinstance(value, str) else ""
    old = earlier if isinstance(earlier, str) else ""
    notes = reading.notes.get(path, ())
    remark = reading.remarks.get(path, "")
    changed = reading.before is not None and raw != old
    if not question.is_asked or not (raw or notes or remark or changed or question.identity):
        return None
    return Line(
        path=path,
        label=plain(question.label, reading.language) or question.name,
        text=answer_text(question, raw, reading.language),
        is_identity=question.identity,
        is_sensitive=question.sensitive,
        before=answer_text(question, old, reading.language) if changed and not question.identity else None,
        notes=notes,
        remark=remark,
    )


def answer_text(question: Question, raw: str, language: str) -> str:
    """Return an answer in words: labels for codes, numbers and dates the way the reader writes them."""
    if not raw:
        return ""
    if question.kind in SELECTS and question.choices is not None:
        codes = [raw] if question.kind == "select_one" else raw.split()
        return "; ".join(_choice(question, code, language) for code in codes)
    if question.kind in NUMBERS:
        return _number(raw)
    return _date(raw) if question.kind == "date" else raw


def _choice(question: Question, code: str, language: str) -> str:
    assert question.choices is not None  # noqa: S101
    for item in question.choices.items:
        if item.value == code:
            return item.label.get(language) or next(iter(item.label.values()), code)
    return code


def _number(raw: str) -> str:
    """Write a number; four digits without a decimal part may be a year and stay together."""
    if raw.isdigit() and len(raw) <= _LONGEST_YEAR:
        return raw
    try:
        return format_number(Decimal(raw))
    except InvalidOperation:
        return raw


def _date(raw: str) -> str:
    try:
        return format_date(date.fromisoformat(raw))
    except ValueError:
        return raw


def _notes(findings: Sequence[Mapping[str, Any]], language: str) -> dict[str, list[Note]]:
    found: dict[str, list[Note]] = defaultdict(list)
    for each in findings:
        message = each["message"]
        text = message.get(language) or next(iter(message.values()), each["code"])
        found[each["path"]].append(Note(each["severity"], text, each.get("reason", "")))
    return found


def title_of(instrument: Instrument, path: str, language: str) -> str:
    """Return the words of the question at a positioned path; the path itself where it is not known."""
    plain_path = "/".join(step.partition("[")[0] for step in path.split("/"))
    node: Node | None = instrument.by_path.get(plain_path)
    return (plain(node.label, language) if node is not None else "") or path
