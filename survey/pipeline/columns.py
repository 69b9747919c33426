"""The columns of a snapshot as arrays, and those derived from them: sizes, sectors, age groups, sales, value added.

Amounts are in million VND. A band counts as its middle (the open one as its lower end) except where only the class
matters; a missing amount is NaN and leaves the case out of sums. Refuses a snapshot whose files have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from survey.errors import Problem
from survey.pipeline.rule import as_numbers, as_text
from survey.reference.enterprise_size import SizeSector, enterprise_size
from survey.reference.vsic import in_digital_core

Columns = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]

AGE_BOUNDS = (15, 25, 35, 45, 55, 65)
AGE_GROUPS = ("0-14", "15-24", "25-34", "35-44", "45-54", "55-64", "65+")
MONEY_BANDS = {1: (0, 3_000), 2: (3_000, 10_000), 3: (10_000, 20_000), 4: (20_000, 50_000), 5: (50_000, 100_000)} | {
    6: (100_000, 200_000),
    7: (200_000, 300_000),
    8: (300_000, 300_001),
}
HOUSEHOLD_BANDS = {1: (0, 50), 2: (50, 100), 3: (100, 200), 4: (200, 500), 5: (500, 1_000), 6: (1_000, 3_000)} | {
    7: (3_000, 3_000)
}
DIGITAL_SHARES = {1: 0.0, 2: 0.05, 3: 0.18, 4: 0.38, 5: 0.63, 6: 0.88}
_SEXES = {"1": "male", "2": "female"}
_SECTORS = {1: SizeSector.AGRICULTURE_INDUSTRY, 2: SizeSector.TRADE_SERVICES}


def load(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Columns]:
    """Return the tables of a snapshot by name, each a dict of equally long arrays; checks every file's hash."""
    tables = {}
    for name, entry in manifest["tables"].items():
        path = folder / f"{name}.parquet"
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            raise Problem("bad-file", name=path.name, reason="it is not the file that was frozen")
        table = parquet.read_table(path)
        tables[name] = {field: _array(table.column(field)) for field in table.column_names}
    return tables


def _array(column: Any) -> NDArray[Any]:
    kind = str(column.type)
    if kind == "string":
        return np.array(["" if value is None else value for value in column.to_pylist()], dtype=np.str_)
    if kind in ("int64", "double"):
        return np.array([np.nan if value is None else value for value in column.to_pylist()], dtype=np.float64)
    return np.array(column.to_pylist(), dtype=object)


def derive_household(household: Columns) -> Columns:
    """Return the household table with the sales of household businesses."""
    revenue = _amount(household, "hb_retail_revenue", "hb_retail_band", HOUSEHOLD_BANDS)
    online = as_text(household["hb_online"])
    amount = np.select(
        [online == "1", online == "2", online == "3"],
        [0.0, revenue * household["hb_online_share"] / 100, household["hb_online_amount"]],
        default=np.nan,
    )
    sells = as_text(household["hb_retail"])
    return household | {"sells": sells, "retail_sales": revenue, "online_sales": amount}


def derive_member(member: Columns) -> Columns:
    """Return the member table with labels for sex and age group."""
    return member | _person_labels(member["sex"], member["age_months"])


def derive_respondent(household: Columns) -> Columns:
    """Return the household table as a table of selected respondents, with labels for their sex and age group."""
    return household | _person_labels(household["selected_sex"], household["selected_age_months"])


def _person_labels(sex: NDArray[Any], months: NDArray[Any]) -> Columns:
    age = as_numbers(months) / 12
    group = np.array(AGE_GROUPS)[np.digitize(np.nan_to_num(age), AGE_BOUNDS)]
    return {
        "sex_label": np.array([_SEXES.get(code, "") for code in as_text(sex)]),
        "age_group": np.where(np.isnan(age), "", group),
    }


def derive_enterprise(enterprise: Columns) -> Columns:
    """Return the enterprise table with size (Nghị định 80/2021), sector, value added and sales."""
    version, section = _split_section(as_text(enterprise["vsic_section"]))
    classes = as_text(enterprise["vsic_class"])
    core = np.array([bool(code) and in_digital_core(v, code) for v, code in zip(version, classes, strict=True)])
    declared = as_numbers(enterprise["digital_share"])
    share = np.array([DIGITAL_SHARES.get(int(code), np.nan) if code == code else np.nan for code in declared])
    share = np.where(core, 1.0, share)
    added = _value_added(enterprise)
    revenue = _amount(enterprise, "retail_revenue", "retail_band", MONEY_BANDS)
    return enterprise | {
        "size": _sizes(enterprise),
        "sector": section,
        "value_added_known": np.where(np.isnan(share), np.nan, added),
        "digital_value_added": added * share,
        "sells": as_text(enterprise["retail"]),
        "retail_sales": revenue,
        "online_sales": revenue * as_numbers(enterprise["ecommerce_share"]) / 100,
    }


def _split_section(codes: NDArray[Any]) -> tuple[list[str], NDArray[Any]]:
    """Return VSIC versions and letters of codes such as `2025K`."""
    versions = [code[:4] or "2025" for code in codes]
    return versions, np.array([code[4:] for code in codes])


def _value_added(enterprise: Columns) -> Floats:
    """Return labour cost + depreciation + production taxes less subsidies + pre-tax profit, NaN without accounts."""
    parts = [enterprise[name] for name in ("labour_cost", "depreciation", "production_taxes", "profit")]
    return np.asarray(np.sum(parts, axis=0))


def _sizes(enterprise: Columns) -> NDArray[Any]:
    sectors = as_numbers(enterprise["nd80_sector"])
    revenue = _class_amount(enterprise, "revenue", "revenue_band")
    capital = _class_amount(enterprise, "capital", "capital_band")
    labels = []
    for sector, people, sales, money in zip(sectors, enterprise["employees"], revenue, capital, strict=True):
        size = None
        if sector == sector:
            size = enterprise_size(
                _SECTORS[int(sector)], employees=_known(people), revenue=_known(sales), capital=_known(money)
            )
        labels.append(size.value if size else "")
    return np.array(labels)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _amount(table: Columns, name: str, band: str, bands: Mapping[int, tuple[float, float]]) -> Floats:
    """Return an amount, or the middle of the band that stands for it."""
    return _filled(table, name, band, {code: (low + high) / 2 for code, (low, high) in bands.items()})


def _class_amount(table: Columns, name: str, band: str) -> Floats:
    """Return an amount, or the upper end of its band: the limits of the decree are such ends, so classes are exact."""
    return _filled(table, name, band, {code: float(high) for code, (_, high) in MONEY_BANDS.items()})


def _filled(table: Columns, name: str, band: str, values: Mapping[int, float]) -> Floats:
    given, codes = as_numbers(table[name]), as_numbers(table[band])
    from_band = np.array([values.get(int(code), np.nan) if code == code else np.nan for code in codes])
    return np.where(np.isnan(given), from_band, given)
