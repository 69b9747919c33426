"""The expression language of the instruments: tokens, parser, syntax tree, references.

Owns syntax only. `${name}` is read as a reference, so that a cell of the form and an XPath of the XForm share one tree.
Refuses unions, axes, wildcards and variables, which no portable instrument may use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


class SyntaxProblem(ValueError):
    """An expression that cannot be read; the message says where and what was expected."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or a number."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a child name, `.` or `..`, and its predicates."""

    name: str
    predicates: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """A location path; `start` is root, context, current, `instance:NAME` or `ref:NAME` (an unresolved `${NAME}`)."""

    start: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    args: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary operation: `or and = != < <= > >= + - * div mod`."""

    op: str
    left: Tree
    right: Tree


@dataclass(frozen=True, slots=True)
class Negate:
    """Unary minus."""

    operand: Tree


Tree = Literal | Path | Call | Binary | Negate

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<ref>\$\{[^}]*\})
    | (?P<number>\d+(?:\.\d*)?|\.\d+)
    | (?P<string>"[^"]*"|'[^']*')
    | (?P<op>\.\.|!=|<=|>=|[.()\[\],/+\-*=<>|@:$])
    | (?P<name>[^\W\d][\w\-.]*(?::[^\W\d][\w\-.]*)?)
    )""",
    re.X,
)
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))


def parse(text: str) -> Tree:
    """Read an expression; SyntaxProblem names the place and what was expected there."""
    return _Parser(text).whole()


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield a tree and every tree inside it, predicates included."""
    yield tree
    for child in children(tree):
        yield from walk(child)


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return the direct subtrees of a tree."""
    if isinstance(tree, Call):
        return tree.args
    if isinstance(tree, Binary):
        return (tree.left, tree.right)
    if isinstance(tree, Negate):
        return (tree.operand,)
    if isinstance(tree, Path):
        return tuple(p for step in tree.steps for p in step.predicates)
    return ()


def references(tree: Tree) -> set[str]:
    """Return the names of the `${…}` references in a tree."""
    return {t.start[4:] for t in walk(tree) if isinstance(t, Path) and t.start.startswith("ref:")}


def calls(tree: Tree) -> set[str]:
    """Return the names of the functions called anywhere in a tree."""
    return {t.name for t in walk(tree) if isinstance(t, Call)}


class _Parser:
    """A recursive-descent parser over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.at = 0
        self.depth = 0

    def whole(self) -> Tree:
        tree = self.level(0)
        if self.at < len(self.tokens):
            self.fail("an operator or the end of the expression")
        return tree

    def fail(self, expected: str) -> None:
        if self.at < len(self.tokens):
            _, value, position = self.tokens[self.at]
            raise SyntaxProblem(f"at character {position + 1}: {value!r} found, {expected} expected")
        raise SyntaxProblem(f"the expression ends too early: {expected} expected")

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else "end"

    def take(self, value: str) -> bool:
        if self.peek() == value and self.kind() in ("op", "name"):
            self.at += 1
            return True
        return False

    def need(self, value: str) -> None:
        if not self.take(value):
            self.fail(repr(value))

    def level(self, depth: int) -> Tree:
        if depth == len(_LEVELS):
            return self.unary()
        left = self.level(depth + 1)
        while self.peek() in _LEVELS[depth] and self.kind() in ("op", "name"):
            op = self.peek()
            self.at += 1
            left = Binary(op, left, self.level(depth + 1))
        return left

    def unary(self) -> Tree:
        self.depth += 1
        if self.depth > 100:
            raise SyntaxProblem("the expression is nested more than 100 deep")
        try:
            return Negate(self.unary()) if self.take("-") else self.primary()
        finally:
            self.depth -= 1

    def primary(self) -> Tree:
        kind, value = self.kind(), self.peek()
        if kind == "number":
            self.at += 1
            return Literal(float(value))
        if kind == "string":
            self.at += 1
            return Literal(value[1:-1])
        if self.take("("):
            inner = self.level(0)
            self.need(")")
            return inner
        if kind == "name" and self._next() == "(":
            return self.call(value)
        return self.path()

    def _next(self) -> str:
        return self.tokens[self.at + 1][1] if self.at + 1 < len(self.tokens) else ""

    def call(self, name: str) -> Tree:
        self.at += 2
        args = []
        if not self.take(")"):
            args.append(self.level(0))
            while self.take(","):
                args.append(self.level(0))
            self.need(")")
        if name == "instance" and len(args) == 1 and isinstance(args[0], Literal):
            return Path(f"instance:{args[0].value}", self.steps(after_slash=False))
        if name == "current" and not args:
            return Path("current", self.steps(after_slash=False))
        return Call(name, tuple(args))

    def path(self) -> Tree:
        if self.kind() == "ref":
            name = self.peek()[2:-1].strip()
            self.at += 1
            return Path(f"ref:{name}", (Step(".", self.predicates()), *self.steps(after_slash=False)))
        if self.peek() == "/":
            return Path("root", self.steps(after_slash=False))
        return Path("context", self.steps(after_slash=True))

    def steps(self, after_slash: bool) -> tuple[Step, ...]:
        steps: list[Step] = []
        while after_slash or self.take("/"):
            after_slash = False
            steps.append(self.step())
        return tuple(steps)

    def step(self) -> Step:
        value, kind = self.peek(), self.kind()
        if kind != "name" and value not in (".", ".."):
            self.fail("a number, a text in quotes, a function or a question reference")
        self.at += 1
        return Step(value, self.predicates())

    def predicates(self) -> tuple[Tree, ...]:
        found = []
        while self.take("["):
            found.append(self.level(0))
            self.need("]")
        return tuple(found)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            stop = len(text[at:]) - len(text[at:].lstrip())
            raise SyntaxProblem(
                f"at character {at + stop + 1}: {text[at + stop]!r} is not part of the expression language"
            )
        kind = str(match.lastgroup)
        value = match.group(kind)
        yield kind, value, match.start(kind)
        at = match.end()
