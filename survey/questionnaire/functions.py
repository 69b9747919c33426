"""The functions an instrument may call, with how many arguments each takes. A name that is not here is refused by the
lint.
"""

from __future__ import annotations

MANY = 99

ARITY: dict[str, tuple[int, int]] = {
    "if": (3, 3),
    "coalesce": (2, 2),
    "once": (1, 1),
    "true": (0, 0),
    "false": (0, 0),
    "not": (1, 1),
    "boolean": (1, 1),
    "boolean-from-string": (1, 1),
    "number": (1, 1),
    "int": (1, 1),
    "round": (1, 2),
    "abs": (1, 1),
    "pow": (2, 2),
    "sqrt": (1, 1),
    "exp": (1, 1),
    "exp10": (1, 1),
    "log": (1, 1),
    "log10": (1, 1),
    "sin": (1, 1),
    "cos": (1, 1),
    "tan": (1, 1),
    "asin": (1, 1),
    "acos": (1, 1),
    "atan": (1, 1),
    "atan2": (2, 2),
    "pi": (0, 0),
    "string": (1, 1),
    "concat": (1, MANY),
    "join": (2, MANY),
    "substr": (2, 3),
    "substring-before": (2, 2),
    "substring-after": (2, 2),
    "translate": (3, 3),
    "contains": (2, 2),
    "starts-with": (2, 2),
    "ends-with": (2, 2),
    "string-length": (1, 1),
    "normalize-space": (1, 1),
    "regex": (2, 2),
    "selected": (2, 2),
    "selected-at": (2, 2),
    "count-selected": (1, 1),
    "jr:choice-name": (2, 2),
    "today": (0, 0),
    "now": (0, 0),
    "date": (1, 1),
    "date-time": (1, 1),
    "decimal-date-time": (1, 1),
    "decimal-time": (1, 1),
    "format-date": (2, 2),
    "format-date-time": (2, 2),
    "count": (1, 1),
    "count-non-empty": (1, 1),
    "sum": (1, 1),
    "min": (1, MANY),
    "max": (1, MANY),
    "position": (1, 1),
    "indexed-repeat": (3, 7),
    "checklist": (3, MANY),
    "weighted-checklist": (4, MANY),
    "random": (0, 0),
    "uuid": (0, 1),
}

DRAWN = frozenset({"random", "uuid", "now", "once"})
"""A calculation that calls one of these keeps the value it was given; every other one is recomputed by the server."""

AGGREGATES = frozenset(
    {"count", "count-non-empty", "sum", "min", "max", "join", "concat", "checklist", "weighted-checklist"}
)

REFUSED: dict[str, str] = {
    "floor": "int(x)",
    "ceiling": "-int(-x)",
    "last": "count(…)",
    "name": "",
    "pulldata": "instance('file')/root/item[name = ${key}]/column",
}
"""Functions known elsewhere but not portable, with what to write instead."""
