"""Analysis tables: columns, weights and a validated design for each kind of unit, ready for estimation.

Every sampled area stays in the design of households, members and respondents, also when nobody there answered: such
rows carry weight 0. Self-reporting units are designs of their respondents, sampled within weighting classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from survey.estimation.design import Design, build
from survey.estimation.weight import trim
from survey.pipeline import columns, weighting
from survey.pipeline.calibration import Wanted, calibrated
from survey.pipeline.columns import Columns
from survey.pipeline.rule import as_numbers
from survey.pipeline.weight_plan import Plans, plans
from survey.pipeline.weighting import Adjustment, ClassRule

Floats = NDArray[np.float64]
HOUSEHOLD_RULE = ClassRule(respondents=20, factor=3.0)
ENTERPRISE_RULE = ClassRule(respondents=10, factor=4.0)
INSTITUTION_RULE = ClassRule(respondents=5, factor=4.0)
_NO_FRACTION = 1e-9
"""Sampling fraction of areas when they share a design with enterprises: none, the conservative choice."""
PLACES = {"district": "district", "unit": "present_unit", "urban_old": "urban_old", "urban_new": "urban_new"}
_PLACES = PLACES | {"commune": "commune"}
_PERSONS = {"sex": "sex_label", "age": "age_group"}


@dataclass(frozen=True, slots=True)
class Analysis:
    """One table to estimate from: n rows of columns, a design with n weights, and its domain columns by dimension."""

    name: str
    columns: Columns
    design: Design
    dimensions: Mapping[str, NDArray[Any]]
    unit: str

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Return which rows answered and so carry a weight."""
        return np.asarray(self.design.weight > 0)


@dataclass(frozen=True, slots=True)
class Tables:
    """All analysis tables of a snapshot, and the record of how their weights came about."""

    analyses: Mapping[str, Analysis]
    responses: tuple[Mapping[str, Any], ...]
    steps: tuple[Mapping[str, Any], ...]
    classes: Mapping[str, Sequence[Mapping[str, Any]]]
    calibrations: tuple[Mapping[str, Any], ...]

    @property
    def calibrated(self) -> tuple[str, ...]:
        """Return the tables whose weights meet control totals."""
        return tuple(record["kind"] for record in self.calibrations)


Margins = Mapping[str, Wanted]
"""Control totals by table, dimension and category."""


@dataclass(slots=True)
class _Log:
    responses: list[Mapping[str, Any]]
    steps: list[Mapping[str, Any]]
    classes: dict[str, Sequence[Mapping[str, Any]]]
    plans: Plans


def analyse(tables: Mapping[str, Columns], margins: Margins | None = None, chosen: Plans | None = None) -> Tables:
    """Return the analysis tables of a snapshot's tables.

    `margins` are the control totals to calibrate to, `chosen` how each table's weights are made (`weight_plan.plans`).
    """
    log = _Log([], [], {}, chosen or plans())
    found: dict[str, Analysis] = {}
    strata = tables["strata"]
    if "household" in tables:
        found |= _household_analyses(tables["household"], tables["member"], strata, log)
    if "enterprise" in tables:
        enterprise = columns.derive_enterprise(tables["enterprise"])
        groups = np.array([name.split("-")[0] for name in enterprise["stratum"]])
        levels = (enterprise["stratum"], groups, np.full(len(groups), "all"))
        found["enterprise"] = _unit_analysis("enterprise", enterprise, levels, ENTERPRISE_RULE, strata, log)
    if "institution" in tables:
        institution = tables["institution"]
        kinds = np.array(["training" if name == "training" else "school" for name in institution["stratum"]])
        found["institution"] = _unit_analysis(
            "institution", institution, (institution["stratum"], kinds), INSTITUTION_RULE, strata, log
        )
    found, records = _calibrated(found, margins or {}, log)
    if "household" in found and "enterprise" in found:
        found["seller"] = _sellers(found["household"], found["enterprise"])
    return Tables(found, tuple(log.responses), tuple(log.steps), log.classes, records)


def _frame_size(strata: Columns, kind: str) -> float:
    return float(strata["frame_units"][strata["kind"] == kind].sum())


def _household_analyses(household: Columns, member: Columns, strata: Columns, log: _Log) -> dict[str, Analysis]:
    base = 1.0 / (household["stage1_probability"] * household["stage2_probability"])
    disposition = weighting.dispositions(household["result_code"], household["record"])
    levels = (household["stratum"], household["district"], np.full(len(base), "all"))
    log.steps.append(weighting.step_summary("household", "stage1", 1.0 / household["stage1_probability"]))
    step = _adjusted("household", household, base, disposition, levels, HOUSEHOLD_RULE, log)
    weight = _trimmed("household", base * step.factor, levels[1], log)
    log.responses.append(weighting.response_summary("household", round(_areas_times_size(strata)), base, disposition))
    units = columns.derive_household(household)
    analyses = {
        "household": Analysis(
            "household", units, _area_design(units, weight), _dimensions(units, _PLACES), "household"
        ),
        "member": _member_analysis(units, member, weight),
        "respondent": _respondent_analysis(household, weight, levels, log),
    }
    log.steps.append(weighting.step_summary("member", "nonresponse", analyses["member"].design.weight))
    return analyses


