"""Small areas: model figures beside direct ones, better than they are, and adding up to the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from survey.estimation.design import build
from survey.pipeline import small_areas
from survey.pipeline.analysis import Analysis
from survey.pipeline.columns import Columns
from survey.pipeline.measures import measures
from survey.reference import units

BANK = next(each for each in measures() if (each.indicator, each.variant) == ("XH2", "narrow"))
COMMUNES = [unit.code for unit in units.old_communes()]
SIZE = np.array([1_000.0 + 40 * i for i in range(75)])
PLACES: Columns = {
    "kind": np.array(["area"] * 75 + ["enterprise"] * 75),
    "commune": np.array(COMMUNES * 2),
    "frame_units": np.full(150, 10.0),
    "frame_size": np.concatenate([SIZE, np.full(75, 20.0)]),
}


def _truth(random: np.random.Generator, spread: float) -> np.ndarray:
    urban = np.array([unit.urban for unit in units.old_communes()], dtype=float)
    return np.clip(0.35 + 0.25 * urban + random.normal(0, spread, 75), 0.05, 0.95)


def _table(truth: np.ndarray, random: np.random.Generator, *, skipped: int = 0, cases: int = 16) -> Analysis:
    """Return members of the communes, two areas in each, without the first `skipped` ones."""
    place = np.repeat(np.arange(skipped, 75), cases)
    count = len(place)
    answers = np.where(random.random(count) < truth[place], "1", "2")
    area = place * 2 + np.arange(count) % 2
    design = build(SIZE[place] / cases, strata=place // 10, psu=area)
    codes = np.array(COMMUNES)[place]
    dimensions: dict[str, Any] = {
        "commune": codes.astype(object),
        "district": np.array([units.old_commune(code).district_code for code in codes], dtype=object),
        "unit": np.array([units.present_unit_of(code).code for code in codes], dtype=object),
    }
    columns = {"age_months": np.full(count, "400"), "bank_account": answers}
    return Analysis("member", columns, design, dimensions, "member")


def _figures(made: small_areas.Modelled, dimension: str) -> dict[str, dict[str, Any]]:
    return {row["category"]: dict(row) for row in made.rows if row["dimension"] == dimension}


@pytest.fixture(scope="module")
def made() -> small_areas.Modelled:
    random = np.random.default_rng(1)
    table = _table(_truth(random, 0.05), random)
    weak = [{"dimension": "district", "category": "930", "flag": "suppress"}]
    return small_areas.modelled(BANK, table, PLACES, weak)


def test_every_area_of_the_three_geographies_has_a_figure(made: small_areas.Modelled) -> None:
    assert [len(_figures(made, name)) for name in ("district", "unit", "commune")] == [8, 28, 75]
    for row in made.rows:
        assert 0 < row["ci_low"] < row["estimate"] < row["ci_high"] < 100
        assert 0 <= row["gamma"] < 1


def test_a_figure_says_whether_the_direct_one_can_stand_alone(made: small_areas.Modelled) -> None:
    districts = _figures(made, "district")
    assert districts["930"]["direct_flag"] == "suppress"
    assert districts["931"]["direct_flag"] == ""


def test_figures_add_up_to_the_direct_figure_of_the_whole(made: small_areas.Modelled) -> None:
    random = np.random.default_rng(1)
    table = _table(_truth(random, 0.05), random)
    yes = table.columns["bank_account"] == "1"
    whole = 100 * table.design.weight[yes].sum() / table.design.weight.sum()
    for dimension in small_areas.DIMENSIONS:
        frame = small_areas.frame_of(PLACES, "area", dimension)
        found = _figures(made, dimension)
        total = sum(found[code]["estimate"] * size for code, size in zip(frame.codes, frame.size, strict=True))
        assert total / frame.size.sum() == pytest.approx(whole, rel=1e-12)


def test_covariates_come_from_the_frame_and_are_as_many_as_the_areas_carry(made: small_areas.Modelled) -> None:
    used = {fit["dimension"]: fit["covariates"] for fit in made.fits}
    assert used == {
        "district": ["constant", "urban_share"],
        "unit": ["constant", "urban_share", "log_size"],
        "commune": ["constant", "urban_share", "log_size"],
    }
    frame = small_areas.frame_of(PLACES, "area", "district")
    assert frame.size.sum() == pytest.approx(SIZE.sum())
    assert ((frame.matrix[:, 1] >= 0) & (frame.matrix[:, 1] <= 1)).all()


def test_communes_are_nearer_to_the_truth_than_direct_and_the_intervals_cover_it() -> None:
    better, covered, direct_error, model_error = 0, [], [], []
    for seed in range(12):
        random = np.random.default_rng(100 + seed)
        truth = 100 * _truth(random, 0.04)
        table = _table(truth / 100, random)
        found = _figures(small_areas.modelled(BANK, table, PLACES, []), "commune")
        yes = (table.columns["bank_account"] == "1").astype(float)
        for position, code in enumerate(COMMUNES):
            direct = 100 * yes[table.dimensions["commune"] == code].mean()
            direct_error.append((direct - truth[position]) ** 2)
            model_error.append((found[code]["estimate"] - truth[position]) ** 2)
            covered.append(found[code]["ci_low"] <= truth[position] <= found[code]["ci_high"])
        better += np.mean(model_error) < np.mean(direct_error)
    assert better == 12
    assert np.mean(model_error) < 0.5 * np.mean(direct_error)
    assert 0.92 < np.mean(covered) < 0.985


def test_a_commune_without_cases_gets_the_regression_and_says_so() -> None:
    random = np.random.default_rng(4)
    found = _figures(small_areas.modelled(BANK, _table(_truth(random, 0.05), random, skipped=5), PLACES, []), "commune")
    missing = found[COMMUNES[0]]
    assert (missing["n"], missing["gamma"]) == (0, 0.0)
    assert "model-synthetic" in missing["reasons"]
    assert missing["flag"] != "publish"
    assert missing["rmse"] > np.median([row["rmse"] for row in found.values()])


def test_areas_that_do_not_differ_are_marked_as_regression() -> None:
    table = _table(np.full(75, 0.5), np.random.default_rng(11))
    turn = np.arange(len(table.columns["bank_account"])) % 8
    yes = np.where(turn % 2 == 0, turn != 0, turn == 1)
    table.columns["bank_account"][:] = np.where(yes, "1", "2")
    made = small_areas.modelled(BANK, table, PLACES, [])
    assert [(fit["between"], fit["synthetic"]) for fit in made.fits] == [(0.0, True)] * 3
    for row in made.rows:
        assert "model-synthetic" in row["reasons"]
        assert row["gamma"] == 0.0
        assert row["estimate"] == pytest.approx(50.0, abs=1e-6)


def test_nothing_is_modelled_where_all_answers_agree_or_all_units_were_asked() -> None:
    random = np.random.default_rng(5)
    sure = small_areas.modelled(BANK, _table(np.ones(75), random), PLACES, [])
    assert sure.rows == ()
    assert {fit["without"] for fit in sure.fits} == {"no-variation"}
    school = next(each for each in measures() if each.indicator == "XH11")
    ratio = next(each for each in measures() if each.indicator == "KT3")
    table = _table(_truth(random, 0.05), random)
    assert small_areas.modelled(school, table, PLACES, []).fits == ()
    assert small_areas.modelled(ratio, table, PLACES, []).fits == ()
