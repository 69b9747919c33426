"""A program with its expressions made callable: made once per instrument, shared by every evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from survey.questionnaire.closure import Closure, Lookup, Nodes, compile_expression, compile_nodes
from survey.questionnaire.instrument import Instrument, Node, Question, Text
from survey.questionnaire.program import Action, Program, program


@dataclass(slots=True, eq=False)
class Machine:
    """A program with its expressions made callable, shared by every evaluation of the instrument."""

    program: Program
    steps: list[tuple[Action, Closure | None, Closure | None]]
    lists: dict[str, Lookup]
    closures: dict[tuple[str, str], Closure] = field(default_factory=dict)
    texts: dict[tuple[str, str, str], list[str | Closure]] = field(default_factory=dict)
    rows: dict[str, Nodes] = field(default_factory=dict)

    def closure(self, node: Node, rule: str) -> Closure | None:
        """Return the function of one rule (`required`, `constraint`, `warning`, `readonly`, `filter`…) of a node."""
        key = (node.path, rule)
        if key not in self.closures:
            if rule == "filter":
                assert isinstance(node, Question)  # noqa: S101
                assert node.choices  # noqa: S101
                expression = self.program.resolve_filter(node.choices, node)
            else:
                tree = getattr(node, rule)
                expression = None if tree is None else self.program.resolve(tree, node.path)
            if expression is None:
                return None
            self.closures[key] = compile_expression(expression)
        return self.closures[key]

    def parts(self, node: Node, name: str, language: str) -> list[str | Closure]:
        """Return a text of a node in a language as strings and functions."""
        key = (node.path, name, language)
        if key not in self.texts:
            found: Text = getattr(node, name, {})
            given = found.get(language) or next(iter(found.values()), ())
            self.texts[key] = [
                part if isinstance(part, str) else compile_expression(self.program.resolve(part, node.path))
                for part in given
            ]
        return self.texts[key]

    def choice_rows(self, question: Question) -> Nodes:
        """Return the function that lists the rows a question takes its choices from."""
        if question.path not in self.rows:
            assert question.choices  # noqa: S101
            self.rows[question.path] = compile_nodes(self.program.resolve_rows(question.choices, question))
        return self.rows[question.path]


_MACHINES: WeakKeyDictionary[Instrument, Machine] = WeakKeyDictionary()


def machine(instrument: Instrument) -> Machine:
    """Return the machine of an instrument, made once."""
    if instrument not in _MACHINES:
        made = program(instrument)
        steps = [(step, _compiled(step.expression), _compiled(step.count)) for step in made.steps]
        lists = {name: Lookup(items) for name, items in instrument.lists.items()}
        _MACHINES[instrument] = Machine(made, steps, lists)
    return _MACHINES[instrument]


def _compiled(expression: Any) -> Closure | None:
    return None if expression is None else compile_expression(expression)
