"""Conditions of a questionnaire as sentences: `${fibre_used} = 2 or ${fibre_used} = 8` → “câu B1 trả lời 2 hoặc 8”.

Says a condition in words only when every part of it can be said; otherwise the caller gets the author's words (the
universe) or, failing that, the expression itself. It never leaves a part out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from survey.questionnaire.instrument import SELECTS, Instrument, Node, Question, plain
from survey.questionnaire.routing.numbering import literal_text, numbers, resolve, without_number
from survey.questionnaire.xpath import Binary, Call, Literal, Negate, Path, Tree
from survey.text import N_, format_decimal

_LISTED_CODES = 6
_PARTED = 10_000
_COMPARED = {
    "=": N_("{left} equals {right}"),
    "!=": N_("{left} differs from {right}"),
    ">": N_("{left} is above {right}"),
    ">=": N_("{left} is {right} or more"),
    "<": N_("{left} is below {right}"),
    "<=": N_("{left} is at most {right}"),
}
_MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_SIGNS = {"!=": "≠", "<=": "≤", ">=": "≥", "*": "×", "div": "÷"}
_ORDER = ("or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod")


@dataclass(frozen=True, slots=True)
class Condition:
    """When something is asked; `source` is words, universe (the author's) or expression."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """`question` takes one of `codes` (or none of them when `negated`); `many` for questions with several answers."""

    question: str
    codes: tuple[str, ...]
    negated: bool
    many: bool


@dataclass(frozen=True)
class Speaker:
    """Says the conditions of one instrument in one language; `translate` is gettext of that language."""

    instrument: Instrument
    language: str
    translate: Callable[[str], str] = str
    numbers: dict[str, str] = field(default_factory=dict)
    rosters: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers.update(numbers(self.instrument))
        self.rosters.update({e.node.path: tuple(r.path for r in e.repeats) for e in self.instrument.entries()})

    def say(self, message: str, **details: str) -> str:
        """Return a translated message with its details."""
        return self.translate(message).format(**details)

    def asked_if(self, node: Node) -> Condition | None:
        """Return when a node is asked inside its group; None when always."""
        if node.relevant is None:
            return None
        said = self.condition(node.relevant, node.path)
        if said:
            return Condition(said, "words")
        universe = plain(node.universe, self.language) if node.universe else ""
        if universe:
            return Condition(universe, "universe")
        return Condition(self.readable(node.relevant, node.path), "expression")

    def sentence(self, condition: Condition) -> str:
        """Return the instruction that introduces what is asked conditionally."""
        if condition.source == "universe":
            return self.say(N_("Ask only: {universe}."), universe=_lowered(condition.text).rstrip("."))
        return self.say(N_("Ask only if {condition}."), condition=condition.text)

    def called(self, path: str) -> str | None:
        """Return how people call a question: by its number, else by its label; None when they never see it."""
        node = self.instrument.by_path.get(path)
        if not isinstance(node, Question) or not node.is_asked:
            return None
        number = self.numbers.get(path)
        if number:
            return self.say(N_("question {number}"), number=number)
        label = without_number(plain(node.label, self.language))
        return self.say(N_("question “{label}”"), label=label) if label else None

    def condition(self, tree: Tree, base: str) -> str | None:
        """Return a condition in words, or None when some part of it has none."""
        return _Saying(self, base).clause(tree)

    def readable(self, tree: Tree, base: str) -> str:
        """Return an expression with the names people know where there are some, else the names of the variables."""
        return _Saying(self, base).formula(tree)

    def either(self, codes: Iterable[str]) -> str:
        """Join codes of which one is enough: `1, 2 hoặc 3`."""
        names = list(codes)
        if len(names) < 2:
            return "".join(names)
        return self.say(N_("{first} or {last}"), first=", ".join(names[:-1]), last=names[-1])

    def any_of(self, clauses: list[str]) -> str:
        """Join conditions of which one is enough."""
        message = N_("{first} or {last}") if len(clauses) == 2 else N_("{first}; or {last}")
        return self.say(message, first="; ".join(clauses[:-1]), last=clauses[-1])

    def all_of(self, clauses: list[str]) -> str:
        """Join conditions that must all hold."""
        return self.say(N_("{first}, and also {last}"), first="; ".join(clauses[:-1]), last=clauses[-1])

    def number(self, value: float) -> str:
        """Write a number of an expression the way the language does; thousands are parted from 10 000 on."""
        text = literal_text(Literal(abs(value)))
        digits = len(text.partition(".")[2])
        if abs(value) >= _PARTED:
            text = f"{abs(value):,.{digits}f}" if self.language == "en" else format_decimal(abs(value), digits)
        elif self.language != "en":
            text = text.replace(".", ",")
        return f"−{text}" if value < 0 else text


class _Saying:
    """One expression being said, seen from the node it belongs to."""

    def __init__(self, speaker: Speaker, base: str) -> None:
        self.speaker = speaker
        self.base = base

    def question(self, tree: Tree) -> Question | None:
        path = resolve(tree, self.base) if isinstance(tree, Path) else None
        node = self.speaker.instrument.by_path.get(path) if path else None
        return node if isinstance(node, Question) and self.reachable(node.path) else None

    def reachable(self, path: str) -> bool:
        """Refuse questions of a roster seen from outside it: there is no single answer to speak of."""
        rosters = self.speaker.rosters[path]
        return all(self.base == roster or self.base.startswith(f"{roster}/") for roster in rosters)

    def clause(self, tree: Tree) -> str | None:
        if isinstance(tree, Binary) and tree.op in ("and", "or"):
            return self.joined(tree)
        if isinstance(tree, Call) and tree.name == "not":
            return self.negated(tree.args[0])
        chosen = self.chosen(tree)
        if chosen:
            return self.say_chosen(chosen)
        if isinstance(tree, Binary) and tree.op in _COMPARED:
            return self.compared(tree)
        return None

    def joined(self, tree: Binary) -> str | None:
        said: list[str] = []
        for part in self.merged(_flat(tree, tree.op), negated=tree.op == "and"):
            text = self.say_chosen(part) if isinstance(part, Chosen) else self.clause(part)
            if text is None:
                return None
            nested = not isinstance(part, Chosen) and isinstance(part, Binary) and part.op in ("and", "or")
            said.append(f"({text})" if nested else text)
        if len(said) == 1:
            return said[0]
        return self.speaker.all_of(said) if tree.op == "and" else self.speaker.any_of(said)

    def merged(self, parts: list[Tree], *, negated: bool) -> list[Tree | Chosen]:
        """Gather the answers of one question that stand side by side: `a = 1 or a = 2` is one clause."""
        found: list[Tree | Chosen] = []
        for part in parts:
            chosen = self.chosen(part)
            place = next((i for i, other in enumerate(found) if chosen and _same_subject(other, chosen)), None)
            if chosen is None or chosen.negated != negated or place is None:
                found.append(chosen or part)
                continue
            before = found[place]
            if isinstance(before, Chosen):
                codes = tuple(dict.fromkeys((*before.codes, *chosen.codes)))
                found[place] = Chosen(before.question, codes, before.negated, before.many)
        return found

    def chosen(self, tree: Tree) -> Chosen | None:
        """Read a comparison of a select with codes, or `selected()`."""
        if isinstance(tree, Call) and tree.name == "selected" and isinstance(tree.args[1], Literal):
            question = self.question(tree.args[0])
            name = question and self.speaker.called(question.path)
            many = question is not None and question.kind != "select_one"
            return Chosen(name, (literal_text(tree.args[1]),), False, many) if name else None
        if isinstance(tree, Call) and tree.name == "not":
            inner = self.chosen(tree.args[0])
            return Chosen(inner.question, inner.codes, not inner.negated, inner.many) if inner else None
        if isinstance(tree, Binary) and tree.op in _COMPARED:
            return self.chosen_by(*_question_first(tree))
        return None

    def chosen_by(self, op: str, left: Tree, right: Tree) -> Chosen | None:
        question = self.question(left)
        if question is None or question.kind not in SELECTS or not isinstance(right, Literal):
            return None
        code, name = literal_text(right), self.speaker.called(question.path)
        if not code or not name or question.choices is None or question.choices.repeat:
            return None
        if op in ("=", "!="):
            return Chosen(name, (code,), op == "!=", question.kind != "select_one")
        codes = tuple(choice.value for choice in question.choices.items if _holds(op, choice.value, code))
        return Chosen(name, codes, False, False) if 0 < len(codes) <= _LISTED_CODES else None

    def say_chosen(self, chosen: Chosen) -> str:
        message = {
            (False, False): N_("{question} is answered {codes}"),
            (True, False): N_("{question} is not answered {codes}"),
            (False, True): N_("{question} includes {codes}"),
            (True, True): N_("{question} does not include {codes}"),
        }[chosen.negated, chosen.many]
        return self.speaker.say(message, question=chosen.question, codes=self.speaker.either(chosen.codes))

    def negated(self, tree: Tree) -> str | None:
        chosen = self.chosen(tree)
        if chosen:
            return self.say_chosen(Chosen(chosen.question, chosen.codes, not chosen.negated, chosen.many))
        if isinstance(tree, Binary) and tree.op in ("=", "!="):
            return self.compared(Binary(_OPPOSITE[tree.op], tree.left, tree.right))
        said = self.clause(tree)
        return self.speaker.say(N_("it is not the case that {condition}"), condition=f"({said})") if said else None

    def compared(self, tree: Binary) -> str | None:
        op, left, right = _question_first(tree)
        if isinstance(right, Literal) and right.value == "":
            return self.blank(op, left)
        subject, other = self.noun(left), self.noun(right)
        return self.speaker.say(_COMPARED[op], left=subject, right=other) if subject and other else None

    def blank(self, op: str, tree: Tree) -> str | None:
        question = self.question(tree)
        name = self.speaker.called(question.path) if question else None
        message = {"=": N_("{question} is left blank"), "!=": N_("{question} has an answer")}.get(op)
        return self.speaker.say(message, question=name) if message and name else None

    def noun(self, tree: Tree) -> str | None:
        """Name a quantity: a number, a question, a count of answers, the line of a roster."""
        if isinstance(tree, Literal):
            return self.literal(tree)
        if isinstance(tree, Negate) and isinstance(tree.operand, Literal) and isinstance(tree.operand.value, float):
            return self.speaker.number(-tree.operand.value)
        if isinstance(tree, Path):
            return self.quantity(tree)
        if isinstance(tree, Call) and tree.name == "number" and len(tree.args) == 1:
            return self.noun(tree.args[0])
        if isinstance(tree, Call) and tree.name == "count-selected":
            question = self.question(tree.args[0])
            name = question and self.speaker.called(question.path)
            return self.speaker.say(N_("the number of answers to {question}"), question=name) if name else None
        if isinstance(tree, Call) and tree.name == "position":
            return self.speaker.say(N_("the line number"))
        return None

    def literal(self, tree: Literal) -> str:
        return f"“{tree.value}”" if isinstance(tree.value, str) else self.speaker.number(tree.value)

    def quantity(self, path: Path) -> str | None:
        question = self.question(path)
        name = self.speaker.called(question.path) if question else None
        if name and question and question.choices:
            return self.speaker.say(N_("the code of {question}"), question=name)
        return name

    def formula(self, tree: Tree, outer: str = "") -> str:
        if isinstance(tree, Literal):
            return self.literal(tree)
        if isinstance(tree, Path):
            return self.variable(tree)
        if isinstance(tree, Call):
            return f"{tree.name}({'; '.join(self.formula(arg) for arg in tree.args)})"
        if isinstance(tree, Negate):
            return f"−{self.formula(tree.operand, '*')}"
        sign = {"and": self.speaker.say(N_("and")), "or": self.speaker.say(N_("or"))}.get(tree.op)
        sides = self.side(tree.left, tree.op), self.side(tree.right, tree.op)
        text = f"{sides[0]} {sign or _SIGNS.get(tree.op, tree.op)} {sides[1]}"
        return f"({text})" if outer and _binds_less(tree.op, outer) else text

    def side(self, tree: Tree, op: str) -> str:
        """Say one side of a formula in words where it can be said and stands between `and` and `or`."""
        said = self.clause(tree) if op in ("and", "or") else None
        nested = isinstance(tree, Binary) and tree.op in ("and", "or") and tree.op != op
        return (f"({said})" if nested else said) if said else self.formula(tree, op)

    def variable(self, path: Path) -> str:
        question = self.question(path)
        name = self.speaker.called(question.path) if question else None
        if name:
            return name
        steps = [step.name for step in path.steps if step.name not in (".", "..")]
        return steps[-1] if steps else "."


def _flat(tree: Tree, op: str) -> list[Tree]:
    if isinstance(tree, Binary) and tree.op == op:
        return [*_flat(tree.left, op), *_flat(tree.right, op)]
    return [tree]


def _question_first(tree: Binary) -> tuple[str, Tree, Tree]:
    if isinstance(tree.left, Literal):
        return _MIRRORED[tree.op], tree.right, tree.left
    return tree.op, tree.left, tree.right


def _same_subject(other: Tree | Chosen, chosen: Chosen) -> bool:
    if not isinstance(other, Chosen):
        return False
    return (other.question, other.negated, other.many) == (chosen.question, chosen.negated, chosen.many)


def _holds(op: str, value: str, limit: str) -> bool:
    try:
        left, right = float(value), float(limit)
    except ValueError:
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def _binds_less(op: str, outer: str) -> bool:
    if {op, outer} == {"and", "or"}:
        return True
    return _ORDER.index(op) < _ORDER.index(outer) or (op == outer and op in ("-", "div", "mod"))


def _lowered(text: str) -> str:
    """Begin a text with a small letter unless its first word is an abbreviation or a code."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2].isspace() else text
