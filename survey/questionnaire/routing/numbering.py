"""The number by which people call a question: the one its label carries (`B1.`), otherwise a running one (`Q3`).

Also finds the follow-ups that are written beside the answer that calls for them (`Other, specify`); these need none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from survey.questionnaire.instrument import Entry, Instrument, Question, plain
from survey.questionnaire.xpath import Binary, Call, Literal, Path, Tree

_NUMBER = re.compile(r"([^\W\d_]{0,4}\d+[^\W\d_]?)\.\s+")
LETTER = "Q"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question asked for one answer of the question just before it."""

    parent: str
    code: str


def own_number(label: str) -> str:
    """Return the number that a label begins with, or nothing."""
    match = _NUMBER.match(label)
    return match.group(1) if match else ""


def without_number(label: str) -> str:
    """Return a label without the number it begins with."""
    return _NUMBER.sub("", label, count=1) if _NUMBER.match(label) else label


def numbers(instrument: Instrument) -> dict[str, str]:
    """Return path → number of every question and numbered note; follow-ups have none."""
    beside = follow_ups(instrument)
    found: dict[str, str] = {}
    running = 0
    for question, _ in instrument.questions():
        number = own_number(plain(question.label, instrument.languages[0]))
        if not number and question.is_asked and question.path not in beside:
            running += 1
            number = f"{LETTER}{running}"
        if number:
            found[question.path] = number
    return found


def follow_ups(instrument: Instrument) -> dict[str, FollowUp]:
    """Return path → the answer it belongs to, for questions that follow one answer of the select just before them."""
    found: dict[str, FollowUp] = {}
    parent: Entry | None = None
    for entry in instrument.entries():
        node = entry.node
        if not isinstance(node, Question):
            parent = None
        elif node.is_asked:
            after = _follows(entry, parent) if parent else None
            if after:
                found[node.path] = after
            else:
                parent = entry if node.choices and not node.choices.file else None
    return found


def _follows(entry: Entry, parent: Entry) -> FollowUp | None:
    question, select = entry.node, parent.node
    if not isinstance(question, Question) or not isinstance(select, Question) or entry.ancestors != parent.ancestors:
        return None
    if (
        question.choices
        or question.relevant is None
        or own_number(plain(question.label, next(iter(question.label), "")))
    ):
        return None
    chosen = _one_answer(question.relevant, question.path)
    if chosen is None or chosen[0] != select.path or select.choices is None:
        return None
    codes = {choice.value for choice in select.choices.items}
    return FollowUp(select.path, chosen[1]) if chosen[1] in codes else None


def _one_answer(tree: Tree, base: str) -> tuple[str, str] | None:
    """Read `question = code` or `selected(question, code)`."""
    if isinstance(tree, Binary) and tree.op == "=":
        sides: tuple[Tree, ...] = (tree.left, tree.right)
    elif isinstance(tree, Call) and tree.name == "selected":
        sides = tree.args
    else:
        return None
    path, literal = sides
    if isinstance(path, Path) and isinstance(literal, Literal):
        resolved = resolve(path, base)
        return (resolved, literal_text(literal)) if resolved else None
    return None


def resolve(path: Path, base: str) -> str | None:
    """Return the node path that a location path reaches from a node; None for lists and filtered paths."""
    if path.start.startswith("instance:") or any(step.predicates for step in path.steps):
        return None
    names = [step.name for step in path.steps]
    if path.start == "root":
        return "/".join(names[1:])
    place = base.split("/")
    for name in names:
        if name == "..":
            place = place[:-1]
        elif name != ".":
            place = [*place, name]
    return "/".join(place)


def literal_text(literal: Literal) -> str:
    """Write a literal as an answer is stored: `2`, `0.5`, `abc`."""
    value = literal.value
    return value if isinstance(value, str) else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def titles(instrument: Instrument, language: str) -> Mapping[str, str]:
    """Return path → the label without its number, for every node that has one."""
    labels = ((path, plain(node.label, language)) for path, node in instrument.by_path.items())
    return {path: without_number(label) for path, label in labels if label}
