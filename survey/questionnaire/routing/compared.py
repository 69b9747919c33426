"""The differences between two versions told line by line, with old and new conditions, limits and formulas in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

from survey.questionnaire.diff import Change, changes
from survey.questionnaire.instrument import Instrument, Node
from survey.questionnaire.routing.words import Speaker
from survey.questionnaire.xpath import Tree
from survey.text import N_

_RULES = {
    "relevant": N_("Asked when"),
    "required": N_("Answer required when"),
    "constraint": N_("Allowed answers"),
    "warning": N_("To be confirmed when"),
    "calculate": N_("Calculation"),
    "count": N_("Number of lines"),
    "readonly": N_("Locked when"),
}
NOTHING = "–"


def told(old: Instrument, new: Instrument, language: str, translate: Callable[[str], str] = str) -> list[str]:
    """Return one line per difference and, indented below it, what changed rules said and say now."""
    speakers = Speaker(old, language, translate), Speaker(new, language, translate)
    found = sorted(changes(old, new), key=lambda change: _place(change, old, new))
    lines: list[str] = []
    for path, group in groupby(found, key=lambda change: change.path):
        lines += [_line(change, translate) for change in group]
        before, after = old.by_path.get(path), new.by_path.get(path)
        if before is not None and after is not None:
            lines += [f"    {line}" for line in _rules(before, after, *speakers)]
    return lines


def touched(old: Instrument, new: Instrument) -> tuple[str, ...]:
    """Return the indicators that the differences touch."""
    return tuple(sorted({code for change in changes(old, new) for code in change.indicators}, key=_in_plan_order))


def _in_plan_order(code: str) -> tuple[str, int, str]:
    digits = "".join(c for c in code if c.isdigit())
    return code.rstrip("0123456789"), int(digits or 0), code


def _place(change: Change, old: Instrument, new: Instrument) -> tuple[bool, int]:
    """Order by the place in the new version; what is gone comes last, as it stood in the old one."""
    gone = change.path not in new.by_path
    return gone, list(old.by_path if gone else new.by_path).index(change.path)


def _line(change: Change, translate: Callable[[str], str]) -> str:
    uses = ", ".join(sorted(change.indicators, key=_in_plan_order))
    return f"{change.text(translate)} [{uses}]" if uses else change.text(translate)


def _rules(before: Node, after: Node, old: Speaker, new: Speaker) -> Iterator[str]:
    for name, title in _RULES.items():
        trees = getattr(before, name, None), getattr(after, name, None)
        if trees[0] != trees[1]:
            yield new.say(
                N_("{rule}: was «{old}», now «{new}»"),
                rule=new.say(title),
                old=_said(old, trees[0], before),
                new=_said(new, trees[1], after),
            )


def _said(speaker: Speaker, tree: Tree | None, node: Node) -> str:
    if tree is None:
        return NOTHING
    return speaker.condition(tree, node.path) or speaker.readable(tree, node.path)
