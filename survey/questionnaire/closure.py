"""Expression lists made callable: each becomes one function of a row and its surroundings.

Owns how references read rows. Knows nothing of forms, doors or messages.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from survey.questionnaire.functions import AGGREGATES
from survey.questionnaire.instrument import Choice
from survey.questionnaire.library import MANY, PLAIN, checklist, join, weighted_checklist
from survey.questionnaire.resolver import Expression
from survey.questionnaire.value import Moment, Value, equal, number, text, truth


class Row:
    """One row of a roster (or the root): typed values by slot, conditions met, rows of the rosters below by level."""

    __slots__ = ("conditions", "kids", "parent", "place", "relevant", "values")

    def __init__(self, parent: Row | None, place: int, leaves: int, conditions: int, kids: Sequence[int]) -> None:
        self.parent = parent
        self.place = place
        self.values: list[Value] = [""] * leaves
        self.conditions = [True] * conditions
        self.kids: dict[int, list[Row]] = {kid: [] for kid in kids}
        self.relevant = True


@dataclass(slots=True)
class Surroundings:
    """What expressions read besides rows: the day and time, the choice under test, the row that asks, draws, labels."""

    today: Moment
    now: Moment
    draw: Callable[[], float]
    identifier: Callable[[], str]
    lists: Mapping[str, Lookup]
    choice_label: Callable[[str, Row, str], str]
    item: Choice | None = None
    origin: Row | None = None


@dataclass(slots=True, eq=False)
class Lookup:
    """A list of choices with an index for each column asked for by equality."""

    items: Sequence[Choice]
    indexes: dict[str, dict[str, list[Choice]]] = field(default_factory=dict)

    def where(self, column: str, value: str) -> Sequence[Choice]:
        """Return the choices whose column holds a value."""
        if column not in self.indexes:
            index: dict[str, list[Choice]] = {}
            for item in self.items:
                index.setdefault(cell(item, column), []).append(item)
            self.indexes[column] = index
        return self.indexes[column].get(value, ())


Closure = Callable[[Row, Surroundings], Value]
Nodes = Callable[[Row, Surroundings], list[Any]]


def cell(item: Choice | None, column: str) -> str:
    """Return a column of a choice; "" when it has none."""
    if item is None:
        return ""
    return item.columns.get(column, item.value if column == "name" else "")


def compile_expression(expression: Expression) -> Closure:
    """Return the function of an expression list."""
    if not isinstance(expression, list):
        return lambda row, around: expression
    head = expression[0]
    if head in _SPECIAL:
        return _SPECIAL[head](expression)
    if head in AGGREGATES:
        return _aggregate(expression)
    return _plain(head, [compile_expression(argument) for argument in expression[1:]])


def _plain(name: str, arguments: list[Closure]) -> Closure:
    function = PLAIN[name]
    if len(arguments) == 1:
        one = arguments[0]
        return lambda row, around: function(one(row, around))
    if len(arguments) == 2:
        first, second = arguments
        return lambda row, around: function(first(row, around), second(row, around))
    return lambda row, around: function(*[argument(row, around) for argument in arguments])


def _value(expression: Expression) -> Closure:
    _, up, slot = expression
    if up == 0:
        return lambda row, around: row.values[slot]
    return lambda row, around: climb(row, up).values[slot]


def climb(row: Row, up: int) -> Row:
    """Return the row a number of rosters outwards."""
    for _ in range(up):
        assert row.parent is not None  # noqa: S101 - the program never climbs above the root
        row = row.parent
    return row


def compile_nodes(expression: Expression) -> Nodes:
    """Return the function that lists what a reference names: relevant values, rows, or cells of a list."""
    if isinstance(expression, list) and expression[0] == "N":
        return _below(expression)
    if isinstance(expression, list) and expression[0] == "I":
        found = _lookup(expression)
        column = expression[5]
        return lambda row, around: [cell(item, column) for item in found(row, around)]
    if isinstance(expression, list) and expression[0] == "O":
        inner = compile_nodes(expression[1])
        return lambda row, around: inner(around.origin or row, around)
    one = compile_expression(expression)
    return lambda row, around: [one(row, around)]


def _below(expression: Expression) -> Nodes:
    _, up, levels, tests, slot, source = expression
    checks = [None if test is None else compile_expression(test) for test in tests]

    def nodes(row: Row, around: Surroundings) -> list[Any]:
        rows = [climb(row, up)]
        for level, check in zip(levels, checks, strict=True):
            rows = [kid for above in rows for kid in above.kids[level] if kid.relevant]
            if check is not None:
                rows = [kid for kid in rows if tested(check, kid, row, around)]
        if slot < 0:
            return rows
        return [one.values[slot] for one in rows if source < 0 or one.conditions[source]]

    return nodes


def tested(check: Closure, candidate: Row, origin: Row, around: Surroundings) -> bool:
    """Say whether a row passes a test, `current()` being the row that asks."""
    kept, around.origin = around.origin, around.origin or origin
    try:
        return truth(check(candidate, around))
    finally:
        around.origin = kept


def _first(expression: Expression) -> Closure:
    nodes = compile_nodes(expression)

    def first(row: Row, around: Surroundings) -> Value:
        found = nodes(row, around)
        return "" if not found or isinstance(found[0], Row) else found[0]

    return first


def _lookup(expression: Expression) -> Callable[[Row, Surroundings], Sequence[Choice]]:
    _, name, key, value, test, _ = expression
    if key is None and test is None:
        return lambda row, around: around.lists[name].items
    check = None if test is None else compile_expression(test)
    wanted = None if key is None else compile_expression(value)

    def items(row: Row, around: Surroundings) -> Sequence[Choice]:
        table = around.lists[name]
        found = table.items
        if wanted is not None:
            value = wanted(row, around)
            found = table.where(key, value) if isinstance(value, str) else by_number(table, key, value)
        return found if check is None else [item for item in found if item_passes(check, item, row, around)]

    return items


def by_number(table: Lookup, column: str, value: Value) -> Sequence[Choice]:
    """Return the choices whose column equals a value that is not a text (`1` and `1.0` are the same number)."""
    return [item for item in table.items if equal(cell(item, column), value)]


def item_passes(check: Closure, item: Choice, row: Row, around: Surroundings) -> bool:
    """Say whether a choice passes a test."""
    kept = around.item, around.origin
    around.item, around.origin = item, around.origin or row
    try:
        return truth(check(row, around))
    finally:
        around.item, around.origin = kept


def _cells(expression: Expression) -> Closure:
    nodes = compile_nodes(expression)
    return lambda row, around: next(iter(nodes(row, around)), "")


def _column(expression: Expression) -> Closure:
    column = expression[1]
    return lambda row, around: cell(around.item, column)


def _origin(expression: Expression) -> Closure:
    inner = compile_expression(expression[1])
    return lambda row, around: inner(around.origin or row, around)


def _position(expression: Expression) -> Closure:
    up = expression[1]
    return lambda row, around: float(climb(row, up).place)


def _indexed(expression: Expression) -> Closure:
    _, up, levels, indexes, slot = expression
    places = [compile_expression(index) for index in indexes]

    def value(row: Row, around: Surroundings) -> Value:
        at = climb(row, up)
        for level, place in zip(levels, places, strict=True):
            wanted = number(place(row, around))
            index = max(1, int(wanted)) if math.isfinite(wanted) else 1
            rows = at.kids[level]
            if index > len(rows) or not rows[index - 1].relevant:
                return ""
            at = rows[index - 1]
        found: Value = at.values[slot]
        return found

    return value


def _label(expression: Expression) -> Closure:
    _, question, code = expression
    inner = compile_expression(code)
    return lambda row, around: around.choice_label(question, row, text(inner(row, around)))


def _if(expression: Expression) -> Closure:
    test, yes, no = (compile_expression(part) for part in expression[1:])
    return lambda row, around: yes(row, around) if truth(test(row, around)) else no(row, around)


def _coalesce(expression: Expression) -> Closure:
    first, second = (compile_expression(part) for part in expression[1:])

    def value(row: Row, around: Surroundings) -> Value:
        found = first(row, around)
        return second(row, around) if found == "" or found != found else found

    return value


def _once(expression: Expression) -> Closure:
    own, drawn = (compile_expression(part) for part in expression[1:])

    def value(row: Row, around: Surroundings) -> Value:
        kept = own(row, around)
        return drawn(row, around) if kept == "" else kept

    return value


def _both(expression: Expression) -> Closure:
    left, right = (compile_expression(part) for part in expression[1:])
    if expression[0] == "and":
        return lambda row, around: truth(left(row, around)) and truth(right(row, around))
    return lambda row, around: truth(left(row, around)) or truth(right(row, around))


def _equality(expression: Expression) -> Closure:
    left, right = (compile_expression(part) for part in expression[1:])
    same = expression[0] == "="

    def value(row: Row, around: Surroundings) -> Value:
        a, b = left(row, around), right(row, around)
        if type(a) is str and type(b) is str:
            return (a == b) is same
        return equal(a, b) is same

    return value


_ORDER: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SUMS: dict[str, Callable[[float, float], float]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def _ordering(expression: Expression) -> Closure:
    left, right = (compile_expression(part) for part in expression[1:])
    compare = _ORDER[expression[0]]
    return lambda row, around: compare(number(left(row, around)), number(right(row, around)))


def _sum(expression: Expression) -> Closure:
    left, right = (compile_expression(part) for part in expression[1:])
    combine = _SUMS[expression[0]]
    return lambda row, around: combine(number(left(row, around)), number(right(row, around)))


def _negative(expression: Expression) -> Closure:
    inner = compile_expression(expression[1])
    return lambda row, around: -number(inner(row, around))


def _aggregate(expression: Expression) -> Closure:
    name = expression[0]
    fixed = {"join": 1, "checklist": 2, "weighted-checklist": 2}.get(name, 0)
    before = [compile_expression(argument) for argument in expression[1 : 1 + fixed]]
    lists = [compile_nodes(argument) for argument in expression[1 + fixed :]]
    function = _finish(name)
    counting = name in ("count", "count-non-empty")

    def value(row: Row, around: Surroundings) -> Value:
        values = [one for nodes in lists for one in nodes(row, around)]
        if not counting:
            values = ["" if isinstance(one, Row) else one for one in values]
        return function(*[argument(row, around) for argument in before], values)

    return value


def _finish(name: str) -> Callable[..., Value]:
    named: dict[str, Callable[..., Value]] = {
        "count": lambda values: float(len(values)),
        "join": join,
        "checklist": checklist,
        "weighted-checklist": weighted_checklist,
    }
    return named.get(name) or MANY[name]


_SPECIAL: dict[str, Callable[[Expression], Closure]] = {
    "V": _value,
    "N": _first,
    "I": _cells,
    "C": _column,
    "O": _origin,
    "P": _position,
    "X": _indexed,
    "L": _label,
    "if": _if,
    "coalesce": _coalesce,
    "once": _once,
    "and": _both,
    "or": _both,
    "=": _equality,
    "!=": _equality,
    **dict.fromkeys(_ORDER, _ordering),
    **dict.fromkeys(_SUMS, _sum),
    "neg": _negative,
    "today": lambda expression: lambda row, around: around.today,
    "now": lambda expression: lambda row, around: around.now,
    "random": lambda expression: lambda row, around: around.draw(),
    "uuid": lambda expression: lambda row, around: around.identifier(),
}
