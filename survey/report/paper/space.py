"""The room an answer gets on paper, decided by type and limits: codes to circle, boxes for digits, lines for words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from survey.questionnaire.instrument import FILES, Question
from survey.questionnaire.xpath import Binary, Call, Literal, Path, Tree, walk

MOST_CHOICES = 14
_COUNTED = re.compile(r"\^?\[0-9\]\{(?:\d+,)?(\d+)\}\$?")
_MOST_BOXES = 15


@dataclass(frozen=True, slots=True)
class Line:
    """A place to write beside an answer: its label and the room for it."""

    label: str
    space: Space


@dataclass(frozen=True, slots=True)
class Answer:
    """One printed answer: code, words, where it leads, what is written beside it."""

    code: str
    label: str
    leads: str = ""
    beside: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Space:
    """`kind`: circle, mark (several answers), code (from a list), number, date, month, year, time, line, lines, tick,
    attach, sign, note. `boxes` holds the digits of each group, with `decimals` after the comma.
    """

    kind: str
    answers: tuple[Answer, ...] = ()
    boxes: tuple[int, ...] = ()
    decimals: int = 0
    list_number: int = 0

    @property
    def digits(self) -> int:
        """Return the number of boxes."""
        return sum(self.boxes) + self.decimals


def has_list(question: Question) -> bool:
    """Say whether the codes of a question are too many to print beside it and stand in a list at the end."""
    choices = question.choices
    return choices is not None and not choices.repeat and (bool(choices.file) or len(choices.items) > MOST_CHOICES)


def plain_space(question: Question) -> Space:
    """Return the room for a question without printed answers."""
    if question.choices is not None:
        longest = max((len(choice.value) for choice in question.choices.items), default=2)
        return Space("code", boxes=(min(longest, _MOST_BOXES),))
    if question.kind in ("integer", "range"):
        return _number(question, 0)
    if question.kind == "decimal":
        return _number(question, 1)
    return _by_kind(question)


def _by_kind(question: Question) -> Space:
    words = question.appearance.split()
    if question.kind == "date":
        return Space("month" if "month-year" in words else "year" if "year" in words else "date")
    if question.kind in FILES:
        return Space("sign" if "signature" in words or "draw" in words else "attach")
    if question.kind == "text":
        return _text(question, words)
    return Space({"time": "time", "datetime": "datetime", "acknowledge": "tick"}.get(question.kind, "line"))


def _text(question: Question, words: list[str]) -> Space:
    if "multiline" in words:
        return Space("lines")
    digits = _pattern_length(question.constraint)
    return Space("number", boxes=(digits,)) if digits else Space("line")


def _number(question: Question, decimals: int) -> Space:
    largest = max(_limits(question), default=0.0)
    if not largest:
        return Space("line")
    digits = len(str(int(largest)))
    return Space("number", boxes=_thousands(digits) if digits > 4 else (digits,), decimals=decimals)


def _limits(question: Question) -> Iterator[float]:
    """Yield the numbers that the answer itself is held against, and the end of a range."""
    for part in walk(question.constraint) if question.constraint else ():
        if isinstance(part, Binary) and part.op in ("=", "<", "<=", ">", ">="):
            sides: tuple[Tree, ...] = (part.left, part.right)
            if any(_is_answer(side) for side in sides):
                yield from (side.value for side in sides if isinstance(side, Literal) and isinstance(side.value, float))
    if question.parameters.get("end"):
        yield float(question.parameters["end"])


def _is_answer(tree: Tree) -> bool:
    return isinstance(tree, Path) and [step.name for step in tree.steps] == ["."]


def _thousands(digits: int) -> tuple[int, ...]:
    first = digits % 3
    return (*((first,) if first else ()), *([3] * (digits // 3)))


def _pattern_length(tree: Tree | None) -> int:
    """Return the length of an answer that may hold digits only, or 0."""
    if not isinstance(tree, Call) or tree.name != "regex" or not isinstance(tree.args[1], Literal):
        return 0
    match = _COUNTED.fullmatch(str(tree.args[1].value))
    return min(int(match.group(1)), _MOST_BOXES) if match else 0
