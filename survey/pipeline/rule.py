"""Rules of the indicators as data: small trees over columns, evaluated to yes, no or unknown for every row.

A leaf names a column and which codes mean yes and which no; any other answer is unknown. `all`, `any` and `not` follow
Kleene's logic, so that an unknown part decides nothing that the known parts already decide. Refuses unknown columns and
operators. Nothing here runs code from a setting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.errors import Problem

NO, UNKNOWN, YES = np.int8(0), np.int8(-1), np.int8(1)
States = NDArray[np.int8]
Table = Mapping[str, NDArray[Any]]
Rule = Mapping[str, Any]

_LEAVES = ("in", "has", "from", "above", "below", "starts")


def evaluate(rule: Rule, table: Table) -> States:
    """Return 1 (yes), 0 (no) or −1 (unknown) for every row of a table."""
    if "all" in rule:
        return _all(evaluate(part, table) for part in rule["all"])
    if "any" in rule:
        return _opposite(_all(_opposite(evaluate(part, table)) for part in rule["any"]))
    if "not" in rule:
        return _opposite(evaluate(rule["not"], table))
    return _leaf(rule, table)


def _all(parts: Iterable[States]) -> States:
    """Return no where a part says no, else unknown where one is unknown, else yes."""
    result: States | None = None
    for part in parts:
        if result is None:
            result = part
        else:
            decided = np.where((result == NO) | (part == NO), NO, np.minimum(result, part))
            result = decided.astype(np.int8)
    if result is None:
        raise Problem("bad-rule", reason="all or any without parts")
    return result


def _opposite(states: States) -> States:
    return np.where(states == UNKNOWN, UNKNOWN, 1 - states).astype(np.int8)


def _leaf(rule: Rule, table: Table) -> States:
    name = rule.get("item")
    test = next((key for key in _LEAVES if key in rule), None)
    if name is None or test is None:
        raise Problem("bad-rule", reason=f"neither a leaf nor all, any, not: {dict(rule)}")
    if name not in table:
        raise Problem("bad-column", column=name, known=", ".join(sorted(table)))
    return _TESTS[test](rule, table[name])


def _member(rule: Rule, values: NDArray[Any]) -> States:
    """Yes for the codes of `in`, no for those of `no`; without `no` every other answer is a no."""
    text = as_text(values)
    yes = np.isin(text, [str(code) for code in rule["in"]])
    no = np.isin(text, [str(code) for code in rule["no"]]) if "no" in rule else (text != "") & ~_gap(text, rule)
    return np.where(yes, YES, np.where(no, NO, UNKNOWN)).astype(np.int8)


def _gap(text: NDArray[Any], rule: Rule) -> NDArray[np.bool_]:
    return np.isin(text, [str(code) for code in rule.get("unknown", ())])


def _several(rule: Rule, values: NDArray[Any]) -> States:
    """Yes where a set of codes holds any of `has`; unknown only where nothing was answered."""
    wanted = {str(code) for code in rule["has"]}
    text = as_text(values)
    yes = np.fromiter((not wanted.isdisjoint(entry.split()) for entry in text), dtype=np.bool_, count=len(text))
    return np.where(text == "", UNKNOWN, yes.astype(np.int8)).astype(np.int8)


def _at_least(rule: Rule, values: NDArray[Any]) -> States:
    numbers = as_numbers(values)
    return np.where(np.isnan(numbers), UNKNOWN, (numbers >= rule["from"]).astype(np.int8)).astype(np.int8)


def _above(rule: Rule, values: NDArray[Any]) -> States:
    numbers = as_numbers(values)
    return np.where(np.isnan(numbers), UNKNOWN, (numbers > rule["above"]).astype(np.int8)).astype(np.int8)


def _below(rule: Rule, values: NDArray[Any]) -> States:
    return _opposite(_at_least({"from": rule["below"]}, values))


def _prefix(rule: Rule, values: NDArray[Any]) -> States:
    prefixes = tuple(str(code) for code in rule["starts"])
    text = as_text(values)
    yes = np.fromiter((entry.startswith(prefixes) for entry in text), dtype=np.bool_, count=len(text))
    return np.where(text == "", UNKNOWN, yes.astype(np.int8)).astype(np.int8)


_TESTS: Mapping[str, Callable[[Rule, NDArray[Any]], States]] = {
    "in": _member,
    "has": _several,
    "from": _at_least,
    "above": _above,
    "below": _below,
    "starts": _prefix,
}


def as_text(values: NDArray[Any]) -> NDArray[Any]:
    """Return a column as text, "" where it is empty."""
    if values.dtype.kind == "U":
        return values
    if values.dtype.kind in "fi":
        return np.array(["" if value != value else f"{value:g}" for value in values.tolist()], dtype=np.str_)
    return np.array(["" if value is None else str(value) for value in values.tolist()], dtype=np.str_)


def as_numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return a column as floats, NaN where it is empty or not a number."""
    if values.dtype.kind in "fib":
        return values.astype(np.float64)
    return np.array([_number(value) for value in values.tolist()], dtype=np.float64)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def columns_of(rule: Rule) -> list[str]:
    """Return the columns a rule reads, in order, each once."""
    found: list[str] = [rule["item"]] if "item" in rule else []
    for key in ("all", "any"):
        for part in rule.get(key, ()):
            found += columns_of(part)
    if "not" in rule:
        found += columns_of(rule["not"])
    return list(dict.fromkeys(found))


def formula(rule: Rule) -> str:
    """Return a rule as a short formula for the report: it names columns and codes, so it needs no translation."""
    if "all" in rule or "any" in rule:
        key, sign = ("all", " ∧ ") if "all" in rule else ("any", " ∨ ")
        parts = [formula(part) for part in rule[key]]
        return parts[0] if len(parts) == 1 else f"({sign.join(parts)})"
    if "not" in rule:
        return f"¬{formula(rule['not'])}"
    return _leaf_formula(rule)


def _leaf_formula(rule: Rule) -> str:
    item = rule["item"]
    for key, sign in (("from", "≥"), ("above", ">"), ("below", "<")):
        if key in rule:
            return f"{item} {sign} {rule[key]}"
    if "starts" in rule:
        return f"{item} ∈ {{{', '.join(f'{code}…' for code in rule['starts'])}}}"
    codes = rule["in"] if "in" in rule else rule["has"]
    sign = "∈" if "in" in rule else "∋"
    return (
        f"{item} = {codes[0]}" if sign == "∈" and len(codes) == 1 else f"{item} {sign} {{{', '.join(map(str, codes))}}}"
    )
