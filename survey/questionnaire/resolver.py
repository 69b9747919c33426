"""Names become places: the trees that stand at one node as expression lists (their form is told in `program`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from survey.questionnaire.instrument import Question, Repeat
from survey.questionnaire.xpath import Binary, Call, Literal, Negate, Path, Step, Tree

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


class Layout(Protocol):
    """What resolving needs to know of a program: its levels, and where each node lives."""

    levels: list[Level]
    places: dict[str, Place]

    def chain(self, level: int) -> list[int]:
        """Return the levels from the root down to one level."""


class Resolver:
    """Turns the trees that stand at one node into expression lists.

    `origin` is the node that asks, when the tree is a test of rows or choices; `in_item` says that relative names are
    columns.
    """

    def __init__(
        self, made: Layout, path: str, origin: str | None = None, in_item: bool = False, level: int | None = None
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
            found = Resolver(self.program, self.origin).location(Path(_plain_start(tree.start), tree.steps))
            return ["O", found]
        return self.reference(tree)

    def lookup(self, tree: Path) -> Expression:
        tests = [test for step in tree.steps for test in step.predicates]
        inner = Resolver(self.program, "", self.path if self.origin is None else self.origin, in_item=True)
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
            one = Resolver(self.program, repeat.path, self.origin or self.path).expression(tree)
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
