"""A record as the quality rules see it: times, codes and counts drawn from its answers. Names never get here.

Pure: takes an instrument and answers, returns one frozen case; the keys of household and telephone are hashes that the
caller made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from survey.estimation.interviewer import MISSING
from survey.operations import identity
from survey.questionnaire.instrument import Group, Instrument, Question, Repeat

_POSITION = re.compile(r"\[\d+\]")
_UNKNOWING = ("Không biết", "Không nhớ", "Từ chối")
_ROWS_COMPARED = 3
"""Roster rows whose answers take part in the comparison of two interviews."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the tables know of a record, besides its answers."""

    submission_id: str
    form_version_id: int
    kind: str
    outcome: str
    channel: str
    account_id: int | None
    unit_code: str
    commune_code: str


@dataclass(frozen=True, slots=True)
class Case:
    """One record for the rules; `codes` are answers as numbers in the order of the form, −1 where nothing was asked."""

    head: Head
    started: datetime | None
    minutes: float | None
    consent: str | None
    asked: int
    unknown: int
    blocks: int
    block_questions: int
    codes: tuple[int, ...]
    size: int
    ages: tuple[int, ...]
    values: Mapping[str, str]
    point: tuple[float, float] | None
    household_key: str = ""
    phone_keys: tuple[str, ...] = ()


class Reader:
    """Draws cases from the answers on one form version."""

    def __init__(self, instrument: Instrument, *, consent: frozenset[str], age: str, watched: frozenset[str]) -> None:
        questions = [(question, repeats) for question, repeats in instrument.questions()]
        self._consent = next((q.path for q, _ in questions if q.name in consent and q.is_asked), "")
        self._ages = {q.path for q, _ in questions if q.name == age}
        self._watched = {q.path: q.name for q, repeats in questions if q.name in watched and not repeats}
        self._points = {q.path for q, _ in questions if q.kind == "geopoint"}
        self._unknowing = {q.path: _unknowing(q) for q, _ in questions if q.kind == "select_one"}
        self._blocks = list(_blocks(instrument.root))
        self._columns = _columns(instrument)
        self._numbers: dict[tuple[int, str], int] = {}
        self._plain: dict[str, str] = {}

    def case(self, head: Head, answers: Mapping[str, Any]) -> Case:
        """Return a record as the rules see it."""
        flat = {path: value for path, value in identity.leaves(dict(answers)) if value}
        asked, unknown = self._knowledge(flat)
        straight = [block for block in self._blocks if _is_straight(flat, block)]
        started, ended = _moment(flat.get("start", "")), _moment(flat.get("end", ""))
        return Case(
            head=head,
            started=started,
            minutes=(ended - started).total_seconds() / 60 if started and ended else None,
            consent=flat.get(self._consent, "") if self._consent else None,
            asked=asked,
            unknown=unknown,
            blocks=len(straight),
            block_questions=sum(sum(path in flat for path in block) for block in straight),
            codes=tuple(self._code(i, flat.get(path, "")) for i, path in enumerate(self._columns)),
            size=_rows(answers),
            ages=tuple(int(v) for path, v in flat.items() if self._of(path) in self._ages and v.isdigit()),
            values={name: flat.get(path, "") for path, name in self._watched.items()},
            point=next((_point(v) for path, v in flat.items() if self._of(path) in self._points), None),
        )

    def _knowledge(self, flat: Mapping[str, str]) -> tuple[int, int]:
        """Return the number of single choices answered, and of those answered with don't know or a refusal."""
        asked = unknown = 0
        for path, value in flat.items():
            codes = self._unknowing.get(self._of(path))
            if codes is not None:
                asked += 1
                unknown += value in codes
        return asked, unknown

    def _code(self, column: int, value: str) -> int:
        return self._numbers.setdefault((column, value), len(self._numbers)) if value else MISSING

    def _of(self, path: str) -> str:
        """Return a path without positions, remembered."""
        found = self._plain.get(path)
        if found is None:
            found = self._plain[path] = _POSITION.sub("", path)
        return found


def _unknowing(question: Question) -> frozenset[str]:
    """Return the codes of a question that say that the respondent does not know, remember or want to answer."""
    items = question.choices.items if question.choices is not None else ()
    return frozenset(item.value for item in items if item.label.get("vi", "").startswith(_UNKNOWING))


def _columns(instrument: Instrument) -> list[str]:
    """Return the positioned paths of the answers that two interviews are compared by."""
    found: list[str] = []
    for question, repeats in instrument.questions():
        if question.identity or question.kind not in {"select_one", "select_multiple", "integer"}:
            continue
        if question.path.startswith(("identification/", "visit/")):
            continue
        if not repeats:
            found.append(question.path)
        elif len(repeats) == 1:
            roster = repeats[0].path
            rest = question.path.removeprefix(f"{roster}/")
            found += [f"{roster}[{row}]/{rest}" for row in range(1, _ROWS_COMPARED + 1)]
    return found


def _blocks(group: Group | Repeat) -> Iterator[tuple[str, ...]]:
    """Yield runs of neighbouring single choices with one list of answers, outside rosters."""
    run: list[Question] = []
    for node in group.children:
        lists = (
            node.choices.list_name if isinstance(node, Question) and node.kind == "select_one" and node.choices else ""
        )
        if run and (not lists or run[-1].choices is None or run[-1].choices.list_name != lists):
            yield tuple(question.path for question in run)
            run = []
        if lists and isinstance(node, Question):
            run.append(node)
        if isinstance(node, Group):
            yield from _blocks(node)
    if run:
        yield tuple(question.path for question in run)


def _rows(answers: Mapping[str, Any]) -> int:
    """Return the number of roster rows, which make an interview long."""
    inner = (_rows(value) for value in answers.values() if isinstance(value, Mapping))
    return sum(len(value) for value in answers.values() if isinstance(value, list)) + sum(inner)


_SHORTEST_BLOCK = 5


def _is_straight(flat: Mapping[str, str], block: tuple[str, ...]) -> bool:
    """Tell whether a block of five answers or more holds one code only."""
    given = [flat[path] for path in block if path in flat]
    return len(given) >= _SHORTEST_BLOCK and len(set(given)) == 1


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _point(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude of a geopoint."""
    try:
        latitude, longitude = (float(part) for part in text.split()[:2])
    except ValueError:
        return None
    return latitude, longitude
