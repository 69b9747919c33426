"""How the weights of a round are made: the choices that its settings may take, checked before anything is computed.

A choice concerns one table: how non-response is adjusted, whether large weights are cut, how known totals are met.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from survey.errors import Problem

TABLES = ("household", "member", "respondent", "enterprise", "institution")
NONRESPONSE = ("classes", "propensity")
CALIBRATION = ("raking", "poststratification", "linear", "logit")


@dataclass(frozen=True, slots=True)
class Plan:
    """The choices for one table; `trim_above` is the multiple of a group's median above which weights are cut."""

    nonresponse: str = "classes"
    trim_above: float | None = None
    calibration: str = "raking"
    bounds: tuple[float, float] = (0.3, 3.0)
    """Limits of the factors of a bounded calibration."""


Plans = Mapping[str, Plan]


def plans(settings: Mapping[str, Any] | None = None) -> Plans:
    """Return the plan of every table from a round's settings, such as {"household": {"nonresponse": "propensity"}}.

    Raises bad-value for a table, a choice or a number that does not exist or makes no sense.
    """
    given = dict(settings or {})
    for name, choices in given.items():
        _one_of("weights", name, TABLES)
        for key in choices:
            _one_of(f"weights {name}", key, tuple(field.name for field in fields(Plan)))
    return {table: _plan(table, given.get(table, {})) for table in TABLES}


def _plan(table: str, choices: Mapping[str, Any]) -> Plan:
    made = Plan(**{**choices, "bounds": tuple(choices.get("bounds", Plan().bounds))})
    _one_of(f"weights {table} nonresponse", made.nonresponse, NONRESPONSE)
    _one_of(f"weights {table} calibration", made.calibration, CALIBRATION)
    above = made.trim_above
    if above is not None and not (isinstance(above, int | float) and above > 1):
        raise Problem("bad-value", name=f"weights {table} trim_above", value=above, expected="> 1")
    if len(made.bounds) != 2 or not 0 <= made.bounds[0] < 1 < made.bounds[1]:
        raise Problem("bad-value", name=f"weights {table} bounds", value=made.bounds, expected="0 ≤ L < 1 < U")
    return made


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Problem("bad-value", name=name, value=value, expected=", ".join(allowed))
