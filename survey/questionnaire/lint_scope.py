"""The lint of rosters: a reference must mean one value where one is wanted, and many only where many are."""

from __future__ import annotations

from collections.abc import Iterator

from survey.questionnaire import lint_portable
from survey.questionnaire.finding import LintFinding, at
from survey.questionnaire.functions import AGGREGATES
from survey.questionnaire.outline import Item, Outline
from survey.questionnaire.xpath import Call, Path, Tree, children, references
from survey.text import N_

_MANY = frozenset({*AGGREGATES, "indexed-repeat", "position"})


def scope(item: Item, column: str, tree: Tree, shape: Outline, inside: Call | None = None) -> Iterator[LintFinding]:
    """Report every reference of an expression whose roster does not fit; `inside` is the call that takes many
    values.
    """
    if isinstance(tree, Path) and tree.start.startswith("ref:"):
        if any(step.predicates for step in tree.steps):
            yield from _brackets(item, column, tree, shape)
        else:
            yield from _reference(item, column, shape.by_name[tree.start[4:]], inside, shape)
        return
    for child in children(tree):
        nested = tree if isinstance(tree, Call) and tree.name in _MANY else None
        yield from scope(item, column, child, shape, nested)


def _reference(item: Item, column: str, target: Item, inside: Call | None, shape: Outline) -> Iterator[LintFinding]:
    around = _context(item, column, shape)
    one_value = around[: len(target.repeats)] == target.repeats
    if not one_value and inside is None:
        message = N_("{ref} has one value per row of the roster {roster}")
        expected = N_("sum(), count(), min(), max(), join() or indexed-repeat() around it")
        yield at("survey", item.row, column, message, expected, ref=f"${{{target.name}}}", roster=target.repeats[-1])
    elif not one_value and inside is not None and inside.name in ("sum", "min", "max"):
        yield from lint_portable.summed(item, column, inside.name, target, shape)
    elif one_value and target.repeats and inside is not None and _is_alone(inside):
        message = N_("inside the roster, {ref} is this row only, so {function}() of it means one value")
        expected = N_("a calculate outside the roster, and a reference to it")
        yield at("survey", item.row, column, message, expected, ref=f"${{{target.name}}}", function=inside.name)


def _is_alone(inside: Call) -> bool:
    """Say whether a call of many values is given one reference only."""
    return inside.name in AGGREGATES and len(inside.args) == (2 if inside.name == "join" else 1)


def _brackets(item: Item, column: str, tree: Path, shape: Outline) -> Iterator[LintFinding]:
    """Inside brackets `${name}` of a roster would name another node in each client; names of the row are written
    bare.
    """
    names = {name for step in tree.steps for test in step.predicates for name in references(test)}
    for name in sorted(names):
        if shape.by_name[name].repeats:
            message = N_("inside brackets {ref} of a roster names different nodes in different clients")
            expected = N_("the bare name {name} for the row in question, current()/../{name} for the row that asks")
            yield at("survey", item.row, column, message, expected, ref=f"${{{name}}}", name=name)


def _context(item: Item, column: str, shape: Outline) -> tuple[str, ...]:
    """A roster's own count is computed outside its rows; a filter of choices taken from a roster, in each of them."""
    source = shape.by_name.get(item.list_name.strip("${} ")) if column == "choice_filter" else None
    if source is not None:
        return source.repeats
    return item.repeats[:-1] if item.type == "begin_repeat" and column == "repeat_count" else item.repeats
