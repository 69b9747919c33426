"""From design weights to the weights of those who answered, step by step, with what each step did.

Classes are given or made from a logistic model of the chance to answer.

Dispositions follow AAPOR; unknown eligibility is shared out before eligible non-response; classes with too few
respondents or too large a factor are joined with their neighbours. Refuses nothing: a class without any respondent is
joined until there is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.special import expit

from survey.estimation.design import build
from survey.estimation.interval import kish_effect
from survey.estimation.regression import logistic
from survey.estimation.weight import propensity_classes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Labels = NDArray[Any]

COMPLETE, PARTIAL, REFUSED, NOT_CONTACTED, OTHER, UNKNOWN, INELIGIBLE = range(7)
DISPOSITION_NAMES = ("completed", "partial", "refused", "not_contacted", "other", "unknown", "ineligible")
_BY_CODE = {
    COMPLETE: ("11",),
    PARTIAL: ("12",),
    REFUSED: ("21",),
    NOT_CONTACTED: ("22",),
    OTHER: ("23", "26"),
    UNKNOWN: ("24", "31", "32"),
    INELIGIBLE: ("41", "42", "43", "44", "45"),
}
_FEWEST_OF_EACH = 5
RESULT_CODES = {code: disposition for disposition, codes in _BY_CODE.items() for code in codes}


@dataclass(frozen=True, slots=True)
class ClassRule:
    """When a weighting class stands on its own: enough respondents and a factor that is not too large."""

    respondents: int = 20
    factor: float = 3.0


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A non-response step: the factor of every row (0 for those who did not answer) and the class it came from.

    `known` is the part of the factor that shares out unknown eligibility: 0 for rows of unknown eligibility.
    """

    factor: Floats
    known: Floats
    label: Labels
    classes: tuple[Mapping[str, Any], ...]


def dispositions(outcome: Labels, record: Labels) -> NDArray[np.int8]:
    """Return the AAPOR disposition of every sampled unit from its result code and the state of its record.

    No record at all means unknown eligibility; a record that is not approved yet (or was rejected) counts as eligible
    without an interview, so that nothing unapproved looks like an answer.
    """
    found = [
        RESULT_CODES.get(code, OTHER) if state == "approved" else OTHER if state else UNKNOWN
        for code, state in zip(outcome.tolist(), record.tolist(), strict=True)
    ]
    return np.array(found, dtype=np.int8)


def adjust_units(
    weight: Floats, disposition: NDArray[np.int8], levels: Sequence[Labels], rule: ClassRule
) -> Adjustment:
    """Return the factors that let responding units stand for all eligible ones in their class.

    `levels` are labels from the finest classes to the coarsest. In a class, Σw / Σw(known) shares out unknown
    eligibility and Σw(eligible) / Σw(respondents) the rest.
    """
    answered = disposition <= PARTIAL
    known = disposition != UNKNOWN
    eligible = known & (disposition != INELIGIBLE)
    label = join_classes(weight, answered, known, eligible, levels, rule)
    return _by_class(weight, answered, known, eligible, label)


def adjust_persons(
    weight: Floats, selected: Flags, answered: Flags, levels: Sequence[Labels], rule: ClassRule
) -> Adjustment:
    """Return the factors that let selected persons who answered stand for all selected persons of their class."""
    label = join_classes(weight, answered, selected, selected, levels, rule, among=selected)
    return _by_class(weight, answered, selected, selected, label, among=selected)


def _by_class(
    weight: Floats, answered: Flags, known: Flags, eligible: Flags, label: Labels, *, among: Flags | None = None
) -> Adjustment:
    inside = np.ones(len(weight), dtype=np.bool_) if among is None else among
    factor, share = np.zeros(len(weight)), np.zeros(len(weight))
    rows = []
    for name in np.unique(label[inside]):
        members = inside & (label == name)
        value = _factor(weight, members, answered, known, eligible)
        factor[members & answered] = value
        share[members & known] = _known_factor(weight, members, known)
        rows.append(
            {
                "class": str(name),
                "units": int(members.sum()),
                "answered": int((members & answered).sum()),
                "factor": value,
            }
        )
    return Adjustment(factor, share, label, tuple(rows))


def _known_factor(weight: Floats, members: Flags, known: Flags) -> float:
    known_total = float(weight[members & known].sum())
    return float(weight[members].sum()) / known_total if known_total else 0.0


def _factor(weight: Floats, members: Flags, answered: Flags, known: Flags, eligible: Flags) -> float:
    total, known_total = float(weight[members].sum()), float(weight[members & known].sum())
    eligible_total, answered_total = float(weight[members & eligible].sum()), float(weight[members & answered].sum())
    if not known_total or not answered_total:
        return 0.0 if not eligible_total else float("inf")
    return total / known_total * eligible_total / answered_total


def join_classes(
    weight: Floats,
    answered: Flags,
    known: Flags,
    eligible: Flags,
    levels: Sequence[Labels],
    rule: ClassRule,
    *,
    among: Flags | None = None,
) -> Labels:
    """Return class labels after joining: a class that breaks the rule takes its whole family one level up with it."""
    inside = np.ones(len(weight), dtype=np.bool_) if among is None else among
    label = levels[0].astype(object)
    for parent in levels[1:]:
        weak = [
            name
            for name in np.unique(label[inside])
            if _is_weak(weight, label == name, answered, known, eligible, inside, rule)
        ]
        for family in np.unique(parent[inside & np.isin(label, weak)]) if weak else ():
            label[parent == family] = f"{family}*"
    return label.astype(np.str_)


