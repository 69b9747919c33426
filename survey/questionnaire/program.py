"""An instrument made ready to run: references resolved to slots, expressions as small nested lists, one order of
computation.

The same program is run by `evaluate` (Python) and by `static/js/engine` (JavaScript), so names are resolved in
one place only. Expression lists: a text or a number is itself; `["V", up, slot]` a value, `up` rosters
outwards; `["N", up, kids, tests, slot, source]` the values (or rows, slot −1) below; `["I", list, key, value,
test, column]` the cells of a list where column key = value (null: anywhere) and the test holds; `["C", column]`
a column of the choice or `["O", x]` x at the question that asks; `["P", up]` a row number; `["X", up, kids,
indexes, slot]` indexed-repeat; `["L", question, x]` a choice's label; otherwise an operator or function name
and its arguments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from survey.questionnaire.functions import DRAWN
from survey.questionnaire.instrument import Choices, Entry, Group, Instrument, Node, Question, Repeat
from survey.questionnaire.order import ordered
from survey.questionnaire.resolver import Expression, Level, Place, Resolver, split_test
from survey.questionnaire.xpath import Path, Step, Tree, calls


@dataclass(frozen=True, slots=True)
class Action:
    """One step of the computation: `rows` (count and relevance of a roster), `condition`, or `value` (a
    calculation).
    """

    action: str
    level: int
    slot: int
    expression: Expression
    source: int = -1
    count: Expression = None
    blanks: tuple[int, ...] = ()
    drawn: bool = False


class Program:
    """The resolved instrument: levels, places by path, steps in order."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.root_name = instrument.root.name
        self.levels: list[Level] = [Level(0, -1, None)]
        self.places: dict[str, Place] = {"": Place(0, -1, -1)}
        self.conditions: dict[tuple[int, int], tuple[Node, int]] = {}
        self._place(instrument.root, 0, -1)
        self.steps = self._steps()

    def _place(self, group: Group | Repeat, level: int, source: int) -> None:
        for node in group.children:
            if isinstance(node, Repeat):
                self._place_repeat(node, level, source)
                continue
            own = self._condition(node, level, source)
            if isinstance(node, Group):
                self.places[node.path] = Place(level, -1, own)
                self._place(node, level, own)
            else:
                self.places[node.path] = Place(level, len(self.levels[level].leaves), own)
                self.levels[level].leaves.append(node)
                self.levels[level].sources.append(own)

    def _place_repeat(self, node: Repeat, level: int, source: int) -> None:
        index = len(self.levels)
        self.levels.append(Level(index, level, node, source))
        self.levels[level].kids.append(index)
        self.places[node.path] = Place(index, -1, -1)
        self._place(node, index, -1)

    def _condition(self, node: Group | Question, level: int, source: int) -> int:
        if node.relevant is None:
            return source
        slot = self.levels[level].conditions
        self.levels[level].conditions += 1
        self.conditions[level, slot] = (node, source)
        return slot

    def resolve(self, tree: Tree, path: str, level: int | None = None) -> Expression:
        """Return the expression list of a tree that stands at the node `path`, to be run in a row of its level (or
        another).
        """
        return Resolver(self, path, level=level).expression(tree)

    def resolve_rows(self, choices: Choices, question: Question) -> Expression:
        """Return the rows that a question takes its choices from, those that pass its filter."""
        steps = [Step(self.root_name), *(Step(name) for name in choices.repeat.split("/"))]
        if choices.filter is not None:
            steps[-1] = Step(steps[-1].name, (choices.filter,))
        return self.resolve(Path("root", tuple(steps)), question.path)

    def resolve_filter(self, choices: Choices, question: Question) -> Expression:
        """Return the test of one choice of a list, whose columns are `["C", …]`; None when every choice is offered."""
        if choices.filter is None:
            return None
        return Resolver(self, "", question.path, in_item=True).expression(choices.filter)

    def items(self, choices: Choices, question: Question) -> Expression:
        """Return the lookup of the choices that a question takes from a list."""
        return [
            "I",
            choices.list_name or f"/{question.path}",
            *split_test(self.resolve_filter(choices, question)),
            "name",
        ]

    def _steps(self) -> tuple[Action, ...]:
        steps: dict[str, Action] = {}
        needs: dict[str, set[str]] = {}
        for entry in self.instrument.entries():
            for key, step, trees in self._node_steps(entry):
                steps[key] = step
                needs[key] = self._needs(entry, trees)
        return tuple(steps[key] for key in ordered(needs) if key in steps)

    def _node_steps(self, entry: Entry) -> Iterator[tuple[str, Action, list[Tree]]]:
        node, place = entry.node, self.places[entry.node.path]
        if isinstance(node, Repeat):
            level = self.levels[place.level]
            relevant = self.resolve(node.relevant, node.path) if node.relevant else None
            count = self.resolve(node.count, node.path, level.parent) if node.count else None
            step = Action("rows", place.level, -1, relevant, level.outer_source, count)
            yield f"n:{node.path}", step, [tree for tree in (node.relevant, node.count) if tree]
            return
        if node.relevant:
            outer = self.conditions[place.level, place.source][1]
            blanks = tuple(self._leaves_under(place.level, place.source))
            expression = self.resolve(node.relevant, node.path)
            yield (
                f"r:{node.path}",
                Action("condition", place.level, place.source, expression, outer, None, blanks),
                [node.relevant],
            )
        if isinstance(node, Question) and node.calculate:
            drawn = bool(calls(node.calculate) & DRAWN)
            expression = self.resolve(node.calculate, node.path)
            yield (
                f"v:{node.path}",
                Action("value", place.level, place.slot, expression, place.source, drawn=drawn),
                [node.calculate],
            )

    def _leaves_under(self, level: int, source: int) -> Iterator[int]:
        for slot, own in enumerate(self.levels[level].sources):
            while own not in (-1, source):
                own = self.conditions[level, own][1]
            if own == source:
                yield slot

    def _needs(self, entry: Entry, trees: list[Tree]) -> set[str]:
        path = entry.node.path
        found = {key for around in entry.ancestors for key in (f"n:{around.path}", f"r:{around.path}")}
        found.add(f"r:{path}")
        for tree in trees:
            for target in Resolver(self, path).targets(tree):
                found |= {f"v:{target}", f"r:{target}", f"n:{target}"}
                parts = target.split("/")
                outer = ["/".join(parts[:i]) for i in range(1, len(parts))]
                found |= {f"{kind}:{name}" for name in outer for kind in "rn"}
        return found

    def chain(self, level: int) -> list[int]:
        """Return the levels from the root down to one level."""
        found: list[int] = []
        while level > 0:
            found.append(level)
            level = self.levels[level].parent
        return [0, *reversed(found)]


_PROGRAMS: WeakKeyDictionary[Instrument, Program] = WeakKeyDictionary()


def program(instrument: Instrument) -> Program:
    """Return the program of an instrument, made once."""
    if instrument not in _PROGRAMS:
        _PROGRAMS[instrument] = Program(instrument)
    return _PROGRAMS[instrument]
