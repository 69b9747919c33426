"""One draft under the judge's lamp: which parts are asked, what is missing or wrong in each, which page comes next.

Reads a draft and its verdict; shows and writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from survey.operations import drafts
from survey.operations.draft_start import count_question
from survey.operations.drafts import Line, Opened
from survey.questionnaire.instrument import Question, Repeat
from survey.questionnaire.judge import Finding, Verdict
from survey.web.fill.parts import Part, is_shown, parts_of, questions_in
from survey.web.fill.reading import objection

_POSITIONS = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Stop:
    """One page on the way through a questionnaire: a part, or one row of the roster that a part is."""

    part: Part
    key: str = ""


@dataclass(slots=True)
class Count:
    """What stands on a part or a roster row: required questions, those answered, answers at all, what is wrong."""

    required: int = 0
    answered: int = 0
    given: int = 0
    wrong: int = 0

    @property
    def missing(self) -> int:
        """Return how many required questions have no answer."""
        return max(0, self.required - self.answered)

    def state(self, *, seen: bool) -> str:
        """Return how it stands in one word: empty, started, wrong or done."""
        if self.wrong:
            return "wrong"
        if not self.given and not seen:
            return ""
        return "started" if self.missing else "done" if seen or self.required else "started"


@dataclass
class Sheet:
    """A draft, its verdict and the language it is shown in."""

    work: Opened
    language: str
    now: datetime

    def __post_init__(self) -> None:
        if self.language not in self.work.instrument.languages:
            self.language = self.work.instrument.languages[0]

    @cached_property
    def verdict(self) -> Verdict:
        """Return what the judge says, asked once and only where something depends on it."""
        return drafts.check(self.work, now=self.now)

    def offers(self, question: Question) -> bool:
        """Tell whether the round lets a question be asked on a page: photos and signatures may be switched off."""
        return question.kind != "image" or self.work.unit.round.photo_policy != "off"

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Return the parts that are asked now, in order."""
        return tuple(part for part in parts_of(self.work.instrument) if self.is_asked(part))

    def part(self, name: str) -> Part | None:
        """Return a part by its address, asked or not."""
        return next((part for part in parts_of(self.work.instrument) if part.name == name), None)

    def is_asked(self, part: Part) -> bool:
        """Tell whether anything of a part is asked now."""
        roster = part.roster
        if roster is not None:
            may_come = self.may_grow(roster) or bool(self.verdict.evaluation.rows(roster.path))
            return self.verdict.evaluation.relevant(roster.path) and may_come
        asked = self.verdict.evaluation.relevant
        return any(asked(q.path) for q in questions_in(part.nodes) if is_shown(q))

    def may_grow(self, roster: Repeat) -> bool:
        """Tell whether people add rows themselves: no count, or a count that is a question of this questionnaire."""
        return roster.count is None or count_question(self.work.instrument, roster) is not None

    def line(self, part: Part, key: str) -> Line | None:
        """Return the roster row that a page is about, or None when it is gone."""
        if part.roster is None or not key:
            return None
        line = Line(part.roster.path, key)
        return line if self.positioned(line) else None

    def positioned(self, line: Line) -> str:
        """Return a row's path with its position, empty when the row is not asked any more."""
        at = self.work.contents.position(line)
        path = f"{line.roster}[{at + 1}]" if at is not None else ""
        return path if path in self.verdict.evaluation.rows(line.roster) else ""

    def rows(self, roster: Repeat) -> list[Line]:
        """Return the rows of a roster that are asked, in order."""
        count = len(self.verdict.evaluation.rows(roster.path))
        return [Line(roster.path, key) for key in self.work.contents.lines.get(roster.path, [])[:count]]

    def surplus(self, roster: Repeat) -> int:
        """Return how many rows are written beyond the number that the count asks for."""
        return max(0, len(self.work.contents.rows(roster.path)) - len(self.rows(roster)))

    @cached_property
    def findings(self) -> dict[str, list[Finding]]:
        """Return the judge's findings by positioned path."""
        found: dict[str, list[Finding]] = {}
        for finding in self.verdict.findings:
            found.setdefault(finding.path, []).append(finding)
        return found

    @cached_property
    def counts(self) -> dict[str, Count]:
        """Return what stands on each part (by name) and roster row (by positioned path)."""
        found: dict[str, Count] = {}
        owners = {q.path: part for part in self.parts for q in questions_in(part.nodes)}
        for path, node, row in self.verdict.evaluation.walk():
            if not isinstance(node, Question) or not node.is_asked or node.path not in owners:
                continue
            required = self.verdict.evaluation.rule(node, row, "required")
            given = bool(self.verdict.evaluation.value(path))
            wrong = self.is_wrong(path, node)
            for key in _keys(owners[node.path], path):
                count = found.setdefault(key, Count())
                count.required += required
                count.answered += required and given
                count.given += given
                count.wrong += wrong
        return found

    def is_wrong(self, path: str, question: Question) -> bool:
        """Tell whether an answer cannot be read, breaks a rule, or is unlikely without a reason."""
        if self.unread(path, question):
            return True
        return any(f.code != "required" and drafts.blocks(f) for f in self.findings.get(path, ()))

    def unread(self, path: str, question: Question) -> str:
        """Return what to ask about a text that cannot be read; empty when there is none."""
        if not self.work.contents.unread:
            return ""
        cell = self.work.contents.cell(question.path, self.line_of(path, question))
        return objection(question, cell, self.language)

    def line_of(self, path: str, question: Question) -> Line | None:
        """Return the roster row that a positioned path stands in."""
        match = _POSITIONS.search(path)
        if match is None:
            return None
        roster = path[: match.start()]
        keys = self.work.contents.lines.get(roster, [])
        at = int(match.group()[1:-1]) - 1
        return Line(roster, keys[at]) if at < len(keys) else None

    def asks(self, path: str, line: Line | None) -> bool:
        """Tell whether a question is asked now, in a roster row where one is given."""
        position = self._at(path, line)
        return bool(position) and self.verdict.evaluation.relevant(position)

    def offered(self, path: str, line: Line | None) -> list[str]:
        """Return the codes that a question offers now."""
        position = self._at(path, line)
        return [choice.value for choice in self.verdict.evaluation.choices(position)] if position else []

    def doubts(self, path: str, line: Line | None) -> bool:
        """Tell whether the answer to a question is unlikely and has no reason yet."""
        found = self.findings.get(self._at(path, line), ())
        return any(f.severity != "error" and drafts.blocks(f) for f in found)

    def _at(self, path: str, line: Line | None) -> str:
        if line is None:
            return path
        position = self.positioned(line)
        return position + path[len(line.roster) :] if position else ""

    def stops(self) -> list[Stop]:
        """Return every page in order: parts, and after each roster its rows."""
        found = []
        for part in self.parts:
            found.append(Stop(part))
            if part.roster is not None:
                found += [Stop(part, line.key) for line in self.rows(part.roster)]
        return found

    def after(self, part: Part, key: str) -> Stop | None:
        """Return the page after one, None after the last; finished roster rows are not gone through again."""
        stops = self.stops()
        at = next((i for i, stop in enumerate(stops) if stop.part.name == part.name and stop.key == key), None)
        if at is None:
            return self._nearest(part)
        if part.roster is not None and not key:
            return self._first_open_row(part) or next((s for s in stops[at + 1 :] if not s.key), None)
        if key and (at + 1 == len(stops) or not stops[at + 1].key):
            return Stop(part)
        return stops[at + 1] if at + 1 < len(stops) else None

    def before(self, part: Part, key: str) -> Stop | None:
        """Return the page before one, rows going back to their roster; None before the first."""
        if key:
            return Stop(part)
        earlier = [p for p in self.parts if p.name != part.name and self._index(p) < self._index(part)]
        return Stop(earlier[-1]) if earlier else None

    def _first_open_row(self, part: Part) -> Stop | None:
        assert part.roster is not None  # noqa: S101 - the caller has looked
        for line in self.rows(part.roster):
            count = self.counts.get(self.positioned(line), Count())
            if count.state(seen=f"{part.name}/{line.key}" in self.work.seen) != "done":
                return Stop(part, line.key)
        return None

    def _nearest(self, part: Part) -> Stop | None:
        """Return the first page after a part that is not asked any more."""
        later = [p for p in self.parts if self._index(p) > self._index(part)]
        return Stop(later[0]) if later else None

    def _index(self, part: Part) -> int:
        return [p.name for p in parts_of(self.work.instrument)].index(part.name)


def unpositioned(path: str) -> str:
    """Return a path without its positions."""
    return _POSITIONS.sub("", path)


def _keys(part: Part, path: str) -> Iterator[str]:
    yield part.name
    match = _POSITIONS.search(path)
    if match is not None:
        yield path[: match.end()]
