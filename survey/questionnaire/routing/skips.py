"""Where an answer leads: the next question that may still be asked, derived from the conditions of all that follow.

Conditions are weighed with three values (true, false, not known). A question is passed over only when its condition, or
that of a group around it, is certainly false; so an instruction to skip never passes over what could be asked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from survey.questionnaire.instrument import Entry, Instrument, Question
from survey.questionnaire.routing.numbering import literal_text, resolve
from survey.questionnaire.xpath import Binary, Call, Literal, Negate, Path, Tree

Facts = dict[str, frozenset[str]]
_NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MOST_CASES = 200


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer leads: a `question` (its path), the `end` of the questionnaire, the next `line` of the roster."""

    kind: str
    path: str = ""


def skips(instrument: Instrument, path: str, shown: Callable[[Question], bool]) -> dict[str, Target]:
    """Return code → target for the answers of a select_one that pass over a question; `shown` tells what is printed."""
    entries = list(instrument.entries())
    place = next(i for i, entry in enumerate(entries) if entry.node.path == path)
    here = entries[place]
    question = here.node
    if not isinstance(question, Question) or question.kind != "select_one" or question.choices is None:
        return {}
    ahead = [entry for entry in entries[place + 1 :] if _within(entry, here) and _is_shown(entry, shown)]
    known = _facts(here, instrument)
    found: dict[str, Target] = {}
    for choice in question.choices.items:
        target, passed = _next(ahead, here, {**known, path: frozenset({choice.value})})
        if passed:
            found[choice.value] = target
    return found


def _is_shown(entry: Entry, shown: Callable[[Question], bool]) -> bool:
    return isinstance(entry.node, Question) and shown(entry.node)


def _within(entry: Entry, here: Entry) -> bool:
    """Keep to the line of the roster that the question stands in."""
    return not here.repeats or entry.repeats[: len(here.repeats)] == here.repeats


def _next(ahead: list[Entry], here: Entry, facts: Facts) -> tuple[Target, int]:
    """Return where the way goes on and how many questions are passed over; what is passed over stays blank."""
    passed = 0
    for entry in ahead:
        if not any(weigh(tree, base, facts) is False for tree, base in _conditions(entry)):
            return Target("question", entry.node.path), passed
        facts[entry.node.path] = frozenset({""})
        passed += 1
    return Target("line" if here.repeats else "end"), passed


def _conditions(entry: Entry) -> Iterator[tuple[Tree, str]]:
    for node in (*entry.ancestors, entry.node):
        if node.relevant is not None:
            yield node.relevant, node.path


def _facts(here: Entry, instrument: Instrument) -> Facts:
    """Return what is known where a question is asked: the answers that make its conditions true."""
    facts: Facts = {}
    for tree, base in _conditions(here):
        for part in _all_of(tree):
            _learn(part, base, instrument, facts)
    return facts


def _learn(tree: Tree, base: str, instrument: Instrument, facts: Facts) -> None:
    """Keep the answers of a question for which a condition about it alone can hold."""
    paths = {resolve(path, base) for path in _paths(tree)}
    if len(paths) != 1:
        return
    path = paths.pop()
    node = instrument.by_path.get(path) if path else None
    if not isinstance(node, Question) or node.kind != "select_one" or node.choices is None or node.choices.file:
        return
    domain = facts.get(node.path) or frozenset({"", *(choice.value for choice in node.choices.items)})
    facts[node.path] = frozenset(v for v in domain if weigh(tree, base, {node.path: frozenset({v})}) is not False)


def _all_of(tree: Tree) -> list[Tree]:
    if isinstance(tree, Binary) and tree.op == "and":
        return [*_all_of(tree.left), *_all_of(tree.right)]
    return [tree]


def _paths(tree: Tree) -> Iterator[Path]:
    if isinstance(tree, Path):
        yield tree
    elif isinstance(tree, Call):
        for argument in tree.args:
            yield from _paths(argument)
    elif isinstance(tree, Binary):
        yield from _paths(tree.left)
        yield from _paths(tree.right)
    elif isinstance(tree, Negate):
        yield from _paths(tree.operand)


def weigh(tree: Tree, base: str, facts: Mapping[str, frozenset[str]]) -> bool | None:
    """Return whether a condition certainly holds, certainly fails, or (None) cannot be told from what is known."""
    if isinstance(tree, Binary) and tree.op in ("and", "or"):
        return _joined(tree.op, weigh(tree.left, base, facts), weigh(tree.right, base, facts))
    if isinstance(tree, Call):
        return _called(tree, base, facts)
    if isinstance(tree, Binary) and tree.op in ("=", "!=", *_NUMERIC):
        return _over_all(tree.left, tree.right, base, facts, lambda left, right: _compare(tree, left, right))
    return None


def _joined(op: str, left: bool | None, right: bool | None) -> bool | None:
    decisive = op == "or"
    if decisive in (left, right):
        return decisive
    return None if None in (left, right) else not decisive


def _called(tree: Call, base: str, facts: Mapping[str, frozenset[str]]) -> bool | None:
    if tree.name == "not":
        inner = weigh(tree.args[0], base, facts)
        return None if inner is None else not inner
    if tree.name in ("true", "false"):
        return tree.name == "true"
    if tree.name == "selected":
        return _over_all(tree.args[0], tree.args[1], base, facts, lambda all_of, one: one in all_of.split())
    return None


def _over_all(
    left: Tree, right: Tree, base: str, facts: Mapping[str, frozenset[str]], holds: Callable[[str, str], bool]
) -> bool | None:
    """Try every pair of possible values; None when they disagree or a value is not known."""
    lefts, rights = _values(left, base, facts), _values(right, base, facts)
    if lefts is None or rights is None or len(lefts) * len(rights) > _MOST_CASES:
        return None
    outcomes = {holds(a, b) for a, b in product(lefts, rights)}
    return outcomes.pop() if len(outcomes) == 1 else None


def _values(tree: Tree, base: str, facts: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    if isinstance(tree, Literal):
        return frozenset({literal_text(tree)})
    path = resolve(tree, base) if isinstance(tree, Path) else None
    return facts.get(path) if path else None


def _compare(tree: Binary, left: str, right: str) -> bool:
    """Compare as XPath does: as numbers when a literal is one or the order is asked, where a blank equals nothing."""
    as_numbers = tree.op in _NUMERIC or any(
        isinstance(side, Literal) and not isinstance(side.value, str) for side in (tree.left, tree.right)
    )
    if not as_numbers:
        return (left == right) == (tree.op == "=")
    numbers = _number(left), _number(right)
    if tree.op in _NUMERIC:
        return None not in numbers and _NUMERIC[tree.op](numbers[0] or 0.0, numbers[1] or 0.0)
    return (None not in numbers and numbers[0] == numbers[1]) == (tree.op == "=")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