def _is_weak(
    weight: Floats, members: Flags, answered: Flags, known: Flags, eligible: Flags, inside: Flags, rule: ClassRule
) -> bool:
    members = members & inside
    if not (members & eligible).any() and not (members & ~known).any():
        return False
    return int((members & answered).sum()) < rule.respondents or not (
        _factor(weight, members, answered, known, eligible) <= rule.factor
    )


def propensity_levels(
    weight: Floats, answered: Flags, eligible: Flags, columns: Sequence[Labels], *, count: int = 5
) -> tuple[Labels, Labels, Labels]:
    """Return classes of similar chance to answer, two halves of them, and one class of all: levels for `adjust_units`.

    The chance comes from a weighted logistic regression among eligible rows on columns known for every row (n,):
    labels become indicators, numbers enter as they are; columns that follow from others are left out. Raises Problem
    regression-not-reached.
    """
    matrix = _independent(_predictors(columns, answered, eligible), eligible)
    target = np.where(eligible, answered.astype(np.float64), np.nan)
    positive = np.where(weight > 0, weight, 1.0)
    fit = logistic(build(positive), target, list(matrix.T), [f"x{i}" for i in range(matrix.shape[1])], weight > 0)
    chance = expit(np.column_stack([np.ones(len(weight)), matrix]) @ fit.coefficient)
    classes = propensity_classes(np.asarray(chance, dtype=np.float64), positive, count)
    half = np.where(classes < count // 2, "low", "high")
    return np.char.add("p", (classes + 1).astype(np.str_)), half, np.full(len(weight), "all")


def _predictors(columns: Sequence[Labels], answered: Flags, eligible: Flags) -> Floats:
    """Return numbers about their mean and indicators of labels.

    A label in which hardly anybody answered, or hardly anybody did not, joins the first one: its own coefficient would
    have no finite estimate.
    """
    blocks = [np.zeros((len(answered), 0))]
    for column in columns:
        if column.dtype.kind == "f":
            blocks.append((column - column.mean())[:, None])
            continue
        for label in np.unique(column)[1:]:
            inside = eligible & (column == label)
            if min((inside & answered).sum(), (inside & ~answered).sum()) >= _FEWEST_OF_EACH:
                blocks.append((column == label).astype(np.float64)[:, None])
    return np.concatenate(blocks, axis=1)


def _independent(matrix: Floats, rows: Flags) -> Floats:
    """Return the columns that are neither constant nor combinations of others among the rows."""
    inside = np.column_stack([np.ones(int(rows.sum())), matrix[rows]])
    kept: list[int] = [0]
    for column in range(1, inside.shape[1]):
        upper = np.abs(np.diag(qr(inside[:, [*kept, column]], mode="r")[0]))
        if upper.min() > 1e-8 * upper.max():
            kept.append(column)
    return matrix[:, [column - 1 for column in kept[1:]]]


def response_summary(kind: str, frame: int, weight: Floats, disposition: NDArray[np.int8]) -> dict[str, Any]:
    """Return counts by disposition and AAPOR's response rates 1 to 6 in percent, unweighted.

    e, the share of eligible units among those of unknown eligibility, is the weighted share among known ones (the
    proportional allocation method of AAPOR's standard definitions).
    """
    counts = {name: int((disposition == code).sum()) for code, name in enumerate(DISPOSITION_NAMES)}
    known = (disposition != UNKNOWN) & (disposition != INELIGIBLE)
    out = disposition == INELIGIBLE
    e = float(weight[known].sum()) / float(weight[known | out].sum()) if (known | out).any() else 1.0
    complete, partial, unknown = counts["completed"], counts["partial"], counts["unknown"]
    sure = complete + partial + counts["refused"] + counts["not_contacted"] + counts["other"]
    rates = {}
    for number, uncertain in ((1, unknown), (3, e * unknown), (5, 0.0)):
        base = sure + uncertain
        rates[f"RR{number}"] = 100 * complete / base if base else 0.0
        rates[f"RR{number + 1}"] = 100 * (complete + partial) / base if base else 0.0
    return {
        "kind": kind,
        "frame": frame,
        "sampled": len(disposition),
        **counts,
        "rates": dict(sorted(rates.items())),
        "eligible_share": e,
    }


def step_summary(kind: str, step: str, weight: Floats, before: Floats | None = None, **more: Any) -> dict[str, Any]:
    """Return what the positive weights look like after a step, and under "before" what they looked like.

    Count, sum, range, coefficient of variation, Kish's design effect 1 + cv² and effective sample size.
    """
    said = {"kind": kind, "step": step} | _shape(weight) | more
    return said if before is None else said | {"before": _shape(before)}


def _shape(weight: Floats) -> dict[str, Any]:
    positive = weight[weight > 0]
    if not len(positive):
        positive = np.zeros(1)
    effect = kish_effect(positive) if positive.any() else 1.0
    n = int((weight > 0).sum())
    return {
        "n": n,
        "total": float(positive.sum()),
        "least": float(positive.min()),
        "median": float(np.median(positive)),
        "greatest": float(positive.max()),
        "cv": math.sqrt(max(effect - 1.0, 0.0)),
        "design_effect": effect,
        "n_effective": n / effect,
    }
