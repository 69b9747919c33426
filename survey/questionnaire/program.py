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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from survey.questionnaire.functions import DRAWN
from survey.questionnaire.instrument import Choices, Entry, Group, Instrument, Node, Question, Repeat
from survey.questionnaire.order import ordered
from survey.questionnaire.xpath import Binary, Call, Literal, Negate, Path, Step, Tree, calls

Expression = Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node lives: its level, its slot (−1 for a group or roster), the slot of the condition it stands under
    (−1: none).
    """

    level: int
    slot: int
    source: int


@dataclass(slots=True, eq=False)
class Level:
    """The root (0) or one roster: its leaves by slot, its conditions, the rosters below it."""

    index: int
    parent: int
    repeat: Repeat | None
    outer_source: int = -1
    leaves: list[Question] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    conditions: int = 0
    kids: list[int] = field(default_factory=list)


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
        return _Resolver(self, path, level=level).expression(tree)

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
        return _Resolver(self, "", question.path, in_item=True).expression(choices.filter)

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
            for target in _Resolver(self, path).targets(tree):
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


class _Resolver:
    """Turns the trees that stand at one node into expression lists.

    `origin` is the node that asks, when the tree is a test of rows or choices; `in_item` says that relative names are
    columns.
    """

    def __init__(
        self, made: Program, path: str, origin: str | None = None, in_item: bool = False, level: int | None = None
    ) -> None:
        self.program = made
        self.path = path
        self.origin = origin
        self.in_item = in_item
        self.here = made.chain(made.places[path].level if level is None else level)

    def expression(self, tree: Tree) -> Expression:
        if isinstance(tree, Literal):
            return tree.value
        if isinstance(tree, Negate):
            return ["neg", self.expression(tree.operand)]
        if isinstance(tree, Binary):
            return [tree.op, self.expression(tree.left), self.expression(tree.right)]
        if isinstance(tree, Call):
            return self.call(tree)
        return self.location(tree)

    def call(self, tree: Call) -> Expression:
        if tree.name == "position" and tree.args and isinstance(tree.args[0], Path):
            return self.position(tree.args[0])
        if tree.name == "indexed-repeat":
            return self.indexed(tree)
        if tree.name == "jr:choice-name":
            return ["L", self.choice_question(tree.args[1]), self.expression(tree.args[0])]
        if tree.name == "once":
            place = self.program.places[self.path]
            return ["once", ["V", 0, place.slot], self.expression(tree.args[0])]
        return [tree.name, *(self.expression(arg) for arg in tree.args)]

    def choice_question(self, argument: Tree) -> str:
        """Return the path of the question whose labels are wanted; pyxform writes it as a path in a text."""
        text = str(argument.value) if isinstance(argument, Literal) else ""
        names = [name for name in text.strip().split("/") if name]
        path, _ = _walk(self.path, [Step(name) for name in names], from_root=text.strip().startswith("/"))
        self.program.places[path]
        return path

    def location(self, tree: Path) -> Expression:
        if tree.start.startswith("instance:"):
            return self.lookup(tree)
        if self.in_item and tree.start == "context":
            return ["C", _column(tree)]
        if tree.start in ("current", "root") and self.origin is not None:
            found = _Resolver(self.program, self.origin).location(Path(_plain_start(tree.start), tree.steps))
            return ["O", found]
        return self.reference(tree)

    def lookup(self, tree: Path) -> Expression:
        tests = [test for step in tree.steps for test in step.predicates]
        inner = _Resolver(self.program, "", self.path if self.origin is None else self.origin, in_item=True)
        test: Expression = None
        for tree_ in tests:
            one = inner.expression(tree_)
            test = one if test is None else ["and", test, one]
        column = tree.steps[-1].name if len(tree.steps) > 2 else ""
        return ["I", tree.start[9:], *split_test(test), column]

    def target(self, tree: Path) -> tuple[str, dict[str, tuple[Tree, ...]]]:
        """Return the path of the node that a location names, and the predicates by the path of their step."""
        return _walk(self.path, list(tree.steps), from_root=tree.start == "root")

    def reference(self, tree: Path) -> Expression:
        path, predicates = self.target(tree)
        places = self.program.places
        if path not in places:
            raise LookupError(f"{self.path}: there is no node {path}")
        place = places[path]
        here, there = self.here, self.program.chain(place.level)
        bound = None if tree.start == "root" else self.kept(tree)
        shared = 0
        while shared < min(len(here), len(there)) and here[shared] == there[shared]:
            repeat = self.program.levels[there[shared]].repeat
            if repeat is not None and (repeat.path in predicates or (bound is not None and repeat.path not in bound)):
                break
            shared += 1
        up, below = len(here) - shared, there[shared:]
        if not below and place.slot >= 0:
            return ["V", up, place.slot]
        tests = [self.tests(level, predicates) for level in below]
        return ["N", up, below, tests, place.slot, place.source]

    def kept(self, tree: Path) -> set[str]:
        """Return the paths around the outermost node that a relative path climbs to: their rows stay those of the
        context.
        """
        place = self.path.split("/") if self.path else []
        climbed = place
        for step in tree.steps:
            place = place[:-1] if step.name == ".." else place if step.name == "." else [*place, step.name]
            climbed = place if len(place) < len(climbed) else climbed
        return {"/".join(climbed[:i]) for i in range(1, len(climbed) + 1)}

    def tests(self, level: int, predicates: Mapping[str, tuple[Tree, ...]]) -> Expression:
        repeat = self.program.levels[level].repeat
        assert repeat is not None  # noqa: S101 - levels below the root are rosters
        test: Expression = None
        for tree in predicates.get(repeat.path, ()):
            one = _Resolver(self.program, repeat.path, self.origin or self.path).expression(tree)
            test = one if test is None else ["and", test, one]
        return test

    def position(self, tree: Path) -> Expression:
        path, _ = self.target(tree)
        return ["P", len(self.here) - len(self.program.chain(self.program.places[path].level))]

    def indexed(self, tree: Call) -> Expression:
        path, _ = self.target(_as_path(tree.args[0]))
        place = self.program.places[path]
        here, there = self.here, self.program.chain(place.level)
        indexes = {}
        for roster, index in zip(tree.args[1::2], tree.args[2::2], strict=True):
            indexes[self.program.places[self.target(_as_path(roster))[0]].level] = self.expression(index)
        first = min(indexes, default=place.level)
        shared = there.index(first) if first in there else len(there)
        own = [["P", len(here) - 1 - here.index(level)] if level in here else 1.0 for level in there[shared:]]
        below = [indexes.get(level, kept) for level, kept in zip(there[shared:], own, strict=True)]
        return ["X", len(here) - shared, there[shared:], below, place.slot]

    def targets(self, tree: Tree) -> Iterator[str]:
        """Yield the path of every node that a tree reads, the tests inside it included."""
        for path in _locations(tree):
            if path.start.startswith("instance:"):
                continue
            found, _ = self.target(path)
            if found in self.program.places:
                yield found
            for step in path.steps:
                for test in step.predicates:
                    for inner in _locations(test):
                        relative, _ = _walk(found.rsplit("/", 1)[0], list(inner.steps), inner.start == "root")
                        yield from (name for name in (relative,) if name in self.program.places)


def split_test(test: Expression) -> list[Expression]:
    """Split a test into one `column = value` that an index can answer and the rest: [column, value, rest]."""
    if isinstance(test, list) and test[0] == "and":
        column, value, rest = split_test(test[1])
        return [column, value, test[2] if rest is None else ["and", rest, test[2]]]
    if isinstance(test, list) and test[0] == "=":
        for column, value in ((test[1], test[2]), (test[2], test[1])):
            if isinstance(column, list) and column[0] == "C" and not _reads_item(value):
                return [column[1], value, None]
    return [None, None, test]


def _reads_item(expression: Expression) -> bool:
    return isinstance(expression, list) and (expression[0] == "C" or any(_reads_item(part) for part in expression[1:]))


def _locations(tree: Tree) -> Iterator[Path]:
    if isinstance(tree, Path):
        yield tree
        if tree.start.startswith("instance:"):
            for step in tree.steps:
                for test in step.predicates:
                    yield from (p for p in _locations(test) if p.start != "context")
    elif isinstance(tree, Call):
        for arg in tree.args:
            yield from _locations(arg)
    elif isinstance(tree, Binary):
        yield from _locations(tree.left)
        yield from _locations(tree.right)
    elif isinstance(tree, Negate):
        yield from _locations(tree.operand)


def _walk(base: str, steps: list[Step], from_root: bool) -> tuple[str, dict[str, tuple[Tree, ...]]]:
    place = [] if from_root or not base else base.split("/")
    predicates: dict[str, tuple[Tree, ...]] = {}
    for index, step in enumerate(steps):
        if from_root and index == 0:
            continue
        if step.name == "..":
            place = place[:-1]
        elif step.name != ".":
            place = [*place, step.name]
        if step.predicates:
            predicates["/".join(place)] = step.predicates
    return "/".join(place), predicates


def _column(tree: Path) -> str:
    return "/".join(step.name for step in tree.steps if step.name != ".")


def _plain_start(start: str) -> str:
    return "context" if start == "current" else start


def _as_path(tree: Tree) -> Path:
    if not isinstance(tree, Path):
        raise LookupError("indexed-repeat() needs references")
    return tree
