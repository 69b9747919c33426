"""The GROUP BY pass and the cell algebra against the kernel that works on rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from survey.errors import Problem
from survey.estimation import calibrate, cells, replicate
from survey.estimation.calibrate import Margin
from survey.estimation.design import Design, build
from survey.estimation.result import Estimate, estimate
from survey.pipeline.psu_totals import Indicator, Layout, read, totals

N = 3000
GROUPINGS = [(), ("district",), ("district", "sex")]


def people() -> dict[str, np.ndarray]:
    random = np.random.default_rng(11)
    psu = np.sort(random.integers(0, 60, N))
    sex = np.array(["nam", "nữ"], dtype=object)[random.integers(0, 2, N)]
    district = (psu % 4 + 1).astype(float)
    district[random.random(N) < 0.01] = np.nan
    answer = (random.random(N) < 0.1 + 0.6 * random.random(60)[psu]).astype(float)
    answer[random.random(N) < 0.05] = np.nan
    weight = random.uniform(5, 50, N)
    return {
        "stratum": psu // 10,
        "psu": psu,
        "weight": weight,
        "district": district,
        "sex": sex,
        "a": answer,
        "b": (random.random(N) < 0.3).astype(float),
        "adult": (random.random(N) < 0.7).astype(float),
        "never": np.zeros(N),
    }


LAYOUT = Layout(
    stratum="stratum",
    psu="psu",
    weight="weight",
    domains=("district", "sex"),
    indicators=(Indicator("a", "a"), Indicator("b", "b", universe="adult = 1"), Indicator("never", "never")),
)


def write(path: Path, data: dict[str, np.ndarray]) -> Path:
    table = pa.table({k: pa.array(v, from_pandas=True) for k, v in data.items()})
    parquet.write_table(table, path)
    return path


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    return people()


@pytest.fixture(scope="module")
def sums(data: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> cells.Cells:
    return read(write(tmp_path_factory.mktemp("cells") / "people.parquet", data), LAYOUT, threads=1)


def by_rows(design: Design, data: dict[str, np.ndarray], names: tuple[str, ...]) -> dict[tuple[object, ...], Estimate]:
    found = {}
    for name in ("a", "b", "never"):
        y = np.where(data["adult"] == 1, data["b"], np.nan) if name == "b" else data[name]
        for figure in estimate(design, "proportion", y, by={n: data[n] for n in names}):
            found[(name, *figure.domain.values())] = figure
    return found


def same(left: list[cells.Figure], right: dict[tuple[object, ...], Estimate]) -> None:
    assert len(left) == len(right)
    for figure in left:
        mine, theirs = figure.estimate, right[(figure.indicator, *figure.estimate.domain.values())]
        for field in ("estimate", "se", "ci_low", "ci_high", "deff", "deff_replace", "weight_sum"):
            wanted = pytest.approx(getattr(theirs, field), rel=1e-9, abs=1e-14, nan_ok=True)
            assert getattr(mine, field) == wanted, field
        for field in ("n", "n_domain", "n_psu", "df", "df_answered", "ci_method", "flags"):
            assert getattr(mine, field) == getattr(theirs, field), field


@pytest.mark.parametrize("names", GROUPINGS)
def test_cells_give_the_estimates_of_rows(
    data: dict[str, np.ndarray], sums: cells.Cells, names: tuple[str, ...]
) -> None:
    design = build(data["weight"], strata=data["stratum"], psu=data["psu"])
    same(cells.estimate(sums, [names]), by_rows(design, data, names))


@pytest.mark.parametrize("names", GROUPINGS)
def test_raked_cells_give_the_calibrated_variances_of_rows(
    data: dict[str, np.ndarray], tmp_path: Path, names: tuple[str, ...]
) -> None:
    whole = {**data, "district": np.nan_to_num(data["district"], nan=9.0)}
    totals = {
        "sex": {"nam": 40_000.0, "nữ": 45_000.0},
        "district": {1.0: 20e3, 2.0: 21e3, 3.0: 22e3, 4.0: 21e3, 9.0: 1e3},
    }
    made = cells.rake(read(write(tmp_path / "p.parquet", whole), LAYOUT), totals)
    design = build(whole["weight"], strata=whole["stratum"], psu=whole["psu"])
    raked = calibrate.rake(design, [Margin(name, whole[name], given) for name, given in totals.items()]).design
    same(cells.estimate(made, [names]), by_rows(raked, whole, names))


def test_fractions_reach_the_kernel(data: dict[str, np.ndarray], tmp_path: Path) -> None:
    fpc = np.array([20.0, 25, 30, 35, 40, 45])[data["stratum"]]
    path = write(tmp_path / "p.parquet", {**data, "units": fpc})
    found = cells.estimate(read(path, replace(LAYOUT, fpc="units")), [()])
    design = build(data["weight"], strata=data["stratum"], psu=data["psu"], fpc=fpc)
    assert found[0].estimate.se == pytest.approx(estimate(design, "proportion", data["a"])[0].se, rel=1e-9)


def test_bootstrap_replicates_of_cells_are_those_of_rows(data: dict[str, np.ndarray], sums: cells.Cells) -> None:
    made = replicate.bootstrap(sums.design, 40, np.random.default_rng(3))
    got = cells.bootstrap(sums, made.factor)[:, 0]
    weights = data["weight"][:, None] * made.factor[data["psu"]]
    answered = ~np.isnan(data["a"])
    want = (weights * np.where(answered, data["a"], 0)[:, None]).sum(axis=0) / weights[answered].sum(axis=0)
    assert got == pytest.approx(want, rel=1e-10)


def test_replicates_raked_again_are_those_of_raking_every_set_of_weights(
    data: dict[str, np.ndarray], sums: cells.Cells
) -> None:
    totals = {"sex": {"nam": 40_000.0, "nữ": 45_000.0}}
    made = replicate.bootstrap(sums.design, 5, np.random.default_rng(3))
    got = cells.bootstrap(sums, made.factor, totals)
    for r in range(5):
        weight = data["weight"] * made.factor[data["psu"], r]
        kept = weight > 0
        margin = Margin("sex", data["sex"][kept], totals["sex"])
        design = calibrate.post_stratify(build(weight[kept]), margin).design
        assert got[r, 0] == pytest.approx(estimate(design, "proportion", data["a"][kept])[0].estimate, rel=1e-9)


def test_one_thread_repeats_to_the_last_bit(data: dict[str, np.ndarray], sums: cells.Cells, tmp_path: Path) -> None:
    again = read(write(tmp_path / "p.parquet", data), LAYOUT, threads=1)
    assert np.array_equal(again.y, sums.y)
    assert np.array_equal(again.weight, sums.weight)


@pytest.mark.parametrize("dialect", ["duckdb", "databricks"])
def test_the_expression_is_one_select_with_one_group_by(dialect: str) -> None:
    numbers = ("weight", "district", "a", "b", "adult", "never")
    types = {"stratum": "int64", "psu": "int64", "sex": "string", **dict.fromkeys(numbers, "float64")}
    text = ibis.to_sql(totals(ibis.table(types, name="people"), LAYOUT), dialect=dialect).upper()
    assert text.count("SELECT") == text.count("GROUP BY") == 1


def test_names_are_found_whatever_their_case(data: dict[str, np.ndarray], sums: cells.Cells, tmp_path: Path) -> None:
    indicators = (Indicator("a", "A"), *LAYOUT.indicators[1:])
    layout = replace(LAYOUT, psu="PSU", indicators=indicators)
    found = read(write(tmp_path / "p.parquet", data), layout, threads=1)
    assert np.array_equal(found.y, sums.y)


def test_a_quote_in_the_name_of_a_folder_is_part_of_it(
    data: dict[str, np.ndarray], sums: cells.Cells, tmp_path: Path
) -> None:
    folder = tmp_path / "tỉnh 'x'"
    folder.mkdir()
    assert np.array_equal(read(write(folder / "p.parquet", data), LAYOUT, threads=1).y, sums.y)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_weight_that_is_not_positive_is_refused(data: dict[str, np.ndarray], tmp_path: Path, bad: float) -> None:
    weight = data["weight"].copy()
    weight[[5, 9]] = bad
    with pytest.raises(Problem) as caught:
        read(write(tmp_path / "p.parquet", {**data, "weight": weight}), LAYOUT)
    assert (caught.value.code, caught.value.details["count"]) == ("weight-unusable", 2)


def test_a_value_that_is_not_a_share_is_refused(data: dict[str, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        read(write(tmp_path / "p.parquet", {**data, "a": data["a"] * 2}), LAYOUT)
    assert (caught.value.code, caught.value.details["column"]) == ("not-zero-one", "a")


def test_not_a_number_is_refused_rather_than_counted(data: dict[str, np.ndarray], tmp_path: Path) -> None:
    table = pa.table({k: pa.array(v, from_pandas=k != "a") for k, v in data.items()})
    parquet.write_table(table, tmp_path / "p.parquet")
    with pytest.raises(Problem) as caught:
        read(tmp_path / "p.parquet", LAYOUT)
    assert caught.value.code == "not-zero-one"


def test_truth_values_serve_as_well_as_numbers(data: dict[str, np.ndarray], sums: cells.Cells, tmp_path: Path) -> None:
    indicators = (Indicator("a", "a = 1"), *LAYOUT.indicators[1:])
    found = read(write(tmp_path / "p.parquet", data), replace(LAYOUT, indicators=indicators), threads=1)
    assert np.array_equal(found.y, sums.y)


def test_a_unit_in_two_strata_is_refused(data: dict[str, np.ndarray], tmp_path: Path) -> None:
    stratum = data["stratum"].copy()
    stratum[0] = 5
    with pytest.raises(Problem) as caught:
        read(write(tmp_path / "p.parquet", {**data, "stratum": stratum}), LAYOUT)
    assert caught.value.code == "design-not-nested"


def test_a_column_that_is_not_there_is_named(data: dict[str, np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(Problem) as caught:
        read(write(tmp_path / "p.parquet", data), replace(LAYOUT, domains=("village",)))
    assert "village" in caught.value.details["reason"]