def _adjusted(
    kind: str,
    table: Columns,
    base: Floats,
    disposition: NDArray[np.int8],
    levels: Sequence[NDArray[Any]],
    rule: ClassRule,
    log: _Log,
) -> Adjustment:
    """Adjust for unknown eligibility and non-response as the plan says, and log every step."""
    if log.plans[kind].nonresponse == "propensity":
        answered = disposition <= weighting.PARTIAL
        eligible = (disposition != weighting.UNKNOWN) & (disposition != weighting.INELIGIBLE)
        places = [table[name] for name in ("district", "urban_old", "urban_new")]
        levels = weighting.propensity_levels(base, answered, eligible, [*places, levels[1], np.log(base)])
    step = weighting.adjust_units(base, disposition, levels, rule)
    shared, final = base * step.known, base * step.factor
    before = 1.0 / table["stage1_probability"] if kind == "household" else None
    log.steps += [
        weighting.step_summary(kind, "base", base, before),
        weighting.step_summary(kind, "eligibility", shared, base),
        weighting.step_summary(kind, "nonresponse", final, shared, method=log.plans[kind].nonresponse),
    ]
    log.classes[kind] = step.classes
    return step


def _trimmed(kind: str, weight: Floats, group: NDArray[Any], log: _Log) -> Floats:
    """Cut large weights where the plan says so; the excess goes to the others of the group."""
    above = log.plans[kind].trim_above
    if above is None:
        return weight
    step, cut = trim(weight, group, above_median=above)
    log.steps.append(weighting.step_summary(kind, "trimming", step.weight, weight, cut=int(cut.sum())))
    return step.weight


def _areas_times_size(strata: Columns) -> float:
    """Return the number of households in the frame of areas."""
    return float(strata["frame_size"][strata["kind"] == "area"].sum())


def _area_design(table: Columns, weight: Floats) -> Design:
    """Return the design of areas within strata, with replacement at the first stage (conservative for PPS)."""
    design = build(np.ones(len(weight)), strata=table["stratum"], psu=table["psu"], lonely="adjust")
    return design.reweighted(weight)


