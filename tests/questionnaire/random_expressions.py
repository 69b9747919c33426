"""Random expressions over the questionnaire of the shared cases: every function, odd arguments, three levels deep."""

from __future__ import annotations

import random

from survey.questionnaire.functions import ARITY

_TEXTS = (
    "''",
    "'a'",
    "'abc'",
    "'12'",
    "'-3.5'",
    "' x '",
    "'a b c'",
    "'Đào'",
    "'2026-02-29'",
    "'2024-02-29'",
    "'1e3'",
    "'1,5'",
    "'T'",
)
_NUMBERS = ("0", "1", "2.5", "-1", "100", "0.001", "1000000", "12345.678", "(1 div 3)", "(0 div 0)", "(1 div 0)")
_NODES = (
    "t",
    "blank",
    "spaced",
    "digits",
    "n",
    "zero",
    "none",
    "d",
    "minus",
    "day",
    "noday",
    "moment",
    "one",
    "many",
    "gone",
)
_MANY = ("m/age", "m/kept", "m/name", "m/k/v", "m")
_OPERATORS = ("+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or")
_SKIPPED = frozenset(
    {"random", "uuid", "once", "now", "today", "position", "indexed-repeat", "jr:choice-name", "regex"}
)
_ROUGH = frozenset({"exp", "log", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "pow", "exp10"})
"""Functions whose last binary digit depends on the mathematical library: the shared cases try them with a tolerance."""

_FUNCTIONS = sorted(set(ARITY) - _SKIPPED - _ROUGH)
_NODESETS = frozenset({"count", "count-non-empty", "sum"})


def random_expression(rng: random.Random, depth: int = 3) -> str:
    """Return one expression."""
    roll = rng.random()
    if depth == 0 or roll < 0.15:
        return _leaf(rng)
    if roll < 0.4:
        left, right = random_expression(rng, depth - 1), random_expression(rng, depth - 1)
        return f"({left} {rng.choice(_OPERATORS)} {right})"
    return _call(rng, depth)


def _leaf(rng: random.Random) -> str:
    kind = rng.randint(0, 2)
    return rng.choice(_TEXTS) if kind == 0 else rng.choice(_NUMBERS) if kind == 1 else f"/data/{rng.choice(_NODES)}"


def _call(rng: random.Random, depth: int) -> str:
    name = rng.choice(_FUNCTIONS)
    low, high = ARITY[name]
    if name in _NODESETS:
        return f"{name}(/data/{rng.choice(_MANY)})"
    if name in ("format-date", "format-date-time"):
        pattern = rng.choice(("%Y-%m-%d", "%d/%m/%y", "%H:%M:%S", "%e.%n", "%h %3 %%"))
        return f"{name}({random_expression(rng, depth - 1)}, '{pattern}')"
    if name in ("min", "max", "join", "concat") and rng.random() < 0.3:
        mark = "', ', " if name == "join" else ""
        return f"{name}({mark}/data/{rng.choice(_MANY[:-1])})"
    count = rng.randint(low, min(high, low + 2))
    if name == "weighted-checklist":
        count = 2 * rng.randint(2, 3)
    return f"{name}({', '.join(random_expression(rng, depth - 1) for _ in range(count))})"