def _dimensions(table: Columns, names: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    """Return the domain columns that a table has, empty values as None so that they belong to no domain."""
    found = {}
    for dimension, column in names.items():
        values = table[column].astype(object)
        values[values == ""] = None
        found[dimension] = values
    return found


def _member_analysis(household: Columns, member: Columns, weight: Floats) -> Analysis:
    """Return all members of responding households, and one empty row for every household without any."""
    position = {unit: row for row, unit in enumerate(household["unit"].tolist())}
    parent = np.array([position[unit] for unit in member["unit"].tolist()], dtype=np.int64)
    empty = np.setdiff1d(np.arange(len(weight)), parent)
    rows = np.concatenate([parent, empty]).astype(np.int64)
    weights = np.concatenate([weight[parent], np.zeros(len(empty))])
    table = {name: _padded(values, len(empty)) for name, values in columns.derive_member(member).items()}
    table |= {name: household[name][rows] for name in ("stratum", "psu", *_PLACES.values())}
    dimensions = _dimensions(table, _PLACES | _PERSONS)
    return Analysis("member", table, _area_design(table, weights), dimensions, "member")


def _padded(values: NDArray[Any], count: int) -> NDArray[Any]:
    blank: Any = {"U": "", "f": np.nan}.get(values.dtype.kind)
    return np.concatenate([values, np.full(count, blank, dtype=values.dtype)])


def _respondent_analysis(household: Columns, weight: Floats, levels: Sequence[NDArray[Any]], log: _Log) -> Analysis:
    """Return the selected persons: household weight × eligible members, adjusted for those who did not answer."""
    eligible = np.nan_to_num(as_numbers(household["eligible_count"]))
    months = np.nan_to_num(as_numbers(household["selected_age_months"]))
    selected = (weight > 0) & (eligible > 0)
    spoke = np.isin(household["sp_status"], ("1", "2"))
    answered = selected & spoke & ((months >= 192) | (household["guardian_consent"] == "1"))
    base = np.where(selected, weight * eligible, 0.0)
    table = columns.derive_respondent(household)
    if log.plans["respondent"].nonresponse == "propensity":
        known = [table[name] for name in ("sex_label", "age_group", "district", "urban_old", "urban_new")]
        levels = weighting.propensity_levels(base, answered, selected, known)
    step = weighting.adjust_persons(base, selected, answered, levels, HOUSEHOLD_RULE)
    log.classes["respondent"] = step.classes
    log.responses.append(_person_response(household, base, selected, answered))
    adjusted = base * step.factor
    method = log.plans["respondent"].nonresponse
    log.steps += [
        weighting.step_summary("respondent", "base", base, weight),
        weighting.step_summary("respondent", "respondent", adjusted, base, method=method),
    ]
    design = _area_design(table, _trimmed("respondent", adjusted, household["district"], log))
    return Analysis("respondent", table, design, _dimensions(table, _PLACES | _PERSONS), "respondent")


_PERSON_OUTCOMES = {"3": weighting.REFUSED, "4": weighting.NOT_CONTACTED}


def _person_response(
    household: Columns, base: Floats, selected: NDArray[np.bool_], answered: NDArray[np.bool_]
) -> dict[str, Any]:
    codes = np.array([_PERSON_OUTCOMES.get(code, weighting.OTHER) for code in household["sp_status"]], dtype=np.int8)
    disposition = np.where(answered, weighting.COMPLETE, codes)[selected]
    return weighting.response_summary("respondent", int(selected.sum()), base[selected], disposition)


def _unit_analysis(
    kind: str, table: Columns, levels: Sequence[NDArray[Any]], rule: ClassRule, strata: Columns, log: _Log
) -> Analysis:
    """Return the respondents of a self-reporting kind, sampled within weighting classes with f = responding / N."""
    base = 1.0 / (table["stage1_probability"] * table["stage2_probability"])
    disposition = weighting.dispositions(table["result_code"], table["record"])
    step = _adjusted(kind, table, base, disposition, levels, rule, log)
    log.responses.append(weighting.response_summary(kind, round(_frame_size(strata, kind)), base, disposition))
    adjusted = base * step.factor
    weight = _trimmed(kind, adjusted, levels[-1], log)
    kept = weight > 0
    chosen = {name: values[kept] for name, values in table.items()}
    label = step.label[kept]
    design = build(
        weight[kept], strata=label, psu=chosen["unit"], fpc=_fractions(label, adjusted[kept]), lonely="adjust"
    )
    names = _PLACES | ({"size": "size", "sector": "sector"} if kind == "enterprise" else {"level": "kind"})
    return Analysis(kind, chosen, design, _dimensions(chosen, names), kind)


def _fractions(label: NDArray[Any], weight: Floats) -> Floats:
    """Return responding / eligible of each row's class: 1 only where every eligible unit of the class answered."""
    _, position = np.unique(label, return_inverse=True)
    fraction = np.bincount(position) / np.bincount(position, weights=weight)
    return np.asarray(np.minimum(fraction, 1.0)[position])


def _calibrated(
    found: Mapping[str, Analysis], margins: Margins, log: _Log
) -> tuple[dict[str, Analysis], tuple[Mapping[str, Any], ...]]:
    """Calibrate the tables that have control totals, each to its own."""
    result, records = dict(found), []
    for name, wanted in sorted(margins.items()):
        if name in result and wanted:
            table = result[name]
            design, record = calibrated(name, table.design, table.dimensions, wanted, log.plans[name])
            method = log.plans[name].calibration
            step = weighting.step_summary(name, "calibration", design.weight, table.design.weight, method=method)
            log.steps.append(step)
            result[name] = replace(table, design=design)
            records.append(record)
    return result, tuple(records)


def _sellers(household: Analysis, enterprise: Analysis) -> Analysis:
    """Return household traders and enterprises as one table, two independent samples in one design."""
    parts = (household, enterprise)
    names = ("sells", "retail_sales", "online_sales", *_PLACES.values())
    table = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
    strata = np.concatenate([_labels(part, "stratum") for part in parts])
    units = np.concatenate([_labels(part, "psu") for part in parts])
    weights = np.concatenate([part.design.weight for part in parts])
    fractions = np.concatenate([np.full(household.design.n_rows, _NO_FRACTION), _row_fractions(enterprise)])
    design = build(np.ones(len(weights)), strata=strata, psu=units, fpc=fractions, lonely="adjust")
    return Analysis("seller", table, design.reweighted(weights), _dimensions(table, _PLACES), "seller")


def _labels(table: Analysis, which: str) -> NDArray[Any]:
    codes = table.design.stratum if which == "stratum" else table.design.psu
    return np.array([f"{table.name}/{code}" for code in codes.tolist()])


def _row_fractions(table: Analysis) -> Floats:
    first = table.design.stages[0]
    return np.asarray(first.fraction[first.unit])
